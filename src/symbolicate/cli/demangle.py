"""`symbolicate demangle`: mangled names to readable ones, given as arguments or found in text."""

from __future__ import annotations

import sys

import click

__all__ = ["demangle"]

# Lines are answered as they come in, but not one call each where many are at hand.
_CHUNK = 1 << 16


@click.command
@click.argument("names", metavar="[NAME]...", nargs=-1)
def demangle(names: tuple[str, ...]) -> None:
    """Print mangled names as people write them: C++ of GCC, Clang and Microsoft, Rust old and new, Swift since 4.

    Without a NAME, text is copied from standard input, its mangled words replaced. What is no mangled name, or one that
    cannot be read, stays as it is. Swift's are written as in Apple's crash reports. Put -- before names that start with
    a dash.
    """
    from symbolicate._native import demangle as readable
    from symbolicate._native import demangle_text

    if names:
        sys.stdout.write("".join(f"{_printable(readable(_valid(name)))}\n" for name in names))
        return
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while lines := source.readlines(_CHUNK):
        sink.write(demangle_text(b"".join(lines)))
        sink.flush()


def _valid(name: str) -> str:
    """The name without half characters, which arguments that are no UTF-8 bring."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _printable(text: str) -> str:
    return text.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8")
