"""
The picture as Prometheus text, version 0.0.4.

The families with a series per state are written here and kept per asset, because a registry takes
a second for what a large site has; the few that describe the appliance come from the client library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import generate_latest

from appliance.judge.matrix import MatrixCell, ratios
from appliance.outlets import drilled, guard_metrics, telling_metrics
from appliance.outlets.picture import AssetPicture, Picture
from appliance.outlets.series import family, head, labels
from checks.check import Check
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.standing import Standing, State, StateKey
from checks.requirements import REQUIREMENTS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_STATES_IN_FULL = 10_000
INVENTORY = "SR 7.8"

_SHOWN = (State.PASS, State.FAIL, State.COMPENSATED, State.ACCEPTED, State.UNKNOWN)

Standings = tuple[tuple[StateKey, Standing], ...]


class Exposition:
    """Renders pictures, remembering what it wrote for the assets that did not change."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool], tuple[Standings, str, str]] = {}

    def render(self, picture: Picture, states: str = "all") -> bytes:
        """
        The whole page of metrics.

        `states` is `all`, or `current` for only the series that are 1; above 10,000 states it
        is `current` by itself.
        """
        current = states == "current" or len(picture.standings) > MOST_STATES_IN_FULL
        families = [
            *self._state_families(picture, current=current),
            _check_info(picture.checks.values()),
            *_asset_families(picture.assets),
            _certificates(picture),
            _confirmed(picture),
            *_zone_ratios(picture.cells),
            _refused(picture.refused),
            *guard_metrics.families(picture),
            *drilled.families(picture.drilled),
            *telling_metrics.families(picture),
            _outbox(picture.outbox),
            *_anchors(picture),
        ]
        return "".join(families).encode() + generate_latest(_internals(picture))

    def _state_families(self, picture: Picture, *, current: bool) -> tuple[str, str]:
        kept: dict[tuple[str, bool], tuple[Standings, str, str]] = {}
        for asset, group in groupby(
            sorted(picture.standings, key=lambda s: s[0].subject.asset),
            lambda s: s[0].subject.asset,
        ):
            standings = tuple(group)
            before = self._kept.get((asset, current))
            if before is None or before[0] != standings:
                before = (standings, *_state_lines(standings, current=current))
            kept[asset, current] = before
        self._kept = kept
        return (
            head(
                "upheld_check_state",
                "1 for the state a control on a subject is in, 0 for the others.",
            )
            + "".join(k[1] for k in kept.values()),
            head(
                "upheld_check_last_evaluated_timestamp_seconds",
                "When a check last gave a verdict of any kind on a subject.",
            )
            + "".join(k[2] for k in kept.values()),
        )


def render(picture: Picture, states: str = "all") -> bytes:
    """The page of metrics once, with nothing remembered."""
    return Exposition().render(picture, states)


def _state_lines(standings: Standings, *, current: bool) -> tuple[str, str]:
    states, evaluated = [], []
    for key, standing in standings:
        if standing.state is State.NOT_APPLICABLE:
            continue
        s = key.subject
        named = labels(
            zone=s.zone, asset=s.asset, service=s.service, conduit=s.conduit, check=key.check
        )
        states += [
            f'upheld_check_state{{{named},state="{state}"}} {int(state is standing.state)}\n'
            for state in _SHOWN
            if state is standing.state or not current
        ]
        evaluated.append(
            f"upheld_check_last_evaluated_timestamp_seconds{{{named}}} "
            f"{_seconds(standing.evaluated)}\n"
        )
    return "".join(states), "".join(evaluated)


def _check_info(checks: Iterable[Check]) -> str:
    return family(
        "upheld_check_info",
        "What a check is about, one series for each requirement it speaks to.",
        (
            (
                labels(
                    check=check.id,
                    fr=f"fr{REQUIREMENTS[requirement].foundational}",
                    requirement=requirement,
                    severity=check.severity,
                    title=check.title,
                ),
                "1",
            )
            for check in checks
            for requirement in check.requirements
        ),
    )


def _asset_families(assets: tuple[AssetPicture, ...]) -> Iterable[str]:
    places = [(a, labels(zone=a.zone, asset=a.id)) for a in assets]
    return (
        family(
            "upheld_asset_info",
            "What an asset is, as the inventory has it.",
            (
                (labels(zone=a.zone, asset=a.id, role=a.role, vendor=a.vendor, type=a.type), "1")
                for a in assets
            ),
        ),
        family(
            "upheld_asset_up",
            "Whether an asset answered anything in its last visit.",
            ((place, str(int(a.up))) for a, place in places if a.up is not None),
        ),
        family(
            "upheld_visit_duration_seconds",
            "How long the last visit to an asset took.",
            ((p, repr(a.visit_seconds)) for a, p in places if a.visit_seconds is not None),
        ),
        family(
            "upheld_packets_sent_total",
            "Packets sent to an asset since the appliance started.",
            ((labels(asset=a.id), str(a.packets_sent)) for a in assets),
            kind="counter",
        ),
        family(
            "upheld_packet_budget_used_ratio",
            "How much of an asset's packet budget is used.",
            ((labels(asset=a.id), repr(float(a.budget_used_ratio))) for a in assets),
        ),
    )


def _certificates(picture: Picture) -> str:
    """The earliest end among the certificates a service showed when it was last looked at."""
    zones = {a.id: a.zone for a in picture.assets}
    newest = {
        (o.asset, o.service or ""): o.facts
        for o in sorted(picture.observations, key=lambda o: o.finished)
        if o.facts_type == OpcUaEndpoints.__name__
    }
    rows = []
    for (asset, service), facts in newest.items():
        if not isinstance(facts, OpcUaEndpoints):
            continue
        ends = [c.not_after for c in facts.certificates if c.not_after is not None]
        if ends and asset in zones:
            named = labels(zone=zones[asset], asset=asset, service=service)
            rows.append((named, _seconds(min(ends))))
    return family(
        "upheld_certificate_not_after_timestamp_seconds",
        "When the first of the certificates a service shows ends.",
        rows,
    )


def _confirmed(picture: Picture) -> str:
    """A sign of life confirms nothing: only a check of the inventory that passes does."""
    newest: dict[str, datetime] = {}
    for key, standing in picture.standings:
        check = picture.checks.get(key.check)
        if check and INVENTORY in check.requirements and standing.state is State.PASS:
            asset = key.subject.asset
            newest[asset] = max(standing.supported, newest.get(asset, standing.supported))
    return family(
        "upheld_inventory_confirmed_timestamp_seconds",
        "When a check last showed that an asset is there and is what the inventory says.",
        (
            (labels(zone=a.zone, asset=a.id), _seconds(newest[a.id]))
            for a in picture.assets
            if a.id in newest
        ),
    )


def _zone_ratios(cells: Iterable[MatrixCell]) -> tuple[str, str]:
    """Support and coverage; exceptions and attestations are in neither."""
    found = [(labels(zone=r.zone, fr=f"fr{r.foundational}"), r) for r in ratios(cells)]
    return (
        family(
            "upheld_zone_support_ratio",
            "Supported requirements of a zone, of those its target level selects.",
            ((named, repr(r.supported / r.selected)) for named, r in found),
        ),
        family(
            "upheld_zone_coverage_ratio",
            "Requirements of a zone with direct evidence in date, of those its target level selects.",
            ((named, repr(r.direct / r.selected)) for named, r in found),
        ),
    )


def _refused(refused: Mapping[tuple[str, str], int]) -> str:
    return family(
        "upheld_refused_total",
        "Requests our own guard stopped, by its reason; a fault is one of our own making.",
        (
            (labels(asset=asset, reason=reason), str(n))
            for (asset, reason), n in sorted(refused.items())
        ),
        kind="counter",
    )


def _outbox(waiting: Mapping[str, int]) -> str:
    return family(
        "upheld_outbox_messages",
        "Messages that wait to be delivered.",
        ((labels(outlet=outlet), str(n)) for outlet, n in sorted(waiting.items())),
    )


def _anchors(picture: Picture) -> Iterable[str]:
    named = [(labels(anchor=a.id), a) for a in picture.anchors]
    yield family(
        "upheld_ledger_last_anchor_timestamp_seconds",
        "When an anchor was last seen to have the ledger's head.",
        ((name, _seconds(a.last)) for name, a in named if a.last is not None),
    )
    yield family(
        "upheld_ledger_anchor_up",
        "Whether the newest attempt to anchor the ledger's head worked.",
        ((name, str(int(not a.trouble))) for name, a in named),
    )


def _internals(picture: Picture) -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, says: str, value: float) -> None:
        Gauge(f"upheld_{name}", says, registry=registry).set(value)

    gauge(
        "visit_lateness_seconds",
        "The longest a due visit waited to start, over the last minute.",
        picture.lateness,
    )
    gauge("ledger_size", "Entries in the ledger.", picture.ledger_size)
    if picture.last_checkpoint is not None:
        gauge(
            "ledger_last_checkpoint_timestamp_seconds",
            "When the ledger's head was last signed.",
            picture.last_checkpoint.timestamp(),
        )
    gauge(
        "config_last_reload_successful",
        "Whether the last configuration read was accepted.",
        picture.last_reload_successful,
    )
    gauge(
        "ledger_unadopted",
        "Whether the ledger is a copy that waits to be adopted.",
        bool(picture.unadopted),
    )
    gauge("hold", "Whether the appliance is held and sends nothing to devices.", picture.held)
    build = Gauge("upheld_build_info", "The version that runs.", ["version"], registry=registry)
    build.labels(version=picture.version).set(1)
    return registry


def _seconds(at: datetime) -> str:
    return repr(at.timestamp())
