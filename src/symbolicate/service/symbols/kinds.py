"""The kinds of symbol files, recognised by their first bytes and names."""

from __future__ import annotations

from symbolicate._native import debug_file_format, debug_file_formats
from symbolicate.symbols import source_bundle
from symbolicate.symbols.text_encoding import decoded_head, encoding_of

__all__ = ["ORIGINAL_KINDS", "READ_KINDS", "SOURCE_BUNDLE", "kind_of"]

READ_KINDS = frozenset({"breakpad", "dsym", *(name.lower() for name in debug_file_formats())})
"""The kinds that have a reader; files of other kinds are stored unchanged."""

ORIGINAL_KINDS = READ_KINDS - {"breakpad"}
"""The kinds that are also stored as they are, for debuggers: they are converted to be read."""

SOURCE_BUNDLE = "source bundle"
"""The kind of bundles of source code, which the symbol server reads."""

_HEAD = 64
# Before the native table, which recognises portable PDBs as PDB files to say that they are not read.
_MAGIC = (
    (b"MODULE ", "breakpad"),
    (b"\xef\xbb\xbfMODULE ", "breakpad"),
    (b"BSJB", "portable pdb"),
    (source_bundle.MAGIC, SOURCE_BUNDLE),
)
_SUFFIX = ((".map", "sourcemap"), ("mapping.txt", "proguard"), (".sym", "breakpad"))


def kind_of(path: str, name: str, symbol_type: str) -> str | None:
    """The kind of a file; None for one without symbols, such as the property list of a bundle.

    Args:
        path: the file.
        name: the client's name of it.
        symbol_type: the client's type of the upload, in App Center's terms; mappings have no signature of their own.
    """
    with open(path, "rb") as stream:
        head = stream.read(_HEAD)
    if encoding_of(head) is not None and decoded_head(head).startswith("MODULE "):
        return "breakpad"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if (debug_format := debug_file_format(path)) is not None:
        return "dsym" if ".dsym/" in name.lower() else debug_format.lower()
    for suffix, kind in _SUFFIX:
        if name.lower().endswith(suffix):
            return kind
    return "proguard" if symbol_type == "AndroidProguard" else None
