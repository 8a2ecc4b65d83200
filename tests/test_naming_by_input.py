"""One crash, one name: whatever the processor, the system and the writer of the dump, with symbols or without.

What an input of some kind cannot tell is listed here, kind by kind; everything else must be equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import symbolicate
from places import CORPORA, FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from symbolicate import Failure

SYMBOLS = FIXTURES / "symbols"
MOZILLA = CORPORA / "mozilla"

# The crash of each kind in the Linux programs: four processors, gdb's dumps, Breakpad's and Crashpad's, with frame
# pointers and without, with signed return addresses.
LINUX = {
    "null": "NULL_POINTER_SIGSEGV_libscene.so!game::poke",
    "leaf": "INVALID_POINTER_SIGSEGV_libscene.so!game::storeLeaf",
    "worker": "NULL_POINTER_SIGSEGV_libscene.so!game::storeLeaf",
    "callnull": "INVALID_POINTER_EXECUTE_SIGSEGV_crash!game::callThrough",
    "callbad": "INVALID_POINTER_EXECUTE_SIGSEGV_crash!game::callThrough",
    "abort": "FAIL_FAST_FATAL_APP_EXIT_SIGABRT_libscene.so!game::fail",
    "overflow": "STACK_OVERFLOW_SIGSEGV_crash!game::overflow",
    "pingpong": "STACK_OVERFLOW_SIGSEGV_crash!game::middle",
}
# The same program as Windows and Mach-O images: class, and the function blamed. Windows blames no inlined function, so
# a null write inside two inlines is the function's around them there.
IMAGES = {
    "null": ("NULL_CLASS_PTR", "core::poke", "core::Ring_short_::push"),
    "leaf": ("NULL_CLASS_PTR", "core::leaf", "core::leaf"),
    "params": ("NULL_CLASS_PTR", "core::three", "core::three"),
    "callnull": ("INVALID_POINTER_EXECUTE", "core::callThrough", "core::callThrough"),
    # Darwin says that nothing is mapped there. The Windows dumps do not, and a jump that is not to the null page is
    # then taken for one to data.
    "callbad": ("INVALID_POINTER_EXECUTE", "core::callThrough", "core::callThrough"),
}
# Only Windows says in the exception itself whether memory was read or written.
WINDOWS_CLASS = {"callbad": "SOFTWARE_NX_FAULT"} | dict.fromkeys(("null", "leaf", "params"), "NULL_CLASS_PTR_WRITE")


def failures(dumps: Iterable[Path], symbols: Path | None) -> dict[str, Failure]:
    dumps = sorted(dumps)
    reports = symbolicate.process_many(dumps, symbols=symbols) if symbols else symbolicate.process_many(dumps)
    named = {}
    for dump, report in zip(dumps, reports, strict=True):
        assert isinstance(report, symbolicate.Report)
        assert report.failure is not None
        named[dump.stem] = report.failure
    return named


def linux(kind: str) -> list[Path]:
    return [
        dump
        for folder in ("linux-gdb", "linux-clients")
        for dump in (FIXTURES / "dumps" / folder).glob(f"*-{kind}.dmp")
    ]


@pytest.mark.parametrize("kind", LINUX)
def test_processors_and_writers(kind: str) -> None:
    named = failures(linux(kind), SYMBOLS)
    assert len(named) >= 4
    for dump, failure in named.items():
        assert failure.name == LINUX[kind], dump
        assert failure.hash == symbolicate.failure_hash(LINUX[kind])


@pytest.mark.parametrize("kind", LINUX)
def test_without_symbols_only_the_function_is_unknown(kind: str) -> None:
    """Class, code and image stay; but a stack that no symbols describe may be walked wrong, and its end not be seen."""
    with_symbols, without = failures(linux(kind), SYMBOLS), failures(linux(kind), None)
    for dump, failure in without.items():
        assert failure.function == "Unknown", dump
        assert failure.code == with_symbols[dump].code
        if kind not in ("overflow", "pingpong"):
            assert failure.problem_classes == with_symbols[dump].problem_classes, dump
        if kind != "abort":
            # The frame to blame of an abort is a caller, and to find that takes unwind rules.
            assert failure.image == with_symbols[dump].image, dump


@pytest.mark.parametrize("kind", IMAGES)
def test_systems(kind: str) -> None:
    kind_class, function, outermost = IMAGES[kind]
    named = failures((FIXTURES / "dumps" / "images").glob(f"*-{kind}.dmp"), SYMBOLS)
    assert len(named) == 6
    for dump, failure in named.items():
        windows = dump.startswith("windows")
        assert failure.problem_classes == (WINDOWS_CLASS.get(kind, kind_class) if windows else kind_class,), dump
        assert failure.code == ("c0000005" if windows else "SIGSEGV")
        assert failure.image == ("core.exe" if windows else "core")
        assert failure.function == (outermost if windows else function), dump


def test_a_run_time_without_symbols_is_not_blamed() -> None:
    """The exception comes out of a nameless frame of `kernelbase.dll`, as every C++ exception does."""
    named = failures([FIXTURES / "dumps" / "wine" / "x64-cpp.dmp"], SYMBOLS)
    failure = named["x64-cpp"]
    assert failure.problem_classes == ("CPP_EXCEPTION",)
    assert failure.image not in ("kernelbase.dll", "kernel32.dll", "ntdll.dll")


@pytest.mark.corpora
@pytest.mark.skipif(not MOZILLA.exists(), reason="the corpora are not here")
@pytest.mark.parametrize("symbols", [None, MOZILLA / "symbols"], ids=["without", "with"])
def test_one_deliberate_crash_of_firefox(symbols: Path | None) -> None:
    """One line of source on three platforms; the symbols there are none of libxul, so its function is unknown.

    Equal must be: everything between the two Androids, as both are told the same signal and address; and between
    Android and Windows the library but for its system's spelling, and that the function is unknown. The class cannot
    be: the deliberate crash is a write to address 0 on Android, and a breakpoint instruction on Windows.
    """
    named = failures((MOZILLA / "minidumps").glob("*.dmp"), symbols)
    arm64, arm, windows = named["android-aarch64"], named["android-arm"], named["windows-x86_64"]
    assert arm64.name == arm.name == "NULL_POINTER_SIGSEGV_libxul.so!Unknown"
    assert arm64.hash == arm.hash
    assert windows.name == "BREAKPOINT_80000003_xul.dll!Unknown"
    assert windows.function == arm64.function
    # The exact hash goes by place where no function is known: two builds are two places.
    assert arm64.hashes is not None
    assert arm.hashes is not None
    assert arm64.hashes.strict != arm.hashes.strict


@pytest.mark.parametrize(
    "function",
    [
        "game::Player::move(int, float)",
        "_ZN4game6Player4moveEif",
        "__ZN4game6Player4moveEif",
        "?move@Player@game@@QEAAXHM@Z",
    ],
)
def test_mangled_or_not(function: str) -> None:
    facts = {"platform": "linux", "signal": "SIGSEGV", "stack": [f"libgame.so!{function}", "libgame.so!_Z3runv"]}
    failure = symbolicate.failure_name(facts)
    assert failure.name == "NULL_POINTER_SIGSEGV_libgame.so!game::Player::move"
    read = symbolicate.failure_name({**facts, "stack": ["libgame.so!game::Player::move", "libgame.so!run()"]})
    assert failure.hashes == read.hashes
