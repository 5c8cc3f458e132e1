"""What is in a package: readable offline, harmless to open, complete in what it says is missing."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from uuid import UUID

import pytest

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.bag import Bag
from appliance.ledger.package.before import before
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.sampling import draw
from appliance.ledger.package.tables import safe, share, table
from tests.ledger.package.conftest import START, outside_checkpoint, run, unpacked
from tests.ledger.package.test_history import rows

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\uff1d1", "\r=1"])
def test_no_cell_is_taken_for_a_formula(cell):
    written = b"".join(table("a", "b", ("c",), [(cell,)]).chunks()).decode("utf-8-sig")
    written = written.split("\r\n")[1]

    assert written.strip('"')[0] in "'\\", written
    assert safe("plain") == "plain"


def test_what_the_inventory_and_people_wrote_is_harmless_in_the_tables(second_day):
    files = unpacked(second_day)
    for name, data in files.items():
        if name.endswith(".csv"):
            assert not re.search(r'(^|,)"?[=+@-]', data.decode("utf-8-sig"), re.MULTILINE), name
    assert "'=1+1" in files["data/02_inventory/assets.csv"].decode()
    assert "'=HYPERLINK(1)" in files["data/07_operations/guard.csv"].decode()


def test_the_index_opens_offline_without_scripts_and_every_link_leads_somewhere(second_day):
    files = unpacked(second_day)
    page = files["data/index.html"].decode()
    links, tags = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.append(tag)
            links.extend(v for k, v in attributes if k in ("href", "src"))
            assert not [k for k, _ in attributes if k.startswith("on")]

    Reader().feed(page)
    assert not {"script", "link", "img", "iframe", "object"} & set(tags)
    assert "=Bench &amp; Co" in page
    for link in links:
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in page
        else:
            name = f"data/{link}".replace("data/../", "")
            assert name in files, link


def test_every_stage_6_item_has_a_file_or_says_supply(second_day):
    files = unpacked(second_day)
    found = rows(second_day, "stage6")
    assert {r["item"] for r in found} >= {f"S6-E{n}" for n in range(1, 8)}
    for row in found:
        assert row["file"] == "supply" or f"data/{row['file']}" in files, row
    by_what = {r["evidence"]: r["file"] for r in found}
    (changes,) = [r for r in found if r["evidence"].startswith("Changes of the inventory")]
    assert (changes["file"], changes["note"]) == ("02_inventory/changes.csv", "none in the period")
    assert by_what["Risk assessment per 62443-3-2"] == "supply"
    assert by_what["Compensating measures and accepted risks"] == "supply"
    assert by_what["Nonconformities"] == "09_nonconformities/nonconformities.csv"


def test_operations_and_load_are_in_the_package(second_day):
    (guard,) = rows(second_day, "07_operations/guard")
    (load,) = rows(second_day, "07_operations/load")
    assert (guard["kind"], guard["subject"]) == ("hold", "zone cell")
    assert (load["packets"], load["slowest answer in us"]) == ("12", "2500")


def test_a_continuing_package_begins_where_the_other_ended(plant, pack, tmp_path, signer):
    first = pack(plant, end=START + timedelta(days=1))
    (tmp_path / "first.zip").write_bytes(first.data)
    older = before(tmp_path / "first.zip")
    second = pack(plant, before=older)
    about = json.loads(unpacked(second)["data/package.json"])

    assert about["period"]["from"] == "2026-03-03T08:00:00Z"
    assert about["before"]["name"] == first.name
    assert about["before"]["tagmanifest_sha256"] == older.digest
    assert {r["then"] for r in rows(second, "12_since/cells")} == {"partly supported"}
    assert "12_since/cells.csv" in {r["file"] for r in rows(second, "stage6")}
    assert ("S6-6", f"this package continues {first.name}") in {
        (r["item"], r["note"]) for r in rows(second, "stage6")
    }


def test_a_part_of_the_site_says_that_it_is_a_part(plant, pack, tmp_path, signer):
    exported = pack(plant, choice=Choice(asset="hmi"))
    (tmp_path / "p.zip").write_bytes(exported.data)
    (tmp_path / "soc.txt").write_text(outside_checkpoint(plant))
    ran = run("verify.py", tmp_path / "p.zip", "--vkey", signer.vkey, "--outside",
              tmp_path / "soc.txt")  # fmt: skip

    assert ran.code == 3
    assert "BROKEN" not in ran.said
    assert "are there as hashes only: only asset hmi was asked for" in ran.said
    assert {r["asset"] for r in rows(exported, "02_inventory/assets")} == {"hmi"}
    assert {r["zone"] for r in rows(exported, "06_technical/evidence")} <= {"dmz"}


def test_one_requirement_takes_the_checks_that_map_to_it(plant, pack):
    exported = pack(plant, choice=Choice(requirement="SR 7.6"))
    assert {r["requirement"] for r in rows(exported, "06_technical/matrix")} == {"SR 7.6"}
    assert {r["requirement"] for r in rows(exported, "06_technical/evidence")} == {"SR 7.6"}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"choice": Choice(zone="nowhere")}, "write one of cell, dmz"),
        ({"choice": Choice(requirement="SR 99")}, "write one of SR 1.1"),
        ({"start": START, "end": START}, "write --from before --to"),
        ({"start": START + timedelta(days=99)}, "is empty"),
        ({"end": START - timedelta(days=1), "start": START - timedelta(days=2)},
         "the ledger has entries from 2026-03-02 08:00"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_said(plant, pack, request_, said):
    with pytest.raises(LedgerError, match=re.escape(said)):
        pack(plant, **request_)


def test_without_the_key_a_package_says_that_nobody_signed_it(plant, pack):
    exported = pack(plant, signed=False)
    assert "tagmanifest-sha256.txt.sig" not in unpacked(exported)
    assert exported.said == ("the evidence key is not at hand: no manifest is signed",)


def test_the_oscal_results_have_the_shape_of_the_model(second_day):
    """References and ids, which no schema checks."""
    told = json.loads(unpacked(second_day)["data/oscal/assessment-results.json"])
    results = told["assessment-results"]
    assert set(results) == {"uuid", "metadata", "import-ap", "results", "back-matter"}
    assert {"title", "last-modified", "version", "oscal-version"} <= set(results["metadata"])
    plan = results["back-matter"]["resources"][0]["uuid"]
    assert results["import-ap"]["href"] == f"#{plan}"
    (result,) = results["results"]
    assert {"uuid", "title", "description", "start", "reviewed-controls"} <= set(result)
    observed = {o["uuid"] for o in result["observations"]}
    assert len(observed) == len(result["observations"])
    for one in [results, result, *result["observations"], *result.get("findings", ())]:
        assert UUID(one["uuid"]).version == 5
    for one in result["observations"]:
        assert one["methods"] == ["TEST"]
        assert one["description"]
        for prop in one["props"]:
            assert re.fullmatch(r"[A-Za-z_][\w.-]*", prop["name"])
            assert re.fullmatch(r"\S(.*\S)?", prop["value"])
    for finding in result.get("findings", ()):
        assert finding["target"]["status"]["state"] in ("satisfied", "not-satisfied")
        assert {r["observation-uuid"] for r in finding["related-observations"]} <= observed


async def _with_telnet(plant):
    """Something is contradicted, so that there is a finding."""
    for _ in range(3):
        await plant.look(p102="open", p23="open")


def test_the_oscal_results_validate_against_types_generated_from_the_official_schema(built, pack):
    from oscal_bindings import AssessmentResultsDocument
    from pydantic import ValidationError

    package = pack(built(_with_telnet, "telnet"))
    told = json.loads(unpacked(package)["data/oscal/assessment-results.json"])
    assert told["assessment-results"]["results"][0]["findings"]
    AssessmentResultsDocument.model_validate(told)
    told["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = "unknown"
    with pytest.raises(ValidationError):
        AssessmentResultsDocument.model_validate(told)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_the_index_opens_in_a_browser_under_its_own_ban_on_scripts_and_prints(second_day, tmp_path):
    """Headless Chromium prints by a script of its own, so its switch against scripts cannot be used."""
    for name, data in unpacked(second_day).items():
        path = tmp_path / "bag" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
               f"--user-data-dir={tmp_path}/profile",
               f"--print-to-pdf={tmp_path}/out.pdf", f"file://{tmp_path}/bag/data/index.html"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    printed = (tmp_path / "out.pdf").read_bytes()
    page = (tmp_path / "bag" / "data" / "index.html").read_text()
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type/Page\n") > 3


def test_an_unknown_state_becomes_no_oscal_finding(second_day):
    told = json.loads(unpacked(second_day)["data/oscal/assessment-results.json"])
    found = {f["title"] for f in told["assessment-results"]["results"][0].get("findings", ())}
    cells = rows(second_day, "06_technical/matrix")
    decided = {
        f"{c['requirement']} in zone {c['zone']}: {c[key]}"
        for key in ("cell at the period's end",)
        for c in cells
        if c[key] in ("supported", "contradicted")
    }
    assert found == decided


def test_no_secret_is_in_a_package(plant, pack, second_day):
    seed = bytes(range(32))
    for name, data in unpacked(second_day).items():
        assert seed not in data, name
        assert seed.hex().encode() not in data, name


def test_zip_names_stay_inside_their_folder():
    for name in ("../x", "a/../../x", "/x", "a\\b", "a/.hidden", "a//b", "con\x00"):
        with pytest.raises(ValueError, match="no name for a file"):
            Bag(io.BytesIO(), "top").add(name, b"")
    bag = Bag(out := io.BytesIO(), "top")
    bag.add("data/b.txt", iter([b"c", b"d"]))
    bag.close({"A": "b\nc"}, None)
    with zipfile.ZipFile(out) as archive:
        assert archive.read("top/data/b.txt") == b"cd"
        assert archive.read("top/bag-info.txt") == b"A: b c\nPayload-Oxum: 2.1\n"


def test_shares_are_never_rounded_up():
    hour = timedelta(hours=1)
    assert share(hour * 3 - timedelta(microseconds=1), hour * 3) == "99.99"
    assert (share(hour, hour), share(hour, timedelta(0))) == ("100.00", "")


def test_a_draw_is_the_same_whatever_order_the_population_comes_in():
    assert draw(["b", "a", "c"], 2, "s") == draw(["c", "b", "a"], 2, "s")
    assert {draw("abcdefgh", 1, str(n)).drawn for n in range(40)} == {(c,) for c in "abcdefgh"}
