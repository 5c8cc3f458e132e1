"""`upheld evidence export` and `prove` as a user runs them, over the ledger of a real visit."""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.appliance_cli.conftest import forking, opened, site, upheld  # noqa: F401 - fixtures
from tests.ledger.package.conftest import run


@pytest.fixture
def visited(upheld, site, tmp_path):  # noqa: F811
    folder = site()
    upheld("check", "-c", folder)
    return folder, tmp_path / "state"


def test_a_real_visits_ledger_exports_verifies_and_judges_again(upheld, visited, tmp_path):  # noqa: F811
    folder, state = visited
    done = upheld("evidence", "export", "-c", folder, "-o", tmp_path / "p.zip", "--sample", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert "verify.py in it" in done.stdout

    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        name = next(n for n in archive.namelist() if n.endswith("log/checkpoint"))
        (tmp_path / "soc.txt").write_bytes(archive.read(name))
    trusted = ("--vkey", state / "evidence.vkey", "--outside", tmp_path / "soc.txt")
    ran = run("verify.py", tmp_path / "p.zip", *trusted)
    assert ran.code == 0, ran.said
    again = run("rejudge.py", tmp_path / "p.zip")
    assert again.code == 0, again.said
    assert " 0 different, 0 impossible" in again.said


def test_an_entry_is_proven(upheld, visited):  # noqa: F811
    folder, _ = visited
    done = upheld("evidence", "prove", "-c", folder, "1")
    assert done.stdout.startswith("c2sp.org/tlog-proof@v1\nindex 1\n")

    off = upheld("evidence", "prove", "-c", folder, "999")
    assert (off.returncode, "there is no signed entry 999; 0 to " in off.stderr) == (2, True)


def test_what_cannot_be_done_is_one_sentence_and_2(upheld, visited, tmp_path):  # noqa: F811
    folder, _ = visited
    for words, said in (
        (("--from", "yesterday"), "--from yesterday: write a day such as 2026-03-01"),
        (("--zone", "nowhere"), "--zone nowhere: there is none; write one of cell"),
        (("--from", "2031-01-01", "--to", "2031-02-01"), "the ledger has entries from"),
        (("--since", folder / "site.yaml"), "this is no evidence package"),
        (("--outside", folder / "site.yaml"), "not a signed note"),
    ):
        done = upheld("evidence", "export", "-c", folder, "-o", tmp_path / "p.zip", *words)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "p.zip").exists()


def test_without_a_ledger_nothing_is_exported(upheld, site, tmp_path):  # noqa: F811
    done = upheld("evidence", "export", "-c", site(), "-o", tmp_path / "p.zip")

    assert (done.returncode, "there is no ledger yet" in done.stderr) == (2, True)


def test_readiness_lists_what_is_wanting_and_counts_it(upheld, visited):  # noqa: F811
    folder, _ = visited
    done = upheld("evidence", "readiness", "-c", folder)
    wants = json.loads(upheld("evidence", "readiness", "-c", folder, "--format", "json").stdout)

    assert done.returncode == 0
    assert {w["kind"] for w in wants} >= {"stale", "unattested", "supply"}
    assert "supply     S6-E2 (asset owner): Risk assessment per 62443-3-2" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("0 failed, ")
    assert sum(int(n.split()[0]) for n in done.stdout.splitlines()[-1].split(", ")) == len(wants)


def test_a_masked_and_encrypted_package_is_opened_by_its_reader_alone(upheld, visited, tmp_path):  # noqa: F811
    import subprocess

    folder, _ = visited
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Assessor",
            "-keyout", "key.pem", "-out", "cert.pem", "-days", "2"]  # fmt: skip
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True)
    done = upheld("evidence", "export", "-c", folder, "-o", tmp_path / "p.cms", "--mask",
                  "addresses,people", "--encrypt-to", tmp_path / "cert.pem")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.read_bytes()[:2] == b"PK"]
    key = tmp_path / "p.cms.unmask.csv"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "127.0.0.1" in key.read_text()

    opening = next(line for line in done.stdout.splitlines() if "openssl cms" in line)
    command = opening.partition(": ")[2].replace("-inkey KEY", "-inkey key.pem")
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        assert not [n for n in archive.namelist() if b"127.0.0.1" in archive.read(n)]
