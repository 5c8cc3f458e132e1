from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from appliance.judge.matrix import Cell, matrix, ratios
from appliance.site.model import Site
from checks.check import Strength
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason

AT = datetime(2026, 3, 2, tzinfo=UTC)
CHECKS = {
    "shows": SimpleNamespace(
        requirements={"SR 1.1": Strength.ON_INTERFACE, "SR 2.1": Strength.PART}
    ),
    "hints": SimpleNamespace(requirements={"SR 1.1": Strength.HINT, "SR 3.3": Strength.HINT}),
    "coverage": SimpleNamespace(requirements={"SR 3.3": Strength.ON_INTERFACE}),
}


@pytest.fixture
def site():
    return Site.model_validate(
        {
            "site": {"id": "bench"},
            "appliance": {"id": "edge", "vantage": "dmz"},
            "zones": [
                {"id": "dmz", "sl_t": 1},
                {"id": "cell", "sl_t": {"fr1": 2, "fr2": 1, "fr3": 1}},
            ],
            "conduits": [{"id": "dmz-cell", "from": "dmz", "to": "cell"}],
            "assets": [
                {"id": "plc-1", "zone": "cell", "address": "127.0.0.2"},
                {
                    "id": "plc-2",
                    "zone": "cell",
                    "address": "127.0.0.3",
                    "services": [
                        {"port": "tcp/4840", "protocol": "opcua"},
                        {"port": "tcp/502", "protocol": "modbus"},
                    ],
                },
            ],
        }
    )


def stands(state, check="shows", **subject):
    kind = "asset" if "asset" in subject else next(iter(subject), "site")
    zone = subject.pop("zone", "cell" if kind != "site" else "")
    key = StateKey(Subject(kind, zone=zone, **subject), check)
    return key, Standing(state, Reason.AS_EXPECTED, "So.", (), AT, AT, AT, 3600)


def cell(site, *standings, requirement="SR 1.1", zone="cell", **more):
    cells = matrix(site, standings, CHECKS, **more)
    return next(c for c in cells if (c.zone, c.requirement.id) == (zone, requirement))


def both(state):
    return stands(state, asset="plc-1"), stands(State.PASS, asset="plc-2")


def test_every_zone_has_all_hundred_requirements(site):
    assert len(matrix(site, [], CHECKS)) == 200


def test_a_zone_is_supported_when_every_asset_shows_it_itself(site):
    found = cell(site, *both(State.PASS))
    assert (found.cell, found.assets, found.shown) == (Cell.SUPPORTED, 2, 2)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.FAIL, Cell.CONTRADICTED),
        (State.ACCEPTED, Cell.ACCEPTED),
        (State.COMPENSATED, Cell.COMPENSATED),
        (State.UNKNOWN, Cell.PARTLY_SUPPORTED),
        (State.NOT_APPLICABLE, Cell.PARTLY_SUPPORTED),
    ],
)
def test_one_asset_that_does_not_show_it_decides(site, state, expected):
    assert cell(site, *both(state)).cell is expected


def test_an_asset_nobody_looked_at_leaves_a_hole(site):
    found = cell(site, stands(State.PASS, asset="plc-1"))
    assert (found.cell, found.shown) == (Cell.PARTLY_SUPPORTED, 1)


def test_parts_never_add_up_to_the_whole(site):
    assert cell(site, *both(State.PASS), requirement="SR 2.1").cell is Cell.PARTLY_SUPPORTED


@pytest.mark.parametrize("state", list(State))
def test_a_hint_never_moves_a_cell(site, state):
    found = cell(site, stands(state, check="hints", asset="plc-1"))
    assert found.cell is Cell.NOT_ASSESSED
    assert not found.direct
    assert [e.state for e in found.evidence] == [state]


@pytest.mark.parametrize("state", [State.UNKNOWN, State.NOT_APPLICABLE])
def test_what_nobody_could_see_is_not_assessed(site, state):
    found = cell(site, stands(state, asset="plc-1"))
    assert (found.cell, found.direct) == (Cell.NOT_ASSESSED, False)


def test_a_statement_fills_a_gap_and_never_covers_what_was_seen(site):
    attested = {("cell", "SR 1.1"): "att-7"}
    assert cell(site, attested=attested).cell is Cell.ATTESTED
    seen = cell(site, *both(State.FAIL), attested=attested)
    assert (seen.cell, seen.attested_by) == (Cell.CONTRADICTED, "att-7")


def test_the_target_level_decides_only_what_is_selected(site):
    passing = both(State.PASS)
    assert cell(site, *passing, zone="dmz").cell is Cell.NOT_ASSESSED
    assert cell(site, requirement="SR 1.1 RE 1", zone="dmz").cell is Cell.NOT_SELECTED
    assert cell(site, requirement="SR 1.1 RE 1", zone="cell").cell is Cell.NOT_ASSESSED
    assert cell(site, requirement="SR 1.1 RE 1", zone="dmz", sl_t=2).cell is Cell.NOT_ASSESSED
    assert cell(site, *passing, sl_t=0).cell is Cell.NOT_SELECTED


def test_a_conduit_speaks_for_the_zone_behind_it_and_the_site_for_all(site):
    across = cell(site, stands(State.FAIL, conduit="dmz-cell"))
    assert across.cell is Cell.CONTRADICTED
    anywhere = stands(State.FAIL, check="coverage")
    assert cell(site, anywhere, requirement="SR 3.3", zone="dmz").cell is Cell.CONTRADICTED
    assert cell(site, anywhere, requirement="SR 3.3", zone="cell").cell is Cell.CONTRADICTED


def test_support_and_coverage_count_selected_cells_only(site):
    cells = matrix(site, [*both(State.PASS)], CHECKS)
    first = next(r for r in ratios(cells) if (r.zone, r.foundational) == ("cell", 1))
    assert (first.supported, first.direct) == (1, 1)
    assert first.selected == sum(
        c.zone == "cell" and c.requirement.foundational == 1 and c.cell is not Cell.NOT_SELECTED
        for c in cells
    )
    assert not [r for r in ratios(cells) if (r.zone, r.foundational) == ("cell", 4)]


def on(service, state, check="shows"):
    key = StateKey(Subject("service", zone="cell", asset="plc-2", service=service), check)
    return key, Standing(state, Reason.AS_EXPECTED, "So.", (), AT, AT, AT, 3600)


def test_a_service_nobody_looked_at_leaves_a_hole_that_is_named(site):
    first = stands(State.PASS, asset="plc-1")
    half = cell(site, first, on("tcp-4840", State.PASS))
    whole = cell(site, first, on("tcp-4840", State.PASS), on("tcp-502", State.PASS))

    assert (half.cell, half.holes) == (Cell.PARTLY_SUPPORTED, ("plc-2.tcp-502",))
    assert (whole.cell, whole.holes) == (Cell.SUPPORTED, ())


def test_a_service_the_question_does_not_arise_for_leaves_none(site):
    found = cell(
        site,
        stands(State.PASS, asset="plc-1"),
        on("tcp-4840", State.PASS),
        on("tcp-502", State.NOT_APPLICABLE),
    )

    assert (found.cell, found.holes) == (Cell.SUPPORTED, ())


def test_where_no_question_arises_at_all_nothing_is_supported(site):
    found = cell(
        site,
        stands(State.PASS, asset="plc-1"),
        on("tcp-4840", State.NOT_APPLICABLE),
        on("tcp-502", State.NOT_APPLICABLE),
    )

    assert (found.cell, found.holes) == (Cell.PARTLY_SUPPORTED, ("plc-2",))


def test_a_hint_that_passes_fills_no_hole(site):
    found = cell(
        site,
        stands(State.PASS, asset="plc-1"),
        on("tcp-4840", State.PASS),
        on("tcp-502", State.PASS, check="hints"),
    )

    assert (found.cell, found.holes) == (Cell.PARTLY_SUPPORTED, ("plc-2.tcp-502",))


def test_an_unknown_state_is_a_hole_though_the_zone_passes(site):
    zone = stands(State.PASS, check="coverage", zone="cell")
    unknown = stands(State.UNKNOWN, check="coverage", asset="plc-1")
    found = cell(site, zone, unknown, requirement="SR 3.3")

    assert (found.cell, found.holes) == (Cell.PARTLY_SUPPORTED, ("plc-1",))
    passing = cell(site, zone, requirement="SR 3.3")
    assert (passing.cell, passing.shown) == (Cell.SUPPORTED, 2)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.COMPENSATED, State.FAIL, State.UNKNOWN])
def test_an_asset_with_something_against_it_does_not_count_as_shown(site, state):
    found = cell(
        site, on("tcp-4840", State.PASS), on("tcp-502", state), stands(State.PASS, asset="plc-1")
    )

    assert found.shown == 1


def test_what_stood_of_an_asset_that_is_gone_or_moved_speaks_for_nobody(site):
    gone = stands(State.PASS, asset="plc-9")
    moved = stands(State.FAIL, asset="plc-1", zone="dmz")

    assert cell(site, gone).evidence == ()
    assert cell(site, moved, zone="dmz").cell is Cell.NOT_ASSESSED


def test_a_zone_without_assets_is_never_supported(site):
    found = cell(
        site, stands(State.PASS, check="coverage", zone="dmz"), requirement="SR 3.3", zone="dmz"
    )

    assert (found.cell, found.assets) == (Cell.PARTLY_SUPPORTED, 0)
