"""Answers for addresses as text: as addr2line, llvm-symbolizer and atos write them, and as JSON, a line each.

A frame that many addresses have is made once, so that a batch costs little per address.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Batch", "Form", "Frame", "Style", "written"]

Style = Literal["gnu", "llvm", "atos", "json"]

_SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Form:
    """What is written of an answer.

    Attributes:
        style: whose output it is like.
        functions: names of functions.
        inlines: the calls that are inlined at an address; without them the innermost place alone.
        addresses: the address first.
        pretty: a frame on one line.
        basenames: names of files without their folders.
        demangle: the readable form of a name.
    """

    style: Style
    functions: bool = True
    inlines: bool = True
    addresses: bool = False
    pretty: bool = False
    basenames: bool = False
    demangle: Callable[[str], str] = str


Frame = tuple[str, "str | None", "int | None"]
"""The name of a function, its source file, and the line."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Addresses and their frames.

    Attributes:
        texts: each address as it was given.
        addresses: its number; None: it is not an address.
        offsets: for each address how far it is from the start of the module; None if it is before that.
        functions: for each address how far it is from the start of its function; None if it is in none.
        rows: where the frames of each begin in `which`, and the end of the last; innermost first, the function itself
            last.
        which: frames by their indices in `frames`.
        frames: each frame once.
        module: the name of the module.
        debug_id: its debug id; empty if it is not known.
        code_id: its code id; empty if it is not known.
    """

    texts: Sequence[str]
    addresses: Sequence[int | None]
    offsets: Sequence[int | None]
    functions: Sequence[int | None]
    rows: Sequence[int]
    which: Sequence[int]
    frames: Sequence[Frame]
    module: str
    debug_id: str
    code_id: str


def written(batch: Batch, form: Form) -> str:
    """The answers of a batch, in its order."""
    return _STYLES[form.style](batch, form)


def _gnu(batch: Batch, form: Form) -> str:
    unknown = "?? ??:0\n" if form.functions and form.pretty else "??\n??:0\n" if form.functions else "??:0\n"
    frames = _frames(batch, form, lambda file, line: f"{file}:{line or '?'}\n")
    return _joined(batch, form, frames, "#018x", unknown, "")


def _llvm(batch: Batch, form: Form) -> str:
    # The index has no columns.
    frames = _frames(batch, form, lambda file, line: f"{file}:{line or 0}:0\n")
    between = " at " if form.pretty else "\n"
    unknown = f"??{between}??:0:0\n" if form.functions else "??:0:0\n"
    return _joined(batch, form, frames, "#x", unknown, "\n")


def _frames(batch: Batch, form: Form, place: Callable[[str, int | None], str]) -> list[str]:
    """Each frame as it is written."""
    places = [place(_file(file, form, "??"), line) for _, file, line in batch.frames]
    if not form.functions:
        return places
    between = " at " if form.pretty else "\n"
    return [f"{name}{between}{place}" for name, place in zip(_names(batch, form), places, strict=True)]


def _given(batch: Batch, form: str, after: str) -> list[str]:
    """Each address before its answer; what is not an address as it was given."""
    pairs = zip(batch.texts, batch.addresses, strict=True)
    return [f"{escape(text) if address is None else format(address, form)}{after}" for text, address in pairs]


def _joined(batch: Batch, form: Form, frames: Sequence[str], address: str, unknown: str, after: str) -> str:
    rows, which = batch.rows, batch.which
    before = _given(batch, address, ": " if form.pretty else "\n") if form.addresses else None
    between = " (inlined by) " if form.pretty else ""
    out: list[str] = []
    for at in range(len(batch.texts)):
        if before is not None:
            out.append(before[at])
        first, end = rows[at], rows[at + 1]
        if first == end:
            out.append(unknown)
        elif end - first == 1 or not form.inlines:
            out.append(frames[which[first]])
        else:
            out.append(between.join([frames[frame] for frame in which[first:end]]))
        if after:
            out.append(after)
    return "".join(out)


def _atos(batch: Batch, form: Form) -> str:
    image, names, which = escape(batch.module), _names(batch, form), batch.which
    places = [f"({_file(file, form, '')}:{line})" if file and line else "" for _, file, line in batch.frames]
    out: list[str] = []
    for at, text in enumerate(batch.texts):
        first, end = batch.rows[at], batch.rows[at + 1]
        if first == end:
            address = batch.addresses[at]
            out.append(f"{escape(text)}\n" if address is None else f"{address:#018x} (in {image})\n")
            continue
        for row in range(first, end) if form.inlines else range(end - 1, end):
            # Without the inlined calls: the function, and the innermost line at the address.
            place = places[which[row if form.inlines else first]] or f"+ {batch.functions[at]}"
            out.append(f"{names[which[row]]} (in {image}) {place}\n")
    return "".join(out)


def _json(batch: Batch, form: Form) -> str:
    facts = {"module": batch.module or None, "debug_id": batch.debug_id or None, "code_id": batch.code_id or None}
    head = "".join(f', "{key}": {json.dumps(value)}' for key, value in facts.items())
    frames = [
        f'{{"function": {json.dumps(form.demangle(name))}, "file": {json.dumps(_path(file, form))}, '
        f'"line": {line or "null"}, "inlined": '
        for name, file, line in batch.frames
    ]
    out: list[str] = []
    for at, address in enumerate(batch.addresses):
        if address is None:
            out.append(f'{{"input": {json.dumps(batch.texts[at])}, "error": "not an address", "frames": []}}\n')
            continue
        first, end = batch.rows[at], batch.rows[at + 1]
        last = end if form.inlines else min(first + 1, end)
        inner = ", ".join(
            [f"{frames[batch.which[row]]}{'false' if row + 1 == end else 'true'}}}" for row in range(first, last)]
        )
        out.append(
            f'{{"address": "{address:#x}"{head}, "module_offset": {_hex(batch.offsets[at])}, '
            f'"function_offset": {_hex(batch.functions[at])}, "frames": [{inner}]}}\n'
        )
    return "".join(out)


def _hex(number: int | None) -> str:
    return "null" if number is None else f'"{number:#x}"'


def _names(batch: Batch, form: Form) -> list[str]:
    made: dict[str, str] = {}
    for name, _, _ in batch.frames:
        if name not in made:
            made[name] = escape(form.demangle(name))
    return [made[name] for name, _, _ in batch.frames]


def _path(file: str | None, form: Form) -> str | None:
    return _SEPARATOR.split(file)[-1] if file is not None and form.basenames else file


def _file(file: str | None, form: Form, unknown: str) -> str:
    path = _path(file, form)
    return unknown if path is None else escape(path)


_STYLES: dict[Style, Callable[[Batch, Form], str]] = {"gnu": _gnu, "llvm": _llvm, "atos": _atos, "json": _json}
