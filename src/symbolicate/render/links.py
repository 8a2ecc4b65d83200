"""Links to source: addresses of a code host, made of a pattern and the paths in symbols."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SourceLinks", "check_pattern", "links_for"]

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

        Whatever symbols and reports say becomes a part of the path or of the query, never the scheme or the host.
        """
        path = self._path(file or "")
        if not path:
            return ""
        values = {"path": path, "line": str(line or 1), "version": self.version, "revision": self.revision}
        used = [values[name] for name in _FIELD.findall(self.pattern)]
        if not all(value and _is_text(value) and not {".", ".."} & set(value.split("/")) for value in used):
            return ""
        found = _FIELD.sub(lambda match: quote(values[match[1]], safe="/"), self.pattern)
        return found if len(found) <= _LONGEST else ""

    def _path(self, file: str) -> str:
        """The path below the root of the source; empty if it leads elsewhere."""
        path = file.replace("\\", "/")
        if self.prefixes:
            wanted = (one.replace("\\", "/") for one in self.prefixes)
            prefix = next((one for one in wanted if path.startswith(one)), None)
            if prefix is None:
                return ""
            path = path[len(prefix) :]
        parts = [part for part in path.split("/") if part not in {"", "."}]
        return "" if ".." in parts or not _is_text(path) else "/".join(parts)


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
