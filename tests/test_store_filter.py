"""The filter language: filters select exactly what they state, and invalid ones are refused."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolicate.store.query.filter import MOST_NESTED, And, Comparison, FilterError, Node, Not, Or, parse
from symbolicate.store.query.filter.sql import condition

FIELDS = ("market", "deviceType", "osVersion", "date")
A, B, C = (Comparison("market", True, letter) for letter in "abc")

values = st.text(st.characters(codec="utf-8"), max_size=20)
comparisons = st.builds(Comparison, st.sampled_from(FIELDS), st.booleans(), values)


def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    some = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.builds(And, some) | st.builds(Or, some) | st.builds(Not, parts)


nodes = st.recursive(comparisons, joined, max_leaves=12)


def written(node: Node) -> str:
    """The text of a filter, with all necessary brackets."""
    if isinstance(node, Comparison):
        return f"{node.field} {'eq' if node.equal else 'ne'} '{node.value.replace(chr(39), chr(39) * 2)}'"
    if isinstance(node, Not):
        return f"not ({written(node.part)})"
    word = " and " if isinstance(node, And) else " or "
    return word.join(f"({written(part)})" for part in node.parts)


def truth(node: Node, row: dict[str, str]) -> bool:
    if isinstance(node, Comparison):
        return (row[node.field] == node.value) == node.equal
    if isinstance(node, Not):
        return not truth(node.part, row)
    return (all if isinstance(node, And) else any)(truth(part, row) for part in node.parts)


@given(nodes)
def test_what_is_written_is_read(node: Node) -> None:
    assert parse(written(node), FIELDS) == node


@settings(max_examples=40)
@given(nodes, st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, values)), min_size=1, max_size=8))
def test_sql_keeps_the_rows_that_the_filter_means(node: Node, rows: list[dict[str, str]]) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("n", sa.Integer), *(sa.Column(name, sa.Text) for name in FIELDS))
    rows = [{name: value.replace("\0", "") for name, value in row.items()} for row in rows]
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.metadata.create_all(connection)
        connection.execute(sa.insert(table), [row | {"n": i} for i, row in enumerate(rows)])
        wanted = condition(node, {name: table.c[name] for name in FIELDS})
        found = set(connection.execute(sa.select(table.c.n).where(wanted)).scalars())
        compiled = str(wanted.compile(dialect=engine.dialect))
    engine.dispose()
    assert found == {i for i, row in enumerate(rows) if truth(node, row)}
    assert "'" not in compiled  # values are bound


@given(st.text(max_size=60) | st.text("eqnorad'() \0market", max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        parse(text, FIELDS)
    except FilterError as error:
        assert len(str(error)) < 300  # noqa: PT017 - most texts are refused, some are filters


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("market eq 'a'", A),
        ("MARKET EQ 'a'", A),
        ("market ne 'a'", Comparison("market", False, "a")),
        ("market eq 'a' and market eq 'b' or market eq 'c'", Or((And((A, B)), C))),
        ("market eq 'a' or market eq 'b' AND market eq 'c'", Or((A, And((B, C))))),
        ("(market eq 'a' or market eq 'b') and market eq 'c'", And((Or((A, B)), C))),
        ("not market eq 'a' and market eq 'b'", And((Not(A), B))),
        ("not (market eq 'a' and market eq 'b')", Not(And((A, B)))),
        ("market eq 'O''Brien'", Comparison("market", True, "O'Brien")),
        ("market eq ''", Comparison("market", True, "")),
        ("market eq 'and or (eq)'", Comparison("market", True, "and or (eq)")),
        ("date eq 2018-02-01", Comparison("date", True, "2018-02-01")),
        ("\tmarket\neq\r'a' ", A),
        ("((market eq 'a'))", A),
    ],
)
def test_by_the_rules_of_odata(text: str, node: Node) -> None:
    assert parse(text, FIELDS) == node


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foo eq 'a'", "unknown field 'foo'"),
        ("market", "ends where 'eq' or 'ne'"),
        ("market eq", "ends where a value"),
        ("market eq a", "'a' at position 11"),
        ("market gt 'a'", "'gt' at position 8"),
        ("market eq 'a' and", "ends where a field name"),
        ("market eq 'a' market eq 'b'", "position 15"),
        ("(market eq 'a'", "ends where ')'"),
        ("market eq 'a')", "')' at position 14"),
        ("market eq 'a", "quote that is not closed"),
        ("market eq 'a'; DROP TABLE hit", "';' at position 14"),
        ("market eq 'a' -- x", "'-' at position 15"),
        ("(" * (MOST_NESTED + 1) + "market eq 'a'" + ")" * (MOST_NESTED + 1), "nested deeper"),
        ("not " * (MOST_NESTED + 1) + "market eq 'a'", "nested deeper"),
        ("(" * 100_000, "longer than"),
        (" or ".join(["market eq 'a'"] * 600), "more than 512"),
    ],
)
def test_problems_are_reported(text: str, said: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(text, FIELDS)
    assert said in str(raised.value)
