"""ELF files, as pyelftools reads them."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

from symbolicate.symbols.access import open_file
from symbolicate.symbols.checking.dwarf_units import inflated, units
from symbolicate.symbols.checking.findings import Content, Facts, Missing

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["describe"]

_SECTIONS = 100_000
_LINK_BYTES = 4096
_LARGEST_OFFSET = (1 << 63) - 1
_COMPRESSIONS = {1: "zlib", 2: "zstd"}
_ZLIB, _GNU_HEAD = 1, 12  # `ZLIB` and the size, before the data of a `.zdebug_` section
_FIRST_WITH_SPLIT = 5


def describe(path: str) -> dict[str, Facts]:
    """What is in the file; it has one build, whose key is empty."""
    from elftools.elf.elffile import ELFFile

    with open_file(path) as stream:
        elf = ELFFile(stream)
        if elf.num_sections() > _SECTIONS:
            raise ValueError(f"{elf.num_sections():,} sections")
        sections: dict[str, Any] = {section.name: section for section in elf.iter_sections()}
        facts = Facts()
        _debug_information(stream, elf, sections, facts)
        tables: tuple[tuple[str, Content, str], ...] = (
            (".symtab", "symbol_table", "symbol table"),
            (".dynsym", "dynamic_symbol_table", "dynamic symbol table"),
        )
        for name, content, what in tables:
            # The first symbol of a table is empty.
            count = sections[name].num_symbols() - 1 if _has_bytes(sections.get(name)) else 0
            if count > 0:
                facts.add(content, f"{what} of {count:,} symbol{'' if count == 1 else 's'}")
        if _has_bytes(sections.get(".gnu_debugdata")):
            facts.add("mini_debuginfo", "mini-debuginfo: a compressed symbol table")
        text = sections.get(".text")
        if text is not None and not _has_bytes(text):
            facts.add("no_code", "no code: a debug file")
        if _has_bytes(link := sections.get(".gnu_debuglink")):
            facts.debug_file = _name(_data(stream, link, _LINK_BYTES))
        if _has_bytes(link := sections.get(".gnu_debugaltlink")):
            called, _, build_id = _data(stream, link, _LINK_BYTES).partition(b"\0")
            text = f"common debug information is in {_name(called)} with the build id {build_id.hex()}"
            facts.needs.append(Missing("debug_information", text, _name(called), code_id=build_id.hex()))
        return {"": facts}


def _debug_information(stream: BinaryIO, elf: Any, sections: dict[str, Any], facts: Facts) -> None:
    compressions: set[str] = set()
    for name, what in ((".debug_info", ""), (".zdebug_info", ""), (".debug_info.dwo", "split ")):
        if not _has_bytes(sections.get(name)):
            continue
        section = sections[name]
        packed = None
        if section["sh_flags"] & 0x800:  # SHF_COMPRESSED
            head = 24 if elf.elfclass == 64 else 12  # noqa: PLR2004 - bits
            raw = _data(stream, section)
            (kind,) = struct.unpack_from("<I" if elf.little_endian else ">I", raw)
            compressions.add(_COMPRESSIONS.get(kind, "unknown compression"))
            packed = raw[head:] if kind == _ZLIB else b""
        elif name == ".zdebug_info":
            compressions.add("zlib")
            packed = _data(stream, section)[_GNU_HEAD:]
        plain, is_whole = (_data(stream, section), True) if packed is None else inflated(packed)
        found = units(plain, little=elf.little_endian, is_whole=is_whole)
        facts.add("split_dwarf" if what else "dwarf", f"{what}{found}" if found.versions else f"{what}DWARF")
        is_gnu_split = ".debug_addr" in sections and all(version < _FIRST_WITH_SPLIT for version in found.versions)
        if not what and (found.skeletons or (is_gnu_split and found.versions)):
            count = f"{found.skeletons:,} units" if found.skeletons else "units"
            text = f"debug information of {count} is in .dwo files or in a .dwp file"
            facts.needs.append(Missing("debug_information", text))
    if compressions:
        facts.add("compressed_sections", f"compressed sections ({', '.join(sorted(compressions))})")
    if ".debug_cu_index" in sections:
        facts.add("split_units_index", "an index of split units: a .dwp file")


def _has_bytes(section: Any) -> bool:
    return section is not None and section["sh_type"] != "SHT_NOBITS" and section["sh_size"] > 0


def _data(stream: BinaryIO, section: Any, limit: int = -1) -> bytes:
    """The bytes of a section as they are in the file, at most `limit`."""
    stream.seek(min(section["sh_offset"], _LARGEST_OFFSET))
    # The size may be a lie, and Python allocates what is to be read.
    size = min(section["sh_size"], os.fstat(stream.fileno()).st_size)
    return stream.read(size if limit < 0 else min(size, limit))


def _name(text: bytes) -> str:
    return text.partition(b"\0")[0].decode("utf-8", "replace")
