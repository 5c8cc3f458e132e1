"""A period over two incarnations: an old copy was restored, closed, and the next log begun."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from appliance.anchoring.copies import opening
from appliance.judge.replaying import standings as replayed
from appliance.ledger.anchors.outside import contradiction, found
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Checkpoint
from appliance.ledger.package.before import before
from appliance.ledger.package.prove import asked, prove
from appliance.ledger.package.validation import validation
from appliance.ledger.store import Store
from appliance.ledger.tree import leaf_hash, root
from appliance.ledger.verifier import verify
from tests.ledger.package.conftest import ORIGIN, START, outside_checkpoint, run, unpacked
from tests.ledger.package.test_attacks import flipped, manifested, rezipped
from tests.ledger.package.test_history import rows

HEADS = {}


async def begin_anew(plant, outside, why):
    """As `Copies` does it."""
    ours = await plant.store.latest_checkpoint()
    opened = opening(plant.clock.now(), why=why, ours=ours, outside=outside)
    await plant.store.begin_anew([opened])
    plant.verdicts.clear()


async def restored(plant):
    """Three hours, then two that only the SOC's checkpoint remembers, then three of a new log."""
    ledger = plant.store.path
    for answer in ("open", "open", "refused"):
        await plant.look(p102=answer)
    remembered = dict(plant.standings), dict(plant.verdicts)
    await plant.store.close()
    shutil.copy(ledger, ledger.with_name("backup"))
    plant.store = Store.open(ledger, origin=ORIGIN, key=bytes(range(32)), clock=plant.clock)
    for _ in range(2):
        await plant.look(p102="open")
    soc = await plant.store.latest_checkpoint()
    await plant.store.close()
    shutil.move(ledger.with_name("backup"), ledger)
    plant.standings, plant.verdicts = remembered
    plant.store = Store.open(ledger, origin=ORIGIN, key=bytes(range(32)), clock=plant.clock)
    outside = found("The SOC", soc, plant.store.verifier)
    why = await plant.store.read(lambda c: contradiction(c, outside, plant.store.verifier.name))
    HEADS["lost"], HEADS["closed"] = soc, await plant.store.latest_checkpoint()
    await begin_anew(plant, outside, why)
    for answer in ("refused", "open", "open"):
        await plant.look(p102=answer)
    await plant.store.close()


async def moved(plant):
    """To another computer: nothing is lost, and yet it is another log."""
    for answer in ("open", "refused"):
        await plant.look(p102=answer)
    await begin_anew(plant, None, "This ledger was kept on another machine.")
    for answer in ("refused", "open"):
        await plant.look(p102=answer)


@pytest.fixture(scope="module")
def twice(built):
    return built(restored, "restored")


@pytest.fixture(scope="module")
def elsewhere(built):
    return built(moved, "moved")


@pytest.fixture(scope="module")
def second(signer):
    return signer.renamed("bench/edge/evidence/2")


@pytest.fixture(scope="module")
def over_both(twice, pack, second):
    return pack(twice, by=second)


@pytest.fixture(scope="module")
def on_another(elsewhere, pack, second):
    return pack(elsewhere, by=second)


@pytest.fixture
def judge(tmp_path, signer):
    def judged(data, *notes):
        (tmp_path / "p.zip").write_bytes(data)
        words = ["--vkey", signer.vkey]
        for number, note in enumerate(notes):
            (tmp_path / f"soc-{number}.txt").write_text(note)
            words += ["--outside", tmp_path / f"soc-{number}.txt"]
        return run("verify.py", tmp_path / "p.zip", *words)

    return judged


def test_a_period_over_two_logs_is_shown_whole_and_what_was_lost_is_said(
    twice, pack, second, judge, tmp_path, over_both
):
    exported = over_both
    files = unpacked(exported)
    ran = judge(exported.data, outside_checkpoint(twice))
    held = [Checkpoint.parse(HEADS[n].partition("\n\n")[0] + "\n").size for n in ("closed", "lost")]

    assert ran.code == 3, ran.said
    assert "BROKEN" not in ran.said
    closed, lost = held
    assert (
        f"MISSING: bench/edge/evidence/2: entries {closed} to {lost - 1} of bench/edge/evidence/1 "
        "were signed and are lost; The SOC kept their head"
    ) in ran.said
    assert (
        "SHOWN: bench/edge/evidence/2: it begins with the end of bench/edge/evidence/1" in ran.said
    )
    assert "NOT SHOWN: the evidence is 2 logs one after the other" in ran.said
    assert {n.split("/")[2] for n in files if n.endswith("/entries.jsonl")} == {"log", "log-1"}
    again = run("rejudge.py", tmp_path / "p.zip")
    assert (again.code, "0 different, 0 impossible" in again.said) == (0, True), again.said


def test_the_report_counts_through_both_logs(twice, pack, second, over_both):
    exported = over_both
    (failure,) = [
        r
        for r in rows(exported, "06_technical/failures")
        if r["key"] == "plc.port-expected-present"
    ]

    # It began in the first log and ended in the second.
    assert (failure["began"], failure["ended"]) == ("2026-03-02T11:00:00Z", "2026-03-02T15:00:00Z")
    numbers = {r["last entry"] for r in rows(exported, "06_technical/evidence")}
    assert {n.partition("/")[0] for n in numbers} == {"2"}
    logs = rows(exported, "07_operations/logs")
    assert [r["log"] for r in logs] == ["bench/edge/evidence/1", "bench/edge/evidence/2"]
    assert "over" in logs[1]["why it was begun"]
    assert exported.said == ()


def test_the_states_at_the_end_are_those_a_replay_of_both_logs_gives(
    twice, pack, second, over_both
):
    exported = over_both
    files = unpacked(exported)
    bodies = [
        json.loads(line)
        for folder in ("log-1", "log")
        for line in files[f"data/90_raw/{folder}/entries.jsonl"].splitlines()
    ]
    states = {r["key"]: r["state at end"] for r in rows(exported, "06_technical/evidence")}

    found_ = {k: s.state.value for k, s in replayed(bodies).items() if k in states}
    assert found_ == states
    assert rows(exported, "10_method/replay") == []


@pytest.mark.parametrize(
    ("start", "end"), [(0, 3), (5, 9), (2, 8)], ids=["the closed log", "the new one", "both"]
)
def test_a_part_of_the_period_carries_both_logs(twice, pack, second, judge, tmp_path, start, end):
    period = {"start": START + timedelta(hours=start), "end": START + timedelta(hours=end)}
    exported = pack(twice, by=second, **period)
    ran = judge(exported.data, outside_checkpoint(twice))
    again = run("rejudge.py", tmp_path / "p.zip")

    assert "BROKEN" not in ran.said
    assert "it begins with the end of bench/edge/evidence/1" in ran.said
    assert again.code == 0, again.said
    assert not again.said.startswith("0 verdicts")


def test_what_was_lost_is_not_taken_for_a_rollback_nobody_told_of(
    twice, pack, second, judge, over_both
):
    """And the SOC's head of the lost entries compares with nothing."""
    exported = over_both
    newest, lost = outside_checkpoint(twice), HEADS["lost"]
    ran = judge(exported.data, newest, lost)

    assert (ran.code, "BROKEN" in ran.said) == (3, False)
    assert "are the lost ones" in ran.said
    alone = judge(pack_first(twice, pack, second), lost)
    assert (alone.code, "it was cut or rolled back" in alone.said) == (1, True)


def pack_first(folder, pack, second):
    """The closed log alone, as if nothing had come after it."""
    alone = folder.parent / "alone"
    if not alone.exists():
        shutil.copytree(folder, alone)
        shutil.move(alone / "ledger-1.db", alone / "ledger.db")
    return pack(alone, by=second.renamed("bench/edge/evidence/1")).data


def test_a_head_of_the_new_log_vouches_for_the_closed_one_it_quotes(
    elsewhere, pack, second, judge, on_another
):
    exported = on_another
    ran = judge(exported.data, outside_checkpoint(elsewhere))
    nobody = judge(exported.data)

    assert ran.code == 0, ran.said
    assert "This ledger was kept on another machine." in ran.said
    assert "evidence/1: the log extends what outsiders received" in ran.said
    assert nobody.code == 3
    assert "evidence/1: the log extends" not in nobody.said


def test_a_closed_log_written_anew_with_the_real_key_is_not_the_quoted_one(
    elsewhere, pack, second, signer, judge, tmp_path
):
    folder = tmp_path / "forged"
    shutil.copytree(elsewhere, folder)
    with closing(sqlite3.connect(folder / "ledger-1.db")) as connection, connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        bodies = [b for (b,) in connection.execute("SELECT body FROM entry ORDER BY idx")]
        bodies[-1] = bodies[-1].replace(b'"outcome":"fail"', b'"outcome":"pass"')
        leaves = [leaf_hash(b) for b in bodies]
        connection.execute("DELETE FROM checkpoint")
        connection.execute("UPDATE tile SET hashes = ? WHERE level = 0", (b"".join(leaves),))
        connection.execute("DELETE FROM entry WHERE idx = ?", (len(bodies) - 1,))
        connection.execute(
            "INSERT INTO entry VALUES (?,?,?)", (len(bodies) - 1, leaves[-1], bodies[-1])
        )
        note = signer.sign(Checkpoint(signer.name, len(leaves), root(leaves)).text)
        connection.execute(
            "INSERT INTO checkpoint VALUES (?,?,?)", (len(leaves), note, "2026-03-02")
        )
    ran = judge(pack(folder, by=second).data, outside_checkpoint(elsewhere))

    assert ran.code == 1
    assert "its first entry quotes bench/edge/evidence/1 with" in ran.said
    assert "another end" in ran.said


def test_a_closed_log_left_out_is_missed(elsewhere, pack, second, judge, on_another):
    files = unpacked(on_another)
    left = {n: d for n, d in files.items() if "/log-1/" not in n and not n.endswith(".sig")}
    ran = judge(rezipped(manifested(left)), outside_checkpoint(elsewhere))

    assert ran.code == 3
    assert "it continues bench/edge/evidence/1 of" in ran.said
    assert "which is not in here" in ran.said


def test_one_bit_flipped_in_any_file_of_a_closed_log_is_named(
    elsewhere, pack, second, tmp_path, on_another
):
    files = unpacked(on_another)
    policy = verify.Policy(logs=[verify.Key.parse(second.vkey)])
    soc = [("soc", outside_checkpoint(elsewhere))]
    inner = [n for n in sorted(files) if "/log-1/" in n]
    assert len(inner) > 5
    for number, name in enumerate(inner):
        changed = files | {name: flipped(files[name], number * 7919 + len(files[name]) // 2)}
        (tmp_path / "p.zip").write_bytes(rezipped(changed))
        broken = verify.verified(tmp_path / "p.zip", policy, soc).broken
        assert any(name in sentence for sentence in broken), (name, broken)


def test_a_closed_ledger_that_cannot_be_read_is_named_and_missed(
    elsewhere, pack, second, judge, tmp_path
):
    folder = tmp_path / "damaged"
    shutil.copytree(elsewhere, folder)
    (folder / "ledger-1.db").write_bytes(b"no database" * 100)
    exported = pack(folder, by=second)
    ran = judge(exported.data, outside_checkpoint(folder))

    assert any(said.startswith("ledger-1.db is not in here: ") for said in exported.said)
    assert ran.code == 3
    assert "MISSING: ledger-1.db is not in here" in ran.said
    assert "it continues bench/edge/evidence/1 of" in ran.said


def test_two_files_of_one_log_are_one_where_one_continues_the_other_and_else_named(
    elsewhere, pack, second, signer, tmp_path
):
    folder = tmp_path / "copies"
    shutil.copytree(elsewhere, folder)
    shutil.copy(folder / "ledger-1.db", folder / "ledger-1.2.db")
    assert pack(folder, by=second).said == ()
    (folder / "ledger-1.2.db").unlink()
    other = Store.open(folder / "ledger-1.2.db", origin=ORIGIN, key=signer)
    import asyncio

    asyncio.run(_one_entry(other))
    (said,) = pack(folder, by=second).said
    assert said.startswith(
        "ledger-1.2.db is another history of bench/edge/evidence/1, of 1 entries"
    )


async def _one_entry(store):
    await store.commit([b"another beginning"])
    await store.close()


def test_an_entry_of_a_closed_log_is_proven_in_its_own_folder(twice, pack, second):
    exported = pack(twice, by=second, end=START + timedelta(hours=3, seconds=1), sample=50)
    files = unpacked(exported)

    assert [n for n in files if n.startswith("data/90_raw/log-1/proofs/")]
    for row in rows(exported, "11_population_samples/sample"):
        assert f"data/{row['proof']}" in files
        assert row["entry"].startswith("1/")


def test_a_package_continues_one_of_the_log_that_was_closed_since(
    twice, pack, second, judge, tmp_path
):
    (tmp_path / "first.zip").write_bytes(pack_first(twice, pack, second))
    older = before(tmp_path / "first.zip")
    exported = pack(twice, by=second, before=older)
    ran = judge(exported.data, outside_checkpoint(twice), older.checkpoint)

    assert (ran.code, "BROKEN" in ran.said) == (3, False), ran.said
    about = json.loads(unpacked(exported)["data/package.json"])
    assert about["before"]["tagmanifest_sha256"] == older.digest


@pytest.mark.parametrize("number", [1, 2])
def test_an_entry_is_proven_in_the_log_it_is_of(twice, second, signer, number):
    ledger = twice / "ledger.db"
    key = signer if number == 1 else second
    proof = prove(ledger, second.vkey, *asked(f"{number}/2")).decode()
    with closing(sqlite3.connect(twice / ("ledger-1.db" if number == 1 else "ledger.db"))) as c:
        (leaf,) = c.execute("SELECT leaf FROM entry WHERE idx = 2").fetchone()
    path, _, note = proof.partition("\n\n")
    signed = verify.head("proof", note, verify.Key.parse(key.vkey))
    steps = [verify.decode64(step) for step in path.split("\n")[2:]]

    assert verify.included(leaf, 2, signed.size, steps, signed.root)
    assert (prove(ledger, second.vkey, 2).decode() == proof) is (number == 2)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("3/1", "there is no log 3; write 1/INDEX or 2/INDEX."),
        ("1/9999", "bench/edge/evidence/1: there is no signed entry 9999; 0 to "),
        ("01/1", "write INDEX or LOG/INDEX, such as 17 or 1/17"),
        ("-1", "is no entry"),
        ("one", "is no entry"),
    ],
)
def test_an_entry_that_is_in_no_log_is_said(twice, second, entry, said):
    with pytest.raises(LedgerError) as refused:
        prove(twice / "ledger.db", second.vkey, *asked(entry))
    assert said in str(refused.value)


def test_a_closed_ledger_that_cannot_be_read_is_why_its_entry_is_not_proven(
    elsewhere, second, tmp_path
):
    folder = tmp_path / "damaged"
    shutil.copytree(elsewhere, folder)
    (folder / "ledger-1.db").write_bytes(b"no database" * 100)

    assert prove(folder / "ledger.db", second.vkey, 0).startswith(b"c2sp.org/tlog-proof@v1\n")
    with pytest.raises(LedgerError, match=r"there is no log 1; .* ledger-1.db is not in here: "):
        prove(folder / "ledger.db", second.vkey, 0, 1)


async def remembered(plant):
    """Of port 102 only the closed log knows, and it speaks for the new log's verdict still."""
    await plant.look(p102="open")
    await begin_anew(plant, None, "This ledger was kept on another machine.")
    HEADS["first look"] = plant.store.size
    await plant.look()


def test_a_report_rests_on_what_the_closed_log_saw_too(built, second):
    folder = built(remembered, "remembered")
    check = "port-expected-present"
    result = {"entry": HEADS["first look"], "verdict": "pass", "said": ""}
    report = validation(folder / "ledger.db", second.vkey, f"plc.{check}", check, result)

    assert report["verdict"]["outcome"] == "pass"
    assert report["log"] == "bench/edge/evidence/2"
    assert f"index {report['entry']}\n" in report["proof"]
