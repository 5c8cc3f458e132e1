"""A package verifies with one file of the standard library, and says what it does not show."""

from __future__ import annotations

import pytest

from tests.ledger.package.conftest import outside_checkpoint, run, unpacked


@pytest.fixture
def trusted(tmp_path, plant, signer):
    (tmp_path / "evidence.vkey").write_text(signer.vkey + "\n")
    (tmp_path / "soc.txt").write_text(outside_checkpoint(plant))
    return "--vkey", tmp_path / "evidence.vkey", "--outside", tmp_path / "soc.txt"


@pytest.mark.parametrize(("package", "place"), [("whole", "p.zip"), ("second_day", "folder")])
def test_a_package_is_intact_as_zip_and_as_folder(package, place, request, tmp_path, trusted):
    exported = request.getfixturevalue(package)
    (tmp_path / "p.zip").write_bytes(exported.data)
    for name, data in unpacked(exported).items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    ran = run("verify.py", tmp_path / place, *trusted)
    again = run("rejudge.py", tmp_path / place)

    assert (ran.code, ran.said.splitlines()[-1]) == (0, "intact"), ran.said
    assert "NOT SHOWN: that what was recorded was true" in ran.said
    assert again.code == 0, again.said
    assert "0 different, 0 impossible" in again.said


def test_the_same_ledger_gives_the_same_bytes(plant, pack, second_day):
    from tests.ledger.package.conftest import START, timedelta

    again = pack(plant, start=START + timedelta(days=1), seed="by-the-assessor")
    assert again.data == second_day.data
