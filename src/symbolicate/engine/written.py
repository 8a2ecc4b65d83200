"""How much is written of one input: a container may have a million tiny crashes."""

from __future__ import annotations

from symbolicate.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate import _native

__all__ = ["Written"]

_FREE, _RATIO = 32 << 20, 4


class Written:
    """The total size of the reports of one input, and its limit.

    Args:
        container: the input.
    """

    def __init__(self, container: _native.Container) -> None:
        self._container = container
        self._bytes = 0

    def add(self, result: bytes | InputError) -> None:
        """Count the report of a crash."""
        if not isinstance(result, InputError):
            self._bytes += len(result)

    @property
    def is_too_much(self) -> bool:
        """Whether the limit is exceeded, so that no more reports of the input are made."""
        return self._bytes > max(_FREE, _RATIO * self._container.held)

    def left_out(self, index: int) -> InputError:
        """The error for its crashes from this one on."""
        count = len(self._container)
        why = f"{count - index} of its {count} crashes are left out: the reports of the others have {self._bytes} bytes"
        return InputError(why, input=self._container.name)
