"""The whole daemon over a ledger that is not the one it had."""

from __future__ import annotations

import json
import shutil
import signal

import pytest

from appliance.ledger.show import show
from appliance.ledger.verify import verify
from tests.appliance.processes import daemon, fetched, page, upheld


def entries_of(ledger):
    return [value for _, value in show(ledger)]


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(15)


def test_an_older_database_copied_back_is_found_without_anybody_outside(plant, listen, tmp_path):
    ledger = tmp_path / "state" / "ledger.db"
    with daemon(plant, listen, entries=5) as process:
        stop(process)
    shutil.copy(ledger, tmp_path / "old.db")
    old = len(entries_of(ledger))
    with daemon(plant, listen, entries=old + 6) as process:
        assert fetched(listen, "upheld_ledger_unadopted", exactly=0) == 0
        # The copy of the head beside the ledger is ten seconds behind at most.
        stop(process)
    newer = (tmp_path / "state" / "evidence.head").read_text()
    assert int(newer.split("\n")[1]) > old
    shutil.copy(tmp_path / "old.db", ledger)

    with daemon(plant, listen, entries=4):
        assert fetched(listen, "upheld_ledger_unadopted", exactly=1) == 1
        assert fetched(listen, "upheld_hold", exactly=1) == 1
        sent = packets(listen)
        said = upheld("release", "-c", plant, "--site", "--why", "no")
        assert said.returncode == 2
        assert "upheld evidence adopt" in said.stderr
        assert packets(listen) == sent == 0
        done = upheld("evidence", "adopt", "-c", plant, "--why", "the disk was restored")
        assert done.returncode == 0, done.stderr
        assert fetched(listen, "upheld_hold", exactly=0) == 0
        assert fetched(listen, "upheld_packets_sent_total", least=1) is not None

    found = entries_of(ledger)
    assert found[0]["type"] == "log.open"
    assert found[0]["outside"] == newer
    assert "holds only" in found[0]["why"]
    kinds = [e.get("kind") for e in found]
    assert "evidence.fork" in kinds
    assert "evidence.adopted" in kinds
    vkey = (tmp_path / "state" / "evidence.vkey").read_text()
    assert vkey.startswith("bench/edge/evidence/2+")
    assert verify(ledger, vkey).ok
    closed = (tmp_path / "state" / "evidence-1.vkey").read_text()
    assert verify(tmp_path / "state" / "ledger-1.db", closed).ok


def packets(listen):
    return sum(
        float(line.rpartition(" ")[2])
        for line in page(listen).splitlines()
        if line.startswith("upheld_packets_sent_total{")
    )


def test_a_checkpoint_the_operator_lays_beside_the_ledger_counts_and_a_strangers_does_not(
    plant, listen, tmp_path
):
    from appliance.ledger.note import Checkpoint, Signer

    state = tmp_path / "state"
    with daemon(plant, listen, entries=4) as process:
        stop(process)
    stranger = Signer("bench/edge/evidence/1", bytes(32))
    note = stranger.sign(Checkpoint("bench/edge/evidence/1", 10_000, bytes(32)).text)
    (state / "known.checkpoint").write_text(note)
    with daemon(plant, listen, entries=6) as process:
        assert fetched(listen, "upheld_ledger_unadopted", exactly=0) == 0
        stop(process)

    seed = bytes.fromhex((state / "evidence.key").read_text())
    ours = Signer("bench/edge/evidence/1", seed)
    note = ours.sign(Checkpoint("bench/edge/evidence/1", 10_000, bytes(32)).text)
    (state / "known.checkpoint").write_text(note)
    with daemon(plant, listen, entries=3):
        assert fetched(listen, "upheld_ledger_unadopted", exactly=1) == 1


def test_a_restart_says_what_it_missed_and_what_changed_in_the_configuration(
    plant, listen, tmp_path
):
    ledger = tmp_path / "state" / "ledger.db"
    with daemon(plant, listen, entries=4) as process:
        stop(process)
    text = (plant / "site.yaml").read_text()
    (plant / "site.yaml").write_text(text.replace("role: plc", "role: rtu"))
    with daemon(plant, listen, entries=8) as process:
        process.kill()
        process.wait()
    with daemon(plant, listen, entries=10):
        pass

    found = entries_of(ledger)
    assert [e["type"] for e in found[:3]] == ["log.open", "started", "config.change"]
    starts = [e for e in found if e["type"] == "started"]
    assert [s.get("ended") for s in starts] == [None, "stopped", "died"]
    assert all(s["gap_from"] < s["t"] for s in starts[1:])
    changes = [e["changes"] for e in found if e["type"] == "config.change"]
    assert changes[0] == ["started"]
    assert changes[1] == ["started", "assets.plc.role: plc -> rtu"]
    assert changes[2] == ["started"]
    assert json.dumps(found).count('"stopped"') == 2


@pytest.mark.parametrize(
    "anchors",
    ["x", "[{id: a, kind: witness}]", "[{id: mqtt, kind: tsa, url: 'http://a', roots: a}]"],
)
def test_anchors_that_are_none_are_named(plant, anchors):
    (plant / "anchors.yaml").write_text(f"anchors: {anchors}\n")
    done = upheld("config", "check", "-c", plant)

    assert done.returncode == 2
    assert "anchors" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
