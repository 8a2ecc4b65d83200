"""The paths of files on the symbol server, which are the same for reading and for uploading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbolicate.symbols.layouts.table import parts_of

if TYPE_CHECKING:
    from litestar import Request

    from symbolicate.symbols.layouts.layout import Parts

__all__ = ["SERVER_PATHS", "parts_in_path"]

_ROOT = "/symbols/"
SERVER_PATHS = [f"{_ROOT}{{path:path}}", f"/-/{{token:str}}{_ROOT}{{path:path}}"]
"""The paths of the routes."""


def parts_in_path(request: Request[Any, Any, Any]) -> Parts | None:
    """The parts of the path of a file that a request names; None if it is a path of no layout."""
    # Not the parameter `path`, which the framework changes.
    _, _, path = str(request.scope["path"]).partition(_ROOT)
    return parts_of(path)
