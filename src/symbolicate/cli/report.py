"""`symbolicate report`: crashes as text, JSON or Markdown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO, ClassVar

import click

from symbolicate.cli.options import (
    FILE,
    complain,
    mention_unused_servers,
    open_naming,
    open_store,
    profile_option,
    rules_option,
    store_option,
    symbols_option,
    vocabulary_option,
)
from symbolicate.cli.output import Output
from symbolicate.cli.progress import Progress
from symbolicate.cli.supervised import supervised
from symbolicate.engine import SMALLEST_REPORT, Input, Session
from symbolicate.errors import InputError, SymbolicateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from symbolicate import _native
    from symbolicate.cli.supervised import Run
    from symbolicate.failure import Profile, Vocabulary

    _Form = Callable[[list[bytes]], Iterable[bytes]]
    """Takes the JSON document out of the list, and draws it, piece by piece."""

__all__ = ["report"]


# The first line keeps click from filling the others up.
_EXAMPLES = """\b
Examples:
  symbolicate report crash.dmp --symbols build/symbols
  symbolicate report *.dmp --format ndjson -o reports.ndjson
  curl -s https://crashes.example/4711 | symbolicate report - --brief
"""


@click.command(epilog=_EXAMPLES)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@symbols_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "ndjson", "md"]),
    default="human",
    show_default=True,
    help="json: one document, an array if there are several crashes or inputs. ndjson: a line for each crash.",
)
@store_option
@click.option("-o", "out", metavar="OUT", type=FILE, help="Write to a file instead of standard output.")
@click.option("--full", is_flag=True, help="json, ndjson: of dumps the environment and the memory map, too.")
@click.option("--pretty", is_flag=True, help="Indent json.")
@click.option("--brief", is_flag=True, help="human, md: only the crashed thread.")
@click.option("--all-threads", is_flag=True, help="human, md: every frame of every thread, every line of every list.")
@profile_option
@vocabulary_option
@rules_option
@click.option("--explain", is_flag=True, help="human, md: show which rule passed over which frame, and why this name.")
@click.option(
    "--report-bytes",
    metavar="N",
    type=click.IntRange(min=SMALLEST_REPORT),
    help="The largest report in JSON; the rest is left out and counted.  [default: 10 MiB more than the input]",
)
@click.option("-j", "jobs", metavar="N", type=click.IntRange(min=1), help="Crashes at once.  [default: all cores]")
@click.pass_context
def report(
    ctx: click.Context,
    files: tuple[str, ...],
    places: tuple[str, ...],
    form: str,
    store_dir: str | None,
    out: str | None,
    full: bool,
    pretty: bool,
    brief: bool,
    all_threads: bool,
    profile: Profile,
    vocabulary: Vocabulary,
    rules: str | None,
    explain: bool,
    report_bytes: int | None,
    jobs: int | None,
) -> None:
    """Show crashes as named stacks. `-` is standard input.

    FILE is a minidump, an App Center log container or single log, an Apple report (.ips, .crash, MetricKit), an
    Android report (tombstone or ANR as text), an application error of the Windows event log, a Report.wer, or the text
    of a managed exception (.NET, Java, JavaScript, Python, Dart); each
    also compressed (gzip, zstd, xz, bzip2, or alone in a zip archive). Its content tells which. Every
    crash in it is shown.

    An input that cannot be read is told on standard error and the others are still processed; the exit code is then 1.
    """
    if files.count("-") > 1:
        raise click.UsageError("standard input can be read once: '-' is given twice")
    if brief and all_threads:
        raise click.UsageError("--brief and --all-threads contradict each other")
    if explain and form in {"json", "ndjson"}:
        raise click.UsageError("--explain is for --format human and md")
    naming = open_naming(profile, vocabulary, rules)
    store = open_store(store_dir, places)
    form_of = _forms(form, pretty=pretty, brief=brief, all_threads=all_threads)
    if explain:
        form_of = _explaining(form_of, form, naming)
    output = Output(out, files)

    def work(run: Run) -> int:
        session = Session(store, jobs=jobs, naming=naming, full=full, report_bytes=report_bytes)
        with output:
            documents = _Documents(output.stream, form, run, several=len(files) > 1)
            progress = Progress("crashes", beside=output.stream)
            for outcome in run.outcomes(session, documents):
                result = outcome.result
                # Handed over, so that a document of megabytes is not kept while it is drawn.
                del outcome
                if isinstance(result, SymbolicateError):
                    run.failed = True
                    documents.flush()
                    progress.clear()
                    complain(result)
                    continue
                held = [result]
                del result
                documents.write(form_of(held))
                progress.step()
            progress.clear()
            documents.end()
            if run.documents:
                output.keep()
        if run.missed:
            mention_unused_servers()
        return 1 if run.failed else 0

    ctx.exit(supervised([_input(name) for name in files], work))


class _StandardInput(Input):
    """Standard input, which is read when its turn comes; that it cannot be is told as of any other input."""

    __slots__ = ()

    def opened(self) -> Input | InputError:
        return Input.read(self.name, sys.stdin.buffer)


def _input(name: str) -> Input:
    return _StandardInput(name) if name == "-" else Input(name)


class _Documents:
    """Writes documents with what stands between them. JSON is an array if there are several, or may be."""

    _BETWEEN: ClassVar = {"human": b"\n" + b"=" * 100 + b"\n\n", "md": b"\n---\n\n", "json": b","}
    # A longer piece is written by itself, and not copied first.
    _LONG = 1 << 16

    def __init__(self, stream: BinaryIO, form: str, run: Run, *, several: bool) -> None:
        self._stream = stream
        self._between = self._BETWEEN.get(form, b"")
        self._json = form == "json"
        self._run = run
        self._waiting = bytearray()
        # Of one input: held back until it is known whether another follows it.
        self._held: bytes | None = None
        self._array = self._json and several
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
        if self._run.documents:
            self._put(self._between)
        for piece in document:
            self._put(piece)
        self._run.documents += 1

    def end(self) -> None:
        """Write what is still held back, and the end."""
        if self._held is not None:
            self._put(self._held)
            self._run.documents = 1
        if self._array:
            self._put(b"]\n")
        self.flush()

    def flush(self) -> None:
        """Write what is finished."""
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


def _forms(form: str, *, pretty: bool, brief: bool, all_threads: bool) -> _Form:
    """How a report's JSON is written. The JSON forms pass the engine's bytes through undecoded."""
    if form in {"json", "ndjson"}:
        return _indent if pretty and form == "json" else lambda held: (held.pop(), b"\n")

    from symbolicate.render.drawing import DRAWING_BYTES, drawn
    from symbolicate.render.human import Detail, human_lines
    from symbolicate.render.md import md_lines
    from symbolicate.report import Report

    detail = Detail(brief=brief, all_threads=all_threads)
    lines = human_lines if form == "human" else md_lines

    def draw(held: list[bytes]) -> Iterator[bytes]:
        limit = max(DRAWING_BYTES, len(held[0]))
        return drawn(lines(Report.from_json(held.pop()), detail), limit)

    return draw


def _explaining(form_of: _Form, form: str, naming: _native.Naming) -> _Form:
    """A form that has the explanation of the name behind the report."""
    from symbolicate.failure import explain_failure
    from symbolicate.render.explain import explanation
    from symbolicate.render.md import fenced

    def with_explanation(held: list[bytes]) -> Iterator[bytes]:
        [document] = held
        told = explanation(explain_failure(document, rules=naming))
        del document
        yield from form_of(held)
        yield (fenced(told) if form == "md" else told).encode("utf-8", "backslashreplace")

    return with_explanation


def _indent(held: list[bytes]) -> Iterator[bytes]:
    import msgspec

    yield msgspec.json.format(held.pop(), indent=2)
    yield b"\n"
