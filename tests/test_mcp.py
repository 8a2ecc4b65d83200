"""Tools for agents, used by the client of the protocol's own SDK: over pipes, in memory, and over HTTP with tokens."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("mcp")

import httpx2
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from service_process import multipart, service
from store_samples import document, hash_of, take_in
from symbolicate.mcp.answers import ANSWER_TOKENS, paged
from symbolicate.mcp.server import agent_server
from symbolicate.render.brief.tokens import tokens
from symbolicate.store import Store
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from conftest import Samples

OTHER = "INVALID_POINTER_WRITE_c0000005_contosodemo.exe!save"
USUAL = "NULL_CLASS_PTR_READ_c0000005_contosodemo.exe!main"


def converse(transport: Any, talk: Callable[[Callable[..., Awaitable[str]], list[str]], Awaitable[None]]) -> None:
    """Have a conversation with a server: `ask` returns the text of an answer, and that of an error after `error: `."""

    async def run() -> None:
        async with Client(transport) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]

            async def ask(tool: str, **arguments: Any) -> str:
                result = await client.call_tool(tool, arguments)
                [content] = result.content
                text: str = content.text  # type: ignore[union-attr]
                assert tokens(text) <= ANSWER_TOKENS
                return f"error: {text}" if result.is_error else text

            await talk(ask, tools)

    asyncio.run(asyncio.wait_for(run(), 120))


def agent(*arguments: str | Path, store: Path) -> Any:
    """The transport of a server for one agent, in a process of its own."""
    command = [sys.executable, "-m", "symbolicate", "mcp", *map(str, arguments)]
    return stdio_client(
        StdioServerParameters(command=command[0], args=command[1:], env={"SYMBOLICATE_STORE": str(store)})
    )


def test_a_crash_is_explained_its_symbols_are_added_and_it_is_named(samples: Samples, tmp_path: Path) -> None:
    async def talk(ask: Any, tools: list[str]) -> None:
        assert tools == ["explain_crash", "show_threads", "missing_symbols", "look_up_addresses", "add_symbols"]
        before = await ask("explain_crash", path="crash.dmp")
        assert "MISSING SYMBOLS" in before
        assert DEBUG_ID in await ask("missing_symbols", path="crash.dmp")
        unknown = await ask("look_up_addresses", debug_file=DEBUG_FILE, debug_id=DEBUG_ID, offsets=["0x1000"])
        assert unknown.startswith("error: ")
        await ask("add_symbols", path=str(samples.symbols))
        after = await ask("explain_crash", path="crash.dmp")
        assert "MISSING SYMBOLS" not in after
        assert before.splitlines()[0] != after.splitlines()[0]
        assert "Thread 0" in await ask("show_threads", path="crash.dmp")
        named = await ask("look_up_addresses", debug_file=DEBUG_FILE, debug_id=DEBUG_ID, offsets=["0x1000", "4100"])
        assert named.startswith("0x1000: `")
        assert "decimal" in await ask("look_up_addresses", debug_file="a", debug_id=DEBUG_ID, offsets=["main"])

    converse(agent("--root", samples.dump.parent, "--write", store=tmp_path / "own"), talk)


def test_only_files_of_the_folders_are_read(samples: Samples, tmp_path: Path) -> None:
    outside = tmp_path / "outside.dmp"
    outside.write_bytes(samples.dump.read_bytes())
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.dmp").symlink_to(outside)
    (root / "notes.txt").write_text("no crash")

    async def talk(ask: Any, tools: list[str]) -> None:
        assert "add_symbols" not in tools
        for path in (str(outside), "../outside.dmp", "link.dmp"):
            assert "outside of the folders" in await ask("explain_crash", path=path)
        assert "no such file" in await ask("explain_crash", path="absent.dmp")
        assert (await ask("explain_crash", path="notes.txt")).startswith("error: ")
        assert "not a file" in await ask("explain_crash", path=".")

    converse(agent("--root", root, store=tmp_path / "own"), talk)


@pytest.fixture
def filled(store: Store) -> Store:
    """Two apps with failures of today and yesterday."""
    now = datetime.now(UTC)
    one, two = store.apps.create(owner="own", name="one"), store.apps.create(owner="own", name="two")
    take_in(store, one, [(now, document(USUAL, version="1.0"))] * 3 + [(now, document(OTHER, version="2.0"))] * 2)
    take_in(store, two, [(now - timedelta(days=1), document("SECRET_0_two!hidden"))], first=100)
    return store


def test_failures_are_listed_explained_compared_and_changed(filled: Store) -> None:
    async def talk(ask: Any, tools: list[str]) -> None:
        assert "set_failure" in tools
        assert "name one of the applications: own/one" in (await ask("list_failures")).replace("one (", "own/one (")
        listed = await ask("list_failures", app="one")
        assert listed.splitlines()[0] == f"- 3 events: `{USUAL}`, hash {hash_of(USUAL)}"
        summary = await ask("app_health", app="one")
        assert "5 crashes in 2 failures" in summary
        assert "Crash-free devices: unknown (no session logs of these days)" in summary
        assert f"- new: 3 events: `{USUAL}`, hash {hash_of(USUAL)}" in summary
        assert "3 crashes in 1 failures" in await ask("app_health", app="one", version="1.0", days=2)
        explained = await ask("explain_failure", app="one", failure_hash=hash_of(OTHER))
        assert "2 crashes" in explained
        assert "Versions in 90 days: `2.0` 2" in explained
        assert "## Blamed" in explained
        compared = await ask("compare_versions", app="one", old="1.0", new="2.0")
        assert "gone: 3 before, 0 now" in compared
        assert "new: 0 before, 2 now" in compared
        changed = await ask("set_failure", app="one", failure_hash=hash_of(OTHER), state="closed", note="mended")
        assert "is closed; note: `mended`" in changed
        assert "mended" in await ask("explain_failure", app="one", failure_hash=hash_of(OTHER))
        assert (await ask("explain_failure", app="one", failure_hash="0" * 32)).startswith("error: ")
        assert "lack no symbols" in await ask("symbols_that_would_help", app="one")

    converse(agent_server(None, filled, may_write=True), talk)


async def read(client: Any, uri: str) -> str:
    """The text of a resource, or that of an error after `error: `."""
    try:
        [content] = (await client.read_resource(uri)).contents
    except MCPError as error:
        return f"error: {error}"
    assert tokens(content.text) <= ANSWER_TOKENS
    text: str = content.text
    return text


def test_stored_reports_and_failures_are_resources(filled: Store) -> None:
    app = next(one for one in filled.apps.list() if one.name == "one")
    report = next(filled.reports.walk(app)).public_id

    async def run() -> None:
        async with Client(agent_server(None, filled, may_write=False)) as client:
            templates = {one.uri_template: one for one in (await client.list_resource_templates()).resource_templates}
            assert set(templates) == {
                "symbolicate://reports/{report_id}",
                "symbolicate://reports/{report_id}/text{?start}",
                "symbolicate://failures/{failure_hash}{?app}",
            }
            assert all(one.description and one.mime_type for one in templates.values())
            assert (await read(client, f"symbolicate://reports/{report}")).startswith("# ")
            assert "## Blamed" in await read(client, f"symbolicate://reports/{report}")
            text = await read(client, f"symbolicate://reports/{report}/text")
            assert USUAL in text or OTHER in text
            later = await read(client, f"symbolicate://reports/{report}/text?start=1")
            assert later.splitlines()[0] == text.splitlines()[1]
            assert "2 crashes" in await read(client, f"symbolicate://failures/{hash_of(OTHER)}?app=one")
            assert "name one of the applications" in await read(client, f"symbolicate://failures/{hash_of(OTHER)}")
            for absent in (f"reports/{'0' * 32}", "reports/x", "reports/%00", f"failures/{'0' * 32}?app=one", "none"):
                assert (await read(client, f"symbolicate://{absent}")).startswith("error: ")

    asyncio.run(asyncio.wait_for(run(), 120))


def test_crashes_of_files_are_resources(samples: Samples, tmp_path: Path) -> None:
    (samples.dump.parent.parent / "outside.dmp").write_bytes(samples.dump.read_bytes())

    async def run() -> None:
        async with Client(agent("--root", samples.dump.parent, store=tmp_path / "own")) as client:
            assert "MISSING SYMBOLS" in await read(client, f"symbolicate://crashes/{samples.dump.name}")
            for path in ("absent.dmp", "../outside.dmp", "%2e%2e/outside.dmp", "/etc/passwd", "%2Fetc%2Fpasswd"):
                assert (await read(client, f"symbolicate://crashes/{path}")).startswith("error: "), path

    asyncio.run(asyncio.wait_for(run(), 120))


def test_a_long_list_is_read_to_its_end_in_pages(store: Store) -> None:
    app = store.apps.create(owner="own", name="many")
    names = [f"NULL_CLASS_PTR_READ_c0000005_game.exe!function_{number:04}_{'x' * 60}" for number in range(300)]
    take_in(store, app, [(datetime.now(UTC), document(name)) for name in names])

    async def talk(ask: Any, _: list[str]) -> None:
        seen: list[str] = []
        pages = 0
        while True:
            page = (await ask("list_failures", start=len(seen))).splitlines()
            found = [match[1] for line in page if (match := re.search(r"!(function_\d+)", line))]
            assert found
            seen, pages = [*seen, *found], pages + 1
            following = re.search(r"next page begins at start=(\d+)", page[-1])
            if following is None:
                break
            assert int(following[1]) == len(seen)
        assert sorted(seen) == [f"function_{number:04}" for number in range(300)]
        assert pages > 2
        assert "no failures from number 300 on" in await ask("list_failures", start=300)
        assert "next page" in await ask("compare_versions", old="2.2.2.0", new="none")

    converse(agent_server(None, store, may_write=False), talk)


@contextlib.contextmanager
def over_http(data: Path) -> Iterator[str]:
    """The address of a server for the failures of a store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "symbolicate", "mcp", "--data", str(data), "--http", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as server:
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert server.poll() is None, server.stderr and server.stderr.read()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.kill()


@contextlib.asynccontextmanager
async def by_token(url: str, token: str) -> AsyncIterator[Any]:
    """The transport of a server over HTTP."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
        streamable_http_client(url, http_client=http) as streams,
    ):
        yield streams


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_a_failure_of_a_service_is_found_its_symbols_are_uploaded_and_it_is_named(
    samples: Samples, tmp_path: Path, transport: str
) -> None:
    """What an agent does with a service: list, explain, see what is missing, have it uploaded, and find it named."""
    data = tmp_path / "data"
    with Store.open(data=data) as store:
        store.apps.create("secret", owner="own", name="one")
        token = store.tokens.create("agent", ["admin"])[1]
    with service(data, token=token) as running, contextlib.ExitStack() as ends:
        body, kind = multipart(
            {"timestamp": str(int(time.time()))}, [("upload_file_minidump", "crash.dmp", samples.dump.read_bytes())]
        )
        sent = running.ask("POST", "/submit/secret", body, {"Content-Type": kind})
        assert sent.status == 200
        running.wait_until_done(sent.body.decode())

        async def talk(ask: Any, tools: list[str]) -> None:
            assert {"list_failures", "explain_failure", "symbols_that_would_help"} <= set(tools)
            [unnamed] = re.findall(r"1 events: `(.+)`, hash (\S+)", await ask("list_failures"))
            assert "boom" not in unnamed[0]
            explained = await ask("explain_failure", failure_hash=unnamed[1])
            assert "MISSING SYMBOLS" in explained
            missing = await ask("symbols_that_would_help")
            assert DEBUG_ID in missing
            assert DEBUG_FILE in missing
            uploaded = await asyncio.to_thread(running.upload_symbols, SYM, f"{DEBUG_FILE}.sym", "own/one")
            assert uploaded.status == 200, uploaded
            await asyncio.to_thread(running.wait_until_idle)
            [named] = re.findall(r"1 events: `(.+)`, hash (\S+)", await ask("list_failures"))
            assert named != unnamed
            for hash_ in (named[1], unnamed[1]):  # the old hash is an alias
                explained = await ask("explain_failure", failure_hash=hash_)
                assert explained.startswith(f"# Bucket `{named[0]}`")
                assert "MISSING SYMBOLS" not in explained
            assert "lack no symbols" in await ask("symbols_that_would_help")
            assert named[0] in await ask("app_health")
            assert "is closed" in await ask("set_failure", failure_hash=named[1], state="closed", note="mended")

        if transport == "stdio":
            converse(agent("--data", data, "--write", store=tmp_path / "own"), talk)
        else:
            converse(by_token(ends.enter_context(over_http(data)), token), talk)


def test_over_http_tokens_and_their_scopes_decide(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Store.open(data=data) as store:
        app, other = store.apps.create(owner="own", name="one"), store.apps.create(owner="own", name="two")
        take_in(store, app, [(datetime.now(UTC), document(USUAL))])
        take_in(store, other, [(datetime.now(UTC), document("SECRET_0_two!hidden"))], first=100)
        reads = store.tokens.create("reads", ["query"], apps=[app])[1]
        sends = store.tokens.create("sends", ["ingest"])[1]
        foreign = next(store.reports.walk(other)).public_id
    with over_http(data) as url:
        assert httpx2.post(url, json={}).status_code == 401
        assert httpx2.post(url, json={}, headers={"Authorization": "Bearer no"}).status_code == 401

        async def reading(ask: Any, tools: list[str]) -> None:
            assert "explain_crash" not in tools
            assert USUAL in await ask("list_failures")
            assert "name one of the applications" in await ask("list_failures", app="two")
            changed = await ask("set_failure", failure_hash=hash_of(USUAL), state="closed")
            assert "the token has not the scope admin" in changed

        async def refused(ask: Any, _: list[str]) -> None:
            assert "the token has not the scope query" in await ask("list_failures")

        converse(by_token(url, reads), reading)
        converse(by_token(url, sends), refused)

        async def resources() -> None:
            for token, sees in ((reads, True), (sends, False)):
                async with Client(by_token(url, token)) as client:
                    own = await read(client, f"symbolicate://failures/{hash_of(USUAL)}")
                    assert ("1 crashes" in own) is sees
                    assert "error: " in await read(client, f"symbolicate://reports/{foreign}")

        asyncio.run(asyncio.wait_for(resources(), 120))


def test_pages_hold_every_line_once() -> None:
    lines = [f"line {number} {'x' * 300}" for number in range(200)]
    seen, start = 0, 0
    while seen < len(lines):
        page = paged(lines, start, "lines").splitlines()
        shown = [line for line in page if line.startswith("line ")]
        assert shown == lines[start : start + len(shown)]
        seen, start = seen + len(shown), start + len(shown)
    assert "no lines from number 200 on" in paged(lines, 200, "lines")
