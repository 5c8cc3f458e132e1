"""The evidence key on disk and as a credential."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess

import pytest

from appliance.ledger import durable
from appliance.ledger.errors import LedgerError
from appliance.ledger.keys import load_or_create
from appliance.ledger.note import Signer

ORIGIN = "edge-1.northgate/upheld/1"


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def test_a_key_is_made_once_for_its_owner_alone_with_its_vkey_beside_it(tmp_path):
    signer = load_or_create(tmp_path, ORIGIN)

    assert load_or_create(tmp_path, ORIGIN).vkey == signer.vkey
    assert stat.S_IMODE((tmp_path / "evidence.key").stat().st_mode) == 0o600
    assert (tmp_path / "evidence.vkey").read_text() == signer.vkey + "\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evidence.key", "evidence.vkey"]


@pytest.mark.parametrize("form", [bytes(range(32)), bytes(range(32)).hex().encode() + b"\n"])
def test_a_credential_wins_and_no_key_file_is_made(tmp_path, monkeypatch, form):
    state, credentials = tmp_path / "state", tmp_path / "credentials"
    state.mkdir()
    credentials.mkdir()
    (credentials / "evidence-key").write_bytes(form)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))

    assert load_or_create(state, ORIGIN).vkey == Signer(ORIGIN, bytes(range(32))).vkey
    assert [p.name for p in state.iterdir()] == ["evidence.vkey"]


def test_a_credentials_directory_without_ours_means_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "other"))
    load_or_create(tmp_path, ORIGIN)

    assert (tmp_path / "evidence.key").exists()


def test_a_key_others_can_read_is_refused_with_what_to_do(tmp_path):
    load_or_create(tmp_path, ORIGIN)
    (tmp_path / "evidence.key").chmod(0o640)

    with pytest.raises(LedgerError, match="chmod 600"):
        load_or_create(tmp_path, ORIGIN)


@pytest.mark.parametrize("data", [b"", b"zz" * 32, b"ab" * 31, b"\xff" * 31])
def test_a_key_that_is_no_seed_is_refused_and_kept(tmp_path, data):
    key = tmp_path / "evidence.key"
    durable.write(key, data, mode=0o600, replace=True)

    with pytest.raises(LedgerError, match="no Ed25519 seed"):
        load_or_create(tmp_path, ORIGIN)
    assert key.read_bytes() == data


def test_a_lost_key_or_another_origin_does_not_overwrite_the_vkey(tmp_path):
    before = load_or_create(tmp_path, ORIGIN).vkey
    with pytest.raises(LedgerError, match="restore the"):
        load_or_create(tmp_path, "elsewhere/1")
    (tmp_path / "evidence.key").unlink()
    with pytest.raises(LedgerError, match="restore the"):
        load_or_create(tmp_path, ORIGIN)

    assert (tmp_path / "evidence.vkey").read_text() == before + "\n"


def test_a_state_directory_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(LedgerError, match="preparing the evidence key"):
        load_or_create(tmp_path / "absent", ORIGIN)


def test_a_durable_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "f"
    durable.write(path, b"one", mode=0o600, replace=False)
    with pytest.raises(FileExistsError):
        durable.write(path, b"two", mode=0o600, replace=False)
    assert path.read_bytes() == b"one"
    durable.write(path, b"three", mode=0o644, replace=True)

    assert path.read_bytes() == b"three"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


SEALS = """
set -e
mount -t tmpfs none /var/lib/systemd
systemd-creds encrypt --with-key=host --name=evidence-key - "$1" 2>/dev/null
systemd-creds decrypt --name=evidence-key "$1" "$2"
"""
"""Where the machine's own secret is hidden: a test seals nothing with it, and makes none."""


@pytest.mark.skipif(
    shutil.which("systemd-creds") is None or os.getuid() != 0, reason="root's systemd-creds"
)
def test_a_key_that_systemd_sealed_and_handed_over_is_the_one_that_was_sealed(
    tmp_path, monkeypatch
):
    state, handed = tmp_path / "state", tmp_path / "handed"
    state.mkdir()
    handed.mkdir()
    seed, sealed = bytes(range(32)), tmp_path / "sealed"
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", SEALS, "sh", sealed, handed / "evidence-key"],
        input=seed, check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))

    assert seed.hex().encode() not in sealed.read_bytes()
    assert load_or_create(state, ORIGIN).vkey == Signer(ORIGIN, seed).vkey
    assert not (state / "evidence.key").exists()


@pytest.mark.parametrize("octets", [b"", b"short", b"zz" * 32, bytes(33)])
def test_a_credential_that_is_no_key_is_named_and_no_other_is_made(tmp_path, monkeypatch, octets):
    (tmp_path / "evidence-key").write_bytes(octets)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(LedgerError, match=r"evidence-key: .* no Ed25519 seed; write 32 bytes"):
        load_or_create(tmp_path, ORIGIN)
    assert not (tmp_path / "evidence.key").exists()
