"""Stacks of a made-up program, as many as wanted: for the speed curve, not for quality.

A program is a graph of calls: a few thread roots, functions in classes, utilities that many call. A stack is a way down
from a root. A bucket is a stack, or with some chance an earlier one after an edit or two: a frame more, less or other.
"""

from __future__ import annotations

import random

__all__ = ["stacks"]


class _Program:
    def __init__(self, functions: int, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.names = [
            f"ns{i % 97}::Class{i // 12}::method{i}" if i % 3 else f"lib{i % 61}_part_{i}" for i in range(functions)
        ]
        self.callees: dict[int, list[int]] = {}
        self.functions = functions

    def called_by(self, function: int) -> list[int]:
        if function not in self.callees:
            own = random.Random(function)  # noqa: S311
            # Most calls stay near; some go to the utilities at the front.
            self.callees[function] = [
                int(self.functions * own.random() ** 6)
                if own.random() < 0.25
                else min(self.functions - 1, max(0, int(own.gauss(function, 400))))
                for _ in range(own.randint(1, 7))
            ]
        return self.callees[function]

    def stack(self) -> list[str]:
        function = self.random.randrange(40) * (self.functions // 40)
        way = [function]
        for _ in range(min(60, 5 + int(self.random.expovariate(1 / 14)))):
            function = self.random.choice(self.called_by(function))
            way.append(function)
        return [self.names[f] for f in reversed(way)] + ["main" if way[0] % 2 else "start_thread"]


def stacks(count: int, *, functions: int = 120_000, copies: float = 0.5, seed: int = 1) -> list[tuple[str, ...]]:
    """Made-up stacks, about half of them edited copies of others."""
    program = _Program(functions, seed)
    chance = random.Random(seed + 1)  # noqa: S311
    out: list[tuple[str, ...]] = []
    for _ in range(count):
        if out and chance.random() < copies:
            frames = list(chance.choice(out))
            for _ in range(chance.randint(1, 3)):
                at = chance.randrange(len(frames))
                match chance.randrange(3):
                    case 0:
                        del frames[at]
                    case 1:
                        frames.insert(at, chance.choice(program.names))
                    case _:
                        frames[at] = chance.choice(program.names)
                frames = frames or ["main"]
        else:
            frames = program.stack()
        out.append(tuple(frames))
    return out
