"""Turn raw crashes into named, counted failures.

    report = symbolicate.process("crash.dmp", symbols="symbols/")
    print(report.failure.name, report.failure.hash)

Importing this package is cheap: each public name is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate._native import ImageMap, SymbolFile, demangle, failure_hash
    from symbolicate.engine import Input, Outcome, Session, process, process_async, process_many, process_many_async
    from symbolicate.errors import (
        EmptyInputError,
        EngineError,
        InputAbandonedError,
        InputError,
        InputIsDirectoryError,
        InputNotFoundError,
        InputUnreadableError,
        NotACrashError,
        RulesError,
        SymbolFileError,
        SymbolicateError,
        SymbolSourceError,
        SymbolStoreError,
    )
    from symbolicate.failure import explain_failure, failure_name
    from symbolicate.report import Failure, Frame, Module, Report, Thread
    from symbolicate.symbols.candidates import Candidate
    from symbolicate.symbols.fetching.network import Network
    from symbolicate.symbols.resolution import Offer, Resolution, UnwindOffer, Wanted
    from symbolicate.symbols.sources.source import Source, UnwindSource
    from symbolicate.symbols.store import SymbolStore

    __version__: str

_HOMES = {
    "_native": ("ImageMap", "SymbolFile", "__version__", "demangle", "failure_hash"),
    "engine": ("Input", "Outcome", "Session", "process", "process_async", "process_many", "process_many_async"),
    "errors": (
        "EmptyInputError",
        "EngineError",
        "InputAbandonedError",
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
    ),
    "failure": ("explain_failure", "failure_name"),
    "report": ("Failure", "Frame", "Module", "Report", "Thread"),
    "symbols.candidates": ("Candidate",),
    "symbols.fetching.network": ("Network",),
    "symbols.resolution": ("Offer", "Resolution", "UnwindOffer", "Wanted"),
    "symbols.sources.source": ("Source", "UnwindSource"),
    "symbols.store": ("SymbolStore",),
}
_RENAMED = {"StoreError": "SymbolStoreError"}  # earlier names, which work for one more version
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Candidate",
    "EmptyInputError",
    "EngineError",
    "Failure",
    "Frame",
    "ImageMap",
    "Input",
    "InputAbandonedError",
    "InputError",
    "InputIsDirectoryError",
    "InputNotFoundError",
    "InputUnreadableError",
    "Module",
    "Network",
    "NotACrashError",
    "Offer",
    "Outcome",
    "Report",
    "Resolution",
    "RulesError",
    "Session",
    "Source",
    "SymbolFile",
    "SymbolFileError",
    "SymbolSourceError",
    "SymbolStore",
    "SymbolStoreError",
    "SymbolicateError",
    "Thread",
    "UnwindOffer",
    "UnwindSource",
    "Wanted",
    "__version__",
    "demangle",
    "explain_failure",
    "failure_hash",
    "failure_name",
    "process",
    "process_async",
    "process_many",
    "process_many_async",
]


def __getattr__(name: str) -> object:
    if name in _RENAMED:
        import warnings  # rarely needed, and slow to load

        warnings.warn(f"symbolicate.{name} was renamed to {_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        name = _RENAMED[name]
    import importlib

    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
