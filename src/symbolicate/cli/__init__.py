"""The command line: streams, exit codes, and who parses it.

`report` on a plain command line is parsed by `quick`, everything else by click, see `group`.
"""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    import click
    from _typeshed import ReadableBuffer

    program: click.Group

__all__ = ["main", "program"]

_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    # A native backtrace allocates: after a panic that an allocation failure caused, printing one would never end.
    os.environ["RUST_BACKTRACE"] = "0"
    reading = _stand_in_for_closed()
    _complete_short_writes()
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
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
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if arguments is None and not _is_shared():
        _leave(code)
    gc.unfreeze()
    sys.exit(code)


def _is_shared() -> bool:
    """Whether threads, a tracer, a profiler, a prompt or something of click wait for the end of this process."""
    others = {"click", "threading", "multiprocessing"} & sys.modules.keys()
    return bool(others or sys.gettrace() or sys.getprofile() or sys.flags.inspect)


def _leave(code: int) -> NoReturn:
    """End the process after the functions that were registered for its end.

    To free all modules and objects one by one takes a tenth of the time of a small report; the system does it at once.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - as `multiprocessing` does before it leaves in this way
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # standard output was flushed before, and where would errors be reported?
    os._exit(code)


def _run(arguments: Sequence[str]) -> int:
    """Run a command line; return its exit code."""
    if arguments[:1] == ["report"]:
        # Modules are no garbage: to look for some while they are loaded takes a tenth of the time of a small report.
        gc.disable()
        from symbolicate.cli.quick import values_of
        from symbolicate.cli.report_options import REPORT_OPTIONS

        values = values_of(REPORT_OPTIONS, arguments[1:])
        if values is not None:
            return _report(values)
        gc.enable()
    from symbolicate.cli.group import run_with_click

    return run_with_click(arguments)


def _report(values: dict[str, Any]) -> int:
    """Run `report` without click, unless there is an error to be shown."""
    from symbolicate.cli.reporting import report_files

    gc.freeze()
    gc.enable()
    try:
        return report_files(**values)
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "click":
            raise
        from symbolicate.cli.group import show_usage_error

        return show_usage_error(error, "report")


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


def __getattr__(name: str) -> object:
    if name == "program":
        from symbolicate.cli.group import program

        return program
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
