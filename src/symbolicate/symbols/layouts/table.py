"""The table of layouts, by the names that a person gives them."""

from __future__ import annotations

from symbolicate.symbols.layouts import breakpad, debuginfod, gnu_build_id, lldb_uuid, ssqp, symstore, unified
from symbolicate.symbols.layouts.layout import Layout
from symbolicate.symbols.names import is_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import Parts, Request

__all__ = ["LAYOUTS", "parts_of", "request_of"]

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout("breakpad", breakpad.paths, breakpad.request),
        Layout("symstore", symstore.paths, symstore.request, compressed=True),
        Layout("symstore2", symstore.paths_in_two_tiers, symstore.request_in_two_tiers, compressed=True),
        Layout("ssqp", ssqp.paths, symstore.request),
        Layout("buildid", gnu_build_id.paths, gnu_build_id.request),
        Layout("lldb", lldb_uuid.paths, lldb_uuid.request),
        Layout("debuginfod", debuginfod.paths, debuginfod.request),
        Layout("unified", unified.paths, unified.request),
    )
}
"""All layouts by their names."""

# Layouts have six parts at most; the path of a source file, which one of them ends with, has more.
_LONGEST, _MOST_PARTS = 1024, 48


def parts_of(path: str) -> Parts | None:
    """The parts of a path that a client sent, with forward slashes; None if it is no path of any layout."""
    if len(path) > _LONGEST:
        return None
    parts = tuple(path.removeprefix("/").split("/"))
    return parts if len(parts) <= _MOST_PARTS and all(map(is_plain, parts)) else None


def request_of(path: Parts) -> Request | None:
    """The file that a path asks for, in whatever layout it is; the layouts have no path in common."""
    found = (layout.request(path) for layout in LAYOUTS.values())
    return next((request for request in found if request is not None), None)
