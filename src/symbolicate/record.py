"""Immutable records whose classes cost nothing at start-up.

A record is declared and used as a dataclass that is frozen and has slots. `dataclasses` itself loads `inspect` and
`re`, and compiles six functions for each class: a third of the time of a command that shows one crash. It is used
wherever no such command comes by. Code that asks for dataclasses, such as `dataclasses.replace`, gets one of a record.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, NoReturn, Self, TypeVar, dataclass_transform

    _R = TypeVar("_R", bound="Record")
else:

    def dataclass_transform(**_: object) -> object:
        """What type checkers read; `typing` takes as long to load as all of this package."""
        return lambda made: made


__all__ = ["Record", "replace"]


@dataclass_transform(eq_default=True, frozen_default=True)
class _RecordType(type):
    """The type of the classes of records: the annotations of a class are its fields, and become its slots."""

    __defaults__: dict[str, object]
    __match_args__: tuple[str, ...]

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _RecordType:
        own = tuple(namespace.get("__annotations__", ()))
        fields: tuple[str, ...] = ()
        defaults: dict[str, object] = {}
        for base in bases:
            fields += getattr(base, "__match_args__", ())
            defaults |= getattr(base, "__defaults__", {})
        defaults |= {field: namespace.pop(field) for field in own if field in namespace}
        made = super().__new__(cls, name, bases, {**namespace, "__slots__": own, "__match_args__": fields + own})
        made.__defaults__ = defaults
        return made


class _Fields:
    """The fields of a class as `dataclasses` has them, made when it asks for them."""

    def __get__(self, _: object, record: _RecordType) -> dict[str, Any]:
        import dataclasses

        required = [field for field in record.__match_args__ if field not in record.__defaults__]
        optional = [(name, "object", dataclasses.field(default=value)) for name, value in record.__defaults__.items()]
        made = dataclasses.make_dataclass(record.__name__, [*required, *optional], frozen=True)
        return {field: vars(made)["__dataclass_fields__"][field] for field in record.__match_args__}


class Record(metaclass=_RecordType):
    """The base of records. A subclass names its fields with annotations, those with defaults last."""

    if not TYPE_CHECKING:
        __dataclass_fields__ = _Fields()

        def __init__(self, *given: object, **named: object) -> None:
            kind = type(self)
            fields = kind.__match_args__
            if len(given) > len(fields):
                raise TypeError(f"{kind.__name__}() takes {len(fields)} arguments but {len(given)} were given")
            for field, value in zip(fields, given, strict=False):
                if field in named:
                    raise TypeError(f"{kind.__name__}() got multiple values for argument {field!r}")
                object.__setattr__(self, field, value)
            for field in fields[len(given) :]:
                if field in named:
                    object.__setattr__(self, field, named.pop(field))
                elif field in (defaults := kind.__defaults__):
                    object.__setattr__(self, field, defaults[field])
                else:
                    raise TypeError(f"{kind.__name__}() missing argument {field!r}")
            if named:
                raise TypeError(f"{kind.__name__}() got an unexpected argument {next(iter(named))!r}")
            self.__post_init__()

    def __post_init__(self) -> None:
        """Check the values; a subclass may refuse some."""

    def _values(self) -> tuple[object, ...]:
        return tuple([getattr(self, field) for field in type(self).__match_args__])

    def __setattr__(self, name: str, value: object) -> NoReturn:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Record) and type(other) is type(self) else False

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = (f"{field}={value!r}" for field, value in zip(type(self).__match_args__, self._values(), strict=True))
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._values()

    def __replace__(self, /, **changes: object) -> Self:
        return replace(self, **changes)


def replace(record: _R, /, **changes: object) -> _R:
    """A copy of a record with other values of some fields, as `dataclasses.replace` makes it."""
    kind = type(record)
    return kind(**{**dict(zip(kind.__match_args__, record._values(), strict=True)), **changes})  # noqa: SLF001 - of this file
