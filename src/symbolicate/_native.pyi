"""The native engine. It never waits, never searches for a file, and releases the GIL while it works."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt

from symbolicate.errors import InputError

__all__ = [
    "GENERATOR",
    "TABLE_VERSION",
    "Cabinet",
    "Container",
    "DebugFile",
    "HeldRows",
    "ImageMap",
    "LogReader",
    "Lookup",
    "ModuleKey",
    "Naming",
    "PartialPdb",
    "Run",
    "Session",
    "StackIndex",
    "StackRequest",
    "SymbolFile",
    "Table",
    "TableBuilder",
    "UnwindTables",
    "Watch",
    "__version__",
    "build_index",
    "canonical_debug_id",
    "changed_at",
    "check_rules",
    "comparable_function",
    "debug_file_format",
    "debug_file_formats",
    "debug_files",
    "debug_format_of",
    "debug_ids_of_code",
    "decompress_zstd",
    "deflate_each",
    "demangle",
    "demangle_text",
    "explain_record",
    "failure_hash",
    "failure_hashes",
    "find_debug_files",
    "is_minidump",
    "join_parquet",
    "name_record",
    "name_records",
    "table_columns",
]

__version__: str

_Path: TypeAlias = str | PathLike[str]
_Addresses: TypeAlias = npt.NDArray[np.integer[Any]] | Sequence[int]

@final
class ImageMap:
    """Loaded images by address.

    `ends` are the last addresses of the images, *included*, as Apple's reports and App Center write them; for sizes
    there is `from_sizes`. Images may be unsorted, overlapping and listed twice. An address is in the image with the
    greatest start at or below it whose range contains it; of several that start together, the first in the list. An
    image that ends before its start contains nothing.

    With `open_ends` an end of 0 is unknown: the image reaches to the next start above its own, at most 4 GiB. An image
    at 0 has no unknown end.

        starts = np.array([0x1_0000_0000, 0x1_8000_0000], dtype=np.uint64)
        images, offsets = ImageMap(starts, starts + np.uint64(0xffff)).resolve(addresses)
    """

    def __new__(cls, starts: _Addresses, ends: _Addresses, *, open_ends: bool = False) -> ImageMap:
        """Map images by their first and last addresses.

        Raises:
            ValueError: the arrays differ in length, have more than one dimension, or hold a negative number.
            TypeError: they do not hold integers.
        """
    @staticmethod
    def from_sizes(starts: _Addresses, sizes: _Addresses, *, open_ends: bool = False) -> ImageMap:
        """Map images by their first addresses and sizes in bytes.

        A size of 0 is an image that contains nothing, or with `open_ends` one whose size is unknown. An image that
        would wrap ends at the last address.

        Raises:
            ValueError: the arrays differ in length, have more than one dimension, or hold a negative number.
            TypeError: they do not hold integers.
        """
    def resolve(self, addresses: _Addresses) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        """For each address the index of its image, -1 for none, and its distance from that image's start, 0 for none.

        Arrays of `uint64` are read in place, without the GIL. Other integers are converted.

        Raises:
            ValueError: the array has more than one dimension, or holds a negative number.
            TypeError: it does not hold integers.
        """
    def __len__(self) -> int:
        """How many images there are."""

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
        """Function, file and line of each frame of one address, by its index in the array.

        Raises:
            IndexError: there are not so many addresses.
        """
    def lists(self) -> tuple[list[int], list[int | None]]:
        """`starts` and `function_start` as lists, which do not load numpy; a function that is not known is None."""
    def json_frames(self, name: Callable[[str], str], basenames: bool, inlines: bool) -> list[str]:
        """For each address the objects of its frames in JSON, separated by commas, innermost first.

        Args:
            name: gives the name that is written of a function's.
            basenames: whether files are without their folders.
            inlines: whether inlined calls are written; else the innermost place alone.
        """
    def distinct_frames(self) -> tuple[list[int], list[tuple[str, str | None, int | None]]]:
        """For each row which frame it is, and the frames: function, file and line, each once; no line is None."""

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
    def open_or_build(sym_path: _Path, index_path: _Path, seconds: float | None = None) -> SymbolFile:
        """Map a file with its index; the index is built first if there is none for this exact text.

        Args:
            sym_path: the file.
            index_path: its index.
            seconds: how long the text may be read for that; None for no limit.

        Raises:
            TimeoutError: that took longer.
            SymbolFileError: the file cannot be read. An index that cannot be written is kept in memory.
        """
    @staticmethod
    def from_text(text: bytes) -> SymbolFile:
        """Index a text in memory."""
    @property
    def os(self) -> str | None:
        """From the MODULE line; None without one."""
    @property
    def arch(self) -> str | None:
        """From the MODULE line; None without one."""
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
    def content(self) -> str:
        """What it describes at best: `lines`, `functions`, `symbol table`, `exports`, `unwind rules`, or nothing."""
    @property
    def counts(self) -> dict[str, int]:
        """Records by kind.

        Returns:
            `functions`, `publics`, `lines`, `inlines`, `files`, `inline_origins`, `cfi`, `cfi_deltas`, `stack_win`; and
            those of two words as earlier versions called them, with a space.
        """
    @property
    def diagnostics(self) -> list[tuple[str, int, list[int]]]:
        """Oddities of the text: (kind, how many, the first line numbers)."""
    @property
    def bad_records(self) -> int:
        """Records that were thrown away as malformed."""
    def lookup(self, addresses: npt.NDArray[np.uint64] | list[int]) -> Lookup:
        """Functions, files and lines of many addresses relative to the module, in any order."""

_Codes: TypeAlias = tuple[int, int, int]

@final
class StackIndex:
    """Stacks in which near duplicates are found, by the numbers of their frames.

    The codes of a frame are the numbers of its name, of its kin and of its verb. Each kind is numbered from 0; equal
    numbers are alike. -1 is no kin or no verb, -2 an unknown name. Equal names have equal kin and verbs.

    `threshold` is the score from which stacks are near duplicates, above 0 and at most 1; `in_order` is how many
    frames must be equal or kin in the same order for a full score. All methods raise ValueError for numbers that are
    not there.
    """

    def __new__(cls) -> StackIndex: ...
    def __len__(self) -> int:
        """How many stacks there are."""
    def add(
        self,
        names: npt.NDArray[np.int32],
        lengths: npt.NDArray[np.uint8],
        frames: npt.NDArray[np.uint32],
        families: npt.NDArray[np.uint32],
    ) -> None:
        """Add names, and stacks of them.

        Args:
            names: three codes for each new name. Names are numbered from 0; a code that was not there is the next one.
            lengths: for each new stack its number of frames, at most 32.
            frames: the numbers of the names of all these stacks, one stack after the other, the crash first.
            families: for each new stack its family; only stacks of one family are near duplicates.
        """
    def similar(
        self, stack: int | list[_Codes], family: int, threshold: float, in_order: int
    ) -> tuple[list[int], list[float]]:
        """The near duplicates of a stack, in no particular order, and their scores.

        The stack is one of the index, which is found itself, or the codes of another.
        """
    def pairs(
        self, first: int, at_least: int, threshold: float, in_order: int
    ) -> tuple[int, npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
        """Pairs of near duplicates, at least so many unless there are fewer.

        Returns:
            The stack to begin with next time; for each pair the stack, from `first` on, the one before it, the score.
        """
    def score(self, left: list[_Codes], right: list[_Codes], in_order: int) -> float:
        """How similar two stacks are, whatever their families: 0 to 1."""
    def aligned(self, stack: int | list[_Codes], other: int, in_order: int) -> list[tuple[int, int, bool, float]]:
        """The aligned frames of a stack with one of the index.

        Returns:
            The positions of both, whether the frames are equal, and the share of the score.
        """
    def leaders(
        self, threshold: float, in_order: int, together: list[list[int]], apart: list[tuple[int, int]]
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
        """The leader of each stack, and its score with it; a leader has itself and 1.

        In the order of addition, each stack follows the most similar leader before it, of equals the first, or becomes
        a leader. Of stacks that are `together` the first is compared, and the others follow its leader. Stacks that
        are `apart` do not follow one leader. Ctrl-C ends the work.
        """

@final
class StackRequest:
    """A request of the symbolication protocol of Mozilla's services and of samply: stacks of modules and offsets."""

    def __new__(cls, body: bytes, version: int) -> StackRequest:
        """Read the body of a request of version 4 or 5.

        Raises:
            ValueError: it is not JSON, not a request, or beyond a limit; the message says what is wrong, in one line.
        """
    @property
    def modules(self) -> list[tuple[int, str, str]]:
        """The modules that frames lead into, each once: its number, its name and its debug id."""
    @property
    def frames(self) -> int:
        """How many frames there are."""
    def addresses(self, number: int) -> list[int]:
        """The offsets that are looked up in a module, by its number; sorted, each once."""
    def answer(self, found: list[tuple[int, SymbolFile | None, str, str]], budget: int) -> memoryview:
        """The answer in JSON.

        Args:
            found: for modules, by their numbers, their symbols; or without any an error, in one word and as a sentence.
            budget: how many bytes the answer may have.

        Raises:
            ValueError: it would have more.
        """

@final
class Cabinet:
    """An opened Windows cabinet (`.cab`, `.pd_`). May be used by many threads, one at a time."""

    def __new__(cls, path: _Path) -> Cabinet:
        """Read the headers of a cabinet.

        Raises:
            OSError: it cannot be read; without `errno` if it is not a cabinet, or damaged.
        """
    def members(self) -> list[tuple[str, int]]:
        """The name and the size of each file in it; backslashes separate folders."""
    def extract(self, name: str, target: _Path, limit: int) -> int:
        """Write a file's bytes to a path, at most `limit`; returns their number. Of several of one name, the first.

        Raises:
            ArchiveLimitError: it is larger than the limit, or the files before it take too much work.
            OSError: it cannot be read or written; without `errno` if it is damaged.
        """

@final
class Container:
    """An opened input of any kind, and the crashes in it. May be used by many threads.

    A minidump is not read before it is processed; anything else is read and searched for crashes, each of which is
    decoded when it is processed.
    """

    def __new__(
        cls,
        path: _Path,
        data: bytes | None = None,
        files: Sequence[tuple[str | None, str | None, str | None, int | None]] | None = None,
    ) -> Container:
        """Recognise a file, or bytes under a name.

        Args:
            path: the file, or what to call the bytes.
            data: the bytes.
            files: if the data are one App Center log and then the bytes of the files that belong to its crash: of each
                file its id, name, media type, and how many bytes of it there are; None if they are left out.

        Raises:
            InputError: it cannot be read, or is not a crash.
            ValueError: the files have more bytes than the data.
        """
    @staticmethod
    def of_file(path: _Path) -> Container | None:
        """Recognise a file; None if it is no regular file, has no bytes or cannot be looked at: nothing of it was read.

        Raises:
            InputError: it cannot be read, or is not a crash.
        """
    def __len__(self) -> int:
        """How many crashes it has; a container without any has notes that describe its content."""
    @property
    def name(self) -> str:
        """The path, or what the bytes are called."""
    @property
    def held(self) -> int:
        """Bytes of it that are held in memory."""
    @property
    def notes(self) -> list[tuple[str, str]]:
        """What was tolerated in it as a whole: position and sentence."""

@final
class LogReader:
    """A body of `POST /logs`, split into its logs. None of them is decoded; each is copied when it is requested."""

    def __new__(cls, body: bytes, *, logs: int, repaired_bytes: int, data_bytes: int) -> LogReader:
        """Find the logs.

        Args:
            body: `{"logs": […]}`, a list of logs, or a single log; broken JSON is read as far as it can be.
            logs: how many are taken; the rest is counted.
            repaired_bytes: bytes of a log that is repaired if its JSON is broken; a larger one is kept as it was sent.
            data_bytes: bytes that `data` may have, as JSON, to be in the head of a log.

        Raises:
            ValueError: there is no list of logs.
        """

    def __len__(self) -> int:
        """How many logs are available."""

    @property
    def beyond(self) -> int:
        """How many more logs there are."""

    @property
    def notes(self) -> list[str]:
        """What is wrong with the body outside of its logs."""

    def log(self, index: int) -> tuple[int, str | None, bytes, bytes, list[str]]:
        """A log: which one it is, what it is, its JSON, its head, and what was wrong with it.

        What it is: `managedError`, `appleError`, `handledError`, `errorAttachment`, `event`, or `other` for logs that
        are not about a crash; by its type or, without one, by its fields. None if neither shows it.

        The head is strict JSON of bounded size with the fields that identify the log: `type`, `id`, `errorId`,
        `timestamp`, `contentType`, `fileName`, `exception` with nothing but its `type`, an empty `threads`,
        `properties` as texts, and `data` with `dataLength`, the length of the data as JSON.

        Raises:
            IndexError: there is no log of this index.
        """

def is_minidump(data: bytes) -> bool:
    """Whether bytes begin like a minidump, of either byte order."""

@final
class DebugFile:
    """One build in a debug information file; some files have several, for different architectures."""

    @property
    def path(self) -> str:
        """The file."""
    @property
    def name(self) -> str:
        """The name of its file, without folders: that of the module, unless the file was renamed."""
    @property
    def debug_id(self) -> str | None:
        """Its id in Breakpad's spelling; None if it has none."""
    @property
    def code_id(self) -> str | None:
        """What identifies the image file itself, in hex: the build id, the UUID, or time stamp and size."""
    @property
    def arch(self) -> str:
        """Its architecture."""
    @property
    def kind(self) -> str:
        """What it is for, the same word in each format.

        Returns:
            `debug`: it was made to hold debug information. `image`: it is loaded and executed, and may have debug
            information as well. `part`: it belongs to another file, as a `.dwo` file does. `other`: none of these.
        """
    @property
    def kind_name(self) -> str:
        """The same as people call it in this format, such as `dSYM` or `PDB` for `debug`. The words may change."""
    @property
    def base(self) -> int:
        """The address that the linker gave its first byte; 0 if it gave none, or if this file does not say."""
    @property
    def format(self) -> str:
        """The name of its format, such as `Mach-O`."""
    @property
    def debug_info(self) -> str | None:
        """The debug information in it, such as `DWARF`; None: it has neither functions with lines nor inlined calls."""
    @property
    def has_symbols(self) -> bool:
        """Whether it has a symbol table."""
    @property
    def is_compressed(self) -> bool:
        """Whether the file is compressed inside, as PDBs of the kind MSFZ are."""
    @property
    def unwind_tables(self) -> list[str]:
        """The unwind tables in it, by their usual names, such as `.eh_frame`; empty if it has none."""
    def version(self, seconds: float | None = None) -> str:
        """What distinguishes its index from any other that was made for the same id: a word for a file name.

        Raises:
            TimeoutError: so many seconds were over before the files that belong to it were found.
        """
    @property
    def refused_builds(self) -> int:
        """How many other builds of its file are not read, because they are damaged or overlap others."""
    def with_parts(self, paths: Sequence[_Path]) -> DebugFile:
        """The same build, for which these files are opened as well: they may be parts of its debug information."""
    def parts(self) -> list[str]:
        """The paths of the other files that have a part of its debug information, those that were found.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
        """
    def open(self) -> tuple[SymbolFile, tuple[int, int, int]]:
        """Index it in memory.

        Returns:
            The symbols; and what they lack, as `convert` counts.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
        """
    def open_or_build(self, index_path: _Path, seconds: float | None = None) -> SymbolFile:
        """Map its index, made first if there is none for this state of the file; in memory if it cannot be written.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
            TimeoutError: so many seconds were over before.
        """
    def open_or_build_unwind(self, path: _Path, seconds: float | None = None) -> UnwindTables:
        """Map its unwind tables, stored at a path first if they are not there for this state of the file.

        In memory if they cannot be stored. Without any table in the file they are empty.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
            TimeoutError: so many seconds were over before.
        """
    def stored_unwind(self, path: _Path) -> UnwindTables | None:
        """Map its unwind tables at a path; None if they are not there for this state of the file."""
    def open_for(self, addresses: npt.NDArray[np.uint64] | list[int], index_path: _Path | None = None) -> SymbolFile:
        """Symbols that answer for these addresses, relative to the module, as the whole index does.

        If there is an index for this state of the file at the path, it is mapped. Else the parts of the file that the
        addresses need are read, which takes a small part of the time of an index; nothing is stored.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
        """
    def survey(self, seconds: float | None = None) -> bool | None:
        """Whether its symbols have inlined calls, for `open_part`.

        None if a part of it is not worth while: sections are compressed, or there are no lines.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
            TimeoutError: so many seconds were over before.
        """
    def open_part(self, addresses: Sequence[int], inlines: bool, seconds: float | None = None) -> SymbolFile:
        """Symbols that answer for these addresses, relative to the module, as the whole index does.

        They have all unwind rules that are among the records. The engine asks for further addresses when it needs them,
        see `Session.take_lacking`.

        Args:
            addresses: the addresses.
            inlines: what `survey` returned.
            seconds: how long that may take; None without end.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
            TimeoutError: so many seconds were over before.
        """
    def convert(
        self,
        target: _Path,
        name: str | None = None,
        code: tuple[str, str] | None = None,
        unwind: Sequence[UnwindTables] = ...,
    ) -> tuple[int, int, int]:
        """Write it as Breakpad text into a file, which appears whole or not at all.

        Args:
            target: the file.
            name: what the MODULE line calls the debug file, if not as this file is called.
            code: the code id and the name of the binary, for a line INFO CODE_ID if this file has none.
            unwind: unwind tables of other files of the module, whose rules the text gets as well.

        Returns:
            How many parts of it could not be read, how many were left out or shortened because they exceed a limit, and
            how many are in other files, which were not found.

        Raises:
            SymbolFileError: it cannot be read, or is not the file it was.
            OSError: the target cannot be written.
        """

@final
class PartialPdb:
    """A PDB on a server, of which only the parts that some answers need are fetched.

    What comes is kept in memory. May be used by many threads.
    """

    def __new__(cls, size: int, name: str, with_rules: bool = False) -> PartialPdb:
        """Nothing of a file yet.

        Args:
            size: bytes of the whole file.
            name: the name of the PDB, which `SymbolFile.name` has, and which errors begin with.
            with_rules: whether all unwind rules are wanted, beside the symbols of addresses.

        Raises:
            OSError: there are not so many addresses.
        """
    @property
    def size(self) -> int:
        """Bytes of the whole file."""
    @property
    def bytes_present(self) -> int:
        """Bytes that are there."""
    @property
    def debug_id(self) -> str | None:
        """The id; None as long as `needed` has not found it. A file of another id is of no use."""
    def needed(
        self, addresses: npt.NDArray[np.uint64] | list[int] | None = None, seconds: float | None = None
    ) -> list[tuple[int, int]]:
        """Ranges of the file that are needed next, as (offset, length), in the order of the file.

        Args:
            addresses: those that answers are wanted for, relative to the module; None for the id alone.
            seconds: how long that may take; None without end.

        Returns:
            The ranges. Give them to `provided` and ask again: what they say leads to others. Empty when all is there.

        Raises:
            SymbolFileError: what is there is damaged, or the file is of a kind that is not read.
            TimeoutError: so many seconds were over before.
        """
    def provided(self, offset: int, data: bytes) -> None:
        """Keep bytes of the file.

        Raises:
            ValueError: they are beyond the end of the file.
        """
    def open_for(self, addresses: npt.NDArray[np.uint64] | list[int], seconds: float | None = None) -> SymbolFile:
        """Symbols that answer for these addresses, relative to the module, as those of the whole file do.

        The engine asks for further addresses when it needs them, see `Session.take_lacking`.

        Raises:
            SymbolFileError: something is still needed; what is there is damaged.
            TimeoutError: so many seconds were over before.
        """

@final
class UnwindTables:
    """The unwind tables, or the unwind rules of a symbol file, of one module in one file, mapped."""

    @staticmethod
    def open(path: _Path, location: _Path | None = None) -> UnwindTables:
        """Map a stored form by itself, whatever file it was made from.

        Args:
            path: the stored form.
            location: what `location` is, if not the path.

        Raises:
            SymbolFileError: it cannot be read, or is damaged or of another version.
        """
    @staticmethod
    def of_symbols(symbols: SymbolFile, location: _Path) -> UnwindTables:
        """The unwind rules of a symbol file whose symbols are not used: `STACK WIN`, `STACK CFI`.

        Args:
            symbols: the symbol file.
            location: its path.
        """
    @property
    def location(self) -> str:
        """The file that has them."""
    @property
    def names(self) -> list[str]:
        """Their usual names, such as `.eh_frame`, in the order in which they are tried."""

@final
class Session:
    """The engine, and the symbols of the modules that were resolved. May be used by many threads."""

    def __new__(cls) -> Session: ...
    def resolve(
        self,
        key: ModuleKey,
        symbols: SymbolFile | None,
        candidates: Sequence[tuple[str, str, str, str]],
        decisive: int | None = None,
        unwind: Sequence[UnwindTables] = ...,
    ) -> None:
        """Record the result of the search for a module's symbols.

        Args:
            key: the module.
            symbols: the symbols.
            candidates: location, source, outcome and detail of each.
            decisive: the index of the candidate that the status is about; by default the last if there are symbols.
            unwind: unwind tables of the module, those of its binary first; they are tried before the rules of the
                symbols. A module may have them without symbols.

        Raises:
            ValueError: an outcome is unknown.
        """
    def take_lacking(self, key: ModuleKey) -> list[int]:
        """Addresses of a module, relative to its base, that crashes needed since the last call and lack.

        Its symbols are of `PartialPdb`, and do not answer for them.
        """
    def process_batch(
        self,
        crashes: list[tuple[Container, int]],
        jobs: int,
        naming: Naming | None = None,
        full: bool = False,
        report_bytes: int | None = None,
    ) -> list[bytes | list[ModuleKey] | InputError]:
        """Process many crashes in parallel, each by its opened input and its index in it.

        The results are those of the first crashes, of at least one: a batch ends early if its reports have many bytes.
        A result is the bytes of the report, or the modules whose symbols it needs first, or the error that the crash
        could not be read. With `full` the reports of dumps have the environment and the whole memory map, too.
        `report_bytes` is what a report may have; by default that depends on its input.
        """

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
        ValueError: it is not a record.
    """

def explain_record(record: bytes, naming: Naming) -> bytes:
    """As `name_record`, with an explanation: `class_from`, `code_from` and `frames`.

    Raises:
        ValueError: it is not a record.
    """

def name_records(lines: bytes, naming: Naming, first_line: int = 1) -> tuple[bytes, int]:
    """Name many records, a line each, in parallel: a line for each, and how many could not be named.

    Those have a line with `error` and `line`, counted from `first_line`. Empty lines are skipped.
    """

def build_index(sym_path: _Path, index_path: _Path) -> None:
    """Build the index of a symbol file at a path.

    Raises:
        SymbolFileError: the file cannot be read.
        OSError: the index cannot be written.
    """

def debug_file_format(path: _Path) -> str | None:
    """The name of a debug file's format, by its first bytes; None if the format is not supported."""

def debug_format_of(head: bytes) -> str | None:
    """The name of the format that a file with these first bytes has; None if the format is not supported."""

def debug_file_formats() -> list[str]:
    """The names of the supported debug file formats."""

def debug_files(path: _Path) -> list[DebugFile]:
    """The builds in a file, in its order; empty if its format is not supported.

    Raises:
        SymbolFileError: it cannot be read, or its headers are damaged.
    """

def find_debug_files(folder: _Path) -> tuple[list[DebugFile], list[tuple[str, str]], bool, bool]:
    """The builds in all files below a folder, by path; and what else was seen there.

    After the builds: files that cannot be read, and damaged debug files, by path, each with its reason, at most 1,000;
    whether the folder holds more than was looked at; whether all of it was seen to be symbol files in text.

    Only headers are read. Hidden files, `__MACOSX` and files of kinds that are not read are skipped. A folder that is
    reachable by several paths is searched once. Signals are handled meanwhile: Ctrl-C raises KeyboardInterrupt.
    """

def changed_at(path: _Path) -> int:
    """When a file or folder changed, in nanoseconds since 1970; 0 if it cannot be looked at."""

def canonical_debug_id(text: str) -> str | None:
    """The canonical spelling of a debug id in any other; None for a text that is not one, or all zero.

    Upper-case digits of the GUID or signature, then the age in lower case without leading zeros, no dashes.
    """

def debug_ids_of_code(code_id: str) -> list[str]:
    """The debug ids that tools derive from a build id or a UUID, the likelier first; none of a PE file's."""

def comparable_function(name: str, os: str = "") -> str:
    """A function without parameters, compiler noise and template arguments; empty if the text names none.

    `os` is a report's, and decides what is noise.
    """

def demangle(name: str) -> str:
    """The readable form of a mangled name; any other text as it is.

    C++ has its parameters. Swift of every version is written as in Apple's crash reports: types by their path, argument
    labels, neither modules nor types of arguments. An example is `closure #1 in View.load(from:)`.
    """

def demangle_text(text: bytes) -> bytes:
    """A text with every mangled word in it readable. Bytes that are no UTF-8 stay as they are."""

def failure_hash(name: str, mode: str = "um") -> str:
    """The hash of a failure name: `um` for user mode, `km` for kernel mode.

    Raises:
        ValueError: the mode is neither.
    """

def deflate_each(texts: Sequence[bytes]) -> list[bytes]:
    """Compress each of many small texts into a stream of zlib of its own, quickly rather than well.

    Raises:
        ValueError: the compressor has failed.
    """

def decompress_zstd(source: _Path, target: _Path, limit: int) -> int:
    """Decompress a file to a path, at most `limit` bytes; returns their number.

    Raises:
        ArchiveLimitError: it becomes larger than the limit.
        OSError: it cannot be read or written; without `errno` if it is damaged.
    """

@final
class Run:
    """Inputs that become rows, one after the other, on the thread of the caller, who finds symbols.

    Args:
        out: the file of the rows, which does not exist yet.
        form: `ndjson`: a line of JSON for each crash and each error. `parquet`: a row of a table for each of them.
        watch: what is being done. Each input, each file of an archive, and each call of `step` is a step.
        poison: steps that are left out: each is an error with this message.
        hints: what users can do about errors, by their kinds; for lines of JSON.
        naming: how failures are named.
        full: as for `Session.process_batch`.
        report_bytes: as for `Session.process_batch`.
        begin: of lines: write them from this byte on to a file that may exist, where they are on the disk at the end.
        held: of lines: keep them in memory, unless they have more bytes than these.

    Raises:
        OSError: the file cannot be created.
    """

    def __new__(
        cls,
        out: _Path,
        form: str,
        watch: Watch,
        poison: Mapping[int, str],
        hints: Mapping[str, str],
        naming: Naming | None = None,
        full: bool = False,
        report_bytes: int | None = None,
        *,
        begin: int | None = None,
        held: int | None = None,
    ) -> Run: ...
    def add(self, inputs: Sequence[tuple[str, _Path | None, bytes | None, tuple[str, str] | None]]) -> None:
        """Add inputs behind the others; after `not_a_crash` the files of that input.

        Each is what it is called in rows of errors and of tables, and its path, or its bytes, or the kind and the
        message of its error. What is no regular file is not opened, and is an error.
        """

    def next(
        self, session: Session
    ) -> tuple[Literal["needs"], list[ModuleKey]] | tuple[Literal["not_a_crash"], int] | None:
        """Process inputs until something has to be done.

        Returns:
            `needs` and the modules whose symbols are needed: call `Session.resolve` for each, and go on.
            `not_a_crash` and the number of an input, from 0: it may be an archive. Add its files and go on, or not;
            then call `settle`.
            None: all that was added is done.

        Raises:
            OSError: the rows cannot be written.
        """

    def step(self, source: str) -> bool:
        """A step begins that the caller does for an input. If it is left out, its error is a row, and this is false.

        Raises:
            OSError: the row cannot be written.
        """

    def settle(self) -> None:
        """An input that is not a crash is done. Unless its files became rows, its error does.

        Raises:
            OSError: the row cannot be written.
        """

    def end(self) -> tuple[int, int, bytes, HeldRows | None]:
        """Write what is left.

        Returns:
            The number of rows, and of their bytes; what was counted, as the JSON of `summary.tally.Tally`, where the
            time of an input is without that of the search for symbols; the rows that are in memory, or None if they
            are in the file.

        Raises:
            OSError: the rows cannot be written.
        """

@final
class HeldRows:
    """Rows in memory."""

    def write_at(self, path: _Path, begin: int) -> None:
        """Write them to a place in a file that may exist; they are on the disk when this returns.

        Raises:
            OSError: they cannot be written.
        """

    def write_new(self, path: _Path) -> None:
        """Write them to a new file.

        Raises:
            OSError: they cannot be written.
        """

@final
class Watch:
    """What a worker process is doing, in memory that it may share with another process.

    Nothing here is a system call, and what was written last is there when a process has ended.

    Args:
        descriptor: a file without a name, which several processes have open; None for this process alone.

    Raises:
        OSError: the file cannot be mapped.
    """

    def __new__(cls, descriptor: int | None = None) -> Watch: ...
    def begin(self, step: int) -> None:
        """A step begins: one thing that may take too long or end the process.

        The number of a step depends on the inputs alone, so the same step can be left out the next time.
        """

    def waits(self, yes: bool) -> None:
        """Symbols or an object are waited for, which has a time limit of its own; or not any more."""

    def reset(self) -> None:
        """Nothing has been done."""

    def read(self) -> tuple[int, int, int, bool]:
        """A number that changes with every call of another method, the step, the inputs done, whether it waits."""

GENERATOR: str
"""What texts that are made of debug files say of their making: the version of this program and of its readers."""

TABLE_VERSION: int
"""Version of the columns of a table; it grows when columns are added."""

@final
class Table:
    """Rows of crashes: immutable, in Arrow's format."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""

    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows by the Arrow PyCapsule interface: pyarrow, polars, DuckDB and others read it, without a copy.

        The schema is always that of the table.
        """

    def parquet(self) -> bytes:
        """The rows as a Parquet file, compressed with zstd. The same rows give the same bytes."""

@final
class TableBuilder:
    """A table that grows by a row at a time. May be used by several threads.

    It takes 1,048,576 rows, and 1 GiB of documents.
    """

    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    def report(self, source: str, number: int, document: bytes) -> None:
        """Add a crash by the JSON document of its report. Values of an unexpected type are null.

        Args:
            source: the path or name of the input.
            number: the number of the crash in its input, from 0.
            document: the document.

        Raises:
            ValueError: the document is not JSON, or the table is full. Nothing is added.
        """

    def error(self, source: str, kind: str, message: str) -> None:
        """Add an input, or a crash of it, that could not be read.

        Raises:
            ValueError: the table is full.
        """

    def finish(self) -> Table:
        """The table of all rows; the builder is empty afterwards."""

def join_parquet(parts: Sequence[_Path], out: _Path) -> int:
    """Write the rows of several Parquet files of tables into one, in their order; returns the number of rows.

    Row groups are copied without being decoded, so damage inside of one is not found. The file appears whole or not
    at all.

    Raises:
        ValueError: a part is damaged, not a table, or a table of another version; the message names it.
        OSError: a part cannot be read, or the file not be written.
    """

def failure_hashes(path: _Path) -> set[str]:
    """The failure hashes of a table: of the column `failure_hash` of a Parquet file, or of lines of reports in JSON.

    Raises:
        ValueError: the file is neither, or damaged; the message names it.
        OSError: it cannot be read.
    """

def table_columns() -> list[tuple[str, str, str]]:
    """Every column of a table, and every field in the items of its lists: path, type and meaning."""
