"""The plan is the same for the same configuration, complete, and within the class."""

import random

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from appliance.visit.plan.card import HEIGHT, WIDTH, card
from appliance.visit.plan.difference import difference
from appliance.visit.plan.firewall import firewall
from appliance.visit.plan.plan import plan
from appliance.visit.plan.sent import described
from appliance.visit.plan.soc import soc
from appliance.visit.plan.words import at, lasting
from appliance.visit.questions import QUESTIONS
from tests.visit.plan.sites import OURS, PLAIN, PLC, made, whole

SITES = "config/example"


def of(name, planned):
    return next(a for a in planned.assets if a.asset == name)


def test_the_same_configuration_in_another_order_has_the_same_digest():
    parts = whole()
    shuffled = random.Random(1).sample(parts["assets"], len(parts["assets"]))

    assert plan(made()).digest == plan(made(assets=shuffled)).digest
    assert len(plan(made()).digest) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"closed_ports": ["tcp/21"]},
        {"site": {"id": "bench", "laboratory": True}},
        {"conduits": []},
        {"assets": whole()["assets"][1:]},
    ],
)
def test_any_change_of_what_is_sent_changes_the_digest(change):
    assert plan(made()).digest != plan(made(**change)).digest


def test_every_question_says_what_it_sends():
    missing = {q.id for q in QUESTIONS} - described()

    assert not missing, f"describe {sorted(missing)} in appliance/visit/plan/sent.py"


def test_safety_assets_and_those_of_class_never_are_not_in_it():
    planned = plan(made())

    assert planned.untouched == ("burner", "drive")
    assert {a.asset for a in planned.assets} == {"plc", "rtu", "switch", "panel"}


def test_a_port_of_the_never_connect_list_is_not_in_it():
    assert not [s for a in plan(made()).assets for s in a.steps if s.port == 9100]


def test_what_is_asked_daily_is_asked_once_a_day_however_often_the_asset_is_visited():
    assets = [{**whole()["assets"][2], "every": "1h"}]

    (switch,) = plan(made(assets=assets)).assets
    daily = {q.id for q in QUESTIONS if q.daily}

    assert {s.question: (s.a_day, s.spacing) for s in switch.steps if s.question in daily} == {
        "snmp-default-communities": (1, 24 * 3600),
        "snmp-managers": (1, 24 * 3600),
    }


def test_a_question_its_class_forbids_sends_nothing_and_says_why():
    assets = [{**whole()["assets"][2], "probing": "fragile"}]

    steps = of("switch", plan(made(assets=assets))).steps

    refused = [s for s in steps if s.question == "snmp-system"]
    assert [s.packets + s.a_day + len(s.pdus) for s in refused] == [0]
    assert "not logged in to" in refused[0].forbidden


def test_the_plain_vantage_speaks_to_nobody_across_a_conduit():
    planned = plan(made())

    assert not [s for s in of("plc", planned).steps if s.source == PLAIN and s.speaks]
    assert [s for s in of("plc", planned).steps if s.source == OURS and s.speaks]


@pytest.mark.parametrize("probing", ["fragile", "standard", "robust"])
@pytest.mark.parametrize("ports", [0, 3, 60])
def test_no_sum_is_above_its_class_however_many_ports_must_be_closed(probing, ports):
    assets = [{**whole()["assets"][0], "probing": probing}]
    closed = [f"tcp/{20_001 + n}" for n in range(ports)]

    planned = of("plc", plan(made(assets=assets, closed_ports=closed)))

    assert planned.visit.packets <= planned.sweep_limit
    assert planned.day.packets <= planned.day_limit
    assert planned.rotation >= planned.every
    assert (planned.rotation > planned.every) == bool(planned.over)


def test_more_closed_ports_take_longer_to_go_round():
    def rotation(ports):
        closed = [f"tcp/{20_001 + n}" for n in range(ports)]
        return of("panel", plan(made(closed_ports=closed))).rotation

    assert rotation(3) < rotation(30) < rotation(60)


def test_silence_is_alerted_after_two_visits_and_an_answer_after_one():
    planned = of("plc", plan(made()))
    rows = {(r.subject, r.check): r for r in planned.latencies}

    answer = rows["plc.tcp-4840", "opcua-mode-none-absent"]
    silence = rows["plc", "inventory-device-present"]
    assert answer.seconds == 3_600 + planned.seconds + 30
    assert (silence.visits, silence.seconds) == (2, 2 * 3_600 + planned.seconds + 30)


def test_a_drift_nobody_can_see_says_why():
    assets = [{**whole()["assets"][2], "probing": "fragile"}]

    rows = of("switch", plan(made(assets=assets))).latencies

    (row,) = [r for r in rows if r.check == "snmp-v3-authpriv"]
    assert row.seconds is None
    assert "not logged in to" in row.why


def test_a_new_asset_a_gone_port_and_a_new_bound_are_one_line_each():
    before, after = plan(made(assets=whole()["assets"][:1])), plan(made())

    assert difference(before, before) == ()
    assert [line[:8] for line in difference(before, after)] == ["+ panel:", "+ rtu: 6", "+ switch"]
    fewer = difference(plan(made()), plan(made(closed_ports=["tcp/21"])))
    assert any(line.startswith("- plc: tcp-port from 10.0.0.5 to tcp/23") for line in fewer)
    assert any(line.startswith("~ plc: packets a day") for line in fewer)


def test_the_firewall_list_merges_a_zone_and_says_what_is_blind():
    lines = firewall(plan(made())).splitlines()

    (closed,) = [line for line in lines if f"{OURS}\tcontrol" in line and "tcp/21" in line]
    assert closed.startswith("stays denied")
    assert "10.0.1.11,10.0.1.13\ttcp/21" in closed
    (opc,) = [line for line in lines if line.startswith("permit") and "tcp/4840" in line]
    assert PLC in opc
    assert "opcua-anonymous-session-refused" in opc
    assert all(line.count("\t") == 6 for line in lines[1:])


def test_the_soc_page_names_addresses_ports_times_and_events():
    page = soc(plan(made()))

    for wanted in (
        OURS,
        PLAIN,
        "40000 to 40999",
        "urn:upheld:appliance",
        "every 1 h",
        "enumeration",
    ):
        assert wanted in page


@pytest.mark.parametrize("laboratory", [False, True])
@pytest.mark.parametrize("crowd", [0, 1, 50])
def test_the_card_stays_on_one_page_and_names_four_ways_to_stop(crowd, laboratory):
    people = [{"id": f"p{n}", "role": "shift " * 20, "phone": "555"} for n in range(crowd)]
    vantages = [
        {"id": f"v{n}", "zone": "dmz", "source": f"10.0.0.{n + 100}"} for n in range(1 + crowd)
    ]
    site = made(
        people=people,
        appliance={"id": "edge", "vantages": vantages},
        site={"id": "bench", "laboratory": laboratory},
    )

    lines = card(site, plan(site)).splitlines()

    assert len(lines) <= HEIGHT
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1] == f"Plan {plan(site).digest}"
    text = "\n".join(lines)
    for wanted in ("upheld hold --site", "/run/upheld/STOP", "SIGUSR1", "unplug"):
        assert wanted in text


@pytest.mark.parametrize("form", ["table", "json", "firewall", "soc", "card"])
def test_every_form_ends_with_zero_and_shows_the_digest(form):
    done = CliRunner().invoke(app, ["plan", "-c", SITES, "--format", form])

    assert done.exit_code == 0
    assert (
        len([word for word in done.stdout.replace('"', " ").split() if len(word.strip(",")) == 64])
        == 1
    )


@pytest.mark.parametrize("form", ["nft", "systemd"])
def test_the_guard_is_printed_and_says_what_only_has_a_name(form):
    done = CliRunner().invoke(app, ["guard", "-c", SITES, "--format", form])

    assert done.exit_code == 0
    assert "10.10.20.11" in done.stdout
    assert "broker.dmz" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify-capture", "README.md", "-c", SITES], "write a capture with tcpdump"),
        (["verify-capture", "nowhere.pcap", "-c", SITES], "nowhere.pcap: no such file"),
        (["verify-capture", "x", "-c", SITES, "--source", "ten"], "write an IP address"),
        (["verify-capture", "x", "-c", SITES, "--also", "ten"], "write tcp/ADDRESS:PORT"),
    ],
)
def test_what_is_wrong_is_said_and_ends_with_two(arguments, said):
    done = CliRunner().invoke(app, arguments)

    assert done.exit_code == 2
    assert said in done.stderr


def test_words_for_times():
    assert [lasting(s) for s in (5, 60, 61, 3_600, 93_600, 3_660)] == [
        "5 s", "1 min", "1 min 1 s", "1 h", "26 h", "1 h 1 min",
    ]  # fmt: skip
    assert at(1_043, 3_600) == "every 1 h, at 00:17:23 UTC and so on"
    assert at(3_661, 86_400) == "every day at 01:01:01 UTC"
