"""What `symbolicate report` does. Nothing here loads the parser of command lines."""

from __future__ import annotations

import sys

from symbolicate.cli.complaints import complain, usage_error
from symbolicate.cli.documents import Documents
from symbolicate.cli.forms import explaining, form_of
from symbolicate.cli.opening import open_naming, open_store, say_asked
from symbolicate.cli.output import Output
from symbolicate.cli.progress import Progress
from symbolicate.cli.supervised import supervised
from symbolicate.engine import Input, Session
from symbolicate.errors import SymbolicateError
from symbolicate.symbols.fetching.network import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.cli.run import Run
    from symbolicate.errors import InputError
    from symbolicate.failure import Profile, Vocabulary

__all__ = ["report_files"]


def report_files(
    *,
    files: tuple[str, ...],
    places: tuple[str, ...],
    offline: bool,
    symbols_seconds: float | None,
    verbose: bool,
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
    source_url: str | None,
    source_prefixes: tuple[str, ...],
    report_bytes: int | None,
    jobs: int | None,
) -> int:
    """Show the crashes in some files, and return the exit code. The parameters are those of `report_options`.

    Raises:
        click.UsageError: options contradict each other, or are not valid.
    """
    if files.count("-") > 1:
        raise usage_error("standard input can be read only once: '-' is listed twice")
    if brief and all_threads:
        raise usage_error("--brief and --all-threads contradict each other")
    _check_form(form, source_url, explain=explain)
    naming = open_naming(profile, vocabulary, rules)

    def network() -> Network:
        return Network.from_environment(
            offline=offline or None, seconds=symbols_seconds, contacted=say_asked if verbose else None
        )

    store = open_store(store_dir, places, network, with_environment=True)
    links = (source_url, source_prefixes) if source_url is not None else None
    rendered = form_of(form, pretty=pretty, brief=brief, all_threads=all_threads, links=links)
    if explain:
        rendered = explaining(rendered, form, naming)
    output = Output(out, files)

    def work(run: Run) -> int:
        session = Session(store, jobs=jobs, naming=naming, full=full, report_bytes=report_bytes)
        with output:
            documents = Documents(output.stream, form, run, several=len(files) > 1)
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
                documents.write(rendered(held))
                progress.step()
            progress.clear()
            documents.end()
            if run.documents:
                output.keep()
        return 1 if run.failed else 0

    return supervised([_input(name) for name in files], work)


def _check_form(form: str, source_url: str | None, *, explain: bool) -> None:
    """Check the options that are for some formats.

    Raises:
        click.UsageError: one is not for this format, or cannot be used.
    """
    if explain and form not in {"human", "md"}:
        raise usage_error("--explain is for --format human and md")
    if source_url is None:
        return
    from symbolicate.render.links import check_pattern

    if form not in {"html", "brief"}:
        raise usage_error("--source-url is for --format html and brief")
    try:
        check_pattern(source_url)
    except ValueError as error:
        raise usage_error(f"--source-url: {error}") from None


class _StandardInput(Input):
    """Standard input, which is read when its turn comes. A failure is reported like that of any other input."""

    __slots__ = ()

    def opened(self) -> Input | InputError:
        return Input.read(self.name, sys.stdin.buffer)


def _input(name: str) -> Input:
    return _StandardInput(name) if name == "-" else Input(name)
