"""Tools about crashes in files."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from symbolicate.mcp.answers import ToolFailure, paged
from symbolicate.render.brief import brief
from symbolicate.render.human import Detail, human_lines
from symbolicate.render.plain import escape, leaf
from symbolicate.render.quoting import code_span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from symbolicate.mcp.crashes import Crashes
    from symbolicate.report import Report

__all__ = ["Start", "file_tools", "symbol_tools"]

Path = Annotated[str, Field(description="Path of the file, absolute or below the first folder that may be read.")]
Start = Annotated[int, Field(ge=0, description="Number of the first row, for further pages.")]
_ADDRESSES = 200
_ADD_SECONDS = 600


def file_tools(crashes: Crashes) -> list[Callable[..., str]]:
    """The tools that read."""

    def explain_crash(path: Path) -> str:
        """Explain the crash in a file: what happened, the blamed frame and why, the stack, what is unusual, how sure.

        Reads minidumps, Apple reports (.ips, .crash), App Center logs, Android tombstones, and texts of managed
        exceptions. Missing symbols are reported loudly: without them names are missing, which does not mean that there
        was no crash.
        """
        return brief(crashes.report(path))

    def show_threads(path: Path, start: Start = 0) -> str:
        """Show all facts of the crash in a file: every thread with source positions, registers, modules; in pages."""
        return paged(human_lines(crashes.report(path), Detail(all_threads=True)), start, "lines")

    def missing_symbols(path: Path, start: Start = 0) -> str:
        """List which symbols the report of a crash lacks, first those that would name the most frames."""
        return paged(_missing(crashes.report(path)), start, "modules")

    def look_up_addresses(
        debug_file: Annotated[str, Field(description="Name of the module's debug file, such as app.pdb or libapp.so.")],
        debug_id: Annotated[str, Field(description="Debug id: 33 or more hexadecimal digits.")],
        offsets: Annotated[
            list[str], Field(max_length=_ADDRESSES, description="Offsets in the module, such as 0x1a2b.")
        ],
    ) -> str:
        """Name the functions, source files and lines at offsets in a module, inlined calls included."""
        try:
            numbers = [int(text, 16 if text.lower().startswith("0x") else 10) for text in offsets]
        except ValueError:
            raise ToolFailure("an offset is a decimal number, or a hexadecimal one that begins with 0x") from None
        found = crashes.look_up(debug_file, debug_id, numbers)
        if found is None:
            raise ToolFailure(f"no symbols were found for {code_span(escape(debug_file))} with id {debug_id}")
        lines = []
        for number, frames in zip(numbers, found, strict=True):
            for depth, one in enumerate(frames):
                where = f" at {escape(one.file)}:{one.line}" if one.file else ""
                mark = "  inlined into" if depth else f"{number:#x}:"
                lines.append(f"{mark} {code_span(escape(one.function or 'unknown'))}{where}")
        return paged(lines, 0, "lines")

    return [explain_crash, show_threads, missing_symbols, look_up_addresses]


def symbol_tools(crashes: Crashes) -> list[Callable[..., str]]:
    """The tool that adds symbols to the store."""

    def add_symbols(path: Path) -> str:
        """Add symbol files, debug files (ELF, PE, PDB, dSYM), a folder or an archive of them to the symbol store.

        Crashes that are explained afterwards use them.
        """
        # A process of its own: a damaged debug file may end it, or take too long.
        command = [sys.executable, "-P", "-m", "symbolicate", "symbols", "add", crashes.path(path)]
        try:
            done = subprocess.run(  # noqa: S603 - this very program
                [*command, "--store", crashes.symbols_dir],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ADD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ToolFailure(f"adding {path} took longer than {_ADD_SECONDS} seconds") from None
        finally:
            crashes.symbols_changed()
        said = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        if done.returncode:
            raise ToolFailure(paged(said, 0, "lines"))
        return paged(said, 0, "lines")

    return [add_symbols]


def _missing(report: Report) -> Iterator[str]:
    for needed in report.symbols_needed or ():
        unnamed, scanned = needed.unnamed_frames, needed.scanned_frames
        name = escape(leaf(needed.debug_file or needed.module or "?"))
        ids = " ".join(
            f"{label} {code_span(escape(value))}"
            for label, value in (("debug id", needed.debug_id), ("code id", needed.code_id))
            if value
        )
        yield (
            f"- {code_span(name)} {ids}: search {needed.outcome or 'not possible'}; frames without a name: "
            f"{(unnamed and unnamed.crashing_thread) or 0} of the crashed thread, "
            f"{(unnamed and unnamed.all_threads) or 0} in all; frames found by searching the stack: "
            f"{(scanned and scanned.all_threads) or 0}"
        )
    if not report.symbols_needed:
        yield "- The report lacks no symbols."
