"""Are the services there that must be there?"""

from __future__ import annotations

from checks.check import ASSET, ENGINEERING, HINT, MEDIUM, PART, check
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from checks.paths import place, port_of, unknown


@check(
    title="Services that must be there are there",
    about=ASSET,
    requirements={"SR 7.1": HINT, "SR 6.2": HINT, "SR 7.6": PART},
    program=("AVAIL 1.1", "CM 1.3"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0881",),
    remedy="Restore the service, or take it out of the asset record.",
    by_hand="From a permitted host connect to each declared TCP service.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected) -> Verdict:
    """
    Passes when every declared TCP service was open wherever it is permitted; fails when one was
    refused, or silent while the asset answered something else; does not apply to assets without
    TCP services.

    An asset that answers nothing at all is inventory-device-present's to judge.
    """
    asset = expected.asset
    services = [s for s in asset.services if s.transport == "tcp"] if asset else []
    if asset is None or not services:
        return not_applicable("The asset record lists no TCP service.")
    wanted = {s.port for s in services}
    permitted = [s for s in ports if s.permitted and port_of(s) in wanted]

    refused = [s for s in permitted if _refused(s, asset.reset_conduits)]
    silent = [s for s in permitted if s.alive and _answer(s) is PortAnswer.FILTERED]
    if refused or silent:
        gone = [*refused, *silent]
        names = ", ".join(f"tcp-{p}" for p in sorted({port_of(s) or 0 for s in gone}))
        return failed(
            Reason.MISSING,
            f"Declared but not open: {names}.",
            rests_on=RestsOn.ANSWER if refused else RestsOn.SILENCE,
            where=tuple(place(s) for s in gone),
        )
    for look in permitted:
        if _answer(look) is not PortAnswer.OPEN:
            return unknown(look)
    seen = {port_of(s) for s in permitted}
    if missing := sorted(wanted - seen):
        if missing[0] in {port_of(s) for s in ports}:
            return inconclusive(
                Reason.NOT_PERMITTED, f"No conduit lets us see whether tcp-{missing[0]} is open."
            )
        return inconclusive(Reason.NOT_ASKED, f"Port tcp-{missing[0]} was not tried yet.")
    return passed(f"All {len(wanted)} declared TCP services are open.")


def _answer(seen: Seen[TcpPort]) -> PortAnswer | None:
    return seen.facts.answer if seen.facts else None


def _refused(seen: Seen[TcpPort], reset_conduits: tuple[str, ...]) -> bool:
    return _answer(seen) is PortAnswer.REFUSED and seen.conduit not in reset_conduits
