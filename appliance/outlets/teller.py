"""What every configured outlet is told of one change: composed here, delivered by each outlet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from appliance.ledger.entry import Message
from appliance.outlets import syslog_messages, telling
from appliance.site.model import Site
from appliance.visit.guard.event import Event
from checks import BY_ID
from checks.facts.standing import Standing, State, StateKey


class Teller:
    """
    The messages for MQTT and every SOC of one site.

    It remembers which alerts are out, so that a recovery is told exactly then.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._out: set[StateKey] = set()

    def restore(self, standings: Mapping[StateKey, Standing]) -> None:
        """What fails was told before we were restarted."""
        self._out = {key for key, standing in standings.items() if standing.state is State.FAIL}

    def change(
        self,
        key: StateKey,
        before: Standing | None,
        after: Standing,
        *,
        entry: int,
        at: datetime,
    ) -> list[Message]:
        """One state that became another; `entry` is the ledger size its evidence begins at."""
        check = BY_ID[key.check]
        told = []
        if self.site.outlets.mqtt is not None:
            name = self.site.site.id
            told = telling.change(name, key, before, after, check, entry=entry, at=at)
        told += syslog_messages.change(
            self.site, key, before, after, check, entry=entry, at=at, fired=key in self._out
        )
        if after.state is State.FAIL:
            self._out.add(key)
        elif after.state is not State.UNKNOWN:
            self._out.discard(key)
        return told

    def events(self, events: Sequence[Event], *, entry: int, at: datetime) -> list[Message]:
        """What the guard did by itself, or what people told it."""
        told: list[Message] = []
        for event in events:
            if self.site.outlets.mqtt is not None:
                told.append(telling.guard(self.site.site.id, event, at=at))
            told += syslog_messages.guard(self.site, event, entry=entry, at=at)
        return told

    def gone(self, keys: Iterable[StateKey]) -> list[Message]:
        """Subjects and checks the configuration no longer has."""
        keys = list(keys)
        self._out.difference_update(keys)
        return telling.gone(self.site.site.id, keys) if self.site.outlets.mqtt else []
