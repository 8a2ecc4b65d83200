"""The modules whose addresses `addr` answers: the one that the options select, and those that lines name."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from symbolicate.cli.addr_answers import Target
from symbolicate.cli.complaints import wrong_file
from symbolicate.cli.options import open_store
from symbolicate.errors import SymbolicateError
from symbolicate.symbols.companions import companions, linked
from symbolicate.symbols.module_symbols import Module, modules_called, modules_in
from symbolicate.symbols.processors import of_processor

__all__ = ["Modules"]

# How many modules are listed where one has to be chosen.
_LISTED = 10


class Modules:
    """Finds modules.

    Args:
        store_dir: the folder of the store.
        places: where symbols are searched.
        file: the file with the symbols, if an option of another tool names it.
        arch: the processor, for files that have several; None: any.
        folders: where debug files of `file`, and of files that lines name, are searched.

    Attributes:
        store: the symbols of the module that the options select.

    Raises:
        click.ClickException: a place or the file does not exist.
    """

    def __init__(
        self,
        store_dir: str | None,
        places: tuple[str, ...],
        file: str | None,
        arch: str | None,
        folders: tuple[str, ...],
    ) -> None:
        self._store_dir = store_dir
        self._places = places
        self._file = file
        self._arch = arch
        self._folders = folders
        named = (*places, *(self._with_companions(file) if file is not None else ()))
        self.store = open_store(store_dir, named, with_environment=file is None)

    def only(self, name: str | None) -> Module | None:
        """The module that the options select; None if no module has the name.

        Raises:
            click.ClickException: there are several, or no name was given and there is no module.
        """
        try:
            if name is not None:
                found = modules_called(self.store, name)
            else:
                paths = [self._file] if self._file is not None else list(self._places)
                found = [module for path in paths for module in modules_in(path)]
        except SymbolicateError as error:
            raise wrong_file(str(error)) from None
        found = of_processor(found, self._arch)
        if len(found) > 1:
            listed = [f"{module.name} {module.identifier} {module.arch}".strip() for module in found[:_LISTED]]
            more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
            raise wrong_file(f"several modules: choose one by --module ID or --arch: {', '.join(listed)}{more}")
        if not found and name is None:
            if not self._places and self._file is None:
                raise click.UsageError("no module: give --symbols and --module, or a file with -e, --obj or -o")
            of = f" for {self._arch}" if self._arch else ""
            raise wrong_file(f"no module{of} in {', '.join(paths)}")
        return self._with_linked(found[0]) if found else None

    def named(self, name: str) -> Target:
        """The module that a line names: one of the places', or, without places, the file that it names."""
        if self._places:
            found = of_processor(modules_called(self.store, name), self._arch)
            return Target(name, self.store, found[0] if len(found) == 1 else None, 0)
        if not os.path.exists(name):
            return Target(name, self.store, None, 0)
        found = of_processor(modules_in(name), self._arch)
        meant = self._with_linked(found[0]) if len(found) == 1 else None
        store = open_store(self._store_dir, self._with_companions(name))
        return Target(name, store, meant, 0 if meant is None else meant.base)

    def _with_linked(self, module: Module) -> Module:
        """A module with the debug file that a checksum ties to its file, if that is in a folder of debug files."""
        joined = None if module.debug is None else linked(module.debug, self._folders)
        return module if joined is None else replace(module, debug=joined, is_alone=True)

    def _with_companions(self, file: str) -> tuple[str, ...]:
        # A file that has no debug information is searched last, so that its symbol table is not used instead.
        return (*companions(file, self._folders), file)
