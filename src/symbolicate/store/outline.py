"""What the store needs of a report's document: decoded to that and no further."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from symbolicate.report import CrashingThread, Failure, Report, SystemInfo
from symbolicate.store.text import LONGEST_TEXT, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Outline", "read_outline"]

_LACKING = ("missing", "mismatch", "malformed")
_UNNAMED = "Unknown"
_MOST_MISSING = 512
_NO_ID = frozenset("0-")


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
        """When the input says that it was written."""
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
        """A report with as much as buckets are compared by."""
        os = (self.system_info or {}).get("os")
        return Report(
            failure=self.failure,
            crashing_thread=self.crashing_thread,
            system_info=SystemInfo(os=os if isinstance(os, str) else None),
        )

    def missing(self) -> Iterator[tuple[str, str]]:
        """File names and debug ids of the modules whose symbols would have helped."""
        count = 0
        for module in self.modules:
            if not isinstance(module, dict) or not isinstance(symbols := module.get("symbols"), dict):
                continue
            debug_id, file = module.get("debug_id"), module.get("debug_file")
            if symbols.get("status") not in _LACKING or not isinstance(debug_id, str) or set(debug_id) <= _NO_ID:
                continue
            yield (file if isinstance(file, str) else ""), debug_id
            count += 1
            if count == _MOST_MISSING:
                return

    def improvable(self) -> Iterator[str]:
        """Debug ids of the blamed frame's module, if its symbols do not say which calls were inlined."""
        blamed = self.failure.blamed if self.failure is not None else None
        frames = self.crashing_thread.frames if self.crashing_thread is not None else ()
        if blamed is None or blamed.stack is not None or blamed.frame is None or not 0 <= blamed.frame < len(frames):
            return
        # Inlined functions are not blamed on Windows.
        if (self.system_info or {}).get("os") == "Windows NT" or frames[blamed.frame].inlines:
            return
        for module in self.modules:
            if not isinstance(module, dict) or module.get("filename") != frames[blamed.frame].module:
                continue
            symbols, debug_id = module.get("symbols"), module.get("debug_id")
            if isinstance(symbols, dict) and symbols.get("inlines") is False and isinstance(debug_id, str):
                yield debug_id
                return


_decoder = msgspec.json.Decoder(Outline)


def read_outline(document: bytes) -> Outline:
    """The outline of a report.

    Raises:
        ValueError: it is no report.
    """
    return _decoder.decode(document)
