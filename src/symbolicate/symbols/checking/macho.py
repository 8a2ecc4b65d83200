"""Mach-O files, as lief reads them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from symbolicate.symbols import ids
from symbolicate.symbols.access import open_file
from symbolicate.symbols.checking.dwarf_units import units
from symbolicate.symbols.checking.findings import Facts, Missing

if TYPE_CHECKING:
    from typing import BinaryIO

    import lief

__all__ = ["describe"]

_SYMBOLS = 1_000_000
_N_OSO = 0x66


def describe(path: str) -> dict[str, Facts]:
    """What is in each slice, by its debug id; a slice without UUID has an empty key."""
    import lief

    lief.logging.disable()
    config = lief.MachO.ParserConfig()
    config.parse_dyld_exports = config.parse_dyld_bindings = config.parse_dyld_rebases = False
    slices = lief.MachO.parse(path, config)
    if slices is None:
        raise ValueError("not a Mach-O file")
    with open_file(path) as stream:
        return {_identity(one): _facts(one, stream) for one in slices}


def _identity(binary: lief.MachO.Binary) -> str:
    known = bytes(binary.uuid.uuid).hex() if binary.has_uuid and binary.uuid is not None else ""
    return ids.debug_id(known) or "" if known else ""


def _facts(binary: lief.MachO.Binary, stream: BinaryIO) -> Facts:
    facts = Facts()
    for section in binary.sections:
        if section.name == "__debug_info" and section.offset:
            stream.seek(binary.fat_offset + section.offset)
            found = units(stream.read(section.size), little=True)
            facts.add("dwarf", str(found) if found.versions else "DWARF")
    table = binary.symbol_command
    if table is not None and table.numberof_symbols:
        facts.add("symbol_table", f"symbol table of {table.numberof_symbols:,} symbols")
        objects = sum(symbol.raw_type == _N_OSO for symbol in islice(binary.symbols, _SYMBOLS))
        if objects:
            files = f"{objects:,} object file{'' if objects == 1 else 's'}"
            text = f"debug information is in {files}, unless dsymutil made a dSYM of them"
            facts.needs.append(Missing("debug_information", text))
    if binary.encryption_info is not None and binary.encryption_info.crypt_id:
        facts.add("encrypted_code", "encrypted code: unwinding and disassembly need the decrypted file")
    return facts
