"""Fetches what servers have of a module, before anything needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.symbols.layouts.layout import FILE_KINDS
from symbolicate.symbols.sources.remote import RemoteFile, RemoteSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from symbolicate.symbols.candidates import Candidate
    from symbolicate.symbols.layouts.layout import FileKind
    from symbolicate.symbols.resolution import Wanted
    from symbolicate.symbols.sources.source import Source

__all__ = ["fetch_module"]


def fetch_module(
    sources: Iterable[Source], wanted: Wanted, kinds: Sequence[FileKind] = FILE_KINDS
) -> Iterator[RemoteFile | Candidate]:
    """Fetch the files of a module into the cache, where every later report with the same servers finds them.

    Of each kind, the first server that has it is used.

    Args:
        sources: the sources of a store; those that are not on a network are left out.
        wanted: the module.
        kinds: the kinds of files that are wanted.

    Yields:
        Each file that is in the cache now, and each address that was asked for without success.
    """
    servers = [source for source in sources if isinstance(source, RemoteSource)]
    for kind in kinds:
        for server in servers:
            has_it = False
            for one in server.files(wanted, kind):
                has_it = isinstance(one, RemoteFile)
                yield one
            if has_it:
                break
