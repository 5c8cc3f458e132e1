"""Cosignatures against the example C2SP publishes, and against cryptography by hand."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.ledger.anchors.cosignature import Cosigner, Witness, cosigned
from appliance.ledger.anchors.submission import Submission, parse
from appliance.ledger.errors import NoteError
from appliance.ledger.note import Checkpoint, Signer, parts, signature_of

# tlog-cosignature, introduction; tlog-witness, add-checkpoint.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
PROOF = """\
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=
"""
SEED = bytes(range(32, 64))
NOTE = Signer("plant/edge/evidence/1", bytes(range(32))).sign(
    Checkpoint("plant/edge/evidence/1", 7, bytes(32)).text
)


def test_the_published_example_has_the_time_and_the_form_the_text_around_it_says():
    text, lines = parts(EXAMPLE)
    name, blob = signature_of(lines[1])

    assert (name, len(blob)) == ("witness.example.com/w1", 4 + 8 + 64)
    assert int.from_bytes(blob[4:12], "big") == 1679315147
    assert Checkpoint.parse(text).size == 20852163


def test_the_published_request_is_read_and_written_again_to_the_byte():
    body = f"old 20852014\n{PROOF}\n{EXAMPLE}".encode()
    read = parse(body)

    assert (read.old, len(read.proof), read.checkpoint.size) == (20852014, 4, 20852163)
    assert read.body == body


def test_a_cosignature_is_what_the_specification_says_by_hand():
    cosigner = Cosigner("soc.example/witness", SEED)
    line = cosigner.line(parts(NOTE)[0], 1_700_000_000)
    public = cosigner.witness.key
    blob = base64.b64decode(line.rstrip("\n").split(" ")[2])

    assert line.startswith("— soc.example/witness ")
    assert blob[:4] == hashlib.sha256(b"soc.example/witness\n\x04" + public).digest()[:4]
    assert blob[4:12] == (1_700_000_000).to_bytes(8, "big")
    message = b"cosignature/v1\ntime 1700000000\n" + NOTE.partition("\n\n")[0].encode() + b"\n"
    # Raises when it is wrong.
    Ed25519PublicKey.from_public_bytes(public).verify(blob[12:], message)
    assert cosigned(NOTE + line, Witness.parse(cosigner.witness.vkey)) == 1_700_000_000


def test_a_changed_time_text_or_key_is_refused():
    cosigner = Cosigner("soc.example/witness", SEED)
    line = cosigner.line(parts(NOTE)[0], 1_700_000_000)
    blob = bytearray(base64.b64decode(line.rstrip("\n").split(" ")[2]))
    blob[11] ^= 1
    moved = f"— soc.example/witness {base64.b64encode(blob).decode()}\n"

    with pytest.raises(NoteError, match="is wrong"):
        cosigned(NOTE + moved, cosigner.witness)
    with pytest.raises(NoteError, match="is wrong"):
        cosigned(NOTE.replace("\n7\n", "\n8\n") + line, cosigner.witness)
    with pytest.raises(NoteError, match="no cosignature by"):
        cosigned(NOTE + line, Cosigner("soc.example/witness", bytes(32)).witness)
    with pytest.raises(NoteError, match="no cosignature by"):
        cosigned(NOTE, cosigner.witness)


@pytest.mark.parametrize(
    "vkey",
    ["", "a+b+c", Signer("a", bytes(32)).vkey, Cosigner("a", bytes(32)).witness.vkey + "A"],
)
def test_what_is_no_witness_key_is_named(vkey):
    with pytest.raises(NoteError, match="is not an Ed25519 key of the witness"):
        Witness.parse(vkey)


def test_a_witness_key_whose_id_does_not_fit_is_named():
    name, _, key = Cosigner("a", bytes(32)).witness.vkey.split("+")
    with pytest.raises(NoteError, match="says its id is '00000000'"):
        Witness.parse(f"{name}+00000000+{key}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff", "not UTF-8"),
        (b"", "no line 'old SIZE'"),
        (b"old 1", "no line 'old SIZE'"),
        (b"new 1\n\n" + NOTE.encode(), "no line 'old SIZE'"),
        (b"old 01\n\n" + NOTE.encode(), "'01', no decimal"),
        (b"old -1\n\n" + NOTE.encode(), "'-1', no decimal"),
        (b"old 1\nAAAA\n\n" + NOTE.encode(), "not base64 of 32 bytes"),
        (b"old 1\n\nnothing", "not a signed note"),
        (b"old 1\n" + b"A" * 43 + b"=\n" * 1 + b"x" * 64 + b"\n\n" + NOTE.encode(), "not base64"),
        (
            b"old 1\n" + (base64.b64encode(bytes(32)) + b"\n") * 64 + b"\n" + NOTE.encode(),
            "64 lines; 63 are allowed",
        ),
    ],
)
def test_what_is_no_submission_is_named(body, said):
    with pytest.raises(NoteError, match=said):
        parse(body)


def test_a_submission_without_a_proof_has_its_empty_line():
    assert Submission(0, (), NOTE).body == b"old 0\n\n" + NOTE.encode()
    assert parse(Submission(0, (), NOTE).body) == Submission(0, (), NOTE)
