"""The documents that `report` writes, and what is between them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO, ClassVar

    from symbolicate.cli.run import Run

__all__ = ["Documents"]


class Documents:
    """Writes documents and the separators between them. JSON is an array if there are, or may be, several."""

    _BETWEEN: ClassVar[dict[str, bytes]] = {
        "human": b"\n" + b"=" * 100 + b"\n\n",
        "md": b"\n---\n\n",
        "brief": b"\n---\n\n",
        "json": b",",
    }
    # A longer piece is written directly, without a copy.
    _LONG = 1 << 16

    def __init__(self, stream: BinaryIO, form: str, run: Run, *, several: bool) -> None:
        self._stream = stream
        self._between = self._BETWEEN.get(form, b"")
        self._json = form == "json"
        self._run = run
        self._waiting = bytearray()
        # The first document of a single input: held back until it is known whether another follows.
        self._held: bytes | None = None
        self._array = self._json and several
        self._before, self._after = _frame_of(form)
        if self._array and not run.begun:
            self._put(b"[\n")

    @property
    def waiting(self) -> int:
        """Bytes that are not written yet."""
        return len(self._waiting)

    def write(self, document: Iterable[bytes]) -> None:
        """Write one more document."""
        if self._json and not self._array:
            if self._held is None:
                self._held = b"".join(document)
                return
            self._put(b"[\n")
            self._put(self._held)
            self._held, self._array, self._run.documents = None, True, 1
        self._put(self._between if self._run.documents else self._before)
        for piece in document:
            self._put(piece)
        self._run.documents += 1

    def end(self) -> None:
        """Write the document that is held back, and the end of an array."""
        if self._held is not None:
            self._put(self._held)
            self._run.documents = 1
        if self._array:
            self._put(b"]\n")
        elif self._run.documents:
            self._put(self._after)
        self.flush()

    def flush(self) -> None:
        """Write the bytes that are waiting."""
        if self._waiting:
            self._stream.write(self._waiting)
            self._waiting.clear()
        self._stream.flush()

    def _put(self, piece: bytes) -> None:
        if len(piece) < self._LONG:
            self._waiting += piece
            return
        self.flush()
        self._stream.write(piece)


def _frame_of(form: str) -> tuple[bytes, bytes]:
    """What is written before the first document and after the last one."""
    if form != "html":
        return b"", b""
    from symbolicate.render.html import page_end, page_start

    return page_start().encode(), page_end().encode()
