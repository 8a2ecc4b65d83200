"""Android's text reports: how failures are named from them, and that symbols are looked for by build id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import symbolicate
from places import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

    from symbolicate.report import Failure, Report

REPORTS = FIXTURES / "android-reports"


def _failure(report: Report) -> Failure:
    assert report.input is not None
    assert report.failure is not None
    return report.failure


def test_a_hang_is_named_by_the_application_s_frame() -> None:
    report = symbolicate.process(REPORTS / "anr.txt")
    failure = _failure(report)
    assert report.input is not None
    assert report.input.kind == "android_anr"
    assert failure.name == "APPLICATION_HANG_ANR_SIGQUIT_com.example.shop!com.example.shop.CartActivity.onCreate"
    assert failure.event_type == "hang"
    assert failure.blamed is not None
    assert failure.blamed.frame == 2
    assert [thread.thread_name for thread in report.threads] == ["main", "Signal Catcher"]


def test_a_hang_in_a_native_wait_is_blamed_on_the_managed_caller(tmp_path: Path) -> None:
    text = (REPORTS / "anr.txt").read_text()
    native = (
        "  native: #00 pc 00000000000a1b2c  /apex/com.android.runtime/lib64/bionic/libc.so (syscall+28)\n"
        "  native: #01 pc 0000000000041d00  /apex/com.android.art/lib64/libart.so (art::ConditionVariable::Wait+40)\n"
    )
    text = text.replace(
        "  at java.lang.Thread.sleep(Native method)", native + "  at java.lang.Object.wait(Native method)"
    )
    (tmp_path / "anr.txt").write_text(text)
    report = symbolicate.process(tmp_path / "anr.txt")
    assert _failure(report).symbol == "com.example.shop!com.example.shop.CartActivity.onCreate"
    blamed = _failure(report).blamed
    assert blamed is not None
    assert blamed.frame == 4


def test_a_native_crash_is_named_as_its_dump_would_be() -> None:
    report = symbolicate.process(REPORTS / "tombstone.txt")
    assert report.input is not None
    assert report.input.kind == "android_tombstone"
    assert _failure(report).symbol == "libshop.so!cart::total"
    assert _failure(report).code == "SIGSEGV"
    classes = _failure(report).problem_classes
    assert classes is not None
    assert classes[0].startswith("NULL_CLASS_PTR")
    module = report.modules[0]
    assert (module.code_id, module.debug_id) == (
        "3914dc78c1683aa29e25f1ec66091638a0598489",
        "78DC143968C1A23A9E25F1EC660916380",
    )


def test_symbols_are_looked_up_at_the_addresses_of_the_calls(tmp_path: Path) -> None:
    lines = ["MODULE Linux arm64 78DC143968C1A23A9E25F1EC660916380 libshop.so", "FILE 0 cart.cpp"]
    lines += ["FUNC 411a0 60 0 cart::total(cart::Item const*)", "411a0 18 30 0", "411b8 4 31 0", "411bc 44 32 0"]
    # The second address is that of the call itself: the line of the instruction before it is another one.
    lines += ["FUNC 41cd8 40 0 Java_com_example_shop_Cart_total", "41cd8 28 9 0", "41d00 4 10 0", "41d04 14 11 0"]
    (tmp_path / "libshop.so.sym").write_text("\n".join([*lines, ""]))
    report = symbolicate.process(REPORTS / "tombstone.txt", symbols=[tmp_path / "libshop.so.sym"])
    frames = report.threads[0].frames
    assert [(frame.function, frame.line) for frame in frames[:2]] == [
        ("cart::total(cart::Item const*)", 31),
        ("Java_com_example_shop_Cart_total", 10),
    ]
