"""Options that several commands share, and the symbol store that they select."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from symbolicate.cli import opening
from symbolicate.cli.click_options import FILE, declared
from symbolicate.cli.complaints import complain
from symbolicate.cli.declared import PROFILE, RULES, STORE, SYMBOLS, VOCABULARY
from symbolicate.cli.network import chosen_network, network_options
from symbolicate.cli.opening import open_naming

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.symbols.store import SymbolStore

__all__ = [
    "FILE",
    "complain",
    "declared",
    "open_naming",
    "open_store",
    "profile_option",
    "rules_option",
    "store_option",
    "symbols_option",
    "vocabulary_option",
]

_Command = TypeVar("_Command", bound="Callable[..., object]")


def symbols_option(command: _Command) -> _Command:
    """`--symbols`, which can be repeated, and the options about servers."""
    return declared(SYMBOLS)(network_options(command))


def store_option(command: _Command) -> _Command:
    """`--store`."""
    return declared(STORE)(command)


def profile_option(command: _Command) -> _Command:
    """`--profile`."""
    return declared(PROFILE)(command)


def vocabulary_option(command: _Command) -> _Command:
    """`--vocabulary`."""
    return declared(VOCABULARY)(command)


def rules_option(command: _Command) -> _Command:
    """`--rules`."""
    return declared(RULES)(command)


def open_store(store_dir: str | None, places: tuple[str, ...] = (), *, with_environment: bool = False) -> SymbolStore:
    """The symbol store that the options of the command select that runs; see `opening.open_store`."""
    return opening.open_store(store_dir, places, chosen_network, with_environment=with_environment)
