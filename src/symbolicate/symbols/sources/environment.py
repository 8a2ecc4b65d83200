"""The symbol servers in the environment variables of other tools."""

from __future__ import annotations

import os

from symbolicate.errors import SymbolSourceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["environment_locations"]

_VARIABLES = ("_NT_SYMBOL_PATH", "_NT_ALT_SYMBOL_PATH", "DEBUGINFOD_URLS")
# Settings of elfutils beside addresses, and what it has for its own tests.
_NOT_OURS = ("ima:", "file:")


def environment_locations(
    ignored: Callable[[SymbolSourceError], None], environ: Mapping[str, str] | None = None
) -> list[str]:
    """What the environment names, as a person would name it for symbols.

    These are `_NT_SYMBOL_PATH` and `_NT_ALT_SYMBOL_PATH`, of debuggers on Windows, and `DEBUGINFOD_URLS`, of gdb and
    others on Linux; in this order. They were often set for another program, so a part that cannot be used does not
    stop this one.

    Args:
        ignored: called for each part that is not valid and is left out, with the variable and the reason.
        environ: the environment; by default that of the process.
    """
    environ = os.environ if environ is None else environ
    if not any(map(environ.get, _VARIABLES)):
        return []
    from symbolicate.symbols.fetching.urls import Url
    from symbolicate.symbols.sources.symbol_path import check_element, elements

    found: list[str] = []
    of_path, of_debuginfod = (elements, check_element, ""), (_debuginfod_urls, Url.parse, "debuginfod+")
    for variable, (read, check, prefix) in zip(_VARIABLES, (of_path, of_path, of_debuginfod), strict=True):
        for element in read(environ.get(variable, "")):
            try:
                check(element)
            except SymbolSourceError as error:
                ignored(SymbolSourceError(f"{variable}: ignored: {error}"))
            else:
                found.append(prefix + element)
    return found


def _debuginfod_urls(text: str) -> list[str]:
    """The addresses, which are separated by blanks."""
    return [url for url in text.split() if not url.lower().startswith(_NOT_OURS)]
