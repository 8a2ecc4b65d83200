"""Processes one shard of a batch and commits it. May be called by any process, in any order, any number of times."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from typing import TYPE_CHECKING

from symbolicate.corpus.entries import Refused
from symbolicate.corpus.manifest import Job, Record
from symbolicate.corpus.objects import ObjectError, ObjectStores, is_address
from symbolicate.corpus.reading import LARGEST_IN_MEMORY, read_inputs
from symbolicate.corpus.rows import kind_of, rows_writer
from symbolicate.corpus.symbols import open_session
from symbolicate.corpus.watch import NO_WATCH
from symbolicate.engine import Input
from symbolicate.errors import InputAbandonedError, InputError, NotACrashError
from symbolicate.summary.tally import Counting
from symbolicate.symbols.archives import BadArchiveError, Limits, entries, is_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from symbolicate.corpus.entries import Entry
    from symbolicate.corpus.rows import Rows
    from symbolicate.corpus.watch import Watch
    from symbolicate.engine import Session

__all__ = ["run_shard"]

# Of an archive: its files, and their size in all.
_MEMBERS, _UNPACKED_BYTES = 1_000_000, 1 << 40
# Of an input with unknown size, or beside its size, for the share of the time of inputs that are processed together.
_BASE_BYTES = 64 << 10


def run_shard(
    job: Job | str,
    shard: int,
    *,
    session: Session | None = None,
    objects: ObjectStores | None = None,
    watch: Watch = NO_WATCH,
    poison: Mapping[int, str] | None = None,
) -> Record:
    """Process the inputs of a shard, write its data file, and commit it.

    If the shard is committed already, nothing is done; if another process commits it meanwhile, its rows count.

    Args:
        job: the batch, or its folder.
        shard: the number of the shard.
        session: a session to use for several shards, so that symbols stay loaded; see `open_session`.
        objects: object stores that are open already.
        watch: what the shard is doing, for whoever limits the time of an input.
        poison: None to process several inputs together. Else they are processed one after the other, so that `watch`
            shows which one it is, and these steps are left out: each is an error with this message.

    Returns:
        The commit record.

    Raises:
        JobError: there is no such batch.
        OSError: the rows cannot be written.
    """
    job = Job(job) if isinstance(job, str) else job
    with contextlib.suppress(FileNotFoundError):
        return job.record(shard)
    options = job.manifest.options
    session = session if session is not None else open_session(options, watch=watch)
    key = job.data_key(shard)
    with tempfile.TemporaryDirectory(dir=job.storage.scratch(), prefix=".shard-") as folder:
        path = os.path.join(folder, "rows")
        rows = rows_writer(options.format, path)
        work = _Work(session, rows, objects or ObjectStores(), watch, poison, folder)
        work.process(job.inputs(shard))
        rows.end()
        size = os.path.getsize(path)
        job.storage.put_file(key, path)
    return job.commit(Record(shard=shard, data=key, rows=work.count, bytes=size, tally=work.counting.result()))


class _Work:
    """One pass over the inputs of a shard."""

    def __init__(
        self,
        session: Session,
        rows: Rows,
        objects: ObjectStores,
        watch: Watch,
        poison: Mapping[int, str] | None,
        folder: str,
    ) -> None:
        self._session = session
        self._rows = rows
        self._objects = objects
        self._watch = watch
        self._poison = poison or {}
        self._one_by_one = poison is not None
        self._folder = folder
        self._step = 0
        self.count = 0
        self.counting = Counting()

    def process(self, inputs: Sequence[Entry]) -> None:
        """Write the rows of these inputs, in their order."""
        opened = read_inputs(inputs, self._objects, self._watch)
        done = 0
        for group in [[one] for one in inputs] if self._one_by_one else [inputs]:
            timing = _Timing()

            def begun(group: Sequence[Entry] = group, timing: _Timing = timing) -> Iterator[Input]:
                for entry in group:
                    one = next(opened)
                    timing.begin(entry.size)
                    yield self._begun(one)

            at, number = 0, 0
            for outcome in self._session.outcomes(begun()):
                timing.answer()
                if outcome.number != at:
                    self._input_is_done(group[at], timing, done := done + 1)
                    at, number = outcome.number, 0
                self._write(group[at], number, outcome.result)
                number += 1
            self._input_is_done(group[at], timing, done := done + 1)

    def _input_is_done(self, entry: Entry, timing: _Timing, done: int) -> None:
        self.counting.input(entry.source, timing.seconds_of_next())
        self._watch.answered(done)

    def _begun(self, one: Input) -> Input:
        """The input, as a step of its own; or its error, if the step ended a process before."""
        self._step += 1
        self._watch.begin(self._step)
        return self._abandoned(one.name) if self._step in self._poison else one

    def _abandoned(self, name: str) -> Input:
        return Refused(name, error=InputAbandonedError(self._poison[self._step], input=name))

    def _write(self, entry: Entry, number: int, result: bytes | InputError) -> None:
        if isinstance(result, NotACrashError) and self._write_members(entry):
            return
        self._row(entry.source, number, result)

    def _row(self, source: str, number: int, result: bytes | InputError) -> None:
        self.count += 1
        if isinstance(result, InputError):
            self.counting.error(kind_of(result), f"{source}: {result.message}")
            self._rows.error(source, result)
        else:
            self.counting.report(result)
            self._rows.report(source, number, result)

    def _write_members(self, entry: Entry) -> bool:
        """Write the rows of the files in an archive; False if it is not an archive, or has no files."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            path = entry.path
            if is_address(path):
                path = os.path.join(folder, "archive")
                try:
                    self._objects.download(entry.name, path)
                except ObjectError:
                    return False
            if not is_archive(path):
                return False
            inside = os.path.join(folder, "members")
            os.mkdir(inside)
            inputs, count = self._members(path, entry.source, inside), self.count
            names: list[str] = []
            if self._one_by_one:
                for one in inputs:
                    self._write_outcomes(iter([one]), names)
                    names.clear()
            else:
                self._write_outcomes(inputs, names)
            return self.count > count

    def _write_outcomes(self, inputs: Iterator[Input], names: list[str]) -> None:
        def named() -> Iterator[Input]:
            for one in inputs:
                names.append(one.name)
                yield one

        at, number = -1, 0
        for outcome in self._session.outcomes(named()):
            number = number + 1 if outcome.number == at else 0
            at = outcome.number
            self._row(names[at], number, outcome.result)

    def _members(self, path: str, source: str, folder: str) -> Iterator[Input]:
        """The files in an archive. To extract one is a step, and to process it is the next step."""
        limits = Limits(unpacked_bytes=_UNPACKED_BYTES, files=_MEMBERS)
        found = entries(path, os.path.basename(path), folder, limits)
        while True:
            self._step += 1
            self._watch.begin(self._step)
            if self._step in self._poison:
                yield self._abandoned(source)
                return
            try:
                member = next(found, None)
            except (BadArchiveError, OSError) as error:
                yield Refused(source, error=_reason(error))
                return
            if member is None:
                return
            name = f"{source}: {member.name}".encode("utf-8", "replace").decode()
            if member.error:
                one: Input = Refused(name, error=member.error)
            elif member.size > LARGEST_IN_MEMORY:
                one = Refused(name, error=f"is larger than {LARGEST_IN_MEMORY >> 20} MiB; unpack the archive")
            else:
                with open(member.path, "rb") as file:
                    one = Input(name, file.read())
            yield self._begun(one)


class _Timing:
    """The time of each input. Of those that are processed together only the sum is known: it is shared by size."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._shares: list[float] = []
        self._began = 0.0

    def begin(self, size: int) -> None:
        """An input is handed over."""
        if not self._sizes:
            self._began = time.perf_counter()
        self._sizes.append(size + _BASE_BYTES)

    def answer(self) -> None:
        """There is a result: all inputs that were handed over are processed."""
        if self._sizes:
            seconds = (time.perf_counter() - self._began) / sum(self._sizes)
            self._shares += (size * seconds for size in self._sizes)
            self._sizes = []

    def seconds_of_next(self) -> float:
        """The time of the next input, in the order in which they were handed over."""
        return self._shares.pop(0) if self._shares else 0.0


def _reason(error: Exception) -> str:
    return str(error) if not isinstance(error, OSError) else (error.strerror or str(error)).lower()
