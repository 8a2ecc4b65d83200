"""The little of a minidump that the scripts here must know: streams, strings, modules, threads, the exception."""

import struct


class Reader:
    def __init__(self, data):
        self.data = data
        magic, _, count, at = struct.unpack_from("<4sIII", data)
        assert magic == b"MDMP"
        self.streams = [struct.unpack_from("<III", data, at + 12 * i) for i in range(count)]

    def stream(self, kind):
        """(size, offset) of the first stream of a kind."""
        return next(((size, at) for k, size, at in self.streams if k == kind), None)

    def string(self, at):
        size, = struct.unpack_from("<I", self.data, at)
        return self.data[at + 4 : at + 4 + size].decode("utf-16-le")

    def modules(self):
        """(base, size, name, CodeView record) of each module."""
        _, at = self.stream(4)
        count, = struct.unpack_from("<I", self.data, at)
        for entry in range(at + 4, at + 4 + 108 * count, 108):
            base, size, _, _, name = struct.unpack_from("<QIIII", self.data, entry)
            cv_size, cv = struct.unpack_from("<II", self.data, entry + 76)
            yield base, size, self.string(name), self.data[cv : cv + cv_size]

    def crashed_thread(self):
        _, at = self.stream(6)
        return struct.unpack_from("<I", self.data, at)[0]
