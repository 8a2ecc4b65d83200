"""Plans a batch: lists its inputs and cuts them into shards, while they are listed."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import msgspec

from symbolicate.corpus.archived import ARCHIVE_LIMITS
from symbolicate.corpus.entries import Entry, readable
from symbolicate.corpus.inputs import find_inputs
from symbolicate.corpus.manifest import Job, Manifest, ShardSize
from symbolicate.corpus.objects import is_address
from symbolicate.corpus.options import Options, versioned, without_secrets
from symbolicate.symbols.archives import parts_of
from symbolicate.symbols.sources.opening import is_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["absolute_place", "place_of", "plan"]

_SMALLEST, _MOST_INPUTS, _MOST_BYTES = 16, 1000, 64 << 20
# Of a shard whose rows may have to wait in memory for their place in one file: see `layout`.
_MOST_INPUTS_HELD, _MOST_BYTES_HELD = 128, 16 << 20
# Smaller archives are not worth a look: they are one input.
_LARGE_ARCHIVE = 1 << 20
# With this ratio a corpus of any size has some shards for each core, and records that are few.
_RATIO = 32


def place_of(out: str) -> str:
    """The folder of a batch, beside its output."""
    return f"{out}.batch"


def plan(
    inputs: Iterable[str],
    out: str,
    options: Options | None = None,
    *,
    separator: bytes = b"\n",
    absolute: bool = True,
    listed: Callable[[int], object] = lambda _: None,
) -> Job:
    """List the inputs of a batch and write its manifest. Nothing is processed yet.

    Args:
        inputs: files, folders, patterns, `@lists` and addresses; see `find_inputs`.
        out: the path or the address of the output; the batch's folder is beside it.
        options: what determines the rows.
        separator: the byte between the names in a list.
        absolute: make paths absolute, so that shards can be processed in any folder, and on other machines that have
            the files under the same paths.
        listed: called with the number of inputs after each shard.

    Raises:
        JobError: there is a batch of this output already.
        OSError: the folder cannot be written.
    """
    options = options if options is not None else Options()
    job = Job(place_of(out))
    given = list(inputs)
    skipped = _ids([] if is_address(out) else [out, job.place])
    if not is_address(out):
        os.makedirs(job.place, exist_ok=True)
        skipped |= _ids([job.place])
    # Small parts of a table, or many objects in a store, would cost more than they save.
    is_held = options.format == "ndjson" and not is_address(out)
    most = (_MOST_INPUTS_HELD, _MOST_BYTES_HELD) if is_held else (_MOST_INPUTS, _MOST_BYTES)
    batch = os.urandom(6).hex()
    sizes: list[ShardSize] = []
    count = 0
    entries = find_inputs(given, separator=separator, skipped=skipped)
    parts = (part for entry in entries for part in _parts(entry))
    path = os.path.join(job.storage.scratch(), f"inputs-{batch}")
    try:
        with open(path, "xb") as lines:
            for shard in _shards(map(_absolute, parts) if absolute else parts, *most):
                line = msgspec.json.encode(shard) + b"\n"
                sizes.append(ShardSize(len(shard), sum(entry.size for entry in shard), lines.tell(), len(line)))
                lines.write(line)
                count += len(shard)
                listed(count)
        job.write_inputs(batch, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    symbols = tuple(map(absolute_place, options.symbols)) if absolute else options.symbols
    kept = msgspec.structs.replace(versioned(options), symbols=without_secrets(symbols))
    job.create(
        Manifest(id=batch, folder=os.getcwd(), given=[readable(name) for name in given], options=kept, shards=sizes)
    )
    return job


def _shards(entries: Iterable[Entry], most_inputs: int, most_bytes: int) -> Iterator[list[Entry]]:
    """Cut a list of inputs into shards: small ones at first, so that few inputs keep all cores busy, too."""
    held: list[Entry] = []
    size = inputs = count = 0
    for entry in entries:
        count += entry.inputs
        if held and size + entry.size > most_bytes:
            yield held
            held, size, inputs = [], 0, 0
        held.append(entry)
        size += entry.size
        inputs += entry.inputs
        if inputs >= max(_SMALLEST, min(count // _RATIO, most_inputs)):
            yield held
            held, size, inputs = [], 0, 0
    if held:
        yield held


def _parts(entry: Entry) -> Iterator[Entry]:
    """An input; or the parts of a large archive, so that its files are shared by all processes."""
    if entry.error or entry.size < _LARGE_ARCHIVE or is_address(entry.name):
        yield entry
        return
    parts = parts_of(entry.path, ARCHIVE_LIMITS, _MOST_INPUTS // 4, _MOST_BYTES // 4)
    for part in parts:
        yield msgspec.structs.replace(entry, size=part.bytes, part=part)
    if not parts:
        yield entry


def _absolute(entry: Entry) -> Entry:
    path = entry.path
    if is_address(path) or os.path.isabs(path):
        return entry
    return msgspec.structs.replace(
        Entry.of(os.path.abspath(path), entry.size, entry.error, entry.kind), part=entry.part
    )


def absolute_place(place: str) -> str:
    """A symbol source, with an absolute path if it is a path."""
    return os.path.abspath(place) if is_local(place) else place


def _ids(paths: Iterable[str]) -> set[tuple[int, int]]:
    found = set()
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        found.add((status.st_dev, status.st_ino))
    return found
