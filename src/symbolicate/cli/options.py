"""Options that several commands share, and the store they stand for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import click

from symbolicate.errors import InputError, SymbolicateError, SymbolSourceError
from symbolicate.render.plain import escape
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["complain", "open_store", "store_option", "symbols_option"]

_Command = TypeVar("_Command", bound="Callable[..., object]")


def symbols_option(command: _Command) -> _Command:
    """`--symbols`, as often as wanted."""
    return click.option(
        "--symbols",
        "places",
        metavar="PATH|URL",
        multiple=True,
        help="A folder in Breakpad layout, a flat folder of .sym files, or a .sym file. Repeat it: the first one that "
        "has a module's symbols is used.",
    )(command)


def store_option(command: _Command) -> _Command:
    """`--store`."""
    return click.option(
        "--store",
        "store_dir",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="Where indexes and added symbols are kept; by default $SYMBOLICATE_STORE or the user's cache.",
    )(command)


def open_store(store_dir: str | None, places: tuple[str, ...] = ()) -> SymbolStore:
    """The store that the options name; a place that is none is an error of usage."""
    try:
        return SymbolStore(store_dir, sources=places)
    except SymbolSourceError as error:
        raise click.UsageError(escape(str(error))) from None


def complain(error: SymbolicateError) -> None:
    """Say on standard error, in one line, what is wrong with one input."""
    hint = f" (hint: {error.hint})" if isinstance(error, InputError) and error.hint else ""
    sys.stderr.write(f"symbolicate: {escape(str(error))}{hint}\n")
