"""Commands that are loaded when they are called, and a version that is looked up on request."""

from __future__ import annotations

import importlib
import os
from typing import Any

import click

__all__ = ["LazyGroup", "Version"]


class LazyGroup(click.Group):
    """A group whose commands are in modules that are not loaded for its help.

    Args:
        commands_in: name to (module, summary); the module has the command as an attribute of this name.
        of_files: the command to suggest if the name of an existing file is in the position of a command.
    """

    def __init__(
        self, *args: Any, commands_in: dict[str, tuple[str, str]], of_files: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._commands_in = commands_in
        self._of_files = of_files

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of `commands_in`."""
        return list(self._commands_in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command and return it."""
        if cmd_name not in self._commands_in:
            return None
        module, _ = self._commands_in[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As in click, but an unknown name is answered with similar names."""
        name = args[0]
        if name not in self._commands_in:
            from difflib import get_close_matches

            near = get_close_matches(name, self._commands_in)
            if not near and self._of_files and os.path.exists(name):
                near = [f"{self._of_files} {name}"]
            if near:
                meant = " or ".join(repr(one) for one in near)
                raise click.UsageError(f"No such command {name!r}. Did you mean {meant}?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The names and summaries, without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self._commands_in.items()])


class Version(click.Option):
    """`--version`; the version is looked up only if the option is used."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            names, is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
        )


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version  # slow to load

        click.echo(f"symbolicate {version('symbolicate')}")
        ctx.exit()
