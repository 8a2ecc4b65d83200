"""The operating system as the Store names it: `osVersion`, `osRelease`, `osBuild`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbolicate.summary.dimensions.table import rows

__all__ = ["UNKNOWN", "System", "system"]

UNKNOWN = "Unknown"

_NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,3}")
_WINDOWS = ("windows", "windows nt")
_APPLE = {
    "mac os x": "macOS",
    "os x": "macOS",
    "macos": "macOS",
    "iphone os": "iOS",
    "ios": "iOS",
    "ipados": "iPadOS",
    "ipad os": "iPadOS",
    "tvos": "tvOS",
    "apple tvos": "tvOS",
    "watchos": "watchOS",
    "watch os": "watchOS",
    "visionos": "visionOS",
    "xros": "visionOS",
}
_SHOWN = {**_APPLE, "android": "Android", "linux": "Linux"}
_RINGS = {
    "release preview": "Release Preview",
    "insider fast": "Insider Fast",
    "insider slow": "Insider Slow",
    "external": "External",
}


@dataclass(frozen=True, slots=True)
class System:
    """A system: `Windows 10`, `Version 1703`, `10.0.15063.850`."""

    version: str = UNKNOWN
    release: str = UNKNOWN
    build: str = UNKNOWN


def system(name: str, version: str, build: str = "", release: str = "") -> System:
    """The system of a report.

    Args:
        name: `Windows NT`, `iOS`, `Windows Server 2019`.
        version: `10.0.15063 850`, `17.4.1`; words after the numbers are ignored.
        build: a build number: `10.0.15063.850`, `21E236`.
        release: the sender's name for it, such as a flighting ring.
    """
    kind = name.strip().lower()
    if kind.startswith("windows"):
        return _windows(kind, _numbers(version), _numbers(build), release.strip().lower())
    found = _NUMBERS.match(version.strip())
    number = found.group() if found else ""
    shown = _SHOWN.get(kind, name.strip())
    if not shown:
        return System(build=build.strip() or version.strip() or UNKNOWN)
    return System(
        f"{shown} {_generation(shown, number)}".strip(),
        number or UNKNOWN,
        build.strip() or (kind in _APPLE and _behind(version)) or version.strip() or UNKNOWN,
    )


def _windows(kind: str, version: tuple[int, ...], build: tuple[int, ...], release: str) -> System:
    # App Center's UWP SDK sends the whole number as the build, its others as the version.
    numbers = max(version, build, key=len) if version[:2] == build[:2] or not version else version
    if len(build) == 1 and len(numbers) == 3:  # noqa: PLR2004 - major, minor, build
        numbers = (*numbers, *build)
    text = ".".join(map(str, numbers)) or UNKNOWN
    if len(numbers) < 3:  # noqa: PLR2004
        return System(build=text)
    server = "server" in kind
    for line_version, last, pc, pc_release, on_server, server_release in rows("windows", 6):
        if line_version == f"{numbers[0]}.{numbers[1]}" and numbers[2] <= int(last):
            shown = (on_server, server_release) if server and on_server else (pc, pc_release)
            return System(shown[0], _RINGS.get(release, shown[1]), text)
    # Newer than the table.
    return System("Windows 11" if numbers[0] == 10 and not server else UNKNOWN, _RINGS.get(release, UNKNOWN), text)  # noqa: PLR2004


def _generation(shown: str, number: str) -> str:
    """The part of a version in a system's name: `10.15` of macOS 10.15.7, `17` of iOS 17.4.1."""
    parts = number.split(".")
    if (shown == "macOS" and parts[0] == "10") or shown not in {*_APPLE.values(), "Android"}:
        return ".".join(parts[:2])
    return parts[0]


def _behind(version: str) -> str:
    """The word after the number: `23E224` of `14.4.1 23E224`."""
    _, _, rest = version.strip().partition(" ")
    return rest.strip()


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with; `10.0.15063 850` has its fourth after a space."""
    found = _NUMBERS.match(text.strip())
    if not found:
        return ()
    numbers = tuple(map(int, found.group().split(".")))
    behind = re.match(r"[ .](\d{1,9})\b", text.strip()[found.end() :])
    return (*numbers, int(behind.group(1))) if behind and len(numbers) == 3 else numbers  # noqa: PLR2004
