"""Write down what llvm-symbolizer says about the fixtures: `truth.json` beside each file.

usage: truth.py [DSYM-FILE TRUTH-FILE]        needs llvm-symbolizer-19 and lief

For each slice the frames at each of its instructions, innermost first, as [function, file, line]; only addresses where
they change are kept. Functions are mangled as in the file, addresses are relative to the image.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import lief

HERE = Path(__file__).resolve().parent
SYMBOLIZER = "/usr/lib/llvm-19/bin/llvm-symbolizer"


def frames_at(path: Path, arch: str, addresses: list[int]) -> list[list[list[object]]]:
    """What llvm-symbolizer says about absolute addresses."""
    command = [SYMBOLIZER, f"--obj={path}", f"--default-arch={arch}", "--no-demangle", "--output-style=JSON"]
    text = subprocess.run(
        command, input="\n".join(map(hex, addresses)), capture_output=True, text=True, check=True
    ).stdout
    answers = []
    for line in text.splitlines():
        frames = json.loads(line)["Symbol"]
        answers.append([[frame["FunctionName"], frame["FileName"], frame["Line"]] for frame in frames])
    return answers


def truth_of(path: Path) -> dict[str, object]:
    """Every slice of a file by its debug id."""
    slices = {}
    fat = lief.MachO.parse(str(path))  # kept: its binaries do not live longer
    for binary in fat:
        arch = {lief.MachO.Header.CPU_TYPE.ARM64: "arm64"}.get(binary.header.cpu_type, "x86_64")
        base = binary.get_segment("__TEXT").virtual_address
        text = binary.get_section("__text")
        step = 4 if arch == "arm64" else 1
        addresses = list(range(text.virtual_address, text.virtual_address + text.size, step))
        rows: list[list[object]] = []
        for address, frames in zip(addresses, frames_at(path, arch, addresses), strict=True):
            if not rows or rows[-1][1] != frames:
                rows.append([address - base, frames])
        identifier = bytes(binary.uuid.uuid).hex().upper() + "0"
        code = [text.virtual_address - base, text.size, step]
        slices[identifier] = {"arch": arch, "code": code, "frames": rows}
    return slices


def write(path: Path, target: Path) -> None:
    target.write_text(json.dumps(truth_of(path), separators=(",", ":")).replace("[[", "\n[[") + "\n")
    print(target)


def main() -> None:
    if len(sys.argv) > 1:
        return write(Path(sys.argv[1]), Path(sys.argv[2]))
    for path in sorted(HERE.rglob("gauge")):
        if path.is_file():
            target = HERE / path.relative_to(HERE).parts[0] / "truth.json"
            if path.relative_to(HERE).parts[0] not in {"images", "objects"}:
                write(path, target)


if __name__ == "__main__":
    main()
