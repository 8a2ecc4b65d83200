"""The collector of reference cycles, set for a process that serves many short requests.

Objects of a request form no cycles and are freed when it ends. With Python's defaults the collector nevertheless walks
over all of them after every 700 new ones, and every now and then over everything that is loaded, which took a fifth of
the time of a service that receives reports.
"""

from __future__ import annotations

import gc

__all__ = ["collect_rarely"]

# New containers before the collector looks at the youngest: those of some hundred requests at a time.
_YOUNG = 50_000
_MIDDLE = 20
_OLD = 20


def collect_rarely() -> None:
    """Leave out what is loaded now from collections for good, and collect what is made later rarely.

    To be called once, when everything is loaded and before the first request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
