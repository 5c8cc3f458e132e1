"""What README.txt tells a sceptic to type, typed: sha256sum, ssh-keygen, openssl and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256

import pytest

from tests.ledger.package.conftest import unpacked

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("sha256sum", "ssh-keygen", "openssl"))), reason="tools are missing"
)


@pytest.fixture
def folder(second_day, signer, tmp_path):
    for name, data in unpacked(second_day).items():
        path = tmp_path / "bag" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "evidence.vkey").write_text(signer.vkey + "\n")
    return tmp_path / "bag"


def commands(folder):
    """The indented lines of README.txt, joined where they go on, by their step."""
    steps, current = {}, ""
    for line in (folder / "README.txt").read_text().splitlines():
        if line[2:4] in {f"{n}." for n in range(1, 8)}:
            current = line[2]
        elif current and line.startswith("       "):
            steps[current] = steps.get(current, "") + line.strip() + "\n"
        elif line and not line.startswith(" "):
            current = ""
    return steps


def typed(text, folder, tmp_path):
    text = text.replace("/tmp/", f"{tmp_path}/").replace("/path/to/your/", f"{tmp_path}/")
    done = subprocess.run(
        ["bash", "-c", "set -e\n" + text], cwd=folder, capture_output=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def test_every_step_succeeds_and_fails_on_a_changed_file(folder, tmp_path):
    steps = commands(folder)
    assert sorted(steps) == ["1", "2", "3", "4", "5", "6", "7"]
    log = folder / "data" / "90_raw" / "log"
    for step in "123":
        code, said = typed(steps[step], folder, tmp_path)
        assert code == 0, said
    code, said = typed(steps["4"], log, tmp_path)
    assert (code, "Verified Successfully" in said) == (0, True), said
    code, said = typed(steps["5"], log, tmp_path)
    body = (log / "entries.jsonl").read_bytes().split(b"\n")[4]
    assert said.split()[0] == sha256(b"\0" + body).hexdigest()
    code, said = typed(steps["6"], folder, tmp_path)
    first = (folder / "data" / "90_raw" / "contents.jsonl").read_bytes().split(b"\n")[0]
    assert (code, said.split()[0]) == (0, sha256(first).hexdigest())

    (folder / "manifest-sha256.txt").write_bytes(b"")
    assert typed("sha256sum -c tagmanifest-sha256.txt", folder, tmp_path)[0] != 0
    (folder / "tagmanifest-sha256.txt").write_bytes(b"")
    assert typed(steps["2"], folder, tmp_path)[0] != 0
    (tmp_path / "text").write_text("another\n5\ntext\n")
    assert typed(steps["4"], log, tmp_path)[0] != 0


def test_the_proof_leads_to_the_root_by_hand(folder):
    from base64 import b64decode

    from appliance.ledger.tree import verify_inclusion

    log = folder / "data" / "90_raw" / "log"
    indices = (log / "indices.txt").read_text().split()
    bodies = (log / "entries.jsonl").read_bytes().split(b"\n")
    proofs = sorted((log / "proofs").iterdir())
    assert proofs
    for path in proofs:
        head, _, note = path.read_text().partition("\n\n")
        _, index, *hashes = head.split("\n")
        number = index.removeprefix("index ")
        leaf = sha256(b"\0" + bodies[indices.index(number)]).digest()
        size, root = note.split("\n")[1:3]
        steps = [b64decode(h) for h in hashes]
        assert verify_inclusion(leaf, int(number), int(size), steps, b64decode(root))
