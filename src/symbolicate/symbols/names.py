"""Names of modules and files, as crash dumps have them.

They come from whoever sent the dump. Nothing here touches the disk.
"""

from __future__ import annotations

import re

__all__ = ["is_plain", "leaf", "plain_name", "safe_name"]

# File names have at most 255 bytes on common file systems, and `.sym` or `.syx` and an id are added to them.
_LONGEST_NAME = 250
_LONGEST_SAFE_NAME = 128
_PLAIN = re.compile(r"[A-Za-z0-9._+~@()\[\]{}=,#$ -]+\Z")


def leaf(name: str) -> str:
    """The last part of a path, after either slash: a dump from Windows is read on Linux and the other way round."""
    return re.split(r"[/\\]", name)[-1]


def is_plain(name: str) -> bool:
    """Whether a name is one path component that means a file of that name and nothing else, on any system."""
    if not name or name in {".", ".."} or re.search(r"[/\\\x00-\x1f\x7f]|\A[A-Za-z]:", name):
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
    if len(name) <= _LONGEST_SAFE_NAME and _PLAIN.match(name) and name not in {".", ".."}:
        return name
    import hashlib  # loads OpenSSL

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    kept = re.sub(r"[^A-Za-z0-9._+-]", "_", name)[: _LONGEST_SAFE_NAME - 13].lstrip(".")
    return f"{kept}~{digest}"
