from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.outlets import metrics
from checks.facts.observation import ClockQuality
from checks.facts.standing import State, StateKey, Subject
from tests.outlets.conftest import AT, standing

SERVICE = 'zone="control",asset="hmi-1",service="tcp-4840",conduit=""'
SECONDS = "1772445600.0"


def lines(picture, states="all"):
    return metrics.render(picture, states).decode().splitlines()


@pytest.mark.parametrize("states", ["all", "current"])
def test_promtool_finds_nothing_to_say_about_the_page(paint, states):
    page = metrics.render(paint(), states)
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, check=False
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_every_state_has_a_series_and_one_is_1(paint):
    start = f'upheld_check_state{{{SERVICE},check="opcua-anonymous-session-refused",'
    found = [line.removeprefix(start) for line in lines(paint()) if line.startswith(start)]

    assert found == [
        'state="pass"} 0',
        'state="fail"} 1',
        'state="compensated"} 0',
        'state="accepted"} 0',
        'state="unknown"} 0',
    ]


def test_current_writes_only_the_state_that_is_1(paint):
    start = "upheld_check_state{"
    found = [line.removeprefix(start) for line in lines(paint(), "current") if start in line]

    assert sorted(found) == sorted(
        [
            f'{SERVICE},check="opcua-anonymous-session-refused",state="fail"}} 1',
            f'{SERVICE},check="opcua-cert-valid",state="unknown"}} 1',
            (
                'zone="",asset="",service="",conduit="dmz-control",'
                'check="conduit-default-deny",state="pass"} 1'
            ),
            'zone="control",asset="",service="",conduit="",check="self-coverage",state="pass"} 1',
        ]
    )


def test_what_does_not_apply_has_no_series(paint):
    states = [line for line in lines(paint()) if line.startswith("upheld_check_state")]

    assert not any("opcua-auditing-enabled" in line for line in states)


def test_a_large_site_is_current_by_itself(paint, monkeypatch):
    monkeypatch.setattr(metrics, "MOST_STATES_IN_FULL", 4)

    assert sum(line.startswith("upheld_check_state{") for line in lines(paint())) == 4


@pytest.mark.parametrize(
    "line",
    [
        f'upheld_check_last_evaluated_timestamp_seconds{{{SERVICE},check="opcua-cert-valid"}} {SECONDS}',
        'upheld_asset_info{zone="control",asset="hmi-1",role="hmi",vendor="Acme \\"A\\"",type="panel"} 1',
        'upheld_asset_up{zone="control",asset="hmi-1"} 1',
        'upheld_visit_duration_seconds{zone="control",asset="hmi-1"} 1.5',
        "upheld_visit_lateness_seconds 0.5",
        "# TYPE upheld_packets_sent_total counter",
        'upheld_packets_sent_total{asset="hmi-1"} 42',
        'upheld_packet_budget_used_ratio{asset="hmi-1"} 0.25',
        (
            'upheld_certificate_not_after_timestamp_seconds{zone="control",asset="hmi-1",'
            'service="tcp-4840"} 1775037600.0'
        ),
        "upheld_ledger_size 7.0",
        "upheld_ledger_last_checkpoint_timestamp_seconds 1.7724456e+09",
        'upheld_outbox_messages{outlet="mqtt"} 3',
        "upheld_config_last_reload_successful 1.0",
        "upheld_hold 0.0",
        'upheld_build_info{version="0.1.0"} 1.0',
    ],
)
def test_the_page_has_the_line(paint, line):
    assert line in lines(paint())


def test_a_check_has_one_info_series_for_each_requirement(paint):
    start = 'upheld_check_info{check="opcua-anonymous-session-refused",'
    picture = paint()
    found = [line.removeprefix(start) for line in lines(picture) if line.startswith(start)]
    check = picture.checks["opcua-anonymous-session-refused"]

    assert len(found) == len(check.requirements)
    assert any(line.startswith('fr="fr1",requirement="SR 1.1",severity="') for line in found)


def test_an_asset_not_visited_yet_is_neither_up_nor_down(paint):
    page = lines(paint())

    assert not any(line.startswith("upheld_asset_up") and "plc-1" in line for line in page)


def test_a_line_break_or_backslash_cannot_leave_its_label(paint):
    first = replace(paint().assets[0], vendor='a\nupheld_hold 1\\"')

    assert (
        'upheld_asset_info{zone="control",asset="hmi-1",role="hmi",'
        'vendor="a\\nupheld_hold 1\\\\\\"",type="panel"} 1'
    ) in lines(paint(assets=(first,)))


def test_what_changed_is_written_anew_and_what_left_is_gone(paint):
    exposition = metrics.Exposition()
    before = paint()
    exposition.render(before)
    (key, old), *rest = before.standings
    changed = paint(standings=((key, replace(old, state=State.PASS)), *rest))

    assert exposition.render(changed) == metrics.render(changed)
    assert exposition.render(paint(standings=())) == metrics.render(paint(standings=()))


def test_a_look_that_found_nothing_keeps_no_old_certificate(paint):
    (seen,) = paint().observations
    nothing = replace(
        seen, facts=None, reason="timeout", finished=seen.finished + timedelta(hours=1)
    )
    page = lines(paint(observations=(seen, nothing)))

    assert not any(line.startswith("upheld_certificate_not_after") for line in page)


CONFIRMED = "upheld_inventory_confirmed_timestamp_seconds"


def _inventory(check, state, ago):
    key = StateKey(Subject("asset", "control", "hmi-1"), check)
    return key, replace(standing(state), supported=AT - timedelta(seconds=ago))


def test_the_inventory_was_confirmed_when_a_check_of_it_last_passed(paint):
    standings = (
        _inventory("inventory-device-present", State.PASS, 60),
        _inventory("modbus-identity-matches-inventory", State.PASS, 30),
        _inventory("snmp-identity-matches-inventory", State.FAIL, 0),
        _inventory("port-expected-present", State.PASS, 0),
    )
    found = [line for line in lines(paint(standings=standings)) if line.startswith(CONFIRMED)]

    wanted = (AT - timedelta(seconds=30)).timestamp()
    assert found == [f'{CONFIRMED}{{zone="control",asset="hmi-1"}} {wanted!r}']


@pytest.mark.parametrize("state", [State.FAIL, State.UNKNOWN, State.ACCEPTED])
def test_a_sign_of_life_alone_confirms_nothing(paint, state):
    standings = (_inventory("inventory-device-present", state, 0),)

    assert not any(line.startswith(CONFIRMED) for line in lines(paint(standings=standings)))


def test_what_was_refused_is_counted_by_asset_and_reason(paint):
    found = lines(paint(refused={("plc-1", "fault"): 2, ("hmi-1", "budget-spent"): 1}))

    assert "# TYPE upheld_refused_total counter" in found
    assert 'upheld_refused_total{asset="hmi-1",reason="budget-spent"} 1' in found
    assert 'upheld_refused_total{asset="plc-1",reason="fault"} 2' in found


def test_alerts_are_counted_by_who_is_told_and_held_ones_are_seen(full_picture):
    page = metrics.render(full_picture).decode()

    assert 'upheld_alerts{zone="control",audience="soc",phase="held"} 1' in page
    assert 'upheld_outlet_connected{outlet="mqtt"} 1' in page
    assert 'upheld_publish_refused_total{outlet="mqtt"} 2' in page
    assert "upheld_clock_synchronised 1\n" in page
    assert "upheld_clock_max_error_seconds 0.003\n" in page


def test_a_clock_nobody_vouches_for_has_no_error_bound(paint):
    page = metrics.render(paint(clock=ClockQuality(synchronised=False))).decode()

    assert "upheld_clock_synchronised 0\n" in page
    assert "upheld_clock_max_error" not in page
