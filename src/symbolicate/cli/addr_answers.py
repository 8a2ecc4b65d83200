"""Answers of `addr`: frames of addresses in one module, or in the modules that lines name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from symbolicate.cli.addr_lines import LAST_ADDRESS, Line, line_of, numbers
from symbolicate.render.addresses import Batch, answers, data_answer
from symbolicate.symbols.module_symbols import ModuleSymbols

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.render.addresses import Form
    from symbolicate.symbols.module_symbols import Module
    from symbolicate.symbols.store import SymbolStore

__all__ = ["Answers", "Target"]

# How many modules that lines name are kept open.
_OPEN = 256


@dataclass(frozen=True, slots=True)
class Target:
    """A module whose addresses are answered.

    Attributes:
        called: how it was named.
        store: where its symbols are searched.
        module: the module; None if no module has this name, so that there are no symbols.
        base: the address of its start.
    """

    called: str
    store: SymbolStore
    module: Module | None
    base: int


class _Open:
    """A module with its symbols."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._symbols = None if target.module is None else ModuleSymbols(target.store, target.module)

    @property
    def is_missing(self) -> bool:
        return self._symbols is None or self._symbols.is_missing

    def batch(self, texts: list[str], numbers: list[int | None]) -> Batch:
        """The frames of some addresses.

        Raises:
            SymbolFileError: the symbols cannot be read.
        """
        base, module = self.target.base, self.target.module
        offsets = [None if number is None or number < base else number - base for number in numbers]
        rvas = [LAST_ADDRESS if offset is None else offset for offset in offsets]
        looked = None if self._symbols is None else self._symbols.lookup(rvas)
        name, debug_id, code_id = ("", "", "") if module is None else (module.name, module.debug_id, module.code_id)
        return Batch(texts, numbers, offsets, looked, name, debug_id, code_id)


class Answers:
    """Answers for lines.

    Args:
        form: how they are written.
        number: reads an address.
        chosen: finds the module of lines that name none; called when the first one comes.
        named: finds the module that a line names; None: lines name no modules.
        mention: is given each remark for the user, once.
    """

    def __init__(
        self,
        form: Form,
        number: Callable[[str], int | None],
        chosen: Callable[[], Target],
        named: Callable[[str], Target] | None,
        mention: Callable[[str], object],
    ) -> None:
        self._form = form
        self._number = number
        self._chosen = chosen
        self._named = named
        self._mention = mention
        self._open: dict[str, _Open] = {}
        self._mentioned: set[str] = set()
        self.has_failed = False

    def of(self, texts: list[str]) -> str:
        """The answers for some lines, in their order.

        Raises:
            SymbolFileError: the symbols cannot be read.
            click.UsageError: a line names no module, and the options select none.
        """
        found = numbers(texts, self._number)
        if None not in found:
            return "".join(self._answers("", texts, found))
        lines = [
            Line("", text) if number is not None else line_of(text) for text, number in zip(texts, found, strict=True)
        ]
        if self._named is None:
            # The options name the module: a line is an address, and llvm-symbolizer ignores what follows it.
            lines = [replace(line, module="", address=_first_word(line)) for line in lines]
        out, by_module = [""] * len(lines), dict[str, list[int]]()
        for at, line in enumerate(lines):
            if line.is_data:
                out[at] = self._data(line)
            else:
                by_module.setdefault(line.module, []).append(at)
        for module, places in by_module.items():
            addresses = [lines[at].address for at in places]
            for at, answer in zip(
                places, self._answers(module, addresses, numbers(addresses, self._number)), strict=True
            ):
                out[at] = answer
        return "".join(out)

    def _answers(self, called: str, texts: list[str], found: list[int | None]) -> list[str]:
        self.has_failed |= None in found
        opened = self._opened(called)
        batch = opened.batch(texts, found)
        target = opened.target
        if target.base and any(number is not None and number < target.base for number in found):
            where = "given with --base" if called == "" else "of its file"
            self._say(f"addresses before {target.base:#x}, the base {where}, are in no module: answered with ??")
        if opened.is_missing and (target.module is not None or target.called):
            self._say(f"no symbols found for {target.called}")
        return answers(batch, replace(self._form, file=target.called))

    def _data(self, line: Line) -> str:
        self._say("symbols of data are not read: DATA is answered with ??")
        number = self._number(line.address)
        self.has_failed |= number is None
        return data_answer(line.address, number, replace(self._form, file=line.module))

    def _opened(self, called: str) -> _Open:
        known = self._open.get(called)
        if known is None:
            if len(self._open) >= _OPEN:
                self._open.clear()
            known = self._open[called] = _Open(
                self._chosen() if not called or self._named is None else self._named(called)
            )
        return known

    def _say(self, remark: str) -> None:
        if remark not in self._mentioned:
            self._mentioned.add(remark)
            self._mention(remark)


def _first_word(line: Line) -> str:
    return line.module.partition(" ")[0] or line.address
