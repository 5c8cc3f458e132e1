"""Does the device run firmware somebody approved?"""

from __future__ import annotations

from checks.check import ASSET, HIGH, PART, SOC, check
from checks.facts.expected import Expected
from checks.facts.modbus import ModbusIdentity
from checks.facts.observation import Facts, Seen
from checks.facts.opcua import OpcUaServer
from checks.facts.snmp import SnmpSystem
from checks.facts.snmp_identity import SnmpIdentity
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.versions import same, version


@check(
    title="Observed firmware or software version is on the approved list",
    about=ASSET,
    requirements={"SR 3.4": PART, "SR 7.8": PART},
    program=("COMP 3.2", "COMP 3.3", "CM 1.1"),
    severity=HIGH,
    audience=SOC,
    enables=("T0866", "T1693.001"),
    remedy="Patch or roll back, or approve the version in the asset's firmware list.",
    by_hand="Read the version on the device's own display or engineering tool and compare.",
)
def judge(
    servers: tuple[Seen[OpcUaServer], ...],
    units: tuple[Seen[ModbusIdentity], ...],
    agents: tuple[Seen[SnmpSystem], ...],
    profiled: tuple[Seen[SnmpIdentity], ...],
    expected: Expected,
) -> Verdict:
    """
    Passes when every version the device shows is approved; fails when none is; does not apply
    when the inventory approves no version.

    Sources that disagree are nobody's pass: a protocol stack may show its own version.  Where a
    device profile knows the firmware's places, they count in place of ENTITY-MIB, every part that
    runs must be found, and a boot loader or a backup beside it is not judged.
    """
    approved = expected.asset.firmware_approved if expected.asset else ()
    if not approved:
        return not_applicable("The inventory approves no version for this asset.")
    parts = _parts(profiled)
    by_profile = {place for place, found in parts.items() if any(text for _, text in found)}
    shown = _shown(servers, units, tuple(a for a in agents if a.service not in by_profile))
    shown += [
        (f"{place} {name}", text)
        for place in sorted(by_profile)
        for name, text in parts[place]
        if not _placeholder(text)
    ]
    if not shown:
        return _nothing((*servers, *units, *agents, *profiled))
    good = [source for source in shown if any(same(source[1], text) for text in approved)]
    bad = [source for source in shown if source not in good]
    if good and bad:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"{_text(good)} is approved, but {_text(bad)} is not.",
            where=tuple(place for place, _ in bad),
        )
    if bad:
        return failed(
            Reason.NOT_APPROVED,
            f"{_text(bad)} is not approved; approved is {' or '.join(approved)}.",
            where=tuple(place for place, _ in bad),
        )
    hidden = [
        f"{place} {name}"
        for place in sorted(by_profile)
        for name, text in parts[place]
        if _placeholder(text)
    ]
    if hidden:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"{_text(good)} is approved, but the device does not show {' and '.join(hidden)}.",
            where=tuple(hidden),
        )
    return passed(f"{_text(good)} is approved.")


def _parts(profiled: tuple[Seen[SnmpIdentity], ...]) -> dict[str, list[tuple[str, str]]]:
    """(part, version) of what runs, by service."""
    return {
        seen.service or "": [(p.name, p.version) for p in seen.facts.firmware if p.judged]
        for seen in profiled
        if seen.facts is not None
    }


def _shown(
    servers: tuple[Seen[OpcUaServer], ...],
    units: tuple[Seen[ModbusIdentity], ...],
    agents: tuple[Seen[SnmpSystem], ...],
) -> list[tuple[str, str]]:
    """(place, version) of everything that shows one."""
    found = [
        (f"{s.service} software version", s.facts.software_version) for s in servers if s.facts
    ]
    found += [(f"{u.service} revision", u.facts.revision) for u in units if u.facts]
    for agent in agents:
        if agent.facts:
            found += [
                (f"{agent.service} vendor firmware", agent.facts.vendor_firmware),
                (f"{agent.service} firmware", agent.facts.entity_firmware),
                (f"{agent.service} software", agent.facts.entity_software),
            ]
    return [(place, text.strip()) for place, text in found if not _placeholder(text)]


def _nothing(seen: tuple[Seen[Facts], ...]) -> Verdict:
    if not seen:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    for one in seen:
        if one.reason is not None:
            return inconclusive(one.reason, one.said)
    return inconclusive(Reason.NOT_COMPARABLE, "The device shows no version anywhere.")


def _placeholder(text: str) -> bool:
    """Zeros only: some devices show them for a part that is not there."""
    return version(text) is None and not same(text, text)


def _text(shown: list[tuple[str, str]]) -> str:
    return " and ".join(f"{text} ({place})" for place, text in shown)
