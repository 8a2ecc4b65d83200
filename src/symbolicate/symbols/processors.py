"""Names of processors as compilers, debuggers and systems spell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate.symbols.module_symbols import Module

__all__ = ["of_processor"]

# Each by the name that debug files of it have here. Apple's variants have names of their own: arm64e, armv7s.
_NAMES = {
    "aarch64": "arm64",
    "amd64": "x86_64",
    "arm64-v8a": "arm64",
    "armeabi-v7a": "arm",
    "armhf": "arm",
    "i386": "x86",
    "i486": "x86",
    "i586": "x86",
    "i686": "x86",
    "ia32": "x86",
    "thumb": "arm",
    "thumbv7": "arm",
    "x64": "x86_64",
    "x86-64": "x86_64",
    "x86_64h": "x86_64",
}


def of_processor(modules: Iterable[Module], name: str | None) -> list[Module]:
    """Those of the modules that are for a processor: exactly this one, else one of its family.

    Modules whose processor is unknown are among them. None is any processor.
    """
    found = list(modules)
    if not name:
        return found
    exact = [module for module in found if module.arch.lower() in {"", name.lower()}]
    family = _family(name)
    return exact or [module for module in found if _family(module.arch) == family]


def _family(name: str) -> str:
    known = name.lower()
    known = _NAMES.get(known, known)
    if known.startswith("arm64"):
        return "arm64"
    return "arm" if known.startswith("armv") else known
