"""Where the workers' symbols are, and whether some were added since."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from symbolicate.isolation.messages import Symbols
from symbolicate.service.symbol_uploads.installer import kept_dir, stamp_path

if TYPE_CHECKING:
    from symbolicate.service.config import Config

__all__ = ["current_symbols"]


def current_symbols(config: Config) -> Symbols:
    """The symbols there are by now.

    A session remembers which symbols there are and which there are not. A file that every installer touches tells, also
    across processes, that this is out of date.
    """
    folder = config.symbols_dir
    kept = kept_dir(folder)
    sources = (*config.symbols.sources, *((kept,) if os.path.isdir(kept) else ()))
    return Symbols(folder, sources, _stamp(folder))


def _stamp(folder: str) -> int | None:
    try:
        return os.stat(stamp_path(folder)).st_mtime_ns
    except OSError:
        return None
