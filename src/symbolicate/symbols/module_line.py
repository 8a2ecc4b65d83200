"""The head of a symbol file: which build it describes, read without opening the rest."""

from __future__ import annotations

import os
from dataclasses import dataclass

from symbolicate.symbols import layout

__all__ = ["ModuleLine", "module_line"]

# A MODULE line is some sixty characters and a file name, and INFO lines follow it at once.
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """What the first lines say.

    Attributes:
        debug_id: the id in the MODULE line, in canonical spelling.
        debug_file: the file name in the MODULE line.
        code_id: the id of the image in an INFO CODE_ID line, lower case; empty without one.
    """

    debug_id: str
    debug_file: str
    code_id: str = ""

    def is_called(self, wanted: str) -> bool:
        """Whether an id or the debug file is this text, given in lower case."""
        return wanted in {self.debug_id.lower(), self.debug_file.lower(), self.code_id}


def module_line(path: str) -> ModuleLine | None:
    """Read the head of a file; None if it does not begin with a MODULE line or cannot be read."""
    # Opening a pipe would wait for somebody to write into it.
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").replace("\r", "\n")
    first, *others = text.split("\n")
    fields = first.split(None, 4)
    if len(fields) < 5 or fields[0] != "MODULE":  # noqa: PLR2004 - MODULE os arch id name
        return None
    identifier = layout.debug_id(fields[3])
    if identifier is None:
        return None
    return ModuleLine(identifier, layout.leaf(fields[4].strip()), _code_id(others))


def _code_id(lines: list[str]) -> str:
    for line in lines:
        fields = line.split(None, 3)
        if fields and fields[0] != "INFO":
            break
        if len(fields) > 2 and fields[1] == "CODE_ID":  # noqa: PLR2004 - INFO CODE_ID id [name]
            return fields[2].lower()
    return ""
