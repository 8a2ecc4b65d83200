"""Why a file could not be fetched."""

from __future__ import annotations

from symbolicate.symbols.deadline import OVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.fetching.ranges import Range

__all__ = [
    "DOWN_SECONDS",
    "EMPTY",
    "LIFETIMES",
    "BusyError",
    "FetchError",
    "LargeFileError",
    "TransientError",
    "time_is_over",
]

LIFETIMES: dict[CandidateOutcome, float] = {
    "missing": 3600.0,
    "refused": 300.0,
    "mismatched": 6 * 3600.0,
    "malformed": 6 * 3600.0,
    "timed out": 60.0,
    "denied": 0.0,
    "found": 0.0,
}
"""For how many seconds a negative answer is remembered, by its outcome.

A file that is missing may be uploaded soon; a server that fails is asked again soon; a wrong file will hardly be
replaced. What this program refuses by itself is not remembered, as it costs nothing and the user may change a setting;
except a file beyond the size limit, which costs a request, see `Partial.expect`.
"""

DOWN_SECONDS = 60.0
"""How long a server or a provider that did not answer is not asked for other files."""

EMPTY = "an empty file"
"""The detail of a file without a byte."""


class FetchError(Exception):
    """A file could not be fetched.

    Attributes:
        outcome: the outcome of the candidate.
        detail: the reason, in words without any secret.
        lifetime: for how many seconds it is remembered.
        of_server: whether it is about the server, and not about this one file.
    """

    def __init__(
        self,
        outcome: CandidateOutcome,
        detail: str = "",
        lifetime: float | None = None,
        *,
        of_server: bool = False,
    ) -> None:
        super().__init__(f"{outcome}: {detail}" if detail else outcome)
        self.outcome = outcome
        self.detail = detail
        self.lifetime = LIFETIMES[outcome] if lifetime is None else lifetime
        self.of_server = of_server


class TransientError(FetchError):
    """It may work when it is tried again soon.

    Attributes:
        after: seconds that the server asked to wait; None if it did not.
    """

    def __init__(
        self,
        outcome: CandidateOutcome,
        detail: str,
        *,
        after: float | None = None,
        of_server: bool = False,
        lifetime: float = 60.0,
    ) -> None:
        super().__init__(outcome, detail, lifetime, of_server=of_server)
        self.after = after


class BusyError(FetchError):
    """Another thread or process fetches the file, longer than this one may wait."""

    def __init__(self) -> None:
        super().__init__("timed out", "it is being fetched by another process", 0.0)


class LargeFileError(FetchError):
    """A file is large and its server answers ranges, so that it may be read in part.

    Attributes:
        head: its first bytes.
    """

    def __init__(self, head: Range) -> None:
        super().__init__("denied", f"{head.size:,} bytes, which are not fetched as a whole", 0.0)
        self.head = head


def time_is_over() -> FetchError:
    """The error of what is not there when the time for the symbols of a report ends. It is not remembered."""
    return FetchError("timed out", OVER, 0.0, of_server=True)
