"""Former home of `sources.directory`; its class stays importable from here for one version."""

from __future__ import annotations

import warnings

from symbolicate.symbols.sources.directory import DirectorySource

__all__ = ["DirectorySource"]

warnings.warn(
    "symbolicate.symbols.directory is deprecated: use symbolicate.symbols.sources",
    DeprecationWarning,
    stacklevel=2,
)
