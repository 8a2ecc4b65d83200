"""`symbolicate report` for click: its help, its errors, and the command lines that are not plain."""

from __future__ import annotations

from typing import Any

import click

from symbolicate.cli.options import FILE, declared
from symbolicate.cli.report_options import REPORT_OPTIONS

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
@declared(*REPORT_OPTIONS)
@click.pass_context
def report(ctx: click.Context, /, **values: Any) -> None:
    """Show crashes as named stacks. `-` is standard input.

    FILE is a minidump, an App Center log container or single log, an Apple report (.ips, .crash, MetricKit), an
    Android report (tombstone or ANR as text), an application error of the Windows event log, a Report.wer, or the text
    of a managed exception (.NET, Java, JavaScript, Python, Dart); each also compressed (gzip, zstd, xz, bzip2, or as
    the only file of a zip archive). The kind is recognised by content. Every crash in it is shown.

    Unreadable inputs are reported on standard error and processing continues; the exit code is then 1.
    """
    from symbolicate.cli.reporting import report_files

    ctx.exit(report_files(**values))
