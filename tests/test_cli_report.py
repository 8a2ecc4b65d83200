"""`symbolicate report`: data on standard output, everything else on standard error, and the promised exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

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
    "text": (lambda path: path.write_text("hello there"), "not a minidump"),
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
        ["a.dmp", "--symbols", "https://symbols.example.org/"],
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


def test_a_url_is_refused_clearly(run: Program) -> None:
    done = run("report", "a.dmp", "--symbols", "https://symbols.example.org/")
    assert "not supported yet: https://symbols.example.org/" in done.err


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
