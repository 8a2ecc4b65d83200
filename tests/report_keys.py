"""The keys of a report as paths such as `threads[].frames[].trust`: of a document, and of the classes."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any

import msgspec

from symbolicate.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

# What is below these depends on the crash, not on the schema.
OPEN = (
    "annotations",
    "registers",
    "state",
    "properties",
    "soft_errors",
    "environment",
    "omitted",
    "instruction_pointer_update",
    # Of `linux`; elsewhere these are words.
    "status",
    "cpu",
)


def of_document(value: Any, path: str = "") -> set[str]:
    if isinstance(value, list):
        return set().union(*(of_document(item, f"{path}[]") for item in value))
    if not isinstance(value, dict):
        return set()
    keys = set()
    for name, inner in value.items():
        key = f"{path}.{name}" if path else name
        keys.add(key)
        if name not in OPEN:
            keys |= of_document(inner, key)
    return keys


def of_classes(kind: Any = Report, path: str = "") -> dict[str, str]:
    """Each key that the classes know, with its type as JSON has it."""
    keys: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        key = f"{path}.{field.encode_name}" if path else field.encode_name
        parts = [part for part in _alternatives(field.type) if part is not types.NoneType]
        keys[key] = " or ".join(dict.fromkeys(map(_json_type, parts)))
        for inner, is_list in structs_of(field.type):
            keys |= of_classes(inner, f"{key}[]" if is_list else key)
    return keys


def structs_of(kind: Any) -> Iterator[tuple[type[msgspec.Struct], bool]]:
    """The classes in the type of a field, each with whether the field is a list of them."""
    for part in _alternatives(kind):
        is_list = typing.get_origin(part) is tuple
        inner = typing.get_args(part)[0] if is_list else part
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield inner, is_list


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) in {types.UnionType, typing.Union} else (kind,)


def _json_type(kind: Any) -> str:
    names = {str: "string", int: "integer", bool: "boolean", float: "number", Any: "any"}
    if kind in names:
        return names[kind]
    if typing.get_origin(kind) is tuple:
        return f"array of {_json_type(typing.get_args(kind)[0])}s"
    return "object"
