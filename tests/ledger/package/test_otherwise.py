"""What another baseline would have said of the same observations, and since when."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from tests.ledger.package.conftest import SITE, START


@pytest.fixture(scope="module")
def lived(built):
    """Six hours in which port 102 is open, and telnet from the fourth hour on."""

    async def story(plant):
        for hour in range(6):
            await plant.look(p102="open", p23="refused" if hour < 3 else "open")
        await plant.look("hmi", hours=0, p443="open")

    return built(story, "lived")


def replayed(lived, tmp_path, new, *words):
    (tmp_path / "new").mkdir(exist_ok=True)
    (tmp_path / "new" / "site.yaml").write_text(new.format(state=tmp_path / "state"))
    words = ("replay", "-c", tmp_path / "new", "--instead-of", lived / "config", "--ledger",
             lived / "ledger.db", *words)  # fmt: skip
    return CliRunner().invoke(app, list(map(str, words)))


def told(lived, tmp_path, new, *words):
    done = replayed(lived, tmp_path, new, *words, "--format", "json")
    return done.exit_code, json.loads(done.output)


def test_the_same_baseline_says_the_same(lived, tmp_path):
    code, found = told(lived, tmp_path, SITE)

    assert (code, found["keys"], found["cells"], found["unread_observations"]) == (0, [], [], 0)
    assert found["same"] > 5


def test_a_baseline_that_permits_telnet_would_not_have_failed(lived, tmp_path):
    permitted = SITE.replace(
        "protocol: s7}}]", "protocol: s7}}, {{port: tcp/23, protocol: telnet}}]"
    )
    assert permitted != SITE
    code, found = told(lived, tmp_path, permitted)
    by_key = {row["key"]: row for row in found["keys"]}
    (row,) = [r for r in found["keys"] if r["recorded"] == "fail" and r["would_be"] != "fail"]

    assert code == 1, "a declared telnet port that was shut for three hours, and telnet itself"
    # From the first look, when it was recorded as shut and well, to the end; two hours as failing.
    assert row["first_differed"] == "2026-03-02T09:00:00Z"
    assert row["differed_seconds"] == 5 * 3600
    assert any(r["would_be"] == "fail" for r in by_key.values())


def test_a_baseline_without_a_port_would_have_failed_since_the_first_look(lived, tmp_path):
    without = SITE.replace("services: [{{port: tcp/102, protocol: s7}}]", "services: []")
    without = without.replace("closed_ports: [tcp/23]", "closed_ports: [tcp/23, tcp/102]")
    code, found = told(lived, tmp_path, without)
    by_key = {row["key"]: row for row in found["keys"]}
    row = by_key["plc.port-unexpected-absent"]

    assert code == 1, "for three hours nobody was told that port 102 was open"
    assert (row["since"], row["would_fail_seconds"]) == ("2026-03-02T09:00:00Z", 3 * 3600)
    assert "tcp-102" in row["said"]
    assert by_key["plc.port-expected-present"]["would_be"] == "not-applicable"
    assert by_key["hmi.port-unexpected-absent"]["would_be"] == "unknown", "nobody looked there"


def test_a_higher_level_selects_cells_that_nobody_assessed(lived, tmp_path):
    higher = SITE.replace("sl_t: 1}}", "sl_t: 3}}")
    code, found = told(lived, tmp_path, higher)

    assert (code, found["keys"]) == (0, [])
    assert {c["zone"] for c in found["cells"]} == {"dmz"}
    assert {c["recorded"] for c in found["cells"]} == {"not selected"}


def test_a_period_is_a_part_of_the_time(lived, tmp_path):
    permitted = SITE.replace(
        "protocol: s7}}]", "protocol: s7}}, {{port: tcp/23, protocol: telnet}}]"
    )
    end = (START + timedelta(hours=3, minutes=30)).isoformat().replace("+00:00", "Z")
    _, found = told(lived, tmp_path, permitted, "--to", end)

    assert not [r for r in found["keys"] if r["recorded"] == "fail"]


def test_people_read_a_table_and_a_wrong_period_is_one_sentence(lived, tmp_path):
    done = replayed(lived, tmp_path, SITE.replace("sl_t: 1}}", "sl_t: 3}}"))
    assert "dmz SR 1.1 RE 1: not selected -> not assessed" in done.output
    assert "0 keys differ" in done.output
    wrong = replayed(lived, tmp_path, SITE, "--from", "yesterday")
    assert (wrong.exit_code, "write a day such as" in wrong.output) == (2, True)
