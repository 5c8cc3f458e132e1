"""Notes and checkpoints, against the example every implementation of C2SP signed-note shares."""

from __future__ import annotations

import base64

import pytest

from appliance.ledger.errors import NoteError
from appliance.ledger.note import Checkpoint, Signer, Verifier, opened, opened_checkpoint
from appliance.ledger.tree import EMPTY_ROOT

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
    "qdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE = f"{TEXT}\n{LINE}"
ORIGIN = "edge-1.northgate/upheld/1"
OTHER = Signer("witness.example", bytes(range(32)))


def test_signing_the_known_example_gives_the_known_note():
    signer = Signer("PeterNeumann", SEED)

    assert signer.vkey == VKEY
    assert signer.sign(TEXT) == NOTE


def test_the_known_example_opens():
    assert opened(NOTE, Verifier.parse(VKEY)) == TEXT


def test_lines_of_unknown_keys_are_ignored_before_and_after():
    theirs = OTHER.sign(TEXT).rpartition("\n\n")[2]
    same_name = Signer("PeterNeumann", bytes(32)).sign(TEXT).rpartition("\n\n")[2]

    for tail in (theirs + LINE, LINE + theirs, same_name + LINE + theirs):
        assert opened(f"{TEXT}\n{tail}", Verifier.parse(VKEY)) == TEXT


@pytest.mark.parametrize("place", range(0, len(NOTE.encode()), 3))
def test_any_changed_byte_is_noticed(place):
    changed = bytearray(NOTE.encode())
    changed[place] ^= 1

    with pytest.raises(NoteError):
        opened(changed.decode("utf-8", "replace"), Verifier.parse(VKEY))


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        f"{TEXT}\n",
        NOTE.rstrip("\n"),
        NOTE + "\n",
        NOTE.replace("\u2014", "-"),
        NOTE.replace("is the", "is\tthe"),
        f"{TEXT}\n" + LINE * 101,
        f"{TEXT}\n\u2014 PeterNeumann x08go/Z\n",
        OTHER.sign(TEXT),
    ],
)
def test_what_is_no_note_of_this_key_is_refused(note):
    with pytest.raises(NoteError):
        opened(note, Verifier.parse(VKEY))


def test_a_good_line_does_not_excuse_a_wrong_one_of_the_same_key():
    wrong = Signer("PeterNeumann", SEED).sign("Another text.\n").rpartition("\n\n")[2]

    with pytest.raises(NoteError, match="wrong"):
        opened(f"{TEXT}\n{LINE}{wrong}", Verifier.parse(VKEY))


@pytest.mark.parametrize("place", range(len(VKEY)))
def test_any_changed_letter_of_a_vkey_is_noticed(place):
    changed = VKEY[:place] + chr(ord(VKEY[place]) + 1) + VKEY[place + 1 :]

    with pytest.raises(NoteError, match=r"evidence\.vkey"):
        Verifier.parse(changed)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b"])
def test_a_key_cannot_have_a_name_a_note_cannot_carry(name):
    with pytest.raises(NoteError, match="white space"):
        Signer(name, SEED)


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", ""])
def test_a_text_a_note_cannot_carry_is_not_signed(text):
    with pytest.raises(NoteError, match="newline"):
        OTHER.sign(text)


def test_a_checkpoint_is_three_lines_and_comes_back():
    signer = Signer(ORIGIN, SEED)
    head = Checkpoint(ORIGIN, 0, EMPTY_ROOT)

    assert head.text == f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert opened_checkpoint(signer.sign(head.text), signer.verifier) == head
    assert Checkpoint.parse(head.text + "an extension\n") == head


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{ORIGIN}\n1\n", "a line each"),
        (f"{ORIGIN}\n1\n\n", "a line each"),
        (f"{ORIGIN}\n01\n{'A' * 43}=\n", "decimal"),
        (f"{ORIGIN}\n-1\n{'A' * 43}=\n", "decimal"),
        (f"{ORIGIN}\n{'9' * 5000}\n{'A' * 43}=\n", "decimal"),
        (f"{ORIGIN}\n1\nAAAA\n", "32 bytes"),
        (f"{ORIGIN}\n1\n{'A' * 42}B=\n", "32 bytes"),
    ],
)
def test_a_malformed_checkpoint_is_refused_with_what_is_wrong(text, why):
    with pytest.raises(NoteError, match=why):
        Checkpoint.parse(text)


def test_a_checkpoint_of_another_log_is_refused():
    signer = Signer(ORIGIN, SEED)
    note = signer.sign(Checkpoint("elsewhere/1", 0, EMPTY_ROOT).text)

    with pytest.raises(NoteError, match="elsewhere/1"):
        opened_checkpoint(note, signer.verifier)
