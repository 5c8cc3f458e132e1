"""`upheld evidence verify --known`: a checkpoint kept elsewhere shows what our own key cannot."""

from __future__ import annotations

import pytest

from appliance.ledger.note import Checkpoint, Signer
from appliance.ledger.store import Store

ORIGIN = "bench/edge/evidence/1"
SEED = bytes(range(32))


@pytest.fixture
async def kept(site, tmp_path):
    """A configuration with a ledger of three entries, and the head the SOC got over two of them."""
    folder, state = site(), tmp_path / "state"
    state.mkdir(exist_ok=True)
    signer = Signer(ORIGIN, SEED)
    async with Store.open(state / "ledger.db", origin=ORIGIN, key=signer) as store:
        done = await store.commit([b"{}", b"{}"])
        await store.commit([b"{}"])
    (state / "evidence.vkey").write_text(signer.vkey + "\n")
    (tmp_path / "soc.txt").write_text(done.checkpoint)
    return folder, tmp_path / "soc.txt", signer


def test_a_known_head_that_this_ledger_continues_is_intact(upheld, kept):
    folder, soc, _ = kept
    done = upheld("evidence", "verify", "-c", folder, "--known", soc, "--known", soc)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "intact"), done.stdout


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (2, "outside checkpoint 1: signed root"),
        (90, "signed over 90 entries, but the ledger holds"),
    ],
)
def test_another_history_signed_by_our_own_key_is_broken(upheld, kept, size, says):
    folder, soc, signer = kept
    soc.write_text(signer.sign(Checkpoint(ORIGIN, size, bytes(32)).text))
    done = upheld("evidence", "verify", "-c", folder, "--known", soc)

    assert done.returncode == 1
    assert says in done.stdout
    assert done.stdout.endswith("\nbroken\n")


def test_what_is_no_checkpoint_of_ours_and_what_is_no_file_are_named(upheld, kept, tmp_path):
    folder, soc, _ = kept
    stranger = Signer(ORIGIN, bytes(32))
    soc.write_text(stranger.sign(Checkpoint(ORIGIN, 2, bytes(32)).text))
    foreign = upheld("evidence", "verify", "-c", folder, "--known", soc)
    missing = upheld("evidence", "verify", "-c", folder, "--known", tmp_path / "nothing")

    assert foreign.returncode == 1
    assert "outside checkpoint 1: " in foreign.stdout
    assert missing.returncode == 2
    assert "nothing: no such file" in missing.stderr
    assert "Traceback" not in missing.stderr
