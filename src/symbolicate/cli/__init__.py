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
        "bucket": ("symbolicate.cli.bucket", "Name failures, hash names, try rules, find near duplicates."),
        "demangle": ("symbolicate.cli.demangle", "Print mangled names as people write them."),
        "query": ("symbolicate.cli.query", "Ask a store what failed."),
        "symbols": ("symbolicate.cli.symbols", "Add symbol files to the store, check them, find them, trim the store."),
        "serve": ("symbolicate.cli.serve", "Take reports and symbols over HTTP, answer questions."),
        "worker": ("symbolicate.cli.worker", "Process reports of a service, beside it."),
        "app": ("symbolicate.cli.app", "Set up the apps of a service."),
        "store": ("symbolicate.cli.store", "Back up, restore and export what a service keeps."),
        "queue": ("symbolicate.cli.queue", "Show the queue, list dead letters, process reports again."),
        "token": ("symbolicate.cli.token", "Make and take back the tokens of a service."),
    },
    of_files="report",
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
    # A backtrace of native code takes memory, and where a panic is for want of memory, making one never ends.
    os.environ["RUST_BACKTRACE"] = "0"
    reading = _stand_in_for_closed()
    _complete_short_writes()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has what it wanted, such as `| head`.
        code = 0
        _forget_output()
    except OSError as error:
        # Commands answer for their inputs themselves, so this is the output: a full disk, or none at all.
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
        # Not click's own `main`, which answers a broken pipe with exit code 1.
        with program.make_context("symbolicate", sys.argv[1:] if arguments is None else arguments) as context:
            program.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0


def _stand_in_for_closed() -> bool:
    """Put something in the place of closed standard streams; whether only input was closed.

    Python has None for them, and the next file to be opened would get their number. The stand-ins of input and output
    are open the wrong way round, so that using them fails as it does on a closed file.
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
    """Writes at once, and all of it: where the system takes only a part, the rest is written or the write fails."""

    def write(self, data: ReadableBuffer, /) -> int:
        written = super().write(data)
        self.flush()
        return written


def _complete_short_writes() -> None:
    """Replace a standard output that would report a short write and drop the rest.

    With `PYTHONUNBUFFERED` set or `python -u`, which is usual in containers, its bytes go straight to the system, which
    takes only a part of them on a full disk, on a pipe after a signal and of more than 2 GB.
    """
    raw = getattr(sys.stdout, "buffer", None)
    if not isinstance(raw, io.FileIO):
        return
    text = sys.stdout
    sys.stdout = io.TextIOWrapper(_Unbuffered(raw), encoding=text.encoding, errors=text.errors, write_through=True)
    # Otherwise the descriptor is closed as soon as the old stream is collected.
    text.detach()  # type: ignore[union-attr]


def _forget_output() -> None:
    """Let go of what cannot be written, or Python complains once more when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
