"""What a search for a module's symbols looks at, and what became of each: candidates."""

from __future__ import annotations

from symbolicate.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate.symbols.outcomes import CandidateOutcome

__all__ = ["FAILED", "Candidate", "CandidateOutcome", "from_sentence", "outcome_without_file", "sentence"]

FAILED: tuple[CandidateOutcome, ...] = ("timed out", "refused", "denied", "malformed", "mismatched")
"""Why a search found no file, other than `missing`: first the outcomes that may be different another time."""


class Candidate(Record):
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


def from_sentence(text: str, source: str) -> Candidate:
    """The candidate that a sentence is about, as sources of earlier versions wrote them: `x.sym (permission denied)`.

    A text of another form is a location where nothing was found.
    """
    import re  # only for sources with the former interface

    forms: tuple[tuple[CandidateOutcome, str], ...] = (
        ("refused", r"(.*) \((permission denied)\)"),
        ("mismatched", r"(.*) \(is of ([0-9A-Fa-f]+)\)"),
        ("malformed", r"(.*?) \(malformed: (.*)\)"),
        ("denied", r"(.*) \((too many files [^()]*)\)"),
    )
    for outcome, form in forms:
        if found := re.fullmatch(form, text, re.DOTALL):
            return Candidate(found[1], source, outcome, found[2])
    return Candidate(text, source, "missing")


def __getattr__(name: str) -> object:
    if name == "CandidateOutcome":
        from symbolicate.symbols import outcomes  # loads `typing`, which a start can do without

        return outcomes.CandidateOutcome
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
