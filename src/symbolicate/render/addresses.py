"""Answers for addresses as text: as addr2line, llvm-symbolizer and atos write them, and as JSON, a line each.

A frame that many addresses have is made once, so that a batch costs little per address.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from symbolicate.render.plain import escape
from symbolicate.render.short_names import short_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from symbolicate._native import Lookup

__all__ = ["Batch", "Form", "Frame", "Style", "answers", "data_answer"]

Style = Literal["gnu", "llvm", "llvm-gnu", "llvm-json", "atos", "json"]
"""Whose output it is like: addr2line's, llvm-symbolizer's in each of its styles, atos', or JSON of our own."""

_SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Form:
    """What is written of an answer.

    Attributes:
        style: whose output it is like.
        functions: names of functions.
        short: names of functions without their scopes and parameters.
        inlines: the calls that are inlined at an address; without them the innermost place alone.
        addresses: the address first.
        pretty: a frame on one line.
        basenames: names of files without their folders.
        demangle: the readable form of a name.
        file: what llvm-symbolizer's JSON calls the module.
    """

    style: Style
    functions: bool = True
    short: bool = False
    inlines: bool = True
    addresses: bool = False
    pretty: bool = False
    basenames: bool = False
    demangle: Callable[[str], str] = str
    file: str = ""


Frame = tuple[str, "str | None", "int | None"]
"""The name of a function, its source file, and the line."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Addresses and their frames.

    Attributes:
        texts: each address as it was given.
        addresses: its number; None: it is not an address.
        offsets: for each address how far it is from the start of the module; None if it is before that.
        found: what they came to; None if there are no symbols.
        module: the name of the module.
        debug_id: its debug id; empty if it is not known.
        code_id: its code id; empty if it is not known.
    """

    texts: Sequence[str]
    addresses: Sequence[int | None]
    offsets: Sequence[int | None]
    found: Lookup | None
    module: str
    debug_id: str
    code_id: str

    def functions(self) -> list[int | None]:
        """For each address how far it is from the start of its function; None if it is in none."""
        if self.found is None:
            return [None] * len(self.texts)
        pairs = zip(self.offsets, self.found.lists()[1], strict=True)
        return [None if offset is None or start is None else offset - start for offset, start in pairs]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The frames of a batch.

    Attributes:
        rows: where the frames of each address begin in `which`, and the end of the last; innermost first, the function
            itself last.
        which: frames by their indices in `frames`.
        frames: each frame once.
    """

    rows: Sequence[int]
    which: Sequence[int]
    frames: Sequence[Frame]

    @staticmethod
    def of(batch: Batch) -> _Rows:
        if batch.found is None:
            return _Rows([0] * (len(batch.texts) + 1), [], [])
        return _Rows(batch.found.lists()[0], *batch.found.distinct_frames())


def answers(batch: Batch, form: Form) -> list[str]:
    """The answer for each address of a batch, in its order."""
    return _STYLES[form.style](batch, form)


def data_answer(text: str, address: int | None, form: Form) -> str:
    """The answer for the address of a variable: that it is not known, since symbols of data are not read."""
    if form.style == "llvm-json":
        known = {} if address is None else {"Address": f"{address:#x}"}
        return _llvm_object(
            known | {"Data": {"Name": "", "Size": "0x0", "Start": "0x0"}, "ModuleName": form.file}, form
        )
    if form.style not in {"llvm", "llvm-gnu"}:
        return answers(Batch([text], [address], [None], None, "", "", ""), form)[0]
    before = f"{address:#x}{': ' if form.pretty else chr(10)}" if form.addresses and address is not None else ""
    after = "\n" if form.style == "llvm" else ""
    return f"{before}??\n0 0\n??:?\n{after}"


def _gnu(batch: Batch, form: Form) -> list[str]:
    unknown = "?? ??:0\n" if form.functions and form.pretty else "??\n??:0\n" if form.functions else "??:0\n"

    def place(file: str, line: int | None) -> str:
        return f"{file}:{line or '?'}\n"

    rows = _Rows.of(batch)
    if not form.inlines:
        rows = _without_inlines(rows, form)
    before = _given(batch, form, "#018x", escape) if form.addresses else None
    return _joined(rows, form, _frames(rows, form, place), before, unknown)


def _llvm(batch: Batch, form: Form) -> list[str]:
    # The index has no columns.
    return _llvm_text(batch, form, lambda file, line: f"{file}:{line or 0}:0\n", "??:0:0\n", "\n")


def _llvm_gnu(batch: Batch, form: Form) -> list[str]:
    return _llvm_text(batch, form, lambda file, line: f"{file}:{line or 0}\n", "??:0\n", "")


def _llvm_text(
    batch: Batch, form: Form, place: Callable[[str, int | None], str], nowhere: str, after: str
) -> list[str]:
    between = " at " if form.pretty else "\n"
    unknown = f"??{between}{nowhere}" if form.functions else nowhere
    rows = _Rows.of(batch)
    # As it writes like addr2line, it names the innermost function.
    if not form.inlines and form.style == "llvm":
        rows = _without_inlines(rows, form)
    # What is not an address is not repeated.
    before = _given(batch, form, "#x", lambda _: None) if form.addresses else None
    return _joined(rows, form, _frames(rows, form, place), before, unknown, after)


def _without_inlines(all_rows: _Rows, form: Form) -> _Rows:
    """One frame for each address: the function with the innermost place; of short names the innermost one."""
    pairs: dict[tuple[int, int], int] = {}
    which, rows = [], [0]
    for first, end in pairwise(all_rows.rows):
        if first < end:
            inner, outer = all_rows.which[first], all_rows.which[first if form.short else end - 1]
            which.append(pairs.setdefault((outer, inner), len(pairs)))
        rows.append(len(which))
    frames = all_rows.frames
    return _Rows(rows, which, [(frames[outer][0], *frames[inner][1:]) for outer, inner in pairs])


def _frames(rows: _Rows, form: Form, place: Callable[[str, int | None], str]) -> list[str]:
    """Each frame as it is written."""
    places = [place(_file(file, form, "??"), line) for _, file, line in rows.frames]
    if not form.functions:
        return places
    between = " at " if form.pretty else "\n"
    return [f"{name}{between}{place}" for name, place in zip(_names(rows.frames, form), places, strict=True)]


def _given(batch: Batch, form: Form, number: str, other: Callable[[str], str | None]) -> list[str]:
    """What is before each answer: its address, or `other` of a text that is not an address."""
    after = ": " if form.pretty else "\n"
    pairs = zip(batch.texts, batch.addresses, strict=True)
    texts = (other(text) if address is None else format(address, number) for text, address in pairs)
    return ["" if text is None else f"{text}{after}" for text in texts]


def _joined(
    of_batch: _Rows, form: Form, frames: Sequence[str], before: Sequence[str] | None, unknown: str, after: str = ""
) -> list[str]:
    rows, which = of_batch.rows, of_batch.which
    between = " (inlined by) " if form.pretty and (form.functions or form.style == "gnu") else ""
    out: list[str] = []
    for at, (first, end) in enumerate(pairwise(rows)):
        if first == end:
            answer = unknown
        elif end - first == 1 or not form.inlines:
            answer = frames[which[first]]
        else:
            answer = between.join([frames[frame] for frame in which[first:end]])
        out.append(f"{answer}{after}" if before is None else f"{before[at]}{answer}{after}")
    return out


def _atos(batch: Batch, form: Form) -> list[str]:
    found, functions = _Rows.of(batch), batch.functions()
    image, names, which = escape(batch.module), _names(found.frames, form), found.which
    places = [f"({_file(file, form, '')}:{line})" if file and line else "" for _, file, line in found.frames]
    out: list[str] = []
    for at, text in enumerate(batch.texts):
        first, end = found.rows[at], found.rows[at + 1]
        if first == end:
            address = batch.addresses[at]
            out.append(f"{escape(text)}\n" if address is None else f"{address:#018x} (in {image})\n")
            continue
        lines: list[str] = []
        for row in range(first, end) if form.inlines else range(end - 1, end):
            # Without the inlined calls: the function, and the innermost line at the address.
            place = places[which[row if form.inlines else first]] or f"+ {functions[at]}"
            lines.append(f"{names[which[row]]} (in {image}) {place}\n")
        out.append("".join(lines))
    return out


def _llvm_json(batch: Batch, form: Form) -> list[str]:
    """The keys of llvm-symbolizer; what the index does not know has the values that it writes for unknown ones."""
    found, functions = _Rows.of(batch), batch.functions()
    out: list[str] = []
    for at, address in enumerate(batch.addresses):
        if address is None:
            out.append(_llvm_object({"ModuleName": form.file, "Symbol": [_llvm_frame("", "", 0, "")]}, form))
            continue
        first, end = found.rows[at], found.rows[at + 1]
        function = functions[at]
        start = "" if function is None else f"{address - function:#x}"
        rows = range(first, end) if form.inlines else range(first, min(first + 1, end))
        symbols = []
        for row in rows:
            name, file, line = found.frames[found.which[row]]
            if not form.inlines and not form.short:
                name = found.frames[found.which[end - 1]][0]
            shown = _name(name, form) if form.functions else ""
            is_function = row == end - 1 or not form.inlines
            symbols.append(_llvm_frame(shown, _path(file, form) or "", line or 0, start if is_function else ""))
        known = {"Address": f"{address:#x}", "ModuleName": form.file}
        out.append(_llvm_object(known | {"Symbol": symbols or [_llvm_frame("", "", 0, "")]}, form))
    return out


def _llvm_frame(function: str, file: str, line: int, start: str) -> dict[str, object]:
    return {
        "Column": 0,
        "Discriminator": 0,
        "FileName": file,
        "FunctionName": function,
        "Line": line,
        "StartAddress": start,
        "StartFileName": "",
        "StartLine": 0,
    }


def _llvm_object(known: Mapping[str, object], form: Form) -> str:
    if form.pretty:
        return json.dumps(known, indent=2, ensure_ascii=False) + "\n"
    return json.dumps(known, separators=(",", ":"), ensure_ascii=False) + "\n"


def _json(batch: Batch, form: Form) -> list[str]:
    facts = {"module": batch.module or None, "debug_id": batch.debug_id or None, "code_id": batch.code_id or None}
    head = "".join(f', "{key}": {json.dumps(value)}' for key, value in facts.items())
    found = batch.found
    name = (lambda name: _name(name, form)) if form.short else form.demangle
    frames = [""] * len(batch.texts) if found is None else found.json_frames(name, form.basenames, form.inlines)
    out: list[str] = []
    facts_of = zip(batch.addresses, batch.offsets, batch.functions(), frames, strict=True)
    for at, (address, offset, function, objects) in enumerate(facts_of):
        if address is None:
            out.append(f'{{"input": {json.dumps(batch.texts[at])}, "error": "not an address", "frames": []}}\n')
            continue
        out.append(
            f'{{"address": "{address:#x}"{head}, "module_offset": {_hex(offset)}, '
            f'"function_offset": {_hex(function)}, "frames": [{objects}]}}\n'
        )
    return out


def _hex(number: int | None) -> str:
    return "null" if number is None else f'"{number:#x}"'


def _names(frames: Sequence[Frame], form: Form) -> list[str]:
    made: dict[str, str] = {}
    for name, _, _ in frames:
        if name not in made:
            made[name] = escape(_name(name, form))
    return [made[name] for name, _, _ in frames]


def _name(name: str, form: Form) -> str:
    return short_name(form.demangle(name)) if form.short else form.demangle(name)


def _path(file: str | None, form: Form) -> str | None:
    return _SEPARATOR.split(file)[-1] if file is not None and form.basenames else file


def _file(file: str | None, form: Form, unknown: str) -> str:
    path = _path(file, form)
    return unknown if path is None else escape(path)


_STYLES: dict[Style, Callable[[Batch, Form], list[str]]] = {
    "gnu": _gnu,
    "llvm": _llvm,
    "llvm-gnu": _llvm_gnu,
    "llvm-json": _llvm_json,
    "atos": _atos,
    "json": _json,
}
