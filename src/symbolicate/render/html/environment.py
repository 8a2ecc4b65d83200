"""The environment of all templates: text of a crash is escaped, for HTML and for readers."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from symbolicate.render.plain import escape

__all__ = ["asset", "content_hash", "environment"]


@cache
def environment() -> Environment:
    """The templates of this package.

    Every text that a template inserts is escaped as HTML, and its control characters and those that change the
    direction of text are shown as escapes.
    """
    made = Environment(
        autoescape=True,
        finalize=_finalized,
        loader=FunctionLoader(asset),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters["number"] = "{:,}".format
    return made


def _finalized(value: Any) -> Any:
    if value is None:
        return ""
    return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def asset(name: str) -> str:
    """The text of a template, a style sheet or a script of this package."""
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


@cache
def content_hash(*names: str) -> str:
    """The source of an inline style sheet or script in a content security policy: the hash of its text.

    Args:
        names: the files that it consists of.
    """
    digest = hashlib.sha256("".join(map(asset, names)).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
