"""Where fetching may lead: addresses, redirects, credentials; and what of it is shown."""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_packages import python_package
from service_process import until
from symbol_server import SymbolServer, serving
from symbolicate import SymbolStore
from symbolicate.errors import SymbolSourceError
from symbolicate.service.http.tls import self_signed
from symbolicate.symbols.fetching import addresses, download
from symbolicate.symbols.fetching.addresses import ForbiddenAddressError, is_public
from symbolicate.symbols.fetching.cache import ABSENT, Cache
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.fetching.servers import Server
from symbolicate.symbols.fetching.urls import Url, shown
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from symbol_server import Handler
    from symbolicate.symbols.candidates import Candidate

PATH = (DEBUG_FILE, DEBUG_ID, "app.sym")
_LOOK_UP = socket.getaddrinfo
SYM_PATH = "/" + "/".join(PATH)


@pytest.fixture
def server() -> Iterator[SymbolServer]:
    with serving() as model:
        yield model


@pytest.fixture
def other() -> Iterator[SymbolServer]:
    with serving() as model:
        model.put(PATH, SYM)
        yield model


def ask(url: str, folder: Path, network: Network | None = None) -> Candidate:
    found = SymbolStore(folder, sources=[f"breakpad+{url}"], network=network).resolve(DEBUG_FILE, DEBUG_ID)
    return next(one for one in found.candidates if one.source.startswith("http"))


def redirect(to: str, status: int = 302) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(status, b"moved", {"Location": to})


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("::127.0.0.1", False),
        ("64:ff9b::169.254.169.254", False),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b:1::8.8.8.8", False),
        ("2002:7f00:1::", False),
        ("2002:a9fe:a9fe::1", False),
        ("not an address", False),
        ("", False),
    ],
)
def test_addresses_that_a_foreign_name_may_lead_to(address: str, expected: bool) -> None:
    assert is_public(address) is expected


def test_a_server_that_a_person_names_may_be_on_loopback(other: SymbolServer, tmp_path: Path) -> None:
    assert ask(other.url, tmp_path).outcome == "found"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "2130706433", "0x7f000001"],  # noqa: S104
)
def test_a_redirect_does_not_lead_to_loopback(
    server: SymbolServer, other: SymbolServer, tmp_path: Path, host: str
) -> None:
    server.faults["*"] = redirect(f"http://{host}:{other.port}{SYM_PATH}")
    found = ask(server.url, tmp_path)
    assert found.outcome in {"denied", "refused"}
    assert other.requests == []


def test_a_redirect_may_lead_to_loopback_where_that_is_allowed(
    server: SymbolServer, other: SymbolServer, tmp_path: Path
) -> None:
    server.faults["*"] = redirect(other.url + SYM_PATH, 307)
    assert ask(server.url, tmp_path, Network(private=True)).outcome == "found"


def test_a_redirect_on_the_same_server_is_followed(server: SymbolServer, tmp_path: Path) -> None:
    server.put(("elsewhere", "a.sym"), SYM)
    server.faults[SYM_PATH] = redirect("/elsewhere/a.sym")
    assert ask(server.url, tmp_path).outcome == "found"


def test_a_redirect_to_a_server_that_is_down_is_about_one_file(server: SymbolServer, tmp_path: Path) -> None:
    with serving() as down:
        pass
    server.faults[SYM_PATH] = redirect(down.url + SYM_PATH)
    server.put(("other.pdb", DEBUG_ID, "other.sym"), SYM.replace(DEBUG_FILE.encode(), b"other.pdb"))
    store = SymbolStore(tmp_path, sources=[f"breakpad+{server.url}"], network=Network(private=True))
    for _ in range(2):
        found = store.resolve(DEBUG_FILE, DEBUG_ID).candidates[-1]
        assert (found.location, found.outcome) == (server.url + SYM_PATH, "refused")
        assert found.detail == f"a redirect to {down.url}: no connection: connection refused"
        store = SymbolStore(tmp_path, sources=[f"breakpad+{server.url}"], network=Network(private=True))
    assert store.resolve("other.pdb", DEBUG_ID).candidates[-1].outcome == "found"


def test_a_redirect_target_that_stops_sending_is_about_one_file(server: SymbolServer, tmp_path: Path) -> None:
    ended = threading.Event()

    def stop(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.flush()
        ended.wait(60)
        handler.end()

    with serving() as other:
        server.faults[SYM_PATH] = redirect(other.url + SYM_PATH)
        other.faults[SYM_PATH] = stop
        found = ask(server.url, tmp_path, Network(private=True, stall_seconds=0.2))
        ended.set()
    assert (found.location, found.outcome) == (server.url + SYM_PATH, "timed out")
    assert found.detail == f"a redirect to {other.url}: the server stopped sending"


def test_credentials_of_the_address_go_with_redirects_on_its_server(server: SymbolServer, tmp_path: Path) -> None:
    server.put(("a.sym",), SYM)
    server.faults[SYM_PATH] = redirect(server.url.replace("http://", "http://mallory:x@") + "/a.sym")
    assert ask(server.url.replace("http://", "http://someone:secret@"), tmp_path).outcome == "found"
    assert {one["authorization"] for one in server.headers} == {"Basic c29tZW9uZTpzZWNyZXQ="}


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://example.org/a", "gopher://x", "http://", "//", "http://[::1", "http://a b/"]
)
def test_a_redirect_leads_to_http_alone(server: SymbolServer, tmp_path: Path, to: str) -> None:
    server.faults["*"] = redirect(to)
    assert ask(server.url, tmp_path).outcome in {"refused", "denied"}


def test_a_name_whose_answers_change_is_asked_once_and_the_checked_address_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter(["169.254.169.254", "127.0.0.1"])

    def rebound(*_: object, **options: object) -> list[tuple[object, ...]]:
        if options.get("flags"):
            raise OSError("a name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 80))]

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with pytest.raises(ForbiddenAddressError):
        addresses.connect("rebinding.example", 80, 1.0, public_only=True)
    assert next(answers) == "127.0.0.1"


def test_credentials_are_not_sent_to_another_server(server: SymbolServer, other: SymbolServer, tmp_path: Path) -> None:
    server.faults["*"] = redirect(other.url + SYM_PATH)
    named = server.url.replace("http://", "http://someone:secret@")
    assert ask(named, tmp_path, Network(private=True)).outcome == "found"
    assert server.headers[0]["authorization"] == "Basic c29tZW9uZTpzZWNyZXQ="
    assert "authorization" not in other.headers[0]


def test_credentials_of_the_settings_and_of_netrc(
    other: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password words\ndefault login all password no\n")
    monkeypatch.setenv("NETRC", str(netrc))
    ask(other.url, tmp_path / "a")
    monkeypatch.setenv("SYMBOLICATE_SYMBOLS_TOKENS", f"127.0.0.1:{other.port}=tok.en elsewhere=other")
    ask(other.url, tmp_path / "b")
    # A token without a port is for the usual port of the host.
    monkeypatch.setenv("SYMBOLICATE_SYMBOLS_TOKENS", "127.0.0.1=tok.en")
    monkeypatch.delenv("NETRC")
    monkeypatch.setenv("HOME", str(tmp_path))
    ask(other.url, tmp_path / "c")
    sent = [one.get("authorization") for one in other.headers]
    assert sent == ["Basic bWU6d29yZHM=", "Bearer tok.en", None]


def test_nothing_secret_is_shown_or_kept(other: SymbolServer, tmp_path: Path) -> None:
    asked: list[str] = []
    named = other.url.replace("http://", "http://someone:s3cret@") + "/?sig=s3cret"
    other.faults["*"] = lambda handler: handler.answer(403, b"s3cret")
    network = Network(contacted=asked.append, tokens={"127.0.0.1": "s3cret"})
    store = SymbolStore(tmp_path, sources=[f"breakpad+{named}"], network=network)
    found = store.resolve(DEBUG_FILE, DEBUG_ID)
    texts = [repr(found.candidates), repr(store), repr(network), *asked, *map(str, tmp_path.rglob("*"))]
    texts += [path.read_text() for path in tmp_path.rglob("*.absent")]
    assert "s3cret" not in "".join(texts)
    assert "someone" not in "".join(texts)
    with pytest.raises(SymbolSourceError) as error:
        SymbolStore(tmp_path, sources=["nonsense+" + named])
    assert "s3cret" not in str(error.value)


def test_an_invalid_setting_is_refused_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TOKENS", "s3cret"), ("SECONDS", "0"), ("FETCHED_BYTES", "ten"), ("PRIVATE", "perhaps")):
        monkeypatch.setenv(f"SYMBOLICATE_SYMBOLS_{name}", value)
        with pytest.raises(SymbolSourceError) as error:
            Network.from_environment()
        assert name in str(error.value)
        assert "s3cret" not in str(error.value)
        monkeypatch.delenv(f"SYMBOLICATE_SYMBOLS_{name}")
    assert Network.from_environment({"SYMBOLICATE_SYMBOLS_FETCHED_BYTES": "2G"}).fetched_bytes == 2 << 30
    assert Network.from_environment({"SYMBOLICATE_OFFLINE": "1"}).offline
    with pytest.raises(SymbolSourceError, match="not a positive number"):
        Network.from_environment({}, seconds=float("nan"))


@pytest.mark.parametrize(
    "text", ["http://", "http:///a", "http://[::1", "http://a:99999/", "http://a b/", "http://a\n/"]
)
def test_addresses_that_are_not_valid(text: str) -> None:
    with pytest.raises(SymbolSourceError):
        Url.parse(text)


def test_how_addresses_are_joined_and_shown() -> None:
    url = Url.parse("https://User:pw@Host.Example:443/a%20b/?sig=1")
    assert url.joined(("x#y", "ä")).full == "https://host.example/a%20b/x%23y/%C3%A4?sig=1"
    assert url.joined(("x",)).shown == "https://host.example/a%20b/x"
    assert Url.parse("http://[::1]:8080").joined(("a",)).shown == "http://[::1]:8080/a"
    assert shown("https://me:pw@h/p?q=1#f") == "https://h/p"
    assert Url.parse("https://h/-/sym_s3cret/symbols").joined(("a",)).shown == "https://h/-/***/symbols/a"
    assert shown("ftp://h/in/-/sym_s3cret/symbols/") == "ftp://h/in/-/***/symbols/"
    assert shown("https://h/group/-/raw/main") == "https://h/group/-/raw/main"
    assert shown("https://me:pw@[::1/-/sym_s3cret/symbols?q=1#f") == "https://[::1/-/***/symbols"
    assert shown("https://me:p/?w@h/a?q=1") == "https://h/a"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(str(tmp_path), ["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with serving(tls=context) as model:
        model.put(PATH, SYM)
        found = ask(model.url.replace("127.0.0.1", "localhost"), tmp_path / "a")
        assert found.outcome == "refused"
        assert "certificate" in found.detail.lower()
        monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
        assert ask(model.url.replace("127.0.0.1", "localhost"), tmp_path / "b").outcome == "found"


def test_a_proxy_of_the_environment_is_used_and_gets_no_private_address_to_ask(
    server: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    server.put(PATH, SYM)
    assert ask("http://symbols.invalid", tmp_path / "a").outcome == "found"
    assert server.headers[0]["host"] == "symbols.invalid"
    server.faults["*"] = redirect("http://169.254.169.254/latest/meta-data")
    found = ask("http://symbols.invalid", tmp_path / "b")
    assert (found.outcome, found.detail) == ("denied", "169.254.169.254 is not a public address")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "host", ["wiki", "vault.internal", "nas.home.arpa.", "printer.LOCAL", "x.localhost", "build.corp"]
)
def test_a_foreign_name_of_a_private_network_does_not_reach_the_proxy(
    server: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """None of these is known here, as in a network whose proxy alone resolves names."""
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", _known_to_nobody)
    server.put(("a.sym",), SYM)
    server.faults[SYM_PATH] = redirect(f"http://{host}/a.sym")
    assert ask("http://symbols.invalid", tmp_path / "a").outcome == "denied"
    assert len(server.requests) == 1
    # Whoever names it means it; and a name that may be public is the proxy's affair.
    assert ask(f"http://{host}", tmp_path / "b").outcome == "found"
    assert len(server.requests) > 1
    server.faults[SYM_PATH] = redirect("http://blob.example/a.sym")
    assert ask("http://symbols.invalid", tmp_path / "c").outcome == "found"


def _known_to_nobody(host: str, *arguments: Any, **options: Any) -> Any:
    if host != "127.0.0.1":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _LOOK_UP(host, *arguments, **options)


def test_a_proxy_program_gets_no_foreign_name_of_a_private_network(
    server: SymbolServer, other: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = python_package(tmp_path / "packages", "proxy.py==2.4.10", "proxy")
    ports = tmp_path / "port"
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0", "--port-file", str(ports)]
    log = tmp_path / "proxy.log"
    command += ["--num-workers", "1", "--num-acceptors", "1", "--log-file", str(log)]
    environment = os.environ | {"PYTHONPATH": package, "HOME": str(tmp_path)}
    proxy = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = until(lambda: ports.exists() and ports.read_text().split(), 60, "the proxy")[0]
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        server.put(PATH, SYM)
        assert ask(server.url, tmp_path / "a").outcome == "found"
        for number, host in enumerate(("127.0.0.1", "localhost", "vault.internal")):
            server.faults[SYM_PATH] = redirect(f"http://{host}:{other.port}{SYM_PATH}")
            assert ask(server.url, tmp_path / f"private-{number}").outcome == "denied"
        assert other.requests == []
        assert len(server.requests) == 4
    finally:
        proxy.kill()
        proxy.wait()
    assert "vault.internal" not in log.read_text()


def test_a_name_server_that_does_not_answer_is_not_waited_for_behind_a_proxy(
    server: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    server.put(("a.sym",), SYM)
    server.faults[SYM_PATH] = redirect("http://slow.invalid/a.sym")
    ended, look_up = threading.Event(), socket.getaddrinfo

    def slow(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "slow.invalid" and not options.get("flags"):
            ended.wait(60)
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    began = time.monotonic()
    found = ask("http://symbols.invalid", tmp_path, Network(connect_seconds=0.3))
    ended.set()
    assert time.monotonic() - began < 30
    # The name may be one that only the proxy knows.
    assert found.outcome == "found"


def test_a_proxy_may_need_a_password(server: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://me:w%40rd@"))
    server.put(PATH, SYM)
    assert ask("http://symbols.invalid", tmp_path / "a").outcome == "found"
    assert server.headers[0]["proxy-authorization"] == "Basic bWU6d0ByZA=="
    assert "authorization" not in server.headers[0]
    monkeypatch.setenv("http_proxy", "http://me:s3cret@127.0.0.1:1")
    found = ask("http://symbols.invalid", tmp_path / "b")
    assert (found.outcome, found.detail) == ("refused", "no connection by the proxy: connection refused")


def test_damaged_answers_are_outcomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes of a good answer are changed, removed and repeated at random, the same way each time."""
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    random = Random(1)  # noqa: S311 - the same each time
    body = gzip.compress(SYM)
    head = f'HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nETag: "a"\r\nContent-Type: text/plain\r\n\r\n'
    good = head.encode() + body
    fetcher = Fetcher(str(tmp_path), Network(stall_seconds=0.2, seconds=60.0, file_bytes=1 << 20))

    def damaged(handler: Handler) -> None:
        data = bytearray(good)
        for _ in range(random.randint(1, 6)):
            at, length = random.randrange(len(data)), random.randint(0, 40)
            data[at : at + length] = random.choice([b"", random.randbytes(length), data[at : at + length] * 2])
            if not data:
                break
        handler.wfile.write(data)
        handler.end()

    with serving() as model:
        model.faults["*"] = damaged
        root = Server(Url.parse(model.url), fetcher)
        outcomes = [root.fetch((f"{number}.sym",)).outcome for number in range(80)]
    assert set(outcomes) <= {"found", "malformed", "refused", "timed out", "missing", "denied"}
    assert len(set(outcomes)) > 1


@given(
    st.one_of(
        st.binary(max_size=60),
        st.dictionaries(
            st.sampled_from(["outcome", "detail", "until", "of_server"]),
            st.one_of(
                st.none(), st.floats(), st.text(max_size=9), st.sampled_from(["missing", "refused"]), st.integers()
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_any_bytes_may_be_in_the_file_of_a_negative_answer(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(folder, 1)
        place = cache.place("host", "address", "name")
        os.makedirs(os.path.dirname(place.stem))
        with open(place.stem + ABSENT, "wb") as file:
            file.write(data)
        found = cache.absence(place)
        assert found is None or found.outcome in {"missing", "refused"}
