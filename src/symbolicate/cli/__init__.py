"""The command line. Each command is loaded when it is called, so that `symbolicate --help` is quick."""

from __future__ import annotations

import os
import sys

import click

from symbolicate.cli.lazy import LazyGroup, Version

__all__ = ["main", "program"]

_INTERRUPTED = 130


@click.group(
    cls=LazyGroup,
    commands_in={
        "report": ("symbolicate.cli.report", "Show crashes as named stacks."),
        "bucket": ("symbolicate.cli.bucket", "Name failures, hash names, try rules, find near duplicates."),
        "demangle": ("symbolicate.cli.demangle", "Print mangled names as people write them."),
        "symbols": ("symbolicate.cli.symbols", "Add symbol files to the store, check them, find them."),
    },
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[Version(["-V", "--version"])],
)
def program() -> None:
    """Turn raw crashes into named, counted failures.

    Data goes to standard output, everything else to standard error. Exit codes: 0 done, missing symbols included;
    1 some input failed, the others are done; 2 the command line is wrong.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    code = 0
    try:
        # Not click's own `main`, which answers a broken pipe with exit code 1.
        with program.make_context("symbolicate", sys.argv[1:] if arguments is None else arguments) as context:
            program.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BrokenPipeError:
        # The reader has what it wanted, such as `| head`. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (KeyboardInterrupt, click.Abort):
        code = _INTERRUPTED
    sys.exit(code)
