"""The layout of folders that lldb finds dSYMs in by UUID, "File Mapped UUID Directories".

    AB12/CD34/…/…/…/0123456789AB        the Mach-O file in the dSYM: four digits in each folder, twelve at the end
    AB12/CD34/…/…/…/0123456789AB.app    the program or library

All digits are in upper case. Source: https://lldb.llvm.org/use/symbols.html.
"""

from __future__ import annotations

from symbolicate.symbols.layouts.identity import UUID_DIGITS, is_hex, uuid
from symbolicate.symbols.layouts.layout import Request
from symbolicate.symbols.resolution import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import FileKind, Parts

__all__ = ["paths", "request"]

_FOLDERS = range(0, 20, 4)


def paths(wanted: Wanted, kind: FileKind) -> tuple[Parts, ...]:
    """The paths of a module's file."""
    own = uuid(wanted)
    if own is None or kind == "symbol file":
        return ()
    own = own.upper()
    folders = tuple(own[at : at + 4] for at in _FOLDERS)
    return ((*folders, own[20:] + (".app" if kind == "binary" else "")),)


def request(path: Parts) -> Request | None:
    """The file that a path asks for."""
    *folders, last = path
    if [len(folder) for folder in folders] != [4] * len(_FOLDERS):
        return None
    rest = last.removesuffix(".app")
    own = "".join((*folders, rest))
    if len(own) != UUID_DIGITS or not is_hex(own):
        return None
    kind: FileKind = "debug file" if rest == last else "binary"
    return Request(kind, Wanted("", own.upper() + "0", "", own.lower()))
