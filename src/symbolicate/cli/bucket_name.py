"""`symbolicate bucket name` and `symbolicate bucket hash`: naming without a crash file."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING

import click

from symbolicate.cli.options import FILE, complain, open_naming, profile_option, rules_option, vocabulary_option
from symbolicate.errors import InputError, InputNotFoundError, InputUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate import _native
    from symbolicate.failure import Profile, Vocabulary

__all__ = ["hash", "name"]

# Bytes read at a time: enough lines for all cores, and little memory.
_CHUNK = 4 << 20


@click.command
@click.argument("files", metavar="[FILE]...", nargs=-1, type=FILE)
@profile_option
@vocabulary_option
@rules_option
@click.pass_context
def name(
    ctx: click.Context, files: tuple[str, ...], profile: Profile, vocabulary: Vocabulary, rules: str | None
) -> None:
    """Name failures from facts alone, one JSON object per line; without FILE, from standard input.

    Each line gives one line of output, with name, hash, symbol, problem_classes, hashes, why and more. A line that is
    not a record gives a line with error, and the exit code is then 1. docs/naming.md lists the facts; reports in
    ndjson are accepted, too. Empty lines are skipped.
    """
    naming = open_naming(profile, vocabulary, rules)
    failed = 0
    for file in files or ("-",):
        try:
            failed += _name_all(_whole_lines(file), naming)
        except InputError as error:
            complain(error)
            failed += 1
    sys.stdout.buffer.flush()
    ctx.exit(1 if failed else 0)


def _name_all(pieces: Iterator[bytes], naming: _native.Naming) -> int:
    """Name every line; return how many could not be named."""
    from symbolicate import _native

    failed = 0
    line = 1
    for lines in pieces:
        named, bad = _native.name_records(lines, naming, line)
        sys.stdout.buffer.write(named)
        failed += bad
        line += lines.count(b"\n")
    return failed


def _whole_lines(file: str) -> Iterator[bytes]:
    """The file in pieces that end at line ends.

    Raises:
        InputError: the file cannot be read. Errors while a piece is used are not caught.
    """
    try:
        with click.open_file(file, "rb") as stream:
            yield from _cut_at_lines(stream)
    except FileNotFoundError:
        raise InputNotFoundError("no such file", input=file) from None
    except OSError as error:
        raise InputUnreadableError(error.strerror or str(error), input=file) from None


def _cut_at_lines(stream: IO[bytes]) -> Iterator[bytes]:
    rest: list[bytes] = []
    while chunk := stream.read1(_CHUNK) if hasattr(stream, "read1") else stream.read(_CHUNK):
        whole, newline, after = chunk.rpartition(b"\n")
        if newline:
            yield b"".join([*rest, whole, newline])
            rest = [after]
        else:
            rest.append(chunk)
    if any(rest):
        yield b"".join(rest)


@click.command
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--mode",
    type=click.Choice(["um", "km"]),
    default="um",
    show_default=True,
    help="um for failures of programs (user mode), km for failures of the kernel.",
)
def hash_names(names: tuple[str, ...], mode: str) -> None:
    """Print the hash of each failure name; without NAME, of each line of standard input."""
    from symbolicate._native import failure_hash

    given = names or (
        line.rstrip("\r\n") for line in sys.stdin.buffer.read().decode("utf-8", "replace").splitlines(keepends=True)
    )
    for one in given:
        # An argument that is not valid UTF-8 is decoded as a line of standard input is.
        click.echo(failure_hash(one.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), mode))


hash_names.name = "hash"
hash = hash_names  # noqa: A001 - LazyGroup finds a command as the attribute of its name
