"""Files that appear under their name whole or not at all."""

from __future__ import annotations

import contextlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import BinaryIO, Self

__all__ = ["AtomicFile"]


class AtomicFile:
    """A file that is written beside its path and takes that path when it is committed.

    As a context manager it is committed at the end of the block, and discarded if the block raised. A process that is
    killed leaves a hidden file, which `symbols gc` removes from a symbol store.

    Args:
        path: where the file will be; what is there already is replaced. The folder must exist.

    Attributes:
        stream: what to write to.
        temporary: the path of the file until then, for functions that take a path.

    Raises:
        OSError: the file cannot be created; the error names `path`.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.temporary = os.path.join(os.path.dirname(path), f".writing-{os.getpid()}-{os.urandom(6).hex()}.part")
        with self._naming_the_path():
            self.stream: BinaryIO = open(self.temporary, "xb")  # noqa: SIM115 - closed by `commit` or `discard`

    def commit(self, times_ns: tuple[int, int] | None = None, *, sync: bool = True) -> None:
        """Close the file and rename it to its path. If that fails, nothing is left behind.

        Args:
            times_ns: the times of access and modification that it gets, in nanoseconds since 1970.
            sync: wait until the content is on the disk, so that a power cut cannot leave an empty file under the path.
                Only a file that is checked whenever it is read, or that does not outlive the process, can do without.

        Raises:
            OSError: it cannot be written or renamed; the error names `path`.
        """
        try:
            with self._naming_the_path():
                self.stream.flush()
                if sync:
                    os.fsync(self.stream.fileno())
                self.stream.close()
                if times_ns is not None:
                    os.utime(self.temporary, ns=times_ns)
                os.replace(self.temporary, self.path)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Close and remove the file. After `commit` this does nothing."""
        with contextlib.suppress(OSError):
            self.stream.close()
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.discard()
        elif not self.stream.closed:
            self.commit()

    @contextlib.contextmanager
    def _naming_the_path(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.path) from error
