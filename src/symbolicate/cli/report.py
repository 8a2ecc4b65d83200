"""`symbolicate report`: crashes as text, JSON or Markdown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO, ClassVar

import click

from symbolicate.cli.options import (
    FILE,
    complain,
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
    """Takes the JSON document out of the list and renders it, piece by piece."""

__all__ = ["report"]


# The first line keeps click from re-wrapping the others.
_EXAMPLES = """\b
Examples:
  symbolicate report crash.dmp --symbols build/symbols
  symbolicate report crash.dmp --symbols microsoft --symbols mozilla
  symbolicate report *.dmp --format ndjson -o reports.ndjson
  curl -s https://crashes.example/4711 | symbolicate report - --brief
"""


@click.command(epilog=_EXAMPLES)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@symbols_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "ndjson", "md", "html", "brief"]),
    default="human",
    show_default=True,
    help="json: one document, or an array for several crashes or inputs. ndjson: one line per crash. "
    "html: one page that needs no network. brief: Markdown of at most 2,000 tokens, for people and language models.",
)
@store_option
@click.option("-o", "out", metavar="OUT", type=FILE, help="Write to a file instead of standard output.")
@click.option("--full", is_flag=True, help="json, ndjson: include the environment and the memory map of dumps.")
@click.option("--pretty", is_flag=True, help="Indent json.")
@click.option("--brief", is_flag=True, help="human, md: only the crashed thread.")
@click.option("--all-threads", is_flag=True, help="human, md: every frame of every thread, every line of each list.")
@profile_option
@vocabulary_option
@rules_option
@click.option("--explain", is_flag=True, help="human, md: show which rule skipped which frame, and why this name.")
@click.option(
    "--report-bytes",
    metavar="N",
    type=click.IntRange(min=SMALLEST_REPORT),
    help="Limit of a report in JSON; the rest is left out and counted.  [default: 10 MiB more than the input]",
)
@click.option(
    "-j", "jobs", metavar="N", type=click.IntRange(min=1), help="Crashes processed in parallel.  [default: all cores]"
)
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
    of a managed exception (.NET, Java, JavaScript, Python, Dart); each also compressed (gzip, zstd, xz, bzip2, or as
    the only file of a zip archive). The kind is recognised by content. Every crash in it is shown.

    Unreadable inputs are reported on standard error and processing continues; the exit code is then 1.
    """
    if files.count("-") > 1:
        raise click.UsageError("standard input can be read only once: '-' is listed twice")
    if brief and all_threads:
        raise click.UsageError("--brief and --all-threads contradict each other")
    if explain and form not in {"human", "md"}:
        raise click.UsageError("--explain is for --format human and md")
    naming = open_naming(profile, vocabulary, rules)
    store = open_store(store_dir, places, with_environment=True)
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
                # The only reference is passed on, so that a document of megabytes is freed when it is rendered.
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
        return 1 if run.failed else 0

    ctx.exit(supervised([_input(name) for name in files], work))


class _StandardInput(Input):
    """Standard input, which is read when its turn comes. A failure is reported like that of any other input."""

    __slots__ = ()

    def opened(self) -> Input | InputError:
        return Input.read(self.name, sys.stdin.buffer)


def _input(name: str) -> Input:
    return _StandardInput(name) if name == "-" else Input(name)


class _Documents:
    """Writes documents and the separators between them. JSON is an array if there are, or may be, several."""

    _BETWEEN: ClassVar = {
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


def _forms(form: str, *, pretty: bool, brief: bool, all_threads: bool) -> _Form:
    """The function that writes a report in a format. The JSON formats pass the engine's bytes on undecoded."""
    if form in {"json", "ndjson"}:
        return _indent if pretty and form == "json" else lambda held: (held.pop(), b"\n")

    from symbolicate.report import Report

    if form == "brief":
        from symbolicate.render.brief import brief as brief_of

        return lambda held: [brief_of(Report.from_json(held.pop())).encode("utf-8", "backslashreplace")]

    if form == "html":
        from symbolicate.render.html import html_pieces

        return lambda held: (
            piece.encode("utf-8", "backslashreplace") for piece in html_pieces(Report.from_json(held.pop()))
        )

    from symbolicate.render.bounded import RENDERED_BYTES, bounded
    from symbolicate.render.human import Detail, human_lines
    from symbolicate.render.md import md_lines

    detail = Detail(brief=brief, all_threads=all_threads)
    lines = human_lines if form == "human" else md_lines

    def render(held: list[bytes]) -> Iterator[bytes]:
        limit = max(RENDERED_BYTES, len(held[0]))
        return bounded(lines(Report.from_json(held.pop()), detail), limit)

    return render


def _explaining(form_of: _Form, form: str, naming: _native.Naming) -> _Form:
    """A format that appends the explanation of the name to the report."""
    from symbolicate.failure import explain_failure
    from symbolicate.render.explain import explanation
    from symbolicate.render.quoting import fenced

    def with_explanation(held: list[bytes]) -> Iterator[bytes]:
        [document] = held
        text = explanation(explain_failure(document, rules=naming))
        del document
        yield from form_of(held)
        yield (fenced(text) if form == "md" else text).encode("utf-8", "backslashreplace")

    return with_explanation


def _indent(held: list[bytes]) -> Iterator[bytes]:
    import msgspec

    yield msgspec.json.format(held.pop(), indent=2)
    yield b"\n"
