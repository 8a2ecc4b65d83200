"""The schema page and the JSON Schema of the report, generated from the classes of `symbolicate.report`.

`make golden` writes both: docs/report-schema.md and docs/report.schema.json. Their words are the `Attributes` of the
classes' docstrings.
"""

from __future__ import annotations

import inspect
import json
import re
from typing import Any, NamedTuple

import msgspec

from report_keys import of_classes, structs_of
from symbolicate.report import SCHEMA_VERSION, Report

PAGE, SCHEMA = "report-schema.md", "report.schema.json"

_INTRODUCTION = """\
# The report

<!-- Generated from src/symbolicate/report.py: change the docstrings there and run `make golden`. -->

`symbolicate report --format json`, `--format ndjson` and `symbolicate.process(...)` give the same document: one JSON
object for each crash, for every kind of input: minidump, App Center log, Apple report, text of an exception.
`symbolicate.report.Report` has the same names as attributes, and [report.schema.json](report.schema.json) is the
document's JSON Schema.

What can be relied on:

- The keys and value styles are those of rust-minidump's JSON, so its readers work unchanged; the keys it does not have
  are additions. A test compares the key names.
- Every key is optional, and a value may be `null`. New keys may come at any time: ignore those you do not know.
- Lists of words (`trust`, `status`, `end`, …) are never complete: expect new ones.
- Addresses are strings: `0x` and hexadecimal digits, padded to the width of the crashed program's pointers (8 or 16
  digits). Ids keep the spelling of the formats they come from.
- A report depends on the input, the options and the symbols alone: the same crash gives the same bytes, alone or
  among thousands.

`[]` denotes the items of a list. Names and values below `annotations`, `registers`, `state`, `properties`,
`environment`, `linux.status`, `linux.cpu` and `soft_errors` come from the crash.
"""


class _Section(NamedTuple):
    title: str
    keys: tuple[str, ...]
    note: str = ""


_SECTIONS = (
    _Section("The crash", ("schema_version", "status", "input", "failure", "crash_info")),
    _Section("Threads", ("thread_count", "threads", "crashing_thread")),
    _Section("Modules", ("main_module", "modules", "symbols_needed", "modules_contains_cert_info", "unloaded_modules")),
    _Section(
        "The machine and the process",
        ("system_info", "pid", "process_uptime", "process", "memory", "memory_map", "misc", "handles"),
    ),
    _Section("Exceptions", ("exceptions", "last_exception_backtrace")),
    _Section(
        "Metadata of the crash",
        ("termination", "application_info", "app", "device", "report", "attachments", "more"),
        "`app`, `device`, `report`, `attachments` and `more` are also in the report on a minidump that came in a log.",
    ),
    _Section(
        "What only some writers and systems record",
        (
            "crashpad",
            "lsb_release",
            "linux_memory_map_count",
            "linux",
            "proc_limits",
            "mac_boot_args",
            "mac_crash_info",
            "soft_errors",
            "comments",
            "texts",
        ),
    ),
    _Section("What was skipped", ("faults", "faults_omitted", "truncated")),
)

# The crashed thread has the keys of any thread, a frame those of any frame: they are described once.
_DESCRIBED_ABOVE = {
    "crashing_thread.": "threads[].",
    "exceptions[].frames[].": "threads[].frames[].",
    "last_exception_backtrace[].": "threads[].frames[].",
}


def attributes(kind: type) -> dict[str, str]:
    """The descriptions of fields in the docstrings of a class and of its bases, by the field's name in Python."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if not issubclass(base, msgspec.Struct) or not base.__doc__:
            continue
        _, _, section = inspect.cleandoc(base.__doc__).partition("Attributes:\n")
        for match in re.finditer(r"^    (\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE):
            found[match[1]] = re.sub(r"\n +", " ", match[2])
    return found


def _descriptions(kind: type = Report, path: str = "") -> dict[str, str]:
    """The description of each key, in the order of the classes."""
    described: dict[str, str] = {}
    words = attributes(kind)
    for field in msgspec.structs.fields(kind):
        key = f"{path}.{field.encode_name}" if path else field.encode_name
        described[key] = words[field.name]
        for inner, is_list in structs_of(field.type):
            described |= _descriptions(inner, f"{key}[]" if is_list else key)
    return described


def page() -> str:
    """The text of the schema page."""
    types = of_classes()
    rows = {key: described for key, described in _descriptions().items() if not _is_above(key, types)}
    parts = [_INTRODUCTION]
    for section in _SECTIONS:
        keys = [key for name in section.keys for key in rows if re.split(r"[.\[]", key)[0] == name]
        lines = [f"| `{key}` | {types[key]} | {rows[key]} |" for key in keys]
        parts.append(
            "\n".join([f"## {section.title}\n", "| key | type | meaning |", "| --- | --- | --- |", *lines, ""])
        )
        if section.note:
            parts.append(f"{section.note}\n")
    return "\n".join(parts)


def _is_above(key: str, types: dict[str, str]) -> bool:
    return any(
        key.startswith(head) and above + key.removeprefix(head) in types for head, above in _DESCRIBED_ABOVE.items()
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema: types from the classes, descriptions from their docstrings."""
    (reference,), definitions = msgspec.json.schema_components([Report], ref_template="#/$defs/{name}")
    kinds = _classes(Report)
    for name, definition in definitions.items():
        kind = kinds[name]
        definition["description"] = _summary(kind)
        names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
        for field, words in attributes(kind).items():
            definition["properties"][names[field]]["description"] = words
        definition["properties"] = {key: _shortened(value) for key, value in definition["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "symbolicate report",
        "description": f"The report on one crash, schema version {SCHEMA_VERSION}. Unknown keys are to be ignored.",
        **reference,
        "$defs": definitions,
    }


def _shortened(described: dict[str, Any]) -> dict[str, Any]:
    """The same without its default, and with a list of types instead of alternatives that are types alone."""
    described.pop("default", None)
    alternatives = described.get("anyOf")
    if alternatives and all(set(one) == {"type"} for one in alternatives):
        del described["anyOf"]
        described = {"type": [one["type"] for one in alternatives], **described}
    return described


def json_schema_text() -> str:
    """The JSON Schema as the file has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _classes(kind: type) -> dict[str, type]:
    found = {kind.__name__: kind}
    for field in msgspec.structs.fields(kind):
        for inner, _ in structs_of(field.type):
            if inner.__name__ not in found:
                found |= _classes(inner)
    return found


def _summary(kind: type) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())
