"""`report` of several inputs, one of which ends the process: the others are answered, and that one is an error."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from service_process import until
from tiny_dump import tiny_dump

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the work is done in a copy of the process")

MIB = 1 << 20
LIMIT = 96 * MIB
LOG = '{"type":"managedError","exception":{"type":"E","message":"%s"}}'


@dataclass(frozen=True)
class Ran:
    code: int
    out: bytes
    err: str


def too_little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def report(folder: Path, *arguments: str) -> Ran:
    """Run the program with little memory."""
    ran = subprocess.run(command(folder, *arguments), capture_output=True, check=False, preexec_fn=too_little_memory)
    return Ran(ran.returncode, ran.stdout, ran.stderr.decode())


def command(folder: Path, *arguments: str) -> list[str]:
    store = str(folder / "store")
    return [sys.executable, "-m", "symbolicate", "report", "--store", store, "-j", "2", *arguments]


def good(folder: Path, number: int) -> str:
    path = folder / f"good{number}.dmp"
    path.write_bytes(tiny_dump())
    return str(path)


def deadly(folder: Path, name: str = "deadly", before: bytes = b"") -> str:
    """A log whose text has half of the bytes that the program may have, and is copied when it is decoded."""
    path = folder / name
    path.write_bytes(b'{"logs":[' + before + LOG.partition("%s")[0].encode())
    os.truncate(path, LIMIT // 2)
    return str(path)


def complaints(ran: Ran) -> list[str]:
    """The messages of the program, without the runtime's message about a failed allocation."""
    return [line for line in ran.err.splitlines() if line.startswith("symbolicate: ")]


def names(out: bytes) -> list[str]:
    return [os.path.basename(json.loads(line)["input"]["name"]) for line in out.splitlines()]


def test_a_single_such_input_ends_the_process(tmp_path: Path) -> None:
    assert report(tmp_path, deadly(tmp_path)).code < 0


@pytest.mark.parametrize("at", range(3))
def test_the_others_are_answered_in_their_order(tmp_path: Path, at: int) -> None:
    inputs = [good(tmp_path, number) for number in range(4)]
    inputs.insert(2 * at, deadly(tmp_path))
    ran = report(tmp_path, "--format", "ndjson", *inputs)
    assert ran.code == 1
    assert names(ran.out) == ["good0.dmp", "good1.dmp", "good2.dmp", "good3.dmp"]
    (line,) = complaints(ran)
    assert line.startswith(f"symbolicate: {tmp_path}/deadly: processing it ended the process (SIG")


def test_every_form_is_whole(tmp_path: Path) -> None:
    inputs = [good(tmp_path, 0), deadly(tmp_path), good(tmp_path, 1), deadly(tmp_path, "last")]
    ran = report(tmp_path, "--format", "json", *inputs)
    assert (ran.code, len(json.loads(ran.out))) == (1, 2)
    assert len(complaints(ran)) == 2
    human = report(tmp_path, *inputs)
    expected = report(tmp_path, inputs[0], inputs[2])
    assert (human.code, expected.code) == (1, 0)
    assert human.out == expected.out


def test_an_output_file_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    ran = report(tmp_path, "--format", "ndjson", "-o", str(out), good(tmp_path, 0), deadly(tmp_path), good(tmp_path, 1))
    assert ran.code == 1
    assert names(out.read_bytes()) == ["good0.dmp", "good1.dmp"]
    assert not list(tmp_path.glob(".symbolicate-*"))


def test_one_of_the_crashes_of_an_input(tmp_path: Path) -> None:
    path = deadly(tmp_path, before=(LOG % "x" + ",").encode() * 300)
    ran = report(tmp_path, "--format", "ndjson", good(tmp_path, 0), path, good(tmp_path, 1))
    assert ran.code == 1
    written = names(ran.out)
    assert written[0] == "good0.dmp"
    assert written[-1] == "good1.dmp"
    # What is processed together with the crash is lost with it, and nothing comes twice.
    indexes = [json.loads(line)["input"]["index"] for line in ran.out.splitlines()[1:-1]]
    assert indexes == list(range(len(indexes)))
    assert len(indexes) >= 64
    assert f"{path}: processing it ended the process" in ran.err


def test_what_can_be_read_once_is_not_read_again(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # With an end that stays open, whoever reads the pipe waits until the process is ended.
    writer = os.open(fifo, os.O_RDWR)
    os.write(writer, tiny_dump())
    inputs = (good(tmp_path, 0), deadly(tmp_path), str(fifo), good(tmp_path, 1))
    ran = report(tmp_path, "--format", "ndjson", "-j", "2", *inputs)
    os.close(writer)
    assert ran.code == 1
    assert names(ran.out) == ["good0.dmp", "good1.dmp"]
    assert f"{fifo}: can be read only once" in ran.err
    assert f"{tmp_path}/deadly: processing it ended the process" in ran.err


def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    large, fifo = tmp_path / "large.json", tmp_path / "fifo"
    large.write_bytes(b'{"logs":[' + (LOG % ("a" * (20 * MIB))).encode() + b"]}")
    os.mkfifo(fifo)
    arguments = command(tmp_path, "--format", "ndjson", good(tmp_path, 0), str(large), str(fifo), good(tmp_path, 1))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        # The large one is begun before the pipe, and read beside it.
        with open(fifo, "wb") as stream:
            os.truncate(large, 4096)
            stream.write(tiny_dump())
        out, err = running.communicate()
    found = names(out)
    assert [found[0], *found[-2:]] == ["good0.dmp", "fifo", "good1.dmp"]
    if "large.json" in found:
        assert (running.returncode, err) == (0, b"")
    else:
        assert running.returncode == 1
        assert err.count(b"large.json") == err.count(b"\n") == 1


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    running = subprocess.Popen(command(tmp_path, good(tmp_path, 0), str(fifo)), stdout=subprocess.PIPE)
    with open(fifo, "wb"):
        running.kill()
        # The end of the output: no process has it open any more.
        assert running.stdout is not None
        running.stdout.read()
        running.stdout.close()
        running.wait()


@pytest.mark.parametrize("mib", range(60, 150, 10))
def test_wherever_memory_ends_the_others_are_answered(tmp_path: Path, mib: int) -> None:
    frame = '  File "a.py", line 1, in f\n    f()\n'
    bulky = tmp_path / "bulky.txt"
    bulky.write_text(
        "Traceback (most recent call last):\n" + (frame + "  [Previous line repeated 9 more times]\n") * 3000 + "E: x\n"
    )
    inputs = [good(tmp_path, 0), str(bulky), good(tmp_path, 1), good(tmp_path, 2)]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (mib * MIB, mib * MIB))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    ran = subprocess.run(
        command(tmp_path, "--format", "ndjson", *inputs),
        capture_output=True,
        check=False,
        preexec_fn=limit,
        env=os.environ | {"RUST_BACKTRACE": "1"},
        timeout=60,
    )
    assert ran.returncode in {0, 1}
    assert [name for name in names(ran.stdout) if name != "bulky.txt"] == ["good0.dmp", "good1.dmp", "good2.dmp"]


def test_an_output_that_is_cut_is_reported(tmp_path: Path) -> None:
    inputs = [good(tmp_path, number) for number in range(90)]
    with subprocess.Popen(
        command(tmp_path, "--format", "ndjson", *inputs), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        child = until(lambda: Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split(), what="it")

        def is_stuck() -> bool:
            # The pipe is full, and no process reads it.
            return "pipe_w" in Path(f"/proc/{child[0]}/wchan").read_text()

        until(is_stuck, what="a full pipe")
        os.kill(int(child[0]), signal.SIGKILL)
        out, err = running.stdout.read(), running.stderr.read()
    assert running.returncode == 1
    assert b"ended by SIGKILL while writing: the output is truncated" in err
    assert 0 < len(out.splitlines()) < len(inputs)
