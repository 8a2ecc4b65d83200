"""The arguments of `Resolution` before candidates had fields: a status and sentences. Accepted for one version."""

from __future__ import annotations

from symbolicate.symbols.candidates import Candidate, from_sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeVar

    from symbolicate.symbols.candidates import CandidateOutcome

    T = TypeVar("T")

__all__ = ["accepting_former_arguments"]

_FORMER = ("status", "symbols", "path", "detail", "tried")
_OUTCOMES: dict[str, CandidateOutcome] = {
    "loaded": "found",
    "missing": "missing",
    "malformed": "malformed",
    "mismatch": "mismatched",
}


def accepting_former_arguments(resolution: type[T]) -> type[T]:
    """Let `Resolution` be called with a status, a path, a detail and `tried`, too."""
    present = resolution.__init__

    def __init__(self: object, *given: Any, **named: Any) -> None:  # noqa: N807 - it takes the place of the class's own
        is_former = (given and isinstance(given[0], str)) or not named.keys().isdisjoint({*_FORMER} - {"symbols"})
        if is_former:
            import warnings

            warnings.warn(
                "Resolution(status, …) is deprecated: use Resolution(symbols, candidates, decisive)",
                DeprecationWarning,
                stacklevel=2,
            )
            given, named = (), _present_arguments(**dict(zip(_FORMER, given, strict=False)), **named)
        present(self, *given, **named)

    resolution.__init__ = __init__  # type: ignore[method-assign]
    return resolution


def _present_arguments(
    status: str, symbols: object = None, path: str = "", detail: str = "", tried: Iterable[str] = ()
) -> dict[str, object]:
    candidates = [from_sentence(sentence, "") for sentence in tried]
    decisive = None
    if status != "missing" or path or detail:
        decisive = len(candidates)
        candidates.append(Candidate(path, "", _OUTCOMES[status], detail))
    return {"symbols": symbols, "candidates": tuple(candidates), "decisive": decisive}
