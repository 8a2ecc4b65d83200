"""Errors of queries, in the form that the Store documents."""

from __future__ import annotations

from typing import Any

from symbolicate.errors import SymbolicateError

__all__ = ["QueryError"]

_BAD_REQUEST, _NOT_FOUND = 400, 404


class QueryError(SymbolicateError):
    """A query that cannot be answered.

    Attributes:
        problems: what is wrong, a sentence each.
        status: the HTTP status: 400, or 404 if the requested object does not exist.
    """

    def __init__(self, *problems: str, status: int = _BAD_REQUEST) -> None:
        super().__init__(*problems)
        self.problems = list(problems)
        self.status = status

    def __str__(self) -> str:
        return "; ".join(self.problems)

    @classmethod
    def not_found(cls, problem: str) -> QueryError:
        """The error for an object that does not exist."""
        return cls(problem, status=_NOT_FOUND)

    def body(self) -> dict[str, Any]:
        """The error object: an outer one for the kind, an inner one that names what is wrong."""
        missing = self.status == _NOT_FOUND
        return {
            "code": "NotFound" if missing else "BadRequest",
            "data": [],
            "details": [],
            "innererror": {
                "code": "ResourceNotFound" if missing else "InvalidQueryParameters",
                "data": self.problems,
                "details": [],
                "message": "The requested resource does not exist."
                if missing
                else "One or More Query Parameters has invalid values.",
                "source": "AnalyticsAPI",
            },
            "message": "The requested resource could not be found."
            if missing
            else "The calling client sent a bad request to the service.",
            "source": "AnalyticsAPI",
        }
