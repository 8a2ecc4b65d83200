"""Briefs measured by a tokenizer of language models, which has its vocabularies; counts of the samples are kept."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from client_packages import npm_package
from places import CORPORA, HERE
from sample_reports import SAMPLES
from store_samples import document, hash_of, take_in
from symbolicate import Report, Session, SymbolStore, process
from symbolicate.render.brief import CRASH_TOKENS, brief
from symbolicate.render.brief.tokens import tokens
from symbolicate.service.failure_brief import BUCKET_TOKENS, bucket_brief
from symbolicate.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKENIZER = ("gpt-tokenizer", "4.0.0")
VOCABULARIES = ("o200k_base", "cl100k_base")
# Names of special tokens in a text are text.
COUNT = """
const plain = {allowedSpecial: new Set(), disallowedSpecial: new Set()};
const texts = JSON.parse(require('fs').readFileSync(0));
const counts = process.argv.slice(2).map(name => require(`gpt-tokenizer/encoding/${name}`)).map(
  one => texts.map(text => one.countTokens(text, plain)));
console.log(JSON.stringify(counts));
"""
KEPT = HERE / "golden" / "brief-tokens.json"
MORE = CORPORA / "live-more"


def sample_briefs() -> dict[str, str]:
    return {name: brief(Report.from_json(msgspec.json.encode(make()))) for name, make in SAMPLES.items()}


@pytest.fixture
def counted(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Callable[[list[str]], list[int]]:
    """The tokens of texts, by the vocabulary that gives the most."""
    modules = npm_package(tmp_path_factory.getbasetemp(), *TOKENIZER)
    script = tmp_path / "count.cjs"
    script.write_text(COUNT)

    def count(texts: list[str]) -> list[int]:
        command = ["node", str(script), *VOCABULARIES]
        done = subprocess.run(
            command,
            input=json.dumps(texts).encode(),
            capture_output=True,
            check=True,
            env={"NODE_PATH": str(modules), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        )
        return [max(one) for one in zip(*json.loads(done.stdout), strict=True)]

    return count


def test_the_estimate_of_the_samples_is_above_the_counts() -> None:
    kept = json.loads(KEPT.read_text())
    assert kept.keys() == SAMPLES.keys()
    for name, text in sample_briefs().items():
        assert kept[name] <= tokens(text) <= CRASH_TOKENS, name


def test_the_samples_have_the_counts_that_are_kept(
    counted: Callable[[list[str]], list[int]], golden: Callable[[str, str], None]
) -> None:
    found = sample_briefs()
    counts = dict(zip(found, counted(list(found.values())), strict=True))
    golden(KEPT.name, json.dumps(counts, indent=1) + "\n")


@pytest.mark.corpora
def test_crashes_and_buckets_of_the_corpora_keep_within_their_tokens(
    counted: Callable[[list[str]], list[int]], tmp_path: Path, sqlite_template: Path
) -> None:
    (tmp_path / "symbolicate.db").write_bytes(sqlite_template.read_bytes())
    live = CORPORA / "live"
    if not live.is_dir():
        pytest.skip("no shared corpora beside the project")
    sources = [live, MORE / "symbols", MORE / "symbols-arm"]
    session = Session(SymbolStore(tmp_path / "symbols", sources=sources))
    with Store.open(data=tmp_path) as store:
        app = store.apps.create(owner="own", name="corpora")
        documents = [session.report_json(path) for folder in (live, MORE) for path in sorted(folder.glob("*.dmp"))]
        now = datetime.now(UTC)
        take_in(store, app, [(now, one) for one in documents])
        long_name = f"NULL_CLASS_PTR_READ_c0000005_game.exe!{'very::long::' * 80}"
        versions = [f"{number}.0 {'語' * 60}" for number in range(20)]
        take_in(store, app, [(now, document(long_name, version=one)) for one in versions], first=1000)
        store.buckets.set(app, hash_of(long_name), note="`` <|endoftext|> ``` # note \n" * 300)
        buckets = [bucket_brief(store, app, one) for one in store.buckets.list(app, top=1000)]
    crashes = [brief(Report.from_json(one)) for one in documents]
    assert len(crashes) > 100
    assert len(buckets) > 50
    for most, texts in ((CRASH_TOKENS, crashes), (BUCKET_TOKENS, buckets)):
        for text, count in zip(texts, counted(texts), strict=True):
            assert count <= tokens(text) <= most, text


@pytest.mark.corpora
def test_the_blamed_function_of_more_dumps_is_named_first(tmp_path: Path) -> None:
    if not MORE.is_dir():
        pytest.skip("no shared corpora beside the project")
    symbols = SymbolStore(tmp_path, sources=[MORE / "symbols", MORE / "symbols-arm"])
    for path in sorted(MORE.glob("*.dmp")):
        found = process(path, symbols)
        assert found.failure is not None
        first = brief(found).splitlines()[0]
        assert first.startswith(f"# `{found.failure.function}` in `{found.failure.image}`"), path.name
