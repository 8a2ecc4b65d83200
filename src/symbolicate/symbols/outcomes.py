"""What becomes of a candidate, as a type that is there at run time: for decoders, and to check what was stored."""

from __future__ import annotations

from typing import Literal

__all__ = ["CandidateOutcome"]

CandidateOutcome = Literal["found", "missing", "refused", "denied", "mismatched", "malformed", "timed out", "unused"]
"""What became of a candidate. For every kind of source:

- `found`: symbols of this very build; they are used.
- `missing`: nothing is there: no such file, or the server has none (404, 410).
- `refused`: the source does not let it be read: permission denied, 401, 403; or it refuses to serve it now (429, 5xx).
- `denied`: a rule or a limit of this program forbids looking: offline, an address that is not allowed, too many files.
- `mismatched`: a file is there, and names another build.
- `malformed`: a file is there, and holds nothing usable: cut, no symbol records, an HTML page with status 200.
- `timed out`: the source did not answer in time, or the file could not be read in the time for a report.
- `unused`: symbols of this very build; a file with more is used, see `content`.
"""
