"""What is found out about a file that may have symbols. As JSON, each field that is empty is left out."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["CheckedBuild", "CheckedFile", "Content", "Diagnostic", "Facts", "Missing", "Part"]

Content = Literal[
    "coff_symbol_table",
    "compressed_sections",
    "dwarf",
    "dynamic_symbol_table",
    "encrypted_code",
    "exports",
    "managed_code",
    "mini_debuginfo",
    "no_code",
    "pdata",
    "pdb",
    "split_dwarf",
    "split_units_index",
    "symbol_table",
]
"""What may be in a file."""

Part = Literal["names_and_lines", "lines", "unwinding", "debug_information"]
"""What a file may lack: names and lines of functions, lines alone, unwind tables or rules, debug information that is in
files which its own debug information refers to."""


class Diagnostic(msgspec.Struct, frozen=True, omit_defaults=True):
    """Records of a text that are invalid or unusual.

    Attributes:
        kind: what is wrong with them.
        count: their number.
        lines: the numbers of the first lines.
    """

    kind: str
    count: int
    lines: list[int] = []


class Missing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a build lacks, and the file that has it.

    Attributes:
        part: what it lacks.
        text: the same, and where it is, as it is written for people.
        file: the name of the file that has it; empty if it is not known.
        debug_id: the debug id of that file; empty if it is not known.
        code_id: its code id; empty if it is not known.
    """

    part: Part
    text: str
    file: str = ""
    debug_id: str = ""
    code_id: str = ""


class CheckedBuild(msgspec.Struct, frozen=True, omit_defaults=True):
    """One build in a file; a fat file has several.

    Attributes:
        name: the name of the module.
        debug_id: its debug id in Breakpad's spelling.
        code_id: the id of its image: build id, UUID, or time stamp and size.
        os: the operating system that a text names.
        arch: its architecture.
        kind: the usual name of a file of this kind and format, such as `dSYM`.
        debug_info: the format of its debug information, such as `DWARF`.
        unwind_tables: its unwind tables, by their usual names.
        records: how many records are made of it, by kind.
        bad_records: how many of them were discarded as malformed.
        diagnostics: records that are invalid or unusual.
        contents: what else is in it.
        details: the same with numbers, as it is written for people, a clause each.
        missing: what it lacks and where that is.
        losses: what was left out of it, damaged or beyond a limit, a clause each.
        part_of: what it is, if it is a part of other files, and which those are.
        usable_for: `symbols` for names and lines, `unwinding` for the frames of a stack.
    """

    name: str = ""
    debug_id: str = ""
    code_id: str = ""
    os: str = ""
    arch: str = ""
    kind: str = ""
    debug_info: str = ""
    unwind_tables: list[str] = []
    records: dict[str, int] = {}
    bad_records: int = 0
    diagnostics: list[Diagnostic] = []
    contents: list[Content] = []
    details: list[str] = []
    missing: list[Missing] = []
    losses: list[str] = []
    part_of: str = ""
    usable_for: list[str] = []


class CheckedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that was checked.

    Attributes:
        path: its path.
        usable: whether it has symbols or unwind tables that a crash can be matched to: `symbols add` takes it.
        problem: why it is not usable.
        format: its format: `Breakpad`, or that of a debug file.
        size: its bytes.
        builds: the builds in it.
        version_resource: what the version resource of a PE file says, by its keys.
        notes: what else is to be known of it, a clause each.
    """

    path: str
    usable: bool
    problem: str = ""
    format: str = ""
    size: int = 0
    builds: list[CheckedBuild] = []
    version_resource: dict[str, str] = {}
    notes: list[str] = []


class Facts(msgspec.Struct):
    """What a library says of one build.

    Attributes:
        contents: what is in it, each once.
        details: the same with numbers, a clause each.
        debug_file: the name of the file that has its debug information.
        needs: files that its debug information refers to.
        version: the version resource.
        is_cut: whether the file ends before parts that its headers name.
    """

    contents: list[Content] = []
    details: list[str] = []
    debug_file: str = ""
    needs: list[Missing] = []
    version: dict[str, str] = {}
    is_cut: bool = False

    def add(self, content: Content, detail: str) -> None:
        """Add what was found."""
        if content not in self.contents:
            self.contents.append(content)
        self.details.append(detail)
