"""`symbolicate symbols fetch`: gets symbols from servers into the store."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.options import complain, open_store, store_option, symbols_option
from symbolicate.cli.progress import Progress
from symbolicate.cli.symbols_missing import needed_of
from symbolicate.errors import SymbolicateError
from symbolicate.render.plain import escape
from symbolicate.symbols.candidates import FAILED, Candidate, outcome_without_file
from symbolicate.symbols.resolution import Wanted
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.symbols.sources.remote import RemoteFile

__all__ = ["fetch"]

# Modules whose servers are asked at the same time.
_AT_ONCE = 8
# The outcome of a module whose symbols and unwind rules are in the store already.
_AT_HAND = "at hand"


@dataclass(slots=True)
class _Module:
    """A module that is fetched, and what came of it."""

    wanted: Wanted
    is_named: bool = False
    outcome: str = "missing"
    files: list[RemoteFile] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether a server failed, a file could not be added, or a module that was named was not found."""
        return self.outcome in FAILED or bool(self.problems) or (self.is_named and self.outcome == "missing")


@click.command(short_help="Get symbols from servers into the store.")
@click.argument("what", metavar="[REPORT|ID|NAME/ID]...", nargs=-1)
@symbols_option
@store_option
@click.option("--json", "as_json", is_flag=True, help="A JSON document per module, each on a line.")
@click.pass_context
def fetch(
    ctx: click.Context, what: tuple[str, ...], places: tuple[str, ...], store_dir: str | None, as_json: bool
) -> None:
    """Get from servers what modules lack, and keep it in the store, where every later report finds it.

    REPORT is a file of reports in JSON, of which everything is fetched that they lack (see `symbols missing`); - or
    nothing is standard input. ID is the debug id or code id of a module; servers whose layout needs the name of its
    file as well are asked for NAME/ID.

    A line for each module says what came of it: found, missing on every server, timed out, refused, … The exit code is
    1 if a server failed, if a report cannot be read, or if a module that was named by its ID was not found.
    """
    from symbolicate.symbols.sources.remote import RemoteSource

    store = open_store(store_dir, places, with_environment=True)
    if not any(isinstance(source, RemoteSource) for source in store.sources):
        raise click.UsageError("no symbol server: name one with --symbols, _NT_SYMBOL_PATH or DEBUGINFOD_URLS")
    modules, failed = _modules(what)
    progress = Progress("modules", sys.stdout.buffer)
    for module in _fetched(store, modules):
        failed |= module.has_failed
        progress.clear()
        if as_json:
            import msgspec

            click.echo(msgspec.json.encode(_document(module)))
        else:
            click.echo(_line(module))
        for problem in module.problems:
            complain(SymbolicateError(problem))
        progress.step()
    progress.clear()
    ctx.exit(1 if failed else 0)


def _modules(what: tuple[str, ...]) -> tuple[list[_Module], bool]:
    """The modules that are meant, each once, and whether a report could not be read.

    Raises:
        click.UsageError: an argument is neither a file nor an id.
    """
    reports = tuple(text for text in what if text == "-" or os.path.exists(text)) if what else ("-",)
    found: dict[tuple[str, str], _Module] = {}
    for text in what:
        if text not in reports:
            named = list(Wanted.named(text))
            if not named:
                raise click.UsageError(f"{escape(text)} is neither a file nor an id")
            for wanted in named:
                found.setdefault((wanted.debug_id, wanted.code_id), _Module(wanted, is_named=True))
    needed, failed = needed_of(reports) if reports else (None, False)
    for module in needed.ranked() if needed is not None else []:
        wanted = Wanted(module.debug_file, module.debug_id, module.module, module.code_id)
        if wanted.debug_id or wanted.code_id:
            found.setdefault((wanted.debug_id, wanted.code_id), _Module(wanted))
    return list(found.values()), failed


def _fetched(store: SymbolStore, modules: Iterable[_Module]) -> Iterator[_Module]:
    """The modules in their order, each when its files are in the store."""
    from concurrent.futures import ThreadPoolExecutor

    own = SymbolStore(store.dir)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for module in pool.map(lambda module: _ask(store, own, module), modules):
            _keep(own, module)
            yield module


def _ask(store: SymbolStore, own: SymbolStore, module: _Module) -> _Module:
    from symbolicate.symbols.deadline import clock, until
    from symbolicate.symbols.sources.fetching_modules import fetch_module

    wanted = module.wanted
    if own.resolve(wanted.debug_file, wanted.debug_id, wanted.code_file, wanted.code_id).is_complete:
        module.outcome = _AT_HAND
        return module
    with until(clock() + store.fetcher.network.seconds):
        for one in fetch_module(store.sources, wanted):
            if not isinstance(one, Candidate):
                module.files.append(one)
            elif one not in module.candidates:  # a server that fails does so for each kind of file
                module.candidates.append(one)
    module.outcome = "found" if module.files else outcome_without_file(module.candidates)
    return module


def _keep(store: SymbolStore, module: _Module) -> None:
    """Add what was fetched to the store."""
    from symbolicate.symbols.adding import add_paths
    from symbolicate.symbols.gathering import Refused

    for done in add_paths(store, [file.path for file in module.files]):
        if isinstance(done, Refused):
            module.problems.append(f"{done.location}: {done.reason}")


def _line(module: _Module) -> str:
    wanted = module.wanted
    name = wanted.debug_file or wanted.code_file
    head = f"{module.outcome:<9}  {wanted.debug_id or wanted.code_id}  {name}".rstrip()
    if module.files:
        return escape(f"{head}  {', '.join(f'{file.kind} {file.location}' for file in module.files)}")
    reasons = [
        f"{one.location} ({one.outcome}{f': {one.detail}' if one.detail else ''})"
        for one in module.candidates
        if one.outcome != "missing"
    ]
    return escape(f"{head}  {', '.join(reasons)}".rstrip())


def _document(module: _Module) -> dict[str, Any]:
    wanted = module.wanted
    return {
        "module": wanted.code_file or None,
        "debug_file": wanted.debug_file or None,
        "debug_id": wanted.debug_id or None,
        "code_id": wanted.code_id or None,
        "outcome": module.outcome,
        "files": [{"kind": file.kind, "location": file.location} for file in module.files],
        "candidates": [
            {"location": one.location, "source": one.source, "outcome": one.outcome, "detail": one.detail or None}
            for one in module.candidates
        ],
        "problems": module.problems,
    }
