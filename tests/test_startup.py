"""Nobody waits for an import: measured in fresh interpreters, the best of several runs."""

from __future__ import annotations

import subprocess
import sys
import time

IMPORT_MS = 100
HELP_MS = 200
# Loaded when they are used; any of them at start-up would be felt.
HEAVY = ("numpy", "msgspec", "symbolicate._native", "concurrent.futures", "importlib.metadata", "asyncio", "rich")


def best(*arguments: str) -> float:
    """The shortest of several runs, in milliseconds: other load on the machine only ever adds."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


def loaded(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_import_is_quick() -> None:
    assert best("-c", "import symbolicate") - best("-c", "pass") < IMPORT_MS


def test_help_is_quick() -> None:
    assert best("-m", "symbolicate", "--help") < HELP_MS


def test_import_loads_nothing_heavy() -> None:
    assert not loaded("import symbolicate") & set(HEAVY)


def test_the_command_line_loads_nothing_heavy() -> None:
    assert not loaded("import symbolicate.cli") & {*HEAVY, "symbolicate.engine", "symbolicate.symbols.store"}
