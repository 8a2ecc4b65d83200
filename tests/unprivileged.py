"""Runs a function with no more rights than the modes of files give: tests may run as root, who may read all."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NOBODY = 65534


def unprivileged(function: Callable[[], str]) -> str:
    """What the function returns, called in a child process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(_NOBODY)
                os.setuid(_NOBODY)
            os.write(writing, function().encode())
        except BaseException:  # noqa: BLE001 - the test must not go on in the child
            traceback.print_exc()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer.decode()
