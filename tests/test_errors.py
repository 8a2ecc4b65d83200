"""Errors are values with a class, a name and a hint; faults of the engine come as exceptions like others."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING

import pytest

import symbolicate
from symbolicate import errors
from symbolicate._native import Container, ModuleKey, Session, SymbolFile, build_index
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.NotACrashError, ValueError),
        (errors.EmptyInputError, ValueError),
        (errors.InputNotFoundError, FileNotFoundError),
        (errors.InputIsDirectoryError, IsADirectoryError),
        (errors.InputUnreadableError, OSError),
        (errors.EngineError, RuntimeError),
    ],
)
def test_input_errors_are_builtins_too_and_pickle(kind: type[errors.InputError], builtin: type[Exception]) -> None:
    error = kind("what is wrong", input="a.dmp")
    assert isinstance(error, builtin)
    assert str(error) == "a.dmp: what is wrong"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), again.input, again.message, again.hint) == (kind, "a.dmp", "what is wrong", error.hint)


def test_every_error_is_drawn_in_the_docstring() -> None:
    for name in set(errors.__all__) - {"StoreError"}:  # the former name
        assert name in (errors.__doc__ or "")
        assert issubclass(getattr(errors, name), errors.SymbolicateError)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", errors.EmptyInputError),
        (b"hello", errors.NotACrashError),
        (b"MDMP", errors.NotACrashError),
        (tiny_dump()[:31], errors.NotACrashError),
        (b"PMDM" + tiny_dump()[4:], errors.NotACrashError),
        (b"\x7fELF" + b"\0" * 100, errors.NotACrashError),
    ],
)
def test_bytes_that_are_no_crash(data: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        symbolicate.process(data)
    assert isinstance(caught.value, errors.InputError)
    assert caught.value.input == "<bytes>"


def test_files_that_are_no_crash(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("hello there")
    for name, kind in [
        ("nothing", errors.InputNotFoundError),
        (".", errors.InputIsDirectoryError),
        ("empty", errors.EmptyInputError),
        ("text", errors.NotACrashError),
        ("a\0b", errors.InputUnreadableError),
        ("/dev/zero", errors.InputUnreadableError),
        ("x" * 5000, errors.InputUnreadableError),
        ("\ud800", errors.InputUnreadableError),
    ]:
        for path in (tmp_path / name, os.fspath(tmp_path / name)):
            with pytest.raises(kind) as caught:
                symbolicate.process(path)
            assert isinstance(caught.value, errors.InputError)
            assert os.fspath(path) == caught.value.input


def test_the_native_module_raises_the_same_errors(tmp_path: Path) -> None:
    with pytest.raises(errors.InputNotFoundError):
        Container(tmp_path / "nothing")
    with pytest.raises(errors.EmptyInputError):
        Container("-", b"")
    with pytest.raises(errors.NotACrashError):
        Container("-", b"hello")
    with pytest.raises(errors.SymbolFileError, match="nothing"):
        SymbolFile.open(tmp_path / "nothing")
    with pytest.raises(errors.SymbolFileError, match="nothing"):
        build_index(tmp_path / "nothing", tmp_path / "index")
    with pytest.raises(ValueError, match="bad outcome"):
        Session().resolve(ModuleKey("a", "b"), None, [("/a.sym", "/", "bad outcome", "")])
    with pytest.raises(ValueError, match="mode"):
        symbolicate.failure_hash("x", mode="xm")


def test_an_index_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.sym").write_text("MODULE Linux x86_64 5A9832E5287241C1838ED98914E9B7FF1 a\n")
    build_index(tmp_path / "a.sym", tmp_path / "a.syx")
    assert (tmp_path / "a.syx").stat().st_size > 0
    with pytest.raises(OSError, match="nowhere"):
        build_index(tmp_path / "a.sym", tmp_path / "nowhere" / "a.syx")
