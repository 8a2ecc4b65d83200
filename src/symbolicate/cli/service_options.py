"""Options of the commands that use the service's settings and its store."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from symbolicate.service.config import Config
    from symbolicate.store import Store

__all__ = ["opened", "service_options", "settings"]

_Command = TypeVar("_Command", bound="Callable[..., object]")


def service_options(command: _Command) -> _Command:
    """`--data`, `--db` and `--config`."""
    for option in (
        click.option("--config", "config_file", metavar="FILE", type=click.Path(), help="Settings, in TOML."),
        click.option("--db", metavar="URL", help="Database; by default an SQLite file in the data folder."),
        click.option(
            "--data",
            metavar="DIR",
            type=click.Path(file_okay=False),
            help="Folder of all data; by default $XDG_DATA_HOME/symbolicate.",
        ),
    ):
        command = option(command)
    return command


def settings(config_file: str | None, options: dict[str, Any]) -> Config:
    """The settings; invalid settings are a usage error."""
    try:
        from symbolicate.service.config import load
        from symbolicate.service.errors import ConfigError
    except ImportError as error:
        raise click.UsageError(_without(error)) from None
    try:
        config = load(config_file, options)
        _ = config.address
    except ConfigError as error:
        raise click.UsageError(escape(str(error))) from None
    return config


@contextmanager
def opened(config_file: str | None, data: str | None, db: str | None) -> Iterator[Store]:
    """Open the service's store. Errors of the store are printed, with exit code 1."""
    config = settings(config_file, {"data": data, "db": db})
    try:
        from symbolicate.service.server import open_store
        from symbolicate.store import Conflict, NotFound, StoreUnavailable, StoreUrlError
    except ImportError as error:
        raise click.UsageError(_without(error)) from None
    from symbolicate.service.errors import ConfigError

    try:
        with open_store(config) as store:
            yield store
    except (StoreUrlError, ConfigError) as error:
        raise click.UsageError(escape(str(error))) from None
    except (Conflict, NotFound, StoreUnavailable) as error:
        sys.stderr.write(f"symbolicate: {escape(str(error))}\n")
        raise click.exceptions.Exit(1) from None


def _without(error: ImportError) -> str:
    return f"this needs the service's libraries ({error.name} is missing): pip install 'symbolicate[service]'"
