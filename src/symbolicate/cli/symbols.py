"""`symbolicate symbols`: check symbol files, find them by id or name; the other commands have files of their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from symbolicate.cli.options import FILE, complain, mention_unused_servers, open_store, store_option, symbols_option
from symbolicate.cli.symbols_add import add
from symbolicate.cli.symbols_gc import gc
from symbolicate.cli.symbols_service import list_files, remove
from symbolicate.cli.symbols_text import identity_of, summary_of
from symbolicate.errors import SymbolFileError, SymbolicateError
from symbolicate.render.plain import escape
from symbolicate.symbols.acceptance import identity, open_in_memory, refusal
from symbolicate.symbols.access import unusable
from symbolicate.symbols.debug_files import addable, is_debug_file, losses
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.walk import files_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from symbolicate._native import DebugFile, SymbolFile

__all__ = ["symbols"]


@click.group
def symbols() -> None:
    """Add, check and find symbol files; trim the symbol store; list and remove the symbol files of a service."""


symbols.add_command(add)
symbols.add_command(gc)
symbols.add_command(list_files)
symbols.add_command(remove)


@symbols.command
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.pass_context
def check(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Show the contents of symbol files and their invalid records.

    The exit code is 1 if a file cannot be used: `symbols add` refuses the same files.
    """
    from symbolicate._native import debug_files, find_debug_files

    failed = False
    for file in (inner for path in files for inner in _to_check(path)):
        try:
            if os.path.isdir(file):
                _check_debug_files(file, find_debug_files(file)[0])
            elif is_debug_file(file):
                _check_debug_files(file, debug_files(file))
            else:
                _check_text(file)
        except SymbolicateError as error:
            complain(error)
            failed = True
    ctx.exit(1 if failed else 0)


def _to_check(path: str) -> Iterator[str]:
    """The file itself; for a folder, its .sym files, and the folder itself if it has debug information files."""
    from symbolicate._native import find_debug_files

    texts = list(_texts(path)) if os.path.isdir(path) else []
    yield from texts
    if not texts or find_debug_files(path)[0]:
        yield path


def _check_text(path: str) -> None:
    """Show the contents of a symbol file.

    Raises:
        SymbolFileError: it cannot be read, or cannot be added to a store. Its contents are shown all the same.
    """
    if reason := unusable(path):
        raise SymbolFileError(f"{path}: {reason}")
    opened = open_in_memory(path)
    if any(opened.counts.values()) or opened.debug_id is not None:
        click.echo(escape(path))
        click.echo(f"  {identity_of(opened)}  {escape(' '.join(filter(None, (opened.os, opened.arch))))}")
        click.echo(f"  {summary_of(opened)}")
        _diagnose(opened)
    if reason := refusal(module_line(path) or identity(opened), opened):
        raise SymbolFileError(f"{path}: {reason}")


@symbols.command(short_help="List the symbol files of a debug id or a debug file.")
@click.argument("names", metavar="ID|NAME...", nargs=-1, required=True)
@symbols_option
@store_option
@click.pass_context
def find(ctx: click.Context, names: tuple[str, ...], places: tuple[str, ...], store_dir: str | None) -> None:
    """List the symbol files that have this debug id or belong to a debug file of this name."""
    store = open_store(store_dir, places)
    failed = False
    for name in names:
        paths = list(dict.fromkeys(store.find(name)))
        for path in paths:
            click.echo(escape(path))
        if not paths:
            sources = f"{len(store.sources)} source{'' if len(store.sources) == 1 else 's'} and {store.dir}"
            complain(SymbolicateError(f"{name}: no symbols found in {sources}"))
            failed = True
    if failed:
        mention_unused_servers()
    ctx.exit(1 if failed else 0)


def _check_debug_files(path: str, builds: list[DebugFile]) -> None:
    """Show the builds in a debug information file, or in all such files of a bundle.

    Raises:
        SymbolFileError: one cannot be read, or none can be added to a store. Their contents are shown all the same.
    """
    shown = ""
    for build in builds:
        if build.path != shown:
            shown = build.path
            click.echo(escape(shown))
        identity = f"{build.debug_id or 'no id'}  {escape(build.name)}"
        click.echo(f"  {identity}  {build.arch} {build.kind_name}, {build.debug_info or 'no debug information'}")
        opened, lost = build.open()
        click.echo(f"  {summary_of(opened, losses(lost, build.refused_builds if build is builds[0] else 0))}")
        _diagnose(opened)
    addable(path, builds)


def _diagnose(opened: SymbolFile) -> None:
    for kind, count, lines in opened.diagnostics:
        places = ", ".join(str(line) for line in lines) + (", …" if count > len(lines) else "")
        where = f": line{'' if count == 1 else 's'} {places}" if lines else ""
        click.echo(f"  {count:>8,}  {kind.replace('_', ' ')}{where}")


def _texts(folder: str, refused: Callable[[OSError], object] = lambda _: None) -> Iterator[str]:
    """The .sym files below a folder, in order."""
    return (file for file in files_below(folder, refused) if file.lower().endswith(".sym"))
