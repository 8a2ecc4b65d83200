"""What a symbol or debug file is, whether it is usable, and what it lacks: `symbols check`.

The native readers decide what is usable. pyelftools, pefile and lief describe what else is in a file; each has a file
here, and is loaded when a file of its format is checked. Files are untrusted: callers check them in a child process.
"""

from __future__ import annotations

from symbolicate.symbols.checking.check import check_file, facts_of
from symbolicate.symbols.checking.findings import CheckedBuild, CheckedFile, Diagnostic

__all__ = ["CheckedBuild", "CheckedFile", "Diagnostic", "check_file", "facts_of"]
