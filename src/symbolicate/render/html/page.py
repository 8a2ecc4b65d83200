"""A page of reports."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from symbolicate.render import facts
from symbolicate.render.brief import brief
from symbolicate.render.exceptions import exception_lines
from symbolicate.render.html.environment import asset, content_hash, environment
from symbolicate.render.html.stacks import stacks
from symbolicate.render.human import Detail, human_lines
from symbolicate.render.machine import registers
from symbolicate.render.plain import leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.render.links import SourceLinks
    from symbolicate.report import Module, Report

__all__ = ["html_pieces", "page_end", "page_start", "report_view"]

# Rows of each list of a page; the JSON has all of them.
_ROWS = 2_000
# Bytes of the texts to copy.
_COPIED = 1 << 20
_STATUS = {
    "loaded": "symbols",
    "missing": "no symbols",
    "malformed": "damaged symbols",
    "mismatch": "symbols of another build",
}


def page_start() -> str:
    """The beginning of a page: one file without any request, whose style and script are allowed by their hashes."""
    policy = f"default-src 'none'; script-src {content_hash('report.js')}; style-src {content_hash('style.css')}"
    style = Markup(asset("style.css"))  # noqa: S704 - our own file
    return environment().get_template("start.html").render(policy=policy, style=style, title="Crash report")


def page_end() -> str:
    """The end of a page."""
    script = Markup(asset("report.js"))  # noqa: S704 - our own file
    return environment().get_template("end.html").render(script=script)


def html_pieces(report: Report, links: SourceLinks | None = None) -> Iterator[str]:
    """A report between the start and the end of a page, piece by piece; with links to source, if they are given."""
    yield from environment().get_template("report_body.html").generate(**report_view(report, links))


def report_view(report: Report, links: SourceLinks | None = None) -> dict[str, Any]:
    """What the templates show of a report."""
    failure = report.failure
    return {
        "name": (failure.name if failure is not None else None) or "Crash",
        "failure": failure,
        "facts": [row for row in facts.crash(report) if row[1] and row[0] != "Failure"],
        "why": list(islice((failure.why if failure is not None else None) or (), _ROWS)),
        "messages": _cut(facts.messages(report)),
        "exceptions": _cut(exception_lines(report, everything=False)) if report.exceptions else [],
        "stacks": stacks(report, links),
        "threads": len(report.threads),
        "registers": registers(report),
        "missing": facts.modules_without_symbols(report),
        "few": facts.modules_with_few_symbols(report),
        "tried": facts.places_tried(report),
        "annotations": _cut(facts.crashpad_notes(report.crashpad)) if report.crashpad is not None else [],
        "sent": _cut(facts.sent(report)),
        "attachments": facts.attachments(report)[:_ROWS],
        "problems": facts.problems(report)[:_ROWS],
        "modules": [_module(one) for one in report.modules[:_ROWS]],
        "more_modules": max(0, len(report.modules) - _ROWS),
        "as_text": _bounded(human_lines(report, Detail(brief=True))),
        "as_markdown": brief(report, links=links),
    }


def _cut(rows: Iterable[Any]) -> list[Any]:
    return list(islice(rows, _ROWS))


def _module(module: Module) -> dict[str, str]:
    symbols = module.symbols
    status = (symbols.status if symbols is not None else None) or ""
    return {
        "name": leaf(module.filename or "?"),
        "range": f"{module.base_addr or '?'} to {module.end_addr or '?'}",
        "version": module.version or "",
        "debug_id": module.debug_id or "",
        "symbols": _STATUS.get(status, ""),
        "status": status,
        "file": (symbols.file if symbols is not None else None) or "",
    }


def _bounded(lines: Iterable[str]) -> str:
    kept: list[str] = []
    left = _COPIED
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join(kept)
