"""`symbolicate bucket similar`: reports in, suggestions out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sample_reports import frame, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run


def crash(key: str, *functions: str | None, **more: Any) -> dict[str, Any]:
    failure = {"name": f"NULL_POINTER_SIGSEGV_app!{key}", "hash": key, "problem_classes": ["NULL_POINTER"]}
    thread = {"threads_index": 1, "frames": [frame(i, function) for i, function in enumerate(functions)]}
    return report([], failure=failure, crashing_thread=thread, **more)


NEAR = [
    crash("aaaa", "png::Reader::row(int)", "png::Reader::image()", "png::load(char const*)", "main"),
    crash("aaaa", "png::Reader::row(int)", "png::Reader::image()", "png::load(char const*)", "main"),
    crash("bbbb", "png::Reader::rows(int)", "png::Reader::image()", "png::load(char const*)", "main"),
    crash("cccc", "jpeg::scan(int)", "jpeg::decode()", "start"),
]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    path = tmp_path / "reports.ndjson"
    path.write_text("".join(json.dumps(document) + "\n" for document in NEAR))
    return path


def test_ndjson(reports: Path, run: Callable[..., Run]) -> None:
    done = run("bucket", "similar", "--format", "ndjson", "--threshold", "0.5", reports)
    assert (done.code, done.err) == (0, "")
    (line,) = (json.loads(text) for text in done.text.splitlines())
    assert (line["bucket"], line["reports"], line["name"]) == ("aaaa", 2, "NULL_POINTER_SIGSEGV_app!aaaa")
    (found,) = line["similar"]
    assert found["bucket"] == "bbbb"
    assert 0.5 <= found["score"] < 1
    first, second, *_ = found["aligned"]
    assert (first["frame"], first["other"], first["equal"]) == ("png::Reader::rows", "png::Reader::row", False)
    assert (second["frame"], second["place"], second["other_place"], second["equal"]) == (
        "png::Reader::image",
        1,
        1,
        True,
    )
    assert sum(pair["weight"] for pair in found["aligned"]) == pytest.approx(found["score"], abs=1e-3)


def test_human(reports: Path, run: Callable[..., Run], golden: Callable[[str, str], None]) -> None:
    done = run("bucket", "similar", "--threshold", "0.5", reports)
    assert (done.code, done.err) == (0, "")
    golden("bucket-similar.txt", done.text)


@pytest.mark.parametrize("form", ["array", "one", "stdin"])
def test_other_forms(form: str, tmp_path: Path, run: Callable[..., Run]) -> None:
    arguments: list[Path | str] = []
    if form == "array":
        (tmp_path / "all.json").write_text(json.dumps(NEAR, indent=1))
        arguments = [tmp_path / "all.json"]
    elif form == "one":
        for number, document in enumerate(NEAR):
            (tmp_path / f"{number}.json").write_text(json.dumps(document, indent=1))
            arguments.append(tmp_path / f"{number}.json")
    lines = "".join(json.dumps(document) + "\n" for document in NEAR)
    done = run(
        "bucket", "similar", "--format", "ndjson", "--threshold", "0.5", *(arguments or ["-"]), stdin=lines.encode()
    )
    assert [found["bucket"] for found in json.loads(done.text)["similar"]] == ["bbbb"]


def test_what_cannot_be_read_is_told(reports: Path, tmp_path: Path, run: Callable[..., Run]) -> None:
    bad = tmp_path / "bad.ndjson"
    bad.write_text(json.dumps(NEAR[0]) + '\n{"failure": 5}\nnonsense\n')
    done = run("bucket", "similar", "--format", "ndjson", "--threshold", "0.5", bad, tmp_path / "none.json", reports)
    assert done.code == 1
    assert json.loads(done.text)["reports"] == 3
    assert len(done.err.splitlines()) == 3
    assert "document 2 of 3 is not a report" in done.err
    assert "no such file" in done.err


def test_decisions(reports: Path, tmp_path: Path, run: Callable[..., Run]) -> None:
    decisions = tmp_path / "decisions.ndjson"
    decisions.write_text('{"split": ["aaaa", "bbbb"]}\n\n{"merge": ["aaaa", "cccc"]}\n')
    done = run("bucket", "similar", "--format", "ndjson", "--threshold", "0.5", "--decisions", decisions, reports)
    line = json.loads(done.text)
    assert (line["bucket"], line["similar"], line["merged"]) == ("aaaa", [], {"aaaa": ["cccc"]})
    decisions.write_text('{"merge": ["aaaa"]}\n')
    done = run("bucket", "similar", "--decisions", decisions, reports)
    assert done.code == 2
    assert "line 1" in done.err


def test_nothing_similar_is_nothing_said(tmp_path: Path, run: Callable[..., Run]) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(NEAR[3]))
    done = run("bucket", "similar", path)
    assert (done.code, done.out, done.err) == (0, b"", "")
    assert run("bucket", "similar", "--threshold", "0", path).code == 2
    assert run("bucket", "similar", "--threshold", "1.5", path).code == 2
