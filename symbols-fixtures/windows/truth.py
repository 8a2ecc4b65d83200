"""Write down what llvm-symbolizer says about the fixtures: `truth.json` beside each file.

usage: truth.py        needs llvm-symbolizer-19 and lief

For each image the frames at each byte of its code, innermost first, as [function, file, line]; only addresses where they
change are kept. Addresses are relative to the image, functions are named as the debug information names them: those that
others may call by mangled names, inlined ones by plain names.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import lief

HERE = Path(__file__).resolve().parent
SYMBOLIZER = "/usr/lib/llvm-19/bin/llvm-symbolizer"


def frames_at(path: Path, addresses: list[int]) -> list[list[list[object]]]:
    """What llvm-symbolizer says about addresses relative to the image."""
    command = [SYMBOLIZER, f"--obj={path.name}", "--relative-address", "--no-demangle", "--output-style=JSON"]
    text = subprocess.run(
        command, input="\n".join(map(hex, addresses)), capture_output=True, text=True, check=True, cwd=path.parent
    ).stdout
    answers = []
    for line in text.splitlines():
        frames = json.loads(line)["Symbol"]
        answers.append([[frame["FunctionName"], frame["FileName"], frame["Line"]] for frame in frames])
    return answers


def truth_of(path: Path) -> dict[str, object]:
    """The frames of an image."""
    binary = lief.PE.parse(str(path))
    text = binary.get_section(".text")
    addresses = list(range(text.virtual_address, text.virtual_address + text.virtual_size))
    rows: list[list[object]] = []
    for address, frames in zip(addresses, frames_at(path, addresses), strict=True):
        if not rows or rows[-1][1] != frames:
            rows.append([address, frames])
    return {"code": [text.virtual_address, text.virtual_size], "frames": rows}


def main() -> None:
    for path in sorted(HERE.rglob("gauge.exe")):
        target = path.with_name("truth.json")
        target.write_text(json.dumps(truth_of(path), separators=(",", ":")).replace("[[", "\n[[") + "\n")
        print(target)


if __name__ == "__main__":
    main()
