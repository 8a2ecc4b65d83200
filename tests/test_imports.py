"""Which module may import which, beside import-linter's contracts: no cycles, SQL in the store, none for summaries.

Imports within functions, and those for types alone, count too.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import symbolicate

ROOT = os.path.dirname(symbolicate.__file__)


def modules(folder: str = ROOT, package: str = "symbolicate") -> dict[str, str]:
    """The modules of a package by their names, with their files. A stub stands for a native module."""
    found: dict[str, str] = {}
    for path, _, files in os.walk(folder):
        part = os.path.relpath(path, folder)
        name = ".".join([package, *([] if part == "." else part.split(os.sep))])
        for file in files:
            stem, extension = os.path.splitext(file)
            if extension in {".py", ".pyi"}:
                found[name if stem == "__init__" else f"{name}.{stem}"] = os.path.join(path, file)
    return found


def tree_of(path: str) -> ast.Module:
    with open(path, encoding="utf-8") as stream:
        return ast.parse(stream.read())


def imports(module: str, tree: ast.Module, known: set[str]) -> set[str]:
    """The modules among `known` that a module imports anywhere in its source."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in known else node.module or "")
    return (found & known) - {module}


def cycle(graph: dict[str, set[str]]) -> list[str] | None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def graph_of(files: dict[str, str]) -> dict[str, set[str]]:
    return {module: imports(module, tree_of(path), set(files)) for module, path in files.items()}


def test_no_module_imports_itself_through_others() -> None:
    graph = graph_of(modules())
    assert len(graph) > 200
    # The package's own file names what it loads when a name is first used; nobody imports these names from it.
    importers = sorted(module for module, found in graph.items() if "symbolicate" in found)
    assert importers == []
    assert cycle(graph) is None


def test_a_cycle_is_found_through_functions_and_types() -> None:
    sources = {
        "a": "def use():\n    from b import two\n",
        "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import c\n",
        "c": "from a import use\n",
    }
    graph = {name: imports(name, ast.parse(source), set(sources)) for name, source in sources.items()}
    assert set(cycle(graph) or ()) == {"a", "b", "c"}
    del graph["c"]
    assert cycle(graph) is None


def test_the_summary_of_a_report_needs_no_database() -> None:
    program = """
import sys
sys.modules["sqlalchemy"] = sys.modules["alembic"] = sys.modules["symbolicate.store"] = None
from symbolicate.summary.dimensions import derive
from symbolicate.summary.outline import read_outline
outline = read_outline(b'{"failure": {"name": "A_B!c"}, "system_info": {"os": "linux"}}')
print(outline.name, outline.hash, derive(outline.plain(), {}).event_type)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == f"A_B!c {symbolicate.failure_hash('A_B!c')} crash\n"


def test_sql_is_in_the_store_alone() -> None:
    found = {
        module
        for module, path in modules().items()
        if path.endswith(".py") and not module.startswith("symbolicate.store")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(name.split(".")[0] in {"sqlalchemy", "alembic"} for name in _names(node))
    }
    assert found == set()


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
