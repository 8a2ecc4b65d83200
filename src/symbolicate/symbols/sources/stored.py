"""The files that were added to a symbol store, as a source.

The halves of a module may have been added from different files of one id, such as a PE file and its PDB. Symbols are
found as in any folder in Breakpad layout, and unwind tables by the id alone.
"""

from __future__ import annotations

import os

from symbolicate.symbols import ids
from symbolicate.symbols.layouts import local_store
from symbolicate.symbols.resolution import UnwindOffer
from symbolicate.symbols.sources.directory import DirectorySource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.resolution import Wanted

__all__ = ["StoredSource"]


class StoredSource(DirectorySource):
    """The added files of a store. May be used by many threads.

    Args:
        store: the folder of the store.
    """

    def __init__(self, store: str) -> None:
        paths = local_store.StorePaths(store)
        super().__init__(paths.symbols, debug_files=False)
        self._unwind = paths.unwind

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """Offer the unwind tables of this build, those of binaries before those of debug information files."""
        identifier = ids.debug_id(wanted.debug_id)
        known = [identifier] if identifier else [*ids.debug_ids_of_code(wanted.code_id)]
        if ids.is_code_id(wanted.code_id):
            known.append(wanted.code_id.upper())
        found = [path for one in known for path in self._kept(one)]
        for path in sorted(found, key=lambda path: (path.endswith(local_store.DEBUG_UNWIND), path)):
            yield UnwindOffer(path, of_binary=not path.endswith(local_store.DEBUG_UNWIND))

    def search(self, text: str) -> Iterator[str]:
        """Every symbol file whose id or debug file is `text`, and all unwind tables if it is an id."""
        yield from super().search(text)
        if ids.debug_id(text) is not None or ids.is_code_id(text):
            yield from self._kept(text)

    def _kept(self, identifier: str) -> list[str]:
        """The unwind tables of an id."""
        folder, prefix = local_store.added_unwind(identifier)
        here = os.path.join(self._unwind, folder)
        return sorted(os.path.join(here, name) for name in self._list(here) if name.startswith(prefix))

    @staticmethod
    def _list(folder: str) -> list[str]:
        # A few of them at a time, so that what was added since is found without a memory of it.
        try:
            return [name for name in os.listdir(folder) if name.endswith(local_store.UNWIND)]
        except OSError:
            return []
