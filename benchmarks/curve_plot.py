"""A plot of curves over sizes, both axes logarithmic, as SVG: text without scripts or fonts, for light and dark pages."""

from __future__ import annotations

import math
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 360, 70, 190, 40, 50
COLOURS = ("#4078c0", "#c05a20", "#3a8a50", "#8a5ab0")
STYLE = (
    "svg{color:#1b1f24;font:12px system-ui,sans-serif}@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}"
    "text{fill:currentColor}.axis{stroke:currentColor;stroke-opacity:.5}.grid{stroke:currentColor;stroke-opacity:.15}"
)

Points = list[tuple[float, float]]


def plot(title: str, across: str, up: str, series: dict[str, Points]) -> str:
    """The picture.

    Args:
        title: the heading.
        across: what grows from left to right, with its unit.
        up: what grows upwards, with its unit.
        series: points by name; sizes and figures are above zero.
    """
    points = [point for line in series.values() for point in line]
    low_x, high_x = (edge(math.log10(x) for x, _ in points) for edge in (min, max))
    low_y = math.floor(min(math.log10(y) for _, y in points))
    high_y = max(math.ceil(max(math.log10(y) for _, y in points)), low_y + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (math.log10(x) - low_x) / max(high_x - low_x, 1e-9) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (math.log10(y) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM),
        )

    body = [_text(LEFT, 22, title, "font-size='15'")]
    for power in range(low_y, high_y + 1):
        _, y = place(10**low_x, 10.0**power)
        body.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(_text(LEFT - 8, y + 4, _short(10.0**power), "text-anchor='end'"))
    for size in sorted({x for x, _ in points}):
        x, _ = place(size, 10.0**low_y)
        body.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        body.append(_text(x, HEIGHT - BOTTOM + 18, _short(size), "text-anchor='middle'"))
    body.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, "text-anchor='middle'"))
    body.append(_text(LEFT, TOP - 4, up, "fill-opacity='.7'"))
    for number, (name, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [place(x, y) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        body.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
        for (x, y), (size, figure) in zip(places, line, strict=True):
            said = escape(f"{name}, {_short(size)}: {figure:.3g}")
            body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{said}</title></circle>')
        row = TOP + 16 + 20 * number
        body.append(f'<rect x="{WIDTH - RIGHT + 16}" y="{row - 9}" width="10" height="10" fill="{colour}"/>')
        body.append(_text(WIDTH - RIGHT + 32, row, name))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return "\n".join(
        [f'{head} role="img" aria-label="{escape(title)}">', f"<style>{STYLE}</style>", *body, "</svg>", ""]
    )


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>'


def _short(number: float) -> str:
    for unit, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.3g} {sign}"
    return f"{number:g}"
