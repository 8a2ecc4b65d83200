"""The folder of a batch: a file is there whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CREATE = """
import resource, sys
from symbolicate.corpus.storage import open_storage
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
open_storage(sys.argv[1]).create("commits/0", b"x" * 150)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of resources")
def test_a_record_of_which_the_disk_takes_a_part_is_not_committed(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CREATE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "OSError: [Errno 27] File too large" in done.stderr
    assert not list((tmp_path / "commits").iterdir())
