"""A mixture of inputs for a batch, and the rows that it has to have: what reports say, one after the other.

python tests/batch_mix.py FOLDER COUNT MORE...    writes a mixture, also of files in these folders, and checks it
"""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from symbolicate.corpus.entries import kind_of, readable
from symbolicate.corpus.inputs import find_inputs
from symbolicate.engine import Input, Session
from symbolicate.errors import InputError, NotACrashError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symbolicate.engine.inputs import Crash

__all__ = ["expected_lines", "write_mixture"]


def write_mixture(folder: Path, files: Sequence[Path], count: int, seed: int = 1) -> None:
    """Fill a folder with links to files, and between them archives, garbage, pipes, odd names and links in circles."""
    choose = random.Random(seed)  # noqa: S311 - the same mixture each time
    folder.mkdir()
    for number in range(count):
        here = folder / f"{number // 500:03}"
        here.mkdir(exist_ok=True)
        file, path = choose.choice(files), here / f"{number:06}"
        kind = choose.randrange(40)
        if kind == 0:
            with zipfile.ZipFile(f"{path}.zip", "w") as archive:
                for inner in choose.sample(files, 2):
                    archive.write(inner, inner.name)
                archive.writestr("notes.txt", "no crash")
        elif kind == 1:
            with tarfile.open(f"{path}.tar.gz", "w:gz") as tar:
                tar.add(file, file.name)
        elif kind == 2:
            Path(f"{path}.gz").write_bytes(gzip.compress(file.read_bytes()))
        elif kind == 3:
            path.write_bytes(choose.randbytes(choose.randrange(3000)))
        elif kind == 4:
            data = file.read_bytes()
            path.write_bytes(data[: choose.randrange(len(data) + 1)])
        elif kind == 5:
            _odd(choose, here, number, file)
        else:
            path.symlink_to(file)


def _odd(choose: random.Random, folder: Path, number: int, file: Path) -> None:
    path = folder / f"{number:06}"
    odd = choose.randrange(6)
    if odd == 0:
        os.mkfifo(path)
    elif odd == 1:
        path.touch()
    elif odd == 2:
        path.symlink_to("nowhere")
    elif odd == 3:
        path.symlink_to(".")
    elif odd == 4:
        path.symlink_to(path.name)
    else:
        os.symlink(file, os.fsencode(path) + b"\xff.dmp")


def expected_lines(folder: Path, session: Session) -> list[bytes]:
    """The lines of a batch of a folder, in order: reports one by one, and what is known of files that have none."""
    return [
        line for entry in find_inputs([str(folder)]) for line in _lines(entry.path, entry.error, entry.kind, session)
    ]


def _lines(path: str, error: str, kind: str, session: Session) -> Iterator[bytes]:
    name = readable(path)
    if error:
        yield _line(name, kind or "InputUnreadable", error, None)
        return
    results = list(session.outcomes([path]))
    files = list(_files(path)) if isinstance(results[0].result, NotACrashError) else []
    inner: list[tuple[str, Crash]] = [(f"{name}: {file}", Input(f"{name}: {file}", data)) for file, data in files]
    for source, one in inner or [(name, path)]:
        for outcome in session.outcomes([one]):
            result = outcome.result
            if isinstance(result, InputError):
                yield _line(source, kind_of(type(result)), result.message, result.hint)
            else:
                yield result


def _files(path: str) -> Iterator[tuple[str, bytes]]:
    """The files of an archive; those of this mixture are not in one another."""
    if zipfile.is_zipfile(path) and path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)
    elif path.endswith(".tar.gz"):
        with tarfile.open(path) as tar:
            for member in tar:
                file = tar.extractfile(member)
                assert file is not None
                yield member.name, file.read()
    elif path.endswith(".gz"):
        yield os.path.basename(path).removesuffix(".gz"), gzip.decompress(Path(path).read_bytes())


def _line(name: str, kind: str, message: str, hint: str | None) -> bytes:
    error = {"kind": kind, "message": message} | ({"hint": hint} if hint is not None else {})
    return msgspec.json.encode({"status": "ERROR", "input": {"name": name}, "error": error})


def main(folder: Path, count: int, places: list[Path]) -> None:
    """Write a mixture, process it, and compare."""
    from places import FIXTURES

    symbols = [str(FIXTURES / "symbols"), str(FIXTURES / "apple")]
    kinds = ["dumps", "apple-reports", "android-reports", "managed", "dart", "windows-errors"]
    roots = [*(FIXTURES / kind for kind in kinds), *places]
    files = sorted(
        file for root in roots for file in root.rglob("*") if file.is_file() and file.stat().st_size < 4 << 20
    )
    write_mixture(folder / "mixture", files, count)
    out = folder / "out.ndjson"
    options = [option for place in symbols for option in ("--symbols", place)]
    command = [sys.executable, "-m", "symbolicate", "batch", str(folder / "mixture"), "-o", str(out), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    sys.stdout.write(done.stderr)
    lines, expected = out.read_bytes().splitlines(), expected_lines(folder / "mixture", Session(symbols))
    different = [number for number, pair in enumerate(zip(lines, expected, strict=False)) if pair[0] != pair[1]]
    sys.stdout.write(f"{len(lines)} rows, {len(expected)} expected, {len(different)} differ\n")
    for number in different[:5]:
        sys.stdout.write(f"{number}: {lines[number][:300]!r}\n    {expected[number][:300]!r}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
