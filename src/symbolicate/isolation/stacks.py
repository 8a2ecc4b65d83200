"""Requests of the symbolication protocol in a child process: symbols of their modules, and the answer.

The symbols of a module stay mapped for the next request. How many are remembered is bounded, because a request may name
any number of modules that there are not.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Protocol

from symbolicate.symbols.in_part import extended
from symbolicate.symbols.sources.opening import is_remote
from symbolicate.symbols.sources.source import Refreshable, SourceInPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from symbolicate._native import SymbolFile
    from symbolicate.isolation.messages import LookUpStacks, Symbols
    from symbolicate.symbols.candidates import Candidate
    from symbolicate.symbols.resolution import Offer, Wanted
    from symbolicate.symbols.sources.source import Source
    from symbolicate.symbols.store import SymbolStore

__all__ = ["RequestError", "Stacks"]

# The number of owners whose symbols stay loaded, and of modules that are remembered for each.
_OWNERS = 8
_MODULES = 16_384
_ERRORS = {
    "missing": "no symbols of this module were found",
    "malformed": "the symbols of this module cannot be read",
    "mismatch": "the symbols that were found are of another build",
    "timed out": "a source of symbols did not answer in time; it may be asked again in a minute",
    "refused": "a source of symbols refuses to be read, or refuses it now",
    "denied": "a rule or a limit of the service forbids to look for symbols of this module",
}


class RequestError(Exception):
    """A request is not one of the protocol, or asks for too much. The message says what is wrong, in one line."""


class OpenStore(Protocol):
    """Opens the symbols of an owner; each of their sources is wrapped."""

    def __call__(self, symbols: Symbols, wrap: Callable[[Source], Source]) -> SymbolStore:
        """The store."""
        ...


class Stacks:
    """Answers requests, with the symbols of several owners.

    Args:
        open_store: opens the symbols of an owner.
    """

    def __init__(self, open_store: OpenStore) -> None:
        self._open_store = open_store
        self._known: OrderedDict[int, _Owner] = OrderedDict()

    def answer(self, request: LookUpStacks, body: bytes) -> memoryview:
        """The answer to a request, in JSON.

        Raises:
            RequestError: the request is refused.
        """
        from symbolicate._native import StackRequest

        try:
            asked = StackRequest(body, request.version)
            modules = asked.modules
            owner = self._owner(request.symbols, {(name, identifier) for _, name, identifier in modules})
            found = [
                (number, *owner.find(name, identifier, partial(asked.addresses, number)))
                for number, name, identifier in modules
            ]
            return asked.answer(found, request.answer_bytes)
        except ValueError as error:
            raise RequestError(str(error)) from None

    def _owner(self, symbols: Symbols, modules: set[tuple[str, str]]) -> _Owner:
        known = self._known.get(symbols.owner)
        if known is None or known.symbols != symbols or len(known.asked) + len(modules - known.asked) > _MODULES:
            known = self._known[symbols.owner] = _Owner(symbols, self._open_store(symbols, _WithoutUnwind))
        known.asked |= modules
        self._known.move_to_end(symbols.owner)
        if len(self._known) > _OWNERS:
            self._known.popitem(last=False)
        return known


class _Owner:
    """The symbols of an owner, as of a version of them."""

    def __init__(self, symbols: Symbols, store: SymbolStore) -> None:
        self.symbols = symbols
        self.asked: set[tuple[str, str]] = set()
        self._store = store

    def find(
        self, name: str, identifier: str, addresses: Callable[[], list[int]]
    ) -> tuple[SymbolFile | None, str, str]:
        """The symbols of a module; without any the error, in one word and as a sentence.

        Args:
            name: the name of its debug file.
            identifier: its debug id.
            addresses: returns those that answers are wanted for.
        """
        found = self._store.resolve_in_part(name, identifier)
        symbols = found.symbols
        if found.in_part is not None:
            symbols = extended(found.in_part, addresses())
            if symbols is None:
                found = self._store.resolve(name, identifier)
                symbols = found.symbols
        # Locations in the service's folders are not for its clients.
        if symbols is not None:
            return symbols, "", ""
        # Clients know it by this name.
        name = "mismatch" if found.outcome == "mismatched" else found.outcome
        return None, name, _ERRORS.get(name, _ERRORS["missing"])


class _WithoutUnwind:
    """A source without its unwind tables: the protocol has no stacks to unwind."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.is_remote = is_remote(source)

    @property
    def name(self) -> str:
        return self._source.name

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        return self._source.candidates(wanted)

    def candidates_in_part(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        if isinstance(self._source, SourceInPart):
            return self._source.candidates_in_part(wanted)
        return self._source.candidates(wanted)

    def search(self, text: str) -> Iterator[str]:
        return self._source.search(text)

    def refresh(self) -> None:
        if isinstance(self._source, Refreshable):
            self._source.refresh()
