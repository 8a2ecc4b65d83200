"""Sign-in to the pages with an identity provider: who may read what, and answers of providers that are refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("litestar")

import httpx
import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey

from identity_provider import CLIENT, SECRET, Liar, key, liar, provider
from service_process import Service, service
from symbolicate.service.access.callers import Callers
from symbolicate.service.access.oidc import Person, ProviderError, SignIn, asking
from symbolicate.service.access.oidc.flow import Flows
from symbolicate.service.access.oidc.grants import matching
from symbolicate.service.access.sessions import Sessions
from symbolicate.service.config import Grant, Oidc, load
from symbolicate.service.errors import ConfigError
from symbolicate.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = bytes(32)
BACK = "http://127.0.0.1/sign-in/back"
GRANTS = (Grant(claim="groups", value="readers"),)
SETTINGS = """
[access.oidc]
issuer = "{issuer}"
client_id = "crashes"
name = "the <team>"
[[access.oidc.grants]]
claim = "groups"
value = "leads"
scopes = ["admin"]
[[access.oidc.grants]]
claim = "realm_access.roles"
value = "one"
apps = ["one"]
[[access.oidc.grants]]
email_domain = "Example.com"
"""


class Browser:
    """A client that keeps cookies, and does what the pages of the provider and of the service say."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(
            headers={"Accept": "text/html"}, timeout=30, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path if path.startswith("http") else self.url + path)

    def to_provider(self, target: str = "/apps") -> str:
        """The address of the provider that the link on the page of the sign-in leads to."""
        answer = self.get(f"/sign-in/provider?next={target}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def authorized(self, place: str, subject: str) -> str:
        """The address that the provider leads back to, after its page was confirmed."""
        answer = self.client.post(place, data={"sub": subject})
        assert answer.status_code in {302, 303}, answer.text
        return answer.headers["location"]

    def sign_in(self, subject: str, target: str = "/apps") -> httpx.Response:
        return self.get(self.authorized(self.to_provider(target), subject))

    def post(self, path: str) -> httpx.Response:
        code = re.search(r'name="form_code" value="([0-9a-f]+)"', self.get("/apps").text)
        assert code
        return self.client.post(self.url + path, data={"form_code": code[1]}, headers={"Origin": self.url})


PEOPLE: dict[str, dict[str, Any]] = {
    "lead": {"groups": ["x", "leads"], "preferred_username": "<lead>"},
    "reader": {"realm_access": {"roles": ["one"]}},
    "colleague": {"email": "c@example.COM", "email_verified": True},
    "stranger": {"email": "s@example.com", "email_verified": False, "groups": ["leads2"]},
}


@dataclass
class Running:
    """A service whose people sign in with a provider that follows the standard; two apps, by their numbers."""

    issuer: str
    service: Service
    one: int
    two: int

    def browser(self) -> Browser:
        return Browser(self.service.url)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("oidc")
    with provider() as issuer:
        settings = folder / "settings.toml"
        settings.write_text(SETTINGS.format(issuer=issuer))
        with Store.open(data=folder / "data") as store:
            one, two = (store.apps.ensure(name).id for name in ("one", "two"))
        for name, claims in PEOPLE.items():
            assert httpx.put(f"{issuer}/users/{name}", json=claims).status_code == 204
        env = {"SYMBOLICATE_ACCESS_OIDC_CLIENT_SECRET": SECRET}
        with service(folder / "data", "--config", str(settings), **env) as started:
            yield Running(issuer, started, one, two)
            assert SECRET not in started.log


def test_nothing_is_readable_before_the_sign_in(running: Running) -> None:
    nobody = running.browser()
    assert nobody.get("/apps").headers["location"] == "/sign-in?next=%2Fapps", "there is no token, only the provider"
    assert running.service.get("/api/v1/queue").status == 401
    page = nobody.get("/sign-in?next=/apps/1").text
    assert 'href="/sign-in/provider?next=/apps/1">Sign in with the &lt;team&gt;</a>' in page


def test_a_sign_in_from_the_link_to_the_page(running: Running) -> None:
    lead, other = running.browser(), running.browser()
    target = f"/apps/{running.two}?days=7"
    place = lead.to_provider(target)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
    assert asked["redirect_uri"] == f"{running.service.url}/sign-in/back"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    came = lead.authorized(place, "lead")
    assert other.get(came).status_code == 403, "another browser cannot use the address"
    answer = lead.get(came)
    assert f"url={target}" in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    [cookie, gone] = answer.headers.get_list("set-cookie")
    for attribute in ("symbolicate-session=p-", "HttpOnly", "SameSite=strict", "Path=/;", "Max-Age=43200"):
        assert attribute in cookie
    assert gone.startswith('symbolicate-sign-in=""; HttpOnly; Max-Age=0')
    seen = lead.get(target)
    assert seen.status_code == 200
    assert "&lt;lead&gt;" in seen.text
    assert 'type="file"' in lead.get(f"/apps/{running.two}/symbols").text, "who may do all may upload"
    assert lead.get(came).status_code == 403, "the browser has no sign-in under way any more"


def test_people_see_what_their_grant_says(running: Running) -> None:
    reader, colleague, stranger = running.browser(), running.browser(), running.browser()
    assert "url=/apps" in reader.sign_in("reader", "https://evil.example/").text, "a sign-in leads nowhere else"
    assert reader.get(f"/apps/{running.one}").status_code == 200
    assert reader.get(f"/apps/{running.two}").status_code == 404
    assert ">two<" not in reader.get("/apps").text
    colleague.sign_in("colleague")
    assert colleague.get(f"/apps/{running.two}").status_code == 200
    assert 'type="file"' not in colleague.get(f"/apps/{running.two}/symbols").text
    answer = stranger.sign_in("stranger")
    assert answer.status_code == 403
    assert "have no access" in answer.text
    assert "symbolicate-session" not in stranger.client.cookies
    assert stranger.get("/apps").status_code == 303


def test_people_sign_out(running: Running, tmp_path: Path) -> None:
    reader = running.browser()
    reader.sign_in("reader")
    cookie = reader.client.cookies["symbolicate-session"]
    assert running.service.get("/api/v1/queue", token=cookie).status == 401, "a session is not a token"
    assert reader.post("/sign-out").headers["location"] == "/sign-in?signed_out=yes"
    assert "/sign-out/provider" in reader.get("/sign-in?signed_out=yes").text
    assert reader.get("/sign-out/provider").headers["location"].startswith(f"{running.issuer}/oauth2/end_session?")
    assert reader.get("/apps").status_code == 303
    file = tmp_path / "settings.toml"
    people: list[str] = []
    for group in ("leads", "chiefs"):
        file.write_text(SETTINGS.format(issuer=running.issuer).replace("leads", group))
        with Store.open(data=tmp_path) as store:
            callers = Callers(store, load(str(file)), store.tokens.signing_key())
            assert callers.sign_in is not None
            if not people:
                people.append(callers.session_of(Person("me", 0, callers.sign_in._digest), 60))
            assert (callers.caller_in_session(people[0], "localhost") is not None) is (group == "leads")


def test_a_code_is_used_once(running: Running) -> None:
    issuer = running.issuer
    sign_in = SignIn(Oidc(issuer=issuer, client_id=CLIENT, client_secret=SECRET, grants=GRANTS), KEY)
    httpx.put(f"{issuer}/users/7", json={"groups": ["readers"], "name": "Seven"})
    flow, place = sign_in.begin("/apps", BACK)
    came = httpx.post(place, data={"sub": "7"}).headers["location"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(came).query).items()}
    person, target = sign_in.finish(answer, flow.cookie, BACK)
    assert person is not None
    assert (person.name, target, sign_in.grant(person)) == ("Seven", "/apps", GRANTS[0])
    with pytest.raises(ProviderError, match="answered 400 invalid_grant") as error:
        sign_in.finish(answer, flow.cookie, BACK)
    assert error.value.refused
    denied, place = sign_in.begin("/apps", BACK)
    came = httpx.post(place, data={"action": "deny"}).headers["location"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(came).query).items()} | {"state": denied.state}
    with pytest.raises(ProviderError, match="refused a sign-in"):
        sign_in.finish(answer, denied.cookie, BACK)


@pytest.fixture
def lying() -> Iterator[Liar]:
    with liar() as found:
        yield found


def attempt(lying: Liar, **changes: Any) -> Person | None:
    """The result of a sign-in with a provider that lies."""
    query = changes.pop("query", {})
    sign_in = changes.pop("sign_in", None) or trusting(lying, **changes)
    flow, _ = sign_in.begin("/apps", BACK)
    lying.nonce = flow.nonce
    return sign_in.finish({"state": flow.state, "code": "c", **query}, flow.cookie, BACK)[0]


def trusting(lying: Liar, **changes: Any) -> SignIn:
    settings = Oidc(issuer=lying.url, client_id=CLIENT, grants=GRANTS, userinfo=True)
    return SignIn(msgspec.structs.replace(settings, **changes), KEY)


def unsigned(_: Liar, claims: dict[str, Any]) -> str:
    head, body = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({"alg": "none"}, claims)
    )
    return f"{head}.{body}."


def with_public_key_as_secret(lying: Liar, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(lying.key.as_pem(private=False)))


def with_other_key(_: Liar, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key("two"))


LIES: dict[str, tuple[dict[str, Any], Callable[[Liar, dict[str, Any]], str] | None]] = {
    "nonce": ({"nonce": "another"}, None),
    "no nonce": ({"nonce": None}, None),
    "issuer": ({"iss": "https://evil.example"}, None),
    "audience": ({"aud": "another"}, None),
    "audiences": ({"aud": [CLIENT, "another"]}, None),
    "party": ({"azp": "another"}, None),
    "expired": ({"exp": 1_700_000_000}, None),
    "no end": ({"exp": None}, None),
    "not yet": ({"nbf": 99_999_999_999}, None),
    "text as time": ({"exp": "tomorrow"}, None),
    "nobody": ({"sub": None}, None),
    "none": ({}, unsigned),
    "confusion": ({}, with_public_key_as_secret),
    "key": ({}, with_other_key),
    "unknown key": ({}, lambda lying, claims: lying.signed(claims, kid="two")),
    "no token": ({}, lambda *_: ""),
    "no jwt": ({}, lambda *_: "a.b.c"),
    "long": ({}, lambda *_: "x" * 200_000),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_identity_that_is_not_valid(lying: Liar, lie: str) -> None:
    assert attempt(lying) is not None, "the truth is taken"
    lying.change, sign = LIES[lie]
    if sign is not None:
        lying.sign = sign
    with pytest.raises(ProviderError):
        attempt(lying)


def test_the_browser_and_the_code_belong_together(lying: Liar) -> None:
    sign_in = trusting(lying)
    for query in ({"state": ""}, {"state": "x"}, {"state": "\udcff"}, {"code": ""}, {"iss": "https://evil.example"}):
        with pytest.raises(ProviderError):
            attempt(lying, sign_in=sign_in, query=query)
    assert lying.forms == [], "no code was sent"
    attempt(lying, sign_in=sign_in, query={"iss": lying.url})
    flow, place = sign_in.begin("/apps", BACK)
    lying.nonce = flow.nonce
    sign_in.finish({"state": flow.state, "code": "c"}, flow.cookie, BACK)
    form, _ = lying.forms[-1]
    digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert parse_qs(urlsplit(place).query)["code_challenge"] == [digest]
    assert form["code_verifier"] not in flow.cookie
    first, second = sign_in.begin("/apps", BACK)[0], sign_in.begin("/apps", BACK)[0]
    with pytest.raises(ProviderError, match="not begun by its browser"):
        sign_in.finish({"state": first.state, "code": "c"}, second.cookie, BACK)
    assert Flows(b"another").find(first.cookie, first.state) is None
    for cookie in ("", "....", first.cookie[:-1], first.cookie.replace(".", "..", 1), "x" * 9000, "\u0663.1.a.b"):
        assert Flows(KEY).find(cookie, first.state) is None
    lying.metadata = {"authorization_response_iss_parameter_supported": True}
    with pytest.raises(ProviderError, match="without a code of the provider"):
        attempt(lying)


def test_how_the_client_shows_its_secret(lying: Liar) -> None:
    attempt(lying)
    form, header = lying.forms[-1]
    assert (form["client_id"], form.get("client_secret"), header) == (CLIENT, None, ""), "a public client"
    attempt(lying, client_secret=SECRET)
    form, header = lying.forms[-1]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "crashes:secret+of+the+client%3A+100+%25"
    assert "client_secret" not in form
    lying.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    attempt(lying, client_secret=SECRET)
    form, header = lying.forms[-1]
    assert (form["client_secret"], header) == (SECRET, "")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ANSWERS = {
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
    "fault": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "empty": b"",
    "no http": b"\0" * 100,
    "no json": HEAD + b"\r\n<html>",
    "a list": HEAD + b"\r\n[]",
    "deep": HEAD + b"\r\n" + b"[" * 100_000,
    "long": HEAD + b'\r\n{"a": "' + b"x" * 2_000_000 + b'"}',
    "cut": HEAD + b'Content-Length: 100\r\n\r\n{"a": 1}',
    "for ever": None,
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_provider_that_does_not_answer_as_it_should(
    lying: Liar, path: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_SECONDS", 0.3 if answer == "for ever" else 30)
    lying.raw = {path: ANSWERS[answer]}
    with pytest.raises(ProviderError):
        attempt(lying)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://evil.example/\r\nSet-Cookie: x=y"},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": "https://user@evil.example/token"},
        {"token_endpoint": 7},
        {"jwks_uri": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://[::1"},
    ],
)
def test_metadata_that_cannot_be_used(lying: Liar, metadata: dict[str, Any]) -> None:
    lying.metadata = metadata
    with pytest.raises(ProviderError):
        trusting(lying).begin("/apps", BACK)


def test_keys_change_and_are_not_fetched_for_every_token(lying: Liar) -> None:
    sign_in = trusting(lying)
    for _ in range(3):
        attempt(lying, sign_in=sign_in)
    assert (lying.fetched.count("/jwks"), lying.fetched.count("/.well-known/openid-configuration")) == (1, 1)
    lying.sign = lambda lying, claims: lying.signed(claims, kid="invented")
    for _ in range(3):
        with pytest.raises(ProviderError):
            attempt(lying, sign_in=sign_in)
    assert lying.fetched.count("/jwks") == 1, "the keys are fresh"
    provider_ = sign_in._provider
    provider_._keys_fetched -= 31
    lying.key = key("two")
    lying.sign = lambda lying, claims: lying.signed(claims, kid="two")
    assert attempt(lying, sign_in=sign_in) is not None
    assert lying.fetched.count("/jwks") == 2


def test_a_provider_that_is_down_is_left_alone_for_a_while(lying: Liar) -> None:
    lying.raw = {"/.well-known/openid-configuration": ANSWERS["fault"]}
    sign_in = trusting(lying)
    for _ in range(3):
        with pytest.raises(ProviderError, match="answered 500"):
            sign_in.begin("/apps", BACK)
    assert len(lying.fetched) == 1
    lying.raw = {}
    sign_in._provider._metadata_until = 0
    sign_in.begin("/apps", BACK)
    lying.raw = {"/.well-known/openid-configuration": ANSWERS["fault"]}
    sign_in._provider._metadata_until = 0
    sign_in.begin("/apps", BACK)  # by what it published before


def test_few_sign_ins_wait_at_a_time(lying: Liar) -> None:
    sign_in = trusting(lying)
    for _ in range(8):
        sign_in._slots.acquire()
    with pytest.raises(ProviderError, match="too many"):
        sign_in.begin("/apps", BACK)


def test_further_claims_are_of_the_same_person(lying: Liar) -> None:
    assert attempt(lying) is not None
    lying.change = {"sub": "8"}
    with pytest.raises(ProviderError, match="another person"):
        attempt(lying)
    lying.change = {}
    assert attempt(lying, userinfo=False) is None, "the identity alone has no groups"


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({}, None),
        ({"groups": "a"}, 0),
        ({"groups": ["b", "a"]}, 0),
        ({"groups": {"a": 1}}, None),
        ({"groups": [["a"]]}, None),
        ({"groups": "ab"}, None),
        ({"x.y": ["b"]}, 1),
        ({"x": {"y": ["b"]}}, 1),
        ({"x": "y"}, None),
        ({"email": "me@one.example", "email_verified": True}, 2),
        ({"email": "me@one.example"}, None),
        ({"email": "me@one.example", "email_verified": "false"}, None),
        ({"email": "me@one.example@evil.example", "email_verified": True}, None),
        ({"email": "me@evil.one.example", "email_verified": True}, None),
        ({"email": "one.example", "email_verified": True}, None),
        ({"groups": ["a"], "x.y": "b"}, 0),
    ],
)
def test_the_first_grant_that_applies_counts(claims: dict[str, Any], found: int | None) -> None:
    grants = (Grant(claim="groups", value="a"), Grant(claim="x.y", value="b"), Grant(email_domain="one.example"))
    assert matching(claims, grants) == found


def test_sessions_of_people() -> None:
    sessions = Sessions(KEY)
    person = Person("\u202e<name>" * 10, 3, "digest")
    cookie = sessions.begin_of(person, 60)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", cookie)
    assert (sessions.person_of(cookie), sessions.token_of(cookie)) == (person, None)
    token = sessions.begin(7, 60)
    assert (sessions.person_of(token), sessions.token_of(token)) == (None, 7)
    assert sessions.person_of(sessions.begin_of(person, -1)) is None
    for forged in (cookie[:-1], cookie.replace("p-", "p-A"), "p-.9999999999.x.y", Sessions(b"x").begin_of(person, 60)):
        assert sessions.person_of(forged) is None
        assert sessions.token_of(forged) is None


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    settings = Oidc(issuer="https://one.example", client_id=CLIENT, grants=GRANTS)
    wrongs: list[dict[str, Any]] = [{"client_id": ""}, {"grants": ()}]
    for wrong in [*wrongs, {"issuer": "http://evil.example"}, {"issuer": "https://a/?b"}]:
        with pytest.raises(ConfigError):
            SignIn(msgspec.structs.replace(settings, **wrong), KEY)
    for grant in ("", 'claim = "groups"', 'claim = "a"\nvalue = "b"\nemail_domain = "c"', 'value = "x"'):
        file = tmp_path / "settings.toml"
        file.write_text(f"[[access.oidc.grants]]\n{grant}\n")
        with pytest.raises(ConfigError, match="a grant has"):
            load(str(file))
