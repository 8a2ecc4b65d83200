"""The explanation of a failure's name, frame by frame, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from symbolicate.report import Explained, Explanation

__all__ = ["explanation"]


def explanation(of: Explanation) -> str:
    """The explanation of a failure's name."""
    classes = ", ".join(of.problem_classes or ())
    version = of.hashes.rules_version if of.hashes else None
    lines = [
        "",
        "Why this name",
        f"  {of.name}",
        f"  classes  {classes}: from {of.class_from}",
        f"  code     {of.code}: from {of.code_from}",
        f"  rules    version {version}",
    ]
    lines += [_frame(one) for one in of.frames]
    # The lines about these frames are above already.
    shown = {f"frame {one.frame} " for one in of.frames}
    rest = [text for text in of.why or () if not any(text.startswith(start) for start in shown)]
    lines += [f"  {text}" for text in rest if not text.startswith("class from: ")]
    return "".join(f"{escape(line)}\n" for line in lines)


def _frame(one: Explained) -> str:
    place = "!".join(part for part in (one.image, one.function) if part) or "in no module"
    text = f"  {one.frame:>3}  {one.outcome:<11}  {place}"
    if one.why:
        text += f": {one.why}"
    if one.rule:
        seen = f"; seen: {one.sighting}" if one.sighting else ""
        text += f" ({one.category}, {one.rule}{seen})"
    return text
