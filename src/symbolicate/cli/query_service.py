"""Answers of a service, over its HTTP API."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import click
import msgspec
import urllib3

from symbolicate.cli.app import no_app, the_only
from symbolicate.render.plain import escape
from symbolicate.service.health_facts import HealthFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate.cli.query_answers import Period
    from symbolicate.store import Page

__all__ = ["OfService"]

_Kind = TypeVar("_Kind")

_CONNECT_SECONDS, _READ_SECONDS = 10, 120
_ANSWER_SECONDS = 180  # for the whole body, however it drips
_LARGEST = 64 << 20  # bytes of an answer, decompressed; 10,000 rows have about 5 MB
_CHUNK = 1 << 18
_SAID = 500  # characters of an error
_OK, _WRONG, _NOT_FOUND = 200, (400, 422), 404
_UNKNOWN = 401
_REFUSED = {_UNKNOWN: "the token is not valid", 403: "the token has not the scope `query`"}
_NO_APP = {"no app has this id", "applicationId parameter names no application"}
_NO_FAILURE = "no bucket has this hash"
_TOKEN = re.compile(r"[\x21-\x7e]*")


class _App(msgspec.Struct):
    application_id: str
    owner: str | None = None
    name: str | None = None


class _Page(msgspec.Struct):
    value: list[dict[str, Any]] = msgspec.field(name="Value")
    total_count: int = msgspec.field(name="TotalCount")
    next_link: str | None = msgspec.field(name="@nextLink", default=None)


class _MissingError(click.ClickException):
    """The service has not what was asked for."""


class OfService:
    """Answers of a service about one of its apps.

    Args:
        address: of the service, http or https; a path is that of a proxy before it.
        token: for its API; empty for none. It is sent to this address alone: redirects are not followed.
        called: the application id, secret or owner/name of the app; None for the only one.

    Raises:
        click.UsageError: the address cannot be one.
    """

    def __init__(self, address: str, token: str, called: str | None) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise click.UsageError("--service is an address such as https://crashes.example")
        if parts.username is not None or parts.password is not None:
            raise click.UsageError("--service has no token in it: set SYMBOLICATE_CLIENT_TOKEN")
        self._address = address.rstrip("/")
        self._token = token.strip()  # files and secrets of build systems end with a line end
        if not _TOKEN.fullmatch(self._token):
            raise click.UsageError("the token has characters that none has, such as blanks or line ends")
        self._called = called
        self._id: str | None = None
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS), retries=False
        )

    def page(self, question: str, params: Mapping[str, str]) -> Page:
        """The answer to `failurehits`, `failuredetails` or `stacktrace`."""
        from symbolicate.store import Page

        path = f"/v1.0/my/analytics/desktop/{question}"
        found = self._ask(path, {**params, "applicationId": self._app()}, _Page)
        return Page(found.value, found.total_count, found.next_link)

    def missing(self, top: int) -> Page:
        """The modules that lack symbols or unwind rules."""
        from symbolicate.store import Page

        rows = self._ask(f"{self._of_app()}/missing-symbols", {"top": str(top)}, list[dict[str, Any]])
        return Page(rows, len(rows))

    def health(self, period: Period, top: int) -> HealthFacts:
        """The health of the app."""
        asked = _asked(period) | {"top": str(top)} | ({"version": period.version} if period.version else {})
        found = self._ask(f"{self._of_app()}/health", asked, HealthFacts)
        listed = [len(one.days) for one in (*found.crashes, *found.handled)]
        listed += [len(one.days) for one in (*found.failures, *found.fresh)]
        if (found.end, {len(found.crash_free.days), *listed}) != (asked["end"], {period.days}):
            raise self._failed(": the answer is about other days")
        return found

    def compare(self, period: Period, old: str, new: str) -> Page:
        """The failures of two versions."""
        from symbolicate.store import Page

        asked = _asked(period) | {"old": old, "new": new}
        rows = self._ask(f"{self._of_app()}/compare", asked, list[dict[str, Any]])
        return Page(rows, len(rows))

    def brief(self, failure_hash: str) -> str | None:
        """A failure in few words; None if no failure has this hash."""
        path = f"{self._of_app()}/buckets/{quote(failure_hash, safe='')}/brief"
        try:
            return self._body(path, {}, "text/markdown").decode(errors="replace")
        except _MissingError as error:
            if error.message == _NO_FAILURE:
                return None
            raise

    def _app(self) -> str:
        """The application id or the secret of the app."""
        if self._id is None:
            self._id = self._named(self._called) if self._called else self._only()
        return self._id

    def _only(self) -> str:
        return the_only([one.application_id for one in self._apps()])

    def _named(self, called: str) -> str:
        """What routes know the app by: they have no owner/name in their paths, and a path has no `..`."""
        if called in (".", ".."):
            raise no_app(called)
        owner, slash, name = called.partition("/")
        if not slash:
            return called
        if not owner or not name or "/" in name:
            raise no_app(called)
        for one in self._apps():
            if called == one.application_id or called.lower() == f"{one.owner}/{one.name}".lower():
                return one.application_id
        raise no_app(called)

    def _apps(self) -> list[_App]:
        return self._ask("/api/v1/apps", {}, list[_App])

    def _of_app(self) -> str:
        return f"/api/v1/apps/{quote(self._app(), safe='')}"

    def _ask(self, path: str, params: Mapping[str, str], kind: type[_Kind]) -> _Kind:
        body = self._body(path, params)
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._failed(f": no answer of this service: {error}") from None

    def _body(self, path: str, params: Mapping[str, str], kind: str | None = None) -> bytes:
        """The body of an answer, which is of this kind if one is named.

        Raises:
            click.ClickException: the service does not answer, or refuses the question.
        """
        headers = {"User-Agent": "symbolicate", "Accept-Encoding": "gzip"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        address = self._address + path + (f"?{urlencode(params)}" if params else "")
        try:
            answer = self._pool.request("GET", address, headers=headers, redirect=False, preload_content=False)
            body = self._read(answer)
        except urllib3.exceptions.HTTPError as error:
            raise self._failed(f": {_short(error)}") from None
        if answer.status == _OK:
            if kind is not None and not (body and answer.headers.get("Content-Type", "").startswith(kind)):
                raise self._failed(": no answer of this service")
            return body
        if answer.status == _UNKNOWN and not self._token:
            raise self._failed(f" {_UNKNOWN}: it needs a token: set SYMBOLICATE_CLIENT_TOKEN")
        message, is_of_question = _explained(body)
        said = _REFUSED.get(answer.status) or message
        if said in _NO_APP:
            raise no_app(self._called or "")
        if answer.status in _WRONG:
            raise click.UsageError(self._shown(said))
        if answer.status == _NOT_FOUND:
            is_clear = is_of_question or said == _NO_FAILURE
            raise _MissingError(self._shown(said if is_clear else f"{self._address}: {said}"))
        raise self._failed(f" {answer.status}: {said}")

    def _read(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        ends = time.monotonic() + _ANSWER_SECONDS
        # A read waits for all bytes of a chunk, so the connection is shut down beside it.
        late = threading.Timer(_ANSWER_SECONDS, answer.shutdown)
        late.daemon = True
        late.start()
        body = bytearray()
        try:
            for chunk in answer.stream(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > _LARGEST:
                    answer.close()
                    raise self._failed(f": the answer has more than {_LARGEST} bytes")
        except urllib3.exceptions.HTTPError:
            if time.monotonic() < ends:
                raise
        finally:
            late.cancel()
        if time.monotonic() >= ends:
            answer.close()
            raise self._failed(f": no whole answer within {_ANSWER_SECONDS} seconds")
        answer.release_conn()
        return bytes(body)

    def _failed(self, said: str) -> click.ClickException:
        """An error about this service."""
        return click.ClickException(self._shown(self._address + said))

    def _shown(self, text: str) -> str:
        """A text with what the service says: it may repeat the token."""
        return escape(text.replace(self._token, "…") if self._token else text)


def _asked(period: Period) -> dict[str, str]:
    return {"end": period.end.isoformat(), "days": str(period.days), "events": period.events}


def _explained(body: bytes) -> tuple[str, bool]:
    """What the body of a refusal says, and whether that is what is wrong with the question."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "no answer of this service", False
    if not isinstance(found, dict):
        return str(found)[:_SAID], False
    inner = found.get("innererror")
    problems = inner.get("data") if isinstance(inner, dict) else None
    if isinstance(problems, list) and problems:
        return "; ".join(map(str, problems))[:_SAID], True
    return str(found.get("message"))[:_SAID], False


def _short(error: urllib3.exceptions.HTTPError) -> str:
    """The reason of an error; the texts of urllib3 begin with objects and repeat addresses."""
    text = str(error.args[-1] if error.args else error)
    return text.rsplit(": ", 1)[-1][:_SAID]
