"""Apple's reports compared with their own text, read by a few patterns: everything in the text is in the report.

Other readers of these texts lose the registers of `ARM Thread State (64-bit)`, thread names, queues, the symbols that
are already there, the last exception's backtrace, systems other than "Mac OS X a.b.c", and the last byte of each image.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

import symbolicate
from places import CORPORA, FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from symbolicate import Frame, Report

# Those that are neither quoted nor indented.
OWN = [FIXTURES / "apple-reports" / f"{name}.crash" for name in ("ios13", "ios16", "mac10.15", "mac13")]
FOREIGN = sorted((CORPORA / "apple" / "text-reports" / "fixtures").glob("*.txt"))
FRAME = re.compile(r"^(\d+)\s+(.*?)\s+(0x[0-9a-f]+)(?: (.*?))?\s*$")
IMAGE = re.compile(r"^\s*(0x[0-9a-f]+) -\s+(0x[0-9a-f]+)\s+\+?(.*?)<([0-9A-Fa-f-]{32,36})>\s*(.*)$")
THREAD = re.compile(r"^Thread (\d+)(?P<crashed> Crashed)?:{1,2}\s*(?P<name>.*?)\s*(?:Dispatch queue: (?P<queue>.*))?$")
NAME = re.compile(r"^Thread (\d+) name:\s*(?P<name>.*?)\s*(?:Dispatch queue: (?P<queue>.*))?$")
REGISTER = re.compile(r"\b([a-z][a-z0-9]*): (0x[0-9a-f]+)")


@dataclass
class Content:
    """The content of a text."""

    threads: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    names: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)
    crashed: int | None = None
    registers: dict[str, int] = field(default_factory=dict)
    last_exception: list[int] = field(default_factory=list)
    images: list[tuple[int, int, str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    header: dict[str, str] = field(default_factory=dict)


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Each line and the part it is in."""
    part = "header"
    for line in text.splitlines():
        if THREAD.match(line):
            part = "thread"
        elif "Thread State" in line and line.endswith(":"):
            part = "registers"
        elif line.startswith("Last Exception Backtrace:"):
            part = "last exception"
        elif line.startswith("Application Specific Information:"):
            part = "said"
        elif line.startswith("Binary Images:"):
            part = "images"
        elif not line.strip() and part != "images":
            part = "header"
        yield part, line


def content_of(text: str) -> Content:
    content, thread = Content(), -1
    for part, line in parts(text):
        if (head := THREAD.match(line)) or (head := NAME.match(line)):
            thread = int(head[1])
            old = content.names.get(thread, (None, None))
            content.names[thread] = (head["name"] or old[0], head["queue"] or old[1])
            if head.re is THREAD:
                content.threads[thread] = []
                content.crashed = thread if head["crashed"] else content.crashed
        elif part == "thread" and (frame := FRAME.match(line)):
            content.threads[thread].append((int(frame[3], 16), frame[4] or ""))
        elif part == "last exception":
            found = FRAME.match(line)
            content.last_exception += (
                [int(found[3], 16)] if found else [int(one, 16) for one in re.findall("0x[0-9a-f]+", line)]
            )
        elif part == "registers":
            content.registers |= {name: int(value, 16) for name, value in REGISTER.findall(line)}
        elif part == "images" and (image := IMAGE.match(line)):
            content.images.append((int(image[1], 16), int(image[2], 16), image[4].replace("-", "").upper(), image[5]))
        elif part == "said" and not line.endswith("Information:"):
            content.said.append(line.strip())
        elif part == "header" and ":" in line:
            name, value = line.split(":", 1)
            content.header.setdefault(name.strip(), value.strip())
    return content


def number(text: str | None) -> int:
    return int(text or "-1", 16)


def check_frame(frame: Frame, address: int, tail: str) -> None:
    assert number(frame.offset) == address
    if tail.startswith("0x") or not tail:
        base = re.match(r"(0x[0-9a-f]+) \+ (\d+)", tail)
        if base and int(base[1], 16):
            assert number(frame.module_offset) == int(base[2]), tail
        return
    symbol = re.sub(r" \(([^():]+)(?::(\d+))?\)$", "", tail)
    name, _, offset = symbol.rpartition(" + ")
    assert frame.symbols == "given", tail
    # The names are as they were, or demangled.
    assert frame.function == (name or symbol) or (name or symbol).startswith(("_Z", "$s", "_$s", "_T")), tail
    if name:
        assert number(frame.function_offset) == int(offset), tail
    source = re.search(r" \(([^():]+):(\d+)\)$", tail)
    if source:
        assert (frame.file, frame.line) == (source[1], int(source[2])), tail
    assert frame.module is not None, tail


def end(start: int, last: int) -> int:
    """The end of an image by its last byte in a text; 0 without one, and at most the highest address."""
    return min(last + 1, 2**64 - 1) if last > start else 0


def check(report: Report, text: str) -> None:
    source = content_of(text)
    threads = {thread.thread_id: thread for thread in report.threads}
    assert set(source.threads) <= set(threads)
    for number_of, frames in source.threads.items():
        thread = threads[number_of]
        name, queue = source.names[number_of]
        assert (thread.thread_name, thread.queue) == (name or None, queue or None)
        # An inlined function is a line of its own, with the address of the frame it is in.
        lines = [one for i, one in enumerate(frames) if i + 1 == len(frames) or frames[i + 1][0] != one[0]]
        shown = [
            one
            for i, one in enumerate(thread.frames)
            if i + 1 == len(thread.frames) or thread.frames[i + 1].offset != one.offset
        ]
        assert len(lines) == len(shown)
        for frame, (address, tail) in zip(shown, lines, strict=True):
            check_frame(frame, address, tail)
    if source.crashed is not None:
        assert report.crashing_thread is not None
        assert report.crashing_thread.thread_id == source.crashed
    if source.registers:
        with_registers = [thread for thread in report.threads if thread.frames and thread.frames[0].registers]
        registers = {name: number(value) for name, value in (with_registers[0].frames[0].registers or {}).items()}
        assert registers == source.registers
    last = [number(frame.offset) for frame in report.last_exception_backtrace or ()]
    assert last == source.last_exception
    modules = sorted((number(one.base_addr), number(one.end_addr), (one.debug_id or "")[:32]) for one in report.modules)
    assert modules == sorted((start, end(start, last), uuid) for start, last, uuid, _ in source.images)
    paths = {module.path for module in report.modules}
    assert all(path in paths for _, _, _, path in source.images if path.strip() and path != "???")
    messages = report.application_info.messages if report.application_info is not None else None
    said = [line.strip() for message in messages or () for line in (message.message or "").splitlines()]
    assert said == source.said
    check_header(report, source.header)


def check_header(report: Report, header: dict[str, str]) -> None:
    assert report.system_info is not None
    if "OS Version" in header:
        version = re.search(r"([\d.]+) \((\w+)\)", header["OS Version"])
        assert version is not None
        assert report.system_info.os_ver == f"{version[1]} {version[2]}"
        is_mac = re.match(r"mac ?os|\d", header["OS Version"], re.IGNORECASE)
        assert report.system_info.os == ("Mac OS X" if is_mac else "iOS")
    if "Process" in header:
        name, _, pid = header["Process"].rpartition(" [")
        assert report.process is not None
        assert (report.process.name, report.pid) == (name.strip(), int(pid.rstrip("]")))
    assert report.crash_info is not None
    kind = header.get("Exception Type", "")
    for word in re.findall(r"\b(EXC_\w+|SIG[A-Z]+)\b", kind):
        assert word in {report.crash_info.exception, report.crash_info.signal}, kind
    codes = re.findall(r"0x[0-9a-f]{8,16}", header.get("Exception Codes", ""))
    parameters = [number(one) for one in (report.crash_info.parameters or ())[1:]]
    if " at " not in header.get("Exception Codes", "") and codes:
        assert parameters == [int(code, 16) for code in codes[:2]]
    termination = re.match(r"(?:Namespace )?([A-Z]+)[ ,]", header.get("Termination Reason", ""))
    if termination:
        assert report.termination is not None
        assert report.termination.namespace == termination[1]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_all_of_a_text_is_in_the_report(path: Path) -> None:
    text = path.read_text()
    check(symbolicate.process(path), text[text.index("\n") + 1 :] if text.startswith("{") else text)


@pytest.mark.corpora
def test_all_of_foreign_texts_is_in_the_report(corpora: Path) -> None:
    assert len(FOREIGN) == len(list((corpora / "apple" / "text-reports" / "fixtures").iterdir()))
    for path in FOREIGN:
        check(symbolicate.process(path), path.read_text())


@pytest.mark.corpora
def test_all_of_an_ips_is_in_the_report(corpora: Path) -> None:
    [path] = (corpora / "apple" / "lldb-crashlog").glob("*.ips")
    _, _, body = path.read_text().partition("\n")
    source = json.loads(body)
    report = symbolicate.process(path)
    images = source["usedImages"]
    for thread, given in zip(report.threads, source["threads"], strict=True):
        assert (thread.thread_id, thread.queue) == (given["id"], given.get("queue"))
        for frame, one in zip(thread.frames, given["frames"], strict=True):
            assert number(frame.offset) == images[one["imageIndex"]]["base"] + one["imageOffset"]
            assert number(frame.module_offset) == one["imageOffset"]
            assert frame.module == images[one["imageIndex"]]["name"]
            assert number(frame.function_offset) == one["symbolLocation"]
            assert (frame.symbols, frame.missing_symbols) == ("given", False)
        if "threadState" in given:
            state = given["threadState"]
            flat = {f"x{i}": one["value"] for i, one in enumerate(state.get("x", ()))}
            flat |= {name: one["value"] for name, one in state.items() if isinstance(one, dict)}
            assert {name: number(value) for name, value in (thread.frames[0].registers or {}).items()} == flat
    last = report.last_exception_backtrace or ()
    assert [number(frame.module_offset) for frame in last] == [
        one["imageOffset"] for one in source["lastExceptionBacktrace"]
    ]
    assert report.application_info is not None
    said = [(one.module, one.message) for one in report.application_info.messages or ()]
    assert said == [(image, text) for image, texts in source["asi"].items() for text in texts]
    sizes = sorted((number(one.base_addr), number(one.end_addr) - number(one.base_addr)) for one in report.modules)
    assert sizes == sorted((image["base"], image["size"]) for image in images)
