"""The rules, the scrape job and the Alertmanager example, as their own tools see them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from appliance.outlets.metrics import render

CONFIG = Path(__file__).parents[2] / "config"
RULES = CONFIG / "prometheus" / "rules.yml"
ALERTMANAGER = CONFIG / "alertmanager" / "alertmanager.yml"
METRIC = re.compile(r"(?<![:\w])upheld_[a-z_]+")


def rules() -> list[dict]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict]:
    return [rule for rule in rules() if "alert" in rule]


def says(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_accepts_the_rules_and_the_scrape_job():
    assert f"{len(rules())} rules found" in says("promtool", "check", "rules", RULES)
    says("promtool", "check", "config", CONFIG / "prometheus" / "scrape.yml")


@pytest.mark.parametrize(
    "path", sorted((CONFIG / "prometheus" / "tests").glob("*.yml")), ids=lambda p: p.name
)
def test_rules_fire_and_stay_quiet_where_their_tests_say(path):
    says("promtool", "test", "rules", path)


def test_every_alert_is_shown_firing_and_all_but_the_watchdog_quiet():
    cases = [
        case
        for path in (CONFIG / "prometheus" / "tests").glob("*.yml")
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
    ]
    names = {rule["alert"] for rule in alerts()}

    assert names - {c["alertname"] for c in cases if c["exp_alerts"]} == set()
    # A control of one severity is quiet where the tests of the others fire.
    quiet = {c["alertname"] for c in cases if not c["exp_alerts"]}
    assert names - quiet == {"UpheldWatchdog", "UpheldControlFails", "UpheldMinorControlFails"}


def test_every_alert_says_how_bad_for_whom_what_and_where_to_read_on():
    for rule in alerts():
        labels, annotations = rule["labels"], rule["annotations"]

        assert labels["severity"] in ("critical", "warning", "info", "none"), rule["alert"]
        assert labels["audience"] in ("soc", "engineering", "programme"), rule["alert"]
        assert set(annotations) == {"summary", "description", "runbook_url"}, rule["alert"]
        assert "{{" not in annotations["summary"], rule["alert"]
        assert rule["alert"].startswith("Upheld")


def test_every_metric_of_a_rule_is_one_we_have(full_picture):
    page = render(full_picture).decode()
    have = set(re.findall(r"^# TYPE (\S+) ", page, flags=re.MULTILINE))
    used = {name for rule in rules() for name in METRIC.findall(rule["expr"])}

    assert used - have == set()


def test_amtool_accepts_the_example():
    assert "SUCCESS" in says("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize(
    ("alert", "labels", "receivers"),
    [
        ("UpheldWatchdog", "severity=none audience=soc", "watchdog"),
        ("UpheldCriticalControlFails", "severity=critical audience=soc", "ot-soc,on-call"),
        ("UpheldControlFails", "severity=warning audience=soc", "ot-soc"),
        ("UpheldLedgerShrank", "severity=critical audience=soc", "ot-soc,on-call"),
        ("UpheldHeld", "severity=info audience=soc", "page-only"),
        ("UpheldLedgerNotGrowing", "severity=warning audience=programme", "programme"),
        ("UpheldAssetSilent", "severity=warning audience=engineering", "engineering"),
    ],
)
def test_an_alert_goes_to_those_it_is_for(alert, labels, receivers):
    stated = next(rule["labels"] for rule in alerts() if rule["alert"] == alert)
    routed = says(
        "amtool", "config", "routes", "test", "--config.file", ALERTMANAGER,
        f"alertname={alert}", *labels.split(),
    )  # fmt: skip

    assert {f"{k}={v}" for k, v in stated.items() if k != "key"} == set(labels.split())
    assert routed.strip() == receivers


def test_every_alert_the_example_names_exists():
    text = ALERTMANAGER.read_text(encoding="utf-8")
    named = set(re.findall(r"\bUpheld[A-Z]\w+", text))

    assert named - {rule["alert"] for rule in alerts()} == set()


def test_checks_the_example_names_exist():
    from checks import BY_ID

    found = re.search(r'check=~"([^"]+)"', ALERTMANAGER.read_text(encoding="utf-8"))

    assert set(found[1].split("|")) <= set(BY_ID)
