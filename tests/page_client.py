"""A client of pages: it keeps cookies, sends forms as browsers do, and checks what all pages have in common."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from service_process import Answer, Service

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Parsed(HTMLParser):
    """The elements of a page, all of which must be closed in order; its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def inside(self, tag: str) -> str:
        return "".join(text for within, text in self.texts if within == tag)

    @property
    def text(self) -> str:
        return " ".join(" ".join(text for _, text in self.texts).split())

    @property
    def links(self) -> list[str]:
        return [href for tag, one in self.elements if tag == "a" and (href := one.get("href"))]


@dataclass
class PageClient:
    running: Service
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """A page, followed through redirections, as an address that was typed into a browser."""
        for _ in range(5):
            answer = self.send("GET", path, headers=headers)
            if answer.status != 303:
                return answer
            path = answer.headers["location"]
        raise AssertionError(path)

    def page(self, path: str, status: int = 200) -> Parsed:
        """A page, which must have this status and what all pages have."""
        return checked(self.get(path), status)

    def post(self, path: str, fields: dict[str, str], *, of: str, headers: dict[str, str] | None = None) -> Answer:
        """Send a form with the hidden fields of the forms on the page `of`; redirections are not followed."""
        hidden = {
            str(one["name"]): one.get("value") or ""
            for tag, one in Parsed(self.get(of).body.decode()).elements
            if tag == "input" and one.get("type") == "hidden"
        }
        body = urlencode({**hidden, **fields}).encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.running.url, **(headers or {})}
        return self.send("POST", path, body, sent)

    def sign_in(self, token: str, target: str = "") -> Answer:
        answer = self.post("/sign-in", {"token": token}, of=f"/sign-in?next={target}")
        assert answer.status == 303, answer
        return answer

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        sent = {"Accept": "text/html,*/*;q=0.8", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.running.ask(method, path, body, sent, token=None)
        if found := re.match(r"([^=;]+)=([^;]*)", answer.headers.get("set-cookie", "")):
            self.cookies[found[1]] = found[2].strip('"')
            if not self.cookies[found[1]]:
                del self.cookies[found[1]]
        return answer


def summary_checked(text: str) -> Parsed:
    """A summary in one file: valid markup, no request, no script, and a style that the policy allows by its hash."""
    parsed = Parsed(text)
    for tag, one in parsed.elements:
        assert tag not in {"img", "link", "iframe", "object", "base", "form", "script"}
        assert not one.keys() & {"src", "href", "srcset", "action", "style"}
        assert not any(name.startswith("on") for name in one)
    [policy] = [one["content"] for _, one in parsed.elements if one.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(parsed.inside("style").encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"
    return parsed


def checked(answer: Answer, status: int = 200) -> Parsed:
    """A page with what all pages have: valid markup, a policy without exceptions, no other host, no inline code."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "://" not in policy
    parsed = Parsed(answer.body.decode())
    for tag, one in parsed.elements:
        assert not [name for name in one if name.startswith("on") or name == "style"], (tag, one)
        if (tag, one.get("class"), one.get("rel")) == ("a", "source", "noreferrer"):
            assert (one["href"] or "").startswith("https://code.example/own/"), one  # the pattern of tests
            continue
        for name in ("href", "src", "action"):
            assert (one.get(name) or "/").startswith(("/", "#")), (tag, one)
            assert not (one.get(name) or "/").startswith("//"), (tag, one)
        assert tag != "style"
        assert tag != "script" or one.get("src"), one
    title = next(one for tag, one in parsed.texts if tag == "title")  # charts have titles too
    assert title.endswith("symbolicate")
    assert parsed.inside("h1").strip()
    labelled = {one.get("for") for tag, one in parsed.elements if tag == "label"}
    assert None in labelled or not labelled
    return parsed
