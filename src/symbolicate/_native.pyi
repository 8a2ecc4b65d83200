"""The native engine. It waits for nothing, looks for no file by itself, and lets other threads run while it works."""

from os import PathLike
from typing import TypeAlias, final

import numpy as np
import numpy.typing as npt

from symbolicate.errors import InputError

__all__ = [
    "Lookup",
    "ModuleKey",
    "Naming",
    "Session",
    "SymbolFile",
    "__version__",
    "build_index",
    "check_rules",
    "comparable_function",
    "demangle",
    "demangle_text",
    "explain_record",
    "failure_hash",
    "name_record",
    "name_records",
]

__version__: str

_Path: TypeAlias = str | PathLike[str]

@final
class ModuleKey:
    """What names the symbols of a module."""

    def __new__(cls, debug_file: str, debug_id: str, code_file: str = "", code_id: str = "") -> ModuleKey: ...
    @property
    def debug_file(self) -> str:
        """File name of the debug file; empty if unknown."""
    @property
    def debug_id(self) -> str:
        """Debug id in Breakpad's spelling; empty if unknown."""
    @property
    def code_file(self) -> str:
        """File name of the image."""
    @property
    def code_id(self) -> str:
        """Build id, or time stamp and size; empty if unknown."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Lookup:
    """What many addresses came to, as flat arrays.

    The source-level frames of address `i` are the rows `starts[i]` to `starts[i + 1]`, innermost first; the last of
    them is the function itself, those before it are inlined. No row: no symbol there.
    """

    @property
    def starts(self) -> npt.NDArray[np.uint64]:
        """Where the rows of each address begin; one more than there are addresses."""
    @property
    def function_start(self) -> npt.NDArray[np.uint64]:
        """For each address the first address of its function, relative to the module; all ones if there is none."""
    @property
    def function(self) -> npt.NDArray[np.uint64]:
        """For each row the number of its function's name, for `function_names`."""
    @property
    def file(self) -> npt.NDArray[np.uint32]:
        """For each row the number of its file, for `file_names`; all ones if unknown."""
    @property
    def line(self) -> npt.NDArray[np.uint32]:
        """For each row its line; all ones if unknown."""
    def __len__(self) -> int:
        """How many addresses there are."""
    def function_names(self, functions: npt.NDArray[np.uint64]) -> list[str]:
        """The names of functions, by their numbers. Equal numbers are equal names."""
    def file_names(self, files: npt.NDArray[np.uint32]) -> list[str | None]:
        """The names of files, by their numbers."""
    def frames(self, address: int) -> list[tuple[str, str | None, int | None]]:
        """Function, file and line of each frame of one address, by its place in the array.

        Raises:
            IndexError: there are not so many addresses.
        """

@final
class SymbolFile:
    """A symbol file, mapped, with its index."""

    @staticmethod
    def open(sym_path: _Path) -> SymbolFile:
        """Index a file in memory.

        Raises:
            SymbolFileError: it cannot be read.
        """
    @staticmethod
    def open_or_build(sym_path: _Path, index_path: _Path) -> SymbolFile:
        """Map a file with its index; build the index first if there is none for this very text.

        Raises:
            SymbolFileError: the file cannot be read. An index that cannot be written is kept in memory.
        """
    @staticmethod
    def from_text(text: bytes) -> SymbolFile:
        """Index a text in memory."""
    @property
    def os(self) -> str | None:
        """What the MODULE line says; None without one."""
    @property
    def arch(self) -> str | None:
        """What the MODULE line says; None without one."""
    @property
    def debug_id(self) -> str | None:
        """The id of the MODULE line, upper case; None without one."""
    @property
    def name(self) -> str | None:
        """The debug file of the MODULE line; None without one."""
    @property
    def code_id(self) -> str | None:
        """The id of an INFO CODE_ID record; None without one."""
    @property
    def counts(self) -> dict[str, int]:
        """Records by kind."""
    @property
    def diagnostics(self) -> list[tuple[str, int, list[int]]]:
        """Oddities of the text: (kind, how many, the first line numbers)."""
    @property
    def bad_records(self) -> int:
        """Records that were thrown away as malformed."""
    def lookup(self, addresses: npt.NDArray[np.uint64]) -> Lookup:
        """Functions, files and lines of many addresses relative to the module, in any order."""

@final
class Session:
    """Symbols that were supplied, and the engine. May be used by many threads."""

    def __new__(cls) -> Session: ...
    def supply(
        self, key: ModuleKey, status: str, symbols: SymbolFile | None, path: str, detail: str, tried: list[str]
    ) -> None:
        """Say what became of the search for a module's symbols.

        Raises:
            ValueError: the status is unknown, or `loaded` without symbols.
        """
    def process(self, path: _Path, data: bytes | None = None) -> bytes | list[ModuleKey]:
        """Process one dump: the bytes of its report, or the modules whose symbols it needs first.

        Raises:
            InputError: it cannot be read as a crash.
        """
    def process_batch(
        self, inputs: list[tuple[str, bytes | None]], jobs: int, naming: Naming | None = None
    ) -> list[bytes | list[ModuleKey] | InputError]:
        """Process many dumps in parallel, each as `process` does; errors are returned in their place."""

@final
class Naming:
    """How failures are to be named."""

    def __new__(
        cls, profile: str = "wer", vocabulary: str = "classic", rules: tuple[str, str] | None = None
    ) -> Naming: ...
    @property
    def rules_version(self) -> str:
        """The version of the rules, as the hashes carry it."""

def check_rules(name: str, text: str) -> list[tuple[int, str]]:
    """What is wrong with a file of rules: line and sentence."""

def name_record(record: bytes, naming: Naming) -> bytes:
    """Name one record, a JSON object, into the JSON of its failure.

    Raises:
        ValueError: it is no record.
    """

def explain_record(record: bytes, naming: Naming) -> bytes:
    """As `name_record`, and tell how: with `class_from`, `code_from` and `frames`.

    Raises:
        ValueError: it is no record.
    """

def name_records(lines: bytes, naming: Naming, first_line: int = 1) -> tuple[bytes, int]:
    """Name many records, a line each, in parallel: a line for each, and how many could not be named.

    Those have a line with `error` and `line`, counted from `first_line`. Empty lines are passed over.
    """

def build_index(sym_path: _Path, index_path: _Path) -> None:
    """Build the index of a symbol file and put it in its place.

    Raises:
        SymbolFileError: the file cannot be read.
        OSError: the index cannot be written.
    """

def comparable_function(name: str, os: str = "") -> str:
    """A function without parameters, compiler noise and template arguments; empty if the text names none.

    `os` is a report's, and decides what is noise.
    """

def demangle(name: str) -> str:
    """The readable form of a mangled name, C++ with its parameters; any other text as it is."""

def demangle_text(text: bytes) -> bytes:
    """A text with every mangled word in it readable. Bytes that are no UTF-8 stay as they are."""

def failure_hash(name: str, mode: str = "um") -> str:
    """The hash of a failure name: `um` for user mode, `km` for kernel mode.

    Raises:
        ValueError: the mode is neither.
    """
