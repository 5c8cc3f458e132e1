"""What may be hidden from a reader, and what a reader is shown of it all the same."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.envelope import enveloped, reader
from appliance.ledger.package.masking import UNSAID, Hidden, Mask, hidden
from appliance.site.loading import load
from tests.ledger.package.conftest import START, outside_checkpoint, run, unpacked
from tests.ledger.package.test_history import rows

BOTH = (Hidden.ADDRESSES, Hidden.PEOPLE)
LOG = "data/90_raw/log/"
WHO = "j-smit-unmistakable"


@pytest.fixture(scope="module")
def told(built):
    """A plant where somebody did something, and sentences name addresses."""

    async def story(plant):
        await plant.look(p102="open")
        await plant.tell("guard", kind="hold", subject="10.0.0.1",
                         said=f"10.0.0.1 is on hold by {WHO}: Mevrouw Jansen asked.")  # fmt: skip
        await plant.tell("operator.action", who=WHO, said="looked at fe80::1 and 00:1b:1b:00:00:01")
        await plant.look(p102="refused")
        await plant.look("hmi", hours=0, p443="open")

    return built(story, "told")


@pytest.fixture(scope="module")
def masked(told, pack):
    return pack(told, mask=BOTH, start=START + timedelta(minutes=30))


def test_no_address_and_nobody_is_anywhere_in_a_masked_package(told, masked, pack):
    plain = b"".join(unpacked(pack(told)).values()).decode("utf-8", "replace")
    secrets = ("10.0.0.1", "10.0.9.1", "10.0.0.5", "fe80::1", "00:1b:1b:00:00:01", WHO, "Jansen")
    assert all(secret in plain for secret in secrets)
    for name, data in unpacked(masked).items():
        text = data.decode("utf-8", "replace")
        assert not [s for s in secrets if s in text], name
    key = masked.unmasked.decode()
    assert all(secret in key for secret in secrets if secret != "Jansen")


def test_a_masked_entry_is_included_and_its_content_not_shown(told, masked, signer, tmp_path):
    (tmp_path / "p.zip").write_bytes(masked.data)
    (tmp_path / "soc.txt").write_text(outside_checkpoint(told))
    words = ("--vkey", signer.vkey, "--outside", tmp_path / "soc.txt")
    ran = run("verify.py", tmp_path / "p.zip", *words)
    files = unpacked(masked)
    shown = [json.loads(line) for line in files[LOG + "masked.jsonl"].splitlines()]

    assert ran.code == 3
    assert "BROKEN" not in ran.said
    assert "masking keeps from reading, not from guessing" in ran.said
    assert f"{len(shown)} entries are included, content not shown: addresses, people" in ran.said
    assert {v["view"]["said"] for v in shown if v["view"]["type"] == "guard"} <= {UNSAID}
    assert not {v["index"] for v in shown} & set(map(int, files[LOG + "indices.txt"].split()))
    assert run("rejudge.py", tmp_path / "p.zip").code == 3


def test_a_masked_entrys_false_hash_is_named(told, masked, signer, tmp_path):
    from tests.ledger.package.test_attacks import manifested, rezipped

    files = unpacked(masked)
    first = json.loads(files[LOG + "masked.jsonl"].splitlines()[0])
    changed = files[LOG + "masked.jsonl"].replace(first["leaf"].encode(), b"0" * 64)
    (tmp_path / "p.zip").write_bytes(rezipped(manifested(files | {LOG + "masked.jsonl": changed})))
    ran = run("verify.py", tmp_path / "p.zip", "--vkey", signer.vkey)

    assert ran.code == 1
    assert f"masked entry {first['index']}: its hash is not the one in the tree" in ran.said


def test_the_same_thing_has_the_same_name_everywhere(masked):
    (asset,) = [r for r in rows(masked, "02_inventory/assets") if r["asset"] == "plc"]
    (sheet,) = rows(masked, "07_operations/guard")
    key = dict(line.split(",", 1) for line in masked.unmasked.decode().splitlines())

    assert key[asset["addresses"]] == "10.0.0.1"
    assert (sheet["subject"], sheet["what was said"]) == (asset["addresses"], UNSAID)


def test_a_time_a_version_and_a_digest_are_no_address(told):
    mask = Mask(load(told / "config").site, BOTH)
    for text in ("12:30:45", "V2.9.7", "sha256:" + "a1" * 32, "1.3.6.1.2.1.1.1.0", "a:b:c"):
        assert mask.text(text) == text
    shown = "address-1:102, [address-2], address-3/64, address-4"
    assert mask.text("10.0.0.1:102, [fe80::2], 2001:db8::1/64, 00-1b-1b-00-00-01") == shown


def test_without_a_mask_nothing_is_masked_and_a_wrong_word_is_said(whole):
    assert whole.unmasked == b""
    assert not [n for n in unpacked(whole) if "masked" in n]
    assert hidden("people, addresses") == (Hidden.PEOPLE, Hidden.ADDRESSES)
    with pytest.raises(LedgerError, match="write addresses, people, or addresses,people"):
        hidden("names")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The folder of a key and its self-signed certificate, in PEM and in DER."""
    folder = tmp_path_factory.mktemp("reader")
    key = rsa.generate_private_key(65537, 2048)
    made = signed_certificate(key)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "reader.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "reader.der").write_bytes(made.public_bytes(serialization.Encoding.DER))
    return folder


def signed_certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Assessor")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x80FF)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 127, 128, 70_000, 1_100_000])
def test_an_envelope_is_opened_by_openssl(certificate, tmp_path, size):
    plain = bytes(range(256)) * (size // 256 + 1)
    pieces = enveloped(io.BytesIO(plain[:size]), size, reader(certificate / "reader.pem"))
    (tmp_path / "p.cms").write_bytes(b"".join(pieces))
    command = ["openssl", "cms", "-decrypt", "-inform", "DER", "-in", tmp_path / "p.cms",
               "-inkey", certificate / "key.pem", "-out", tmp_path / "p.zip"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.zip").read_bytes() == plain[:size]


def test_a_certificate_is_read_as_pem_and_der_and_refused_without_rsa(certificate, tmp_path):
    assert reader(certificate / "reader.der") == reader(certificate / "reader.pem")
    made = signed_certificate(ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "ec.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "no.pem").write_text("hello")
    for name, said in (("ec.pem", "its key is not RSA"), ("no.pem", "no X.509 certificate")):
        with pytest.raises(LedgerError, match=said):
            reader(tmp_path / name)
