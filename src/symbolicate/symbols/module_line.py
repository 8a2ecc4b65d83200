"""The head of a symbol file: which build it describes, read without opening the rest."""

from __future__ import annotations

import os
from dataclasses import dataclass

from symbolicate.symbols import layout

__all__ = ["ModuleLine", "module_line"]

# A MODULE line is some sixty characters and a file name, and INFO lines follow it at once. Blank lines, comments and
# other records may stand before it.
_HEAD_BYTES = 4096
_FIELDS = 4  # MODULE os arch id, and the name, which may be missing


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """What the first lines say.

    Attributes:
        debug_id: the id in the MODULE line, in canonical spelling.
        debug_file: the file name in the MODULE line; empty without one.
        code_id: the id of the image in an INFO CODE_ID line, lower case; empty without one.
    """

    debug_id: str
    debug_file: str
    code_id: str = ""

    def is_called(self, wanted: str) -> bool:
        """Whether an id or the debug file is this text, given in lower case."""
        return wanted in {self.debug_id.lower(), self.debug_file.lower(), self.code_id}


def module_line(path: str) -> ModuleLine | None:
    """Read the head of a file; None if no MODULE line with an id is in it, or it cannot be read."""
    # Opening a pipe would wait for somebody to write into it.
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").replace("\r", "\n")
    lines = [line.split(None, _FIELDS) for line in text.split("\n")]
    module = next((fields for fields in lines if fields[:1] == ["MODULE"] and len(fields) >= _FIELDS), None)
    identifier = layout.debug_id(module[3]) if module is not None else None
    if module is None or identifier is None:
        return None
    name = module[4].strip() if len(module) > _FIELDS else ""
    return ModuleLine(identifier, layout.leaf(name), _code_id(lines))


def _code_id(lines: list[list[str]]) -> str:
    found = (fields[2].lower() for fields in lines if fields[:2] == ["INFO", "CODE_ID"] and len(fields) > 2)  # noqa: PLR2004 - INFO CODE_ID id [name]
    return next(found, "")
