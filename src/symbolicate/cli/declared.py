"""Options of commands as data: one declaration for the parser of plain command lines and for click's.

`options.declared` makes click's option of one, `quick` parses by them.
"""

from __future__ import annotations

from symbolicate.record import Record
from symbolicate.symbols.sources.presets import PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

__all__ = ["NETWORK", "PROFILE", "RULES", "STORE", "SYMBOLS", "VOCABULARY", "Kind", "Option"]

Kind: TypeAlias = "Literal['flag', 'text', 'choice', 'count', 'seconds', 'path', 'folder', 'file']"
"""What an option takes.

- `flag`: nothing.
- `text`, `choice`: any text; one of `choices`.
- `count`, `seconds`: a whole number that is not below `least`; a number above 0.
- `path`: a path that is not looked at. `folder`, `file`: one that, if it is there, is a folder, or can be read.
"""


class Option(Record):
    """An option of a command.

    Attributes:
        names: how it is written: `--format`, `-o`.
        into: the parameter of the command that it becomes.
        help: what it does, in a sentence.
        kind: what it takes.
        metavar: what the help calls its value; empty for click's own.
        choices: the values of a choice.
        default: its value where it is not given; None without one.
        least: the smallest count.
        many: whether it can be repeated, so that its value is a tuple.
    """

    names: tuple[str, ...]
    into: str
    help: str
    kind: Kind = "flag"
    metavar: str = ""
    choices: tuple[str, ...] = ()
    default: str | None = None
    least: int = 0
    many: bool = False


SYMBOLS = Option(
    ("--symbols",),
    "places",
    "A folder with symbol files, debug files and binaries, in any layout, or a single file; a symbol server "
    f"or a bucket (https://, s3://, gs://, az://); or the name of a public server: {', '.join(PRESETS)}. Can be "
    "repeated: of a module's symbols the first with most is used, and servers are asked for what others lack.",
    "text",
    "PATH|URL|NAME",
    many=True,
)
"""`--symbols`; commands that have it have those of `NETWORK`, too."""

NETWORK = (
    Option(("--offline",), "offline", "Ask no symbol server; files that were fetched before are used."),
    Option(
        ("--symbols-seconds",),
        "symbols_seconds",
        "How long a report waits for symbol servers, all together.  [default: 300]",
        "seconds",
        "N",
    ),
    Option(("-v", "--verbose"), "verbose", "Say on standard error which symbol servers are asked."),
)
"""What may be done on the network for symbols."""

STORE = Option(
    ("--store",),
    "store_dir",
    "Folder of indexes and added symbols; by default $SYMBOLICATE_STORE or the user's cache.",
    "folder",
    "DIR",
)
"""`--store`."""

PROFILE = Option(
    ("--profile",),
    "profile",
    "wer: blame the function that threw or aborted. windbg: blame as public !analyze output does.",
    "choice",
    choices=("wer", "windbg"),
    default="wer",
)
"""`--profile`."""

VOCABULARY = Option(
    ("--vocabulary",),
    "vocabulary",
    "2410: name null addresses as debuggers do since version 1.2410.",
    "choice",
    choices=("classic", "2410"),
    default="classic",
)
"""`--vocabulary`."""

RULES = Option(
    ("--rules",),
    "rules",
    "Blame rules that are applied before the built-in ones; see `symbolicate bucket rules`.",
    "file",
    "FILE",
)
"""`--rules`."""
