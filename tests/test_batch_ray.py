"""`symbolicate batch --runner ray` on a cluster of two nodes, one of which is lost.

Ray is not in the lock file, so these tests skip unless `SYMBOLICATE_TEST_CLIENTS=install` lets pip fetch it, or it is
installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from client_packages import python_package
from places import HERE
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run


@pytest.mark.timeout(600)
def test_a_node_is_lost(run: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    ray = python_package(tmp_path_factory.getbasetemp().parent / "packages", "ray>=2.40", "ray")
    dumps, whole, out = tmp_path / "dumps", tmp_path / "whole.ndjson", tmp_path / "out.ndjson"
    dumps.mkdir()
    for number in range(600):
        (dumps / f"{number:04}.dmp").write_bytes(tiny_dump())
    (dumps / "empty").touch()
    assert run("batch", dumps, "-o", whole).code == 1
    path = os.pathsep.join(filter(None, [ray, os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, HERE / "ray_cluster.py", dumps, out],
        env={**os.environ, "PYTHONPATH": path, "RAY_DEDUP_LOGS": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr.decode()
    assert out.read_bytes() == whole.read_bytes()


def test_without_ray_the_command_says_how_to_install_it(run: Callable[..., Run], tmp_path: Path) -> None:
    dump = tmp_path / "a.dmp"
    dump.write_bytes(tiny_dump())
    (tmp_path / "ray.py").write_text("raise ImportError")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(tmp_path)
    try:
        done = run("batch", dump, "-o", tmp_path / "out.ndjson", "--runner", "ray")
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    assert done.code == 1
    assert "install symbolicate[ray]" in done.err
