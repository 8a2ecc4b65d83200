"""The public names: those, lazily, and no others."""

from __future__ import annotations

import importlib.metadata

import pytest

import symbolicate
from symbolicate import errors

PUBLIC = [
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


def test_the_public_names() -> None:
    assert symbolicate.__all__ == PUBLIC
    assert sorted(symbolicate._HOME_OF) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_is_there_and_shown(name: str) -> None:
    assert getattr(symbolicate, name) is not None
    assert name in dir(symbolicate)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = symbolicate.nonsense


def test_a_renamed_class_has_its_old_name_for_one_more_version() -> None:
    with pytest.warns(DeprecationWarning, match="StoreError was renamed to SymbolStoreError"):
        assert symbolicate.StoreError is symbolicate.SymbolStoreError
    with pytest.warns(DeprecationWarning, match="StoreError was renamed to SymbolStoreError"):
        assert errors.StoreError is symbolicate.SymbolStoreError


def test_the_version_is_the_package_s() -> None:
    assert symbolicate.__version__ == importlib.metadata.version("symbolicate")


# From Microsoft's documents and from public crash reports; the hash is theirs.
def test_the_failure_hash_is_microsoft_s() -> None:
    name = "NULL_CLASS_PTR_READ_c0000005_App.exe!Main"
    assert symbolicate.failure_hash(name) == symbolicate.failure_hash(name.upper())
    assert symbolicate.failure_hash(name) != symbolicate.failure_hash(name, mode="km")
    assert len(symbolicate.failure_hash("")) == 36
