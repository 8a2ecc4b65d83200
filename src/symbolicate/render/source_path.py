"""Paths in symbols that name a version control system: `git:github.com/org/repository:path:revision`.

What happens: Mozilla's symbolstore.py writes them, and Sentry's and others' tools took them over, for Git (`git:`),
Mercurial (`hg:`) and Subversion (`svn:`); sources that a build generated have the bucket that they were stored in
(`s3:bucket:hash/path:`, with an empty revision). A sighting: 312 of the files of Firefox's own symbols of 2016 are
`hg:hg.mozilla.org/mozilla-central:path:revision`. People are shown the path; hosts whose addresses are known are
linked.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

__all__ = ["SourcePath", "hosted_link", "split_path"]

_SYSTEMS = frozenset({"git", "hg", "s3", "svn"})
_FIELDS = 4
_LONGEST = 2048
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*(?:/[A-Za-z0-9_~][A-Za-z0-9._~-]*)*")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
# The directory of a generated source is the hash of its content.
_HASH = re.compile(r"[0-9a-f]{32,128}/")
_GENERATED = "gecko-generated-sources"
_GITHUB, _GITLAB, _MOZILLA = "github.com/", "gitlab.com/", "hg.mozilla.org/"


class SourcePath(NamedTuple):
    """A path in a repository.

    Attributes:
        system: `git`, `hg`, `svn` or `s3`.
        repository: its host and its path there; of `s3` the bucket.
        path: the file in it.
        revision: the commit; empty for `s3`.
    """

    system: str
    repository: str
    path: str
    revision: str

    @property
    def shown(self) -> str:
        """The path as people read it: of a generated source without the hash of its content."""
        return _HASH.sub("", self.path, count=1) if self.system == "s3" and _HASH.match(self.path) else self.path


def split_path(file: str) -> SourcePath | None:
    """The parts of a path that names a version control system; None for others."""
    fields = file.split(":", _FIELDS)
    if len(fields) != _FIELDS or fields[0] not in _SYSTEMS or not fields[1] or not fields[2]:
        return None
    return SourcePath(*fields)


def hosted_link(found: SourcePath, line: int | None) -> str:
    """The address of a line at a host whose addresses are known; empty for other hosts.

    Whatever symbols say becomes a part of the path, never the scheme or the host.
    """
    repository, revision = found.repository, found.revision
    if not _REPOSITORY.fullmatch(repository) or {"", ".", ".."} & set(found.path.split("/")):
        return ""
    if any(character < " " or "\ud800" <= character <= "\udfff" for character in found.path):
        return ""
    path, number = quote(found.path, safe="/"), f"{line or 1:d}"
    if found.system == "s3":
        made = f"https://{_GENERATED}.s3.amazonaws.com/{path}" if repository == _GENERATED else ""
    elif not _REVISION.fullmatch(revision):
        made = ""
    elif found.system == "git" and repository.startswith(_GITHUB):
        made = f"https://{repository.removesuffix('.git')}/blob/{revision}/{path}#L{number}"
    elif found.system == "git" and repository.startswith(_GITLAB):
        made = f"https://{repository.removesuffix('.git')}/-/blob/{revision}/{path}#L{number}"
    elif found.system == "hg" and repository.startswith(_MOZILLA):
        made = f"https://{repository}/file/{revision}/{path}#l{number}"
    else:
        made = ""
    return made if len(made) <= _LONGEST else ""
