"""What can go wrong, as exceptions.

Missing symbols are never an error: they are a status in the report. The tree:

    SymbolicateError
    ├── InputError                    one input is no crash we can read; has .input and .hint
    │   ├── NotACrashError            (ValueError) of no known kind, without a crash, or cut in the header
    │   ├── EmptyInputError           (ValueError) nothing in it
    │   ├── InputNotFoundError        (FileNotFoundError) no such file
    │   ├── InputIsDirectoryError     (IsADirectoryError) a folder, not a file
    │   ├── InputUnreadableError      (OSError) it exists and cannot be read
    │   └── EngineError               (RuntimeError) a fault of the engine met on this input: please report it
    ├── SymbolFileError               (ValueError) a symbol file cannot be read at all
    ├── SymbolSourceError             (ValueError) a place given for symbols is none
    ├── RulesError                    (ValueError) a file of rules is wrong; has .problems
    └── SymbolStoreError              (OSError) the symbol store cannot be written
"""

from __future__ import annotations

import warnings

__all__ = [
    "EmptyInputError",
    "EngineError",
    "InputError",
    "InputIsDirectoryError",
    "InputNotFoundError",
    "InputUnreadableError",
    "NotACrashError",
    "RulesError",
    "SymbolFileError",
    "SymbolSourceError",
    "SymbolStoreError",
    "SymbolicateError",
]


class SymbolicateError(Exception):
    """Everything this package raises on purpose."""


class InputError(SymbolicateError):
    """One input cannot be read as a crash. Others are not touched by it.

    Attributes:
        input: the name of the input: its path, `-`, or `<bytes>`.
        message: what is wrong with it, in one line.
        hint: what to do about it, or None.
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
    """An input error from its parts: exceptions with keyword arguments do not pickle by themselves."""
    return kind(message, input=name, hint=hint)


class NotACrashError(InputError, ValueError):
    """The bytes are of no known kind, hold no crash, or are cut inside the header."""


class EmptyInputError(InputError, ValueError):
    """There are no bytes at all."""

    hint = "the file was probably cut off when it was written or copied"


class InputNotFoundError(InputError, FileNotFoundError):
    """There is no such file."""


class InputIsDirectoryError(InputError, IsADirectoryError):
    """A folder was given where a file belongs."""

    hint = "name the files in it, for example with a glob"


class InputUnreadableError(InputError, OSError):
    """The file exists and cannot be read."""


class EngineError(InputError, RuntimeError):
    """A fault of the engine, such as a panic, met while it worked on this input."""

    hint = "this is a fault of symbolicate, not of the input: please report it"


class SymbolFileError(SymbolicateError, ValueError):
    """A symbol file cannot be read at all. Bad records inside one are diagnostics, not errors."""


class SymbolSourceError(SymbolicateError, ValueError):
    """A place given for symbols is neither a folder nor a symbol file."""


class SymbolStoreError(SymbolicateError, OSError):
    """The symbol store cannot be written."""


class RulesError(SymbolicateError, ValueError):
    """A file of rules cannot be used.

    Attributes:
        path: the file.
        problems: line (0: the whole file) and what is wrong there.
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
        warnings.warn("StoreError was renamed to SymbolStoreError", DeprecationWarning, stacklevel=2)
        return SymbolStoreError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
