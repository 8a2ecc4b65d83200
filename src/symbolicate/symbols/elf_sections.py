"""Where a section of an ELF file is, by its name: what debuginfod sends to a debugger that needs a part of a file.

Layouts: "Executable and Linkable Format", section header table.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["Section", "find_section"]

_HEAD = 64
_MAGIC = b"\x7fELF"
_NO_BYTES = 8
# The number of sections, and the index of the one with their names, if they do not fit the header.
_ELSEWHERE = 0xFFFF
_MOST_SECTIONS = 1 << 16
_MOST_NAMES = 16 << 20


class Section(NamedTuple):
    """The bytes of a section in its file, as they are stored: they may be compressed."""

    offset: int
    size: int


class _Form(NamedTuple):
    """Where the fields of the headers are, in a file of 32 or 64 bits."""

    head: str
    section: str


# Of the file: offset of the table, bytes of an entry, number of entries, index of the names.
# Of an entry: name, kind, offset, size, link.
_FORMS = {
    1: _Form("16x16xI10xHHH", "II8xIII12x"),
    2: _Form("16x24xQ10xHHH", "II16xQQI20x"),
}
_ORDERS = {1: "<", 2: ">"}


class _Entry(NamedTuple):
    name: int
    kind: int
    offset: int
    size: int
    link: int


def find_section(path: str, name: str) -> Section | None:
    """The section of a name; None if the file has none, or one without bytes, or is no ELF file, or damaged.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        entries = _entries(file, size)
        if entries is None:
            return None
        table, names = entries
        wanted = name.encode("utf-8", "surrogateescape") + b"\0"
        for entry in table:
            if names[entry.name : entry.name + len(wanted)] == wanted:
                is_there = entry.kind != _NO_BYTES and 0 < entry.size <= size and entry.offset <= size - entry.size
                return Section(entry.offset, entry.size) if is_there else None
    return None


def _entries(file: BinaryIO, size: int) -> tuple[list[_Entry], bytes] | None:
    """The entries of the table, and the texts of their names."""
    head = _at(file, 0, _HEAD)
    if len(head) < _HEAD or not head.startswith(_MAGIC):
        return None
    form, order = _FORMS.get(head[4]), _ORDERS.get(head[5])
    if form is None or order is None:
        return None
    start, entry_size, count, index = struct.unpack_from(order + form.head, head)
    layout = struct.Struct(order + form.section)
    if entry_size < layout.size or start == 0:
        return None

    def read(number: int) -> _Entry | None:
        data = _at(file, start + number * entry_size, layout.size)
        return _Entry(*layout.unpack(data)) if len(data) == layout.size else None

    first = read(0)
    if first is None:
        return None
    count, index = count or first.size, first.link if index == _ELSEWHERE else index
    table = [entry for number in range(min(count, _MOST_SECTIONS)) if (entry := read(number)) is not None]
    if index >= len(table) or table[index].offset > size:
        return None
    return table, _at(file, table[index].offset, min(table[index].size, _MOST_NAMES))


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    if offset > file.seek(0, os.SEEK_END):
        return b""
    file.seek(offset)
    return file.read(length)
