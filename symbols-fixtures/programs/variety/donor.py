"""A dump that exists, taken apart, so that its real stack can be written again in another form."""

import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from minidump_reader import Reader  # noqa: E402
from minidump_writer import Dump  # noqa: E402

OS = {2: "windows", 0x8101: "macos", 0x8102: "ios", 0x8201: "linux", 0x8203: "android"}
ARCH = {0: "x86", 5: "arm", 9: "amd64", 12: "arm64"}


class Donor:
    def __init__(self, name):
        path = ROOT / "dumps" / name
        self.data = path.with_suffix(".dmp").read_bytes()
        self.truth = json.loads(path.with_suffix(".truth.json").read_text())
        r = self.reader = Reader(self.data)
        _, at = r.stream(7)
        self.arch = ARCH[struct.unpack_from("<H", self.data, at)[0]]
        self.version = struct.unpack_from("<III", self.data, at + 8)
        self.os = OS[struct.unpack_from("<I", self.data, at + 20)[0]]
        self.csd = r.string(struct.unpack_from("<I", self.data, at + 24)[0])
        self.modules = list(r.modules())
        self.threads = []  # tid, context, stack base, stack
        _, at = r.stream(3)
        for entry in range(at + 4, at + 4 + 48 * struct.unpack_from("<I", self.data, at)[0], 48):
            tid, = struct.unpack_from("<I", self.data, entry)
            base, size, where, context_size, context = struct.unpack_from("<QIIII", self.data, entry + 24)
            self.threads.append((tid, self.data[context : context + context_size], base, self.data[where : where + size]))
        _, at = r.stream(6)
        tid, _, code, flags, record, address, count = struct.unpack_from("<IIIIQQI", self.data, at)
        self.exception = (tid, code, flags, address, struct.unpack_from(f"<{count}Q", self.data, at + 40))
        self.crashed = next(t for t in self.threads if t[0] == tid)

    def dump(self, threads="all", modules=True, exception=True, **more):
        """The same crash, to be changed. threads: all, crashed or none."""
        d = Dump(os=more.pop("os", self.os), arch=self.arch, version=self.version, csd=self.csd, **more)
        for tid, context, base, stack in self.threads if threads == "all" else [self.crashed] if threads == "crashed" else []:
            d.thread(tid, context, base, stack)
        if modules:
            for base, size, name, cv in self.modules:
                d.module(base, size, name, cv=cv)
        if exception:
            tid, code, flags, address, parameters = self.exception
            d.exception(tid, code, flags, address, parameters, self.crashed[1])
        return d
