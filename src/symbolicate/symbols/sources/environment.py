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
    found: list[str] = []
    for variable, read in zip(_VARIABLES, (_symbol_path, _symbol_path, _debuginfod_urls), strict=True):
        found += read(environ.get(variable, ""), _naming(variable, ignored))
    return found


def _naming(variable: str, ignored: Callable[[SymbolSourceError], None]) -> Callable[[SymbolSourceError], None]:
    """What is called for a part of a variable that is left out."""
    return lambda error: ignored(SymbolSourceError(f"{variable}: ignored: {error}"))


def _symbol_path(text: str, ignored: Callable[[SymbolSourceError], None]) -> list[str]:
    """The elements; of a chain its good ones."""
    from symbolicate.symbols.sources.symbol_path import elements, without_bad_addresses

    return [good for element in elements(text) if (good := without_bad_addresses(element, ignored))]


def _debuginfod_urls(text: str, ignored: Callable[[SymbolSourceError], None]) -> list[str]:
    """The addresses, which are separated by blanks."""
    from symbolicate.symbols.fetching.urls import Url

    found = []
    for url in text.split():
        if not url.lower().startswith(_NOT_OURS):
            try:
                Url.parse(url)
            except SymbolSourceError as error:
                ignored(error)
            else:
                found.append(f"debuginfod+{url}")
    return found
