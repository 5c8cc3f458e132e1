"""What every asker is handed: the asset under visit, and what the inventory says it may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from appliance.site.model import Asset, Service
from appliance.visit import questions as q
from appliance.visit.asking.logins import Logins
from appliance.visit.classes import ProbingClass
from appliance.visit.guard.kept import Kept
from checks.facts.observation import Facts
from collectors.credentials import Trust
from collectors.snmp_profile import Profile
from collectors.wire import Target, Wire

HEARD = "heard"
"""In `kept`, by vantage: who answered it in this visit."""


@dataclass
class Given:
    """
    One asset in one visit.

    `logins` gives what the inventory's credential ids stand for, and `trust` whom a service's
    secrets may be sent to; both raise `Denied` when the site does not have them.  `session` is
    entered around every session the device opens for us.  `kept` is what one question leaves for
    a later one of the same visit, by service.  `coming` are the questions of this visit, by
    service; `lasting` is what outlives it.  `vantage` is where the question under way is put from.
    """

    asset: Asset
    wire: Wire
    numbers: ProbingClass
    logins: Logins
    session: Callable[[Target, int], AbstractContextManager[None]]
    trust: Callable[[Service], Trust]
    firmware_oids: Mapping[str, str]
    profiles: Sequence[Profile] = ()
    kept: dict[tuple[str, str], Any] = field(default_factory=dict)
    coming: set[tuple[str, str]] = field(default_factory=set)
    vantage: str = ""
    lasting: Kept = field(default_factory=Kept.in_memory)


Asker = Callable[[Given, q.Question, Target, Service], Awaitable[Facts]]
"""Raises `CollectError`."""
