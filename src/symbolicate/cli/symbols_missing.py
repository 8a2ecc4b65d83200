"""`symbolicate symbols missing`: which symbols would help most, over many reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from symbolicate.cli.options import complain
from symbolicate.errors import InputError, SymbolicateError
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from symbolicate.summary.needed import NeededModule, NeededModules

__all__ = ["missing", "needed_of", "table"]

_COLUMNS = ("reports", "frames crashed", "all", "scanned crashed", "all", "module", "id", "lacks", "search")
_NUMBERS = 5  # of the columns, the first ones


@click.command(short_help="List the symbols that reports lack, first those that would help most.")
@click.argument("reports", metavar="[REPORT]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="A JSON document per module, each on a line.")
@click.option("--top", metavar="N", type=click.IntRange(min=1), help="Only so many modules.")
@click.pass_context
def missing(ctx: click.Context, reports: tuple[str, ...], as_json: bool, top: int | None) -> None:
    """List the modules that lack symbols or unwind rules, first those that would help most.

    REPORT is a file of reports in JSON, as `report --format json` or ndjson writes them; - or none is standard input.

    Modules are ordered by the reports that they cost frames, then by these frames: those without a name, which symbols
    would name; and those that were found by a search of the stack, because the module of their callee has no unwind
    rules. `search` is what the search for its symbols came to, in most reports.
    """
    found, failed = needed_of(reports or ("-",))
    ranked = found.ranked()[:top]
    if as_json:
        import msgspec

        for module in ranked:
            click.echo(msgspec.json.encode(module))
    else:
        for line in table(ranked):
            click.echo(line)
    if found.without_list:
        complain(SymbolicateError(f"{found.without_list} of {found.reports} reports have no list of needed symbols"))
    ctx.exit(1 if failed else 0)


def needed_of(reports: tuple[str, ...]) -> tuple[NeededModules, bool]:
    """What these files of reports lack, and whether any of them cannot be read, which is then said."""
    from symbolicate.cli.report_files import read_reports
    from symbolicate.summary.needed import NeededModules

    found, failed = NeededModules(), False
    for path in reports:
        for one in read_reports(path):
            if isinstance(one, InputError):
                complain(one)
                failed = True
            else:
                found.add(one.symbols_needed)
    return found, failed


def table(modules: list[NeededModule]) -> list[str]:
    """The modules as lines of aligned columns, with a head."""
    if not modules:
        return []
    rows = [_COLUMNS, *map(_row, modules)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = list(map(str.ljust, row, widths))
    cells[:_NUMBERS] = map(str.rjust, row[:_NUMBERS], widths)
    return "  ".join(cells).rstrip()


def _row(module: NeededModule) -> tuple[str, ...]:
    counts = (module.reports, module.crashing_frames, module.frames, module.crashing_scanned, module.scanned)
    outcome = max(module.outcomes, key=lambda name: module.outcomes[name], default="")
    return (
        *map(str, counts),
        escape(module.module or module.debug_file or "?"),
        escape(module.debug_id or module.code_id or "no id"),
        ", ".join(module.lacks),
        escape(outcome),
    )
