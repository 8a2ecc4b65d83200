"""Tables of crashes: each column says what the report says, and other libraries read the same rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from places import FIXTURES, ROOT
from recorded_names import GROUPS, Group, inputs
from symbolicate._native import TABLE_VERSION, Table, TableBuilder, join_parquet, table_columns
from symbolicate.engine import Session
from symbolicate.errors import InputError
from table_rows import row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Rows = list[dict[str, Any]]


def table_of(group: Group) -> tuple[Table, Rows]:
    """The table of all crashes of a folder, and the rows that it should have."""
    paths = [str(path) for path in inputs(group)]
    builder, rows, numbers = TableBuilder(), [], dict[int, int]()
    symbols = [group.folder / name for name in group.symbols]
    for outcome in Session(symbols).outcomes(paths):
        source, result = paths[outcome.number], outcome.result
        if isinstance(result, InputError):
            builder.error(source, type(result).__name__, str(result))
            continue
        number = numbers.get(outcome.number, 0)
        numbers[outcome.number] = number + 1
        builder.report(source, number, result)
        rows.append(row(source, number, json.loads(result)))
    return builder.finish(), rows


@pytest.fixture(scope="module")
def fixtures() -> tuple[Table, Rows]:
    return table_of(Group(FIXTURES, ("symbols", "apple")))


def crashes(rows: Iterable[dict[str, Any]]) -> Rows:
    return [one for one in rows if one["error_kind"] is None]


def assert_equal(found: Rows, expected: Rows) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert {key: one[key] for key in other} == other


def test_each_column_is_what_the_report_says(fixtures: tuple[Table, Rows]) -> None:
    table, expected = fixtures
    read = pa.table(table)
    assert_equal(crashes(read.to_pylist()), expected)
    assert read.column_names == [path for path, _, _ in table_columns() if "." not in path]
    assert set(expected[0]) == set(read.column_names)
    # Each column has values in the fixtures, or is never compared.
    empty = {name for name in read.column_names if read[name].null_count == len(read)}
    assert empty <= {"report_id", "access", "frames_omitted"}, empty
    kinds = set(read["kind"].to_pylist())
    assert kinds >= {"minidump", "appcenter_apple", "stack_trace", "windows_event", "wer_report", None}


@pytest.mark.corpora
@pytest.mark.parametrize("group", [one for one in GROUPS[2:] if "live" not in one.label], ids=lambda group: group.label)
def test_each_column_is_what_the_report_on_a_real_crash_says(group: Group, corpora: Path) -> None:
    assert group.folder.is_relative_to(corpora)
    table, expected = table_of(group)
    assert_equal(crashes(pa.table(table).to_pylist()), expected)


def test_other_libraries_read_the_same_rows(fixtures: tuple[Table, Rows], tmp_path: Path) -> None:
    table, expected = fixtures
    file = tmp_path / "crashes.parquet"
    file.write_bytes(table.parquet())
    assert_equal(crashes(pq.read_table(file).to_pylist()), expected)
    assert_equal(crashes(pl.DataFrame(table).to_dicts()), expected)
    assert_equal(crashes(pl.read_parquet(file).to_dicts()), expected)
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        for source in ('"table"', f"read_parquet('{file}')"):
            found = database.sql(f"select * from {source} where error_kind is null")  # noqa: S608 - our own names
            assert_equal(found.to_arrow_table().to_pylist(), expected)


def test_questions_about_frames_are_short(fixtures: tuple[Table, Rows]) -> None:
    table, expected = fixtures
    wanted = next(call["function"] for one in expected for call in one["frames"] or [] if call["inline"])
    number = sum(any(call["function"] == wanted for call in one["frames"] or []) for one in expected)
    with duckdb.connect() as database:
        query = 'select count(*) from "table" where list_contains(list_transform(frames, lambda f: f.function), ?)'
        assert database.execute(query, [wanted]).fetchone() == (number,)
    functions = pl.col("frames").list.eval(pl.element().struct.field("function").cast(pl.String) == wanted).list.any()
    assert pl.DataFrame(table).filter(functions).height == number > 0


def test_errors_are_rows_with_the_input_and_the_error() -> None:
    builder = TableBuilder()
    builder.error("a.dmp", "empty", "empty file")
    assert len(builder) == 1
    [one] = pa.table(builder.finish()).to_pylist()
    assert {key: value for key, value in one.items() if value is not None} == {
        "source": "a.dmp",
        "error_kind": "empty",
        "error": "empty file",
    }
    assert len(builder) == 0


def test_a_document_that_is_no_json_is_an_error_and_adds_nothing() -> None:
    builder = TableBuilder()
    with pytest.raises(ValueError, match=r"not the JSON document of a report: .* line 1 column 2"):
        builder.report("a", 0, b"{1")
    with pytest.raises(OverflowError):
        builder.report("a", -1, b"{}")
    assert len(builder.finish()) == 0


def test_the_same_rows_are_the_same_file_and_its_metadata_has_the_version(fixtures: tuple[Table, Rows]) -> None:
    table, _ = fixtures
    file = table.parquet()
    assert file == table.parquet()
    read = pq.ParquetFile(pa.BufferReader(file))
    version = {b"symbolicate.table_version": str(TABLE_VERSION).encode()}
    assert read.metadata.metadata == version == pa.table(table).schema.metadata
    assert read.metadata.row_group(0).column(0).compression == "ZSTD"
    assert read.schema_arrow.names == pa.table(table).column_names
    assert table.nbytes > 0
    assert read.metadata.num_rows == len(table)


def parts_of(table: Table, folder: Path, count: int) -> list[str]:
    """The rows of a table in some files, made from documents again."""
    parts = []
    for i, part in enumerate(pa.table(table).to_pylist()[:count]):
        builder = TableBuilder()
        builder.error(part["source"], "part", str(i))
        path = folder / f"{i}.parquet"
        path.write_bytes(builder.finish().parquet())
        parts.append(str(path))
    return parts


def test_joined_files_have_the_rows_of_their_parts(fixtures: tuple[Table, Rows], tmp_path: Path) -> None:
    table, _ = fixtures
    parts = parts_of(table, tmp_path, 4)
    whole = tmp_path / "whole.parquet"
    whole.write_bytes(table.parquet())
    out = tmp_path / "all.parquet"
    assert join_parquet([*parts, str(whole)], str(out)) == 4 + len(table)
    joined = pq.ParquetFile(out)
    assert joined.num_row_groups == 5
    rows = [one for part in [*parts, whole] for one in pq.read_table(part).to_pylist()]
    assert joined.read().to_pylist() == rows
    # The bytes of a row group are copied: they are in both files.
    column = pq.ParquetFile(whole).metadata.row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    assert whole.read_bytes()[start : start + column.total_compressed_size] in out.read_bytes()


def test_a_damaged_part_is_an_error_that_names_the_file(fixtures: tuple[Table, Rows], tmp_path: Path) -> None:
    table, _ = fixtures
    good = table.parquet()
    out = tmp_path / "all.parquet"
    foreign = pa.BufferOutputStream()
    pq.write_table(pa.table({"source": ["x"]}), foreign)
    for name, content in {"cut": good[:-9], "short": good[9:], "empty": b"", "foreign": foreign.getvalue()}.items():
        part = tmp_path / name
        part.write_bytes(content)
        with pytest.raises(ValueError, match=f"/{name}: "):
            join_parquet([str(part)], str(out))
    with pytest.raises(FileNotFoundError, match="missing"):
        join_parquet([str(tmp_path / "missing")], str(out))
    with pytest.raises(OSError, match="nowhere"):
        join_parquet([], str(tmp_path / "nowhere" / "all.parquet"))
    assert not out.exists()


def page() -> str:
    """The page that lists the columns."""
    lines = [
        "# Columns of a table of crashes",
        "",
        "<!-- Generated from native/table/src/row.rs: change the comments there and run `make golden`. -->",
        "",
        f"Version {TABLE_VERSION}, which is in the metadata of each file and Arrow schema as",
        "`symbolicate.table_version`. Columns are only added. Each row is a crash, or an input that could not be",
        "read. Every column but `source` may be null. A value is that of the [report](report-schema.md) on the crash.",
        "`[]` denotes the items of a list.",
        "",
        "| column | type | meaning |",
        "| --- | --- | --- |",
        *(f"| `{path}` | {kind} | {meaning} |" for path, kind, meaning in table_columns()),
        "",
        "Types are those of Arrow. In Parquet texts are strings; a dictionary is a matter of the encoding.",
    ]
    return "\n".join(lines) + "\n"


def test_the_page_of_columns_is_as_they_are(update_golden: bool) -> None:
    path = ROOT / "docs" / "table-columns.md"
    if update_golden:
        path.write_text(page())
    assert path.read_text() == page()
