"""Every alert finds its section in the runbooks, and every section says what to do and what not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from appliance.outlets import syslog_messages
from appliance.outlets.runbook import RUNBOOK, section
from checks.facts.verdict import Reason

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / RUNBOOK).read_text(encoding="utf-8")
SECTIONS = {
    part.splitlines()[0].strip().replace(" ", "-"): part
    for part in re.split(
        r"^## ", re.sub(r"^# .*$", "", TEXT, flags=re.MULTILINE), flags=re.MULTILINE
    )[1:]
}
RULES = ROOT / "config" / "prometheus" / "rules.yml"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_section(reason):
    assert reason.value in SECTIONS


@pytest.mark.parametrize("part", SECTIONS.values(), ids=SECTIONS)
def test_a_section_says_what_it_means_where_to_look_what_to_leave_and_whom_to_call(part):
    found = re.findall(r"^\*\*(.+?)\*\*", part, flags=re.MULTILINE)

    assert found == ["Means.", "Look at.", "Do not.", "Call."]
    assert all(len(p.strip()) > 2 for p in re.split(r"\*\*.+?\*\*", part)[1:])


def test_every_rule_links_a_section_that_exists():
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    links = [r["annotations"]["runbook_url"] for g in groups for r in g["rules"] if "alert" in r]

    assert len(links) > 20
    assert {link for link in links if link.partition("#")[2] not in SECTIONS} == set()
    assert {link.partition("#")[0] for link in links} == {RUNBOOK}


def test_every_event_of_the_guard_a_soc_is_told_exists_and_has_its_section():
    guard = ROOT / "appliance" / "visit" / "guard"
    rooms = [guard, ROOT / "appliance" / "anchoring"]
    files = [path for room in rooms for path in room.glob("*.py")]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    told = set(syslog_messages._GUARD)

    assert {kind for kind in told if f'"{kind}"' not in source} == set()
    assert {kind.partition(".")[0] for kind in told} - set(SECTIONS) == set()


def test_the_outlets_own_anchors_exist():
    assert {"heartbeat", "evidence"} <= set(SECTIONS)
    assert section("stale") == "docs/runbooks.md#stale"
