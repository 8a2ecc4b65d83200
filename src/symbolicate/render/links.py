"""Links to source: addresses of a code host, made of a pattern and the paths in symbols."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from symbolicate.render.source_path import hosted_link, split_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate.render.source_path import SourcePath

__all__ = ["SourceLinks", "check_pattern", "link_of", "links_for"]

_FIELDS = frozenset({"path", "line", "revision", "version"})
_FIELD = re.compile(r"\{([^{}]*)\}")
_LONGEST = 2048


class SourceLinks(NamedTuple):
    """What links to source are made of.

    Attributes:
        pattern: the address of a line, see `check_pattern`.
        prefixes: beginnings of paths that are left out, the first that fits; a path with none of them gets no link,
            because it is another project's. Without prefixes every path gets one.
        version: the version of the program in the report; empty if it is not known.
        revision: what the code host calls that version; empty if it is not known.
    """

    pattern: str
    prefixes: tuple[str, ...] = ()
    version: str = ""
    revision: str = ""

    def to(self, file: str | None, line: int | None) -> str:
        """The address of a line; empty if there is none.

        Whatever symbols and reports say becomes a part of the path or of the query, never the scheme or the host. A
        path that names a version control system has its own revision; prefixes fit it as it is, or its path there.
        """
        named = split_path(file or "")
        path = self._path(file or "", named)
        if not path:
            return ""
        revision = (named.revision if named is not None else "") or self.revision
        values = {"path": path, "line": str(line or 1), "version": self.version, "revision": revision}
        used = [values[name] for name in _FIELD.findall(self.pattern)]
        if not all(value and _is_text(value) and not {".", ".."} & set(value.split("/")) for value in used):
            return ""
        found = _FIELD.sub(lambda match: quote(values[match[1]], safe="/"), self.pattern)
        return found if len(found) <= _LONGEST else ""

    def _path(self, file: str, named: SourcePath | None) -> str:
        """The path below the root of the source; empty if it leads elsewhere."""
        forms = [file] if named is None else [f"{named.system}:{named.repository}:{named.path}", named.path]
        path = forms[-1].replace("\\", "/")
        if self.prefixes:
            wanted = [one.replace("\\", "/") for one in self.prefixes]
            whole = [one.replace("\\", "/") for one in forms]
            rest = [one[len(prefix) :] for prefix in wanted for one in whole if one.startswith(prefix)]
            if not rest:
                return ""
            path = rest[0]
        parts = [part for part in path.split("/") if part not in {"", "."}]
        return "" if ".." in parts or not _is_text(path) else "/".join(parts)


def link_of(links: SourceLinks | None, file: str | None, line: int | None) -> str:
    """The address of a line: by the pattern, or at the host that the path names.

    A pattern without prefixes is for paths of any project, so a host that the path itself names goes before it.
    """
    named = split_path(file or "")
    hosted = hosted_link(named, line) if named is not None else ""
    by_pattern = links.to(file, line) if links is not None and (links.prefixes or not hosted) else ""
    return by_pattern or hosted


def links_for(
    document: bytes,
    pattern: str,
    prefixes: tuple[str, ...] = (),
    revisions: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> SourceLinks:
    """The links of one report, by the version that it states.

    Args:
        document: the report in JSON.
        pattern: as in `SourceLinks`.
        prefixes: as in `SourceLinks`.
        revisions: the revision of each version; a version that is not here is its own revision, or that of `*`, in
            which `{version}` is replaced.
        annotations: what was sent with the report beside it.
    """
    import msgspec

    from symbolicate.summary.dimensions import derive
    from symbolicate.summary.dimensions.systems import UNKNOWN

    version = derive(msgspec.json.decode(document), annotations).application_version
    version = "" if version == UNKNOWN else version
    known = revisions or {}
    usual = known.get("*", "{version}").replace("{version}", version) if version else ""
    return SourceLinks(pattern, prefixes, version, known.get(version, usual))


def check_pattern(pattern: str) -> None:
    """Check the pattern of links, such as `https://github.com/own/game/blob/{revision}/{path}#L{line}`.

    Raises:
        ValueError: it is not an address of http or https with `{path}` and perhaps `{line}`, `{revision}`, `{version}`
            behind its host.
    """
    try:
        parts = urlsplit(pattern)
        host = parts.netloc
    except ValueError:
        host = ""
    fields = set(_FIELD.findall(pattern))
    is_plain = pattern.isascii() and pattern.isprintable() and not re.search(r"[\s\\\"'<>`]", pattern)
    if not host or parts.scheme not in {"http", "https"} or not is_plain or "{" in host or "}" in host or "@" in host:
        raise ValueError("a pattern of links is an address of http or https, with fields behind its host alone")
    if "path" not in fields or fields - _FIELDS or re.search(r"[{}]", _FIELD.sub("", pattern)):
        raise ValueError("a pattern of links has {path}, and perhaps {line}, {revision} and {version}")


def _is_text(text: str) -> bool:
    return all(character >= " " and not "\ud800" <= character <= "\udfff" for character in text)
