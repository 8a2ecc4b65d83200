"""Acknowledged reports per second: the service beside a bare handler of its framework that only reads the body.

    python benchmarks/service.py [--seconds 10] [--connections 64] [--db postgresql]

Each report is a crash log of some 2 KB with an id of its own; the service has it safe on disk before it answers. Server
and clients are processes of this machine and share its cores, so both lines bear the cost of the clients, and that of
PostgreSQL bears its cost, too: the last columns say what each of them took.
`--db postgresql` starts a server; a URL measures on that one, whose CPU is then not known. The figures go into
`RESULTS-service.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid

from measure import cpu_seconds, family_of
from service_results import Part, database, server_of

BARE = """
import sys, uvicorn
from litestar import Litestar, Request, Response, post

@post("/logs", status_code=200)
async def logs(request: Request) -> Response[bytes]:
    body = await request.body()
    return Response(b'{"status":"Success"}', media_type="application/json")

uvicorn.run(Litestar([logs], openapi_config=None, request_max_body_size=None, logging_config=None),
            port=int(sys.argv[1]), http="httptools", log_level="error", access_log=False)
"""


def log(identifier: str) -> bytes:
    frames = [
        {"className": f"com.example.app.Screen{n}", "fileName": f"Screen{n}.java", "lineNumber": n, "methodName": "run"}
        for n in range(16)
    ]
    device = {"appVersion": "1.0", "osName": "Android", "osVersion": "14", "model": "Pixel", "locale": "en-US"}
    one = {
        "type": "managedError",
        "id": identifier,
        "timestamp": "2026-01-02T03:04:05.678Z",
        "fatal": True,
        "processId": 1,
        "processName": "com.example.app",
        "device": device,
        "exception": {"type": "java.lang.RuntimeException", "message": "x", "frames": frames},
    }
    return json.dumps({"logs": [one]}).encode()


async def client(port: int, ends: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    template, marker = log("IDENTIFIER-OF-36-CHARACTERS-LENGTH--"), b"IDENTIFIER-OF-36-CHARACTERS-LENGTH--"
    head, tail = template.split(marker)
    request = (
        b"POST /logs?Api-Version=1.0.0 HTTP/1.1\r\nHost: localhost\r\nApp-Secret: bench\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(template)
    ) + head
    while time.perf_counter() < ends:
        began = time.perf_counter()
        writer.write(request + str(uuid.uuid4()).encode() + tail)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
    writer.close()


async def load(port: int, seconds: float, connections: int) -> list[float]:
    times: list[float] = []
    ends = time.perf_counter() + seconds
    await asyncio.gather(*(client(port, ends, times) for _ in range(connections)))
    return sorted(times)


def wait_for(port: int) -> None:
    import socket

    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server did not start")


def measure(
    part: Part,
    name: str,
    command: list[str],
    port: int,
    arguments: argparse.Namespace,
    env: dict[str, str],
    database_server: int | None = None,
) -> float:
    server = subprocess.Popen(command, env=os.environ | env, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        asyncio.run(load(port, 1.0, arguments.connections))  # warm
        before = spent(server.pid, database_server)
        times = asyncio.run(load(port, arguments.seconds, arguments.connections))
        after = spent(server.pid, database_server)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    rate = len(times) / arguments.seconds
    middle, high = times[len(times) // 2], times[int(len(times) * 0.99)]
    each = [(now - then) / len(times) * 1e6 for now, then in zip(after, before, strict=True)]
    of_database = f"{each[2]:,.0f}" if database_server is not None else ""
    part.say(
        f"| {name} | {rate:,.0f} | {middle * 1000:.1f} | {high * 1000:.1f} "
        f"| {each[0]:,.0f} | {of_database} | {each[1]:,.0f} |"
    )
    return rate


def spent(server: int, database_server: int | None) -> tuple[float, float, float]:
    """Seconds of CPU so far: of the server, of the clients, and of the database's server."""
    of_database = 0.0 if database_server is None else sum(map(cpu_seconds, family_of(database_server)))
    return cpu_seconds(server), time.process_time(), of_database


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--db", default="")
    options.add_argument("--port", type=int, default=18080)
    arguments = options.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("SYMBOLICATE_BENCH_DIR")) as folder,
        database(arguments.db) as (kind, url),
    ):
        part = Part(f"Acknowledged reports over HTTP, {kind}")
        part.say(f"{arguments.connections} connections, a log of {len(log('x' * 36))} bytes each.\n")
        part.say(
            "| | acknowledged /s | median ms | p99 ms | CPU of the server, µs each | of PostgreSQL | of the clients |\n"
            "| --- | --- | --- | --- | --- | --- | --- |"
        )
        command = [sys.executable, "-c", BARE, str(arguments.port)]
        bare = measure(part, "bare handler", command, arguments.port, arguments, {})
        command = [sys.executable, "-m", "symbolicate", "serve", "--bind", f"127.0.0.1:{arguments.port + 1}"]
        command += ["--data", folder, "--workers", "0"]
        env = {"SYMBOLICATE_INGEST_REPORTS_PER_MINUTE": "0"} | ({"SYMBOLICATE_DB": url} if url else {})
        rate = measure(part, f"service, {kind}", command, arguments.port + 1, arguments, env, server_of(url))
        part.say(f"\nThe service takes {rate / bare:.0%} of what the bare handler reads.")
        part.write()


if __name__ == "__main__":
    main()
