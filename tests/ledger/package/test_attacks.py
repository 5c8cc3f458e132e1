"""The attack table: what is changed is named, and what only outsiders can see needs an outsider."""

from __future__ import annotations

import io
import shutil
import sqlite3
import zipfile
from datetime import timedelta
from hashlib import sha256

import pytest

from appliance.ledger.note import Checkpoint
from appliance.ledger.package.masking import Hidden
from appliance.ledger.tiles import Growing, packed
from appliance.ledger.tree import leaf_hash
from appliance.ledger.verifier import verify
from tests.ledger.package.conftest import (
    START,
    ordinary,
    outside_checkpoint,
    run,
    unpacked,
)


@pytest.fixture(scope="session")
def vkey(tmp_path_factory, signer):
    path = tmp_path_factory.mktemp("trust") / "evidence.vkey"
    path.write_text(signer.vkey + "\n")
    return path


@pytest.fixture
def judge(tmp_path, vkey):
    """Runs verify.py over files; `soc` is the text of an outside checkpoint, None for none."""

    def judged(files, soc):
        (tmp_path / "p.zip").write_bytes(rezipped(files) if isinstance(files, dict) else files)
        words = ["--vkey", vkey]
        if soc:
            (tmp_path / "soc.txt").write_text(soc)
            words += ["--outside", tmp_path / "soc.txt"]
        return run("verify.py", tmp_path / "p.zip", *words)

    return judged


def rezipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"top/{name}", data)
    return out.getvalue()


def flipped(data, at):
    octets = bytearray(data or b"\0")
    octets[at % len(octets)] ^= 1 << (at % 8)
    return bytes(octets)


@pytest.fixture(scope="module")
def small(built, pack):
    """A short story with a failure in it: the folder, and its package from the third hour on."""

    async def story(plant):
        for answer in ("open", "open", "refused", "open"):
            await plant.look(p102=answer)

    folder = built(story)
    return folder, pack(folder, start=START + timedelta(hours=3))


@pytest.mark.parametrize("masked", [False, True])
def test_one_bit_flipped_in_any_file_is_named(small, pack, signer, tmp_path, masked):
    """In this process, because there are many files; the program is the same text."""
    folder, exported = small
    if masked:
        exported = pack(folder, mask=tuple(Hidden))
    files = unpacked(exported)
    soc = outside_checkpoint(folder)
    policy = verify.Policy(logs=[verify.Key.parse(signer.vkey)])
    path = tmp_path / "p.zip"
    path.write_bytes(rezipped(files))
    assert verify.verified(path, policy, [("soc", soc)]).broken == []
    unseen = []
    for number, name in enumerate(sorted(files)):
        changed = files | {name: flipped(files[name], number * 7919 + len(files[name]) // 2)}
        path.write_bytes(rezipped(changed))
        found = verify.verified(path, policy, [("soc", soc)])
        if not any(name in sentence for sentence in found.broken):
            unseen.append((name, found.broken))
    assert len(files) > 60
    assert not unseen


def test_a_bit_flipped_in_the_zip_itself_is_found_or_changes_nothing(small, signer, tmp_path):
    folder, exported = small
    files = unpacked(exported)
    policy = verify.Policy(logs=[verify.Key.parse(signer.vkey)])
    path = tmp_path / "p.zip"
    size = len(exported.data)
    places = [*range(0, size, size // 40), *range(size - 400, size, 37)]
    found = 0
    for place in places:
        path.write_bytes(flipped(exported.data, place))
        broken = verify.verified(path, policy, [("soc", outside_checkpoint(folder))]).broken
        if broken:
            found += 1
        else:
            package = verify.Package(path)
            assert {n: package.read(n) for n in package.names} == files, place
    assert found > 30


@pytest.mark.parametrize("name", ["data/stage6.csv", "data/90_raw/log/entries.jsonl", "verify.py"])
def test_a_file_left_out_or_added_is_named(judge, second_day, plant, name):
    files = unpacked(second_day)
    without = judge({n: d for n, d in files.items() if n != name}, outside_checkpoint(plant))
    added = judge(files | {"data/note.txt": b"trust me"}, outside_checkpoint(plant))

    assert (without.code, added.code) == (1, 1)
    assert f"BROKEN: {name}: missing" in without.said
    assert "BROKEN: data/note.txt: no manifest lists it" in added.said


def manifested(files):
    """The files with manifests made anew, as somebody without the key would."""

    def listing(names):
        return "".join(f"{sha256(files[n]).hexdigest()}  {n}\n" for n in sorted(names)).encode()

    files = {n: d for n, d in files.items() if not n.startswith("tagmanifest")}
    files["manifest-sha256.txt"] = listing(n for n in files if n.startswith("data/"))
    tags = [n for n in files if not n.startswith("data/")]
    return files | {"tagmanifest-sha256.txt": listing(tags)}


def test_new_manifests_over_a_changed_file_are_not_signed_by_the_log(judge, second_day, plant):
    files = unpacked(second_day)
    name = "tagmanifest-sha256.txt.sig"
    changed = manifested(files | {"data/06_technical/failures.csv": b"none\r\n"})

    ran = judge(changed | {name: files[name]}, outside_checkpoint(plant))
    assert ran.code == 1
    assert f"{name}: does not belong to the manifests" in ran.said
    assert judge(changed, outside_checkpoint(plant)).code == 3


@pytest.fixture
def forged(plant, tmp_path, signer):
    """The ledger rewritten by somebody who has the real key: `change` gets and gives bodies."""

    def forge(change):
        folder = tmp_path / "forged"
        shutil.copytree(plant, folder)
        connection = sqlite3.connect(folder / "ledger.db", isolation_level=None)
        connection.execute("BEGIN")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            connection.execute(f"DROP TRIGGER {name}")
        rows = connection.execute("SELECT body FROM entry ORDER BY idx").fetchall()
        sizes = connection.execute("SELECT size, made_at FROM checkpoint ORDER BY size").fetchall()
        bodies = change([b for (b,) in rows])
        for table in ("entry", "tile", "checkpoint"):
            connection.execute(f"DELETE FROM {table}")
        made_at, tree = dict(sizes), Growing()
        for index, body in enumerate([*bodies, None]):
            if index in made_at:
                note = signer.sign(Checkpoint(signer.name, index, tree.root()).text)
                row = (index, note, made_at[index])
                connection.execute("INSERT INTO checkpoint VALUES (?,?,?)", row)
            if body is not None:
                leaf = leaf_hash(body)
                connection.execute("INSERT INTO entry VALUES (?,?,?)", (index, leaf, body))
                tiles = [packed(t) for t in tree.append(leaf)]
                connection.executemany("INSERT OR REPLACE INTO tile VALUES (?,?,?)", tiles)
        connection.execute("COMMIT")
        connection.close()
        return folder

    return forge


def softened(bodies):
    """The failure never happened."""
    return [b.replace(b'"outcome":"fail"', b'"outcome":"pass"') for b in bodies]


def test_an_entry_altered_and_signed_again_is_found_against_an_outside_checkpoint(
    forged, pack, plant, judge, tmp_path
):
    folder = forged(softened)
    exported = pack(folder)
    alone = judge(exported.data, None)
    found = judge(exported.data, outside_checkpoint(plant))

    assert alone.code == 3
    assert "whoever holds the key could have written another history and signed it" in alone.said
    assert found.code == 1
    assert "another history: its root over" in found.said
    again = run("rejudge.py", tmp_path / "p.zip")
    assert again.code == 1, "the facts still say what the verdicts no longer say"
    assert "plc.port-expected-present: recorded pass (missing)" in again.said


def test_a_log_cut_or_rolled_back_is_found_against_an_outside_checkpoint(
    forged, pack, plant, judge
):
    exported = pack(forged(lambda bodies: bodies[:101]))
    found = judge(exported.data, outside_checkpoint(plant))
    older = judge(exported.data, outside_checkpoint(plant, 99))

    assert found.code == 1
    assert "the package's log has only 101: it was cut or rolled back" in found.said
    assert older.code == 0, older.said
    assert "are younger than the newest outside checkpoint" in older.said


def test_a_fork_is_found_even_from_a_checkpoint_before_the_period(built, pack, judge, signer):
    async def other(plant):
        await plant.tell("guard", kind="hold", subject="site", said="the other history")
        await ordinary(plant)

    ours, theirs = built(ordinary), built(other)
    early = outside_checkpoint(theirs, 40)
    exported = pack(ours, start=START + timedelta(days=1), outside=(early,))

    assert any("another history" in said for said in exported.said)
    assert "does not extend it" in judge(exported.data, early).said
    good = outside_checkpoint(ours, 40)
    comparable = pack(ours, start=START + timedelta(days=1), outside=(good,))
    assert judge(comparable.data, good).code == 0
    silent = judge(pack(ours, start=START + timedelta(days=1)).data, good)
    assert (silent.code, "ask for an export with --outside" in silent.said) == (3, True)


def test_a_strangers_checkpoint_is_refused(judge, second_day):
    from appliance.ledger.note import Signer

    stranger = Signer("bench/edge/evidence/1", bytes(32))
    note = stranger.sign(Checkpoint(stranger.name, 5, bytes(32)).text)

    assert "soc.txt: not signed by bench/edge/evidence/1+" in judge(second_day.data, note).said


def test_a_key_out_of_the_package_shows_nothing(second_day, plant, tmp_path):
    (tmp_path / "p.zip").write_bytes(second_day.data)
    (tmp_path / "soc.txt").write_text(outside_checkpoint(plant))
    ran = run("verify.py", tmp_path / "p.zip", "--outside", tmp_path / "soc.txt")

    assert ran.code == 3
    assert "the key came out of the package itself" in ran.said


def test_what_cannot_be_found_stands_in_the_package(second_day):
    files = unpacked(second_day)
    for name in ("data/10_method/limits.csv", "data/index.html", "data/package.json"):
        text = files[name].decode()
        assert "nobody exchanged entries younger than the newest checkpoint" in text
        assert "check a sample by hand" in text


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a\\..\\x"])
def test_names_that_lead_out_are_refused(judge, second_day, plant, name):
    files = unpacked(second_day)
    ran = judge(files | {name: b""}, outside_checkpoint(plant))

    assert ran.code == 1
    assert "leads out of the package" in ran.said


@pytest.mark.parametrize("octets", [b"", b"no zip", b"PK\x03\x04" + bytes(50)])
def test_what_is_no_package_is_broken_and_no_traceback(judge, octets):
    ran = judge(octets, None)

    assert (ran.code, "Traceback" in ran.said) == (1, False)
