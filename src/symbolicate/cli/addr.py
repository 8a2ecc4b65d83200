"""`symbolicate addr`: functions, files and lines of addresses, without a crash."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from symbolicate.cli.addr_answers import Answers, Target
from symbolicate.cli.addr_lines import hexadecimal, sensed
from symbolicate.cli.addr_modules import Modules
from symbolicate.cli.options import complain, store_option, symbols_option
from symbolicate.errors import SymbolicateError
from symbolicate.render.addresses import Form
from symbolicate.render.plain import escape
from symbolicate.symbols.companions import DEBUG_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.render.addresses import Style

__all__ = ["addr"]

# Bytes of lines that are answered together, if so many are available.
_CHUNK = 1 << 18
# How many readable names are kept for the next lines.
_NAMES = 1 << 16

_EXAMPLES = """\b
Examples:
  symbolicate addr --symbols build/symbols --module calc.dll 0x1234 0x5678
  symbolicate addr --symbols app.dSYM --base 0x102a4c000 < addresses.txt
  symbolicate addr -e libfoo.so.debug -f -i 0x4f2a0            as addr2line
  symbolicate addr --obj=calc.pdb --basenames 0x1234           as llvm-symbolizer
  symbolicate addr -o MyApp.app.dSYM -arch arm64 -l 0x102a4c000 0x102a51234    as atos
"""


# Other spellings of options, with their values.
_SPELLINGS = {
    "--demangle=false": "--no-demangle",
    "--demangle=true": "--demangle",
    "--functions=linkage": "--function-names=linkage",
    "--functions=none": "--function-names=none",
    "--functions=short": "--function-names=short",
    "--inlining": "--inlines",
    "--inlining=false": "--no-inlines",
    "--inlining=true": "--inlines",
    "-demangle=false": "--no-demangle",
    "-demangle=true": "--demangle",
    "-f=linkage": "--function-names=linkage",
    "-f=none": "--function-names=none",
    "-f=short": "--function-names=short",
}


class _Command(click.Command):
    """Takes the options of other tools in their spelling."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [_SPELLINGS.get(argument, argument) for argument in args])


def _base(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:  # noqa: ARG001 - click's
    """The address that an option gives."""
    number = None if value is None else hexadecimal(value)
    if value is not None and number is None:
        raise click.BadParameter(f"{escape(value)} is not a hexadecimal number of up to 64 bits")
    return number


@click.command(cls=_Command, epilog=_EXAMPLES)
@click.argument("addresses", metavar="[ADDR]...", nargs=-1)
@symbols_option
@click.option(
    "--module",
    metavar="NAME|ID",
    help="The module, by the name of its debug file, its debug id or code id; on a server by its id, or as NAME/ID.",
)
@click.option("--base", "-l", callback=_base, metavar="ADDR", help="The address that the module was loaded at.")
@click.option("-e", "--exe", "gnu", metavar="FILE", help="As in addr2line: the file with the symbols.")
@click.option("--obj", "llvm", metavar="FILE", help="As in llvm-symbolizer: the file with the symbols.")
@click.option("-o", "atos", metavar="FILE", help="As in atos: the file or bundle with the symbols.")
@click.option(
    "-arch",
    "--arch",
    "--default-arch",
    "arch",
    metavar="ARCH",
    help="The architecture, for files that have several, as compilers and debuggers call it.",
)
@click.option(
    "--relative-address",
    "-offset",
    "relative",
    is_flag=True,
    help="Addresses are relative to the start of the module, also after -e, --obj and -o.",
)
@click.option(
    "--adjust-vma",
    "shift",
    callback=_base,
    metavar="OFFSET",
    help="What is added to the addresses of the file, after -e, --obj and -o.",
)
@click.option(
    "--debug-file-directory",
    "folders",
    metavar="DIR",
    multiple=True,
    default=DEBUG_FOLDERS,
    show_default=True,
    help="Where debug files of -e, --obj and -o are, in .build-id or by the path of the binary.",
)
@click.option("-f", "--functions", is_flag=True, default=None, help="Names of functions.")
@click.option(
    "--function-names",
    "name_form",
    type=click.Choice(["none", "short", "linkage"]),
    help="As --functions=… in llvm-symbolizer: no names, names without scope and parameters, or whole ones.",
)
@click.option(
    "-i/ ", "--inlines/--no-inlines", "inlines", default=None, help="Calls that are inlined, innermost first."
)
@click.option("-C/ ", "--demangle/--no-demangle", "readable", default=None, help="Readable names.")
@click.option(
    "-a",
    "--addresses",
    "--print-address",
    "with_addresses",
    is_flag=True,
    default=None,
    help="The address before its answer.",
)
@click.option("-p", "--pretty-print", "pretty", is_flag=True, default=None, help="A frame on one line.")
@click.option("-s", "--basenames", "basenames", is_flag=True, help="Names of files without their folders.")
@click.option("-fullPath", "--full-path", "full_path", is_flag=True, help="As in atos: names of files with folders.")
@click.option(
    "--output-style",
    type=click.Choice(["GNU", "LLVM", "JSON", "atos"], case_sensitive=False),
    help="Whose output to write, if not that of the tool whose option names the file; JSON is llvm-symbolizer's.",
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
    relative: bool,
    shift: int | None,
    folders: tuple[str, ...],
    functions: bool | None,
    name_form: str | None,
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

    A line may name the module of its address: `calc.dll 0x1234`, or `CODE calc.dll 0x1234`, one of those in the folders
    of --symbols; without --symbols and without a file, it names the file itself, as in llvm-symbolizer. Where --obj
    names the file, numbers are decimal without 0x.

    An address without symbols is answered with ??, and so is a line that is no address; the exit code is then 1 for the
    latter. Debug files of -e, --obj and -o are also found beside the binary (app.pdb, app.dSYM, by .gnu_debuglink), and
    in the folders of debug files of the system. Few addresses of a large debug file are answered from the parts of it
    that they need. For many addresses, its index is made, which is kept in the store.
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
    # Without a file and folders, lines name their files, as only llvm-symbolizer has it.
    is_like_llvm = llvm is not None or (output_style is not None and not named and not places)
    form = _form(
        _style(output_style, named[0][0] if named else "", is_like_llvm=is_like_llvm, as_json=as_json),
        is_plain=not named and output_style is None,
        functions=functions if name_form is None else name_form != "none",
        short=name_form == "short",
        inlines=inlines,
        readable=readable,
        addresses=with_addresses,
        pretty=pretty,
        basenames=basenames,
        full_path=full_path,
    )
    modules = Modules(store_dir, places, file, arch, folders)

    def chosen() -> Target:
        meant = modules.only(module)
        linked = meant.base if file is not None and meant is not None and not relative else 0
        called = file or (meant.name or meant.identifier if meant is not None else module) or ""
        return Target(called, modules.store, meant, linked + (shift or 0) if base is None else base)

    answers = Answers(
        form,
        sensed if is_like_llvm else hexadecimal,
        chosen,
        modules.named if file is None else None,
        lambda remark: complain(SymbolicateError(remark)),
    )
    is_list = form.style == "llvm-json" and bool(addresses)
    for texts in _given(addresses):
        try:
            answer = answers.of(texts)
        except SymbolicateError as error:
            complain(error)
            ctx.exit(1)
        if is_list:
            answer = _array(answer, pretty=form.pretty)
        sys.stdout.buffer.write(answer.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    ctx.exit(1 if answers.has_failed else 0)


def _style(output_style: str | None, tool: str, *, is_like_llvm: bool, as_json: bool) -> Style:
    """Whose output is written, in which of its styles."""
    if as_json:
        return "json"
    style = (output_style or tool or "gnu").lower()
    if style == "gnu":
        # addr2line, and llvm-symbolizer where it is asked to write as addr2line does, differ.
        return "llvm-gnu" if is_like_llvm else "gnu"
    return "llvm-json" if style == "json" else "atos" if style == "atos" else "llvm"


def _form(
    style: Style,
    *,
    is_plain: bool,
    functions: bool | None,
    short: bool,
    inlines: bool | None,
    readable: bool | None,
    addresses: bool | None,
    pretty: bool | None,
    basenames: bool,
    full_path: bool,
) -> Form:
    """What is written, by whose style it is and the options that were given; all of it if it is nobody's."""
    from functools import lru_cache

    from symbolicate._native import demangle

    def given(value: bool | None, *others: Style) -> bool:
        return (is_plain or style not in others) if value is None else value

    return Form(
        style,
        functions=given(functions, "gnu"),
        short=short,
        inlines=given(inlines, "gnu", "atos"),
        addresses=given(addresses, "gnu", "llvm", "llvm-gnu"),
        pretty=given(pretty, "gnu", "llvm", "llvm-gnu", "llvm-json"),
        basenames=basenames or (style == "atos" and not full_path),
        demangle=lru_cache(_NAMES)(demangle) if given(readable, "gnu") else str,
    )


def _array(answers: str, *, pretty: bool) -> str:
    """The JSON documents of all addresses of the command line, as llvm-symbolizer writes them: as one list."""
    if not pretty:
        return f"[{','.join(answers.splitlines())}]\n"
    return "[\n" + "\n".join(f"  {line}" for line in answers.replace("}\n{\n", "},\n{\n").splitlines()) + "\n]\n"


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
