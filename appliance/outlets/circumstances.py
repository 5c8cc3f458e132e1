"""What somebody who is woken by an alert asks next, pure: how it is known, what else, whom to call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.outlets.text import harmless
from appliance.site.model import Asset, Site
from checks.check import Check
from checks.facts.standing import Standing, State, StateKey

MOST_NEIGHBOURS = 5

# Facts of an attempt: somebody tried, and this is what happened.  All others are what a device says
# of itself or has in its settings.
ATTEMPTS = frozenset({
    "FtpAnonymous", "HttpPages", "MqttAnonymous", "NtpServer", "OpcUaAnonymous", "OpcUaRights",
    "Presence", "SnmpAccess", "SnmpDefaultCommunities", "SnmpManagers", "SnmpRefusals", "TcpPort",
    "TlsVersions", "TlsWeakSuites",
})  # fmt: skip

_SAFETY = "It belongs to a safety function: change nothing outside a planned stop."
_FRAGILE = "It is fragile: do not scan it, and open no second session while it runs."
_ROLES = {
    **dict.fromkeys(
        ("plc", "rtu"), "Do not stop, restart or download to it without operations: it controls."
    ),
    **dict.fromkeys(
        ("hmi", "scada"), "Do not restart it or log its operator off: somebody steers by it."
    ),
    **dict.fromkeys(
        ("switch", "router", "firewall", "gateway"),
        "Do not reload or recable it without operations: the process speaks through it.",
    ),
}
_OTHERS = "Do not isolate or restart it before operations has agreed."


@dataclass(frozen=True)
class Circumstances:
    """
    `basis` is `enforced` when the appliance tried it and `advertised` when the device says so.

    `neighbours` are the first few keys of the same zone that fail the same check, of `failing` in
    all; `restraint` a hold or closed window in force; `call` who owns the zone; `leave` what not to
    do to this device.
    """

    basis: str
    vantages: tuple[str, ...]
    neighbours: tuple[str, ...]
    failing: int
    restraint: str
    call: str
    leave: str

    @property
    def advice(self) -> str:
        """One line for a screen with little room."""
        also = f"{self.failing} more of the zone fail the same. " if self.failing else ""
        seen = f"Seen from {', '.join(self.vantages)}. " if self.vantages else ""
        held = f"In force: {self.restraint.removesuffix('.')}. " if self.restraint else ""
        return f"{seen}{also}{held}{self.leave}".strip()


def circumstances(
    site: Site,
    key: StateKey,
    check: Check,
    standings: Mapping[StateKey, Standing],
    *,
    vantages: tuple[str, ...] = (),
    restraint: str = "",
) -> Circumstances:
    """For one alert, as the site stands now."""
    zone = key.subject.zone
    others = sorted(
        str(other)
        for other, standing in standings.items()
        if other.check == key.check
        and other != key
        and other.subject.zone == zone
        and standing.state is State.FAIL
    )
    asset = next((a for a in site.assets if a.id == key.subject.asset), None)
    tried = any(kind.__name__ in ATTEMPTS for kind in check.reads)
    return Circumstances(
        basis="enforced" if tried else "advertised",
        vantages=vantages,
        neighbours=tuple(others[:MOST_NEIGHBOURS]),
        failing=len(others),
        restraint=harmless(restraint),
        call=harmless(next((z.responsible for z in site.zones if z.id == zone), ""), 64),
        leave=_leave(asset) if asset else "",
    )


def _leave(asset: Asset) -> str:
    if asset.safety:
        return _SAFETY
    said = _ROLES.get(asset.role, _OTHERS)
    return f"{said} {_FRAGILE}" if asset.probing == "fragile" else said
