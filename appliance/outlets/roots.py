"""Whose silence explains another's: the site's, its zone's, a gateway's before it, or the asset's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from appliance.site.model import Site
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason

PRESENT = "inventory-device-present"
ZONE_ANSWERS = "zone-answers"
SITE_ANSWERS = "site-answers"
MOST_GATEWAYS = 8
_CAUSES = (Reason.GATEWAY_SILENT, Reason.BLIND)


def root(site: Site, standings: Mapping[StateKey, Standing], key: StateKey) -> str:
    """
    The text of the failing key that explains this one's silence, or a reason that says so itself;
    empty: nothing does.

    The widest is named: what has one cause is one message.
    """
    for wider in _wider(site, key):
        standing = standings.get(wider)
        if wider != key and standing is not None and standing.state is State.FAIL:
            return str(wider)
    own = standings.get(key)
    silenced = own is not None and own.state is State.UNKNOWN and own.reason in _CAUSES
    return own.reason.value if own is not None and silenced else ""


def _wider(site: Site, key: StateKey) -> Iterator[StateKey]:
    yield StateKey(Subject("site"), SITE_ANSWERS)
    if key.subject.zone:
        yield StateKey(Subject("zone", zone=key.subject.zone), ZONE_ANSWERS)
    name, chain = key.subject.asset, list[StateKey]()
    while name and len(chain) < MOST_GATEWAYS:
        try:
            asset = site.asset(name)
        except KeyError:
            break
        chain.append(StateKey(Subject("asset", zone=asset.zone, asset=asset.id), PRESENT))
        name = asset.behind or ""
    yield from reversed(chain)
