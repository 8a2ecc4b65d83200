"""The options of `symbolicate report`, in the order of its help."""

from __future__ import annotations

from symbolicate.cli.declared import NETWORK, PROFILE, RULES, STORE, SYMBOLS, VOCABULARY, Option
from symbolicate.engine import SMALLEST_REPORT

__all__ = ["BRIEF_OPTIONS", "REPORT_OPTIONS"]

REPORT_OPTIONS = (
    SYMBOLS,
    *NETWORK,
    Option(
        ("--format",),
        "form",
        "json: one document, or an array for several crashes or inputs. ndjson: one line per crash. "
        "html: one page that needs no network. "
        "brief: Markdown of at most 2,000 tokens, for people and language models.",
        "choice",
        choices=("human", "json", "ndjson", "md", "html", "brief"),
        default="human",
    ),
    STORE,
    Option(("-o",), "out", "Write to a file instead of standard output.", "path", "OUT"),
    Option(("--full",), "full", "json, ndjson: include the environment and the memory map of dumps."),
    Option(("--pretty",), "pretty", "Indent json."),
    Option(("--brief",), "brief", "human, md: only the crashed thread."),
    Option(("--all-threads",), "all_threads", "human, md: every frame of every thread, every line of each list."),
    PROFILE,
    VOCABULARY,
    RULES,
    Option(("--explain",), "explain", "human, md: show which rule skipped which frame, and why this name."),
    Option(
        ("--source-url",),
        "source_url",
        "html, brief: link to source at this address, in which {path}, {line} and {version} are replaced.",
        "text",
        "PATTERN",
    ),
    Option(
        ("--source-prefix",),
        "source_prefixes",
        "What paths in symbols begin with; paths with none of them get no link. Can be repeated.",
        "text",
        "TEXT",
        many=True,
    ),
    Option(
        ("--report-bytes",),
        "report_bytes",
        "Limit of a report in JSON; the rest is left out and counted.  [default: 10 MiB more than the input]",
        "count",
        "N",
        least=SMALLEST_REPORT,
    ),
    Option(("-j",), "jobs", "Crashes processed in parallel.  [default: all cores]", "count", "N", least=1),
)
"""All of them."""

_OF_BRIEF = {"places", "store_dir", "out", "profile", "vocabulary", "rules", "source_url", "source_prefixes", "jobs"}
BRIEF_OPTIONS = tuple(one for one in REPORT_OPTIONS if one in NETWORK or one.into in _OF_BRIEF)
"""Those of `symbolicate brief`."""
