"""Make the screenshots of docs/images: pages of `symbolicate serve --demo`, taken by Debian's chromium.

`make screenshots` runs it; it needs `apt-get install chromium`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZE = "1280,960"
START_SECONDS = 120
# Until the other crashes of the demonstration are processed, too.
SETTLE_SECONDS = 20


def main() -> None:
    chromium = shutil.which("chromium") or sys.exit("chromium is not installed: apt-get install chromium")
    command = [sys.executable, "-m", "symbolicate", "serve", "--demo", "--bind", "127.0.0.1:0"]
    with (
        tempfile.NamedTemporaryFile("w+", suffix=".log") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            address = _address(server, Path(log.name))
            health = _first(address, "/apps", r"/apps/\d+")
            failure = _first(address, health, rf"{health}/failures/[0-9a-f-]+")
            time.sleep(SETTLE_SECONDS)
            for name, path in (("health", health), ("failure", failure)):
                shot = [f"--window-size={SIZE}", f"--screenshot={IMAGES / name}.png", f"{address}{path}"]
                subprocess.run(
                    [chromium, "--headless", "--no-sandbox", "--disable-gpu", *shot], check=True, capture_output=True
                )
        finally:
            server.terminate()


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the service listens on, as soon as it does."""
    for _ in range(START_SECONDS * 10):
        if found := re.search(r"listening on (http://\S+)", log.read_text()):
            return found[1]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"the service did not start:\n{log.read_text()}")


def _first(address: str, path: str, pattern: str) -> str:
    """The first link of a page that matches, as soon as there is one: the crashes are processed while it is served."""
    request = urllib.request.Request(f"{address}{path}", headers={"Accept": "text/html"})  # noqa: S310 - our own address
    for _ in range(START_SECONDS):
        with urllib.request.urlopen(request) as page:  # noqa: S310
            if found := re.search(pattern, page.read().decode()):
                return found[0]
        time.sleep(1)
    sys.exit(f"{path} has no link like {pattern}")


if __name__ == "__main__":
    main()
