"""Former home of `layouts`, `names` and `ids`; their names stay importable from here for one version."""

from __future__ import annotations

import warnings

from symbolicate.symbols.ids import debug_id, debug_ids_of_code
from symbolicate.symbols.layouts.breakpad import code_paths, debug_files_of, sym_names, sym_paths
from symbolicate.symbols.layouts.local_store import converted_path, index_path, stored_path
from symbolicate.symbols.names import is_plain, leaf, plain_name, safe_name

__all__ = [
    "code_paths",
    "converted_path",
    "debug_files_of",
    "debug_id",
    "debug_ids_of_code",
    "index_path",
    "is_plain",
    "leaf",
    "plain_name",
    "safe_name",
    "stored_path",
    "sym_names",
    "sym_paths",
]

warnings.warn(
    "symbolicate.symbols.layout is deprecated: use symbolicate.symbols.layouts, .names and .ids",
    DeprecationWarning,
    stacklevel=2,
)
