"""`symbolicate report`: data on standard output, everything else on standard error, and the promised exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from symbolicate.cli import main
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run, Samples

    Program = Callable[..., Run]


def functions(report: dict[str, Any]) -> list[str]:
    """The crashed thread's functions, inlined ones too, innermost first."""
    names = []
    for frame in report["threads"][report["crash_info"]["crashing_thread"]]["frames"]:
        names += [inline["function"] for inline in frame["inlines"] or []]
        names.append(frame["function"])
    return names


STACK = ["poke(int*)", "crash_here(int)", "main", "_start"]


def test_json_is_one_document(run: Program, samples: Samples) -> None:
    done = run("report", samples.dump, "--symbols", samples.symbols, "--format", "json")
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    assert functions(report) == STACK
    assert report["schema_version"] == 1
    assert report["input"]["name"] == str(samples.dump)
    assert report["modules"][0]["symbols"]["status"] == "loaded"
    assert done.out.count(b"\n") == 1


def test_pretty_says_the_same(run: Program, samples: Samples) -> None:
    plain = run("report", samples.dump, "--symbols", samples.symbols, "--format", "json")
    pretty = run("report", samples.dump, "--symbols", samples.symbols, "--format", "json", "--pretty")
    assert json.loads(plain.out) == json.loads(pretty.out)
    assert pretty.out.count(b"\n") > 50


def test_several_inputs_are_an_array_in_order(run: Program, tmp_path: Path) -> None:
    others = [tmp_path / f"{i}.dmp" for i in range(20)]
    for i, other in enumerate(others):
        other.write_bytes(tiny_dump(thread_id=1000 + i))
    done = run("report", *others, "--format", "json", "-j", "2")
    assert done.code == 0
    assert [report["threads"][0]["thread_id"] for report in json.loads(done.out)] == [1000 + i for i in range(20)]


def test_ndjson_is_a_line_for_each(run: Program, samples: Samples) -> None:
    done = run("report", samples.dump, samples.dump, "--format", "ndjson")
    lines = done.text.splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["OK", "OK"]
    assert lines[0] == lines[1]


def test_human_is_the_default(run: Program, samples: Samples) -> None:
    done = run("report", samples.dump, "--symbols", samples.symbols)
    assert (done.code, done.err) == (0, "")
    assert done.text == run("report", samples.dump, "--symbols", samples.symbols, "--format", "human").text
    for part in (*STACK, "Failure", "SIGSEGV", "crash.cc:12", "inlined"):
        assert part in done.text


def test_markdown(run: Program, samples: Samples) -> None:
    done = run("report", samples.dump, "--symbols", samples.symbols, "--format", "md")
    assert done.text.startswith("# `")
    assert "```text" in done.text


def test_standard_input(run: Program, samples: Samples) -> None:
    done = run("report", "-", "--format", "json", stdin=samples.dump.read_bytes())
    assert done.code == 0
    assert json.loads(done.out)["input"]["name"] == "-"


def test_output_file(run: Program, samples: Samples, tmp_path: Path) -> None:
    done = run("report", samples.dump, "--format", "json", "-o", tmp_path / "out.json")
    assert (done.code, done.out) == (0, b"")
    assert json.loads((tmp_path / "out.json").read_bytes())["status"] == "OK"


def test_missing_symbols_are_no_failure_and_say_where(run: Program, samples: Samples, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = run("report", samples.dump, "--symbols", tmp_path / "nothing", "--format", "json")
    assert done.code == 0
    symbols = json.loads(done.out)["modules"][0]["symbols"]
    assert symbols["status"] == "missing"
    assert symbols["tried"][0] == str(tmp_path / "nothing" / DEBUG_FILE / DEBUG_ID / "app.sym")


def test_symbols_of_another_build_are_told(run: Program, samples: Samples) -> None:
    file = samples.symbols / DEBUG_FILE / DEBUG_ID / "app.sym"
    other = DEBUG_ID[:-1] + "2"
    file.write_bytes(SYM.replace(DEBUG_ID.encode(), other.encode()))
    done = run("report", samples.dump, "--symbols", samples.symbols, "--format", "json")
    symbols = json.loads(done.out)["modules"][0]["symbols"]
    assert (symbols["status"], symbols["found_id"]) == ("mismatch", other)
    shown = run("report", samples.dump, "--symbols", samples.symbols).text
    assert other in shown
    assert DEBUG_ID in shown


def test_a_store_answers_without_the_sources(run: Program, samples: Samples, tmp_path: Path) -> None:
    assert run("symbols", "add", samples.symbols, "--store", tmp_path / "mine").code == 0
    done = run("report", samples.dump, "--store", tmp_path / "mine", "--format", "json")
    assert functions(json.loads(done.out)) == STACK


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("hello there"), "not a crash"),
    "empty": (lambda path: path.touch(), "empty file"),
    "folder": (lambda path: path.mkdir(), "is a directory"),
    "nothing": (lambda _: None, "no such file"),
    "cut": (lambda path: path.write_bytes(tiny_dump()[:20]), "header"),
    "evil\x1b[2J\nname": (lambda _: None, "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_input_is_one_line_and_exit_1(run: Program, samples: Samples, tmp_path: Path, name: str) -> None:
    make, said = BAD[name]
    make(tmp_path / name)
    done = run("report", tmp_path / name, "--format", "ndjson")
    assert (done.code, done.out) == (1, b"")
    assert done.err.count("\n") == 1
    assert said in done.err
    assert "\x1b" not in done.err
    assert run("report", tmp_path / name, "--format", "json").out == b""
    # The others are still processed.
    done = run("report", tmp_path / name, samples.dump, tmp_path / name, samples.dump, "--format", "json")
    assert done.code == 1
    assert len(json.loads(done.out)) == 2
    assert done.err.count("\n") == 2


def test_an_empty_standard_input(run: Program) -> None:
    done = run("report", "-")
    assert (done.code, done.out) == (1, b"")
    assert "-: empty" in done.err


def test_only_bad_inputs_are_an_empty_array(run: Program) -> None:
    done = run("report", "a", "b", "--format", "json")
    assert done.code == 1
    assert json.loads(done.out) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--nonsense", "a.dmp"],
        ["a.dmp", "--format", "xml"],
        ["a.dmp", "--symbols", "ftp://symbols.example.org/"],
        ["a.dmp", "--symbols", "nonsense+https://symbols.example.org/"],
        ["a.dmp", "--symbols", "https://"],
        ["a.dmp", "--symbols", "no/such/place"],
        ["a.dmp", "-j", "0"],
        ["a.dmp", "--brief", "--all-threads"],
        ["-", "-"],
        ["a.dmp", "-o", "no/such/folder/out"],
    ],
)
def test_wrong_usage_is_exit_2(run: Program, arguments: list[str]) -> None:
    done = run("report", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert "Error: " in done.err
    assert "Traceback" not in done.err


def test_an_address_that_cannot_be_asked_is_refused_clearly(run: Program) -> None:
    done = run("report", "a.dmp", "--symbols", "ftp://me:s3cret@symbols.example.org/")
    assert "no such kind of address: ftp" in done.err
    assert "s3cret" not in done.err


def test_a_file_that_has_no_symbols_is_told(run: Program, samples: Samples, tmp_path: Path) -> None:
    done = run("report", samples.dump, "--symbols", samples.dump, "--symbols", tmp_path / "symbols", "--format", "json")
    assert (done.code, functions(json.loads(done.out))) == (0, STACK)
    assert done.err == f"symbolicate: {samples.dump}: not a symbol file, a debug file or a binary\n"


def test_names_that_are_no_utf8(run: Program, samples: Samples, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    odd.mkdir()
    try:
        dump = samples.dump.rename(odd / os.fsdecode(b"\xff.dmp"))
    except OSError:
        pytest.skip("this file system has UTF-8 alone")
    symbols = samples.symbols.rename(odd / os.fsdecode(b"\xfe"))
    rules = odd / os.fsdecode(b"\xfd.toml")
    rules.write_text("")
    arguments = ["--symbols", odd, "--symbols", symbols, "--store", odd / "store", "--rules", rules, "--format", "json"]
    done = run("report", dump, *arguments, "-o", odd / os.fsdecode(b"\xfc"))
    assert (done.code, done.err) == (0, "")
    report = json.loads((odd / os.fsdecode(b"\xfc")).read_bytes())
    assert functions(report) == STACK
    assert report["input"]["name"].endswith("caf\ufffd/\ufffd.dmp")
    assert "caf\ufffd/\ufffd/" in report["modules"][0]["symbols"]["file"]
    assert run("bucket", "rules", "check", rules).code == 0


def test_the_explanation_in_markdown_is_a_block(run: Program, samples: Samples) -> None:
    done = run("report", samples.dump, "--format", "md", "--explain", "--brief")
    assert re.search(r"\n```text\nWhy this name\n(?:[^`].*\n)*```\n\Z", done.text)


def test_a_broken_pipe_is_silent(samples: Samples) -> None:
    program = [sys.executable, "-m", "symbolicate", "report", *[str(samples.dump)] * 300, "--format", "ndjson"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_the_answer_does_not_depend_on_company_or_jobs(run: Program, samples: Samples) -> None:
    alone = run("report", samples.dump, "--symbols", samples.symbols, "--format", "ndjson").out
    many = run("report", *[samples.dump] * 40, "--symbols", samples.symbols, "--format", "ndjson", "-j", "3").out
    assert many == alone * 40


def test_an_output_file_is_not_touched_if_all_fails(run: Program, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("of yesterday")
    for files in (["missing"], ["missing", "none"]):
        assert run("report", *files, "--format", "json", "-o", out).code == 1
        assert out.read_text() == "of yesterday"
    assert run("report", "missing", "-o", tmp_path / "new").code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_an_output_file_is_replaced_and_keeps_its_mode(run: Program, samples: Samples, tmp_path: Path) -> None:
    out, link = tmp_path / "out.json", tmp_path / "link.json"
    out.write_text("of yesterday")
    out.chmod(0o640)
    link.symlink_to(out)
    assert run("report", samples.dump, "--format", "json", "-o", link).code == 0
    assert json.loads(out.read_bytes())["status"] == "OK"
    assert link.is_symlink()
    assert out.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("how", ["name", "link", "stdin"])
def test_an_input_is_not_overwritten(samples: Samples, tmp_path: Path, how: str) -> None:
    before = samples.dump.read_bytes()
    (tmp_path / "link").symlink_to(samples.dump)
    out = tmp_path / "link" if how == "link" else samples.dump
    program = [sys.executable, "-m", "symbolicate", "report", "-" if how == "stdin" else str(samples.dump)]
    with samples.dump.open("rb") as stdin:
        done = subprocess.run([*program, "-o", str(out)], stdin=stdin, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"is an input" in done.stderr
    assert samples.dump.read_bytes() == before


@pytest.mark.parametrize("out", ["/dev/stdout", "-"])
def test_standard_output_by_name(run: Program, samples: Samples, out: str) -> None:
    assert json.loads(run("report", samples.dump, "--format", "json", "-o", out).out)["status"] == "OK"


def test_output_to_a_device(run: Program, samples: Samples) -> None:
    done = run("report", samples.dump, "-o", "/dev/null")
    assert (done.code, done.out, done.err) == (0, b"", "")


@pytest.mark.parametrize("command", [["report"], ["symbols", "check"], ["symbols", "add"]])
def test_a_file_without_permission_is_an_input_error(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "locked").write_text("nothing of use")
    (tmp_path / "locked").chmod(0)
    # The tests may be run by root, who may read it.
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(SystemExit) as left:
        main([*command, str(tmp_path / "locked")])
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "locked: " in said
    if command != ["report"]:
        assert "permission denied" in said


@pytest.mark.parametrize("content", [tiny_dump(), b""], ids=["dump", "empty"])
@pytest.mark.parametrize("how", ["fifo", "/dev/stdin", "/dev/fd/0"])
def test_what_can_be_read_only_once(run: Program, tmp_path: Path, how: str, content: bytes) -> None:
    if how == "fifo":
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=lambda: pipe.write_bytes(content))
        writer.start()
        done = run("report", pipe, "--format", "json")
        writer.join()
    else:
        done = run("report", how, "--format", "json", stdin=content)
    if content:
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out)["status"] == "OK"
    else:
        assert (done.code, done.out) == (1, b"")
        assert done.err.endswith(": empty input\n")
