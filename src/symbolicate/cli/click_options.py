"""Click's options, made of declarations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.cli.declared import Option

__all__ = ["FILE", "NumberRange", "declared"]

# Click treats an unreadable file as a usage error and stops. Here it is one failed input among others.
FILE = click.Path(readable=False)


class NumberRange(click.FloatRange):
    """A number in a range. Click takes `nan`, which is neither too small nor too large, for one in any range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number.

        Raises:
            BadParameter: it is not a number, or outside the range.
        """
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


_Command = TypeVar("_Command", bound="Callable[..., object]")


def declared(*options: Option, **more: Any) -> Callable[[_Command], _Command]:
    """The click options of some declarations, in their order.

    Args:
        options: the declarations.
        more: further arguments of `click.option`.
    """

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = click.option(*option.names, option.into, **_arguments(option), **more)(command)
        return command

    return decorate


def _arguments(option: Option) -> dict[str, Any]:
    """What `click.option` takes for a declaration, without the names."""
    said: dict[str, Any] = {"help": option.help, "metavar": option.metavar or None}
    if option.kind == "flag":
        return {"is_flag": True, "help": option.help}
    if option.default is not None:
        said.update(default=option.default, show_default=True)
    kinds: dict[str, Any] = {
        "choice": click.Choice(option.choices),
        "count": click.IntRange(min=option.least),
        "seconds": NumberRange(min=0, min_open=True),
        "path": FILE,
        "folder": click.Path(file_okay=False),
        "file": click.Path(),
    }
    return {**said, "type": kinds.get(option.kind), "multiple": option.many}
