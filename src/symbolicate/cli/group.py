"""The command line as click has it. Each command is loaded when it is called, so that its help is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from symbolicate.cli.lazy import LazyGroup, Version

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["program", "run_with_click", "show_usage_error"]


@click.group(
    cls=LazyGroup,
    commands_in={
        "report": ("symbolicate.cli.report", "Show crashes as named stacks."),
        "brief": ("symbolicate.cli.brief", "Explain crashes in few words, for people and language models."),
        "batch": ("symbolicate.cli.batch", "Process a corpus of crashes into one table, on all cores."),
        "addr": ("symbolicate.cli.addr", "Show functions, files and lines of addresses, without a crash."),
        "bucket": ("symbolicate.cli.bucket", "Name failures, hash names, try rules, find near duplicates."),
        "demangle": ("symbolicate.cli.demangle", "Print the readable form of mangled names."),
        "query": ("symbolicate.cli.query", "Query a store for failures."),
        "symbols": ("symbolicate.cli.symbols", "Add, fetch, check, find and trim symbols; list what reports lack."),
        "serve": ("symbolicate.cli.serve", "Receive reports and symbols over HTTP and answer queries."),
        "mcp": ("symbolicate.cli.mcp", "Serve tools about crashes to agents (Model Context Protocol)."),
        "worker": ("symbolicate.cli.worker", "Process the reports of a service in a separate process."),
        "app": ("symbolicate.cli.app", "Set up the apps of a service."),
        "store": ("symbolicate.cli.store", "Back up, restore and export the data of a service."),
        "queue": ("symbolicate.cli.queue", "Show the queue, list dead letters, process reports again."),
        "token": ("symbolicate.cli.token", "Create, list and revoke the tokens of a service."),
    },
    of_files="report",
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[Version(["-V", "--version"])],
)
def program() -> None:
    """Turn raw crashes into named, counted failures.

    Results go to standard output, everything else to standard error. Exit codes: 0 success, even if symbols are
    missing; 1 some inputs failed, the others were processed; 2 usage error.
    """


def run_with_click(arguments: Sequence[str]) -> int:
    """Run a command line; return its exit code.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    try:
        # Not click's own `main`, which turns a broken pipe into exit code 1.
        with program.make_context("symbolicate", list(arguments)) as context:
            program.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    return 0


def show_usage_error(error: Exception, name: str) -> int:
    """Show an error of click that a command raised outside of click; return its exit code.

    Args:
        error: the error; any other one is raised again.
        name: the command.
    """
    if not isinstance(error, click.ClickException):
        raise error
    above = click.Context(program, info_name="symbolicate")
    command = program.get_command(above, name)
    if isinstance(error, click.UsageError) and command is not None:
        error = click.UsageError(error.message, click.Context(command, above, name))
    error.show()
    return error.exit_code
