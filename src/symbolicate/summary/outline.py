"""The parts of a report's document that are counted; nothing else is decoded."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from symbolicate.report import CrashingThread, Failure, Report, SystemInfo
from symbolicate.summary.text import LONGEST_TEXT, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NeededSymbols", "Outline", "read_outline"]

_LOADED = "loaded"
_LACKING = ("missing", "mismatch", "malformed")
_UNNAMED = "Unknown"


class NeededSymbols(NamedTuple):
    """A module on a stack. `file` is the symbol file that was used, as in the report, or None."""

    debug_id: str
    code_id: str
    name: str
    file: str | None


class Outline(msgspec.Struct, frozen=True):
    """Parts of a report. What varies by the kind of input stays plain JSON."""

    failure: Failure | None = None
    crashing_thread: CrashingThread | None = None
    system_info: dict[str, Any] | None = None
    device: Any = None
    app: Any = None
    crashpad: Any = None
    process: Any = None
    input: Any = None
    modules: list[Any] = msgspec.field(default_factory=list)
    main_module: Any = None
    symbols_needed: Any = None

    @property
    def name(self) -> str:
        """The failure's name; `Unknown` if the report has none."""
        return clean((self.failure and self.failure.name) or _UNNAMED, LONGEST_TEXT)

    @property
    def hash(self) -> str:
        """The failure's hash; that of its name if the report has none."""
        if self.failure is not None and self.failure.name and self.failure.hash:
            return clean(self.failure.hash.lower())
        text = f"um:{self.name}".lower().encode("utf-16-le")
        return str(uuid.UUID(bytes_le=hashlib.md5(text, usedforsecurity=False).digest()))

    @property
    def symbol(self) -> str:
        """`image!function`."""
        return clean((self.failure and self.failure.symbol) or _UNNAMED, LONGEST_TEXT)

    @property
    def model(self) -> str | None:
        """The device's model."""
        found = self.device.get("model") if isinstance(self.device, dict) else None
        return clean(found) if isinstance(found, str) and found else None

    @property
    def time(self) -> str | None:
        """The time in the input."""
        found = self.input.get("time") if isinstance(self.input, dict) else None
        return found if isinstance(found, str) else None

    def plain(self) -> dict[str, Any]:
        """As JSON objects."""
        plain: dict[str, Any] = {key: getattr(self, key) for key in ("device", "app", "crashpad", "process")}
        return plain | {
            "system_info": self.system_info,
            "modules": self.modules,
            "main_module": self.main_module,
            "failure": msgspec.to_builtins(self.failure) if self.failure is not None else None,
        }

    def compared(self) -> Report:
        """A report with only what buckets are compared by."""
        os = (self.system_info or {}).get("os")
        return Report(
            failure=self.failure,
            crashing_thread=self.crashing_thread,
            system_info=SystemInfo(os=os if isinstance(os, str) else None),
        )

    def needed_symbols(self) -> Iterator[NeededSymbols]:
        """The modules on the stacks, with the symbol files that were used."""
        for module in self.modules:
            if not isinstance(module, dict) or not isinstance(symbols := module.get("symbols"), dict):
                continue
            status, file = symbols.get("status"), symbols.get("file")
            if status == _LOADED or status in _LACKING:
                used = (file if isinstance(file, str) else "") if status == _LOADED else None
                names = [module.get(key) for key in ("debug_file", "filename", "debug_id", "code_id")]
                debug_file, code_file, debug_id, code_id = (name if isinstance(name, str) else "" for name in names)
                yield NeededSymbols(debug_id, code_id, debug_file or code_file, used)


_decoder = msgspec.json.Decoder(Outline)


def read_outline(document: bytes) -> Outline:
    """The outline of a report.

    Raises:
        ValueError: the document is not a report.
    """
    return _decoder.decode(document)
