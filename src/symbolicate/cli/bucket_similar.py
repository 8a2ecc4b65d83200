"""`symbolicate bucket similar`: suggestions of buckets that are nearly the same."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

import click

from symbolicate.cli.click_options import NumberRange
from symbolicate.cli.options import FILE, complain
from symbolicate.errors import InputError, InputNotFoundError, InputUnreadableError
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from msgspec import Raw

    from symbolicate.buckets import AlignedFrame, Decision, Group
    from symbolicate.report import Report

__all__ = ["similar"]

_SHOWN = 8  # aligned frames in the human form


@click.command
@click.argument("reports", metavar="[REPORTS]...", nargs=-1, type=FILE)
@click.option("--store", metavar="URL|DIR", help="Compare a service's buckets instead: its database or its folder.")
@click.option("--app", metavar="ID", help="The application in the store; not needed if there is only one.")
@click.option(
    "--threshold",
    type=NumberRange(0, 1, min_open=True),
    help="Lowest score of a suggestion; equal stacks have 1.  [default: 0.6]",
)
@click.option(
    "--decisions",
    metavar="FILE",
    type=click.Path(),
    help='Decisions of people, oldest first, one per line: {"merge": [HASH, HASH]} or {"split": [HASH, HASH]}.',
)
@click.option("--format", "form", type=click.Choice(["human", "ndjson"]), default="human", show_default=True)
@click.pass_context
def similar(
    ctx: click.Context,
    reports: tuple[str, ...],
    threshold: float | None,
    decisions: str | None,
    form: str,
    store: str | None,
    app: str | None,
) -> None:
    """Suggest buckets that are nearly the same.

    REPORTS are files that `symbolicate report` wrote as json or ndjson; `-` is standard input. Each group has a leader,
    the bucket with the most reports, and the buckets with similar stacks, with the frames that match.

    With --store the buckets and the decisions are taken from a service's store.
    """
    if bool(reports) == (store is not None):
        raise click.UsageError("name either reports, or a store with --store")
    if store is not None and decisions is not None:
        raise click.UsageError("--decisions cannot be used with --store, which has decisions of its own")
    from symbolicate.buckets import THRESHOLD, buckets_of, iter_groups  # loads numpy

    decided = _decisions(decisions) if decisions is not None else []
    problems: list[InputError] = []
    groups: Iterable[Group]
    if store is not None:
        groups = _stored(store, app, threshold)
    else:
        buckets = buckets_of(_reports(reports, problems))
        groups = iter_groups(buckets, threshold=threshold or THRESHOLD, decisions=decided)
    for problem in problems:
        complain(problem)
    write = _human if form == "human" else _ndjson
    for one in groups:
        if one.suggested or one.merged:
            sys.stdout.buffer.write(write(one))
    sys.stdout.buffer.flush()
    ctx.exit(1 if problems else 0)


def _stored(place: str, app: str | None, threshold: float | None) -> list[Group]:
    """The groups of a store's buckets."""
    from symbolicate.cli.query_places import only_app, open_store  # loads SQLAlchemy

    with open_store(db=place) if "://" in place else open_store(data=place) as store:
        found = store.apps.by_application_id(app or only_app(store))
        if found is None:
            raise click.UsageError(escape(f"the store has no application {app!r}"))
        return store.buckets.suggestions(found, threshold, top=sys.maxsize)


def _reports(names: tuple[str, ...], problems: list[InputError]) -> Iterator[Report]:
    """The reports of all files, one at a time; what cannot be read is skipped and added to `problems`."""
    from symbolicate.report import Report

    for name in names:
        try:
            documents = _documents(_bytes(name))
        except InputError as error:
            problems.append(error)
            continue
        except ValueError as error:
            problems.append(InputError(f"not a report: {error}", name))
            continue
        for number, document in enumerate(documents, 1):
            try:
                yield Report.from_json(document)
            except ValueError as error:
                which = f"document {number} of {len(documents)} is " if len(documents) > 1 else ""
                problems.append(InputError(f"{which}not a report: {error}", name))


def _documents(data: bytes) -> list[bytes | Raw]:
    """The documents of a file: one, an array of them, or one per line."""
    import msgspec

    if data.lstrip().startswith(b"["):
        return list(msgspec.json.decode(data, type=list[msgspec.Raw]))
    try:
        return [msgspec.json.decode(data, type=msgspec.Raw)]
    except ValueError:
        return [line for line in data.splitlines() if line.strip()]


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        with open(name, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        raise InputNotFoundError("no such file", name) from None
    except OSError as error:
        raise InputUnreadableError(f"cannot be read: {error.strerror}", name) from None


def _decisions(name: str) -> list[Decision]:
    import msgspec

    from symbolicate.buckets import Decision

    out: list[Decision] = []
    try:
        lines = _bytes(name).splitlines()
    except InputError as error:
        raise click.UsageError(escape(str(error))) from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = msgspec.json.decode(line, type=dict[Literal["merge", "split"], tuple[str, str]])
        except ValueError as error:
            raise click.UsageError(escape(f"{name}, line {number}: {error}")) from None
        out += (Decision(kind, *pair) for kind, pair in entry.items())
    return out


def _ndjson(group: Group) -> bytes:
    import msgspec

    leader = group.leader
    line = {
        "bucket": leader.id,
        "name": leader.name,
        "reports": leader.count,
        "similar": [
            {
                "bucket": found.bucket,
                "name": found.name,
                "score": round(found.score, 4),
                "aligned": [frame._asdict() | {"weight": round(frame.weight, 4)} for frame in found.aligned],
            }
            for found in group.suggested
        ],
        "merged": group.merged,
    }
    return msgspec.json.encode(line) + b"\n"


def _human(group: Group) -> bytes:
    leader = group.leader
    reports = "1 report" if leader.count == 1 else f"{leader.count} reports"
    lines = [f"{leader.name or leader.id}  ({reports})", f"  {leader.id}"]
    lines += (f"  {key}  merged with {one} by decision" for one, keys in group.merged.items() for key in keys)
    for found in group.suggested:
        lines.append(f"  {found.bucket}  {found.score:.0%} alike  {found.name}".rstrip())
        lines += map(_aligned, found.aligned[:_SHOWN])
        if len(found.aligned) > _SHOWN:
            lines.append(f"      … and {len(found.aligned) - _SHOWN} more frames")
    return ("\n".join(map(escape, lines)) + "\n\n").encode("utf-8", "backslashreplace")


def _aligned(frame: AlignedFrame) -> str:
    if frame.equal:
        return f"      {frame.weight:4.0%}  {frame.place:2} = {frame.other_place:<2}  {frame.frame}"
    return f"      {frame.weight:4.0%}  {frame.place:2} ~ {frame.other_place:<2}  {frame.frame}  ~  {frame.other}"
