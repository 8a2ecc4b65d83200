"""Seeds for the fuzz targets: `python seeds.py DIR` writes a folder for each target, from the fixtures and made on purpose.

Those made on purpose ask for much in few bytes: a text that is named often, a count that is to be expanded, work for each
byte. Each has been an input that took gigabytes or minutes.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import struct
import sys
import zipfile
from io import BytesIO
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FIXTURES = PROJECT / "symbols-fixtures"
sys.path[:0] = [str(FIXTURES / "tools"), str(PROJECT / "tests")]

import contexts  # noqa: E402
import minidump_writer  # noqa: E402
import tiny_mach_o  # noqa: E402

# Larger seeds make every run slow.
MOST = 128 * 1024
STACK = 0x7FF000000000


def main() -> None:
    """Write all seeds."""
    target = Path(sys.argv[1])
    count = 0
    for name, make in SEEDS.items():
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed in make():
            if len(seed) <= MOST:
                (folder / hashlib.sha256(seed).hexdigest()[:20]).write_bytes(seed)
                count += 1
    print(f"{count} seeds in {target}")


def files(*patterns: str) -> list[bytes]:
    """The contents of fixtures."""
    return [path.read_bytes() for pattern in patterns for path in sorted(FIXTURES.glob(pattern)) if path.is_file()]


def inputs() -> list[bytes]:
    """Texts of every kind, and those that repeat a little very often."""
    repeated = "  [Previous line repeated 1000 more times]\n" * 20
    frame = f'  File "a.py", line 1, in {"f" * 300}\n'
    more = f"\tat a.{'B' * 2000}.c(D.java:1)\n" * 10
    causes = "".join(f"Caused by: E: e\n\tat a.b(D.java:1)\n\t... {count} more\n" for count in range(4000, 4100))
    frames = [{"imageIndex": 0, "imageOffset": 4 * at, "symbol": f"_ZN1aI{'S_' * 50}E{at}"} for at in range(200)]
    image = {"base": 1 << 32, "size": 1 << 24, "uuid": "0" * 32, "name": "N" * 3000, "path": "/N", "arch": "arm64"}
    body = {
        "procName": "A",
        "pid": 1,
        "cpuType": "ARM-64",
        "exception": {"type": "EXC_CRASH", "signal": "SIGABRT"},
        "faultingThread": 0,
        "threads": [{"id": 1, "triggered": True, "frames": frames}],
        "usedImages": [image],
    }
    head = {"app_name": "A", "bug_type": "309", "os_version": "iPhone OS 17.0 (21A329)", "name": "A"}
    return [
        *files("apple-reports/*", "managed/*", "android-reports/*", "windows-errors/*", "dart/*"),
        f"Traceback (most recent call last):\n{frame}{repeated}ValueError: x\n".encode(),
        f"E: x\n{more}{causes}".encode(),
        (json.dumps(head) + "\n" + json.dumps(body)).encode(),
        b'{"logs":[' + b",".join([b'{"type":"managedError"}'] * 500) + b"]}",
    ]


def dump(threads: int, frames: int) -> bytes:
    """A dump whose thread records all have the same context and the same stack of so many frames."""
    made = minidump_writer.Dump(os="linux", arch="amd64")
    made.module(0x400000, 0x100000, "/bin/" + "n" * 200, build_id=bytes(range(20)))
    stack = b"".join(struct.pack("<QQ", STACK + 16 * at + 16, 0x401000 + 4 * at) for at in range(frames)) + bytes(64)
    made.thread(1, contexts.amd64(rip=0x401000, rsp=STACK, rbp=STACK), STACK, stack)
    made.exception(1, 11, address=0)
    data = bytearray(made.bytes())
    streams, directory = struct.unpack_from("<II", data, 8)
    for at in range(directory, directory + 12 * streams, 12):
        kind, _, rva = struct.unpack_from("<III", data, at)
        if kind == 3:
            record = bytes(data[rva + 8 : rva + 52])
            listed = b"".join(struct.pack("<I", thread + 1) + record for thread in range(threads))
            struct.pack_into("<III", data, at, kind, len(listed) + 4, len(data))
            data += struct.pack("<I", threads) + listed
    return bytes(data)


def dumps() -> list[bytes]:
    """Dumps, and one with many threads over one stack."""
    return [*files("dumps/**/*.dmp"), dump(1, 100), dump(500, 200)]


def texts() -> list[bytes]:
    """Symbol files, and those with a long name, a nest of calls, a long rule."""
    head = "MODULE Linux x86_64 030201000504070608090A0B0C0D0E0F0 app\nFILE 0 a.c\n"
    calls = "".join(f"INLINE {depth} 1 0 0 1000 fff000\n" for depth in range(100))
    rules = "STACK CFI INIT 1000 fff000 .cfa: $rsp 16 + .ra: .cfa 8 - ^"
    return [
        *files("sym-files/*.sym"),
        f"{head}INLINE_ORIGIN 0 {'i' * 2000}\nFUNC 1000 fff000 0 f\n{calls}1000 fff000 7 0\n{rules}\n".encode(),
        f"{head}FUNC 1000 fff000 0 {'n' * 4000}\n1000 fff000 7 0\n{rules} $rbx: 1{' 1 +' * 2000}\n".encode(),
    ]


def sessions(length: str) -> list[bytes]:
    """Symbol texts before dumps, with the length of the text."""
    small = [each for each in dumps() if len(each) < MOST // 2]
    pairs = [(text, small[at % len(small)]) for at, text in enumerate(texts())]
    pairs += [(text, dump(1, 200)) for text in texts()[-2:]]
    return [struct.pack(length, len(text)) + text + made for text, made in pairs if len(text) < 1 << 16]


def compressed() -> list[bytes]:
    """Streams of each format without the bytes that they begin with, with the number of the format before them."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.txt", inputs()[-2])
    # A block of zstd that repeats one byte.
    frame = bytes([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50, 0x03 | 0x80, 0x80, 0x01]) + b"a"
    plain = [inputs()[-4], bytes(1 << 22), inputs()[-3]]
    streams = [(0, 2, [gzip.compress(one) for one in plain]), (1, 4, [frame])]
    streams += [(2, 6, [lzma.compress(one) for one in plain]), (3, 8, [bz2.compress(one) for one in plain])]
    streams += [(4, 4, [archive.getvalue()])]
    return [bytes([number]) + one[skip:] for number, skip, made in streams for one in made]


def debug_files() -> list[bytes]:
    """Debug information files, and some whose symbols share a long name."""
    image = tiny_mach_o.mach_o([b"n" * 4000] * 100)
    return [*files("apple/**/Contents/Resources/DWARF/*"), image, tiny_mach_o.fat(image, 43)]


def elf_patches() -> list[bytes]:
    """Patches to each file of the target: to the file header, and to places in the whole of it."""
    places = (0x10, 0x12, 0x20, 0x28, 0x3C, 0x200, 0x800, 0x1200)
    patches = [struct.pack("<HBB", place, place & 1, value) for place in places for value in (0, 0xFF)]
    return [bytes([which]) + patch for which in range(8) for patch in patches]


def names() -> list[bytes]:
    """Mangled names, and those whose text grows with each level."""
    levels = "".join(f"S_I{ref}{ref}E" for ref in ("S0_", "S1_", "S2_", "S3_", "S4_", "S5_", "S6_"))
    usual = ["_ZN3foo3barEv", "?f@A@@QEAAHPEAX@Z", "_RNvC1a1f", "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"]
    swift = ["$s4main3FooV3baryyF", "_T04main3FooV3baryyF", "_TFV4main3Foo3barfT_T_", "$sSay4main1TVGMa"]
    return [
        name.encode()
        for name in (*usual, *swift, f"_Z1fSt4pairIiiE{levels}", "_RINvC2a01fGzzzzzz_EuE", "?@??$TSS777777775")
    ]


def reports() -> list[bytes]:
    """Small reports."""
    thread = {"frames": [{"module": "libc.so.6", "function": "abort"}, {"module": "app", "function": "f"}]}
    image = {"filename": "app", "base_addr": "0x1000", "end_addr": "0x2000"}
    system = {"os": "linux", "cpu_arch": "amd64"}
    crash = {"type": "SIGABRT", "address": "0x0", "crashing_thread": 0}
    return [json.dumps({"system_info": system, "crash_info": crash, "modules": [image], "threads": [thread]}).encode()]


def records() -> list[bytes]:
    """Records of facts, and reports."""
    frames = [{"module": "app.exe", "function": f"ns::f<{'a,' * 50}b>::g"} for _ in range(50)]
    facts = {"os": "windows", "code": "c0000005", "address": "0x0", "frames": frames, "process": "app.exe"}
    return [json.dumps(facts).encode(), *reports()]


def tables() -> list[bytes]:
    """A function with a prologue in .pdata of both processors, and an empty index of __unwind_info."""
    x64 = (
        b"\0"
        + struct.pack("<3I", 0x2000, 0x2040, 0x10000)
        + bytes([1, 5, 2, 0, 5, 0x32, 1, 0x30, 0, 0, 0, 0])
        + b"\x90" * 11
        + b"\xc3"
    )
    packed = b"\1" + struct.pack("<2I", 0x2000, 0x416107B1) + b"\0" * 8 + b"\x1f\x20\x03\xd5" * 2
    full = (
        b"\1"
        + struct.pack("<2I", 0x2000, 0x10000)
        + struct.pack("<2I", 0x0820000A, 0xE4E19FE1)
        + b"\x1f\x20\x03\xd5" * 2
    )
    index = struct.pack("<7I", 1, 28, 0, 28, 0, 28, 0)
    return [x64, packed, full, b"\2" + index * 3, b"\3" + index * 3]


SEEDS = {
    "breakpad_text": texts,
    "symbol_index": lambda: [b"\0\0\0", b"\x10\0\xff\x20\0\x01"],
    "minidump": dumps,
    "walk": lambda: sessions("<H"),
    "session": lambda: sessions("<I"),
    "inputs": inputs,
    "compressed": compressed,
    "json_repair": lambda: files("apple-reports/*.json", "apple-reports/*.ips", "managed/*.json"),
    "debug_info": debug_files,
    "elf": elf_patches,
    "pdb": lambda: files("windows*/**/*.pdb"),
    "pe": lambda: files("windows/**/*.exe"),
    "demangle": names,
    "failure_record": records,
    "unwind_tables": tables,
}

if __name__ == "__main__":
    main()
