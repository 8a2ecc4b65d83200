"""Symbols of a batch before its crashes: the modules that inputs need, each searched once and by one process."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from symbolicate.corpus.objects import is_address
from symbolicate.errors import InputError
from symbolicate.symbols.deadline import clock, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from symbolicate._native import Watch
    from symbolicate.corpus.entries import Entry
    from symbolicate.symbols.store import SymbolStore

    Key = tuple[str, str, str, str]

__all__ = ["needed_modules", "resolve_all"]

# Of an input with many crashes: the first ones.
_CRASHES = 8


def needed_modules(inputs: Sequence[Entry], watch: Watch) -> Iterator[Key]:
    """The modules that the engine first needs for each of these files; again for each file that needs them.

    Only files on a disk are looked at: objects of an object store would be fetched twice. What a stack needs after its
    first frames is found when the crash is processed.
    """
    from symbolicate._native import Container, Session

    # A session without any symbols returns what it needs instead of a report.
    session = Session()
    for step, entry in enumerate(inputs, 1):
        if entry.error or entry.part is not None or is_address(entry.name):
            continue
        watch.begin(step)
        try:
            container = Container(entry.path)
        except (InputError, OSError):
            continue
        crashes = [(container, index) for index in range(min(len(container), _CRASHES))]
        for answer in session.process_batch(crashes, 1, None, False, None):
            if isinstance(answer, list):
                yield from ((key.debug_file, key.debug_id, key.code_file, key.code_id) for key in answer)


def resolve_all(keys: Iterable[Key], store: SymbolStore, watch: Watch) -> None:
    """Fetch the symbols of modules and build their indexes; several at a time from a network."""
    from concurrent.futures import ThreadPoolExecutor

    seconds = store.fetcher.network.seconds
    ends = clock() + seconds
    waiting = iter(keys)

    def resolve(numbered: tuple[int, Key]) -> None:
        step, key = numbered
        watch.begin(step)
        # All that servers are asked for has the time of one report. Without servers, each index has it.
        with until(ends if store.parallel else clock() + seconds):
            store.resolve(*key)

    most = max(1, store.parallel)
    with ThreadPoolExecutor(most, thread_name_prefix="symbols") as pool:
        numbered = enumerate(waiting, 1)
        while some := list(islice(numbered, most)):
            list(pool.map(resolve, some))
