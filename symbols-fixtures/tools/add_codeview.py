"""Give the modules of a dump the CodeView records that Wine's MiniDumpWriteDump leaves out and Windows' own copies.

usage: add_codeview.py IN.dmp OUT.dmp PE…
"""

import os
import struct
import sys

from image import Pe
from minidump_reader import Reader


def main():
    source, target, *images = sys.argv[1:]
    with open(source, "rb") as f:
        data = bytearray(f.read())
    records = {os.path.basename(p): Pe(p).cv() for p in images}
    reader = Reader(bytes(data))
    _, at = reader.stream(4)
    for i, (_, _, name, _) in enumerate(list(reader.modules())):
        cv = records.get(name.split("\\")[-1])
        if cv:
            data += bytes(-len(data) % 4)
            struct.pack_into("<II", data, at + 4 + 108 * i + 76, len(cv), len(data))
            data += cv
    with open(target, "wb") as f:
        f.write(data)


main()
