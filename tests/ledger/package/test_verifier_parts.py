"""The arithmetic of verify.py against other implementations: OpenSSL's Ed25519, our own tree."""

from __future__ import annotations

import random
import sqlite3
import struct
from base64 import b64encode
from contextlib import closing
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.ledger.note import Checkpoint
from appliance.ledger.tree import consistency_proof, inclusion_proof, leaf_hash, root
from appliance.ledger.verifier import verify
from tests.ledger.package.conftest import outside_checkpoint, run

LEAVES = [leaf_hash(bytes([n])) for n in range(40)]


def test_signatures_are_judged_as_openssl_judges_them():
    rng = random.Random(7)
    for _ in range(20):
        key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), rng.randbytes(rng.randrange(200))
        signature = key.sign(message)
        assert verify.ed25519(public, signature, message)
        changed = bytearray(signature)
        changed[rng.randrange(64)] ^= 1 << rng.randrange(8)
        assert not verify.ed25519(public, bytes(changed), message)
        assert not verify.ed25519(public, signature, message + b"x")
        assert not verify.ed25519(sha256(public).digest(), signature, message)


def test_a_signature_has_one_spelling():
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"m")
    second = int.from_bytes(signature[32:], "little") + verify.ORDER
    assert not verify.ed25519(public, signature[:32] + second.to_bytes(32, "little"), b"m")
    assert not verify.ed25519(public[:31], signature, b"m")
    assert not verify.ed25519(public, signature[:63], b"m")


def test_every_proof_of_small_trees_holds_and_none_for_another_place():
    for size in range(1, len(LEAVES) + 1):
        whole = root(LEAVES[:size])
        for index in range(size):
            path = inclusion_proof(index, LEAVES[:size])
            assert verify.included(LEAVES[index], index, size, path, whole)
            assert not verify.included(LEAVES[index], (index + 1) % (size + 1), size, path, whole)
            assert not verify.included(LEAVES[index], index, size, [*path, whole], whole)
        for old in range(1, size):
            path = consistency_proof(old, LEAVES[:size])
            before = root(LEAVES[:old])
            assert verify.extends(old, size, path, before, whole)
            assert not verify.extends(old, size, path, whole, whole)
            assert not verify.extends(old, size, path[:-1], before, whole)


def test_a_tree_of_leaves_and_subtrees_has_the_root_of_its_leaves():
    tree = verify.Tree()
    for level, leaves in ((3, LEAVES[:8]), (0, LEAVES[8:9]), (0, LEAVES[9:10]), (1, LEAVES[10:12])):
        tree.append(level, root(leaves))
    assert (tree.size, tree.root()) == (12, root(LEAVES[:12]))
    with pytest.raises(verify.Wrong, match="cannot stand at 12"):
        tree.append(3, LEAVES[0])


class Witness:
    def __init__(self, name, seed):
        self.name, self.key = name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        raw = b"\x04" + self.key.public_key().public_bytes_raw()
        self.id = sha256(name.encode() + b"\n" + raw).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64encode(raw).decode()}"

    def cosign(self, note, at=1_770_000_000):
        text = note.rpartition("\n\n")[0] + "\n"
        signature = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        blob = b64encode(self.id + struct.pack(">Q", at) + signature).decode()
        return f"{note}\N{EM DASH} {self.name} {blob}\n"


@pytest.fixture
def trio():
    return [Witness(f"w{n}.example", n) for n in range(1, 4)]


def policy_of(trio, signer, quorum):
    lines = [f"log {signer.vkey}", *(f"witness {w.name} {w.vkey}" for w in trio)]
    names = " ".join(w.name for w in trio)
    return "\n".join([*lines, f"group two 2 {names}  # of three", f"quorum {quorum}", ""])


def test_a_quorum_of_witnesses_counts_and_a_false_one_is_broken(trio, signer):
    note = signer.sign(Checkpoint(signer.name, 5, bytes(32)).text)
    policy = verify.Policy.parse(policy_of(trio, signer, "two"))
    one = trio[0].cosign(note)
    two = trio[2].cosign(one)

    assert not policy.met(note, "two")
    assert not policy.met(one, "two")
    assert policy.met(two, "two")
    false = trio[1].cosign(one).replace("\n5\n", "\n6\n", 1)
    with pytest.raises(verify.Wrong, match="the signature of w1"):
        policy.met(false, "two")
    with pytest.raises(verify.Wrong, match="is nobody it names"):
        verify.Policy.parse(policy_of(trio, signer, "three"))


def test_a_policy_whose_quorum_nobody_met_is_not_intact(trio, signer, second_day, plant, tmp_path):
    (tmp_path / "p.zip").write_bytes(second_day.data)
    (tmp_path / "policy").write_text(policy_of(trio, signer, "two"))
    (tmp_path / "soc.txt").write_text(outside_checkpoint(plant))
    ran = run("verify.py", tmp_path / "p.zip", "--policy", tmp_path / "policy", "--outside",
              tmp_path / "soc.txt")  # fmt: skip

    assert ran.code == 3
    assert "no checkpoints are cosigned by the quorum two" in ran.said


def test_a_checkpoint_over_nothing_shows_nothing(signer, second_day, tmp_path):
    empty = Checkpoint(signer.name, 0, sha256(b"").digest())
    (tmp_path / "p.zip").write_bytes(second_day.data)
    (tmp_path / "soc.txt").write_text(signer.sign(empty.text))
    ran = run("verify.py", tmp_path / "p.zip", "--vkey", signer.vkey, "--outside",
              tmp_path / "soc.txt")  # fmt: skip

    assert (ran.code, "covers no entry" in ran.said) == (3, True)


def test_a_checkpoint_of_any_size_in_the_period_can_be_compared(
    signer, second_day, plant, tmp_path
):
    """Also one that is not among those in the package, because there were too many."""
    with closing(sqlite3.connect(plant / "ledger.db")) as connection:
        leaves = [leaf for (leaf,) in connection.execute("SELECT leaf FROM entry ORDER BY idx")]
        known = {size for (size,) in connection.execute("SELECT size FROM checkpoint")}
    size = next(n for n in range(80, len(leaves)) if n not in known)
    (tmp_path / "p.zip").write_bytes(second_day.data)
    for claimed, code in ((root(leaves[:size]), 0), (root(leaves[: size - 1]), 1)):
        note = signer.sign(Checkpoint(signer.name, size, claimed).text)
        (tmp_path / "soc.txt").write_text(note)
        ran = run("verify.py", tmp_path / "p.zip", "--vkey", signer.vkey, "--outside",
                  tmp_path / "soc.txt")  # fmt: skip
        assert ran.code == code, ran.said


@pytest.mark.parametrize("words", [("--vkey", "hello"), ("--outside", "/nowhere"), ()])
def test_what_cannot_be_asked_is_2_and_one_sentence(words, tmp_path):
    ran = run("verify.py", tmp_path / "missing.zip", *words)

    assert (ran.code, "Traceback" in ran.said) == (2, False)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("group two 2 w1.example w1.example\nquorum two", "in one group, once"),
        ("group a 1 b\ngroup b 1 a\nquorum a", "must stand above it"),
        ("group a 1 w1.example\ngroup b all a w1.example\nquorum b", "in one group, once"),
        ("group a 0 w1.example\nquorum a", "wants 0 of w1.example"),
        ("group a 2 w1.example\nquorum a", "wants 2 of w1.example"),
        ("group a x w1.example\nquorum a", "wants x of w1.example"),
        ("group a all\nquorum a", "wants all of"),
        ("group w1.example any w2.example\nquorum w1.example", "names 'w1.example' twice"),
        ("witness again {w1}\nquorum w1.example", "names one key twice"),
        ("witness own {log}\nquorum own", "no Ed25519 key of a witness"),
        ("log {w1}\nquorum none", "no Ed25519 key of a log"),
        ("log {log}\nquorum none", "names one key twice"),
        ("quorum none\nquorum w1.example", "has 2 quorum lines"),
        ("", "has 0 quorum lines"),
        ("quorum", "is none of log, witness, group, quorum"),
    ],
)
def test_a_policy_that_means_less_than_it_seems_to_is_refused(trio, signer, lines, said):
    text = "\n".join([f"log {signer.vkey}", *(f"witness {w.name} {w.vkey}" for w in trio), lines])
    with pytest.raises(verify.Wrong, match=said):
        verify.Policy.parse(text.format(w1=trio[0].vkey, log=signer.vkey))


def test_a_policy_of_many_plants_has_the_key_of_this_one(signer, second_day, plant, tmp_path):
    from appliance.ledger.note import Signer

    others = [Signer(f"plant-{n}/edge/evidence/1", bytes([n]) * 32) for n in (1, 2)]
    logs = [others[0].vkey, signer.vkey, others[1].vkey]
    (tmp_path / "p.zip").write_bytes(second_day.data)
    (tmp_path / "policy").write_text("".join(f"log {v}\n" for v in logs) + "quorum none\n")
    (tmp_path / "soc.txt").write_text(outside_checkpoint(plant))
    ran = run("verify.py", tmp_path / "p.zip", "--policy", tmp_path / "policy", "--outside",
              tmp_path / "soc.txt")  # fmt: skip

    assert ran.code == 0, ran.said
