"""What a layout is: where the files of a module lie below a root, be it a folder, a server or a bucket.

A layout is pure path arithmetic in both directions, and is used by whoever asks a server and by the server itself. The
names come from whoever sent the crash, or the request: each part that a layout returns is one plain name, so that no
path leads out of the root that it is joined to.
"""

from __future__ import annotations

from symbolicate.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    from symbolicate.symbols.resolution import Wanted

__all__ = ["FILE_KINDS", "FileKind", "Layout", "Parts", "Request"]

FileKind: TypeAlias = "Literal['symbol file', 'debug file', 'binary']"
"""A kind of file that a module has.

- `symbol file`: Breakpad's text.
- `debug file`: the file with names and lines: a PDB, an ELF `.debug` file, the Mach-O file in a dSYM.
- `binary`: the program or library that was loaded: a PE, ELF or Mach-O file; it has the unwind tables.
"""

FILE_KINDS: tuple[FileKind, ...] = ("symbol file", "debug file", "binary")
"""All kinds of files."""

Parts: TypeAlias = "tuple[str, ...]"
"""A path relative to the root, as its parts: no part is empty, `.` or `..`, or contains a slash."""


class Request(Record):
    """A path that a client asks a server for, as the module and the kind of file that it means.

    Attributes:
        kind: the kind of file.
        wanted: the module: the ids that the path has, and the names as far as it has any.
    """

    kind: FileKind
    wanted: Wanted


class Layout(Record):
    """A layout, as a row of the table `layouts.table`.

    Attributes:
        name: what it is called where a person names it: `symstore+https://…`.
        paths: the paths of a module's file of a kind, the likeliest first; empty if the layout has no place for it, or
            the module lacks the name or the id that it needs.
        request: what a path asks for; None if it is not one of this layout. Ids in the other case are accepted, because
            clients and the tools that fill servers disagree on it.
        compressed: whether the layout's tools also store files compressed, under a name ending in `_`, or a
            `file.ptr` that says where they are; see `symstore.compressed` and `symstore.pointer`.
    """

    name: str
    paths: Callable[[Wanted, FileKind], tuple[Parts, ...]]
    request: Callable[[Parts], Request | None]
    compressed: bool = False
