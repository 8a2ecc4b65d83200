"""Reports made by hand, for rendering: each has a feature that is hard to render."""

from __future__ import annotations

from typing import Any

ID = "5A9832E5287241C1838ED98914E9B7FF1"


def frame(index: int, function: str | None, line: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "frame": index,
        "trust": "context" if index == 0 else "cfi",
        "offset": f"0x{0x7000001000 + index * 16:016x}",
        "module": "libgame.so",
        "module_offset": f"0x{0x1000 + index * 16:016x}",
        "function": function,
        "function_offset": "0x0000000000000010",
        "file": "/home/build/game/src/npc.cc" if line else None,
        "line": line,
        "inlines": None,
        "missing_symbols": function is None,
    } | more


def report(frames: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "status": "OK",
        "schema_version": 1,
        "input": {"kind": "minidump", "name": "crash.dmp", "size": 4711, "writer": "crashpad"},
        "failure": {
            "name": "NULL_CLASS_PTR_SIGSEGV_libgame.so!game::Npc::update",
            "hash": "2ca3f3d4-1d0b-7f3e-9c0c-1b8a0d6f3f2e",
            "symbol": "libgame.so!game::Npc::update",
            "problem_classes": ["NULL_CLASS_PTR"],
        },
        "crash_info": {
            "type": "SIGSEGV / SEGV_MAPERR",
            "address": "0x0000000000000018",
            "access": "write",
            "crashing_thread": 1,
            "assertion": None,
            "parameters": [],
            "instruction": "str w8, [x0, #0x18]",
            "memory_accesses": [
                {"address": "0x0000000000000018", "size": 4, "access_type": "write", "is_likely_guard_page": True},
                {"address": "0x0000007fffff0000", "size": 8, "access_type": "write", "implicit": True},
            ],
        },
        "system_info": {
            "os": "Android",
            "os_ver": "0.0.0 Linux 4.9.218-perf+ #2 SMP PREEMPT",
            "cpu_arch": "arm64",
            "cpu_info": None,
            "cpu_count": 8,
        },
        "pid": 4242,
        "process_uptime": 61,
        "thread_count": 2,
        "threads": [
            {
                "thread_id": 4242,
                "thread_name": "main",
                "end": "root",
                "frame_count": 9,
                "frames": [frame(i, f"main_loop_{i}()", 7 + i) for i in range(9)],
            },
            {
                "thread_id": 4250,
                "thread_name": "Game Thread",
                "end": "root",
                "frames": frames,
                "frame_count": len(frames),
            },
        ],
        "modules": [
            {
                "filename": "/data/app/libgame.so",
                "base_addr": "0x0000007000000000",
                "end_addr": "0x0000007000010000",
                "version": "1.2.3.4",
                "debug_id": ID,
                "symbols": {"status": "loaded", "file": "/s/libgame.so.sym"},
            },
            {
                "filename": "libc.so",
                "debug_id": "B88EFD66844D598F2AB8AC49848281B20",
                "symbols": {
                    "status": "missing",
                    "tried": ["/s/libc.so/B88E/libc.so.sym", "/t/libc.so/B88E/libc.so.sym"],
                },
            },
        ],
        "unloaded_modules": [{"filename": "plugin.so", "base_addr": "0x0000007100000000", "end_addr": None}],
        "crashing_thread": {
            "threads_index": 1,
            "frames": [{"registers": {f"x{i}": f"0x{i:016x}" for i in range(5)} | {"pc": "0x0000007000001000"}}],
        },
        "faults": [],
    } | more


def inlined() -> dict[str, Any]:
    """Inlines, a frame that only the module is known of, one of an unloaded module, annotations, faults."""
    poke = {"function": "game::poke", "file": "/home/build/game/src/poke.h", "line": 3}
    hit = {"function": "game::Npc::hit", "file": None, "line": None}
    frames = [
        frame(
            0,
            "game::Npc::update(int, int*)",
            41,
            inlines=[poke, hit],
        ),
        frame(
            1,
            "std::__ndk1::__function::__func<game::Scheduler::add(std::__ndk1::chrono::milliseconds)::$_0, "
            "std::__ndk1::allocator<game::Scheduler::add(std::__ndk1::chrono::milliseconds)::$_0>, "
            "void ()>::operator()()",
            1789,
            file="hg:hg.mozilla.org/mozilla-central:mozglue/misc/functional.cpp:0123abcd",
        ),
        frame(2, None, module="libc.so", trust="frame_pointer"),
        frame(
            3,
            None,
            module=None,
            module_offset=None,
            trust="scan",
            unloaded_modules=[{"module": "plugin.so", "offsets": ["0x0000000000000010"]}],
        ),
        frame(4, None, module=None, module_offset=None, trust="scan"),
    ]
    crashpad = {
        "report_id": "b1b1f0f0-0000-4000-8000-000000000000",
        "annotations": {"build": "1234", "notes": "word " * 40},
        "modules": [
            {
                "module": "libgame.so",
                "list_annotations": ["abort: out of luck"],
                "annotations": {"level": "3-7"},
                "objects": [{"name": "gpu", "type": 1, "value": "Mali"}, {"name": "blob", "type": 2, "hex": "00ff10"}],
            }
        ],
    }
    faults = [{"stream": "ModuleList", "entry": 12, "offset": 8300, "message": "size 0: module left out"}]
    return report(frames, crashpad=crashpad, faults=faults)


def recursive() -> dict[str, Any]:
    """A runaway recursion of two functions, entered by a third."""
    frames = [frame(0, "leaf()", 3)]
    frames += [frame(i, "odd(int)" if i % 2 else "even(int)", 20 + i % 2) for i in range(1, 13)]
    frames += [frame(13, "enter(char const*)", 90), frame(14, "main", 99)]
    sample = report(frames)
    recursion = {"first": 1, "period": 2, "repeats": 5000, "gap": 9, "omitted": 9988}
    sample["threads"][1]["recursion"] = recursion
    return sample


def deep() -> dict[str, Any]:
    """A recursion that the report has not folded, of three functions."""
    turn = [("walk(Node*)", 10), ("visit(Node*)", 20), ("each(Node*)", 30)]
    frames = [frame(0, "poke()", 3)]
    for i in range(1, 61):
        name, line = turn[i % 3]
        frames.append(frame(i, name, line, offset=f"0x000000700000200{i % 3}"))
    sample = report([*frames, frame(61, "main", 99)])
    sample["threads"][1]["cycle"] = {"first": 1, "period": 3, "repeats": 20}
    return sample


def hostile() -> dict[str, Any]:
    """Names that would move the cursor, turn the text around, or end a code span."""
    evil = "\x1b[2J\x1b]0;title\x07\u202eevil\u2066\r\n`` | <script> *x* \U0001f4a3 \U000e0041"
    sample = report([frame(0, evil, 1, file=evil, module=evil)])
    sample["failure"]["name"] = evil
    sample["crash_info"]["assertion"] = evil
    sample["threads"][1]["thread_name"] = evil
    sample["modules"][1]["filename"] = evil
    sample["crashpad"] = {"annotations": {evil: evil}}
    sample["faults"] = [{"stream": evil, "message": evil}]
    return sample


def empty() -> dict[str, Any]:
    """A dump with almost no information."""
    return {"status": "OK", "threads": [{"frames": [], "end": "no_context"}], "modules": [], "crash_info": {}}


SAMPLES = {"inlined": inlined, "recursive": recursive, "deep": deep, "hostile": hostile, "empty": empty}
