"""`symbolicate symbols check`: what files are, whether they are usable, and what they lack."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import click

from symbolicate.cli.options import FILE, complain
from symbolicate.cli.symbols_text import diagnosis, summary
from symbolicate.errors import SymbolFileError
from symbolicate.render.plain import escape
from symbolicate.symbols.acceptance import has_names, has_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.isolation.process import IsolatedProcess
    from symbolicate.symbols.checking import CheckedBuild, CheckedFile

__all__ = ["check"]

# A debug file of several gigabytes takes minutes and a fraction of its size; what takes more is damaged.
_SECONDS = 600.0
_MEMORY = 4 << 30


@click.command(short_help="Show what files are, whether they are usable, and what they lack.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON document per file, on a line of its own.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[str, ...], as_json: bool) -> None:
    """Show what files are, whether they are usable as symbols, and what they lack.

    PATH is a symbol file, a binary or a debug file of any kind, or a folder or an archive with such files. For each
    build in a file its ids, architecture and contents are shown, and which other file has what it lacks. Of a PE file,
    the version resource is shown; of a text, its invalid records.

    The exit code is 1 if a file cannot be used: `symbols add` refuses the same files.
    """
    from symbolicate.isolation.process import IsolatedProcess

    failed = False
    reader = IsolatedProcess(_MEMORY, quiet=True)
    try:
        for checked in (file for path in paths for file in _below(path, reader)):
            if as_json:
                _write_json(checked)
            else:
                _write(checked)
            if not checked.usable:
                failed = True
                complain(SymbolFileError(f"{checked.path}: {checked.problem}"))
    finally:
        reader.close()
    ctx.exit(1 if failed else 0)


def _below(path: str, reader: IsolatedProcess) -> Iterator[CheckedFile]:
    """The file itself; or what is in a folder or an archive, which `symbols add` would take, in order."""
    from symbolicate.symbols.archives import is_archive
    from symbolicate.symbols.checking import CheckedFile
    from symbolicate.symbols.gathering import NOTHING

    if not os.path.isdir(path) and not is_archive(path):
        yield _checked(path, reader)
        return
    is_empty = True
    for checked in _in_folder(path, reader) if os.path.isdir(path) else _in_archive(path, reader):
        is_empty = False
        yield checked
    if is_empty:
        yield CheckedFile(path, usable=False, problem=NOTHING)


def _in_folder(path: str, reader: IsolatedProcess) -> Iterator[CheckedFile]:
    """The symbol files, debug files and archives below a folder, in order, then what of it could not be read."""
    from symbolicate._native import find_debug_files
    from symbolicate.symbols.checking import CheckedFile
    from symbolicate.symbols.debug_files import TOO_MANY_FILES
    from symbolicate.symbols.gathering import texts_and_archives

    unread: list[OSError] = []
    texts, archives = texts_and_archives(path, unread.append)
    packed = set(archives)
    builds, refused, is_cut, _ = find_debug_files(path)
    for file in sorted({*texts, *archives, *(build.path for build in builds), *(file for file, _ in refused)}):
        if file in packed:
            yield from _below(file, reader)
        else:
            yield _checked(file, reader)
    for error in unread:
        yield CheckedFile(error.filename, usable=False, problem=(error.strerror or "").lower())
    if is_cut:
        yield CheckedFile(path, usable=False, problem=TOO_MANY_FILES)


def _in_archive(path: str, reader: IsolatedProcess) -> Iterator[CheckedFile]:
    """The symbol files and debug files in an archive, each called by its path in it."""
    import msgspec

    from symbolicate.symbols.archives import BadArchiveError, Limits, unpack
    from symbolicate.symbols.checking import CheckedFile
    from symbolicate.symbols.gathering import is_of_interest

    with tempfile.TemporaryDirectory(prefix="symbolicate-") as folder:
        try:
            for name, reason in unpack(path, os.path.basename(path), folder, Limits(), is_of_interest):
                yield CheckedFile(os.path.join(path, name), usable=False, problem=reason)
        except BadArchiveError as error:
            yield CheckedFile(path, usable=False, problem=str(error))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            yield CheckedFile(path, usable=False, problem=f"cannot be unpacked: {reason}")
        for checked in _in_folder(folder, reader):
            yield msgspec.structs.replace(checked, path=path + checked.path.removeprefix(folder))


def _checked(path: str, reader: IsolatedProcess) -> CheckedFile:
    """Have a file read by the child process: the libraries that describe it are not made for hostile files."""
    import msgspec

    from symbolicate.isolation.messages import Checked, CheckFile, Failed
    from symbolicate.isolation.process import ProcessEndedError
    from symbolicate.symbols.access import unusable
    from symbolicate.symbols.checking import CheckedFile

    if reason := unusable(path):
        return CheckedFile(path, usable=False, problem=reason)
    try:
        answer = reader.ask(CheckFile(os.fsencode(path), _SECONDS))
    except ProcessEndedError as error:
        return CheckedFile(path, usable=False, problem=str(error))
    if isinstance(answer, Checked):
        return msgspec.structs.replace(answer.file, path=path)
    return CheckedFile(path, usable=False, problem=answer.message if isinstance(answer, Failed) else "no answer")


def _write_json(checked: CheckedFile) -> None:
    import msgspec

    # A name that is not UTF-8 is shown with a mark for each byte that is not.
    path = os.fsencode(checked.path).decode("utf-8", "replace")
    click.echo(msgspec.json.encode(msgspec.structs.replace(checked, path=path)))


def _write(checked: CheckedFile) -> None:
    if not checked.builds and not checked.version_resource:
        return
    click.echo(escape(checked.path))
    for build in checked.builds:
        click.echo("".join(f"  {line}\n" for line in _lines(build)), nl=False)
    for key, value in checked.version_resource.items():
        click.echo(f"  {escape(key)}: {escape(value)}")
    for note in checked.notes:
        click.echo(f"  note: {escape(note)}")


def _lines(build: CheckedBuild) -> Iterator[str]:
    """A build: its identity, its records, what else is in it, what it lacks."""
    name = f"{build.debug_id or 'no debug id'}  {escape(build.name or 'no name')}"
    if build.kind == "symbol file":
        yield f"{name}  {escape(' '.join(filter(None, (build.os, build.arch))))}"
    else:
        yield f"{name}  {build.arch} {build.kind}, {build.debug_info or 'no debug information'}"
    if build.code_id:
        yield f"code id {escape(build.code_id)}"
    if build.part_of:
        yield escape(build.part_of)
        yield from map(escape, build.details)
        return
    has_records = has_names(build.records) or has_rules(build.records)
    yield summary(build.records, build.bad_records, tuple(build.losses), has_records=has_records)
    for one in build.diagnostics:
        yield diagnosis(one.kind, one.count, one.lines)
    for clause in build.details:
        yield escape(clause)
    if build.unwind_tables:
        yield f"unwind tables: {', '.join(build.unwind_tables)}"
    for lack in build.missing:
        yield f"missing: {escape(lack.text)}"
