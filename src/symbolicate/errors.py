"""The exceptions that this package raises.

Missing symbols are never an error: they are a status in the report. The tree:

    SymbolicateError
    ├── InputError                    an input cannot be read as a crash; has .input and .hint
    │   ├── NotACrashError            (ValueError) unknown kind, no crash in it, or truncated in the header
    │   ├── EmptyInputError           (ValueError) no bytes
    │   ├── InputNotFoundError        (FileNotFoundError) the file does not exist
    │   ├── InputIsDirectoryError     (IsADirectoryError) a folder, not a file
    │   ├── InputUnreadableError      (OSError) the file exists and cannot be read
    │   ├── InputAbandonedError       of a batch: processing it took too long, or ended the process
    │   └── EngineError               (RuntimeError) a defect of the engine, such as a panic: please report it
    ├── SymbolFileError               (ValueError) a symbol file cannot be read at all
    ├── SymbolSourceError             (ValueError) not a valid symbol source
    ├── RulesError                    (ValueError) an invalid file of naming rules; has .problems
    ├── SymbolStoreError              (OSError) the symbol store cannot be written
    └── ArchiveLimitError             (OSError) an archive exceeds a limit while it is extracted
"""

from __future__ import annotations

__all__ = [
    "ArchiveLimitError",
    "EmptyInputError",
    "EngineError",
    "InputAbandonedError",
    "InputError",
    "InputIsDirectoryError",
    "InputNotFoundError",
    "InputUnreadableError",
    "NotACrashError",
    "RulesError",
    "StoreError",  # noqa: F822 - the former name, see `__getattr__`
    "SymbolFileError",
    "SymbolSourceError",
    "SymbolStoreError",
    "SymbolicateError",
]


class SymbolicateError(Exception):
    """Base class of every exception that this package raises deliberately."""


class InputError(SymbolicateError):
    """An input cannot be read as a crash. Other inputs of the same call are not affected.

    Attributes:
        input: the name of the input: its path, `-`, or `<bytes>`.
        message: the problem, in one line.
        hint: what the user can do about it, or None.
    """

    hint: str | None = None

    def __init__(self, message: str, input: str = "<bytes>", hint: str | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.input = input
        self.message = message
        if hint is not None:
            self.hint = hint

    def __str__(self) -> str:
        return f"{self.input}: {self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.input, self.hint))


def _rebuild(kind: type[InputError], message: str, name: str, hint: str | None) -> InputError:
    """Rebuild an unpickled error: pickle does not pass keyword arguments to exceptions."""
    return kind(message, input=name, hint=hint)


class NotACrashError(InputError, ValueError):
    """The bytes are of an unknown kind, contain no crash, or end inside the header."""


class EmptyInputError(InputError, ValueError):
    """The input has no bytes."""

    hint = "the file was probably truncated when it was written or copied"


class InputNotFoundError(InputError, FileNotFoundError):
    """The file does not exist."""


class InputIsDirectoryError(InputError, IsADirectoryError):
    """The path is a folder where a file is expected."""

    hint = "`symbolicate batch` processes folders"


class InputUnreadableError(InputError, OSError):
    """The file exists and cannot be read."""


class InputAbandonedError(InputError):
    """In a batch: processing it took too long, needed too much memory, or ended the process."""


class EngineError(InputError, RuntimeError):
    """A defect of the engine, such as a panic, that this input triggered."""

    hint = "this is a defect of symbolicate, not of the input: please report it"


class SymbolFileError(SymbolicateError, ValueError):
    """A symbol file cannot be read at all. Invalid records in a readable file are diagnostics, not errors."""


class SymbolSourceError(SymbolicateError, ValueError):
    """A symbol source is neither a folder nor a symbol file."""


class SymbolStoreError(SymbolicateError, OSError):
    """The symbol store cannot be written."""


class ArchiveLimitError(SymbolicateError, OSError):
    """A file of an archive becomes larger than it may, or takes too much work. The message states which."""


class RulesError(SymbolicateError, ValueError):
    """A file of naming rules is invalid.

    Attributes:
        path: the file.
        problems: pairs of a line number (0 for the whole file) and the problem there.
    """

    def __init__(self, path: str, problems: list[tuple[int, str]]) -> None:
        super().__init__(path, problems)
        self.path = path
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(
            f"{self.path}:{line}: {text}" if line else f"{self.path}: {text}" for line, text in self.problems
        )


def __getattr__(name: str) -> object:
    if name == "StoreError":
        import warnings

        warnings.warn("StoreError was renamed to SymbolStoreError", DeprecationWarning, stacklevel=2)
        return SymbolStoreError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
