"""The errors of the service."""

from __future__ import annotations

from typing import Any

from symbolicate.errors import SymbolicateError

__all__ = ["ConfigError", "RefusedError", "busy"]

_RETRY_AFTER_SECONDS = 10


class ConfigError(SymbolicateError, ValueError):
    """A setting is invalid. The message names it."""


class RefusedError(SymbolicateError):
    """A request is answered with an error. Each kind of endpoint writes it in the form that its clients expect.

    Attributes:
        status: the HTTP status.
        code: what is wrong, in one word, such as `BadRequest`.
        message: what is wrong, in one line.
        headers: further headers of the response.
        body: the complete body of the response, instead of one that is made of the other attributes.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.body = body
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def busy(message: str, seconds: int = _RETRY_AFTER_SECONDS) -> RefusedError:
    """A refusal after which the client sends its data again later; after other refusals it may discard them.

    App Center's SDKs read `x-ms-retry-after-ms` and ignore `Retry-After`; other clients read the latter.
    """
    return RefusedError(
        503,
        "ServiceUnavailable",
        message,
        {"Retry-After": str(seconds), "x-ms-retry-after-ms": str(seconds * 1000)},
    )
