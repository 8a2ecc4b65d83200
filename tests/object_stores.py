"""The object stores that tests use: S3 by moto, Google's by fake-gcs-server, Azure by Microsoft's Azurite from npm."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from client_packages import npm_program
from gcs import gcs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["AZURE_KEY", "S3_KEY", "object_store"]

_VERSION = "3.37.0"
_ACCOUNT = "devstoreaccount1"
AZURE_KEY = base64.b64encode(hashlib.sha512(b"a key of the tests").digest()).decode()
"""The key of the account, which nothing may show."""
S3_KEY = "a-secret-of-the-tests-0123456789"
"""The same of S3; Google's server asks for none."""


def _built(provider: str) -> Any:
    """A provider whose server is fetched, or built, by the first test that needs it."""
    return pytest.param(provider, marks=pytest.mark.timeout(1800))


@pytest.fixture(scope="module", params=["s3", _built("gcs"), _built("azure")])
def object_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a prefix in a bucket of each provider; the environment leads to it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "s3":
            url = request.getfixturevalue("s3")
            patch.setenv("AWS_SECRET_ACCESS_KEY", S3_KEY)
            yield url
            return
        server = {"gcs": gcs, "azure": _azure}[request.param]
        with server(tmp_path_factory.mktemp(request.param)) as (url, environment):
            for name, value in environment.items():
                patch.setenv(name, value)
            yield url


@contextmanager
def _azure(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a container on a server of our own, and the environment with its address and key."""
    program = npm_program(folder, "azurite", _VERSION, "azurite-blob")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder / "data")]
    environment = os.environ | {"AZURITE_ACCOUNTS": f"{_ACCOUNT}:{AZURE_KEY}"}
    server = subprocess.Popen(
        [*command, "--silent", "--skipApiVersionCheck"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    place = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 60
        while not _made(place):
            assert time.monotonic() < ends, "Azurite does not start"
            time.sleep(0.2)
        yield (
            "az://bucket/some/prefix",
            {
                "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
                "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY,
                "AZURE_STORAGE_USE_EMULATOR": "true",
                "AZURITE_BLOB_STORAGE_URL": place,
                "AZURE_ALLOW_HTTP": "true",
            },
        )
    finally:
        server.kill()
        server.wait()


def _made(place: str) -> bool:
    """Make the container, by a request that is signed as Azure's documentation of "Shared Key" says."""
    date, version = formatdate(usegmt=True), "2020-10-02"
    signed = (
        f"PUT{chr(10) * 12}x-ms-date:{date}\nx-ms-version:{version}\n/{_ACCOUNT}/{_ACCOUNT}/bucket\nrestype:container"
    )
    signature = base64.b64encode(hmac.digest(base64.b64decode(AZURE_KEY), signed.encode(), "sha256")).decode()
    headers = {
        "x-ms-date": date,
        "x-ms-version": version,
        "Authorization": f"SharedKey {_ACCOUNT}:{signature}",
        "Content-Length": "0",
    }
    url = f"{place}/{_ACCOUNT}/bucket?restype=container"
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers), timeout=5).close()  # noqa: S310
    except OSError:
        return False
    return True
