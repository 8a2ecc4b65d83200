"""Options that several commands share, and the symbol store that they select."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import click

from symbolicate.cli.network import chosen_network, network_options
from symbolicate.errors import InputError, RulesError, SymbolicateError, SymbolSourceError
from symbolicate.render.plain import escape
from symbolicate.symbols.acceptance import unidentified
from symbolicate.symbols.access import is_denied
from symbolicate.symbols.sources.environment import environment_locations
from symbolicate.symbols.sources.opening import is_local, is_no_symbol_file
from symbolicate.symbols.sources.presets import PRESETS
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate import _native
    from symbolicate.failure import Profile, Vocabulary

__all__ = [
    "FILE",
    "complain",
    "open_naming",
    "open_store",
    "profile_option",
    "rules_option",
    "store_option",
    "symbols_option",
    "vocabulary_option",
]

# Click treats an unreadable file as a usage error and stops. Here it is one failed input among others.
FILE = click.Path(readable=False)

_Command = TypeVar("_Command", bound="Callable[..., object]")


def symbols_option(command: _Command) -> _Command:
    """`--symbols`, which can be repeated, and the options about servers."""
    return click.option(
        "--symbols",
        "places",
        metavar="PATH|URL|NAME",
        multiple=True,
        help="A folder with symbol files, debug files and binaries, in any layout, or a single file; a symbol server "
        f"or a bucket (https://, s3://, gs://, az://); or the name of a public server: {', '.join(PRESETS)}. Can be "
        "repeated: of a module's symbols the first with most is used, and servers are asked for what others lack.",
    )(network_options(command))


def store_option(command: _Command) -> _Command:
    """`--store`."""
    return click.option(
        "--store",
        "store_dir",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="Folder of indexes and added symbols; by default $SYMBOLICATE_STORE or the user's cache.",
    )(command)


def profile_option(command: _Command) -> _Command:
    """`--profile`."""
    return click.option(
        "--profile",
        type=click.Choice(["wer", "windbg"]),
        default="wer",
        show_default=True,
        help="wer: blame the function that threw or aborted. windbg: blame as public !analyze output does.",
    )(command)


def vocabulary_option(command: _Command) -> _Command:
    """`--vocabulary`."""
    return click.option(
        "--vocabulary",
        type=click.Choice(["classic", "2410"]),
        default="classic",
        show_default=True,
        help="2410: name null addresses as debuggers do since version 1.2410.",
    )(command)


def rules_option(command: _Command) -> _Command:
    """`--rules`."""
    return click.option(
        "--rules",
        metavar="FILE",
        type=click.Path(),
        help="Blame rules that are applied before the built-in ones; see `symbolicate bucket rules`.",
    )(command)


def open_naming(profile: Profile, vocabulary: Vocabulary, rules: str | None) -> _native.Naming:
    """The naming that the options select; invalid rules are a usage error."""
    from symbolicate.failure import naming

    try:
        return naming(profile, vocabulary, rules)
    except RulesError as error:
        raise click.UsageError(escape(str(error).replace("\n", "; "))) from None


def open_store(store_dir: str | None, places: tuple[str, ...] = (), *, with_environment: bool = False) -> SymbolStore:
    """The symbol store that the options select; an invalid source is a usage error.

    Args:
        store_dir: the folder of the store; None for the default.
        places: what was named for symbols.
        with_environment: whether the servers that the environment names are asked after these. What of it is not
            valid is ignored, with a line on standard error.
    """
    try:
        named = (*places, *(environment_locations(complain) if with_environment else ()))
        store = SymbolStore(store_dir, sources=named, network=chosen_network())
    except SymbolSourceError as error:
        raise click.UsageError(escape(str(error))) from None
    for place in filter(is_local, places):
        if is_denied(place):
            complain(SymbolSourceError(f"{place}: permission denied"))
        elif is_no_symbol_file(place):
            from symbolicate.symbols.archives import is_archive  # loads the readers of all kinds of archives

            reason = "is an archive; add it to the store with `symbolicate symbols add`"
            complain(SymbolSourceError(f"{place}: {reason if is_archive(place) else unidentified(place)}"))
    return store


def complain(error: SymbolicateError) -> None:
    """Report a problem with one input on standard error, in one line."""
    hint = f" (hint: {error.hint})" if isinstance(error, InputError) and error.hint else ""
    sys.stderr.write(f"symbolicate: {escape(str(error))}{hint}\n")
