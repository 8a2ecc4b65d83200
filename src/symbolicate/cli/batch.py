"""`symbolicate batch`: corpora of any size to one table."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.batch_progress import BatchProgress
from symbolicate.cli.batch_results import write_results
from symbolicate.cli.batch_store import is_database, local_place, opened_rows
from symbolicate.cli.click_options import NumberRange
from symbolicate.cli.complaints import wrong_file
from symbolicate.cli.network import chosen_network
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
from symbolicate.cores import usable_cores
from symbolicate.engine import SMALLEST_REPORT
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.cli.batch_store import StoreRows
    from symbolicate.corpus import Job, Options, Record
    from symbolicate.corpus.streaming import RowStream

__all__ = ["batch"]

_EXAMPLES = """\b
Examples:
  symbolicate batch dumps/ --symbols build/symbols -o crashes.parquet
  symbolicate batch dumps/ --symbols build/symbols -o crashes.parquet --resume
  find /dumps -name '*.dmp' -print0 | symbolicate batch -0 -o crashes.parquet
  symbolicate batch @names.txt more.zip s3://bucket/crashes -o crashes.parquet
"""
_INTERRUPTED = 130
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _bytes(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """A number of bytes, with K, M or G."""
    unit = _UNITS.get(value[-1:].upper(), 1)
    digits = value[:-1] if unit > 1 else value
    if not (digits.isascii() and digits.isdecimal() and int(digits)):
        raise click.BadParameter(f"{value!r} is not a number of bytes, such as 512M or 4G")
    return int(digits) * unit


@click.command(epilog=_EXAMPLES)
@click.argument("inputs", metavar="INPUT...", nargs=-1, type=FILE)
@symbols_option
@click.option(
    "-o",
    "out",
    metavar="OUT",
    required=True,
    help="The table: a path or an address (s3://…) that ends with .parquet or .ndjson. Until it is finished, its parts "
    "are in OUT.batch. `-` writes lines to standard output as they come, which cannot be resumed. Or the database of "
    "a service (sqlite:///PATH, postgresql://…): every crash becomes an event of the app that --app names.",
)
@click.option("--resume", is_flag=True, help="Go on with a batch that was interrupted or killed.")
@click.option("--unordered", is_flag=True, help="Rows in the order in which parts are done, not in that of the inputs.")
@click.option(
    "-j", "jobs", metavar="N", type=click.IntRange(min=1), help="Worker processes.  [default: one for each core]"
)
@click.option("-0", "nul", is_flag=True, help="Names in lists end with a zero byte; without INPUT, read from stdin.")
@store_option
@click.option("--full", is_flag=True, help="Include the environment and the memory map of dumps.")
@profile_option
@vocabulary_option
@rules_option
@click.option(
    "--report-bytes",
    metavar="N",
    type=click.IntRange(min=SMALLEST_REPORT),
    help="Limit of a report in JSON; the rest is left out and counted.  [default: 10 MiB more than the input]",
)
@click.option(
    "--seconds-per-input",
    metavar="N",
    type=NumberRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Give up an input after this time, not counting the search for symbols.",
)
@click.option(
    "--memory-per-input",
    metavar="BYTES",
    callback=_bytes,
    default="4G",
    show_default=True,
    help="Give up an input that needs more memory; mapped files do not count.",
)
@click.option(
    "--runner",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="ray: on a Ray cluster, whose machines have the inputs and the output under the same paths or addresses.",
)
@click.option("--ray-address", metavar="ADDRESS", help="The Ray cluster.  [default: $RAY_ADDRESS, or this machine]")
@click.option("--app", metavar="ID", help="With a database: the app; it is created if there is none with this id.")
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="With a database: the service's folder, by default $XDG_DATA_HOME/symbolicate.",
)
@click.option(
    "--config",
    "config_file",
    metavar="FILE",
    type=click.Path(),
    help="With a database: the service's settings, in TOML.",
)
@click.option("--top", metavar="N", type=click.IntRange(min=0), default=0, help="List the most frequent failures.")
@click.option("--plot", metavar="FILE", type=FILE, help="Draw crashes by day and the most frequent failures, as SVG.")
@click.option("--html", metavar="FILE", type=FILE, help="Write the summary as one HTML file that needs no network.")
@click.option("--json", metavar="FILE", type=FILE, help="Write the summary as JSON, with every failure.")
@click.option(
    "--known",
    metavar="TABLE",
    multiple=True,
    type=FILE,
    help="A table of an earlier batch, or a folder or prefix with such tables: failures that are not in it are new, "
    "and the summary marks and counts them. May be repeated.",
)
@click.pass_context
def batch(
    ctx: click.Context, /, inputs: tuple[str, ...], out: str, resume: bool, jobs: int | None, nul: bool, **chosen: Any
) -> None:
    """Process a corpus of crashes into one table, on all cores.

    INPUT is a file, a folder (with all folders in it), a pattern ('dumps/**/*.dmp'), an archive (zip, tar, cab, also
    compressed), an object or prefix of an object store (s3://, gs://, az://), or a list of such names: @FILE, @- for
    standard input. The kinds of crashes are those of `symbolicate report`, in any mixture.

    OUT is a Parquet file with a row for each crash and each input that cannot be read, in the order of the inputs; or
    lines of JSON, the same as `report --format ndjson` writes, and `"status": "ERROR"` for what cannot be read.

    An interrupted batch loses nothing: finished parts are kept in OUT.batch, and --resume goes on from there. An input
    that crashes the program, takes too long or needs too much memory is an error; the others are processed.

    Exit codes: 0 done, 1 some inputs are errors, 2 usage error, 130 interrupted.
    """
    from symbolicate.corpus.manifest import JobError

    try:
        ctx.exit(_batch(ctx, inputs, out, resume, jobs, nul, chosen))
    except JobError as error:
        sys.stderr.write(f"symbolicate: {escape(str(error))}\n")
        ctx.exit(1)


def _batch(
    ctx: click.Context,
    inputs: tuple[str, ...],
    out: str,
    resume: bool,
    jobs: int | None,
    nul: bool,
    chosen: dict[str, Any],
) -> int:
    from symbolicate.corpus import Job, place_of
    from symbolicate.corpus.known import known_failures
    from symbolicate.corpus.planning import absolute_place

    chosen["is_stream"] = out == "-"
    if chosen["is_stream"] and (resume or chosen["runner"] == "ray"):
        raise click.UsageError("-o - is for one process that is not resumed: name a file")
    chosen["database"] = out if is_database(out) else None
    out = _checked_paths(inputs, out, chosen)
    job = Job(place_of(out))
    # Before hours of work.
    known = known_failures(chosen["known"], beside=job.place) if chosen["known"] else None
    if job.is_planned():
        if not resume:
            raise wrong_file(f"{job.place} has a batch that is not finished: go on with --resume, or remove the folder")
        os.chdir(job.manifest.folder)
    is_cluster = chosen["runner"] == "ray"
    places = _places(chosen)
    if is_cluster:
        places = tuple(map(absolute_place, places))
    options = _options(out, places, chosen)
    is_remote = open_store(chosen["store_dir"], places).parallel > 0 and not options.offline
    if job.is_planned():
        places = _check_resumed(ctx, job, options, places, inputs)
        sys.stderr.write(f"symbolicate: going on with {job.place}\n")
    else:
        if resume and os.path.exists(out):
            # It may have been killed while it removed its folder.
            job.remove()
            finished = "the batch" if chosen["database"] else escape(out)
            sys.stderr.write(f"symbolicate: nothing to go on with: {finished} is finished\n")
            return 0
        if not inputs and not nul:
            raise click.UsageError("no inputs: name files, folders, archives or lists of them")
        if chosen["database"]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(out)
        job = _plan(inputs or ("@-",), out, options, nul=nul, absolute=is_cluster)
    with _alone(job), _rows(job, out, chosen) as rows:
        return _run(job, out, rows, places, jobs, known, chosen, is_remote=is_remote)


@contextlib.contextmanager
def _alone(job: Job) -> Iterator[None]:
    """Let no other process of this machine work on the batch: it would not do harm, but everything twice."""
    from symbolicate.corpus.objects import is_address

    if is_address(job.place):
        yield
        return
    import fcntl

    with open(os.path.join(job.place, "lock"), "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise wrong_file(f"another process is working on {job.place}") from None
        yield


def _checked_paths(inputs: tuple[str, ...], out: str, chosen: dict[str, Any]) -> str:
    """The output; paths of options become absolute, because a batch is resumed in the folder where it was begun."""
    from symbolicate.corpus.objects import is_address

    if "-" in inputs:
        raise click.UsageError("`-` is no input of a batch: `@-` reads a list of names from standard input")
    if chosen["app"] and not chosen["database"]:
        raise click.UsageError("--app is used with a database as OUT: sqlite:///PATH or postgresql://…")
    for name in ("store_dir", "plot", "html", "json", "rules", "data", "config_file"):
        if chosen[name] not in {None, "built-in"}:
            chosen[name] = os.path.abspath(chosen[name])
    chosen["known"] = [name if is_address(name) else _absolute(name) for name in chosen["known"]]
    if chosen["is_stream"]:
        scratch = tempfile.mkdtemp(prefix="symbolicate-")
        click.get_current_context().call_on_close(lambda: shutil.rmtree(scratch, ignore_errors=True))
        out = os.path.join(scratch, "rows.ndjson")
    elif chosen["database"]:
        out = local_place(out, chosen)
    elif "://" in out and not is_address(out):
        scheme = out.partition("://")[0]
        raise click.UsageError(
            f"{scheme}:// is no place for an output: a path, s3://, gs://, az://, sqlite:///PATH or postgresql://"
        )
    elif not is_address(out):
        out = os.path.abspath(out)
        if not os.path.isdir(os.path.dirname(out)):
            raise wrong_file(f"no such folder: {os.path.dirname(out)}")
    return out


def _absolute(name: str) -> str:
    """The absolute path of a file, or of a list of files."""
    return f"@{os.path.abspath(name[1:])}" if name.startswith("@") else os.path.abspath(name)


def _places(chosen: dict[str, Any]) -> tuple[str, ...]:
    from symbolicate.symbols.sources.environment import environment_locations

    return (*chosen["places"], *environment_locations(complain))


def _options(out: str, places: tuple[str, ...], chosen: dict[str, Any]) -> Options:
    """The options of the command line."""
    from symbolicate.corpus import Options
    from symbolicate.corpus.options import versioned, without_secrets
    from symbolicate.failure import read_rules

    form = out.rpartition(".")[2].lower()
    if form not in {"ndjson", "parquet"}:
        raise wrong_file(f"{out}: OUT ends with .parquet or .ndjson")
    open_naming(chosen["profile"], chosen["vocabulary"], chosen["rules"])
    rules = chosen["rules"]
    network = chosen_network()
    options = Options(
        format="parquet" if form == "parquet" else "ndjson",
        symbols=without_secrets(places),
        profile=chosen["profile"],
        vocabulary=chosen["vocabulary"],
        rules=(os.path.basename(rules), read_rules(rules)) if rules not in {None, "built-in"} else None,
        full=chosen["full"],
        report_bytes=chosen["report_bytes"],
        seconds_per_input=chosen["seconds_per_input"],
        memory_per_input=chosen["memory_per_input"],
        offline=network.offline,
        symbols_seconds=network.seconds,
    )
    return versioned(options)


# The options of the command line that are in the manifest under another name.
_NAMES = {"places": "symbols"}


def _check_resumed(
    ctx: click.Context, job: Job, now: Options, places: tuple[str, ...], inputs: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse options that differ from those of the batch; those that are not named stay. Returns the symbol sources."""
    from click.core import ParameterSource

    from symbolicate.corpus.entries import readable
    from symbolicate.corpus.options import differences

    before = job.manifest.options
    named = {
        _NAMES.get(name, name)
        for name in (parameter.name or "" for parameter in ctx.command.params)
        if ctx.get_parameter_source(name) not in {ParameterSource.DEFAULT, None}
    }
    named |= {"program", "table"}
    found = [line for name, line in differences(before, now) if name in named]
    given = [readable(name) for name in inputs]
    if inputs and given != job.manifest.given:
        found.append(f"inputs: {' '.join(job.manifest.given)} then, {' '.join(given)} now")
    if found:
        raise wrong_file(
            f"{job.place} was begun with other options; repeat these, or remove the folder: {'; '.join(found)}"
        )
    return places if "symbols" in named else before.symbols


def _plan(inputs: tuple[str, ...], out: str, options: Options, *, nul: bool, absolute: bool) -> Job:
    from symbolicate.corpus import plan

    progress = BatchProgress()
    job = plan(inputs, out, options, separator=b"\0" if nul else b"\n", absolute=absolute, listed=progress.listed)
    progress.clear()
    return job


def _run(
    job: Job,
    out: str,
    rows: RowStream | StoreRows | None,
    places: tuple[str, ...],
    jobs: int | None,
    known: frozenset[str] | None,
    chosen: dict[str, Any],
    *,
    is_remote: bool,
) -> int:
    from symbolicate.corpus import finish
    from symbolicate.corpus.objects import is_address
    from symbolicate.corpus.runners.pool import Interrupted
    from symbolicate.summary.tally import Adding

    done = job.committed()
    total = Adding(job.record(shard).tally for shard in sorted(done))
    pending = set(range(len(job.manifest.shards))) - done
    progress = BatchProgress(job.manifest.inputs, total.tally)
    order = sorted(done)
    try:
        # Rows that are wanted shard by shard, or in another order, are in a file for each shard.
        is_one_file = (
            rows is None and not chosen["unordered"] and job.manifest.options.format == "ndjson" and not is_address(out)
        )
        for record in _records(
            job, pending, places, jobs, chosen, progress, is_remote=is_remote, is_one_file=is_one_file
        ):
            total.add(record.tally)
            progress.committed(total.tally)
            order.append(record.shard)
            if rows is not None:
                rows.add(record)
    except Interrupted:
        progress.clear()
        sys.stderr.write(
            f"symbolicate: interrupted; {total.tally.inputs:,} of {job.manifest.inputs:,} inputs are done and kept\n"
            + _hint(out, chosen)
        )
        return _INTERRUPTED
    if rows is not None:
        rows.finish()
    else:
        finish(job, out, order if chosen["unordered"] else None)
    progress.clear()
    tally = total.result()
    write_results(tally, progress.seconds, known, chosen)
    return 1 if tally.failed else 0


def _hint(out: str, chosen: dict[str, Any]) -> str:
    """How to go on, for people."""
    if chosen["is_stream"]:
        return ""
    if chosen["database"]:  # its URL may have a password
        return "hint: go on with the same command and --resume\n"
    return f"hint: go on with: symbolicate batch --resume -o {shlex.quote(out)}\n"


@contextlib.contextmanager
def _rows(job: Job, out: str, chosen: dict[str, Any]) -> Iterator[RowStream | StoreRows | None]:
    """What takes the rows of each shard; None if they are joined at the end."""
    if chosen["is_stream"]:
        from symbolicate.corpus.streaming import RowStream

        yield RowStream(job, sys.stdout.buffer, in_order=not chosen["unordered"])
    elif chosen["database"]:
        with opened_rows(job, out, chosen) as rows:
            yield rows
    else:
        yield None


def _records(
    job: Job,
    shards: set[int],
    places: tuple[str, ...],
    jobs: int | None,
    chosen: dict[str, Any],
    progress: BatchProgress,
    *,
    is_remote: bool,
    is_one_file: bool,
) -> Iterator[Record]:
    """Process shards with the runner that was chosen."""
    store_dir = chosen["store_dir"]
    if chosen["runner"] == "ray":
        from symbolicate.corpus.runners.ray import run_on_ray

        yield from run_on_ray(
            job,
            shards,
            address=chosen["ray_address"],
            jobs=jobs,
            places=places,
            store_dir=store_dir,
            progress=progress.running,
        )
        return
    from symbolicate.corpus.runners.local import run_local

    yield from run_local(
        job,
        shards,
        jobs=jobs or usable_cores(),
        places=places,
        store_dir=store_dir,
        is_remote=is_remote,
        is_one_file=is_one_file,
        progress=progress.running,
    )
