"""Every verdict again, from the package alone, with the text of the check that gave it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from appliance.ledger.package.choice import Choice
from checks.facts.codec import digest
from tests.ledger.package.conftest import run, unpacked

ROOT = Path(__file__).parents[3]
LOG = "data/90_raw/log/"

UPDATED = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
import checks
assert str(Path(checks.__file__)).startswith(sys.argv[1]), checks.__file__
from appliance.ledger.note import Signer
from appliance.ledger.store import Store
from tests.ledger.package.conftest import ORIGIN, START, FakeClock, Plant

async def main(folder):
    clock = FakeClock(START + timedelta(days=3))
    store = Store.open(folder / "ledger.db", origin=ORIGIN, key=bytes(range(32)), clock=clock)
    plant = Plant(folder / "config", store, clock)
    for answer in ("open", "refused", "open"):
        await plant.look("plc", p102=answer)
    await store.close()

asyncio.run(main(Path(sys.argv[2])))
"""


@pytest.fixture(scope="module")
def updated(plant, tmp_path_factory):
    """The plant's ledger gone on with by a program whose port check says it in other words."""
    folder = tmp_path_factory.mktemp("updated")
    shutil.copytree(plant, folder / "plant")
    shutil.copytree(ROOT / "checks", folder / "program" / "checks")
    check = folder / "program" / "checks" / "fr7_availability" / "port_expected_present.py"
    text = check.read_text()
    assert "Declared but not open" in text
    check.write_text(text.replace("Declared but not open", "Declared, and yet not open"))
    program = str(folder / "program")
    subprocess.run(
        [sys.executable, "-c", UPDATED, program, folder / "plant"],
        env=os.environ | {"PYTHONPATH": f"{program}:{ROOT}"},
        cwd=program,
        check=True,
    )
    return folder / "plant"


def rejudged(tmp_path, files):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"top/{name}", data)
    return run("rejudge.py", path)


def bodies(files):
    return [json.loads(line) for line in files[LOG + "entries.jsonl"].splitlines()]


def test_two_revisions_of_a_check_in_one_package_judge_again_right(updated, pack, tmp_path):
    files = unpacked(pack(updated))
    revisions = {
        row["rev"]
        for body in bodies(files)
        if body["type"] == "verdicts"
        for row in body["rows"]
        if row.get("check") == "port-expected-present"
    }
    said = files[LOG + "entries.jsonl"].decode()
    assert "Declared but not open" in said
    assert "Declared, and yet not open" in said
    assert len(revisions) == 2

    ran = rejudged(tmp_path, files)
    assert ran.code == 0, ran.said
    assert "0 different, 0 impossible" in ran.said


def test_the_other_revisions_text_would_be_noticed(updated, pack, tmp_path):
    """The revision is the digest of its text: exchanged text is never run."""
    files = unpacked(pack(updated))
    (name,) = [n for n, d in files.items() if "/contents/" in n and b"and yet not open" in d]
    files[name] = files[name].replace(b"and yet not open", b"and yet it is open")
    ran = rejudged(tmp_path, files)

    assert ran.code == 3
    assert "is not what its name says" in ran.said


def test_one_edited_fact_is_named(second_day, tmp_path):
    files = unpacked(second_day)
    lines = files[LOG + "entries.jsonl"]
    at = lines.index(b'"latency_us":', len(lines) // 2) + len(b'"latency_us":')
    files[LOG + "entries.jsonl"] = lines[:at] + b"9" + lines[at + 1 :]
    ran = rejudged(tmp_path, files)

    assert ran.code == 3
    assert "IMPOSSIBLE: entry " in ran.said
    assert "is not in the package, or was changed" in ran.said


def test_a_fact_forged_with_everything_that_names_it_gives_another_verdict(plant, pack, tmp_path):
    """What somebody with the key could do to the facts alone: the verdict no longer follows."""
    files = unpacked(pack(plant))
    lines = files[LOG + "entries.jsonl"].decode().splitlines()
    contents = files["data/90_raw/contents.jsonl"].splitlines()

    def facts(answer):
        want = {"answer": answer, "port": 102}
        return digest(next(json.loads(b) for b in contents if json.loads(b) == want))

    shut, opened = facts("refused"), facts("open")
    number = next(i for i, line in enumerate(lines) if shut in line)
    before = next(r for r in json.loads(lines[number])["rows"] if r.get("facts") == shut)
    after = before | {"facts": opened}
    text = "\n".join(lines).replace(digest(before), digest(after)).split("\n")
    text[number] = lines[number].replace(shut, opened)
    files[LOG + "entries.jsonl"] = ("\n".join(text) + "\n").encode()
    ran = rejudged(tmp_path, files)

    assert ran.code == 1
    assert "plc.port-expected-present: recorded fail (missing)" in ran.said
    assert "judged again pass" in ran.said


@pytest.mark.parametrize("octets", [b"", b"PK", pytest.param(None, id="a zip of something else")])
def test_what_is_no_package_is_said_without_a_traceback(tmp_path, octets):
    if octets is None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a/b", b"c")
        octets = out.getvalue()
    (tmp_path / "p.zip").write_bytes(octets)
    ran = run("rejudge.py", tmp_path / "p.zip")

    assert (ran.code, "Traceback" in ran.said) == (2, False)


def test_a_package_of_one_zone_judges_that_zone_again(plant, pack, tmp_path):
    exported = pack(plant, choice=Choice(zone="dmz"))
    (tmp_path / "p.zip").write_bytes(exported.data)
    ran = run("rejudge.py", tmp_path / "p.zip")

    assert ran.code == 0, ran.said
    assert b'"asset":"plc"' not in unpacked(exported)[LOG + "entries.jsonl"]
