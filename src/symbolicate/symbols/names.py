"""Names of modules and files, as crash dumps have them.

They come from whoever sent the dump. Nothing here touches the disk.
"""

from __future__ import annotations

__all__ = ["is_plain", "leaf", "plain_name", "safe_name"]

# File names have at most 255 bytes on common file systems, and `.sym` or `.syx` and an id are added to them.
_LONGEST_NAME = 250
_LONGEST_SAFE_NAME = 128
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEPT = frozenset(_LETTERS + "0123456789._+-")
_HARMLESS = _KEPT | frozenset("~@()[]{}=,#$ ")
# Slashes and control characters.
_NEVER = frozenset("/\\\x7f" + "".join(map(chr, range(0x20))))


def leaf(name: str) -> str:
    """The last part of a path, after either slash: a dump from Windows is read on Linux and the other way round."""
    return name.replace("\\", "/").rpartition("/")[2]


def is_plain(name: str) -> bool:
    """Whether a name is one path component that means a file of that name and nothing else, on any system."""
    has_drive = name[1:2] == ":" and name[0] in _LETTERS
    if not name or name in {".", ".."} or has_drive or not _NEVER.isdisjoint(name):
        return False
    return len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME


def plain_name(name: str) -> str:
    """A module's name without what systems and tools add to it, in lower case.

    A library mapped from an archive is `base.apk!lib.so`, a program whose file was replaced while it ran is
    `app (deleted)`, and the symbols of a bundle may be called `lib.dylib.dSYM`.
    """
    name = leaf(name).lower().removesuffix(" (deleted)").removesuffix(".dsym")
    return name.rpartition("!")[2] or name


def safe_name(name: str) -> str:
    """A file name for any text: itself where it is harmless, else with the rest replaced and a digest appended.

    Different texts give different names, so that two hostile ones cannot share a file.
    """
    name = leaf(name)
    if 0 < len(name) <= _LONGEST_SAFE_NAME and _HARMLESS.issuperset(name) and name not in {".", ".."}:
        return name
    import hashlib  # loads OpenSSL

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    kept = "".join(one if one in _KEPT else "_" for one in name[: _LONGEST_SAFE_NAME - 13]).lstrip(".")
    return f"{kept}~{digest}"
