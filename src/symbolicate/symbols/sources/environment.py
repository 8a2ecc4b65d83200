"""The symbol servers that other tools are told by environment variables, and that are used like them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from symbolicate.symbols.sources.symbol_path import elements

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["environment_locations"]


def environment_locations(environ: Mapping[str, str] | None = None) -> list[str]:
    """What the environment names, as a person would name it for symbols.

    These are `_NT_SYMBOL_PATH` and `_NT_ALT_SYMBOL_PATH`, of debuggers on Windows, and `DEBUGINFOD_URLS`, of gdb and
    others on Linux; in this order.
    """
    environ = os.environ if environ is None else environ
    found = [*elements(environ.get("_NT_SYMBOL_PATH", "")), *elements(environ.get("_NT_ALT_SYMBOL_PATH", ""))]
    # Addresses separated by blanks. Others are settings of elfutils (`ima:…`), or `file:` for its own tests.
    urls = [
        url for url in environ.get("DEBUGINFOD_URLS", "").split() if url.lower().startswith(("http://", "https://"))
    ]
    return [*found, *(f"debuginfod+{url}" for url in urls)]
