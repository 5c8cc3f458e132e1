"""Receipts of those who got our checkpoints, and what a package says runs on the appliance."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from appliance.ledger.package.sbom import bill
from tests.ledger.package.conftest import outside_checkpoint, run, unpacked
from tests.ledger.package.test_history import rows
from tests.ledger.package.test_verifier_parts import Witness, policy_of


@pytest.fixture
def trio():
    return [Witness(f"w{n}.example", n) for n in range(1, 4)]


@pytest.fixture
def anchored(plant, tmp_path):
    """The plant's ledger with receipts somebody wrote down: (kind, size, receipt)."""

    def anchor(*receipts):
        folder = tmp_path / "anchored"
        shutil.copytree(plant, folder)
        with closing(sqlite3.connect(folder / "ledger.db")) as connection, connection:
            for kind, size, receipt in receipts:
                row = (size, kind, "soc", "2026-03-04T07:00:00.000Z", receipt)
                connection.execute("INSERT INTO anchor VALUES (?, ?, ?, ?, ?)", row)
        return folder

    return anchor


def judged(tmp_path, exported, policy):
    (tmp_path / "p.zip").write_bytes(exported.data)
    (tmp_path / "policy").write_text(policy)
    return run("verify.py", tmp_path / "p.zip", "--policy", tmp_path / "policy")


@pytest.mark.parametrize("whole_note", [True, False])
def test_cosignatures_in_receipts_count_when_the_policy_from_outside_names_the_witnesses(
    anchored, plant, pack, trio, signer, tmp_path, whole_note
):
    note = outside_checkpoint(plant)
    size = int(note.split("\n")[1])
    signed = trio[2].cosign(trio[0].cosign(note))
    receipt = signed if whole_note else signed.removeprefix(note)
    folder = anchored(("witness", size, receipt.encode()), ("tsa", size, b"\x30\x82\xff\x00"))
    exported = pack(folder)
    met = judged(tmp_path, exported, policy_of(trio, signer, "two"))
    alone = judged(tmp_path, exported, policy_of(trio, signer, "w2.example"))

    assert met.code == 0, met.said
    assert "1 checkpoints are cosigned by the quorum two" in met.said
    assert (alone.code, "no checkpoints are cosigned by" in alone.said) == (3, True)
    files = unpacked(exported)
    assert files[f"data/90_raw/rfc3161/{size}.tsr"] == b"\x30\x82\xff\x00"
    (count,) = rows(exported, "10_method/anchors")
    assert count["receipts in 90_raw/anchors.jsonl"] == "2"


def test_a_false_cosignature_in_a_receipt_is_broken(anchored, plant, pack, trio, signer, tmp_path):
    note = outside_checkpoint(plant)
    false = trio[0].cosign(outside_checkpoint(plant, 40)).rpartition("\n\n")[2].split("\n")[1]
    folder = anchored(("witness", int(note.split("\n")[1]), f"{note}{false}\n".encode()))
    ran = judged(tmp_path, pack(folder), policy_of(trio, signer, "w1.example"))

    assert ran.code == 1
    assert "the signature of w1.example on it is false" in ran.said


def test_a_strangers_receipt_makes_nothing_better(anchored, plant, pack, trio, signer, tmp_path):
    from appliance.ledger.note import Checkpoint, Signer

    stranger = Signer(signer.name, bytes(32))
    note = trio[0].cosign(stranger.sign(Checkpoint(signer.name, 40, bytes(32)).text))
    ran = judged(tmp_path, pack(anchored(("mqtt", 40, note.encode()))),
                 policy_of(trio, signer, "w1.example"))  # fmt: skip

    assert ran.code == 1
    assert "receipt for 40: not signed by bench/edge/evidence/1+" in ran.said


def test_the_bill_of_materials_names_what_runs_and_is_the_same_every_time(second_day):
    told = json.loads(unpacked(second_day)["data/sbom/upheld.cdx.json"])
    names = {c["name"] for c in told["components"]}

    assert told == bill()
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert {"cryptography", "asyncua", "pymodbus", "gufo-snmp", "python"} <= names
    assert not {"pytest", "mypy", "hypothesis"} & names, "what only tests need does not run"
    assert all(c["version"] for c in told["components"])
    references = {c["bom-ref"] for c in told["components"]}
    assert {r for d in told["dependencies"] for r in d["dependsOn"]} <= references


def test_the_bill_of_materials_validates_against_the_official_schema():
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bill())) is None
    assert validator.validate_str(json.dumps(bill() | {"made up": 1})) is not None
