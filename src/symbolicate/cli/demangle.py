"""`symbolicate demangle`: the readable form of mangled names, of arguments or in text."""

from __future__ import annotations

import sys

import click

__all__ = ["demangle"]

# Bytes of lines that are demangled in one call, if so many are available.
_CHUNK = 1 << 16


@click.command
@click.argument("names", metavar="[NAME]...", nargs=-1)
def demangle(names: tuple[str, ...]) -> None:
    """Print the readable form of mangled names: C++ of GCC, Clang and Microsoft, Rust legacy and v0, Swift since 4.

    Without NAME, standard input is copied with its mangled names replaced. Text that is not a mangled name, or that
    cannot be demangled, is unchanged. Swift names are written as in Apple's crash reports. Put -- before names that
    start with a dash.
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
    """The name without lone surrogates, which stand for the bytes of an argument that is not valid UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _printable(text: str) -> str:
    return text.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8")
