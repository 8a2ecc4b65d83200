"""The dimensions of hits beside their failure: system, market, device, program; derived with data tables."""

from __future__ import annotations

from symbolicate.summary.dimensions.derive import CRASHES, EVENT_TYPES, HANDLED, NAMES, REQUESTED, Dimensions, derive

__all__ = ["CRASHES", "EVENT_TYPES", "HANDLED", "NAMES", "REQUESTED", "Dimensions", "derive"]
