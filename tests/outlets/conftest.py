"""A picture of a small site, with a device that writes nasty texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.judge.matrix import Cell, MatrixCell
from appliance.outlets.alerts import Alert
from appliance.outlets.drilled import Drilled
from appliance.outlets.picture import AssetPicture, Link, Picture, ZonePicture
from appliance.visit.guard.waiting import InTheWay
from checks import ALL
from checks.facts.certificates import Certificate
from checks.facts.drills import OwnDrills
from checks.facts.observation import ClockQuality, Observation
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason
from checks.requirements import REQUIREMENTS

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NASTY = "<script>alert(1)</script>\x1b[2J\u202egnp"


def standing(state: State, reason: Reason = Reason.AS_EXPECTED, said: str = "Fine.") -> Standing:
    return Standing(state, reason, said, (), AT - timedelta(hours=3), AT, AT, 10_800)


def asset(name: str = "hmi-1", **differs) -> AssetPicture:
    values = {
        "id": name,
        "zone": "control",
        "role": "hmi",
        "vendor": 'Acme "A"',
        "type": "panel",
        "addresses": ("127.0.0.2",),
        "up": True,
        "last_visit": AT,
        "last_alive": AT,
        "visit_seconds": 1.5,
        "packets_sent": 42,
        "octets_sent": 4200,
        "budget_used_ratio": 0.25,
    }
    return AssetPicture(**(values | differs))


def endpoints(**differs) -> Observation:
    facts = OpcUaEndpoints(
        endpoints=(),
        certificates=(
            Certificate("aa", subject=NASTY, not_after=AT + timedelta(days=90)),
            Certificate("bb", not_after=AT + timedelta(days=30)),
            Certificate("cc", problem="unreadable"),
        ),
        application_uri="urn:hmi",
        product_uri="",
        application_type="Server",
    )
    values = {
        "asset": "hmi-1",
        "service": "tcp-4840",
        "vantage": "dmz",
        "vantage_kind": "monitor",
        "conduit": None,
        "permitted": True,
        "collector": "opcua",
        "question": "opcua-endpoints",
        "facts_type": "OpcUaEndpoints",
        "visit": "v1",
        "started": AT,
        "finished": AT,
        "clock": ClockQuality(synchronised=True),
        "alive": True,
        "last_alive": AT,
        "blind": False,
        "facts": facts,
    }
    return Observation(**(values | differs))


def standings() -> tuple[tuple[StateKey, Standing], ...]:
    service = Subject("service", "control", "hmi-1", "tcp-4840")
    return (
        (
            StateKey(service, "opcua-anonymous-session-refused"),
            standing(State.FAIL, Reason.ANONYMOUS_ACCEPTED, f"A session opened: {NASTY}."),
        ),
        (StateKey(service, "opcua-cert-valid"), standing(State.UNKNOWN, Reason.STALE, "Old.")),
        (StateKey(service, "opcua-auditing-enabled"), standing(State.NOT_APPLICABLE)),
        (
            StateKey(Subject("conduit", conduit="dmz-control"), "conduit-default-deny"),
            standing(State.PASS),
        ),
        (StateKey(Subject("zone", "control"), "self-coverage"), standing(State.PASS)),
    )


@pytest.fixture
def paint():
    """A function from what differs to a picture."""

    def painted(**differs) -> Picture:
        values = {
            "at": AT,
            "started": AT - timedelta(days=1),
            "version": "0.1.0",
            "site_id": "northgate",
            "site_name": "Northgate <works>",
            "appliance_id": "edge-1",
            "laboratory": False,
            "zones": (ZonePicture("control", "Filter control", ("dmz-control",)),),
            "assets": (asset(), asset("plc-1", up=None, last_visit=None, last_alive=None,
                                      visit_seconds=None)),
            "standings": standings(),
            "checks": {check.id: check for check in ALL},
            "observations": (endpoints(),),
            "ledger_size": 7,
            "last_checkpoint": AT,
            "outbox": {"mqtt": 3},
            "last_reload_successful": True,
            "held": False,
            "lateness": 0.5,
        }  # fmt: skip
        return Picture(**(values | differs))

    return painted


@pytest.fixture
def full_picture(paint) -> Picture:
    """A picture with every family of metrics in it."""
    cells = tuple(
        MatrixCell(
            "control", r, Cell.SUPPORTED if n % 3 else Cell.CONTRADICTED, 2, 1, n % 2 == 0, ()
        )
        for n, r in enumerate(REQUIREMENTS.values())
    )
    confirmed = StateKey(Subject("asset", "control", "hmi-1"), "inventory-device-present")
    failing = standings()[0][0]
    return paint(
        cells=cells,
        refused={("hmi-1", "fault"): 1},
        drilled=Drilled(
            OwnDrills(86_400, 8 * 86_400, AT, AT, AT, AT),
            "K7Q4MX",
            {"mqtt": 0.05},
            {"vnc-protected": "It passes what is bad."},
            AT,
        ),
        in_the_way=(InTheWay("breaker", "hmi-1 rests.", zone="control", asset="hmi-1"),),
        alerts={failing: Alert(failing, "anonymous-accepted", AT, held="cap")},
        links={"mqtt": Link(connected=True, refused=2)},
        clock=ClockQuality(synchronised=True, max_error_ms=3),
        standings=(*standings(), (confirmed, standing(State.PASS))),
    )
