"""The pages in Chromium: no errors, no other host, nothing wider than a phone, accessible by the rules of axe."""

from __future__ import annotations

import importlib
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from client_packages import python_packages
from identity_provider import provider
from service_process import Service, service
from symbolicate.service.demo import fill, fixtures
from symbolicate.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES = ("playwright==1.65.2", "axe-playwright-python==0.1.8")
VIEWS = (("light", 1280), ("dark", 1280), ("light", 360))


@pytest.fixture
def browser(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Chromium, driven by Playwright."""
    chromium = shutil.which("chromium")
    packages = python_packages(tmp_path_factory.getbasetemp(), *PACKAGES)
    if chromium is None:
        pytest.skip("Debian's chromium is not installed")
    monkeypatch.syspath_prepend(str(packages))
    with importlib.import_module("playwright.sync_api").sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


def test_a_day_of_triage_in_a_browser(tmp_path: Path, browser: Any, database_url: str) -> None:
    axe = importlib.import_module("axe_playwright_python.sync_playwright").Axe()
    folder = fixtures()
    assert folder is not None
    data = tmp_path / "data"
    fill(str(data), folder, db=database_url)
    env = {"SYMBOLICATE_SYMBOLS_SOURCES": f"{folder}/symbols", "SYMBOLICATE_LIMITS_REQUESTS_PER_MINUTE": "0"}
    with Store.open(database_url, data=data) as store:
        _, secret = store.tokens.create("triage", ["admin"])
    with service(data, "--db", database_url, token=secret, **env) as running:
        running.wait_until_idle()
        for scheme, width in VIEWS:
            context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
            _visit(running, context.new_page(), axe, secret, width)
            context.close()


def test_a_sign_in_with_a_provider_in_a_browser(tmp_path: Path, browser: Any) -> None:
    """Cookies for one site alone, and the policy of pages, let the provider, another site, lead back."""
    with provider() as started, Store.open(data=tmp_path / "data") as store:
        number = store.apps.ensure("one").id
        # Names differ, so that these are two sites for the browser; ports do not count.
        issuer = started.replace("127.0.0.1", "localhost")
        settings = tmp_path / "settings.toml"
        grant = '[[access.oidc.grants]]\nclaim = "email"\nvalue = "lead@one.example"\n'
        settings.write_text(f'[access.oidc]\nissuer = "{issuer}"\nclient_id = "crashes"\n{grant}')
        env = {"SYMBOLICATE_ACCESS_OIDC_CLIENT_SECRET": "secret"}
        with service(tmp_path / "data", "--config", str(settings), **env) as running:
            page = browser.new_context().new_page()
            problems: list[str] = []
            # The page of the provider loads a style of another host, and its icon is missing.
            page.on(
                "console",
                lambda one: problems.append(one.text) if one.type == "error" and "localhost" not in page.url else None,
            )
            page.goto(f"{running.url}/apps/{number}")
            page.click("text=Sign in with localhost")
            page.fill("input[name=sub] >> nth=0", "lead@one.example")
            page.click("button:text-is('Authorize')")
            page.wait_for_url(f"{running.url}/apps/{number}")
            assert "Health of one" in page.inner_text("h1")
            page.click("text=Sign out")
            page.wait_for_url("**/sign-in?signed_out=yes")
            page.goto(f"{running.url}/apps/{number}")
            page.wait_for_url("**/sign-in?next=*")
            assert not problems


def _visit(running: Service, page: Any, axe: Any, secret: str, width: int) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(running.url) else problems.append(request.url))

    def look(heading: str) -> None:
        page.wait_for_load_state()
        assert re.search(heading, page.inner_text("h1")), page.inner_text("h1")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        found = [one for one in axe.run(page).response["violations"] if one["impact"] in {"serious", "critical"}]
        assert not found, (page.url, [(one["id"], one["nodes"][0]["html"]) for one in found])
        assert not problems, (page.url, problems)

    page.goto(running.url)
    look("Sign in")
    page.fill("input[name=token]", secret)
    page.keyboard.press("Enter")
    page.wait_for_url("**/apps")
    look("Apps")
    page.click("main a >> text=demo")
    look("Health of demo")
    assert "devices crashed" in page.inner_text(".figures")
    page.click("summary >> text=Filter by")
    page.select_option("select[name=version]", "1.1")
    page.click("text=Show")
    look("Health of demo")
    assert "version=1.1" in page.url
    page.click(".failures a.failure >> nth=0")
    look("!")
    page.fill("textarea[name=note]", "seen by the team")
    page.click("text=Save")
    page.wait_for_selector("p.warning >> text=seen by the team")
    look("!")
    page.click("text=Similar failures")
    look("Similar to")
    page.go_back()
    page.click("main a[href^='/reports/'] >> nth=0")
    look("!")
    page.click("button[data-folds], button[data-copies] >> nth=0")
    look("!")
    page.click("nav >> text=Symbols")
    look("Symbols of demo")
    page.click("nav >> text=Compare")
    look("Compare versions")
    page.fill("input[name=q]", "game::")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search*")
    look("Search demo")
    page.click("text=Sign out")
    look("Sign in")
    page.goto(f"{running.url}/apps")
    look("Sign in")
