"""The questions of docs/corpus.md are answered by DuckDB and by polars, and both give the same answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from places import FIXTURES, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

PAGE = (ROOT / "docs" / "corpus.md").read_text().partition("## Ten questions")[2]
QUESTION = re.compile(
    r"^### (?P<question>.*)\n(?:.*\n)*?```sql\n(?P<sql>[^`]*)```\n\n```python\n(?P<python>[^`]*)```", re.MULTILINE
)
QUESTIONS = [(found["question"], found["sql"], found["python"]) for found in QUESTION.finditer(PAGE)]
# Of the fixtures none is new in the last week, or has several stacks in one bucket, unless they change.
MAY_BE_EMPTY = {"What is new?", "Is a bucket more than one bug?"}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from symbolicate.corpus import Options, finish, open_session, plan, run_shard

    folder = tmp_path_factory.mktemp("corpus")
    out = folder / "crashes.parquet"
    inputs = [str(FIXTURES / kind) for kind in ("dumps", "apple-reports", "android-reports", "managed")]
    options = Options(format="parquet", symbols=(str(FIXTURES / "symbols"),))
    job = plan(inputs, str(out), options)
    session = open_session(job.manifest.options)
    for shard in range(len(job.manifest.shards)):
        run_shard(job, shard, session=session)
    assert finish(job, str(out)) > 200
    return folder


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == 10


@pytest.mark.parametrize(("question", "sql", "python"), QUESTIONS, ids=[one[0] for one in QUESTIONS])
def test_both_answers_are_the_same(
    table: Path, question: str, sql: str, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb
    import polars as pl

    monkeypatch.chdir(table)
    by_duckdb = duckdb.sql(sql)
    assert by_duckdb is not None
    names: dict[str, Any] = {"pl": pl, "crashes": pl.scan_parquet("crashes.parquet")}
    exec(python, names)  # noqa: S102 - of our own page
    by_polars = names["answer"].collect()
    assert by_duckdb.columns == by_polars.columns
    assert by_duckdb.fetchall() == by_polars.rows()
    assert len(by_polars) or question in MAY_BE_EMPTY


def test_rows_are_those_of_the_reports(table: Path) -> None:
    import polars as pl

    from symbolicate import Session
    from symbolicate.errors import InputError

    rows = pl.read_parquet(table / "crashes.parquet").to_dicts()
    session = Session(str(FIXTURES / "symbols"))
    results = list(session.reports(sorted({row["source"] for row in rows}, key=[r["source"] for r in rows].index)))
    assert len(rows) == len(results)
    for row, result in zip(rows, results, strict=True):
        if isinstance(result, InputError):
            assert (row["error_kind"], row["error"]) == (type(result).__name__.removesuffix("Error"), result.message)
            continue
        assert row["error"] is None
        assert result.input is not None
        assert result.failure is not None
        assert row["source"] == result.input.name
        assert row["number"] == (result.input.index or 0)
        assert (row["failure_name"], row["failure_hash"]) == (result.failure.name, result.failure.hash)


def test_a_batch_without_inputs_has_a_table(run: Callable[..., Run], tmp_path: Path) -> None:
    import polars as pl

    (tmp_path / "dumps").mkdir()
    out = tmp_path / "out.parquet"
    assert run("batch", tmp_path / "dumps", "-o", out).code == 0
    assert len(pl.read_parquet(out)) == 0
