"""What may be done on the network for symbols."""

from __future__ import annotations

import os

from symbolicate.errors import SymbolSourceError
from symbolicate.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Network", "read_tokens"]

_PREFIX = "SYMBOLICATE_SYMBOLS_"
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


_NO_TOKENS: Mapping[str, str] = {}


def _silent(_: str) -> None:
    """Say nothing."""


class Network(Record):
    """What may be done on the network for symbols. `from_environment` reads each from a variable.

    Attributes:
        offline: nothing is asked; files in the cache are used. `SYMBOLICATE_OFFLINE`.
        seconds: for all symbols that one report, or a batch of reports made together, waits for.
            `SYMBOLICATE_SYMBOLS_SECONDS`.
        connect_seconds: until a server accepts a connection.
        stall_seconds: until a server sends the next bytes.
        file_bytes: the largest file, as sent and unpacked. `SYMBOLICATE_SYMBOLS_FILE_BYTES`.
        fetched_bytes: the size of the cache on disk, not counting files that were used in the last minutes.
            `SYMBOLICATE_SYMBOLS_FETCHED_BYTES`.
        private: redirects and foreign names may lead to loopback, private and link-local addresses.
            `SYMBOLICATE_SYMBOLS_PRIVATE`.
        tokens: what is sent as `Authorization: Bearer` to a host, or to a host with a port. In
            `SYMBOLICATE_SYMBOLS_TOKENS`, `host=token`, separated by blanks or commas.
        contacted: called with each server when it is first asked.
    """

    offline: bool = False
    seconds: float = 300.0
    connect_seconds: float = 10.0
    stall_seconds: float = 30.0
    file_bytes: int = 8 << 30
    fetched_bytes: int = 20 << 30
    private: bool = False
    tokens: Mapping[str, str] = _NO_TOKENS
    contacted: Callable[[str], None] = _silent

    def __repr__(self) -> str:
        hidden = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__ if name != "tokens")
        return f"Network({hidden})"

    def __post_init__(self) -> None:
        if not self.seconds > 0:  # nor is it "not a number", which no time ever reaches
            raise SymbolSourceError("the seconds for symbols are not a positive number")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **chosen: object) -> Network:
        """The settings of the environment, and those that are chosen, which are stronger unless they are None.

        Raises:
            SymbolSourceError: a variable has an invalid value.
        """
        environ = os.environ if environ is None else environ
        found: dict[str, object] = {}
        for name, read in _READERS.items():
            variable = "SYMBOLICATE_OFFLINE" if name == "offline" else _PREFIX + name.upper()
            if (text := environ.get(variable)) is not None:
                try:
                    found[name] = read(text.strip())
                except ValueError:
                    # The value may be a secret, so it is not repeated.
                    raise SymbolSourceError(f"{variable}: not a valid value") from None
        found.update({name: value for name, value in chosen.items() if value is not None})
        return cls(**found)  # type: ignore[arg-type]


def _flag(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise ValueError
    return text.lower() in _YES


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError
    return seconds


def _bytes(text: str) -> int:
    unit = _UNITS.get(text[-1:].upper(), 1)
    count = int(text[:-1] if unit > 1 else text) * unit
    if count < 0:
        raise ValueError
    return count


def read_tokens(text: str) -> dict[str, str]:
    """Read `host=token`, separated by blanks or commas.

    Raises:
        ValueError: it is something else.
    """
    pairs = [part.partition("=") for part in text.replace(",", " ").split()]
    if not all(host and token for host, _, token in pairs):
        raise ValueError
    return {host.lower(): token for host, _, token in pairs}


_READERS: dict[str, Callable[[str], object]] = {
    "offline": _flag,
    "seconds": _seconds,
    "file_bytes": _bytes,
    "fetched_bytes": _bytes,
    "private": _flag,
    "tokens": read_tokens,
}
