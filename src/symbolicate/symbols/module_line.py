"""The head of a symbol file: which build it describes, read without opening the rest."""

from __future__ import annotations

from symbolicate.record import Record
from symbolicate.symbols import ids, names
from symbolicate.symbols.access import open_file
from symbolicate.symbols.text_encoding import decoded_head, encoding_of

__all__ = ["ModuleLine", "module_line"]

# A MODULE line is some sixty characters and a file name, directly followed by INFO lines. Blank lines, comments and
# other records may precede it.
_HEAD_BYTES = 4096
_FIELDS = 4  # MODULE os arch id, and the name, which may be missing


class ModuleLine(Record):
    """The module that the first lines of a symbol file name.

    Attributes:
        debug_id: the id in the MODULE line, in canonical spelling; empty if it is invalid and only the image is known.
        debug_file: the file name in the MODULE line; empty without one.
        code_id: the id of the image in an INFO CODE_ID line, lower case; empty without one.
        encoding: how the file has to be decoded if it is in UTF-16; empty for all others.
    """

    debug_id: str
    debug_file: str
    code_id: str = ""
    encoding: str = ""

    def is_called(self, text: str) -> bool:
        """Whether an id or the debug file is this text; see `names.plain_name` for names."""
        wanted = text.lower()
        same_name = bool(self.debug_file) and names.plain_name(self.debug_file) == names.plain_name(text)
        same_id = bool(self.debug_id) and self.debug_id == ids.debug_id(text)
        return same_name or same_id or (bool(wanted) and wanted == self.code_id)


def module_line(path: str) -> ModuleLine | None:
    """Read the head of a file; None if it cannot be read, or names no build: no MODULE line with a debug or code id."""
    try:
        with open_file(path) as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return None
    lines = [line.split(None, _FIELDS) for line in decoded_head(head).replace("\r", "\n").split("\n")]
    module = next((fields for fields in lines if fields[:1] == ["MODULE"] and len(fields) >= _FIELDS), None)
    if module is None:
        return None
    identifier, code_id = ids.debug_id(module[3]) or "", _code_id(lines)
    if not identifier and not code_id:
        return None
    name = module[4].strip() if len(module) > _FIELDS else ""
    return ModuleLine(identifier, names.leaf(name), code_id, encoding_of(head) or "")


def _code_id(lines: list[list[str]]) -> str:
    found = (fields[2].lower() for fields in lines if fields[:2] == ["INFO", "CODE_ID"] and len(fields) > 2)  # noqa: PLR2004 - INFO CODE_ID id [name]
    # It becomes a part of paths.
    return next((code_id for code_id in found if ids.is_code_id(code_id)), "")
