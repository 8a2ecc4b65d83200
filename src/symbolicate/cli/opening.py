"""The symbol store and the naming that options select."""

from __future__ import annotations

import sys

from symbolicate.cli.complaints import complain, wrong_file
from symbolicate.errors import RulesError, SymbolSourceError
from symbolicate.symbols.access import is_denied
from symbolicate.symbols.sources.environment import environment_locations
from symbolicate.symbols.sources.opening import is_local, is_no_symbol_file
from symbolicate.symbols.store import SymbolStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate import _native
    from symbolicate.failure import Profile, Vocabulary
    from symbolicate.symbols.fetching.network import Network

__all__ = ["open_naming", "open_store", "say_asked"]


def open_naming(profile: Profile, vocabulary: Vocabulary, rules: str | None) -> _native.Naming:
    """The naming that the options select; invalid rules end the command."""
    from symbolicate.failure import naming

    try:
        return naming(profile, vocabulary, rules)
    except RulesError as error:
        raise wrong_file(str(error).replace("\n", "; ")) from None


def open_store(
    store_dir: str | None,
    places: tuple[str, ...],
    network: Callable[[], Network],
    *,
    with_environment: bool = False,
) -> SymbolStore:
    """The symbol store that the options select; an invalid source ends the command.

    Args:
        store_dir: the folder of the store; None for the default.
        places: what was named for symbols.
        network: what the options, and the environment, let be done on the network.
        with_environment: whether the servers that the environment names are asked after these. What of it is not
            valid is ignored, with a line on standard error.
    """
    try:
        named = (*places, *(environment_locations(complain) if with_environment else ()))
        store = SymbolStore(store_dir, sources=named, network=network())
    except SymbolSourceError as error:
        raise wrong_file(str(error)) from None
    for place in filter(is_local, places):
        if is_denied(place):
            complain(SymbolSourceError(f"{place}: permission denied"))
        elif is_no_symbol_file(place):
            from symbolicate.symbols.acceptance import unidentified
            from symbolicate.symbols.archives import is_archive  # loads the readers of all kinds of archives

            reason = "is an archive; add it to the store with `symbolicate symbols add`"
            complain(SymbolSourceError(f"{place}: {reason if is_archive(place) else unidentified(place)}"))
    return store


def say_asked(server: str) -> None:
    """Say on standard error that a symbol server is asked."""
    from symbolicate.render.plain import escape

    sys.stderr.write(f"symbolicate: asking {escape(server)} for symbols\n")
