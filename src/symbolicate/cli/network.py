"""Options about symbol servers, which commands with `--symbols` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from symbolicate.cli.click_options import declared
from symbolicate.cli.declared import NETWORK
from symbolicate.cli.opening import say_asked
from symbolicate.symbols.fetching.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["chosen_network", "network_options"]

_Command = TypeVar("_Command", bound="Callable[..., object]")

# Where the values are until the store is opened: commands that have these options need not pass them on.
_META = "symbolicate.network"


def network_options(command: _Command) -> _Command:
    """`--offline`, `--symbols-seconds` and `-v`; see `chosen_network`."""
    return declared(*NETWORK, expose_value=False, callback=_keep)(command)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    ctx.meta.setdefault(_META, {})[param.name] = value


def chosen_network() -> Network:
    """What the options of the command that runs, and the environment, let be done on the network.

    Raises:
        SymbolSourceError: a variable of the environment has an invalid value.
    """
    ctx = click.get_current_context(silent=True)
    chosen = ctx.meta.get(_META, {}) if ctx is not None else {}
    return Network.from_environment(
        offline=chosen.get("offline") or None,
        seconds=chosen.get("symbols_seconds"),
        contacted=say_asked if chosen.get("verbose") else None,
    )
