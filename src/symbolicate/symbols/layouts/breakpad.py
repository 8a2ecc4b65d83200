"""Where a symbol file lies in the Breakpad layout, as pure path arithmetic.

    <debug file>/<DEBUG ID>/<debug file, .pdb cut off>.sym

The names come from whoever sent the crash. Nothing here touches the disk, and nothing it returns leads out of the
folder it is joined to: each part is one plain name.
"""

from __future__ import annotations

from symbolicate.symbols.ids import debug_id, is_code_id
from symbolicate.symbols.layouts.layout import Request
from symbolicate.symbols.names import is_plain, leaf
from symbolicate.symbols.resolution import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts

__all__ = ["code_paths", "debug_files_of", "paths", "request", "sym_names", "sym_paths"]

_WITHOUT_EXTENSION = (".exe", ".dll")
_PARTS = 3


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's symbol file; a module without a debug id has those of its image."""
    if kind != "symbol file":
        return ()
    if debug_id(wanted.debug_id) is None:
        return code_paths(wanted.code_file, wanted.code_id)
    return sym_paths(wanted.debug_file or wanted.code_file, wanted.debug_id)


def request(path: Parts) -> Request | None:
    """The symbol file that a path asks for. The name of the file must be one that the name of its folder gives."""
    if len(path) != _PARTS:
        return None
    name, identifier, file = path
    if file.lower() not in {known.lower() for known in sym_names(name)}:
        return None
    if (known := debug_id(identifier)) is not None:
        return Request("symbol file", Wanted(name, known))
    return Request("symbol file", Wanted("", "", name, identifier)) if is_code_id(identifier) else None


def sym_names(debug_file: str) -> tuple[str, ...]:
    """The names its symbol file may have, the usual one first.

    `.pdb` gives way to `.sym`; other names keep theirs and get `.sym` appended. Some stores drop the extension of an
    `.exe` or `.dll` as well, so that is tried second.
    """
    stem, dot, extension = debug_file.rpartition(".")
    if not stem:
        return (f"{debug_file}.sym",)
    extension = (dot + extension).lower()
    if extension == ".pdb":
        return (f"{stem}.sym",)
    if extension in _WITHOUT_EXTENSION:
        return (f"{debug_file}.sym", f"{stem}.sym")
    return (f"{debug_file}.sym",)


def sym_paths(debug_file: str, identifier: str) -> tuple[tuple[str, str, str], ...]:
    """The relative paths to try, each as its three parts; empty if the name or the id is unusable."""
    name = leaf(debug_file)
    known = debug_id(identifier)
    if known is None or not is_plain(name):
        return ()
    return tuple((name, known, file) for file in sym_names(name))


def code_paths(code_file: str, code_id: str) -> tuple[tuple[str, str, str], ...]:
    """The relative paths of a module that is only known as an image, as symbol servers lay them out."""
    name = leaf(code_file)
    if not is_code_id(code_id) or not is_plain(name):
        return ()
    return tuple((name, code_id.upper(), file) for file in sym_names(name)[::-1])


def debug_files_of(code_file: str) -> tuple[str, ...]:
    """The debug files that an image may have, by its name, in lower case."""
    name = leaf(code_file).lower()
    stem = name.rpartition(".")[0]
    return (name, f"{stem}.pdb") if stem else (name,)
