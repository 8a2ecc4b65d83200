"""The symbols of a batch, as its worker processes use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.resolution import Resolution
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from symbolicate._native import Watch
    from symbolicate.corpus.options import Options
    from symbolicate.engine import Session

    Key = tuple[str, str, str, str]

__all__ = ["open_session", "open_symbols"]

_ENDED = "opening it ended the process"


class _WatchedStore(SymbolStore):
    """A symbol store whose searches do not count as time of an input: servers have time limits of their own."""

    watch: Watch | None = None
    denied: frozenset[Key] = frozenset()

    def resolve(self, debug_file: str, debug_id: str, code_file: str = "", code_id: str = "") -> Resolution:
        if (debug_file, debug_id, code_file, code_id) in self.denied:
            return Resolution(None, (Candidate(debug_file or code_file, "batch", "malformed", _ENDED),), 0)
        if self.watch is None:
            return super().resolve(debug_file, debug_id, code_file, code_id)
        self.watch.waits(True)
        try:
            return super().resolve(debug_file, debug_id, code_file, code_id)
        finally:
            self.watch.waits(False)


def open_symbols(
    options: Options,
    *,
    places: Sequence[str] | None = None,
    store_dir: str | None = None,
    watch: Watch | None = None,
    denied: Iterable[Key] = (),
) -> SymbolStore:
    """The symbol store of a batch.

    Args:
        options: the options of the batch.
        places: its symbol sources with their secrets, which are not in the manifest; None without sources.
        store_dir: the folder of indexes; None for the default.
        watch: gets the times of searches.
        denied: modules whose symbols are not opened, because that ended a process.

    Raises:
        SymbolSourceError: a source does not exist here.
    """
    store = _WatchedStore(store_dir, sources=options.symbols if places is None else places, network=options.network())
    store.watch, store.denied = watch, frozenset(denied)
    return store


def open_session(
    options: Options,
    *,
    places: Sequence[str] | None = None,
    store_dir: str | None = None,
    watch: Watch | None = None,
    denied: Iterable[Key] = (),
) -> Session:
    """A session for the shards of a batch, which keeps symbols loaded. The arguments are those of `open_symbols`."""
    return options.session(open_symbols(options, places=places, store_dir=store_dir, watch=watch, denied=denied))
