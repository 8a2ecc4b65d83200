"""What commands say of inputs and of their use, without loading the parser of command lines."""

from __future__ import annotations

import sys

from symbolicate.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.errors import SymbolicateError

__all__ = ["complain", "usage_error", "wrong_file"]


def complain(error: SymbolicateError) -> None:
    """Report a problem with one input on standard error, in one line."""
    from symbolicate.render.plain import escape

    hint = f" (hint: {error.hint})" if isinstance(error, InputError) and error.hint else ""
    sys.stderr.write(f"symbolicate: {escape(str(error))}{hint}\n")


def usage_error(message: str) -> Exception:
    """The error of a wrong use of a command, to be raised: it is shown with the usage, and the exit code is 2.

    Args:
        message: the problem; what is not safe to show in it is escaped.
    """
    import click

    from symbolicate.render.plain import escape

    return click.UsageError(escape(message))


def wrong_file(message: str) -> Exception:
    """The error of a file or place that cannot be used, to be raised: one line, and the exit code is 2.

    Args:
        message: the problem, with the name; what is not safe to show in it is escaped.
    """
    import click

    from symbolicate.render.plain import escape

    error = click.ClickException(escape(message))
    # Subclasses of click set it in the class.
    error.exit_code = 2  # type: ignore[misc]
    return error
