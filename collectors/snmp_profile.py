"""
Device profiles as collectors take them: which family an agent is of, and where things stand: pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.facts.snmp_identity import FirmwarePart, SnmpIdentity
from collectors.snmp_client import Value
from collectors.snmp_values import text

SYS_DESCR = "1.3.6.1.2.1.1.1.0"


@dataclass(frozen=True)
class Place:
    """
    Where a text stands: `oid` with its instance, or `below` the agent's own sysObjectID.

    `regex` has one group, which is the text; empty: all of it.
    """

    oid: str = ""
    below: str = ""
    regex: str = ""

    def at(self, object_id: str) -> str:
        return self.oid or f"{object_id}.{self.below}"


@dataclass(frozen=True)
class Part:
    """One part of a device's firmware, and the places that may show it."""

    name: str
    places: tuple[Place, ...]
    judged: bool = True


@dataclass(frozen=True)
class Switch:
    """
    One setting worth checking: a whole number at `oid` and what its values are called.

    `wanted` are the words that are right, `control` the check that judges it.
    """

    name: str
    oid: str
    words: Mapping[int, str]
    wanted: tuple[str, ...]
    control: str


@dataclass(frozen=True)
class Changes:
    """OIDs of what tells that a configuration changed; empty: the family has none."""

    changed: str = ""
    saved: str = ""
    fingerprint: str = ""
    saved_fingerprint: str = ""


@dataclass(frozen=True)
class Profile:
    """
    One family of devices.

    `object_ids` are prefixes of sysObjectID; none: only `descr` tells.  `descr` is what sysDescr
    must hold besides.
    """

    id: str
    vendor: str
    object_ids: tuple[str, ...] = ()
    descr: str = ""
    product: tuple[Place, ...] = ()
    order_number: tuple[Place, ...] = ()
    serial: tuple[Place, ...] = ()
    firmware: tuple[Part, ...] = ()
    switches: tuple[Switch, ...] = ()
    changes: Changes = Changes()
    time_servers: tuple[str, ...] = ()
    """OIDs, instance included, that hold one server each."""
    log_targets: tuple[str, ...] = ()
    modbus: tuple[str, ...] = ()
    """What the texts of its Modbus identification hold, each of them; none: they tell nothing."""
    server_id_octets: int | None = None
    """Octets of its id in the answer to Modbus function 17; None: that is not asked."""

    def oids(self, object_id: str) -> tuple[str, ...]:
        """Everything that identifies it, without what every agent is asked for anyway."""
        places = (*self.product, *self.order_number, *self.serial)
        places += tuple(place for part in self.firmware for place in part.places)
        return tuple(dict.fromkeys(o for p in places if (o := p.at(object_id)) != SYS_DESCR))


def fitting(profiles: Iterable[Profile], object_id: str, descr: str) -> Profile | None:
    """
    The profile of the longest prefix, and among those the one whose `descr` fits.

    None when none fits, and when two fit alike: that would be a guess.
    """
    ranked: dict[tuple[int, bool], list[Profile]] = {}
    for profile in profiles:
        prefix = max((len(p) for p in profile.object_ids if _below(object_id, p)), default=-1)
        if profile.object_ids and prefix < 0:
            continue
        if profile.descr and not re.search(profile.descr, descr):
            continue
        if profile.object_ids or profile.descr:
            ranked.setdefault((prefix, bool(profile.descr)), []).append(profile)
    best = ranked[max(ranked)] if ranked else []
    return best[0] if len(best) == 1 else None


def identify(profile: Profile | None, object_id: str, values: Mapping[str, Value]) -> SnmpIdentity:
    """What the values read from an agent say at the profile's places."""
    if profile is None:
        return SnmpIdentity("", "", "", "", "", ())

    def found(places: tuple[Place, ...]) -> str:
        return next((t for p in places if (t := _read(p, object_id, values))), "")

    return SnmpIdentity(
        profile=profile.id,
        vendor=profile.vendor,
        product=found(profile.product),
        order_number=found(profile.order_number),
        serial=found(profile.serial),
        firmware=tuple(
            FirmwarePart(part.name, found(part.places), part.judged) for part in profile.firmware
        ),
    )


def _read(place: Place, object_id: str, values: Mapping[str, Value]) -> str:
    shown = text(values.get(place.at(object_id)))
    if not place.regex:
        return shown
    matched = re.search(place.regex, shown)
    return matched.group(1).strip() if matched else ""


def _below(oid: str, prefix: str) -> bool:
    return f"{oid}.".startswith(f"{prefix}.")
