"""Buckets: the failures of an app, and what people decided about them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import sqlalchemy as sa

from symbolicate.store.database.clock import date_of, now
from symbolicate.store.database.tables import BUCKET, DECISION
from symbolicate.store.database.transactions import in_chunks, insert, lock
from symbolicate.store.decisions.aliases import aliases
from symbolicate.store.decisions.images import images
from symbolicate.store.decisions.leaders import decided, regroup
from symbolicate.store.errors import Conflict, NotFound
from symbolicate.store.records import Bucket
from symbolicate.summary.text import LONGEST_TEXT, clean

if TYPE_CHECKING:
    import builtins
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection, Row

    from symbolicate.buckets import Decision, Group, Suggestion
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App, Image
    from symbolicate.summary.outline import Outline

__all__ = ["EVENTS", "STATES", "Buckets", "Seen", "ensure_buckets"]

STATES = ("open", "closed", "ignored")

_CRASHES = BUCKET.c.hits - BUCKET.c.handled - BUCKET.c.requested
EVENTS = {"crash": _CRASHES, "handled": BUCKET.c.handled, "requested": BUCKET.c.requested}
"""How often a bucket was hit, by kind of event: crashes of all event types, handled errors, requested dumps."""


class Seen(NamedTuple):
    """A report's bucket."""

    app_id: int
    hash: str
    outline: Outline


# Locked, so that a sweep does not remove an empty bucket before its hits are counted.
_NAMED = (
    sa.select(BUCKET.c.id, BUCKET.c.hash, BUCKET.c.frames)
    .where(BUCKET.c.app_id == sa.bindparam("of_app"), BUCKET.c.hash.in_(sa.bindparam("some", expanding=True)))
    .order_by(BUCKET.c.id)
    .with_for_update(read=True, key_share=True)
)


def ensure_buckets(connection: Connection, seen: Sequence[Seen]) -> dict[tuple[int, str], int]:
    """The rows of the buckets of reports, created if they are new.

    The frames of a bucket are those of the report with the most named frames, then the most frames, then the last in
    the alphabet, so that the order of the reports does not matter.
    """
    found: dict[tuple[int, str], int] = {}
    frames: dict[int, str] = {}
    wanted = sorted({(one.app_id, one.hash) for one in seen})
    for _ in range(2):
        for app_id in sorted({app_id for app_id, _ in wanted}):
            for some in in_chunks([hash_ for app, hash_ in wanted if app == app_id]):
                for row in connection.execute(_NAMED, {"of_app": app_id, "some": some}):
                    found[app_id, row.hash] = row.id
                    frames[row.id] = row.frames
        new = {(one.app_id, one.hash): one for one in seen if (one.app_id, one.hash) not in found}
        if not new:
            break
        rows_made = [_new_row(new[key]) for key in sorted(new)]
        connection.execute(insert(connection.dialect.name, BUCKET).on_conflict_do_nothing(), rows_made)
    for one in seen:
        number = found[one.app_id, one.hash]
        stack = _stack(one.outline)
        if stack is not None and _tells_more(stack[1], frames[number]):
            frames[number] = stack[1]
            values = {"frames": stack[1], "family": stack[0]}
            connection.execute(sa.update(BUCKET).where(BUCKET.c.id == number).values(values))
    return found


class Buckets:
    """The buckets of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, app: App, hash_: str) -> Bucket | None:
        """A bucket by its hash, or by a hash that its hits had before; None if no bucket has it."""
        return self._database.read(lambda connection: _bucket(connection, app.id, hash_))

    def list(
        self, app: App, state: str | None = None, top: int = 100, skip: int = 0, events: str | None = None
    ) -> builtins.list[Bucket]:
        """The buckets of an app, those with the most crashes first.

        Args:
            app: the app.
            state: only buckets in this state.
            top: at most so many.
            skip: how many to leave out first.
            events: only buckets that have any of this kind (see `EVENTS`), those with the most of it first.
        """
        statement = sa.select(BUCKET).where(BUCKET.c.app_id == app.id)
        if state is not None:
            statement = statement.where(BUCKET.c.state == state)
        if events is not None:
            statement = statement.where(EVENTS[events] > 0)
        count = EVENTS[events or "crash"]
        statement = statement.order_by(count.desc(), BUCKET.c.hits.desc(), BUCKET.c.id).limit(top).offset(skip)
        return self._database.read(lambda connection: _records(connection, app.id, connection.execute(statement).all()))

    def images(self, app: App, top: int = 100) -> builtins.list[Image]:
        """The images that an app's failures are blamed on, those with the most crashes first."""
        return self._database.read(lambda connection: images(connection, app.id, top))

    def set(self, app: App, hash_: str, state: str | None = None, note: str | None = None) -> Bucket:
        """Set the state or the note of a bucket.

        Raises:
            NotFound: no bucket has this hash.
            ValueError: an unknown state.
        """
        if state is not None and state not in STATES:
            raise ValueError(f"a bucket is {', '.join(STATES)}, not {state!r}")
        changes = {"state": state, "note": None if note is None else clean(note, LONGEST_TEXT)}
        changes = {name: value for name, value in changes.items() if value is not None}

        def work(connection: Connection) -> Bucket:
            bucket = _there(connection, app.id, hash_)
            if changes:
                ours = sa.update(BUCKET).where(BUCKET.c.app_id == app.id, BUCKET.c.hash == bucket.hash)
                connection.execute(ours.values(changes))
            return _there(connection, app.id, bucket.hash)

        return self._database.write(work)

    def merge(self, app: App, hash_: str, into: str) -> Bucket:
        """Merge a bucket, with all that was merged into it, into another, under whose hash it is then counted.

        Raises:
            NotFound: one of them does not exist.
            Conflict: they are merged already, or the same.
        """

        def work(connection: Connection) -> Bucket:
            lock(connection, ("decisions", app.id))
            one, other = _there(connection, app.id, hash_), _there(connection, app.id, into)
            leader = other.leader or other.hash
            if leader in (one.hash, one.leader):
                raise Conflict("the buckets are one already")
            _decide(connection, app.id, "merge", one.hash, leader)
            return _there(connection, app.id, leader)

        return self._database.write(work)

    def split(self, app: App, hash_: str, from_: str) -> None:
        """Separate a bucket from another: they are not merged any more, and a merge is not suggested again.

        Raises:
            NotFound: one of them does not exist.
        """

        def work(connection: Connection) -> None:
            lock(connection, ("decisions", app.id))
            one, other = _there(connection, app.id, hash_), _there(connection, app.id, from_)
            _decide(connection, app.id, "split", other.hash, one.hash)

        self._database.write(work)

    def unmerge(self, app: App, hash_: str) -> Bucket:
        """Undo a merge: a bucket is separated from its leader, a leader from all that were merged into it.

        Raises:
            NotFound: no bucket has this hash.
            Conflict: it is not merged.
        """

        def work(connection: Connection) -> Bucket:
            lock(connection, ("decisions", app.id))
            bucket = _there(connection, app.id, hash_)
            if bucket.leader is not None:
                _decide(connection, app.id, "split", bucket.leader, bucket.hash)
            elif bucket.members:
                for member in bucket.members:
                    _decide(connection, app.id, "split", bucket.hash, member)
            else:
                raise Conflict("the bucket is not merged with another")
            return _there(connection, app.id, bucket.hash)

        return self._database.write(work)

    def decisions(self, app: App) -> builtins.list[Decision]:
        """The decisions of people, oldest first."""
        return self._database.read(lambda connection: decided(connection, app.id))

    def aliases(self, app: App) -> dict[str, str]:
        """The hash that the hits of a hash have now, for hashes without hits."""
        return self._database.read(lambda connection: aliases(connection, app.id))

    def similar(self, app: App, hash_: str, top: int = 5) -> builtins.list[Suggestion]:
        """The near duplicates of a bucket, the most similar first, without those that people merged or split."""
        from symbolicate.buckets import Bucket as Compared
        from symbolicate.buckets import Buckets as Index  # loads numpy
        from symbolicate.buckets.decisions import Decided

        statement = sa.select(BUCKET).where(BUCKET.c.app_id == app.id, BUCKET.c.hits > 0)

        def work(connection: Connection) -> tuple[dict[str, Compared], Decided]:
            compared = {
                row.hash: Compared(row.hash, tuple(msgspec.json.decode(row.frames)), row.family, row.hits, row.name)
                for row in connection.execute(statement)
            }
            return compared, Decided(decided(connection, app.id), aliases(connection, app.id))

        compared, decisions = self._database.read(work)
        if hash_ not in compared:
            return []
        group = set(decisions.merged(hash_))
        found = Index(compared.values()).similar(compared[hash_], limit=top + len(group) + 20)
        return [one for one in found if one.bucket not in group and not decisions.apart(group | {hash_}, {one.bucket})][
            :top
        ]

    def suggestions(self, app: App, threshold: float | None = None, top: int = 100) -> builtins.list[Group]:
        """Groups of near-duplicate buckets, those with the most hits first."""
        from symbolicate.buckets import THRESHOLD, iter_groups  # loads numpy
        from symbolicate.buckets import Bucket as Compared

        statement = sa.select(BUCKET).where(BUCKET.c.app_id == app.id, BUCKET.c.hits > 0)

        def work(connection: Connection) -> tuple[builtins.list[Compared], builtins.list[Decision], dict[str, str]]:
            compared = [
                Compared(row.hash, tuple(msgspec.json.decode(row.frames)), row.family, row.hits, row.name)
                for row in connection.execute(statement)
            ]
            return compared, decided(connection, app.id), aliases(connection, app.id)

        compared, decisions, renamed = self._database.read(work)
        groups = iter_groups(compared, threshold=threshold or THRESHOLD, decisions=decisions, aliases=renamed)
        return list(islice((group for group in groups if group.suggested or group.merged), top))


def _new_row(one: Seen) -> dict[str, Any]:
    stack = _stack(one.outline)
    return {
        "app_id": one.app_id,
        "hash": one.hash,
        "name": one.outline.name,
        "symbol": one.outline.symbol,
        "state": "open",
        "note": "",
        "hits": 0,
        "handled": 0,
        "requested": 0,
        "installations": 0,
        "handled_installations": 0,
        "family": stack[0] if stack else "",
        "frames": stack[1] if stack else "[]",
    }


def _stack(outline: Outline) -> tuple[str, str] | None:
    """The family and the frames, as JSON, by which a report is compared."""
    from symbolicate.buckets import crash_of  # loads numpy

    crash = crash_of(outline.compared())
    if crash is None:
        return None
    frames = [clean(frame, LONGEST_TEXT) for frame in crash.frames]
    return clean(crash.family), msgspec.json.encode(frames).decode()


def _tells_more(new: str, old: str) -> bool:
    def worth(text: str) -> tuple[int, int, str]:
        frames = msgspec.json.decode(text)
        return sum(bool(frame) and not frame.endswith("!") for frame in frames), len(frames), text

    return new != old and worth(new) > worth(old)


def _decide(connection: Connection, app_id: int, kind: str, hash_: str, other: str) -> None:
    made = sa.insert(DECISION).values(app_id=app_id, kind=kind, hash=hash_, other=other, at=now())
    connection.execute(made)
    regroup(connection, app_id)


def _there(connection: Connection, app_id: int, hash_: str) -> Bucket:
    found = _bucket(connection, app_id, hash_)
    if found is None:
        raise NotFound(f"no bucket {clean(hash_)!r}")
    return found


def _bucket(connection: Connection, app_id: int, hash_: str) -> Bucket | None:
    hash_ = clean(hash_.strip().lower())
    statement = sa.select(BUCKET).where(BUCKET.c.app_id == app_id)
    row = connection.execute(statement.where(BUCKET.c.hash == hash_)).first()
    if row is None or row.hits == 0:
        renamed = aliases(connection, app_id).get(hash_)
        row = connection.execute(statement.where(BUCKET.c.hash == renamed)).first() or row if renamed else row
    return None if row is None else _records(connection, app_id, [row])[0]


def _records(connection: Connection, app_id: int, rows: Sequence[Row[Any]]) -> list[Bucket]:
    merged = sa.select(BUCKET.c.id, BUCKET.c.hash, BUCKET.c.leader_id).where(BUCKET.c.app_id == app_id)
    numbers: dict[int, str] = {}
    members: dict[int, list[str]] = {}
    for row in connection.execute(merged.where(BUCKET.c.leader_id.is_not(None)).order_by(BUCKET.c.hash)):
        members.setdefault(row.leader_id, []).append(row.hash)
    for some in in_chunks(sorted({row.leader_id for row in rows if row.leader_id is not None})):
        statement = sa.select(BUCKET.c.id, BUCKET.c.hash).where(BUCKET.c.id.in_(some))
        numbers |= {row.id: row.hash for row in connection.execute(statement)}
    return [
        Bucket(
            app_id=app_id,
            hash=row.hash,
            name=row.name,
            symbol=row.symbol,
            state=row.state,
            note=row.note,
            count=row.hits,
            crashes=row.hits - row.handled - row.requested,
            handled=row.handled,
            requested=row.requested,
            installations=row.installations,
            handled_installations=row.handled_installations,
            first_seen=None if row.first_day is None else date_of(row.first_day),
            last_seen=None if row.last_day is None else date_of(row.last_day),
            leader=None if row.leader_id is None else numbers.get(row.leader_id),
            members=members.get(row.id, []),
        )
        for row in rows
    ]
