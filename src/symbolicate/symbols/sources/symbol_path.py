r"""The symbol path of Microsoft's debuggers, `_NT_SYMBOL_PATH`.

    C:\symbols;srv*C:\cache*https://msdl.microsoft.com/download/symbols;cache*C:\more;symsrv*symsrv.dll*\\server\share

Elements are separated by semicolons. A plain element is a folder. `srv*A*B*C` is a chain: a file is looked for in A,
then in B, then in C; A and B are folders that the debugger copies files to. `srv*` alone, or an empty part, is a
default folder of the debugger. `cache*A` is a folder that files of all later elements are copied to.

Folders of a path are searched and never written: what is fetched belongs into the cache of the symbol store, which has
a limit and locks. A folder that does not exist, such as one of Windows on another system, has no symbols.

Source: Microsoft's documentation, "Symbol path for Windows debuggers" and "Advanced SymSrv use".
"""

from __future__ import annotations

import os

from symbolicate.errors import SymbolSourceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.symbols.fetching.fetcher import Fetcher
    from symbolicate.symbols.fetching.urls import Url
    from symbolicate.symbols.sources.source import Source

__all__ = ["element_sources", "elements", "is_element", "without_bad_addresses"]

_LAYOUTS = ("symstore", "ssqp", "symstore2")
_KINDS = ("srv*", "cache*", "symsrv*")


def is_element(text: str) -> bool:
    """Whether a text is an element of a symbol path that is not only a folder."""
    return text.lower().startswith(_KINDS)


def elements(path: str) -> list[str]:
    """The elements of a whole symbol path as a person would name them for symbols, in its order.

    Folders that do not exist are left out. Addresses are not checked, see `without_bad_addresses`.
    """
    found = [element.strip().strip('"') for element in path.split(";")]
    addresses = (f"srv*{element}" if _is_address(element) else element for element in found)
    return [element for element in addresses if is_element(element) or (element and os.path.isdir(element))]


def without_bad_addresses(element: str, ignored: Callable[[SymbolSourceError], None]) -> str:
    """An element without the addresses that are not valid, or not of HTTP; empty if nothing is left to search.

    Args:
        element: the element.
        ignored: called with the error of each address that is left out.
    """
    parts = [part.strip() for part in element.split("*")]
    kept: list[str] = []
    for part in parts:
        try:
            _address(part)
        except SymbolSourceError as error:
            ignored(error)
        else:
            kept.append(part)
    if len(kept) == len(parts):
        return element
    return "*".join(kept) if any(kept[1:]) else ""


def element_sources(element: str, fetcher: Fetcher) -> list[Source]:
    """The sources of an element.

    Raises:
        SymbolSourceError: an address in it is not valid, or not of HTTP.
    """
    return [source for place in _places(element) for source in _sources_of(place, fetcher)]


def _places(element: str) -> list[str]:
    """The folders and addresses of an element."""
    if not is_element(element):
        return [element]
    kind, *parts = element.split("*")
    # `symsrv*symsrv.dll*…` names the library that serves the rest.
    if kind.lower() == "symsrv" and parts and parts[0].lower().endswith(".dll"):
        parts = parts[1:]
    return [part.strip() for part in parts]


def _is_address(text: str) -> bool:
    """Whether a text begins with a scheme and `://`."""
    scheme, is_there, _ = text.partition("://")
    first, rest = scheme[:1], scheme[1:].translate({ord(one): None for one in "+.-"})
    return bool(is_there) and scheme.isascii() and first.isalpha() and (rest.isalnum() or not rest)


def _address(place: str) -> Url | None:
    """The address of a server; None for a folder."""
    from symbolicate.symbols.fetching.urls import Url

    return Url.parse(place) if _is_address(place) else None


def _sources_of(place: str, fetcher: Fetcher) -> list[Source]:
    from symbolicate.symbols.fetching.servers import Server
    from symbolicate.symbols.sources.directory import DirectorySource
    from symbolicate.symbols.sources.remote import RemoteSource

    if (url := _address(place)) is not None:
        return [RemoteSource(Server(url, fetcher), _LAYOUTS)]
    return [DirectorySource(place, fetcher=fetcher)] if place and os.path.isdir(place) else []
