"""The dimensions of a report."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from symbolicate.summary.dimensions.markets import market
from symbolicate.summary.dimensions.systems import UNKNOWN, system
from symbolicate.summary.dimensions.table import pattern, rows
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["CRASHES", "EVENT_TYPES", "HANDLED", "NAMES", "REQUESTED", "Dimensions", "derive"]


class Dimensions(NamedTuple):
    """The dimensions of a hit, in the order of the columns. Values are never empty: an unknown one is `Unknown`."""

    file_name: str
    application_version: str
    os_version: str
    os_build: str
    os_release: str
    event_type: str
    market: str
    device_type: str
    product_name: str
    app_name: str


NAMES = {
    "fileName": "file_name",
    "applicationVersion": "application_version",
    "osVersion": "os_version",
    "osBuild": "os_build",
    "osRelease": "os_release",
    "eventType": "event_type",
    "market": "market",
    "deviceType": "device_type",
    "productName": "product_name",
    "appName": "app_name",
}
"""The names of dimensions in responses, with those of their columns."""

CRASHES = ("crash", "hang", "memory", "jse")
"""The event types that the Store has: the program ended, or had to be ended."""
HANDLED = "handled"
"""The program caught the exception, reported it and went on."""
REQUESTED = "requested"
"""Nothing failed: a dump was requested."""
EVENT_TYPES = (*CRASHES, HANDLED, REQUESTED)
"""All event types."""

# Form fields and annotations that programs send, by who defined them: Breakpad and Crashpad, Electron, Socorro, Sentry.
_PRODUCT = ("_productName", "prod", "product", "ProductName", "productName")
_VERSION = ("_version", "ver", "version", "Version", "sentry[release]")
_COUNTRY = ("country", "market")
_LOCALE = ("locale", "lang", "useragent_locale", "Locale")
_REMEMBERED = 300  # characters of a model and a system whose type is remembered
_FOLDERS = re.compile(r"[\\/]")


def derive(
    report: Mapping[str, Any],
    annotations: Mapping[str, str] | None = None,
    *,
    product_name: str | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Dimensions:
    """The dimensions of a report; values that are missing or of an unexpected type are unknown.

    Args:
        report: the engine's document, decoded.
        annotations: the form fields of the upload.
        product_name: the app's product name, if it is set.
        overrides: values by their response names that replace derived ones.
    """
    device, app, info = (_object(report, key) for key in ("device", "app", "system_info"))
    sent = {**_words(_object(_object(report, "crashpad"), "annotations")), **(annotations or {})}
    found = system(
        _text(device, "os_name") or _text(info, "os"),
        _text(device, "os_version") or _text(info, "os_ver"),
        _text(device, "os_build"),
        _text(device, "os_release"),
    )
    module = _main_module(report)
    process = _file_name(_text(_object(report, "process"), "path") or _text(_object(report, "process"), "name"))
    file_name = _file_name(_text(module, "filename")) or process or _text(app, "identifier")
    product = product_name or _first(sent, _PRODUCT) or _text(app, "name") or _stem(process or file_name)
    version = _text(app, "version") or _first(sent, _VERSION) or _text(module, "version")
    name = " ".join((_text(device, "os_name") or _text(info, "os"), found.version))
    derived = Dimensions(
        file_name=file_name,
        application_version=version,
        os_version=found.version,
        os_build=found.build,
        os_release=found.release,
        event_type=_event_type(_object(report, "failure")),
        market=market(
            _text(device, "country") or _first(sent, _COUNTRY), _text(device, "locale") or _first(sent, _LOCALE)
        ),
        device_type=_device_type(_text(device, "model"), name),
        product_name=product,
        app_name=_text(app, "name") or _first(sent, _PRODUCT) or product,
    )
    known = {NAMES[name]: value for name, value in (overrides or {}).items() if name in NAMES}
    return Dimensions(*(clean(value).strip() or UNKNOWN for value in derived._replace(**known)))


def _event_type(failure: Mapping[str, Any]) -> str:
    sent = _text(failure, "event_type").lower()
    if sent in EVENT_TYPES[1:]:
        return sent
    classes = failure.get("problem_classes")
    for name in (one for one in classes if isinstance(one, str)) if isinstance(classes, list) else ():
        for wanted, kind in rows("event_types", 2):
            if pattern(wanted).fullmatch(name):
                return kind
    return EVENT_TYPES[0]


def _device_type(model: str, name: str) -> str:
    # Reports name few models and systems, but hostile ones may be long.
    return (_known_type if len(model) + len(name) <= _REMEMBERED else _matching_type)(model, name)


def _matching_type(model: str, name: str) -> str:
    for wanted, on, kind in rows("device_types", 3):
        if pattern(wanted).fullmatch(model) and (on == "*" or any(_fits(on, part) for part in (name, name.strip()))):
            return kind
    return UNKNOWN


_known_type = lru_cache(maxsize=4096)(_matching_type)


def _fits(wanted: str, name: str) -> bool:
    return pattern(wanted).fullmatch(name) is not None


def _main_module(report: Mapping[str, Any]) -> Mapping[str, Any]:
    modules, main = report.get("modules"), report.get("main_module")
    if isinstance(modules, list) and isinstance(main, int) and 0 <= main < len(modules):
        module = modules[main]
        return module if isinstance(module, dict) else {}
    return {}


def _object(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _text(values: Mapping[str, Any], key: str) -> str:
    found = values.get(key)
    return found.strip() if isinstance(found, str) else ""


def _words(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in values.items() if isinstance(value, str)}


def _first(values: Mapping[str, str], names: Iterable[str]) -> str:
    return next((values[name].strip() for name in names if values.get(name, "").strip()), "")


def _file_name(path: str) -> str:
    return _FOLDERS.split(path)[-1]


def _stem(name: str) -> str:
    return name[:-4] if name.lower().endswith(".exe") else name
