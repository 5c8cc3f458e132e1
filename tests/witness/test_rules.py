"""Every rule of C2SP tlog-witness with its status code, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from structlog.testing import capture_logs

from appliance.clock import SystemClock
from appliance.ledger import tree
from appliance.ledger.anchors.cosignature import Cosigner, cosigned
from appliance.ledger.anchors.submission import Submission
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Checkpoint, Signer, opened_checkpoint
from appliance.witness.rules import Refused, pinned
from appliance.witness.running import Files
from appliance.witness.server import Cosigning
from appliance.witness.state import State
from tests.witness.conftest import NAME, ORIGIN, Log

DIGEST = hashlib.sha256(ORIGIN.encode()).hexdigest()


@pytest.fixture
def witness(tmp_path, log):
    state = State(tmp_path / "witness.db")
    known = pinned([log.signer.verifier])
    yield Cosigning(Cosigner(NAME, bytes(32)), state, lambda: known, SystemClock())
    state.close()


def status(witness, submission):
    body = submission if isinstance(submission, bytes) else submission.body
    with pytest.raises(Refused) as refused:
        witness.add(body)
    return refused.value.status, refused.value.size


def test_a_log_that_grows_is_cosigned_at_every_size(witness, log):
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 10)):
        line = witness.add(log.submission(old, size).body)

        assert cosigned(log.note(size) + line, witness.cosigner.witness) > 1_700_000_000
    assert witness.latest(DIGEST).startswith(log.note(10))


def test_the_empty_log_is_cosigned_and_grows(witness, log):
    witness.add(log.submission(0, 0).body)
    witness.add(log.submission(0, 5).body)


def test_an_empty_log_of_another_root_is_refused(witness, log):
    wrong = log.signer.sign(Checkpoint(ORIGIN, 0, bytes(32)).text)

    assert status(witness, Submission(0, (), wrong)) == (409, 0)


def test_an_unknown_log_is_404_even_when_its_signature_is_good(witness):
    assert status(witness, Log("plant/edge/evidence/2").grow(3).submission(0)) == (404, None)


def test_a_key_that_is_not_pinned_is_403(witness):
    assert status(witness, Log(seed=bytes(32)).grow(3).submission(0)) == (403, None)


def test_a_changed_text_under_a_good_signature_is_403(witness, log):
    body = log.submission(0, 3).body.replace(b"\n3\n", b"\n4\n")

    assert status(witness, body) == (403, None)


def test_an_old_size_beyond_the_checkpoint_is_400(witness, log):
    witness.add(log.submission(0, 5).body)

    assert status(witness, Submission(6, (), log.note(5))) == (400, None)


@pytest.mark.parametrize("body", [b"", b"old 0\n", b"GET / HTTP/1.1\r\n\r\n", os.urandom(500)])
def test_what_is_no_submission_is_400(witness, body):
    assert status(witness, body) == (400, None)


def test_a_stale_size_is_409_with_the_one_that_is_known(witness, log):
    witness.add(log.submission(0, 8).body)

    assert status(witness, log.submission(5, 10)) == (409, 8)
    assert status(witness, log.submission(0, 10)) == (409, 8)


def test_a_proof_that_does_not_fit_is_422(witness, log):
    witness.add(log.submission(0, 6).body)
    good = log.submission(6, 10)

    assert status(witness, Submission(6, good.proof[:-1], good.note)) == (422, None)
    assert status(witness, Submission(6, (), good.note)) == (422, None)
    assert status(witness, Submission(6, (*good.proof, bytes(32)), good.note)) == (422, None)


def test_a_first_submission_with_a_proof_is_422(witness, log):
    assert status(witness, Submission(0, (bytes(32),), log.note(3))) == (422, None)


def test_a_rollback_is_refused_and_kept_as_evidence(witness, log):
    witness.add(log.submission(0, 8).body)

    assert status(witness, log.submission(4, 5)) == (409, 8)
    assert witness.state.conflicts()[0][2] == log.submission(4, 5).body
    assert opened_checkpoint(witness.latest(DIGEST), log.signer.verifier).size == 8


def test_a_fork_is_refused_however_it_is_asked_for_and_kept_as_evidence(witness, log):
    witness.add(log.submission(0, 8).body)
    fork = log.forked(5, 5)

    assert status(witness, fork.submission(8, 10)) == (422, None)
    assert status(witness, fork.submission(8, 8)) == (409, 8)
    assert status(witness, fork.submission(5, 10)) == (409, 8)
    assert len(witness.state.conflicts()) == 2
    assert witness.latest(DIGEST).startswith(log.note(8))


def test_a_fork_is_kept_however_many_old_heads_somebody_sent_before(witness, log):
    """Old heads are on the broker for anybody; two roots of one size only the key can sign."""
    witness.add(log.submission(0, 8).body)
    with witness.state._connection as connection:
        connection.executemany(
            "INSERT INTO conflict (at, why, body) VALUES ('', '', ?)", [(b"old",)] * 999
        )
    for _ in range(3):
        assert status(witness, log.submission(4, 5)) == (409, 8)
    assert len(witness.state.conflicts()) == 1_000
    for old in (8, 5):
        fork = log.forked(5, 5).submission(old, 8)
        assert status(witness, fork) == (409, 8)
        assert witness.state.conflicts()[-1][2] == fork.body


def test_only_what_the_key_alone_can_make_is_said_to_be_the_logs_fault(witness, log):
    witness.add(log.submission(0, 8).body)
    good = log.submission(8, 10)
    with capture_logs() as said:
        status(witness, log.submission(4, 5))
        status(witness, Submission(8, (bytes(32),), good.note))
        status(witness, log.forked(5, 5).submission(8, 8))

    assert [s["log_level"] for s in said] == ["warning", "warning", "error"]
    assert said[2]["event"] == "a log does not continue what it had signed"


def test_a_witness_that_lost_what_it_saw_does_not_begin_again_under_its_name(tmp_path):
    Files(tmp_path).cosigner(NAME)
    Files(tmp_path).cosigner(NAME)
    (tmp_path / "witness.db").unlink()
    with pytest.raises(LedgerError, match="what this witness has cosigned is gone; restore"):
        Files(tmp_path).cosigner(NAME)


def test_another_key_of_one_log_is_pinned_beside_the_first(tmp_path, log):
    state = State(tmp_path / "witness.db")
    other = Log(seed=bytes(32)).grow(4)
    known = pinned([log.signer.verifier, other.signer.verifier])
    witness = Cosigning(Cosigner(NAME, bytes(32)), state, lambda: known, SystemClock())

    witness.add(log.submission(0, 2).body)
    witness.add(Submission(2, other.submission(2, 4).proof, other.note(4)).body)
    state.close()


def test_over_http_it_answers_as_the_protocol_has_it_and_survives_kill_9(witnessing, log):
    with witnessing() as running:
        code, kind, lines = running.ask("POST", "/add-checkpoint", log.submission(0, 4).body)
        assert (code, kind) == (200, "text/plain; charset=utf-8")
        assert lines.startswith(f"— {NAME} ")
        assert lines.endswith("\n")
        blob = base64.b64decode(lines.rstrip("\n").split(" ")[2])
        text = log.note(4).partition("\n\n")[0] + "\n"
        at = int.from_bytes(blob[4:12], "big")
        Ed25519PublicKey.from_public_bytes(running.key.key).verify(
            blob[12:], f"cosignature/v1\ntime {at}\n{text}".encode()
        )
        assert running.ask("POST", "/add-checkpoint", log.submission(0, 9).body) == (
            409, "text/x.tlog.size", "4\n",
        )  # fmt: skip
        assert running.ask("POST", "/add-checkpoint", b"x" * 70_000)[0] == 413
        assert running.ask("GET", "/add-checkpoint")[0] == 405
        assert running.ask("GET", "/checkpoint/" + "0" * 64)[0] == 404
        running.kill()
    with witnessing() as running:
        assert running.ask("GET", f"/checkpoint/{DIGEST}")[2] == log.note(4) + lines
        assert running.add(log.submission(0, 4)) == (409, "4\n")
        assert running.add(log.submission(4, 10))[0] == 200


def test_killed_at_any_moment_it_never_cosigns_less_than_it_had(witnessing):
    """What was answered is on the disk: after each kill the known size is at least that."""
    log = Log().grow(400)
    answered = 0
    for _ in range(4):
        with witnessing() as running:
            known = _known(running)
            assert known >= answered
            with ThreadPoolExecutor(1) as pool:
                growing = pool.submit(_grow, running, log, known)
                # Dies in the middle of whatever it does then.
                growing_for = 0.15 + 0.05 * (answered % 3)
                pool.submit(lambda: None).cancel()
                _wait(growing_for)
                running.kill()
                answered = max(answered, growing.result())
    with witnessing() as running:
        final = _known(running)
        assert final >= answered > 0
        fork = log.forked(max(final - 1, 0), 5)
        assert running.add(fork.submission(final, final))[0] == 409


def _grow(running, log, known):
    """Submits size after size until the witness dies; the last one it answered."""
    while known < len(log.leaves):
        try:
            code, _ = running.add(log.submission(known, known + 1))
        except OSError:
            return known
        if code != 200:
            return known
        known += 1
    return known


def _known(running):
    code, text = running.add(Submission(0, (), Log().grow(1).note()))
    return 1 if code == 200 else int(text)


def _wait(seconds):
    import time

    time.sleep(seconds)


def test_of_many_at_once_exactly_one_history_is_cosigned(witnessing, log):
    with witnessing() as running:
        assert running.add(log.submission(0, 4))[0] == 200
        # Eight logs of one key: the same four entries, then eight different futures.
        futures = [log.forked(4, n) for n in range(1, 9)]
        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(lambda f: running.add(f.submission(4))[0], futures))
        note = running.ask("GET", f"/checkpoint/{DIGEST}")[2]

    # They agree with each other, being prefixes of one salted future; the sizes only grow.
    assert codes.count(200) >= 1
    assert set(codes) <= {200, 409}
    assert opened_checkpoint(note, log.signer.verifier).size > 4


def test_two_processes_over_one_state_take_turns(tmp_path, log):
    first, second = State(tmp_path / "w.db"), State(tmp_path / "w.db")
    known = pinned([log.signer.verifier])
    witnesses = [
        Cosigning(Cosigner(NAME, bytes(32)), state, lambda: known, SystemClock())
        for state in (first, second)
    ]
    fork = log.forked(2, 8)
    witnesses[0].add(log.submission(0, 10).body)

    assert status(witnesses[1], fork.submission(0, 10)) == (409, 10)
    first.close()
    second.close()


def test_a_state_that_is_another_programs_file_is_named(tmp_path):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "w.db")) as other:
        other.execute("CREATE TABLE a (b)")

    with pytest.raises(LedgerError, match="no witness's state"):
        State(tmp_path / "w.db")


def test_a_witness_of_another_name_over_the_same_key_is_refused(tmp_path):
    Files(tmp_path).cosigner("soc/one")

    with pytest.raises(LedgerError, match="give the name it had"):
        Files(tmp_path).cosigner("soc/two")


def test_a_file_of_logs_that_is_none_is_named(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.vkey").write_text("nonsense")

    with pytest.raises(LedgerError, match=r"a\.vkey: 'nonsense' is not an Ed25519"):
        Files(tmp_path).logs()


def test_the_root_of_the_empty_tree_is_what_it_begins_with():
    assert hashlib.sha256(b"").digest() == tree.EMPTY_ROOT
    assert Signer(ORIGIN, bytes(32)).name == ORIGIN
