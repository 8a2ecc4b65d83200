"""Crashes without a dump, made from the report of a dump: the same crash as an App Center log, an .ips and a .crash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbolicate import Frame, Report

ARCHES = {"arm64": ("ARM-64", "arm64", 0x0100000C), "amd64": ("X86-64", "x86_64", 0x01000007)}
BYTES_BEFORE = {"arm64": 4, "amd64": 1}


def _number(text: str | None) -> int:
    return int(text or "0", 16)


def address(report: Report, frame: Frame, index: int) -> int:
    """The address as a crash reporter has it: of all but the first frame the return address."""
    assert report.system_info is not None
    return _number(frame.offset) + (BYTES_BEFORE[report.system_info.cpu_arch or ""] if index else 0)


def _uuid(debug_id: str | None) -> str:
    text = (debug_id or "0" * 33)[:32].lower()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _signal(report: Report) -> str:
    assert report.crash_info is not None
    return report.crash_info.signal or "SIGSEGV"


def images(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "base": _number(module.base_addr),
            "size": _number(module.end_addr) - _number(module.base_addr),
            "uuid": _uuid(module.debug_id),
            "name": module.filename,
            "path": f"/build/fixture/{module.filename}",
        }
        for module in report.modules
    ]


def registers(report: Report) -> dict[str, int]:
    assert report.crashing_thread is not None
    return {name: _number(value) for name, value in (report.crashing_thread.frames[0].registers or {}).items()}


def fault(report: Report) -> dict[str, int]:
    """The processor's description of the fault: trap and error code, or exception syndrome."""
    assert report.crash_info is not None
    assert report.system_info is not None
    how = report.crash_info.access
    if report.system_info.cpu_arch == "amd64":
        return {"trap": 14, "err": {"write": 6, "execute": 0x14}.get(how or "", 4)}
    classes = {"write": 0x24 << 26 | 1 << 6, "execute": 0x20 << 26}
    return {"far": _number(report.crash_info.address), "esr": classes.get(how or "", 0x24 << 26) | 6}


def appcenter(report: Report, **more: Any) -> dict[str, Any]:
    """One `appleError` log."""
    assert report.crash_info is not None
    assert report.system_info is not None
    cpu = ARCHES[report.system_info.cpu_arch or ""][2]

    def frames(thread: Any) -> list[dict[str, str]]:
        return [{"address": f"0x{address(report, f, i):016x}"} for i, f in enumerate(thread.frames)]

    return {
        "type": "appleError",
        "id": "7d1e8f5c-0b7a-4c7e-9b60-2f8f4f0c5a11",
        "timestamp": "2026-01-02T03:04:05Z",
        "processId": 4711,
        "processName": report.modules[report.main_module or 0].filename,
        "fatal": True,
        "errorThreadId": report.crash_info.crashing_thread,
        "primaryArchitectureId": cpu,
        "osExceptionType": _signal(report),
        "osExceptionCode": "SEGV_MAPERR",
        "osExceptionAddress": report.crash_info.address,
        "device": {"osName": "iOS" if report.system_info.os == "iOS" else "macOS", "osVersion": "17.1"},
        "threads": [{"id": i, "frames": frames(thread)} for i, thread in enumerate(report.threads)],
        "binaries": [
            {
                "id": image["uuid"],
                "startAddress": f"0x{image['base']:x}",
                "endAddress": f"0x{image['base'] + image['size'] - 1:x}",
                "name": image["name"],
                "path": image["path"],
                "primaryArchitectureId": cpu,
            }
            for image in images(report)
        ],
        "registers": {name: f"0x{value:x}" for name, value in registers(report).items()},
    } | more


def container(*logs: dict[str, Any]) -> bytes:
    return json.dumps({"logs": logs}).encode()


def ips(report: Report) -> bytes:
    """An .ips report: the line in front and the body."""
    assert report.crash_info is not None
    assert report.system_info is not None
    listed = images(report)
    index_of = {image["name"]: index for index, image in enumerate(listed)}
    crashed = report.crash_info.crashing_thread
    platform = "iPhone OS" if report.system_info.os == "iOS" else "macOS"

    def frame(one: Frame, index: int) -> dict[str, Any]:
        image = index_of[one.module]
        return {"imageIndex": image, "imageOffset": address(report, one, index) - listed[image]["base"]}

    def thread(index: int, one: Any) -> dict[str, Any]:
        frames = [frame(f, i) for i, f in enumerate(one.frames) if f.module is not None]
        state = {name: {"value": value} for name, value in (registers(report) | fault(report)).items()}
        return {"id": 100 + index, "frames": frames} | (
            {"triggered": True, "threadState": {"flavor": "ARM_THREAD_STATE64"} | state} if index == crashed else {}
        )

    code, subcode = (_number(text) for text in ((report.crash_info.parameters or ())[1:3] or ("0x1", None)))
    subcode = subcode or _number(report.crash_info.address)
    head = {"bug_type": "309", "os_version": f"{platform} 17.1", "name": listed[0]["name"]}
    body = {
        "pid": 4711,
        "procName": listed[report.main_module or 0]["name"],
        "cpuType": ARCHES[report.system_info.cpu_arch or ""][0],
        "osVersion": {"train": f"{platform} 17.1", "build": "21B80"},
        "exception": {
            "type": "EXC_BAD_ACCESS",
            "signal": _signal(report),
            "codes": f"0x{code:016x}, 0x{subcode:016x}",
            "rawCodes": [code, subcode],
            "subtype": f"KERN_INVALID_ADDRESS at 0x{subcode:016x}",
        },
        "faultingThread": crashed,
        "threads": [thread(index, one) for index, one in enumerate(report.threads)],
        "usedImages": [image | {"source": "P", "arch": "arm64"} for image in listed],
    }
    return json.dumps(head).encode() + b"\n" + json.dumps(body).encode()


def text(report: Report) -> bytes:
    """A legacy .crash report."""
    assert report.crash_info is not None
    assert report.system_info is not None
    listed = images(report)
    base_of = {image["name"]: image["base"] for image in listed}
    crashed = report.crash_info.crashing_thread
    cpu, arch, _ = ARCHES[report.system_info.cpu_arch or ""]
    platform = "iPhone OS" if report.system_info.os == "iOS" else "macOS"
    lines = [
        "Incident Identifier: 5C32DF84-31A0-43E7-87D0-239F7F594940",
        f"Process:             {listed[report.main_module or 0]['name']} [4711]",
        f"Code Type:           {cpu}",
        f"OS Version:          {platform} 17.1 (21B80)",
        "Report Version:      104",
        "",
        f"Exception Type:  EXC_BAD_ACCESS ({_signal(report)})",
        f"Exception Subtype: KERN_INVALID_ADDRESS at {report.crash_info.address}",
        f"Triggered by Thread:  {crashed}",
        "",
    ]
    for index, thread in enumerate(report.threads):
        lines.append(f"Thread {index}{' Crashed' if index == crashed else ''}:")
        for number, frame in enumerate(thread.frames):
            if frame.module is not None:
                at, base = address(report, frame, number), base_of[frame.module]
                lines.append(f"{number:<4}{frame.module:<30}\t0x{at:016x} 0x{base:x} + {at - base}")
        lines.append("")
    lines.append(f"Thread {crashed} crashed with {'X86' if arch == 'x86_64' else 'ARM'} Thread State (64-bit):")
    lines += [f"    {name}: 0x{value:016x}" for name, value in (registers(report) | fault(report)).items()]
    lines += ["", "Binary Images:"]
    lines += [
        f"0x{image['base']:x} - 0x{image['base'] + image['size'] - 1:x} {image['name']} {arch}  "
        f"<{image['uuid'].replace('-', '')}> {image['path']}"
        for image in listed
    ]
    return "\n".join(lines).encode() + b"\n"
