"""Checks that an upload has files of the module whose id its sender states, by the path that it is uploaded to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.symbols import ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.store import SymbolFile, SymbolUpload

__all__ = ["of_stated_module"]

_NAMED = 3


def of_stated_module(upload: SymbolUpload, files: Sequence[SymbolFile]) -> tuple[list[SymbolFile], list[str]]:
    """Those of the files of an upload that are of the stated module, and a message if there are others.

    A file of which no id is known is not of that module. Without a stated id all files are.
    """
    stated = _ids_of(upload.debug_id, upload.code_id)
    if not stated:
        return list(files), []
    ours = [file for file in files if stated & _ids_of(file.debug_id, file.code_id or "")]
    theirs = list(dict.fromkeys(_shown(file) for file in files if file not in ours))
    if not theirs:
        return ours, []
    named = ", ".join(theirs[:_NAMED]) + (", …" if len(theirs) > _NAMED else "")
    return ours, [f"not used, because the path states another id: {named}"]


def _ids_of(debug_id: str, code_id: str) -> set[str]:
    """All ids by which a module is known."""
    known = {ids.debug_id(text) for text in (debug_id, *ids.debug_ids_of_code(code_id))} - {None}
    return {text for text in known if text} | ({code_id.lower()} if code_id else set())


def _shown(file: SymbolFile) -> str:
    return f"{file.debug_file} {file.debug_id or file.code_id or 'without an id'}"
