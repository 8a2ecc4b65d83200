"""What a dump says of a PE or Mach-O image: base, size, CodeView record, time stamp.

usage: image.py IMAGE DEBUG(.exe with its PDB beside it, or the file in the dSYM) NAME BASE SIZE   -> JSON for gdb_shadow
"""

import json
import struct
import sys


class Pe:
    def __init__(self, path):
        with open(path, "rb") as f:
            d = self.data = f.read()
        header, = struct.unpack_from("<I", d, 0x3C)
        self.machine, sections, self.timestamp = struct.unpack_from("<HHI", d, header + 4)
        optional = header + 24
        wide = struct.unpack_from("<H", d, optional)[0] == 0x20B
        self.base = struct.unpack_from("<Q", d, optional + 24)[0] if wide else struct.unpack_from("<I", d, optional + 28)[0]
        self.size, = struct.unpack_from("<I", d, optional + 56)
        self.directories = optional + (112 if wide else 96)
        at = optional + struct.unpack_from("<H", d, header + 20)[0]
        self.sections = [struct.unpack_from("<8sIIII", d, at + 40 * i) for i in range(sections)]

    def directory(self, i):
        return struct.unpack_from("<II", self.data, self.directories + 8 * i)

    def offset(self, rva):
        for _, size, at, raw, place in self.sections:
            if at <= rva < at + max(size, raw):
                return rva - at + place
        raise ValueError(hex(rva))

    def cv(self):
        rva, size = self.directory(6)
        at = self.offset(rva)
        for entry in range(at, at + size, 28):
            kind, length, _, place = struct.unpack_from("<IIII", self.data, entry + 12)
            if kind == 2:
                return self.data[place : place + length]
        return b""


class MachO:
    timestamp = 0

    def __init__(self, path):
        with open(path, "rb") as f:
            d = f.read()
        count, = struct.unpack_from("<I", d, 16)
        at, self.uuid, self.base, self.size = 32, bytes(16), 0, 0
        for _ in range(count):
            kind, size = struct.unpack_from("<II", d, at)
            if kind == 0x1B:
                self.uuid = d[at + 8 : at + 24]
            if kind == 0x19 and d[at + 8 : at + 24].rstrip(b"\0") == b"__TEXT":
                self.base, self.size = struct.unpack_from("<QQ", d, at + 24)
            at += size

    def cv(self, name):
        """As Breakpad and Crashpad write it: the UUID as a GUID, age 0, the name."""
        u = self.uuid
        guid = u[3::-1] + u[5:3:-1] + u[7:5:-1] + u[8:]
        return b"RSDS" + guid + struct.pack("<I", 0) + name.encode() + b"\0"


def main():
    path, debug, name, base, size = sys.argv[1:]
    with open(path, "rb") as f:
        pe = f.read(2) == b"MZ"
    image = Pe(path) if pe else MachO(path)
    cv = image.cv() if pe else image.cv(name.split("/")[-1])
    print(json.dumps(dict(
        base=int(base, 0), size=int(size, 0), name=name, cv=cv.hex(), timestamp=image.timestamp, preferred=image.base,
        symbolizer=["llvm-symbolizer-19", f"--obj={debug}", "--output-style=JSON", "--inlines", "--demangle"],
    )))


if __name__ == "__main__":
    main()
