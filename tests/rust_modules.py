"""The modules of a Rust crate as its source has them: what each defines, imports and names.

Code for tests is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Comments, strings and characters hold no code. Block comments are not nested anywhere in the project.
_NOT_CODE = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | b?r(?P<hashes>\#*)".*?"(?P=hashes) | b?"(?:\\.|[^"\\])*" | b?'(?:\\.[^']*|[^'\\])'""",
    re.DOTALL | re.VERBOSE,
)
_TOKEN = re.compile(r"[A-Za-z_]\w*|::|\S")
_NAME = re.compile(r"[A-Za-z_]")
_DEFINING = {"fn", "struct", "enum", "trait", "const", "static", "type", "union"}


@dataclass
class Import:
    """One name that a `use` item brings into a module; `*` for a glob."""

    path: list[str]
    name: str
    exported: bool


@dataclass
class Module:
    """A module of a crate, in a file of its own or in braces."""

    path: tuple[str, ...]
    file: Path
    children: dict[str, Module] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)
    defined: set[str] = field(default_factory=set)
    paths: list[list[str]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)


def read_crate(source: Path) -> Module:
    """The root module of the crate whose `src` folder this is, with all modules below it."""
    return _read(source / "lib.rs", (), source)


def _read(file: Path, path: tuple[str, ...], source: Path) -> Module:
    tokens = _TOKEN.findall(_NOT_CODE.sub(" ", file.read_text(encoding="utf-8")))
    module = Module(path, file)
    _Reader(tokens, source).items(module, 0)
    return module


class _Reader:
    def __init__(self, tokens: list[str], source: Path) -> None:
        self.tokens = [*tokens, ""]
        self.source = source

    def items(self, module: Module, at: int) -> int:
        """Read a module's tokens from `at` until its closing brace or the file's end; where it ended."""
        tokens, depth = self.tokens, 0
        while tokens[at]:
            word, after = tokens[at], tokens[at + 1]
            if word == "#" and after in {"[", "!"}:
                end = self.closed(at + 1 + (after == "!"))
                test = "".join(tokens[at:end]).startswith(("#[cfg(test", "#[cfg(all(test", "#[test]"))
                at = self.item_end(end) if test else end
            elif word == "pub" and after == "(":
                at = self.closed(at + 1)
            elif word == "use":
                at = self.use(module, at + 1, [], exported=self.is_exported(at))
            elif word == "mod" and tokens[at + 2] == ";":
                self.child(module, after)
                at += 3
            elif word == "mod" and tokens[at + 2] == "{":
                inner = Module((*module.path, after), module.file)
                module.children[after] = inner
                at = self.items(inner, at + 3)
            elif word in {"{", "}"}:
                depth += 1 if word == "{" else -1
                at += 1
                if depth < 0:
                    return at
            else:
                at = self.code(module, at)
        return at

    def code(self, module: Module, at: int) -> int:
        """One word of code, or a path of several."""
        tokens = self.tokens
        if not _NAME.match(tokens[at]):
            return at + 1
        if at and tokens[at - 1] in _DEFINING:
            module.defined.add(tokens[at])
        path = [tokens[at]]
        while tokens[at + 1] == "::" and _NAME.match(tokens[at + 2]):
            path.append(tokens[at + 2])
            at += 2
        module.words.add(path[0])
        if len(path) > 1:
            module.paths.append(path)
        return at + 1

    def use(self, module: Module, at: int, before: list[str], *, exported: bool) -> int:
        """The tree of a `use` item from `at`; the position behind it."""
        tokens, path = self.tokens, list(before)
        while True:
            word = tokens[at]
            if word == "{":
                at += 1
                while tokens[at] != "}":
                    at = self.use(module, at, path, exported=exported)
                    at += tokens[at] == ","
                return at + 1 + (tokens[at + 1] == ";")
            if word == "*":
                module.imports.append(Import(path, "*", exported))
                return at + 1
            if word != "::" and not (word == "self" and path):
                path.append(word)
            if tokens[at + 1] == "as":
                module.imports.append(Import(path, tokens[at + 2], exported))
                return at + 3
            if tokens[at + 1] in {",", ";", "}"}:
                module.imports.append(Import(path, path[-1], exported))
                return at + 1
            at += 1

    def is_exported(self, at: int) -> bool:
        return self.tokens[at - 1] in {"pub", ")"} if at else False

    def child(self, module: Module, name: str) -> None:
        folder = self.source.joinpath(*module.path)
        files = [folder / f"{name}.rs", folder / name / "mod.rs"]
        file = next((file for file in files if file.exists()), None)
        if file is not None:
            module.children[name] = _read(file, (*module.path, name), self.source)

    def closed(self, at: int) -> int:
        """The position behind the bracket that closes the one at `at`."""
        opening = {"(": ")", "[": "]", "{": "}"}
        wanted: list[str] = []
        while self.tokens[at]:
            word = self.tokens[at]
            if word in opening:
                wanted.append(opening[word])
            elif wanted and word == wanted[-1]:
                wanted.pop()
            at += 1
            if not wanted:
                break
        return at

    def item_end(self, at: int) -> int:
        """The position behind the item at `at`: its semicolon or its braces."""
        while self.tokens[at] and self.tokens[at] not in {";", "{"}:
            at = self.closed(at)
        return self.closed(at) if self.tokens[at] == "{" else at + 1
