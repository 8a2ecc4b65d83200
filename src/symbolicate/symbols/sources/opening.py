"""Opens the source of what a person names for symbols: a path, a server, a bucket, a preset, a symbol path."""

from __future__ import annotations

import os

from symbolicate.errors import SymbolFileError, SymbolSourceError
from symbolicate.symbols.access import is_denied
from symbolicate.symbols.debug_files import is_debug_file
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.sources.presets import PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.symbols.fetching.fetcher import Fetcher
    from symbolicate.symbols.sources.presets import Preset
    from symbolicate.symbols.sources.source import Source

__all__ = ["is_local", "is_no_symbol_file", "is_remote", "open_source", "open_sources", "parallel", "searched_in_order"]


def is_local(location: str | os.PathLike[str]) -> bool:
    """Whether what a person names is a path: an address or an element of a symbol path is not, nor a preset.

    A folder that is called as a preset is one: it can be seen, and `./microsoft` is no other way to name a server.
    """
    from symbolicate.symbols.sources.symbol_path import is_element

    text = os.fspath(location)
    return not (_split_address(text) or is_element(text)) and (text not in PRESETS or os.path.exists(text))


def open_sources(location: str | os.PathLike[str], fetcher: Fetcher) -> list[Source]:
    """The sources of what a person names; several for an element of a symbol path that has several servers.

    Args:
        location: a folder, a file, an address (`https://…`, `layout+https://…`, `s3://…`), a preset, or an element of
            a symbol path (`srv*cache*https://…`).
        fetcher: fetches from servers and buckets.

    Raises:
        SymbolSourceError: it does not exist, is not a valid address or a damaged debug information file.
    """
    from symbolicate.symbols.sources.symbol_path import element_sources, is_element

    text = os.fspath(location)
    if (found := _split_address(text)) is not None:
        layouts, scheme, url = found
        return [_address(scheme, url, layouts, fetcher)]
    if is_element(text):
        return element_sources(text, fetcher)
    if is_local(text):
        return [open_source(text, fetcher)]
    return [_public_server(PRESETS[text], fetcher)]


def _split_address(text: str) -> tuple[tuple[str, ...], str, str] | None:
    """The layouts, the scheme and the address of `layout+https://…`; None for any other text."""
    if "://" not in text:
        return None
    import re

    found = re.match(r"(?:([a-z0-9,]+)\+)?([a-z][a-z0-9]*)://", text, re.IGNORECASE)
    if found is None:
        return None
    layouts = tuple(name for name in (found[1] or "").lower().split(",") if name)
    return layouts, found[2].lower(), text[found.start(2) :]


def _public_server(preset: Preset, fetcher: Fetcher) -> Source:
    """The source of a public server."""
    from symbolicate.symbols.fetching.servers import Server
    from symbolicate.symbols.fetching.urls import Url
    from symbolicate.symbols.sources.remote import RemoteSource

    server = Server(Url.parse(preset.url), fetcher)
    return RemoteSource(server, preset.layouts, compressed=preset.compressed, pointers=False)


def _address(scheme: str, url: str, layouts: Sequence[str], fetcher: Fetcher) -> Source:
    """The source of an address."""
    from symbolicate.symbols.fetching.urls import HTTP_PORTS, Url, shown
    from symbolicate.symbols.layouts.table import LAYOUTS
    from symbolicate.symbols.sources.remote import RemoteSource

    for name in layouts:
        if name not in LAYOUTS:
            raise SymbolSourceError(f"no layout {name}: there are {', '.join(LAYOUTS)}: {shown(url)}")
    if scheme in HTTP_PORTS:
        from symbolicate.symbols.fetching.servers import Server

        return RemoteSource(Server(Url.parse(url), fetcher), layouts)
    from symbolicate.symbols.fetching.buckets import SCHEMES, Bucket

    if scheme in SCHEMES:
        return RemoteSource(Bucket(url, fetcher), layouts)
    known = ", ".join(sorted({*HTTP_PORTS, *SCHEMES}))
    raise SymbolSourceError(f"no such kind of address: {scheme}; there are {known}: {shown(url)}")


def open_source(location: str | os.PathLike[str], fetcher: Fetcher | None = None) -> Source:
    """The source of a path.

    Args:
        location: the path.
        fetcher: keeps what of a folder has to be unpacked; None to leave compressed files alone.

    Raises:
        SymbolSourceError: the path does not exist, or is a damaged debug information file.
    """
    path = os.fspath(location)
    if os.path.isdir(path):
        from symbolicate.symbols.sources.directory import DirectorySource

        return DirectorySource(path, fetcher=fetcher)
    if is_debug_file(path):
        from symbolicate.symbols.sources.debug_files import DebugFileSource

        try:
            return DebugFileSource(path)
        except SymbolFileError as error:
            raise SymbolSourceError(str(error)) from error
    if os.path.isfile(path):
        from symbolicate.symbols.sources.symbol_file import FileSource

        return FileSource(path)
    if os.path.exists(path):
        raise SymbolSourceError(f"neither a folder nor a file: {path}")
    raise SymbolSourceError(f"{'permission denied' if is_denied(path) else 'no such folder or symbol file'}: {path}")


def searched_in_order(sources: Sequence[Source], own: Source) -> tuple[Source, ...]:
    """The sources in the order in which they are searched: local ones, the store's own files, those on a network."""
    remote = tuple(source for source in sources if is_remote(source))
    return (*(source for source in sources if source not in remote), own, *remote)


def is_remote(source: Source) -> bool:
    """Whether files of a source come from a network, so that it is asked only for what others lack."""
    return bool(getattr(source, "is_remote", False))


def parallel(sources: Sequence[Source]) -> int:
    """For how many modules those on a network may be asked at a time; 0 without any."""
    return min((getattr(source, "parallel", 1) for source in sources if is_remote(source)), default=0)


def is_no_symbol_file(path: str) -> bool:
    """Whether it is a file that names no module, so that its symbols cannot be used."""
    return os.path.isfile(path) and not is_debug_file(path) and module_line(path) is None
