"""
The supervised visit of new assets, in production: python -m tests.harm.supervised CONFIG STATE ID...

Their day of liveness lies in the past by the clock that is asked about it; the visit itself has
the machine's own time, every pause of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from appliance.clock import SystemClock
from appliance.site.loading import load
from appliance.visit.guard import Kept
from appliance.visit.guard.restraint import planned
from appliance.visit.guard.trust import CANARY_SECONDS, Trusts
from tests.harm.appliances import Hurried, opened

ROUND = 3_000.0


def greeted(folder: Path, state: Path, names: list[str]) -> None:
    """Yesterday they were new; their canaries were answered since, and somebody trusts them."""
    state.mkdir(exist_ok=True)
    kept, clock = Kept.open(state / "guard.db"), Hurried(-CANARY_SECONDS - 2 * ROUND)
    trusts, site = Trusts(kept, clock), load(folder).site
    for name in names:
        trusts.begin(name, planned(site.asset(name)))
    while clock.ahead < -ROUND:
        for name in names:
            trusts.alive(name, clean=True)
        clock.pass_(ROUND)
    for name in names:
        trusts.trust(name, "j-smit", "I watch")
    kept.close()


async def main(folder: Path, state: Path, names: list[str]) -> None:
    greeted(folder, state, names)
    async with opened(folder, state, SystemClock()) as rounds:
        visits = await asyncio.gather(*(rounds.visit(name) for name in names))
        told = [
            {
                "asset": visited.asset,
                "extent": visited.taken.leave.extent,
                "facts": sorted({o.facts_type for o in visited.observations if o.facts}),
                "packets": visited.taken.load.packets,
                "octets": visited.taken.load.octets,
                "seconds": (visited.finished - visited.started).total_seconds(),
                "events": [e.kind for e in visited.taken.events],
            }
            for visited in visits
        ]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
