"""What the owner asks of the ledger: a signed validation report, and a year in review."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.review import review
from appliance.site.loading import load
from tests.appliance_cli.conftest import forking, opened, site, upheld  # noqa: F401 - fixtures

CHECK = "port-expected-present"


def asset_of(folder):
    return load(folder).site.assets[0].id


def test_a_validation_report_is_signed_and_has_both_controls(upheld, site, tmp_path):  # noqa: F811
    folder = site()
    report = tmp_path / "report.json"
    done = upheld("evidence", "validate", "-c", folder, "--asset", asset_of(folder), "--check",
                  CHECK, "-o", report)  # fmt: skip
    told = json.loads(report.read_text())
    (result,) = told["results"]

    assert done.stderr == ""
    assert (
        done.returncode == {"pass": 0, "fail": 1, "inconclusive": 3}[result["verdict"]["outcome"]]
    )
    assert {n: c["held"] for n, c in result["controls"].items()} == {
        "positive": True, "negative": True, "judged again": True,
    }  # fmt: skip
    assert result["valid"]
    assert "inconclusive" in result["controls"]["negative"]["said"]
    assert result["proof"].startswith(f"c2sp.org/tlog-proof@v1\nindex {result['entry']}\n")
    assert result["inputs"]


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is missing")
def test_ssh_keygen_verifies_the_report_and_refuses_a_changed_one(upheld, site, tmp_path):  # noqa: F811
    from appliance.ledger.note import Verifier
    from appliance.ledger.package.sshsig import allowed_signers

    folder, report = site(), tmp_path / "report.json"
    upheld("evidence", "validate", "-c", folder, "--asset", asset_of(folder), "--check", CHECK,
           "-o", report)  # fmt: skip
    vkey = next(tmp_path.rglob("evidence.vkey")).read_text()
    verifier = Verifier.parse(vkey)
    (tmp_path / "allowed").write_text(allowed_signers(verifier.name, verifier.key))

    def verified(data):
        command = ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "allowed", "-I", verifier.name,
                   "-n", "validation-report@upheld", "-s", tmp_path / "report.json.sig"]  # fmt: skip
        return subprocess.run(command, input=data, capture_output=True, check=False).returncode

    assert verified(report.read_bytes()) == 0
    assert verified(report.read_bytes().replace(b"fail", b"pass").replace(b"true", b"True")) != 0


def test_a_control_of_the_report_that_did_not_come_out_is_not_valid():
    from appliance.cli.validating import _code
    from appliance.ledger.package.validation import _again, _positive
    from checks.facts.verdict import Reason, inconclusive

    assert not _positive([]).held
    recorded = {"verdict": "pass", "said": "It is shut."}
    assert not _again(inconclusive(Reason.TIMEOUT, "No answer."), recorded).held
    assert _code([{"verdict": {"outcome": "pass"}, "valid": False}]) == 3
    assert _code([{"verdict": {"outcome": "pass"}, "valid": True}]) == 0


def test_what_cannot_be_validated_is_said(upheld, site):  # noqa: F811
    folder = site()
    for words, said in (
        (("--asset", "nobody", "--check", CHECK), "there is no asset 'nobody'"),
        (("--asset", asset_of(folder), "--check", "nothing"), "there is no check 'nothing'"),
    ):
        done = upheld("evidence", "validate", "-c", folder, *words)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.fixture(scope="module")
def half_year(built):
    """A look a day from March on; telnet stood open from the middle of April to that of May."""

    async def story(plant):
        for day in range(120):
            open_ = 44 <= day < 74
            await plant.look(hours=24, p102="open", p23="open" if open_ else "refused")

    return built(story, "year")


def test_a_year_says_by_month_what_was_found_and_closed(half_year):
    rows = review(half_year / "ledger.db", load(half_year / "config"), 2026)
    cell = {r.month: r for r in rows if (r.zone, r.fr) == ("cell", 7)}
    assert sorted(cell) == [f"2026-{m:02}" for m in range(1, 7)]
    assert [cell[m].found for m in sorted(cell)] == [0, 0, 0, 1, 0, 0]
    assert [cell[m].closed for m in sorted(cell)] == [0, 0, 0, 0, 1, 0]
    assert [cell[m].open for m in sorted(cell)] == [0, 0, 0, 1, 0, 0]
    assert cell["2026-01"].covered == 0, "nobody looked before March"
    assert {r.zone for r in rows} == {"cell", "dmz"}, "each zone for itself"
    assert all(r.supported <= r.covered <= r.selected for r in rows)


def test_a_year_without_entries_is_refused(half_year):
    with pytest.raises(LedgerError, match="no entry is of that year"):
        review(half_year / "ledger.db", load(half_year / "config"), 2025)


def test_people_read_a_review(half_year, capsys):
    from typer.testing import CliRunner

    from appliance.cli import app

    (half_year / "state").mkdir(exist_ok=True)
    shutil.copy(half_year / "ledger.db", half_year / "state" / "ledger.db")
    words = ["evidence", "review", "-c", str(half_year / "config"), "--year", "2026"]
    done = CliRunner().invoke(app, words)

    assert done.exit_code == 0
    assert "zone cell, FR 7\n  2026-01: 0 of " in done.output
    assert "failures found 1, closed 0, open 1" in done.output
