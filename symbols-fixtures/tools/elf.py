"""What a minidump says of an ELF file: its extent, build id and segments. Little-endian, 32 and 64 bits."""

import struct

PT_LOAD, PT_DYNAMIC, PT_NOTE = 1, 2, 4


class Elf:
    def __init__(self, path, data=None):
        """data: the file's bytes where there is no file, such as the vDSO."""
        d = data
        if d is None:
            with open(path, "rb") as f:
                d = f.read()
        self.path, wide = path, d[4] == 2
        self.machine = struct.unpack_from("<H", d, 18)[0]
        if wide:
            table, = struct.unpack_from("<Q", d, 32)
            size, count = struct.unpack_from("<HH", d, 54)
        else:
            table, = struct.unpack_from("<I", d, 28)
            size, count = struct.unpack_from("<HH", d, 42)
        self.header_offset = table
        self.low, self.high, self.build_id, self.dynamic, self.segments = 1 << 64, 0, b"", None, []
        for at in range(table, table + size * count, size):
            if wide:
                kind, flags, offset, address, _, file_size, memory, _ = struct.unpack_from("<IIQQQQQQ", d, at)
            else:
                kind, offset, address, _, file_size, memory, flags, _ = struct.unpack_from("<IIIIIIII", d, at)
            lo, hi = address & -4096, (address + memory + 4095) & -4096
            if kind == PT_LOAD:
                self.low, self.high = min(self.low, lo), max(self.high, hi)
                text = "".join(c if flags & bit else "-" for c, bit in (("r", 4), ("w", 2), ("x", 1)))
                self.segments.append((lo, hi, text + "p", offset & -4096))
            elif kind == PT_DYNAMIC:
                self.dynamic = address
            elif kind == PT_NOTE:
                self._notes(d[offset : offset + file_size])

    def _notes(self, d):
        at = 0
        while at + 12 <= len(d):
            name, size, kind = struct.unpack_from("<III", d, at)
            start = at + 12 + (name + 3 & -4)
            if kind == 3 and d[at + 12 : at + 16] == b"GNU\0":
                self.build_id = d[start : start + size]
            at = start + (size + 3 & -4)
