"""Parses the command lines that are plain, so that click is loaded only for the others.

Loading click takes longer than all the rest of a command that shows one small crash. A command line that is not plain,
or wrong in any way, is left to click, which reads it from the start: help, errors and suggestions are its own.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.cli.declared import Option

__all__ = ["values_of"]


class _LeftToClick(Exception):  # noqa: N818 - no error: click knows what to do
    """The command line is not plain."""


def values_of(options: Sequence[Option], arguments: Sequence[str]) -> dict[str, object] | None:
    """The values that click would pass to a command of files; None if click has to look at the command line.

    Args:
        options: the options of the command.
        arguments: the command line after the name of the command.
    """
    by_name = {name: option for option in options for name in option.names}
    values: dict[str, object] = {one.into: _default(one) for one in options}
    files: list[str] = []
    left = iter(arguments)
    try:
        for argument in left:
            if argument == "--":
                files += left
            elif argument == "-" or not argument.startswith("-"):
                files.append(argument)
            else:
                name, is_joined, text = argument.partition("=")
                option = by_name.get(name)
                if option is None or (is_joined and not name.startswith("--")):
                    return None
                _set(values, option, left, text if is_joined else None)
    except _LeftToClick:
        return None
    return {"files": tuple(files), **values} if files else None


def _default(option: Option) -> object:
    if option.kind == "flag":
        return False
    return () if option.many else option.default


def _set(values: dict[str, object], option: Option, left: Sequence[str] | object, text: str | None) -> None:
    if option.kind == "flag":
        if text is not None:
            raise _LeftToClick
        values[option.into] = True
        return
    if text is None:
        text = next(left, None)  # type: ignore[call-overload]
        if text is None or text.startswith("-"):
            raise _LeftToClick
    value = _value(option, text)
    known = values[option.into]
    values[option.into] = (*known, value) if isinstance(known, tuple) else value


def _value(option: Option, text: str) -> object:
    if option.kind == "choice" and text in option.choices:
        return text
    if option.kind == "count" and text.isascii() and text.isdigit() and int(text) >= option.least:
        return int(text)
    if option.kind == "seconds" and text.isascii() and text.replace(".", "", 1).isdigit() and float(text) > 0:
        return float(text)
    if option.kind in {"text", "path"} or (option.kind in {"folder", "file"} and _is_usable(option.kind, text)):
        return text
    raise _LeftToClick


def _is_usable(kind: str, path: str) -> bool:
    """Whether a path names nothing yet, or what it should."""
    if not os.path.lexists(path):
        return True
    return (kind == "file" or os.path.isdir(path)) and os.access(path, os.R_OK)
