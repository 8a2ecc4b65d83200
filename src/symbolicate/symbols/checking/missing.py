"""Which half of a module's symbols a file lacks, and which file has it.

A crash needs two things of a module: names and lines for addresses, and unwind tables for the walk. Compilers put both
into one file, and tools that strip or convert it separate them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.symbols.acceptance import has_rules
from symbolicate.symbols.checking.findings import Missing

if TYPE_CHECKING:
    from symbolicate._native import DebugFile, SymbolFile
    from symbolicate.symbols.checking.findings import Facts, Part

__all__ = ["of_debug_file", "of_text"]

_DEBUG_FILES = {"Mach-O": "dSYM", "PE": "PDB"}


def of_debug_file(build: DebugFile, records: dict[str, int], facts: Facts, parts: int) -> list[Missing]:
    """What a build in a debug file or an image lacks.

    Args:
        build: the build.
        records: the records made of it, by kind.
        facts: what a library says of it.
        parts: how many parts of its debug information are in other files, which were not found.
    """
    found: list[Missing] = []
    if not build.unwind_tables and not has_rules(records):
        found.append(_unwinding(build, facts))
    if not records.get("lines"):
        found.append(_lines(build, records, facts))
    elif build.format == "PE" and facts.debug_file:
        text = f"names and lines of other code: {_debug_file(build, facts)} may have them"
        found.append(_in_debug_file("names_and_lines", text, build, facts))
    if not parts:
        return found
    text = f"debug information of {parts:,} unit{'' if parts == 1 else 's'} is in .dwo files or in a .dwp file"
    return found + (facts.needs or [Missing("debug_information", text)])


def of_text(opened: SymbolFile, records: dict[str, int]) -> list[Missing]:
    """What a symbol file in Breakpad's format lacks."""
    debug_id, code_id = opened.debug_id or "", opened.code_id or ""
    found: list[Missing] = []
    if not has_rules(records):
        text = "unwind rules: the binary with this id has unwind tables"
        found.append(Missing("unwinding", text, debug_id=debug_id, code_id=code_id))
    if not records.get("lines"):
        found.append(Missing("lines", "lines: it was made of a file without debug information"))
    return found


def _unwinding(build: DebugFile, facts: Facts) -> Missing:
    if build.format == "PE" and build.arch == "x86":
        text = f"unwind rules: binaries of x86 have none; {_debug_file(build, facts)} has frame data"
        return _in_debug_file("unwinding", text, build, facts)
    if facts.is_cut:
        return Missing("unwinding", "unwind tables: the file is cut short; a whole copy of it may have them")
    if build.kind == "image":
        text = "unwind tables: the binary has none, so its stacks are walked by frame pointers and scanned"
        return Missing("unwinding", text)
    text = f"unwind tables: the binary with the {_identity(build)} has them"
    return Missing("unwinding", text, debug_id=build.debug_id or "", code_id=build.code_id or "")


def _lines(build: DebugFile, records: dict[str, int], facts: Facts) -> Missing:
    if "dwarf" in facts.contents and build.debug_info is None:
        return Missing("lines", "lines and inlined calls: debug information of big-endian processors is not read")
    part: Part = "lines" if records else "names_and_lines"
    what = "lines and inlined calls" if records else "names and lines"
    if facts.is_cut:
        return Missing(part, f"{what}: the file is cut short; a whole copy of it may have them")
    if build.kind != "image":
        text = f"{what}: it was stripped; the {build.kind_name} that the linker wrote, with the same id, has them"
        return _in_debug_file(part, text, build, facts)
    return _in_debug_file(part, f"{what}: {_debug_file(build, facts)} has them", build, facts)


def _in_debug_file(part: Part, text: str, build: DebugFile, facts: Facts) -> Missing:
    # The code id of a PE file is not the code id of its PDB, which has none.
    code_id = "" if build.format == "PE" else build.code_id or ""
    return Missing(part, text, facts.debug_file, build.debug_id or "", code_id)


def _debug_file(build: DebugFile, facts: Facts) -> str:
    called = f" {facts.debug_file}" if facts.debug_file else ""
    kind = _DEBUG_FILES.get(build.format, "debug file")
    return f"the {kind}{called} with the {_identity(build, of_debug_file=True)}"


def _identity(build: DebugFile, *, of_debug_file: bool = False) -> str:
    if build.format == "ELF" and (build_id := build.code_id):
        # Where distributions put it, below /usr/lib/debug.
        path = f" (.build-id/{build_id[:2]}/{build_id[2:]}.debug)" if of_debug_file else ""
        return f"build id {build_id}{path}"
    return f"debug id {build.debug_id}" if build.debug_id else "same id"
