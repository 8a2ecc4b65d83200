"""What determines the rows of a batch. It is in the manifest, and does not change when the batch is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from symbolicate.corpus.objects import is_address
from symbolicate.engine import Session
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.fetching.urls import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate import _native
    from symbolicate.symbols.store import SymbolStore

__all__ = ["Format", "Options", "differences", "versioned", "without_secrets"]

Format = Literal["ndjson", "parquet"]

SECONDS_PER_INPUT = 60.0
"""The default time limit of an input: a report of a gigabyte takes a few seconds."""
MEMORY_PER_INPUT = 4 << 30
"""The default memory limit of a worker process, in bytes; mapped files do not count."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a batch.

    Attributes:
        format: `ndjson`: a line per crash as `report --format ndjson` writes it, and a line per error. `parquet`: a
            table with a row for each of these.
        symbols: folders, files, servers and buckets that are searched for symbols; addresses without their secrets.
        profile: see `symbolicate.failure.naming`.
        vocabulary: see there.
        rules: the name and the text of a file of blame rules.
        full: see `Session`.
        report_bytes: see `Session`.
        seconds_per_input: after this time an input is given up.
        memory_per_input: bytes that a worker process may allocate.
        offline: whether no symbol server is asked.
        symbols_seconds: how long the symbols of one input are waited for, on a network; None for the default.
        program: the version of this program.
        table: the version of the columns, of a table.
    """

    format: Format = "ndjson"
    symbols: tuple[str, ...] = ()
    profile: Literal["wer", "windbg"] = "wer"
    vocabulary: Literal["classic", "2410"] = "classic"
    rules: tuple[str, str] | None = None
    full: bool = False
    report_bytes: int | None = None
    seconds_per_input: float = SECONDS_PER_INPUT
    memory_per_input: int = MEMORY_PER_INPUT
    offline: bool = False
    symbols_seconds: float | None = None
    program: str = ""
    table: int = 0

    def naming(self) -> _native.Naming:
        """How failures are named."""
        from symbolicate._native import Naming

        return Naming(self.profile, self.vocabulary, self.rules)

    def network(self) -> Network:
        """What may be done on the network for symbols."""
        return Network.from_environment(offline=self.offline or None, seconds=self.symbols_seconds)

    def session(self, store: SymbolStore) -> Session:
        """A session for one crash at a time: there is a process for each core."""
        return Session(store, jobs=1, naming=self.naming(), full=self.full, report_bytes=self.report_bytes)


def versioned(options: Options) -> Options:
    """The options with the versions of this program and of its tables."""
    from symbolicate._native import TABLE_VERSION, __version__

    table = TABLE_VERSION if options.format == "parquet" else 0
    return msgspec.structs.replace(options, program=__version__, table=table)


def without_secrets(places: tuple[str, ...]) -> tuple[str, ...]:
    """Symbol sources as they may be stored: addresses of servers without names, passwords and tokens.

    Those of buckets have no secrets: their credentials are in the environment.
    """
    return tuple(shown(place) if "://" in place and not is_address(place) else place for place in places)


def differences(before: Options, now: Options) -> Iterator[tuple[str, str]]:
    """The options that differ, each with a text that says how."""
    for name in before.__struct_fields__:
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            if name == "rules":
                old, new = (rules and rules[0] for rules in (old, new))
                new = f"{new} (changed)" if old == new else new
            yield name, f"{name}: {_text(old)} then, {_text(new)} now"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
