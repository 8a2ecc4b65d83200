"""`symbolicate symbols gc`: trim the symbol store."""

from __future__ import annotations

import re

import click

from symbolicate.cli.click_options import NumberRange
from symbolicate.cli.options import complain, open_store, store_option
from symbolicate.errors import SymbolStoreError
from symbolicate.render.plain import escape

__all__ = ["gc"]

_DAY = 24 * 3600
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def _size(text: str) -> int:
    """A number of bytes, with K, M, G or T for powers of 1024: `10G`."""
    found = re.fullmatch(r"([0-9]{1,15})([KMGT]?)B?", text.strip().upper())
    if found is None:
        raise click.BadParameter(f"{text!r} is not a size such as 500M or 10G")
    return int(found[1]) * _UNITS[found[2]]


@click.command(short_help="Trim the symbol store.")
@click.option(
    "--unused-for",
    "days",
    metavar="DAYS",
    type=NumberRange(min=0),
    help="Remove files that were not used for this long.  [default: 30, unless --max-size is set]",
)
@click.option(
    "--max-size", metavar="SIZE", type=_size, help="Remove the least recently used files until SIZE is left, as in 10G."
)
@click.option(
    "--symbols", is_flag=True, help="Remove added symbol files, too. Unlike the others, they cannot be made again."
)
@click.option("-n", "--dry-run", is_flag=True, help="Only list what would be removed.")
@store_option
@click.pass_context
def gc(
    ctx: click.Context, days: float | None, max_size: int | None, symbols: bool, dry_run: bool, store_dir: str | None
) -> None:
    """Trim the symbol store: unused indexes, converted debug files, files of servers, what was left behind.

    Removed files are made or fetched again when they are needed, except with --symbols.
    """
    from symbolicate.symbols.trim import trim

    if days is None and max_size is None:
        days = 30.0
    trimmed = trim(
        open_store(store_dir).dir,
        unused_for=None if days is None else days * _DAY,
        max_size=max_size,
        symbols=symbols,
        dry_run=dry_run,
    )
    for file in trimmed.removed:
        click.echo(f"{file.size:>14,}  {file.kind:<9}  {escape(file.path)}")
    for path, reason in trimmed.refused:
        complain(SymbolStoreError(f"{path}: {reason}"))
    size = sum(file.size for file in trimmed.removed)
    done = "would be removed" if dry_run else "removed"
    click.echo(f"{len(trimmed.removed):,} files, {size:,} bytes {done}; {trimmed.left:,} bytes left", err=True)
    ctx.exit(1 if trimmed.refused else 0)
