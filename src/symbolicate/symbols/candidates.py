"""What a search for a module's symbols looks at, and what became of each: candidates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FAILED", "Candidate", "CandidateOutcome", "from_sentence", "outcome_without_file", "sentence"]

CandidateOutcome = Literal["found", "missing", "refused", "denied", "mismatched", "malformed", "timed out", "unused"]
"""What became of a candidate. For every kind of source:

- `found`: symbols of this very build; they are used.
- `missing`: nothing is there: no such file, or the server has none (404, 410).
- `refused`: the source does not let it be read: permission denied, 401, 403; or it refuses to serve it now (429, 5xx).
- `denied`: a rule or a limit of this program forbids looking: offline, an address that is not allowed, too many files.
- `mismatched`: a file is there, and names another build.
- `malformed`: a file is there, and holds nothing usable: cut, no symbol records, an HTML page with status 200.
- `timed out`: the source did not answer in time.
- `unused`: symbols of this very build; a file with more is used, see `content`.
"""

FAILED: tuple[CandidateOutcome, ...] = ("timed out", "refused", "denied", "malformed", "mismatched")
"""Why a search found no file, other than `missing`: first the outcomes that may be different another time."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One location where a module's symbols may be, and what became of it.

    Attributes:
        location: its path or address.
        source: the source that it belongs to, see `Source.name`.
        outcome: what became of it.
        detail: the id of the other build if mismatched, what the file has if unused, else the reason in words; empty
            if the outcome says all.
    """

    location: str
    source: str
    outcome: CandidateOutcome
    detail: str = ""


def outcome_without_file(candidates: Iterable[Candidate]) -> CandidateOutcome:
    """The outcome of a search that found no file: the first of `FAILED` that a candidate has, else `missing`."""
    seen = {one.outcome for one in candidates}
    return next((outcome for outcome in FAILED if outcome in seen), "missing")


def sentence(candidate: Candidate) -> str:
    """A candidate that is not used, in words, as `tried` has it in a report."""
    if candidate.outcome == "mismatched":
        return f"{candidate.location} (is of {candidate.detail})"
    if candidate.outcome == "malformed":
        return f"{candidate.location} (malformed: {candidate.detail})"
    return f"{candidate.location} ({candidate.detail})" if candidate.detail else candidate.location


_SENTENCES: tuple[tuple[CandidateOutcome, re.Pattern[str]], ...] = (
    ("refused", re.compile(r"(.*) \((permission denied)\)", re.DOTALL)),
    ("mismatched", re.compile(r"(.*) \(is of ([0-9A-Fa-f]+)\)", re.DOTALL)),
    ("malformed", re.compile(r"(.*?) \(malformed: (.*)\)", re.DOTALL)),
    ("denied", re.compile(r"(.*) \((too many files [^()]*)\)", re.DOTALL)),
)


def from_sentence(text: str, source: str) -> Candidate:
    """The candidate that a sentence is about, as sources of earlier versions wrote them: `x.sym (permission denied)`.

    A text of another form is a location where nothing was found.
    """
    for outcome, pattern in _SENTENCES:
        if found := pattern.fullmatch(text):
            return Candidate(found[1], source, outcome, found[2])
    return Candidate(text, source, "missing")
