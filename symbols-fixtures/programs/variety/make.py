"""Dumps of the set variety: real stacks written again in forms that some writer uses and some reader trips over.

usage: make.py OUT          each case is a function; what a reader should find is in the truth file's "expect"
"""

import json
import pathlib
import sys

import cases_crash
import cases_lists
import cases_streams
from donor import Donor  # noqa: F401  (puts tools on the path)

import truth
from minidump_reader import Reader


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for module in (cases_crash, cases_lists, cases_streams):
        for name, make in vars(module).items():
            if not name.startswith("case_"):
                continue
            dump, frames, expect = make()
            stem = out / name.removeprefix("case_").replace("_", "-")
            data = dump if isinstance(dump, bytes) else dump.bytes()
            stem.with_suffix(".dmp").write_bytes(data)
            reader = Reader(data)
            stack = dict(tid=reader.crashed_thread() if reader.stream(6) else None, name=None, crashed=True, frames=frames)
            source = "the dump it was made from; expect: by construction"
            truth.write(stem.with_suffix(".truth.json"), source, [stack], what=" ".join(make.__doc__.split()), expect=expect)
            json.loads(stem.with_suffix(".truth.json").read_text())


main()
