"""What hits are counted by beside their failure: system, market, device, program; derived by data tables."""

from __future__ import annotations

from symbolicate.store.dimensions.derive import NAMES, Dimensions, derive

__all__ = ["NAMES", "Dimensions", "derive"]
