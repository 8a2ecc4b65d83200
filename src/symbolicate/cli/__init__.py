"""The command line. Each command is loaded when it is called, so that `symbolicate --help` is quick."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

import click

from symbolicate.cli.lazy import LazyGroup, Version

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["main", "program"]

_INTERRUPTED = 130


@click.group(
    cls=LazyGroup,
    commands_in={
        "report": ("symbolicate.cli.report", "Show crashes as named stacks."),
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


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    # A native backtrace allocates: after a panic that an allocation failure caused, printing one would never end.
    os.environ["RUST_BACKTRACE"] = "0"
    reading = _stand_in_for_closed()
    _complete_short_writes()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe, as `| head` does.
        code = 0
        _forget_output()
    except OSError as error:
        # Commands handle the errors of their inputs, so this is the output: a full disk, or a closed descriptor.
        failed = "read" if reading and error.errno == errno.EBADF else "write"
        sys.stderr.write(f"symbolicate: cannot {failed}: {error.strerror or error}\n")
        code = 1
        _forget_output()
    except (KeyboardInterrupt, click.Abort):
        code = _INTERRUPTED
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    """Run the command line; its exit code."""
    try:
        # Not click's own `main`, which turns a broken pipe into exit code 1.
        with program.make_context("symbolicate", sys.argv[1:] if arguments is None else arguments) as context:
            program.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0


def _stand_in_for_closed() -> bool:
    """Replace closed standard streams; return whether only standard input was closed.

    Python sets closed streams to None, and the next file that is opened would get their descriptor. The replacements
    of input and output are opened for the wrong direction, so that using them fails as it does on a closed file.
    """
    closed = [sys.stdin is None, sys.stdout is None, sys.stderr is None]
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        if closed[number]:
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
            setattr(sys, ("stdin", "stdout", "stderr")[number], stream)
    return closed[0] and not closed[1]


class _Unbuffered(io.BufferedWriter):
    """Writes everything at once: after a short write the rest is written, or the write fails."""

    def write(self, data: ReadableBuffer, /) -> int:
        written = super().write(data)
        self.flush()
        return written


def _complete_short_writes() -> None:
    """Replace a standard output that drops the rest of a short write.

    With `PYTHONUNBUFFERED` or `python -u`, which is usual in containers, standard output is unbuffered, and the system
    writes only a part: on a full disk, to a pipe after a signal, and of more than 2 GB.
    """
    raw = getattr(sys.stdout, "buffer", None)
    if not isinstance(raw, io.FileIO):
        return
    text = sys.stdout
    sys.stdout = io.TextIOWrapper(_Unbuffered(raw), encoding=text.encoding, errors=text.errors, write_through=True)
    # Otherwise the descriptor is closed as soon as the old stream is collected.
    text.detach()  # type: ignore[union-attr]


def _forget_output() -> None:
    """Redirect standard output to the null device, or Python reports the error again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
