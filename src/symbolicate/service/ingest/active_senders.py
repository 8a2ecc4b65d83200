"""Counts the devices that send logs without crashes as active. Few requests cause a commit: a device counts once a day.

Requests that are received during a commit are committed together afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from symbolicate.store.intake.group_commit import GroupCommit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate.store import App, Sighting, Store
    from symbolicate.store.counts.devices import DeviceKey

    _New: TypeAlias = dict[DeviceKey, set[int]]

__all__ = ["ActiveSenders"]

_REQUESTS = 1024  # in one commit


class ActiveSenders:
    """Counts devices. Used by one event loop."""

    def __init__(self, store: Store) -> None:
        self._devices = store.active_devices
        self._commits: GroupCommit[_New, None] = GroupCommit(self._commit, largest=_REQUESTS, alone=lambda _: False)

    async def count(self, app: App, sightings: Iterable[Sighting]) -> None:
        """Count devices; they are counted durably when this returns.

        Raises:
            StoreUnavailable: they are not counted; they may be sent again.
        """
        if new := self._devices.new(app, sightings):
            await self._commits.wait_for(new)

    def _commit(self, batch: list[_New]) -> list[None]:
        together: _New = defaultdict(set)
        for new in batch:
            for key, members in new.items():
                together[key] |= members
        self._devices.add(together)
        return [None] * len(batch)
