"""Naming without a crash file: from the facts of a crash to the failure's name, hashes and explanation.

    failure = symbolicate.failure_name({
        "exception_code": "c0000005",
        "exception_parameters": ["0", "0"],
        "process_name": "app.exe",
        "stack": ["app!Main::run+0x1a"],
    })
    failure.name  # NULL_POINTER_READ_c0000005_app.exe!Main::run

`docs/naming.md` lists the facts; a report is accepted as well. Every fact is optional. A name that they contain is
ignored.
"""

from __future__ import annotations

import os

from symbolicate._native import Naming, check_rules, explain_record, name_record
from symbolicate.errors import RulesError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Literal, TypeAlias

    import msgspec

    from symbolicate.report import Explanation, Failure

__all__ = ["Profile", "Vocabulary", "explain_failure", "failure_name", "naming"]

Profile: TypeAlias = "Literal['wer', 'windbg']"
Vocabulary: TypeAlias = "Literal['classic', '2410']"

_BUILT_IN = "built-in"


def naming(
    profile: Profile = "wer", vocabulary: Vocabulary = "classic", rules: str | os.PathLike[str] | None = None
) -> Naming:
    """The settings of naming, to be made once and used for many failures.

    Args:
        profile: `wer` blames the function that threw or aborted, `windbg` names as public `!analyze` output does.
        vocabulary: `2410` names null addresses as debuggers do since version 1.2410.
        rules: a file of rules that are applied before the built-in ones; None or `built-in` for those alone.

    Raises:
        RulesError: the file cannot be read or is invalid.
        ValueError: unknown profile or vocabulary.
    """
    if rules is None or os.fspath(rules) == _BUILT_IN:
        return Naming(profile, vocabulary)
    path = os.fspath(rules)
    text = read_rules(path)
    problems = check_rules(path, text)
    if problems:
        raise RulesError(path, problems)
    return Naming(profile, vocabulary, (os.path.basename(path), text))


def failure_name(
    facts: Mapping[str, Any] | msgspec.Struct | bytes,
    *,
    profile: Profile = "wer",
    vocabulary: Vocabulary = "classic",
    rules: str | os.PathLike[str] | Naming | None = None,
) -> Failure:
    """Name a failure from facts alone.

    Args:
        facts: a dict or a Struct, or its JSON.
        profile: see `naming`.
        vocabulary: see `naming`.
        rules: a file of rules, or the result of `naming`, which then also sets profile and vocabulary.

    Raises:
        ValueError: a value has the wrong type.
        RulesError: the rules are invalid.
    """
    return _failures().decode(name_record(_encoded(facts), _naming(profile, vocabulary, rules)))


def explain_failure(
    facts: Mapping[str, Any] | msgspec.Struct | bytes,
    *,
    profile: Profile = "wer",
    vocabulary: Vocabulary = "classic",
    rules: str | os.PathLike[str] | Naming | None = None,
) -> Explanation:
    """As `failure_name`, with the explanation of the name."""
    return _explanations().decode(explain_record(_encoded(facts), _naming(profile, vocabulary, rules)))


def moved(reports: Iterable[bytes], old: Naming, new: Naming) -> tuple[dict[tuple[str, str], int], int, int]:
    """The failures that other rules would rename.

    Args:
        reports: reports or facts, as JSON.
        old: the present naming.
        new: the naming to compare with.

    Returns:
        The number of failures by old and new name, the number of reports, and the number of unreadable ones.
    """
    moves: dict[tuple[str, str], int] = {}
    total = bad = 0
    for report in reports:
        total += 1
        try:
            before, after = (_failures().decode(name_record(report, one)).name for one in (old, new))
        except ValueError:
            bad += 1
            continue
        if before != after:
            key = (before or "", after or "")
            moves[key] = moves.get(key, 0) + 1
    return moves, total, bad


def read_rules(path: str) -> str:
    """The text of a file of rules.

    Raises:
        RulesError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read().decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RulesError(path, [(line, "not UTF-8")]) from None
    except OSError as error:
        raise RulesError(path, [(0, error.strerror or str(error))]) from None


def _naming(profile: Profile, vocabulary: Vocabulary, rules: str | os.PathLike[str] | Naming | None) -> Naming:
    return rules if isinstance(rules, Naming) else naming(profile, vocabulary, rules)


def _encoded(facts: Mapping[str, Any] | msgspec.Struct | bytes) -> bytes:
    if isinstance(facts, bytes):
        return facts
    import msgspec

    return msgspec.json.encode(facts)


# Loaded when first needed: `naming` alone does not need the structs.


def _failures() -> msgspec.json.Decoder[Failure]:
    from symbolicate import report

    return report.failure_decoder


def _explanations() -> msgspec.json.Decoder[Explanation]:
    from symbolicate import report

    return report.explanation_decoder
