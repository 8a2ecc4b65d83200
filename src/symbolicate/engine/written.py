"""How much is written of one input: a container may have a million tiny crashes."""

from __future__ import annotations

from symbolicate.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from symbolicate import _native

    Opened: TypeAlias = tuple[_native.Container, int]
    """A crash: the opened input that it is in, and its number there."""
    Result: TypeAlias = bytes | InputError
    """The JSON of the report of a crash, or its error."""

__all__ = ["Written"]


class Written:
    """The total size of the reports of one input: a container may have a million tiny crashes."""

    _FREE, _RATIO = 32 << 20, 4

    def __init__(self) -> None:
        self._container: _native.Container | None = None
        self._is_said = False
        self._bytes = 0

    def add(self, container: _native.Container, result: bytes | InputError) -> None:
        """Count the report of a crash."""
        if container is not self._container:
            self._container, self._is_said, self._bytes = container, False, 0
        if not isinstance(result, InputError):
            self._bytes += len(result)

    def is_too_much(self, container: _native.Container) -> bool:
        """Whether the limit is exceeded, so that no more reports of the input are made."""
        return container is self._container and self._bytes > max(self._FREE, self._RATIO * container.held)

    def cut(self, crashes: list[tuple[int, Opened]], done: dict[int, list[Result]]) -> list[tuple[int, Opened]]:
        """The crashes within the limit; the errors of the others, at most one per input, are put into `done`."""
        left = []
        for i, (container, index) in crashes:
            if self.is_too_much(container):
                done[i] = list(self.left_out(container, index))
            else:
                left.append((i, (container, index)))
        return left

    def left_out(self, container: _native.Container, index: int) -> Iterator[InputError]:
        """The error, once per input, for its crashes from this one on."""
        if not self._is_said:
            self._is_said = True
            why = f"{len(container) - index} of its {len(container)} crashes are left out: "
            why += f"the reports of the others have {self._bytes} bytes"
            yield InputError(why, input=container.name)
