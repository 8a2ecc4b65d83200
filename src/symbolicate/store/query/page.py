"""A page of a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

__all__ = ["Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a result's rows, how many there are in all, and the link to the next part; None after the last."""

    value: list[dict[str, Any]]
    total_count: int
    next_link: str | None = None

    def body(self) -> dict[str, Any]:
        """The response body, in the documented form."""
        return {"Value": self.value, "@nextLink": self.next_link, "TotalCount": self.total_count}

    def json(self) -> bytes:
        """The same as JSON."""
        return msgspec.json.encode(self.body())
