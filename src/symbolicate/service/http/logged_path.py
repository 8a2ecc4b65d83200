"""Paths that may be logged: paths of clients may contain secrets, such as `/submit/SECRET`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["logged_path"]

_HIDDEN = "…"
# The words of our own routes. Other words of a path without a route may be secrets.
_WORDS = frozenset(
    """
    analytics api apps buckets cabs desktop healthz logs metrics missing-symbols my oauth2 openapi.json queue readyz
    reports submit suggestions symbol-uploads symbol_uploads symbolicate symbols token uploads v0.1 v1 v1.0 v4 v5
    """.split()  # noqa: SIM905 - a list of so many is not read
)
_MOST = 12


def logged_path(scope: Mapping[str, Any]) -> str:
    """The route of a request, such as `/submit/{app}`; for one without a route its path, with other words hidden."""
    template = scope.get("path_template")
    if template and not template.startswith("/{"):
        return str(template)
    parts = re.split("/+", str(scope.get("path", "")).strip("/"))
    return "/" + "/".join(part if part in _WORDS or not part else _HIDDEN for part in parts[:_MOST])
