"""Certificates are read as far as they can be, and chains are judged strictly."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from collectors import certificates
from tests.devices.opcua_server import identity

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def ca():
    return identity("Site CA", "urn:ca", ca=True)


@pytest.fixture(scope="module")
def between(ca):
    return identity("Line CA", "urn:line-ca", issuer=ca, ca=True)


def der(pair):
    return pair[0].public_bytes(Encoding.DER)


def pem(pair):
    return pair[0].public_bytes(Encoding.PEM)


def small(key, algorithm):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "small")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, algorithm)
        .public_bytes(Encoding.DER)
    )


def test_a_good_certificate_is_read_whole(ca):
    data = der(identity("Line 1", "urn:line", issuer=ca))
    facts = certificates.certificate(data)

    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert (facts.subject, facts.issuer) == ("CN=Line 1", "CN=Site CA")
    assert (facts.key_type, facts.key_bits, facts.signature_hash) == ("RSA", 2048, "sha256")
    assert (facts.uris, facts.dns, facts.ips) == (("urn:line",), ("asset-1",), ())
    assert facts.not_after is not None
    assert facts.not_after.tzinfo is not None
    assert not facts.self_signed
    assert facts.problem == ""


def test_a_self_signed_certificate_is_seen(ca):
    assert certificates.certificate(der(ca)).self_signed


def test_other_keys_are_named():
    curve = certificates.certificate(
        small(ec.generate_private_key(ec.SECP256R1()), hashes.SHA384())
    )
    edwards = certificates.certificate(small(ed25519.Ed25519PrivateKey.generate(), None))

    assert (curve.key_type, curve.key_bits, curve.signature_hash) == ("EC", 256, "sha384")
    assert (edwards.key_type, edwards.signature_hash, edwards.problem) == ("Ed25519", "", "")


@pytest.mark.parametrize("data", [b"", b"\0", b"nonsense", b"\x30\x03\x02\x01\x01", b"\x30\x84"])
def test_nonsense_is_a_problem_and_not_an_exception(data):
    facts = certificates.certificate(data)

    assert facts.problem.startswith("not a certificate: ")
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


def test_every_truncation_and_flipped_octet_is_survived(ca):
    data = der(ca)
    for at in range(0, len(data), 7):
        certificates.certificate(data[:at])
        certificates.certificate(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])


def test_a_chain_is_split_leaf_first_and_a_broken_end_stays_visible(ca, between):
    blob = der(between) + der(ca)

    assert certificates.split(blob) == (der(between), der(ca))
    assert certificates.split(blob[:-1]) == (der(between), der(ca)[:-1])
    assert certificates.split(b"xy") == (b"xy",)
    assert certificates.split(b"") == ()


def test_a_chain_to_the_ca_holds_directly_and_through_an_intermediate(ca, between):
    direct = der(identity("a", "urn:a", issuer=ca))
    through = der(identity("b", "urn:b", issuer=between))

    assert certificates.chains_to((direct,), pem(ca), NOW)
    assert certificates.chains_to((through, der(between)), pem(ca), NOW)


def test_a_chain_does_not_hold_when_anything_about_it_is_wrong(ca, between):
    through = der(identity("b", "urn:b", issuer=between))
    no_ca = identity("n", "urn:n", issuer=ca)
    namesake = identity("Site CA", "urn:ca", ca=True)
    expired = der(identity("e", "urn:e", issuer=ca, days=(-9, -1)))
    early = der(identity("f", "urn:f", issuer=ca, days=(1, 9)))

    assert not certificates.chains_to((), pem(ca), NOW)
    assert not certificates.chains_to((b"nonsense",), pem(ca), NOW)
    assert not certificates.chains_to((through,), pem(ca), NOW), "the intermediate is missing"
    assert not certificates.chains_to(
        (der(identity("c", "urn:c", issuer=no_ca)), der(no_ca)), pem(ca), NOW
    )
    assert not certificates.chains_to((der(between),), pem(namesake), NOW)
    assert not certificates.chains_to((expired,), pem(ca), NOW)
    assert not certificates.chains_to((early,), pem(ca), NOW)
    assert not certificates.chains_to((der(between),), pem(ca), NOW + timedelta(days=999))


def test_unreadable_ca_certificates_are_our_error(ca):
    with pytest.raises(ValueError):
        certificates.chains_to((der(ca),), b"nonsense", NOW)


def test_own_dates_may_be_left_to_a_check_and_the_cas_never():
    ca = identity("Site CA", "urn:ca", ca=True)
    old = identity("Old", "urn:old", issuer=ca, days=(-90, -2))[0].public_bytes(Encoding.DER)
    anchor = ca[0].public_bytes(Encoding.PEM)
    now = datetime.now(UTC)

    assert not certificates.chains_to((old,), anchor, now)
    assert certificates.chains_to((old,), anchor, now, own_dates=False)
    # The CA's own dates count whatever was asked.
    assert not certificates.chains_to((old,), anchor, now + timedelta(days=999), own_dates=False)
