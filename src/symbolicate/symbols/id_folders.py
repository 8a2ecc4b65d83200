"""Former home of `sources.id_folders`; its class stays importable from here for one version."""

from __future__ import annotations

import warnings

from symbolicate.symbols.sources.id_folders import IdFolders

__all__ = ["IdFolders"]

warnings.warn(
    "symbolicate.symbols.id_folders is deprecated: use symbolicate.symbols.sources.id_folders",
    DeprecationWarning,
    stacklevel=2,
)
