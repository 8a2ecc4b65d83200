"""The state of the machine: the registers at the crash, and the images in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.plain import escape, leaf

if TYPE_CHECKING:
    from symbolicate.report import Module, Report, UnloadedModule

__all__ = ["modules", "registers", "unloaded_modules"]

# Registers per line.
_BESIDE = 4
# Largest width of a column; a longer text moves the columns after it.
_WIDEST = 40
# The outcome of the symbol look-up of an image that frames are in.
_SYMBOLS = {"loaded": "symbols", "missing": "no symbols", "malformed": "no symbols", "mismatch": "no symbols"}


def registers(report: Report) -> list[str]:
    """The registers of the crashed thread, in columns; empty if the input has no registers."""
    thread = report.crashing_thread
    held = thread.frames[0].registers if thread is not None and thread.frames else None
    texts = [(escape(name), escape(value)) for name, value in (held or {}).items()]
    wide = max((len(name) for name, _ in texts), default=0)
    rows = (texts[i : i + _BESIDE] for i in range(0, len(texts), _BESIDE))
    return ["  ".join(f"{name:>{wide}} {value}" for name, value in row) for row in rows]


def modules(report: Report) -> list[str]:
    """The loaded images, one per line: range, name, version, and whether symbols were found, if they were needed."""
    return _columns(
        [
            (*_place(one), escape(one.version or ""), _SYMBOLS.get((one.symbols and one.symbols.status) or "", ""))
            for one in report.modules
        ]
    )


def unloaded_modules(report: Report) -> list[str]:
    """The unloaded images, one per line: range and name."""
    return _columns([_place(one) for one in report.unloaded_modules or ()])


def _place(module: Module | UnloadedModule) -> tuple[str, str]:
    ends = (escape(end) for end in (module.base_addr, module.end_addr) if end)
    return " to ".join(ends), escape(leaf(module.filename or "?"))


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
