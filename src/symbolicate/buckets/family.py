"""Which classes of failure can be one bug: a null pointer and a wild one can, an assertion and a hang cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["family"]

# By the start of the class's name, the longest that fits. A class that is not listed is a family of its own.
_FAMILIES = {
    "ACCESS_VIOLATION": "access",
    "INVALID_POINTER": "access",
    "NULL_": "access",
    "SOFTWARE_NX_FAULT": "access",
    "WRONG_SYMBOLS": "access",
    "ILLEGAL_INSTRUCTION": "access",
    "PRIVILEGED_INSTRUCTION": "access",
    "DATATYPE_MISALIGNMENT": "access",
    "SIGBUS": "access",
    "SIGSEGV": "access",
    "SIGILL": "access",
    "IN_PAGE_ERROR": "in-page",
    # A heap is found damaged where it is used next, often by an access that fails.
    "HEAP_CORRUPTION": "access",
    "STACK_BUFFER_OVERRUN": "fail-fast",
    "STACK_COOKIE": "fail-fast",
    "STACK_OVERFLOW": "stack-overflow",
    "FAIL_FAST": "fail-fast",
    "FATAL_APP_EXIT": "fail-fast",
    "APPLICATION_FAULT": "fail-fast",
    "ASSERTION": "fail-fast",
    "FORTIFY": "fail-fast",
    "SIGABRT": "fail-fast",
    "SIGTRAP": "fail-fast",
    "BREAKPOINT": "fail-fast",
    "SINGLE_STEP": "fail-fast",
    "APPLICATION_HANG": "hang",
    "MOAPPLICATION_HANG": "hang",
    "INTEGER_": "arithmetic",
    "ARITHMETIC": "arithmetic",
    "FLOAT_": "arithmetic",
    "SIGFPE": "arithmetic",
}
_PREFIXES = sorted(_FAMILIES, key=len, reverse=True)


def family(classes: Sequence[str]) -> str:
    """The family of a failure's problem classes; the first one that belongs to a family decides."""
    for name in classes:
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                return _FAMILIES[prefix]
    # `SVCHOSTGROUP_x` precedes the class that matters; an exception's type follows it.
    own = [name for name in classes if not name.startswith("SVCHOSTGROUP_")]
    return own[0] if own else ""
