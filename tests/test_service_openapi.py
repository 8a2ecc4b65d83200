"""The API description is correct: requests that schemathesis generates are answered as described."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("litestar")

from service_process import service

SCHEMATHESIS = shutil.which("st", path=str(Path(sys.executable).parent)) or shutil.which("schemathesis")
EXAMPLES = os.environ.get("SYMBOLICATE_EXAMPLES", "3")  # for each operation, beside its edge cases


def test_every_route_is_described(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "0") as one:
        description = one.get("/openapi.json").json
    assert description["openapi"].startswith("3.1")
    assert {"/logs", "/submit", "/v1.0/my/analytics/desktop/failurehits", "/healthz"} <= description["paths"].keys()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert "default" in operation["responses"], (method, path)
            if method in {"post", "put", "patch"} and not path.endswith(("requeue", "unmerge", "{verb}")):
                assert operation.get("requestBody"), (method, path)


@pytest.mark.skipif(SCHEMATHESIS is None, reason="no schemathesis")
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    with service(tmp_path, "--workers", "0", SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE="0") as one:
        done = subprocess.run(
            [
                str(SCHEMATHESIS), "run", f"{one.url}/openapi.json", "--checks", checks, "-n", EXAMPLES, "--seed", "1",
                "--phases", "coverage,fuzzing", "--suppress-health-check", "all", "--generation-database", "none",
            ],
            capture_output=True,
            check=False,
            text=True,
            cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
