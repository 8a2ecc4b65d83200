"""`symbolicate addr`: functions, files and lines of addresses, without a crash."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from symbolicate.cli.options import complain, open_store, store_option
from symbolicate.errors import SymbolicateError
from symbolicate.render.addresses import Form, written
from symbolicate.render.plain import escape
from symbolicate.symbols.module_symbols import Module, ModuleSymbols, modules_called, modules_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate._native import Lookup
    from symbolicate.render.addresses import Batch, Frame, Style
    from symbolicate.symbols.store import SymbolStore

__all__ = ["addr"]

# Bytes of lines that are answered together, if so many are available.
_CHUNK = 1 << 18
# Past the end of every address space, so that it has no symbols.
_NOWHERE = (1 << 64) - 1
# How many readable names are kept for the next lines.
_NAMES = 1 << 16
# How many modules are listed where one has to be chosen.
_LISTED = 10

_EXAMPLES = """\b
Examples:
  symbolicate addr --symbols build/symbols --module calc.dll 0x1234 0x5678
  symbolicate addr --symbols app.dSYM --base 0x102a4c000 < addresses.txt
  symbolicate addr -e libfoo.so.debug -f -i 0x4f2a0            as addr2line
  symbolicate addr --obj=calc.pdb --basenames 0x1234           as llvm-symbolizer
  symbolicate addr -o MyApp.app.dSYM -arch arm64 -l 0x102a4c000 0x102a51234    as atos
"""


def _base(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:  # noqa: ARG001 - click's
    """The address that an option gives."""
    number = None if value is None else _number(value)
    if value is not None and number is None:
        raise click.BadParameter(f"{escape(value)} is not a hexadecimal number of up to 64 bits")
    return number


@click.command(epilog=_EXAMPLES)
@click.argument("addresses", metavar="[ADDR]...", nargs=-1)
@click.option(
    "--symbols",
    "places",
    metavar="PATH",
    multiple=True,
    help="A symbol file, a debug file, or a folder that contains some. Can be repeated.",
)
@click.option("--module", metavar="NAME|ID", help="The module, by the name of its debug file, its debug id or code id.")
@click.option("--base", "-l", callback=_base, metavar="ADDR", help="The address that the module was loaded at.")
@click.option("-e", "--exe", "gnu", metavar="FILE", help="As in addr2line: the file with the symbols.")
@click.option("--obj", "llvm", metavar="FILE", help="As in llvm-symbolizer: the file with the symbols.")
@click.option("-o", "atos", metavar="FILE", help="As in atos: the file or bundle with the symbols.")
@click.option("-arch", "--arch", "arch", metavar="ARCH", help="The architecture, for files that have several.")
@click.option("-f", "--functions", is_flag=True, default=None, help="Names of functions.")
@click.option(
    "-i/ ", "--inlines/--no-inlines", "inlines", default=None, help="Calls that are inlined, innermost first."
)
@click.option("-C/ ", "--demangle/--no-demangle", "readable", default=None, help="Readable names.")
@click.option("-a", "--addresses", "with_addresses", is_flag=True, default=None, help="The address before its answer.")
@click.option("-p", "--pretty-print", "pretty", is_flag=True, default=None, help="A frame on one line.")
@click.option("-s", "--basenames", "basenames", is_flag=True, help="Names of files without their folders.")
@click.option("-fullPath", "--full-path", "full_path", is_flag=True, help="As in atos: names of files with folders.")
@click.option(
    "--output-style",
    type=click.Choice(["GNU", "LLVM", "atos"], case_sensitive=False),
    help="Whose output to write, if not that of the tool whose option names the file.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON document per address, each on a line.")
@store_option
@click.pass_context
def addr(
    ctx: click.Context,
    addresses: tuple[str, ...],
    places: tuple[str, ...],
    module: str | None,
    base: int | None,
    gnu: str | None,
    llvm: str | None,
    atos: str | None,
    arch: str | None,
    functions: bool | None,
    inlines: bool | None,
    readable: bool | None,
    with_addresses: bool | None,
    pretty: bool | None,
    basenames: bool,
    full_path: bool,
    output_style: str | None,
    as_json: bool,
    store_dir: str | None,
) -> None:
    """Print the functions, files and lines of addresses, without a crash.

    ADDR is hexadecimal, with or without 0x. Without ADDR, addresses are read from standard input, one a line, and each
    line is answered as soon as it is there.

    An address is relative to the start of the module; with --base (or -l) it is one of a process in which the module
    was loaded there. The options of other tools that name a file keep their meaning: after -e, --obj and -o an address
    is, without -l, one of the file, as it was linked, and the output is that of addr2line (-e), llvm-symbolizer (--obj)
    or atos (-o), with their other options: -f, -i, -C, -a, -p, -s, -l, -arch. Otherwise each answer begins with its
    address, has one line for each frame, inlined calls included, and names are readable.

    An address without symbols is answered with ??, and so is a line that is no address; the exit code is then 1 for the
    latter. Few addresses of a large debug file are answered from the parts of it that they need. For many addresses,
    its index is made, which is kept in the store.
    """
    named = [(style, path) for style, path in (("gnu", gnu), ("llvm", llvm), ("atos", atos)) if path is not None]
    if len(named) > 1:
        raise click.UsageError("-e, --obj and -o each name the file: give one of them")
    file = named[0][1] if named else None
    if atos is not None and (basenames or pretty or functions):
        raise click.UsageError(
            "-f, -p and -s have another meaning in atos, whose option -o names the file: give -e, or leave them out"
        )
    if file is not None and module is not None:
        raise click.UsageError(f"{escape(file)} is the module: --module is for --symbols")
    form = _form(
        style="json" if as_json else (output_style or (named[0][0] if named else "")).lower(),
        functions=functions,
        inlines=inlines,
        readable=readable,
        addresses=with_addresses,
        pretty=pretty,
        basenames=basenames,
        full_path=full_path,
    )
    store = open_store(store_dir, (*places, *([file] if file is not None else [])))
    meant = _module(store, places, file, module, arch)
    if base is None:
        base = meant.base if file is not None and meant is not None else 0
    failed = False
    answers = _Answers(store, meant, base)
    for texts in _given(addresses):
        try:
            batch = answers.of(texts)
        except SymbolicateError as error:
            complain(error)
            ctx.exit(1)
        failed |= None in batch.addresses
        sys.stdout.buffer.write(written(batch, form).encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    if answers.is_missing:
        complain(
            SymbolicateError(f"no symbols found for {meant.name or meant.identifier if meant else module or file}")
        )
    ctx.exit(1 if failed else 0)


def _form(
    style: str,
    *,
    functions: bool | None,
    inlines: bool | None,
    readable: bool | None,
    addresses: bool | None,
    pretty: bool | None,
    basenames: bool,
    full_path: bool,
) -> Form:
    """What is written, by whose style it is and the options that were given."""
    from functools import lru_cache

    from symbolicate._native import demangle

    def given(value: bool | None, usual: dict[str, bool]) -> bool:
        return usual.get(style, True) if value is None else value

    chosen: Style = "llvm" if style == "llvm" else "atos" if style == "atos" else "json" if style == "json" else "gnu"
    return Form(
        chosen,
        functions=given(functions, {"gnu": False}),
        inlines=given(inlines, {"gnu": False, "atos": False}),
        addresses=given(addresses, {"gnu": False, "llvm": False}),
        pretty=given(pretty, {"gnu": False, "llvm": False}),
        basenames=basenames or (style == "atos" and not full_path),
        demangle=lru_cache(_NAMES)(demangle) if given(readable, {"gnu": False}) else str,
    )


def _module(
    store: SymbolStore, places: tuple[str, ...], file: str | None, name: str | None, arch: str | None
) -> Module | None:
    """The module that the options select; None if no module has the name. An ambiguous choice is a usage error."""
    try:
        if name is not None:
            found = modules_called(store, name)
        else:
            paths = [file] if file is not None else list(places)
            found = [module for path in paths for module in modules_in(path)]
    except SymbolicateError as error:
        raise click.UsageError(escape(str(error))) from None
    found = [module for module in found if not arch or module.arch in {"", arch}]
    if len(found) > 1:
        listed = [f"{escape(module.name)} {module.identifier} {module.arch}".strip() for module in found[:_LISTED]]
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        raise click.UsageError(f"several modules: choose one by --module ID or --arch: {', '.join(listed)}{more}")
    if not found and name is None:
        if not places and file is None:
            raise click.UsageError("no module: give --symbols and --module, or a file with -e, --obj or -o")
        of = f" for {escape(arch)}" if arch else ""
        raise click.UsageError(f"no module{of} in {', '.join(map(escape, paths))}")
    return found[0] if found else None


def _given(addresses: tuple[str, ...]) -> Iterator[list[str]]:
    """The addresses of the command line; else the lines of standard input, as many at a time as there are."""
    if addresses:
        yield list(addresses)
        return
    rest = b""
    # One read each: a line is answered when it is there, whoever writes them.
    while piece := os.read(sys.stdin.fileno(), _CHUNK):
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield whole.decode("utf-8", "replace").split("\n")
    if rest:
        yield [rest.decode("utf-8", "replace")]


class _Answers:
    """Frames of addresses in one module."""

    def __init__(self, store: SymbolStore, module: Module | None, base: int) -> None:
        self._module = module
        self._base = base
        self._symbols = ModuleSymbols(store, module) if module is not None else None

    @property
    def is_missing(self) -> bool:
        """Whether there are no symbols at all."""
        return self._symbols is None or self._symbols.is_missing

    def of(self, texts: list[str]) -> Batch:
        """The answers for some addresses.

        Raises:
            SymbolFileError: the symbols cannot be read.
        """
        import numpy as np

        from symbolicate.render.addresses import Batch

        numbers = _numbers(texts)
        base = self._base
        offsets = [None if number is None or number < base else number - base for number in numbers]
        rvas = np.array([_NOWHERE if offset is None else offset for offset in offsets], dtype=np.uint64)
        looked = None if self._symbols is None else self._symbols.lookup(rvas)
        module = self._module
        name, debug_id, code_id = ("", "", "") if module is None else (module.name, module.debug_id, module.code_id)
        if looked is None:
            rows, nothing = [0] * (len(texts) + 1), [None] * len(texts)
            return Batch(texts, numbers, offsets, nothing, rows, [], [], name, debug_id, code_id)
        starts = looked.function_start
        is_known = (starts != np.uint64(_NOWHERE)).tolist()
        distances = zip((rvas - starts).tolist(), is_known, strict=True)
        functions = [distance if known else None for distance, known in distances]
        which, frames = _distinct(looked)
        rows = looked.starts.tolist()
        return Batch(texts, numbers, offsets, functions, rows, which, frames, name, debug_id, code_id)


def _distinct(looked: Lookup) -> tuple[list[int], list[Frame]]:
    """The frames of a look-up, each once, and for each row which of them it is."""
    import numpy as np

    names, in_name = np.unique(looked.function, return_inverse=True)
    files, in_file = np.unique(looked.file, return_inverse=True)
    line = np.where(looked.line == np.uint32(0xFFFFFFFF), np.uint32(0), looked.line).astype(np.uint64)
    # Fewer than 2^32 pairs of a name and a file, since a batch has fewer rows.
    pairs, in_pair = np.unique(
        in_name.astype(np.uint64) * np.uint64(len(files)) + in_file.astype(np.uint64), return_inverse=True
    )
    frames, which = np.unique((in_pair.astype(np.uint64) << np.uint64(32)) | line, return_inverse=True)
    pair = pairs[(frames >> np.uint64(32)).astype(np.int64)]
    name_of, file_of = looked.function_names(names), looked.file_names(files)
    made = zip(
        (pair // max(len(files), 1)).tolist(),
        (pair % max(len(files), 1)).tolist(),
        (frames & np.uint64(0xFFFFFFFF)).tolist(),
        strict=True,
    )
    return which.tolist(), [(name_of[name], file_of[file], line or None) for name, file, line in made]


def _numbers(texts: list[str]) -> list[int | None]:
    try:
        numbers = [int(text, 16) for text in texts]
    except ValueError:
        return list(map(_number, texts))
    if numbers and (min(numbers) < 0 or max(numbers) > _NOWHERE or any("_" in text for text in texts)):
        return list(map(_number, texts))
    return list[int | None](numbers)


def _number(text: str) -> int | None:
    """A hexadecimal number of 64 bits; None for anything else, such as what only Python takes for a number."""
    try:
        number = int(text, 16)
    except ValueError:
        return None
    return number if 0 <= number <= _NOWHERE and "_" not in text else None
