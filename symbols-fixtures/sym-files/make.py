"""Symbol files, one for each odd thing that dumpers write or readers choke on, and what looking up in them should give.

usage: make.py OUT

expected.json: per file, what it shows; "look_ups": address (hex, relative to the module) -> frames, innermost first, as
[function, file, line]; null for what is not known; [] for no symbol. "cfi": address -> texts of the rules that apply, in
order. "bad": how many records are wrong, where that is beyond dispute. Where readers differ, the file expects what the
most tolerant of them makes of it.
"""

import json
import pathlib
import sys

from cfi import CFI
from records import RECORDS
from texts import TEXTS


def main():
    out = pathlib.Path(sys.argv[1])
    expected = {}
    for name, case in {**TEXTS, **RECORDS, **CFI}.items():
        data = case.pop("data")
        (out / f"{name}.sym").write_bytes(data if isinstance(data, bytes) else data.encode())
        expected[name] = case
    text = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in expected.items())
    (out / "expected.json").write_text("{\n" + text + "\n}\n")


main()
