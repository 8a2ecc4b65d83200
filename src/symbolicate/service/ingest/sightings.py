"""The device that a log of a session, or another log without a crash, comes from."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from symbolicate.store import Sighting
from symbolicate.summary.dimensions import Dimensions, derive

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["see"]

_LARGEST = 64 * 1024  # bytes; the device of a larger log is not read
_LENGTH = 100  # characters of a value
_MOST = 100  # of one request
_DAY_UNKNOWN = -1


class _Device(msgspec.Struct, rename="camel"):
    os_name: Any = None
    os_version: Any = None
    os_build: Any = None
    locale: Any = None
    carrier_country: Any = None
    app_version: Any = None


class _Log(msgspec.Struct):
    device: _Device | None = None


_NO_DEVICE = _Device()
_decode = msgspec.json.Decoder(_Log).decode


def see(seen: dict[tuple[int, Dimensions], Sighting], raw: bytes, install_id: str, time: datetime | None) -> None:
    """Add the device of a log, unless it is there with the same description on the same day.

    Args:
        seen: the devices of the request, by day and description.
        raw: the log.
        install_id: the installation that sent it.
        time: when the log was written.
    """
    try:
        device = (_decode(raw).device if len(raw) <= _LARGEST else None) or _NO_DEVICE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        device = _NO_DEVICE
    values = (device.os_name, device.os_version, device.os_build, device.locale, device.carrier_country)
    dimensions = _dimensions(*(_text(value) for value in values), _text(device.app_version))
    day = _DAY_UNKNOWN if time is None else time.astimezone(UTC).toordinal()
    if len(seen) < _MOST:
        seen.setdefault((day, dimensions), Sighting(install_id, time, dimensions))


@lru_cache(maxsize=4096)
def _dimensions(os_name: str, os_version: str, os_build: str, locale: str, country: str, version: str) -> Dimensions:
    """As they are derived of a crash of this device, so that both are counted in the same rows."""
    device = {
        "os_name": os_name,
        "os_version": os_version,
        "os_build": os_build,
        "locale": locale,
        "country": country,
    }
    return derive({"device": device, "app": {"version": version}})


def _text(value: Any) -> str:
    return value[:_LENGTH] if isinstance(value, str) else ""
