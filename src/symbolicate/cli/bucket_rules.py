"""`symbolicate bucket rules`: check files of rules, and preview what they would change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from symbolicate.cli.options import FILE, complain, open_naming, profile_option, vocabulary_option
from symbolicate.errors import InputNotFoundError, InputUnreadableError, NotACrashError, RulesError
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.failure import Profile, Vocabulary

__all__ = ["rules"]


@click.group
def rules() -> None:
    """Check files of rules, and see which failures they would rename."""


@rules.command
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.pass_context
def check(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Report the problems of files of rules, by line. The exit code is 1 if there are any."""
    from symbolicate._native import check_rules
    from symbolicate.failure import read_rules

    failed = False
    for file in files:
        try:
            problems = check_rules(file, read_rules(file))
        except RulesError as error:
            problems = error.problems
        failed |= bool(problems)
        for line, text in problems:
            click.echo(f"{escape(file)}:{line}: {escape(text)}" if line else f"{escape(file)}: {escape(text)}")
        if not problems:
            click.echo(f"{escape(file)}: good")
    ctx.exit(1 if failed else 0)


@rules.command(short_help="Show which failures other rules would rename.")
@click.argument("old", metavar="OLD", type=click.Path())
@click.argument("new", metavar="NEW", type=click.Path())
@click.argument("reports", metavar="REPORTS...", nargs=-1, required=True, type=FILE)
@profile_option
@vocabulary_option
@click.option("--format", "form", type=click.Choice(["human", "ndjson"]), default="human", show_default=True)
@click.pass_context
def diff(
    ctx: click.Context,
    old: str,
    new: str,
    reports: tuple[str, ...],
    profile: Profile,
    vocabulary: Vocabulary,
    form: str,
) -> None:
    """Show which failures would be renamed if the rules NEW replaced OLD.

    OLD and NEW are files of rules, or the word built-in for the built-in rules alone. REPORTS are files that
    `symbolicate report` wrote as json or ndjson, or facts as `symbolicate bucket name` reads them; `-` is standard
    input.
    """
    import msgspec

    from symbolicate.failure import moved

    before, after = open_naming(profile, vocabulary, old), open_naming(profile, vocabulary, new)
    problems: list[InputNotFoundError | InputUnreadableError | NotACrashError] = []
    moves, total, bad = moved(_records(reports, problems), before, after)
    ordered = sorted(moves.items(), key=lambda move: (-move[1], move[0]))
    if form == "ndjson":
        for (was, becomes), count in ordered:
            line = msgspec.json.encode({"old": was, "new": becomes, "count": count})
            sys.stdout.buffer.write(line + b"\n")
    else:
        for (was, becomes), count in ordered:
            click.echo(f"{count:>7,}  {escape(was)}\n      -> {escape(becomes)}")
        click.echo(f"{sum(moves.values()):,} of {total - bad:,} would move, {len(moves):,} different moves")
    for problem in problems:
        complain(problem)
    if bad:
        complain(NotACrashError(f"{bad} of {total} are neither reports nor facts", input=", ".join(reports)))
    ctx.exit(1 if problems or bad else 0)


def _records(
    paths: tuple[str, ...], problems: list[InputNotFoundError | InputUnreadableError | NotACrashError]
) -> Iterator[bytes]:
    """Every record of the files: one document, an array of documents, or one per line."""
    import msgspec

    for path in paths:
        try:
            with click.open_file(path, "rb") as stream:
                data = stream.read().strip()
        except FileNotFoundError:
            problems.append(InputNotFoundError("no such file", input=path))
            continue
        except OSError as error:
            problems.append(InputUnreadableError(error.strerror or str(error), input=path))
            continue
        try:
            if data.startswith(b"["):
                yield from map(bytes, msgspec.json.decode(data, type=list[msgspec.Raw]))
            else:
                # One record per line, unless the first line alone is not valid JSON: then the file is one document.
                msgspec.json.decode(data.split(b"\n", 1)[0])
                yield from (line for line in data.split(b"\n") if line.strip())
        except msgspec.DecodeError:
            yield data
