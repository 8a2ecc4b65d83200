"""The lines that `addr` answers: an address, and what llvm-symbolizer allows before it.

0x1234                      an address in the module that the options select
calc.dll 0x1234             an address in a module that the line names
CODE "My App.exe" 0x1234    the same, as llvm-symbolizer spells it
DATA 0x1234                 the address of a variable
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LAST_ADDRESS", "Line", "hexadecimal", "line_of", "numbers", "sensed"]

LAST_ADDRESS = (1 << 64) - 1
"""The last address of 64 bits. It is past the end of every address space, so that nothing has symbols there."""

_LINE = re.compile(r"""(?:(CODE|DATA)\s+)?(?:"([^"]*)"\s+|'([^']*)'\s+|(\S(?:.*\S)?)\s+)?(\S+)""")
# As LLVM reads a number whose base is not known.
_BASES = (
    (re.compile(r"0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"0[bB]([01]+)"), 2),
    (re.compile(r"0o?([0-7]+)"), 8),
    (re.compile(r"([0-9]+)"), 10),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line asks for.

    Attributes:
        module: the module that it names; empty if it names none.
        address: the address, as text.
        is_data: whether it is that of a variable.
    """

    module: str
    address: str
    is_data: bool = False


def line_of(text: str) -> Line:
    """The parts of a line. A line without an address is all address, and no number."""
    found = _LINE.fullmatch(text.strip())
    if found is None:
        return Line("", text)
    kind, *names, address = found.groups()
    return Line(next(filter(None, names), ""), address, kind == "DATA")


def hexadecimal(text: str) -> int | None:
    """A hexadecimal number of 64 bits; None for anything else, such as what only Python takes for a number."""
    try:
        number = int(text, 16)
    except ValueError:
        return None
    return number if 0 <= number <= LAST_ADDRESS and "_" not in text else None


def sensed(text: str) -> int | None:
    """A number as llvm-symbolizer reads it: decimal without a prefix, octal after 0, hexadecimal after 0x."""
    for form, base in _BASES:
        if found := form.fullmatch(text.strip()):
            number = int(found[1], base)
            return number if number <= LAST_ADDRESS else None
    return None


def numbers(texts: list[str], number: Callable[[str], int | None]) -> list[int | None]:
    """The numbers of many texts by `number`, which is `hexadecimal` or like it; quickly if it is that and all are."""
    if number is hexadecimal:
        try:
            found = [int(text, 16) for text in texts]
        except ValueError:
            found = []
        if found and min(found) >= 0 and max(found) <= LAST_ADDRESS and not any("_" in text for text in texts):
            return list[int | None](found)
    return list(map(number, texts))
