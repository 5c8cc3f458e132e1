"""`upheld evidence`: intact, broken and missing are three different endings."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def visited(upheld, site, tmp_path):
    """A configuration and a ledger with one visit in it."""
    folder = site()
    upheld("check", "-c", folder)
    return folder, tmp_path / "state" / "ledger.db"


def test_an_untouched_ledger_is_intact(upheld, visited):
    folder, _ = visited
    done = upheld("evidence", "verify", "-c", folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("bench/edge/evidence/1: ")
    assert done.stdout.endswith("\nintact\n")


def test_one_flipped_byte_is_broken_and_named(upheld, visited):
    folder, ledger = visited
    octets = bytearray(ledger.read_bytes())
    # Inside a body, where SQLite itself has nothing to complain of.
    at = octets.index(b'"type":"observations"') + 9
    octets[at] ^= 1
    ledger.write_bytes(octets)
    done = upheld("evidence", "verify", "-c", folder)

    assert done.returncode == 1
    assert "BROKEN: entry 0: its body hashes to" in done.stdout
    assert done.stdout.endswith("\nbroken\n")


def test_a_file_sqlite_calls_damaged_is_broken(upheld, visited):
    folder, ledger = visited
    octets = bytearray(ledger.read_bytes())
    octets[:4] = b"XXXX"
    ledger.write_bytes(octets)
    done = upheld("evidence", "verify", "-c", folder)

    assert done.returncode == 1
    assert done.stdout.endswith("\nbroken\n")


def test_an_unsigned_tail_is_said(upheld, visited):
    folder, ledger = visited
    with closing(sqlite3.connect(ledger)) as connection:
        # A crash between a commit and its signature leaves the same; the ledger forbids the rest.
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'checkpoint'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")
        connection.commit()
    done = upheld("evidence", "verify", "-c", folder)

    assert "came after the newest checkpoint: nobody has signed them yet" in done.stdout
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "intact")


@pytest.mark.parametrize("words", [("verify",), ("show",), ("show", "0")])
def test_no_ledger_is_2(upheld, site, words):
    done = upheld("evidence", *words, "-c", site())

    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no ledger yet; run upheld check or upheld run first" in done.stderr


def test_a_missing_verifier_key_is_2(upheld, visited):
    folder, ledger = visited
    (ledger.parent / "evidence.vkey").unlink()
    done = upheld("evidence", "verify", "-c", folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert "evidence.vkey: the verifier's key is missing" in done.stderr


def test_a_key_of_another_log_is_no_key_of_this_one(upheld, visited, tmp_path):
    folder, ledger = visited
    (ledger.parent / "evidence.vkey").write_text("hello\n")
    done = upheld("evidence", "verify", "-c", folder)

    assert done.returncode == 2
    assert done.stderr


def test_an_unreadable_ledger_is_2(upheld, visited):
    folder, ledger = visited
    ledger.chmod(0)
    done = upheld("evidence", "verify", "-c", folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert str(ledger) in done.stderr


def test_show_prints_one_json_object_a_line(upheld, visited):
    folder, _ = visited
    lines = upheld("evidence", "show", "-c", folder).stdout.splitlines()
    newest = upheld("evidence", "show", "-c", folder, "--", "-1").stdout

    assert [json.loads(line)["index"] for line in lines] == list(range(len(lines)))
    assert json.loads(newest) == json.loads(lines[-1])


def test_an_entry_off_the_ledger_is_named(upheld, visited):
    folder, _ = visited
    done = upheld("evidence", "show", "-c", folder, "999")

    assert done.returncode == 2
    assert "there is no entry 999; it holds 0 to" in done.stderr


def test_showing_and_verifying_leave_no_file_behind(upheld, visited, tmp_path):
    folder, ledger = visited
    before = {p.name: p.read_bytes() for p in ledger.parent.iterdir()}
    shutil.copytree(ledger.parent, tmp_path / "copy")
    upheld("evidence", "verify", "-c", folder)
    upheld("evidence", "show", "-c", folder)

    assert {p.name: p.read_bytes() for p in ledger.parent.iterdir()} == before
