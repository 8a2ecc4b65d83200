"""What the service raises on purpose."""

from __future__ import annotations

from typing import Any

from symbolicate.errors import SymbolicateError

__all__ = ["ConfigError", "RefusedError", "busy"]

_RETRY_AFTER_SECONDS = 10


class ConfigError(SymbolicateError, ValueError):
    """A setting is not as it should be. The message names the place."""


class RefusedError(SymbolicateError):
    """A request that is answered with an error. Each kind of endpoint gives it the body that its clients know.

    Attributes:
        status: the HTTP status.
        code: what is wrong, in one word, such as `BadRequest`.
        message: what is wrong, in one line.
        headers: further headers of the answer.
        body: the whole body of the answer, where it is known better than the rest would tell.
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
    """A refusal that asks the client to come back: the one kind after which its data stay with it.

    App Center's SDKs read `x-ms-retry-after-ms` and pass over `Retry-After`; others read that.
    """
    return RefusedError(
        503,
        "ServiceUnavailable",
        message,
        {"Retry-After": str(seconds), "x-ms-retry-after-ms": str(seconds * 1000)},
    )
