"""The output of a command. A file appears whole or not at all."""

from __future__ import annotations

import os
import stat
import sys

from symbolicate.cli.complaints import wrong_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import BinaryIO, Self

    from symbolicate.atomic import AtomicFile

__all__ = ["Output"]

# /dev/stdout may lead to a regular file, and opening that file again would truncate what others have written to it.
_STANDARD = {None, "-", "/dev/stdout"}
# Paths below these may lead to a regular file, too, but no file can be created beside them.
_DESCRIPTORS = ("/dev/", "/proc/")


class Output:
    """Standard output, or a file that takes its path at the end of the block if `keep` was called.

    Args:
        out: the path; None or `-` for standard output.
        inputs: the paths that the command reads; the output must not be one of them.

    Raises:
        click.ClickException: the file cannot be written, or is an input.
    """

    def __init__(self, out: str | None, inputs: Sequence[str] = ()) -> None:
        self.stream: BinaryIO = sys.stdout.buffer
        self._file: AtomicFile | None = None
        self._kept = False
        if out is None or out in _STANDARD:
            return
        if any(_is_same(out, name) for name in inputs):
            raise wrong_file(f"{out} is an input and would be overwritten")
        try:
            self._open(out)
        except OSError as error:
            raise wrong_file(f"cannot write {out}: {error.strerror}") from None

    def _open(self, out: str) -> None:
        # The target of a link is replaced, not the link.
        target = os.path.realpath(out)
        mode: int | None
        try:
            mode = os.stat(out).st_mode
        except FileNotFoundError:
            mode = None
        if mode is not None and (not stat.S_ISREG(mode) or out.startswith(_DESCRIPTORS)):
            self.stream = open(out, "wb")  # noqa: SIM115 - closed at the end
            return
        if mode is not None:
            # Renaming over a file needs no permission to write it.
            os.close(os.open(target, os.O_WRONLY))
        from symbolicate.atomic import AtomicFile

        self._file = AtomicFile(target)
        self.stream = self._file.stream
        if mode is not None:
            import contextlib

            with contextlib.suppress(OSError):
                os.chmod(self._file.temporary, stat.S_IMODE(mode))

    def keep(self) -> None:
        """Mark the output as complete enough to replace an existing file."""
        self._kept = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.stream is sys.stdout.buffer:
            return
        if self._file is None:
            self.stream.close()
        elif self._kept and error is None:
            self._file.commit()
        else:
            self._file.discard()


def _is_same(out: str, name: str) -> bool:
    try:
        read = os.fstat(0) if name == "-" else os.stat(name)
        written = os.stat(out)
    except (OSError, ValueError):
        return False
    # A terminal or a pipe may be both input and output.
    return stat.S_ISREG(written.st_mode) and os.path.samestat(read, written)
