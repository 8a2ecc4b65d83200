"""The table of layouts, by the names that a person gives them."""

from __future__ import annotations

from symbolicate.symbols.layouts import breakpad, debuginfod, gnu_build_id, lldb_uuid, ssqp, symstore, unified
from symbolicate.symbols.layouts.layout import Layout

__all__ = ["LAYOUTS"]

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout("breakpad", breakpad.paths),
        Layout("symstore", symstore.paths, compressed=True),
        Layout("symstore2", symstore.paths_in_two_tiers, compressed=True),
        Layout("ssqp", ssqp.paths),
        Layout("buildid", gnu_build_id.paths),
        Layout("lldb", lldb_uuid.paths),
        Layout("debuginfod", debuginfod.paths),
        Layout("unified", unified.paths),
    )
}
"""All layouts by their names."""
