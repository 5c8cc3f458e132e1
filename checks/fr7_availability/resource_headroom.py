"""Is there room left in processor and storage?"""

from __future__ import annotations

from checks.check import ENGINEERING, HINT, LOW, PART, SERVICE, check
from checks.facts.equipment import Load, SnmpResources, Storage
from checks.facts.expected import Expected
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

# Shorter averages are peaks, which a healthy device has too.
_A_WHILE = 300
# RAM is not judged: what a system caches there counts as used, and is given back when wanted.
_JUDGED = frozenset({"disk", "flash"})


@check(
    title="Processor and storage stay within limits",
    about=SERVICE,
    requirements={"SR 7.2": PART, "SR 7.1": HINT},
    program=("AVAIL 1.2",),
    severity=LOW,
    audience=ENGINEERING,
    enables=("T0814",),
    remedy="Find what takes it: a scan, a loop in the network, a log nobody rotates.",
    by_hand="Run snmpwalk of 1.3.6.1.2.1.25.3.3.1.2 and 1.3.6.1.2.1.25.2.3.1 on {address} twice, "
    "some minutes apart.",
)
def judge(resources: SnmpResources, expected: Expected) -> Verdict:
    """
    Passes when every load and every disk or flash shown is below the limit; fails when a disk is
    above it, or an average over at least five minutes; does not apply to devices that show none.

    A device without room drops what it should log, and is slow when somebody needs it.
    """
    asset = expected.asset
    disks = [s for s in resources.storages if s.kind in _JUDGED and s.writable]
    if asset is None or (not resources.loads and not disks and not resources.truncated):
        return not_applicable("The device shows no load and no storage.")
    odd = [s for s in disks if s.used > s.size]
    full = [s for s in disks if s not in odd and _percent(s) > asset.max_storage_percent]
    busy = [x for x in resources.loads if x.percent > asset.max_load_percent]
    lasting = [x for x in busy if x.seconds >= _A_WHILE]
    if full or lasting:
        said = [f"{s.name} is {_percent(s)} percent full" for s in full]
        said += [f"{x.name} is at {x.percent} percent over {x.seconds // 60} min" for x in lasting]
        return failed(
            Reason.DIFFERS,
            f"{'; '.join(said[:10])}; the limits are {asset.max_storage_percent} and "
            f"{asset.max_load_percent} percent.",
            where=(*(s.name for s in full), *(x.name for x in lasting)),
        )
    return _gap(resources, busy, odd) or passed(_well(resources.loads, disks))


def _gap(resources: SnmpResources, busy: list[Load], odd: list[Storage]) -> Verdict | None:
    if odd:
        return inconclusive(
            Reason.UNINTELLIGIBLE,
            f"{odd[0].name} says it holds more than it can.",
            where=tuple(s.name for s in odd),
        )
    if busy:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"{busy[0].name} is at {busy[0].percent} percent over {busy[0].seconds} s, which may "
            "be a peak.",
            where=tuple(x.name for x in busy),
        )
    if resources.truncated:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The tables of the device are longer than we read."
        )
    return None


def _percent(storage: Storage) -> int:
    return storage.used * 100 // storage.size


def _well(loads: tuple[Load, ...], disks: list[Storage]) -> str:
    most = max((x.percent for x in loads), default=None)
    fullest = max((_percent(s) for s in disks), default=None)
    load = "No load is shown" if most is None else f"{len(loads)} loads are at most {most} percent"
    disk = (
        "no storage is shown"
        if fullest is None
        else f"{len(disks)} storages at most {fullest} percent full"
    )
    return f"{load}, {disk}."
