"""What somebody with the log's key, or with a hex editor, could slip past the verifiers."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest

from appliance.ledger.note import Checkpoint
from appliance.ledger.package.pieces import line
from appliance.ledger.package.sshsig import signature
from appliance.ledger.tree import EMPTY_ROOT, leaf_hash, root
from tests.ledger.package.conftest import (
    START,
    VERIFIER,
    outside_checkpoint,
    run,
    unpacked,
)
from tests.ledger.package.test_attacks import manifested, rezipped

LOG = "data/90_raw/log/"
ABOUT = "data/package.json"
SIGNATURE = "tagmanifest-sha256.txt.sig"


@pytest.fixture
def judge(tmp_path, plant, signer):
    """verify.py over octets, with the key and the SOC's newest checkpoint."""

    def judged(data):
        (tmp_path / "p.zip").write_bytes(data)
        (tmp_path / "soc.txt").write_text(outside_checkpoint(plant))
        trusted = ("--vkey", signer.vkey, "--outside", tmp_path / "soc.txt")
        return run("verify.py", tmp_path / "p.zip", *trusted)

    return judged


@pytest.fixture
def signed(signer):
    """The files with manifests made and signed anew, as somebody with the log's key would."""

    def sign(files):
        files = manifested({n: d for n, d in files.items() if n != SIGNATURE})
        tags = files["tagmanifest-sha256.txt"]
        return files | {SIGNATURE: signature(signer.verifier.key, signer.octets, tags)}

    return sign


def with_about(files, **fields):
    return files | {ABOUT: line(json.loads(files[ABOUT]) | fields)}


def test_signed_anew_without_a_change_it_is_intact(judge, signed, whole):
    ran = judge(rezipped(signed(unpacked(whole))))

    assert ran.code == 0, ran.said
    assert "are said to be the period from 2026-03-02T08:00:00Z to " in ran.said


# --- entries that no log has ---------------------------------------------------------------------


def test_a_second_body_for_one_entry_is_broken(judge, signed, whole):
    """The last of the two would be the one in the tree, and the first the one that is read."""
    files = unpacked(whole)
    bodies, indices = files[LOG + "entries.jsonl"], files[LOG + "indices.txt"]
    files[LOG + "entries.jsonl"] = b'{"type":"guard","said":"All is well."}\n' + bodies
    files[LOG + "indices.txt"] = b"0\n" + indices
    ran = judge(rezipped(signed(files)))

    assert (ran.code, "indices.txt: 0 follows 0" in ran.said) == (1, True), ran.said


@pytest.mark.parametrize("name", ["entries.jsonl", "subtrees.txt", "consistency.jsonl"])
def test_a_line_without_an_end_is_broken(judge, signed, second_day, name):
    files = unpacked(second_day)
    files[LOG + name] += b'{"type":"guard"}'
    ran = judge(rezipped(signed(files)))

    assert (ran.code, f"{name}: its last line has no end" in ran.said) == (1, True), ran.said


def test_a_log_beside_the_one_that_is_vouched_for_is_broken(judge, signed, whole, signer):
    """Without a number it would be the first of its kind too, and nobody has a head of it."""
    files = unpacked(whole)
    other, body = signer.renamed("bench/edge/evidence"), b'{"type":"guard","said":"All is well."}'
    note = other.sign(Checkpoint(other.name, 1, leaf_hash(body)).text)
    row = {"size": 1, "made_at": "2026-03-02", "note": note}
    files |= {
        "data/90_raw/log-0/checkpoint": note.encode(),
        "data/90_raw/log-0/checkpoints.jsonl": line(row),
        "data/90_raw/log-0/entries.jsonl": body + b"\n",
        "data/90_raw/log-0/indices.txt": b"0\n",
        "data/90_raw/log-0/subtrees.txt": b"",
    }
    logs = json.loads(files[ABOUT])["logs"]
    logs.insert(0, {"folder": "log-0", "origin": other.name, "first": 0, "last": 0})
    ran = judge(rezipped(signed(with_about(files, logs=logs))))

    assert (ran.code, "has no log, or one twice" in ran.said) == (1, True), ran.said


def test_a_folder_of_entries_without_a_head_is_broken(judge, signed, whole):
    """verify.py would look over it, and rejudge.py read it."""
    files = unpacked(whole)
    logs = json.loads(files[ABOUT])["logs"]
    logs.append({"folder": "log-7", "origin": "bench/edge/evidence/7", "first": 0, "last": 0})
    files["data/90_raw/log-7/entries.jsonl"] = b"{}\n"
    files["data/90_raw/log-7/indices.txt"] = b"0\n"
    ran = judge(rezipped(signed(with_about(files, logs=logs))))

    assert (ran.code, "log-7/: data/package.json names this log" in ran.said) == (1, True)


@pytest.mark.parametrize(("first", "last"), [(0, 10**15), (-5, 3), (200, 3)])
def test_a_period_the_log_does_not_have_is_broken(judge, signed, whole, first, last):
    files = unpacked(whole)
    logs = [row | {"first": first, "last": last} for row in json.loads(files[ABOUT])["logs"]]
    ran = judge(rezipped(signed(with_about(files, logs=logs))))

    assert (ran.code, f"has no entries {first} to {last}" in ran.said) == (1, True), ran.said


def test_a_proof_under_the_head_of_another_history_is_broken(judge, signed, second_day, signer):
    """Two heads of one size by one key are a fork, wherever they stand."""
    files = unpacked(second_day)
    name = next(n for n in files if n.startswith(LOG + "proofs/"))
    index = int(name.rpartition("/")[2].partition(".")[0])
    lines = files[LOG + "indices.txt"].split()
    body = files[LOG + "entries.jsonl"].split(b"\n")[lines.index(b"%d" % index)]
    forked = signer.sign(Checkpoint(signer.name, 1, leaf_hash(body)).text)
    zero = files | {name: files[name].partition(b"\n\n")[0] + b"\n\n" + forked.encode()}
    other = f"{LOG}proofs/1.tlog-proof"
    ran = judge(rezipped(signed(zero)))
    renamed = judge(rezipped(signed({other if n == name else n: d for n, d in files.items()})))

    assert (ran.code, "its signed head is not that of the package's log" in ran.said) == (1, True)
    assert (renamed.code, f"{other}: no proof of the entry" in renamed.said) == (1, True)


@pytest.mark.parametrize("row", [b"0 99999999999 00", b"0 -1 00", b"0 1000000000000000000000 aa"])
def test_a_subtree_of_an_absurd_size_is_broken_and_no_traceback(judge, signed, second_day, row):
    files = unpacked(second_day)
    files |= {
        LOG + "subtrees.txt": row + b"\n",
        LOG + "entries.jsonl": b"",
        LOG + "indices.txt": b"",
    }
    ran = judge(rezipped(signed(files)))

    assert (ran.code, "Traceback" in ran.said, "is no hash of a tree" in ran.said) == (
        1,
        False,
        True,
    )


def test_two_digests_of_one_file_are_broken(judge, signed, second_day, signer):
    """sha256sum would refuse the first of them, verify.py would have looked at the last."""
    files = unpacked(second_day)
    name = "manifest-sha256.txt"
    listing = b"0" * 64 + b"  data/index.html\n" + files[name]
    files = {n: d for n, d in signed(files).items() if n not in (SIGNATURE, name)}
    tags = files["tagmanifest-sha256.txt"].decode().splitlines()
    from hashlib import sha256

    tags = [f"{sha256(listing).hexdigest()}  {name}" if t.endswith(name) else t for t in tags]
    tagged = ("\n".join(tags) + "\n").encode()
    files |= {name: listing, "tagmanifest-sha256.txt": tagged}
    files[SIGNATURE] = signature(signer.verifier.key, signer.octets, tagged)
    ran = judge(rezipped(files))

    assert ran.code == 1
    assert "data/index.html: the manifests list it twice" in ran.said


def test_only_files_that_are_as_listed_are_counted_as_shown(judge, second_day):
    files = unpacked(second_day)
    whole = judge(rezipped(files)).said
    changed = judge(rezipped(files | {"data/index.html": b"<p>All is well."})).said

    assert f"SHOWN: {len(files) - 2} files have the digests" in whole
    assert f"SHOWN: {len(files) - 3} files have the digests" in changed


def test_a_log_of_no_entries_shows_nothing(judge, signed, whole, signer, tmp_path):
    files = unpacked(whole)
    note = signer.sign(Checkpoint(signer.name, 0, EMPTY_ROOT).text)
    files = {n: d for n, d in files.items() if not n.startswith(LOG)}
    files |= {f"{LOG}{n}": b"" for n in ("entries.jsonl", "indices.txt", "subtrees.txt")}
    files |= {LOG + "checkpoint": note.encode(), "data/90_raw/anchors.jsonl": b""}
    logs = [r | {"first": 0, "last": -1} for r in json.loads(files[ABOUT])["logs"]]
    files = signed(with_about(files, logs=logs))
    (tmp_path / "p.zip").write_bytes(rezipped(files))
    (tmp_path / "soc.txt").write_text(note)
    trusted = ("--vkey", signer.vkey, "--outside", tmp_path / "soc.txt")
    same = run("verify.py", tmp_path / "p.zip", *trusted)

    assert judge(rezipped(files)).code == 1, "the SOC's checkpoint has more"
    assert (same.code, "covers no entry, so it shows nothing" in same.said) == (3, True), same.said


# --- the zip -------------------------------------------------------------------------------------


def test_octets_that_are_no_files_are_broken(judge, second_day):
    """A program that reads a zip from its beginning would unpack what stands in front."""
    other = rezipped({"data/index.html": b"<p>All is well."})
    for data in (other + second_day.data, second_day.data + b"more"):
        ran = judge(data)
        assert (ran.code, "octets that are no file's" in ran.said) == (1, True), ran.said
    assert judge(second_day.data).code == 0


def test_what_another_program_zipped_again_is_read_too(judge, second_day):
    """As one that cannot go back and writes sizes behind the files."""

    class Onwards(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, octets):
            self.data += octets
            return len(octets)

    out = Onwards()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in unpacked(second_day).items():
            archive.writestr(f"other/{name}", data)
    ran = judge(bytes(out.data))

    assert ran.code == 0, ran.said


def test_a_comment_after_the_zip_is_broken(judge, second_day):
    out = io.BytesIO(second_day.data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"trust me"

    assert "octets that are no file's" in judge(out.getvalue()).said


def test_a_link_in_the_zip_is_broken(judge, second_day):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in unpacked(second_day).items():
            info = zipfile.ZipInfo(f"top/{name}")
            info.create_system = 3
            info.external_attr = (0o120777 if name.endswith("failures.csv") else 0o100644) << 16
            archive.writestr(info, data)
    ran = judge(out.getvalue())

    assert (ran.code, "failures.csv: a link, not a file" in ran.said) == (1, True)


@pytest.mark.parametrize("top", ["..", "", "."])
def test_a_top_folder_that_leads_elsewhere_is_broken(judge, second_day, top):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in unpacked(second_day).items():
            archive.writestr(f"{top}/{name}", data)

    assert judge(out.getvalue()).code == 1


def test_names_that_differ_in_case_alone_are_broken(judge, signed, second_day):
    files = unpacked(second_day)
    ran = judge(rezipped(signed(files | {"data/INDEX.html": b"<p>All is well."})))

    assert (ran.code, "have the same name" in ran.said) == (1, True)


# --- what is said --------------------------------------------------------------------------------


def test_a_terminal_that_cannot_write_a_name_changes_no_judgement(
    signed, whole, plant, tmp_path, signer
):
    files = signed(with_about(unpacked(whole), not_shown=["Gießerei, žádný"]))
    (tmp_path / "p.zip").write_bytes(rezipped(files))
    (tmp_path / "soc.txt").write_text(outside_checkpoint(plant))
    for program, words in (
        ("verify.py", ["--vkey", signer.vkey, "--outside", tmp_path / "soc.txt"]),
        ("rejudge.py", []),
    ):
        done = subprocess.run(
            [sys.executable, "-S", VERIFIER / program, tmp_path / "p.zip", *words],
            env=os.environ | {"PYTHONIOENCODING": "ascii"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


# --- rejudge.py ----------------------------------------------------------------------------------


def rejudged(tmp_path, data):
    (tmp_path / "p.zip").write_bytes(data)
    return run("rejudge.py", tmp_path / "p.zip")


def softened(files):
    """The failure's verdict in full says pass; the facts stay as they were."""
    name = LOG + "entries.jsonl"
    return files | {name: files[name].replace(b'"outcome":"fail"', b'"outcome":"pass"')}


@pytest.mark.parametrize(
    "hide",
    [
        lambda about: {"only_keys": ["hmi.no-such"]},
        lambda about: {"logs": [r | {"first": r["size"]} for r in about["logs"]]},
    ],
    ids=["another choice", "a period after it"],
)
def test_a_verdict_that_is_said_not_to_be_asked_for_is_judged_again_all_the_same(
    whole, tmp_path, hide
):
    files = unpacked(whole)
    about = json.loads(files[ABOUT])
    honest = rejudged(tmp_path, rezipped(with_about(files, **hide(about))))
    forged = rejudged(tmp_path, rezipped(with_about(softened(files), **hide(about))))

    assert honest.code == 0, honest.said
    assert (forged.code, "recorded pass (missing)" in forged.said) == (1, True), forged.said


def test_a_part_of_a_package_says_how_much_of_it_was_not_judged(plant, pack, tmp_path):
    exported = pack(plant, start=START + timedelta(days=1))
    ran = rejudged(tmp_path, exported.data)

    assert ran.code == 0, ran.said
    assert " rows of other keys or times were left" in ran.said


@pytest.mark.parametrize("fault", ["encrypted", "method"])
def test_a_zip_that_cannot_be_unpacked_is_2_and_one_sentence(second_day, tmp_path, fault):
    data = bytearray(second_day.data)
    at = data.index(b"PK\x01\x02")
    while data[at : at + 4] == b"PK\x01\x02":
        if fault == "encrypted":
            data[at + 8] |= 1
        else:
            data[at + 10] = 97
        sizes = [int.from_bytes(data[at + n : at + n + 2], "little") for n in (28, 30, 32)]
        at += 46 + sum(sizes)
    ran = rejudged(tmp_path, bytes(data))

    assert (ran.code, "Traceback" in ran.said) == (2, False), ran.said


def test_a_package_zipped_without_its_folder_is_judged_again(second_day, tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in unpacked(second_day).items():
            archive.writestr(name, data)

    assert rejudged(tmp_path, out.getvalue()).code == 0


def test_a_root_of_another_length_is_no_checkpoint(signer):
    from appliance.ledger.verifier import verify

    note = signer.sign(f"{signer.name}\n5\naGVsbG8=\n")
    with pytest.raises(verify.Wrong, match="its root is no SHA-256"):
        verify.head("soc", note, verify.Key.parse(signer.vkey))
    assert verify.head("soc", signer.sign(Checkpoint(signer.name, 1, root([bytes(32)])).text),
                       verify.Key.parse(signer.vkey)).size == 1  # fmt: skip
