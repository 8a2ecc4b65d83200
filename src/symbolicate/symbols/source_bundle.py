"""Bundles of source code, as sentry-cli makes them (`bundle-sources`): a zip archive of the sources of a build.

    SYSB, and a version of four bytes      before the archive
    manifest.json                          `debug_id`, `object_name`, `arch`; in `files` for each member the path that
                                           debug information has, as `path`

Source: the format's documentation in the crate `symbolic-debuginfo`, module `sourcebundle`.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from typing import TYPE_CHECKING, Self

import msgspec

from symbolicate.errors import SymbolFileError
from symbolicate.symbols import ids

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["MAGIC", "SourceBundle"]

MAGIC = b"SYSB"
"""The first bytes of a bundle."""

_MANIFEST = "manifest.json"
_MANIFEST_BYTES = 64 << 20
_SOURCE_BYTES = 64 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class _File(msgspec.Struct):
    path: str = ""
    type: str = "source"


class _Manifest(msgspec.Struct):
    debug_id: str = ""
    object_name: str = ""
    arch: str = ""
    files: dict[str, _File] = {}


class SourceBundle:
    """A bundle, which is open until it is closed.

    Args:
        path: the file.

    Attributes:
        debug_id: the debug id of the build.
        name: the name of its program or library.
        arch: its processor; None if it is not stated.

    Raises:
        SymbolFileError: it is no bundle, or damaged.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except _DAMAGED as error:
            raise self._damaged(error) from None
        try:
            manifest = msgspec.json.decode(self._member(_MANIFEST, _MANIFEST_BYTES), type=_Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.close()
            raise self._damaged(error) from None
        except BaseException:
            self.close()
            raise
        debug_id = ids.debug_id(manifest.debug_id)
        if debug_id is None:
            self.close()
            raise SymbolFileError(f"{path}: the bundle of source code states no debug id")
        self.debug_id = debug_id
        self.name = posixpath.basename(manifest.object_name.replace("\\", "/")) or "sources"
        self.arch = manifest.arch or None
        self._members = {posixpath.normpath(one.path): name for name, one in manifest.files.items() if one.path}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def read(self, path: str) -> bytes | None:
        """A source file by the path that debug information has; None if it is not in the bundle.

        Raises:
            SymbolFileError: it is damaged, or beyond the limit.
        """
        member = self._members.get(posixpath.normpath(path))
        return None if member is None else self._member(member, _SOURCE_BYTES)

    def _member(self, name: str, most: int) -> bytes:
        try:
            with self._archive.open(name) as stream:
                data = stream.read(most + 1)
        except KeyError:
            raise SymbolFileError(f"{self._path}: the bundle of source code has no {name[:200]!r}") from None
        except _DAMAGED as error:
            raise self._damaged(error) from None
        if len(data) > most:
            raise SymbolFileError(f"{self._path}: {name[:200]!r} has more than {most} bytes")
        return data

    def _damaged(self, error: Exception) -> SymbolFileError:
        return SymbolFileError(f"{self._path}: a damaged bundle of source code: {str(error)[:200]}")
