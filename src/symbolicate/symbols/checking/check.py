"""Checks one file: what it is, what is in it, whether it is usable and what it lacks."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError
from symbolicate.symbols.acceptance import (
    has_names,
    has_rules,
    has_symbols,
    identity,
    open_in_memory,
    record_counts,
    refusal,
)
from symbolicate.symbols.access import unusable
from symbolicate.symbols.checking import missing
from symbolicate.symbols.checking.findings import CheckedBuild, CheckedFile, Diagnostic, Facts
from symbolicate.symbols.checking.truncation import bytes_missing
from symbolicate.symbols.debug_files import addable, losses
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.parts import is_part, owners, part_of_another

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate._native import DebugFile, SymbolFile

__all__ = ["check_file", "facts_of"]

# The describer of each format, a module of this package, and the library in it.
_DESCRIBERS = {"ELF": ("elf", "pyelftools"), "PE": ("pe", "pefile"), "Mach-O": ("macho", "lief"), "PDB": ("pdb", "")}
_NOTE_LENGTH = 300


def check_file(path: str) -> CheckedFile:
    """Check a file. Whatever is wrong with it is in the result."""
    if reason := unusable(path):
        return CheckedFile(path, usable=False, problem=reason)
    from symbolicate._native import debug_file_format

    known = debug_file_format(path)
    return _check_text(path) if known is None else _check_debug_file(path, known)


def _check_debug_file(path: str, known: str) -> CheckedFile:
    from symbolicate._native import debug_files

    size = os.path.getsize(path)
    lacking = bytes_missing(path, known)
    described, notes = _described(path, known)
    if lacking:
        for facts in described.values() or [described.setdefault("", Facts())]:
            facts.is_cut = True
        notes.insert(0, f"the file is cut short: at least {lacking:,} bytes are missing at its end")
    version = next((facts.version for facts in described.values()), {})

    def found(problem: str, builds: list[CheckedBuild]) -> CheckedFile:
        return CheckedFile(path, not problem, problem, known, size, builds, version, notes)

    checked: list[CheckedBuild] = []
    try:
        builds = debug_files(path)
        if is_part(builds):
            return found(*_check_part(path, builds[0], _facts_of(builds[0], described)))
        for build in builds:  # what was read stays if the next cannot be read
            checked.append(_check_build(build, _facts_of(build, described), is_first=build is builds[0]))  # noqa: PERF401
        addable(path, builds)
    except SymbolFileError as error:
        problem = _without_path(error, path)
        return found(f"{problem}; {notes.pop(0)}" if lacking else problem, checked)
    return found("", checked)


def _described(path: str, known: str) -> tuple[dict[str, Facts], list[str]]:
    """What a library says of each build in a file, by debug id; and what kept it from that."""
    module, library = _DESCRIBERS.get(known, ("", ""))
    if not module:
        return {}, []
    describe: Callable[[str], dict[str, Facts]] = importlib.import_module(
        f"symbolicate.symbols.checking.{module}"
    ).describe
    try:
        return describe(path), []
    except Exception as error:  # noqa: BLE001 - the libraries raise anything on damaged files
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return {}, [f"{library or module} cannot describe it: {said[:_NOTE_LENGTH]}"]


def facts_of(path: str, build: DebugFile) -> Facts:
    """What a library says of a build in a file; nothing if it cannot read the file."""
    return _facts_of(build, _described(path, build.format)[0])


def _facts_of(build: DebugFile, described: dict[str, Facts]) -> Facts:
    return described.get(build.debug_id or "") or described.get("") or Facts()


def _check_build(build: DebugFile, facts: Facts, *, is_first: bool) -> CheckedBuild:
    """Read a build.

    Raises:
        SymbolFileError: it cannot be read.
    """
    opened, lost = build.open()
    records = record_counts(opened)
    usable_for = ["symbols"] if has_symbols(opened) else []
    usable_for += ["unwinding"] if build.unwind_tables or has_rules(records) else []
    return CheckedBuild(
        name=build.name,
        debug_id=build.debug_id or "",
        code_id=build.code_id or "",
        arch=build.arch,
        kind=build.kind_name,
        debug_info=build.debug_info or "",
        unwind_tables=build.unwind_tables,
        records=records,
        bad_records=opened.bad_records,
        diagnostics=_diagnostics(opened),
        contents=facts.contents,
        details=facts.details,
        missing=missing.of_debug_file(build, records, facts, lost[2]),
        losses=list(losses(lost, build.refused_builds if is_first else 0)),
        usable_for=usable_for,
    )


def _check_part(path: str, build: DebugFile, facts: Facts) -> tuple[str, list[CheckedBuild]]:
    """What a part of another file is and which file that is; first, why it is of no use at all."""
    # Linkers copy all of an ELF object file into the program; Apple's leave the debug information where it is.
    is_linked = build.kind_name == "object file" and build.format != "Mach-O"
    belongs = owners(path)
    part_of = part_of_another(build) + (f"; it belongs to {', '.join(belongs)}" if belongs else "")
    checked = CheckedBuild(
        name=build.name,
        code_id=build.code_id or "",
        arch=build.arch,
        kind=build.kind_name,
        debug_info=build.debug_info or "",
        contents=facts.contents,
        details=facts.details,
        part_of=part_of,
    )
    return part_of if is_linked else "", [checked]


def _check_text(path: str) -> CheckedFile:
    """Check a file that is in no format of debug files: a symbol file in Breakpad's format, or nothing of use."""
    try:
        opened = open_in_memory(path)
    except SymbolFileError as error:
        return CheckedFile(path, usable=False, problem=_without_path(error, path))
    problem = refusal(path, module_line(path) or identity(opened), opened) or ""
    records = record_counts(opened)
    if not records and opened.debug_id is None:
        return CheckedFile(path, not problem, problem, size=os.path.getsize(path))
    build = CheckedBuild(
        name=opened.name or "",
        debug_id=opened.debug_id or "",
        code_id=opened.code_id or "",
        os=opened.os or "",
        arch=opened.arch or "",
        kind="symbol file",
        records=records,
        bad_records=opened.bad_records,
        diagnostics=_diagnostics(opened),
        missing=[] if problem else missing.of_text(opened, records),
        usable_for=[
            use for use, is_usable in (("symbols", has_names(records)), ("unwinding", has_rules(records))) if is_usable
        ],
    )
    return CheckedFile(path, not problem, problem, "Breakpad", os.path.getsize(path), [build])


def _diagnostics(opened: SymbolFile) -> list[Diagnostic]:
    return [Diagnostic(kind, count, lines) for kind, count, lines in opened.diagnostics]


def _without_path(error: SymbolFileError, path: str) -> str:
    return str(error).removeprefix(f"{path}: ")
