"""`symbolicate brief`: crashes in few words."""

from __future__ import annotations

from typing import Any

import click

from symbolicate.cli.options import FILE, declared
from symbolicate.cli.report_options import BRIEF_OPTIONS, REPORT_OPTIONS

__all__ = ["brief"]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@declared(*BRIEF_OPTIONS)
@click.pass_context
def brief(ctx: click.Context, /, **values: Any) -> None:
    """Explain crashes in at most 2,000 tokens each, for people and language models. `-` is standard input.

    The Markdown says what happened, which frame is blamed and why, which symbols are missing, the crashed stack with
    sources, what is unusual, how sure that is, and what to ask next. It is what `report --format brief` writes. For a
    failure of a service: `symbolicate query brief`.
    """
    from symbolicate.cli.reporting import report_files

    others = {one.into: False if one.kind == "flag" else one.default for one in REPORT_OPTIONS}
    ctx.exit(report_files(**{**others, **values, "form": "brief"}))
