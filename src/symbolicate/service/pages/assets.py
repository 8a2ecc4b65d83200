"""`GET /static/…`: the styles and scripts of pages. They are readable without a session: the sign-in needs them."""

from __future__ import annotations

from litestar import Response, get

from symbolicate.service.errors import RefusedError
from symbolicate.service.http.responses import error_handlers, plain_error
from symbolicate.service.pages.rendering import STATIC, static_text, static_version

__all__ = ["static"]

_YEAR = "public, max-age=31536000, immutable"


@get("/static/{version:str}/{name:str}", include_in_schema=False, exception_handlers=error_handlers(plain_error))
async def static(version: str, name: str) -> Response[bytes]:
    """A style or a script."""
    if name not in STATIC:
        raise RefusedError(404, "NotFound", "no such file")
    keep = _YEAR if version == static_version() else "no-store"
    return Response(static_text(name).encode(), media_type=STATIC[name], headers={"Cache-Control": keep})
