"""Write down what llvm-symbolizer says about the fixtures: `truth.json` beside each debug file.

usage: truth.py        needs llvm-19 and pyelftools

The frames at each instruction, innermost first, as [function, file, line]; only addresses where they change are kept.
Functions are mangled as in the file, addresses are relative to the image.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from elftools.elf.elffile import ELFFile

HERE = Path(__file__).resolve().parent
SYMBOLIZER = "/usr/lib/llvm-19/bin/llvm-symbolizer"
DWP = "/usr/lib/llvm-19/bin/llvm-dwp"


def frames_at(path: Path, addresses: list[int]) -> list[list[list[object]]]:
    """What llvm-symbolizer says about addresses."""
    command = [SYMBOLIZER, f"--obj={path}", "--no-demangle", "--output-style=JSON"]
    done = subprocess.run(command, input="\n".join(map(hex, addresses)), capture_output=True, text=True, check=True)
    answers = []
    for line in done.stdout.splitlines():
        frames = json.loads(line).get("Symbol", [])
        answers.append([[frame["FunctionName"], frame["FileName"], frame["Line"]] for frame in frames])
    return answers


def joined(path: Path, folder: Path) -> Path:
    """A debug file with the package of its split units beside it, where llvm-symbolizer finds it whatever its path was."""
    package = path.with_suffix(".dwp")
    split = sorted(path.parent.glob("*.dwo"))
    target = folder / path.name
    shutil.copy(path, target)
    if package.exists():
        shutil.copy(package, f"{target}.dwp")
    elif split:
        subprocess.run([DWP, *split, "-o", f"{target}.dwp"], check=True)
    return target


def truth_of(path: Path) -> dict[str, object]:
    """The frames of a debug file."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        arch = elf.get_machine_arch()
        text = elf.get_section_by_name(".text")
        start, size = text["sh_addr"], text["sh_size"]
        notes = elf.get_section_by_name(".note.gnu.build-id").iter_notes()
        build_id = next(note["n_desc"] for note in notes if note["n_type"] == "NT_GNU_BUILD_ID")
    step = {"x64": 1, "x86": 1, "ARM": 2}.get(arch, 4)
    rows: list[list[object]] = []
    addresses = list(range(start, start + size, step))
    for address, frames in zip(addresses, frames_at(path, addresses), strict=True):
        if not rows or rows[-1][1] != frames:
            rows.append([address, frames])
    return {"build_id": build_id, "code": [start, size, step], "frames": rows}


def main() -> None:
    for path in sorted(HERE.glob("*/gauge.debug")):
        target = path.parent / "truth.json"
        with tempfile.TemporaryDirectory() as folder:
            truth = truth_of(joined(path, Path(folder)))
        target.write_text(json.dumps(truth, separators=(",", ":")).replace("[[", "\n[[") + "\n")
        print(target)


if __name__ == "__main__":
    main()
