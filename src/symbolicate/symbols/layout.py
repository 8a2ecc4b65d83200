"""Where a symbol file lies: the Breakpad layout, as pure path arithmetic.

    <debug file>/<DEBUG ID>/<debug file, .pdb cut off>.sym

The names come out of crash dumps, so out of the hands of whoever sent the dump. Nothing here touches the disk, and
nothing it returns leads out of the folder it is joined to: each part is one plain name.
"""

from __future__ import annotations

import re

__all__ = [
    "code_paths",
    "converted_path",
    "debug_files_of",
    "debug_id",
    "debug_ids_of_code",
    "index_path",
    "is_plain",
    "leaf",
    "plain_name",
    "safe_name",
    "stored_path",
    "sym_names",
    "sym_paths",
]

# A GUID and an age are 33 digits or more, the signature and age of a PDB 2.0 nine or more; some write longer ids.
_GUID, _SIGNATURE = 32, 8
_ID = re.compile(r"[0-9A-Fa-f]{9,64}\Z")
# A time stamp and a size, or a build id.
_CODE_ID = re.compile(r"[0-9A-Fa-f]{9,128}\Z")
# Eight bytes, as some linkers write; a time stamp and a size have fewer digits but for images of 256 MiB and more.
_SHORTEST_BUILD_ID = 16
# A file name on the systems the store may lie on is at most 255 bytes, and `.sym` or `.syx` and an id are added to it.
_LONGEST_NAME = 250
_LONGEST_SAFE_NAME = 128
_PLAIN = re.compile(r"[A-Za-z0-9._+~@()\[\]{}=,#$ -]+\Z")
_WITHOUT_EXTENSION = (".exe", ".dll")


def leaf(name: str) -> str:
    """The last part of a path, after either slash: a dump from Windows is read on Linux and the other way round."""
    return re.split(r"[/\\]", name)[-1]


def debug_id(text: str) -> str | None:
    """A debug id as Breakpad's tools spell it and name folders by it; None if it is none or says nothing (all zero).

    The digits of the GUID are upper case, those of the age lower case and without leading zeros. A GUID may have
    dashes, and without an age its age is 0.
    """
    if "-" in text:
        text = text.replace("-", "")
    if not _ID.match(text) or not text.strip("0"):
        return None
    fixed = _GUID if len(text) >= _GUID else _SIGNATURE
    return text[:fixed].upper() + (text[fixed:].lower().lstrip("0") or "0")


def is_plain(name: str) -> bool:
    """Whether a name is one path component that means a file of that name and nothing else."""
    if not name or name in {".", ".."} or re.search(r"[/\\\x00-\x1f\x7f]", name):
        return False
    return len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME


def sym_names(debug_file: str) -> tuple[str, ...]:
    """The names its symbol file may have, the usual one first.

    `.pdb` gives way to `.sym`; other names keep theirs and get `.sym` appended. Some stores drop the extension of an
    `.exe` or `.dll` as well, so that is tried second.
    """
    stem, dot, extension = debug_file.rpartition(".")
    if not stem:
        return (f"{debug_file}.sym",)
    extension = (dot + extension).lower()
    if extension == ".pdb":
        return (f"{stem}.sym",)
    if extension in _WITHOUT_EXTENSION:
        return (f"{debug_file}.sym", f"{stem}.sym")
    return (f"{debug_file}.sym",)


def sym_paths(debug_file: str, identifier: str) -> tuple[tuple[str, str, str], ...]:
    """The relative paths to try, each as its three parts; none at all for a name or an id that is unusable."""
    name = leaf(debug_file)
    known = debug_id(identifier)
    if known is None or not is_plain(name):
        return ()
    return tuple((name, known, file) for file in sym_names(name))


def code_paths(code_file: str, code_id: str) -> tuple[tuple[str, str, str], ...]:
    """The relative paths of a module that is only known as an image, as symbol servers lay them out."""
    name = leaf(code_file)
    if not _CODE_ID.match(code_id) or not is_plain(name):
        return ()
    return tuple((name, code_id.upper(), file) for file in sym_names(name)[::-1])


def debug_files_of(code_file: str) -> tuple[str, ...]:
    """The debug files that an image may have, by its name, in lower case."""
    name = leaf(code_file).lower()
    stem = name.rpartition(".")[0]
    return (name, f"{stem}.pdb") if stem else (name,)


def debug_ids_of_code(code_id: str) -> tuple[str, ...]:
    """The debug ids that tools derive from a build id (ELF) or a UUID (Mach-O); none of a time stamp and a size.

    A build id's first 16 bytes are taken as a GUID of little-endian fields and padded with zeros; the age is 0.
    """
    if len(code_id) < _SHORTEST_BUILD_ID or len(code_id) % 2 or not _CODE_ID.match(code_id):
        return ()
    digits = code_id[:_GUID].ljust(_GUID, "0")
    guid = bytes.fromhex(digits)
    swapped = (guid[3::-1] + guid[5:3:-1] + guid[7:5:-1] + guid[8:]).hex()
    ids = (debug_id(f"{swapped}0"), debug_id(f"{digits}0") if len(code_id) == _GUID else None)
    return tuple(dict.fromkeys(known for known in ids if known is not None))


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


def index_path(debug_file: str, identifier: str) -> tuple[str, str]:
    """Where the index of a symbol file lies in a store: `<ID[:2]>/<ID>-<debug file>.syx`, as its two parts."""
    known = debug_id(identifier) or "0"
    return (known[:2], f"{known}-{safe_name(debug_file)}.syx")


def stored_path(debug_file: str, identifier: str) -> tuple[str, str, str]:
    """Where a symbol file lies in a store, as the three parts of a path in Breakpad layout, whatever its name is.

    Args:
        debug_file: the name of the debug file; one that is unusable as a file name is replaced, see `safe_name`.
        identifier: a debug id, or the code id of a module that has none.
    """
    name = leaf(debug_file)
    name = name if is_plain(name) else safe_name(name)
    return (name, debug_id(identifier) or identifier.upper(), sym_names(name)[0])


def converted_path(debug_file: str, identifier: str, version: str) -> tuple[str, str]:
    """Where the text made from a debug information file lies in a store: `<ID[:2]>/<ID>-<debug file>-<version>.sym`."""
    known = debug_id(identifier) or "0"
    return (known[:2], f"{known}-{safe_name(debug_file)}-{version}.sym")
