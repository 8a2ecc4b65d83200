"""`symbolicate symbols add`: symbols and unwind tables into the store, or as Breakpad text into a folder."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING

import click

from symbolicate.cli.options import FILE, complain, open_store, store_option
from symbolicate.cli.progress import Progress
from symbolicate.cli.symbols_text import identity_of, summary_of
from symbolicate.cores import usable_cores
from symbolicate.errors import SymbolFileError, SymbolicateError, SymbolStoreError
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from symbolicate.symbols.gathering import Refused
    from symbolicate.symbols.store import Added

__all__ = ["add"]

_EXAMPLES = """\b
Examples:
  symbolicate symbols add build/                            everything in a folder
  symbolicate symbols add app.exe app.pdb                   both halves of a program
  symbolicate symbols add app.aab native-debug-symbols.zip  of an Android app
  symbolicate symbols add --format sym -o symbols build/    as dump_syms
"""


@click.command(short_help="Add symbols to the store, or write them as Breakpad text.", epilog=_EXAMPLES)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option(
    "--format",
    "form",
    type=click.Choice(["store", "sym"]),
    default="store",
    show_default=True,
    help="store: into the symbol store. sym: as Breakpad text, for other tools; needs -o.",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(),
    help="With --format sym: the folder for <debug file>/<DEBUG ID>/<name>.sym; - writes the text of a single module "
    "to standard output.",
)
@click.option(
    "-j", "--jobs", metavar="N", type=click.IntRange(min=1), help="Files read in parallel.  [default: all cores]"
)
@store_option
@click.pass_context
def add(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    jobs: int | None,
    store_dir: str | None,
) -> None:
    """Add the symbols and unwind tables of builds to the store, where `report` finds them by their ids.

    PATH is a file, a folder or an archive. The files may be ELF, PE, PDB and Mach-O files, dSYM bundles and .sym files;
    archives may be zip (also .aab, .apk, .ipa, native-debug-symbols.zip), tar, CAB and .pd_ files, and archives in
    them. A binary has the unwind tables and its debug file the names: add both. The files are not needed afterwards.

    Files that are parts of others (.dwo, .dwp, .o, what dwz moved) are read together with these: from the same folder,
    or from anywhere if they are named as well.

    The exit code is 1 if a file is refused; the others are added.
    """
    if (form == "sym") != (output is not None):
        raise click.UsageError("--format sym and -o DIR belong together")
    jobs = jobs or usable_cores()
    try:
        if output == "-":
            code = _write_one(paths)
        elif output is not None:
            code = _write(paths, output, jobs)
        else:
            code = _add(paths, store_dir, jobs)
    except SymbolStoreError as error:
        complain(error)
        code = 1
    ctx.exit(code)


def _add(paths: tuple[str, ...], store_dir: str | None, jobs: int) -> int:
    from symbolicate.symbols.adding import add_paths
    from symbolicate.symbols.gathering import Refused

    counts = _Counts()
    for done in add_paths(open_store(store_dir), paths, jobs):
        if isinstance(done, Refused):
            counts.refuse(done)
            continue
        counts.count("added" if done.is_new else "there already")
        click.echo(f"{identity_of(done.symbols)}  {_about(done)}")
    return counts.end()


def _about(added: Added) -> str:
    parts = [summary_of(added.symbols, added.losses)] if any(added.symbols.counts.values()) else []
    parts += [f"unwind tables {' '.join(added.unwind)}"] if added.unwind else []
    return "; ".join(parts)


def _write(paths: tuple[str, ...], folder: str, jobs: int) -> int:
    from symbolicate.symbols.adding import write_paths
    from symbolicate.symbols.gathering import Refused

    counts = _Counts()
    for done in write_paths(paths, folder, jobs):
        if isinstance(done, Refused):
            counts.refuse(done)
            continue
        counts.count("written")
        click.echo("; ".join((escape(done.path), *done.losses)))
    return counts.end()


def _write_one(paths: tuple[str, ...]) -> int:
    """Write the text of the only module to standard output."""
    from symbolicate.symbols.adding import write_text
    from symbolicate.symbols.gathering import gather

    with tempfile.TemporaryDirectory(prefix="symbolicate-") as scratch:
        found = gather(paths, scratch)
        for refused in found.refused:
            complain(SymbolFileError(f"{refused.location}: {refused.reason}"))
        if len(found.modules) != 1 or found.texts:
            raise click.UsageError(f"-o - is for one module; there are {len(found.modules) + len(found.texts)}")
        target = os.path.join(scratch, "text")
        try:
            for loss in write_text(found.modules[0], target):
                sys.stderr.write(f"symbolicate: {escape(found.modules[0].name)}: {loss}\n")
        except SymbolicateError as error:
            complain(error)
            return 1
        with open(target, "rb") as text:
            while chunk := text.read(1 << 20):
                sys.stdout.buffer.write(chunk)
    return 1 if any(not refused.is_part for refused in found.refused) else 0


_PARTS = "belonging to other files"


class _Counts:
    """What became of the files; its progress while there are more."""

    def __init__(self) -> None:
        self._counts = dict[str, int]()
        self._progress = Progress("files", sys.stdout.buffer)

    def count(self, what: str) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1
        self._progress.step()

    def refuse(self, refused: Refused) -> None:
        self._progress.clear()
        complain(SymbolFileError(f"{refused.location}: {refused.reason}"))
        self.count(_PARTS if refused.is_part else "refused")

    def end(self) -> int:
        """Show the counts if there are several files; the exit code."""
        self._progress.clear()
        if sum(self._counts.values()) > 1:
            counts = ", ".join(f"{count:,} {what}" for what, count in self._counts.items())
            sys.stderr.write(f"symbolicate: {counts}\n")
        has_only_parts = set(self._counts) == {_PARTS}
        return 1 if self._counts.get("refused") or has_only_parts else 0
