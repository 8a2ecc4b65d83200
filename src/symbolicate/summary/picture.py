"""A picture of crashes: a trend and the most frequent failures, as SVG.

It is text without scripts, fonts or files of others. Colours follow the page that shows it (`currentColor`), or the
reader's choice of a light or dark scheme if it is opened by itself.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

__all__ = ["Bar", "Picture", "Ranked", "picture"]

_WIDTH, _TREND, _BAR, _MARGIN = 860, 160, 26, 16
_LONGEST = 96
# What XML 1.0 has no characters for.
_INVALID = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE = (
    "svg{color:#1b1f24;font:13px system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}"
    "text{fill:currentColor}.bar{fill:#4078c0}.line{stroke:currentColor;stroke-opacity:.4}"
    ".name{font-size:12px}.small{font-size:11px;fill-opacity:.7}"
)


class Bar(NamedTuple):
    """A bar of the trend: its first and its last day, and its height."""

    first: date
    last: date
    hits: int


class Ranked(NamedTuple):
    """A failure of the list."""

    name: str
    hash: str
    hits: int


class Picture(NamedTuple):
    """What a picture shows.

    Attributes:
        label: the whole of it in a few words, for readers who do not see it.
        trend: the heading of the trend.
        bars: the trend; empty if no time is known.
        ranking: the heading of the list.
        failures: the list, the most frequent failure first.
    """

    label: str
    trend: str
    bars: Sequence[Bar]
    ranking: str
    failures: Sequence[Ranked]


def picture(shown: Picture) -> str:
    """The picture."""
    body = [*_trend(shown)]
    y = _MARGIN + _TREND + 64
    body.append(_text(_MARGIN, y - 12, shown.ranking))
    most = max((one.hits for one in shown.failures), default=1)
    for one in shown.failures:
        width = max(1.0, one.hits / most * (_WIDTH - 2 * _MARGIN - 80))
        body.append(f"<g><title>{_escaped(one.name)} {_escaped(one.hash)}</title>")
        body.append(f'<rect class="bar" x="{_MARGIN}" y="{y + 14}" width="{width:.1f}" height="6"/>')
        body.append(_text(_MARGIN, y + 10, _shortened(one.name), "name"))
        body.append(f"{_text(_MARGIN + width + 6, y + 20, f'{one.hits:,}', 'small')}</g>")
        y += _BAR + 6
    height = y + _MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    return "\n".join(
        [f'{head} role="img" aria-label="{_escaped(shown.label)}">', f"<style>{_STYLE}</style>", *body, "</svg>", ""]
    )


def _trend(shown: Picture) -> Iterator[str]:
    yield _text(_MARGIN, _MARGIN + 12, shown.trend)
    if not shown.bars:
        yield _text(_MARGIN, _MARGIN + 40, "None of them states a time.", "small")
        return
    most = max(1, *(one.hits for one in shown.bars))
    width = (_WIDTH - 2 * _MARGIN) / len(shown.bars)
    base = _MARGIN + 24 + _TREND
    for number, (first, last, hits) in enumerate(shown.bars):
        if hits:
            tall = hits / most * (_TREND - 8)
            title = f"{first}: {hits:,}" if first == last else f"{first} to {last}: {hits:,}"
            yield (
                f'<rect class="bar" x="{_MARGIN + number * width:.1f}" y="{base - tall:.1f}" '
                f'width="{max(1.0, width - 1):.1f}" height="{tall:.1f}"><title>{title}</title></rect>'
            )
    yield f'<line class="line" x1="{_MARGIN}" y1="{base}" x2="{_WIDTH - _MARGIN}" y2="{base}"/>'
    yield _text(_MARGIN, base + 14, str(shown.bars[0].first), "small")
    yield _text(_WIDTH - _MARGIN, base + 14, str(shown.bars[-1].last), "small", end=True)
    yield _text(_WIDTH - _MARGIN, _MARGIN + 30, f"{most:,}", "small", end=True)


def _text(x: float, y: float, text: str, kind: str = "", *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}{anchor}>{_escaped(text)}</text>'


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _escaped(text: str) -> str:
    return escape(_INVALID.sub("\N{REPLACEMENT CHARACTER}", text))
