"""A page of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

__all__ = ["Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an answer's rows, how many there are in all, and where the next part is; None after the last."""

    value: list[dict[str, Any]]
    total_count: int
    next_link: str | None = None

    def body(self) -> dict[str, Any]:
        """The response body, in the documented shape."""
        return {"Value": self.value, "@nextLink": self.next_link, "TotalCount": self.total_count}

    def json(self) -> bytes:
        """The same as JSON."""
        return msgspec.json.encode(self.body())
