"""`stacktrace` and `cabdownload`: the details of one hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from symbolicate.report import Blamed, CrashingThread, Frame  # noqa: TC001 - msgspec reads the annotations
from symbolicate.store.content import bodies
from symbolicate.store.database.tables import ATTACHMENT, BODY, HIT, REPORT
from symbolicate.store.query.errors import QueryError
from symbolicate.store.query.page import Page
from symbolicate.store.query.parameters import Parameters
from symbolicate.store.query.values import read_identity
from symbolicate.store.records import Cab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App

__all__ = ["cab", "stacktrace"]

_UNKNOWN = "Unknown"


# Image names that mean a cause, not a module.
_CAUSES = frozenset({"hardware_disk", "heap_corruption"})


class _Failure(msgspec.Struct):
    image: str | None = None
    blamed: Blamed | None = None


class _Stack(msgspec.Struct):
    failure: _Failure | None = None
    crashing_thread: CrashingThread | None = None
    last_exception_backtrace: list[Frame] | None = None


_decoder = msgspec.json.Decoder(_Stack)


def stacktrace(given: Mapping[str, str], app_of: Callable[[str], App | None], database: Database, blobs: Blobs) -> Page:
    """The stack that a hit is named by: that of its last exception if that is blamed, else the crashed thread's.

    There is a row for each function; inlined functions precede their frame. The blamed frame has the image of the name.

    Raises:
        QueryError: the parameters are wrong, or there is no such hit.
    """

    def work(connection: Connection) -> bytes:
        row = _report(connection, given, app_of)
        body = connection.execute(sa.select(HIT.c.body).where(HIT.c.report_id == row.id)).scalar()
        if body is None:
            raise QueryError.not_found("the report with this cabIdHash is not processed yet")
        return bodies.read(connection, blobs, bytes(body))

    stack = _decoder.decode(database.read(work))
    rows = list(_rows(stack))
    return Page(rows, len(rows))


def cab(given: Mapping[str, str], app_of: Callable[[str], App | None], database: Database) -> Cab:
    """The file that was received for a hit: the dump if there is one, else the log.

    Raises:
        QueryError: the parameters are wrong, or there is no such hit.
    """

    def work(connection: Connection) -> Cab:
        row = _report(connection, given, app_of)
        name = bytes(row.identity).hex()
        if row.kind == "minidump":
            return _cab(connection, row.id, f"{name}.dmp", "application/octet-stream", bytes(row.identity))
        dump = sa.select(ATTACHMENT.c.identity).where(ATTACHMENT.c.report_id == row.id, ATTACHMENT.c.minidump)
        found = connection.execute(dump.order_by(ATTACHMENT.c.id).limit(1)).scalar()
        if found is not None:
            return _cab(connection, row.id, f"{name}.dmp", "application/octet-stream", bytes(found))
        return _cab(connection, row.id, f"{name}.json", "application/json", bytes(row.identity))

    return database.read(work)


def _cab(connection: Connection, report_id: int, name: str, kind: str, key: bytes) -> Cab:
    size = connection.execute(sa.select(BODY.c.size).where(BODY.c.key == key)).scalar()
    if size is None:
        raise QueryError.not_found("the bytes of this cabIdHash are not stored any more")
    return Cab(report_id, name, kind, size, key)


def _report(connection: Connection, given: Mapping[str, str], app_of: Callable[[str], App | None]) -> Row[Any]:
    """The report that the parameters name."""
    read = Parameters(given)
    application_id = read.text("applicationId", required=True)
    text = read.text("cabIdHash", required=True)
    read.check()
    app, identity = app_of(application_id), read_identity(text)
    row = None
    if app is not None and identity is not None:
        statement = sa.select(REPORT).where(REPORT.c.identity == identity, REPORT.c.app_id == app.id)
        row = connection.execute(statement).first()
    if row is None:
        raise QueryError.not_found("no report of this application has this cabIdHash")
    return row


def _rows(stack: _Stack) -> Iterator[dict[str, Any]]:
    thread, failure = stack.crashing_thread, stack.failure or _Failure()
    blamed = failure.blamed
    frames: Sequence[Frame] = () if thread is None else thread.frames
    if blamed is not None and blamed.stack is not None:
        frames = stack.last_exception_backtrace or ()
    elif blamed is not None and blamed.thread is not None and thread is not None:
        blamed = blamed if blamed.thread == thread.threads_index else None
    images = _Images(failure.image, None if blamed is None else blamed.frame, frames)
    level = 0
    for number, frame in enumerate(frames):
        here = blamed is not None and blamed.frame == number
        image = images.of(frame)
        for place, inline in enumerate(frame.inlines or ()):
            at = here and blamed is not None and blamed.inline == place
            yield _row(level, image, frame, inline.function, blamed=at)
            level += 1
        yield _row(level, image, frame, frame.function, blamed=here and blamed is not None and blamed.inline is None)
        level += 1


class _Images:
    """The names of the frames' images; that of the blamed frame is as in the failure's name.

    A failure name has no spaces, and has the process as the image of managed frames without a module.
    """

    def __init__(self, image: str | None, blamed: int | None, frames: Sequence[Frame]) -> None:
        self._module: str | None = None
        self._image = None
        if image and image not in _CAUSES and blamed is not None and 0 <= blamed < len(frames):
            self._module, self._image = frames[blamed].module, image

    def of(self, frame: Frame) -> str:
        """The image of a frame."""
        if self._image is not None and frame.module == self._module and (frame.module or frame.offset is None):
            return self._image
        return frame.module or _UNKNOWN


def _row(level: int, image: str, frame: Frame, function: str | None, *, blamed: bool) -> dict[str, Any]:
    offset = frame.function_offset or frame.module_offset or frame.offset
    return {
        "level": str(level),
        "image": image,
        "function": function or _UNKNOWN,
        "offset": _short(offset),
        "isBlamedFrame": blamed,
    }


def _short(offset: str | None) -> str:
    """An offset as the Store shows it: `0x25C`."""
    try:
        return f"0x{int(offset, 16):X}" if offset else "0x0"
    except ValueError:
        return "0x0"
