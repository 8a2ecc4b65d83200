"""The labelled sets of the shared corpora, as this benchmark reads them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symbolicate._native import comparable_function

__all__ = ["CORPORA", "Crash", "casr", "casr_pairs", "comparer_vectors", "firefox", "oss_fuzz"]

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "grouping"

# OSS-Fuzz's crash types that are the same kind of bug seen by another check.
_FAMILIES = {
    "Use-of-uninitialized-value": "uninitialised",
    "Out-of-memory": "memory",
    "Timeout": "hang",
    "Stack-overflow": "stack",
    "CHECK": "check",
    "ASSERT": "check",
    "Check": "check",
}


@dataclass
class Crash:
    """One labelled crash. `raw` are the frames as the set has them, `frames` as stacks are compared."""

    key: str
    project: str
    label: str
    kind: str
    raw: list[str]
    family: str = ""
    frames: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.frames = tuple(comparable_function(name) for name in self.raw)


def _rows(name: str) -> list[dict[str, Any]]:
    with open(CORPORA / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def oss_fuzz() -> list[Crash]:
    """OSS-Fuzz records by the fixing commit, oldest first: three frames each, one record for each hash already."""
    rows = sorted(_rows("ossfuzz_osv_states.jsonl"), key=lambda row: (row["published"], row["id"]))
    out = []
    for row in rows:
        kind = (row["crash_type"] or "").split(" ")[0]
        out.append(Crash(row["id"], row["project"], row["label"], kind, row["frames"], _FAMILIES.get(kind, "access")))
    return out


def firefox() -> list[Crash]:
    """Firefox stacks by the signature that Socorro gave them in 2016, in the order of their ids."""
    rows = sorted(_rows("firefox_proto_signatures.jsonl"), key=lambda row: row["id"])
    out = []
    for row in rows:
        crash = Crash(row["id"], "firefox", row["label"], "", row["frames"], "access")
        text = " ".join(row["frames"])
        # The set has functions and no exceptions: every crash is given the same one.
        stack = [_firefox_frame(frame) for frame in row["frames"] if frame]
        crash.facts = {"process_name": "firefox", "stack": stack}
        if row["frames"][0].startswith("@0x"):
            crash.facts["instruction"] = row["frames"][0][1:]
        if ".dylib@" in text or "XUL@" in text:
            crash.facts |= {"platform": "macos", "signal": "SIGSEGV"}
        elif ".so@" in text:
            crash.facts |= {"platform": "linux", "signal": "SIGSEGV"}
        else:
            crash.facts |= {"platform": "windows", "exception_code": "c0000005", "process_name": "firefox.exe"}
        out.append(crash)
    return out


def _firefox_frame(frame: str) -> dict[str, str]:
    """A frame prints its function, or module and offset, or an address alone."""
    module, at, offset = frame.rpartition("@")
    if at and offset.startswith("0x"):
        return {"module": module.rsplit(".", 1)[0], "image": module, "offset": offset} if module else {}
    system = _SYSTEM.match(frame)
    if system:
        return {"module": system.lastgroup or "", "image": f"{system.lastgroup}.dll", "function": frame}
    return {"module": "xul", "image": "xul.dll", "function": frame} if frame else {}


# Where functions of Windows live; the set does not say.
_SYSTEM = re.compile(
    r"(?P<ntdll>(Nt|Zw|Ki|Rtlp?|Ldrp?)[A-Z])"
    r"|(?P<KERNELBASE>(WaitFor|Sleep|RaiseException|DebugBreak|GetModule|CreateFile|ReadFile|WriteFile|CloseHandle))"
    r"|(?P<user32>(RealMsg|MsgWaitFor|PeekMessage|GetMessage|DispatchMessage|InternalCallWinProc|UserCallWinProc|_PeekMessage))"
)


def casr() -> list[Crash]:
    """CASR's reports by the line that crashed, each kind of report a project; frames of the C library are left out."""
    out = []
    for row in _rows("casr_reports.jsonl"):
        file, _, line = (row["crashline"] or "").partition(":")
        if not file:
            continue
        places = zip(row["frames"], row["locs"], strict=True)
        frames = [_casr_function(name, place) or "" for name, place in places if not _IN_C_LIBRARY.search(name + place)]
        label = f"{file}:{line.partition(':')[0]}"
        out.append(Crash(row["file"], row["set"], label, row["crash_type"], frames, "access"))
    return out


_IN_C_LIBRARY = re.compile(r"glibc|/libc\b|/llvm-project")
_SIGNALS = {"AbortSignal": "SIGABRT", "FPE": "SIGFPE", "SafeFunctionCheck": "SIGABRT"}


def casr_pairs() -> list[tuple[Crash, Crash]]:
    """The same input crashed in two builds: with AddressSanitizer, and plain under gdb."""
    by_set: dict[str, dict[str, Crash]] = {}
    for row in _rows("casr_reports.jsonl"):
        names = [_casr_function(name, place) for name, place in zip(row["frames"], row["locs"], strict=True)]
        crash = Crash(
            row["input_sha"],
            "xlnt",
            (row["crashline"] or "").split(":")[0],
            row["crash_type"],
            [n or "" for n in names],
            "access",
        )
        crash.facts = {
            "platform": "linux",
            "signal": _SIGNALS.get(row["crash_type"], "SIGSEGV"),
            "process_name": "load_fuzzer",
            "stack": [
                {"module": "load_fuzzer", "function": name, "file": _source(text, place)}
                for name, text, place in zip(names, row["frames"], row["locs"], strict=True)
            ],
        }
        by_set.setdefault(row["set"], {})[row["input_sha"]] = crash
    sanitised, plain = by_set["test_clustering_san"], by_set["test_clustering_gdb"]
    return [(sanitised[key], plain[key]) for key in sorted(sanitised.keys() & plain.keys())]


def _casr_function(text: str, place: str) -> str | None:
    """The function; frames that only a file or a module is known of print it instead."""
    return (
        None
        if text.startswith("/") or (text == "" and place)
        else text.split(" (", maxsplit=1)[0]
        if " (this=" in text or "=" in text
        else text
    )


def _source(text: str, place: str) -> str | None:
    file = (text if text.startswith("/") else place).split(":")[0]
    return file or None


def comparer_vectors() -> list[tuple[list[str], list[str], bool]]:
    """ClusterFuzz's own test vectors: two crash states, and whether they are to be similar."""
    with open(CORPORA / "clusterfuzz_comparer_vectors.json", encoding="utf-8") as file:
        rows = json.load(file)
    return [(row["a"].splitlines(), row["b"].splitlines(), row["similar"]) for row in rows]
