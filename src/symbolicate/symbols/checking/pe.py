"""PE files, as pefile reads them."""

from __future__ import annotations

from typing import Any

from symbolicate.symbols import names
from symbolicate.symbols.checking.dwarf_units import units
from symbolicate.symbols.checking.findings import Facts

__all__ = ["describe"]

_VERSION_KEYS = (
    "ProductName",
    "CompanyName",
    "FileDescription",
    "FileVersion",
    "ProductVersion",
    "OriginalFilename",
    "LegalCopyright",
)
_VALUE_LENGTH = 1000
_EXPORT, _RESOURCE, _EXCEPTION, _DEBUG, _CLR = 0, 2, 3, 6, 14
_SYMBOL_BYTES = 18
_PDATA_BYTES = {0x8664: 12, 0xAA64: 8, 0x1C4: 8}  # x64, ARM64, ARM


def describe(path: str) -> dict[str, Facts]:
    """What is in the file; it has one build, whose key is empty."""
    import pefile

    facts = Facts()
    with pefile.PE(path, fast_load=True) as pe:
        pe.parse_data_directories(directories=[_RESOURCE, _DEBUG])
        facts.version = _version(pe)
        facts.debug_file = _pdb(pe)
        _dwarf(pe, facts)
        if symbols := pe.FILE_HEADER.NumberOfSymbols:
            facts.add("coff_symbol_table", f"COFF symbol table of {symbols:,} symbols")
        if export := _directory(pe, _EXPORT):
            facts.add("exports", f"{pe.get_dword_at_rva(export.VirtualAddress + 24) or 0:,} exported names")
        if table := _directory(pe, _EXCEPTION):
            size = _PDATA_BYTES.get(pe.FILE_HEADER.Machine)
            facts.add("pdata", f".pdata of {table.Size // size:,} functions" if size else ".pdata")
        if _directory(pe, _CLR):
            facts.add("managed_code", "managed code of .NET")
    return {"": facts}


def _directory(pe: Any, index: int) -> Any:
    found = pe.OPTIONAL_HEADER.DATA_DIRECTORY
    return found[index] if index < len(found) and found[index].VirtualAddress else None


def _version(pe: Any) -> dict[str, str]:
    """The version resource, those keys of it that say what the file is."""
    found: dict[str, str] = {}
    tables = (
        table for block in getattr(pe, "FileInfo", []) for info in block for table in getattr(info, "StringTable", [])
    )
    for table in tables:
        for key, value in table.entries.items():
            name = key.decode("utf-8", "replace")
            text = value.decode("utf-8", "replace").strip()[:_VALUE_LENGTH]
            if name in _VERSION_KEYS and text:
                found.setdefault(name, text)
    return {key: found[key] for key in _VERSION_KEYS if key in found}


def _pdb(pe: Any) -> str:
    """The name of the PDB in the CodeView record."""
    for one in getattr(pe, "DIRECTORY_ENTRY_DEBUG", []):
        name = getattr(one.entry, "PdbFileName", None)
        if name:
            return names.leaf(name.partition(b"\0")[0].decode("utf-8", "replace"))
    return ""


def _dwarf(pe: Any, facts: Facts) -> None:
    """DWARF, whose sections have long names, as compilers other than Microsoft's write it."""
    texts = pe.FILE_HEADER.PointerToSymbolTable + pe.FILE_HEADER.NumberOfSymbols * _SYMBOL_BYTES
    for section in pe.sections:
        name = section.Name.rstrip(b"\0")
        if name.startswith(b"/") and name[1:].isdigit() and pe.FILE_HEADER.PointerToSymbolTable:
            at = texts + int(name[1:])
            name = bytes(pe.__data__[at : at + 32]).partition(b"\0")[0]
        if name == b".debug_info":
            size = min(section.Misc_VirtualSize, section.SizeOfRawData)
            found = units(section.get_data(length=size), little=True)
            facts.add("dwarf", str(found) if found.versions else "DWARF")
