"""Processes one shard of a batch and commits it. May be called by any process, in any order, any number of times."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import msgspec

from symbolicate.corpus.entries import kind_of
from symbolicate.corpus.manifest import Job, Record
from symbolicate.corpus.objects import ObjectError, ObjectStores, is_address
from symbolicate.corpus.reading import LARGEST_IN_MEMORY, refused, with_contents
from symbolicate.corpus.symbols import open_session
from symbolicate.errors import EmptyInputError, EngineError, InputIsDirectoryError
from symbolicate.summary.tally import Tally
from symbolicate.symbols.deadline import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from symbolicate._native import HeldRows, ModuleKey, Run, Watch
    from symbolicate.corpus.entries import Entry
    from symbolicate.corpus.reading import Given
    from symbolicate.engine import Session
    from symbolicate.symbols.archives import Part

__all__ = ["ShardRows", "process_shard", "run_shard"]

_HINTS = {kind_of(error): error.hint or "" for error in (EmptyInputError, EngineError, InputIsDirectoryError)}


def run_shard(
    job: Job | str,
    shard: int,
    *,
    session: Session | None = None,
    objects: ObjectStores | None = None,
    watch: Watch | None = None,
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
        poison: steps of `watch` that are left out: each is an error with this message.

    Returns:
        The commit record.

    Raises:
        JobError: there is no such batch.
        OSError: the rows cannot be written.
    """
    from symbolicate._native import Watch

    job = Job(job) if isinstance(job, str) else job
    with contextlib.suppress(FileNotFoundError):
        return job.record(shard)
    watch = watch if watch is not None else Watch()
    session = session if session is not None else open_session(job.manifest.options, watch=watch)
    return process_shard(job, shard, session, objects or ObjectStores(), watch, poison or {}).commit()


def process_shard(
    job: Job,
    shard: int,
    session: Session,
    objects: ObjectStores,
    watch: Watch,
    poison: Mapping[int, str],
    *,
    begin: int | None = None,
    held: int | None = None,
) -> ShardRows:
    """Process the inputs of a shard, and commit nothing yet.

    Args:
        job: the batch.
        shard: the number of the shard.
        session: as for `run_shard`, like those that follow.
        objects: object stores that are open already.
        watch: what the shard is doing.
        poison: steps of `watch` that are left out.
        begin: of lines: write them to the file of all rows, from this byte on.
        held: of lines: hold at most so many bytes in memory.

    Raises:
        OSError: the rows cannot be written.
    """
    scratch = job.storage.scratch()
    path = os.path.join(scratch, f"rows-{os.urandom(6).hex()}")
    try:
        work = _Work(session, objects, watch, scratch)
        to = path if begin is None else job.storage.local(job.rows_key, "")
        run = work.process(job.inputs(shard), to, job.manifest.options.format, poison, begin, held)
        rows, size, tally, kept = run.end()
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        raise
    return ShardRows(job, shard, rows, size, msgspec.json.decode(tally, type=Tally), path, begin, kept)


class ShardRows:
    """The rows of a shard before they are committed.

    Attributes:
        size: the number of their bytes.
        are_held: whether they are in memory.
    """

    def __init__(
        self,
        job: Job,
        shard: int,
        rows: int,
        size: int,
        tally: Tally,
        path: str,
        begin: int | None,
        held: HeldRows | None,
    ) -> None:
        self._job = job
        self._shard = shard
        self._rows = rows
        self.size = size
        self._tally = tally
        self._path = path
        self._begin = begin
        self._held = held

    @property
    def are_held(self) -> bool:
        """Whether they are in memory."""
        return self._held is not None

    def commit(self, begin: int | None = None) -> Record:
        """Write rows that are in memory, and commit the shard; the record that counts.

        Args:
            begin: where they are written in the file of all rows; None for a data file of their own.

        Raises:
            OSError: they cannot be written.
        """
        job = self._job
        begin = begin if self._begin is None else self._begin
        if begin is None:
            key = job.data_key(self._shard)
            try:
                if self._held is not None:
                    self._held.write_new(self._path)
                job.storage.put_file(key, self._path)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._path)
        else:
            key = job.rows_key
            if self._held is not None:
                self._held.write_at(job.storage.local(key, ""), begin)
        return job.commit(
            Record(shard=self._shard, data=key, rows=self._rows, bytes=self.size, tally=self._tally, begin=begin)
        )


class _Work:
    """One pass over the inputs of a shard, by native code. Symbols and the files of archives are found here."""

    def __init__(self, session: Session, objects: ObjectStores, watch: Watch, folder: str) -> None:
        self._session = session
        self._objects = objects
        self._watch = watch
        self._folder = folder
        # One for all of them: another one would not have the symbols that this one was given.
        self._native = session.store.native_session()
        self._searching = 0
        self._ends = 0.0

    def process(
        self,
        inputs: Sequence[Entry],
        path: str,
        form: str,
        poison: Mapping[int, str],
        begin: int | None,
        held: int | None,
    ) -> Run:
        """Make the rows of these inputs, in their order; the run, which has not ended."""
        from symbolicate._native import Run

        session = self._session
        run = Run(
            path,
            form,
            self._watch,
            poison,
            _HINTS,
            session.naming,
            session.full,
            session.report_bytes,
            begin=begin,
            held=held,
        )
        for some in with_contents(inputs, self._objects, self._watch):
            run.add(some)
            self._go_on(run, inputs)
        return run

    def _go_on(self, run: Run, inputs: Sequence[Entry]) -> None:
        """Process what was added to the run."""
        while (event := run.next(self._native)) is not None:
            if event[0] == "needs":
                self._resolve(event[1])
            else:
                self._add_files(run, inputs[event[1]], inputs)
                run.settle()

    def _resolve(self, keys: Sequence[ModuleKey]) -> None:
        """Find the symbols of modules; for all that an input needs there is one time limit."""
        step = self._watch.read()[1]
        if step != self._searching:
            self._searching = step
            self._ends = clock() + self._session.store.fetcher.network.seconds
        self._session.resolve(self._native, keys, self._ends)

    def _add_files(self, run: Run, entry: Entry, inputs: Sequence[Entry]) -> None:
        """Process the files of an input, if it is an archive."""
        from symbolicate.symbols.archives import Part, is_archive

        is_remote = is_address(entry.name)
        if not is_remote and not is_archive(entry.path):
            return
        import tempfile

        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".archive-") as folder:
            path = entry.path
            if is_remote:
                path = os.path.join(folder, "archive")
                try:
                    self._objects.download(entry.name, path)
                except ObjectError:
                    return
                if not is_archive(path):
                    return
            inside = os.path.join(folder, "members")
            os.mkdir(inside)
            part = None if entry.part is None else Part(*entry.part)
            for member in self._members(run, path, entry.source, inside, part):
                run.add([member])
                self._go_on(run, inputs)

    def _members(self, run: Run, path: str, source: str, folder: str, part: Part | None) -> Iterator[Given]:
        """The files in an archive. To extract one is a step, and to process it is the next step."""
        from symbolicate.corpus.archived import ARCHIVE_LIMITS
        from symbolicate.symbols.archives import BadArchiveError, entries

        found = entries(path, os.path.basename(path), folder, ARCHIVE_LIMITS, part=part)
        while run.step(source):
            try:
                member = next(found, None)
            except (BadArchiveError, OSError) as error:
                yield refused(source, _reason(error))
                return
            if member is None:
                return
            name = f"{source}: {member.name}".encode("utf-8", "replace").decode()
            if member.error:
                yield refused(name, member.error)
            elif member.size > LARGEST_IN_MEMORY:
                yield refused(name, f"is larger than {LARGEST_IN_MEMORY >> 20} MiB; unpack the archive")
            else:
                with open(member.path, "rb") as file:
                    data = file.read()
                yield name, None, data, None


def _reason(error: Exception) -> str:
    return str(error) if not isinstance(error, OSError) else (error.strerror or str(error)).lower()
