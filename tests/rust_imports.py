"""Which files of a Rust crate use which others, and the circles among them.

A file uses another if a `use` item or a path in it names something that the other defines. Re-exports are followed to
the definition, so a `mod.rs` that only declares and re-exports its modules uses none of them. A module may use what the
modules around it define (`super::Name`): that closes no circle. Method calls and macros by example are not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rust_modules import Module, read_crate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def circles(source: Path) -> list[str]:
    """Describe one circle of each group of files under a crate's `src` that use each other."""
    uses = uses_of(source)
    return [_described(_shortest(group, uses), uses) for group in groups(uses)]


def groups(uses: dict[str, dict[str, str]]) -> list[set[str]]:
    """The largest sets of files in which each reaches each other."""
    reach = {file: _reached(file, uses) for file in uses}
    found = {frozenset(b for b in reach[a] if a in reach[b]) for a in uses if a in reach[a]}
    return sorted((set(group) for group in found), key=sorted)


def uses_of(source: Path) -> dict[str, dict[str, str]]:
    """For each file below `source`, the files that it uses, each with one name that it uses of it."""
    root = read_crate(source)
    uses: dict[str, dict[str, str]] = {}
    for module in _all(root):
        here = uses.setdefault(str(module.file.relative_to(source)), {})
        imported = [one.path for one in module.imports if not one.exported]
        for path in [*imported, *module.paths, *([word] for word in sorted(module.words))]:
            found = _find(root, module, path, set())
            if found is None or found.item is None or found.module.file == module.file:
                continue
            if found.module.path != module.path[: len(found.module.path)]:
                here.setdefault(str(found.module.file.relative_to(source)), found.item)
    return uses


def _all(module: Module) -> Iterator[Module]:
    yield module
    for child in module.children.values():
        yield from _all(child)


@dataclass
class _Found:
    module: Module
    item: str | None
    """What the module defines under the name; `None` if the name is that of the module itself."""


def _find(root: Module, module: Module, path: list[str], seen: set[tuple[int, str]]) -> _Found | None:
    """What a path that stands in `module` names; `None` if it is another crate's.

    `seen` has the names that this search has followed, each with its module: re-exports may lead in a circle.
    """
    at, rest = module, list(path)
    while rest and rest[0] in {"crate", "self", "super"}:
        first = rest.pop(0)
        if first != "self":
            at = root if first == "crate" else _parent(root, at)
    for i, name in enumerate(rest):
        last = i == len(rest) - 1
        if name in at.children and not (last and _has(at, name)):
            at = at.children[name]
        elif name in at.defined:
            return _Found(at, name)
        else:
            found = _imported(root, at, rest[i:], seen)
            return found or (_Found(at, name) if i or rest != path else None)
    return _Found(at, None)


def _imported(root: Module, at: Module, path: list[str], seen: set[tuple[int, str]]) -> _Found | None:
    """What a path names whose first name a `use` item brought into `at`."""
    name, *rest = path
    if (id(at), name) in seen:
        return None
    seen.add((id(at), name))
    for one in at.imports:
        if one.name == name and one.path != [name]:
            return _find(root, at, [*one.path, *rest], seen)
    for one in at.imports:
        if one.name == "*":
            found = _find(root, at, one.path, seen)
            if found is not None and found.module is not at and _has(found.module, name):
                return _find(root, found.module, path, seen)
    return None


def _has(module: Module, name: str) -> bool:
    return name in module.defined or any(one.name == name for one in module.imports)


def _parent(root: Module, module: Module) -> Module:
    at = root
    for name in module.path[:-1]:
        at = at.children[name]
    return at


def _reached(file: str, uses: dict[str, dict[str, str]]) -> set[str]:
    seen: set[str] = set()
    todo = [file]
    while todo:
        new = set(uses[todo.pop()]) - seen
        seen |= new
        todo += new
    return seen


def _shortest(group: set[str], uses: dict[str, dict[str, str]]) -> list[str]:
    """The files of a shortest circle through the group's first file, which stands at both ends."""
    start = min(group)
    ways = [[start]]
    while True:
        ways = [[*way, other] for way in ways for other in sorted(uses[way[-1]]) if other in group]
        for way in ways:
            if way[-1] == start:
                return way


def _described(way: list[str], uses: dict[str, dict[str, str]]) -> str:
    return way[0] + "".join(f" -> {b} ({uses[a][b]})" for a, b in pairwise(way))
