"""Broken certificates: a problem that is named, or exactly what the octets say; never trusted."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from cryptography.hazmat.primitives.serialization import Encoding

from collectors import certificates, opcua_keys
from tests.devices.opcua_server import identity
from tests.fuzz.generating import LONG, mutated
from tests.fuzz.hostile import broken

SERIES = 60_000 if LONG else 2_000
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_broken_certificate_is_survived_and_stays_visible(note):
    der = opcua_keys.throwaway(NOW).certificate.public_bytes(Encoding.DER)
    good, rng, outcomes = certificates.certificate(der), Random("upheld certificates"), [0, 0]
    for _ in range(SERIES):
        data = broken(rng, der) if rng.random() < 0.5 else mutated(rng, der)
        if data == der:
            continue
        seen = certificates.certificate(data)

        assert seen.sha256 != good.sha256
        assert bool(seen.problem) or seen.key_bits > 0
        outcomes[bool(seen.problem)] += 1
    note("certificates", SERIES, f"read {outcomes[0]:,}", f"problem {outcomes[1]:,}")

    assert min(outcomes) > SERIES // 20


def test_a_broken_chain_leads_to_no_authority(note):
    ca = identity("Site CA", "urn:ca", ca=True)
    between = identity("Line CA", "urn:line-ca", issuer=ca, ca=True)
    leaf = identity("Line 1", "urn:line", issuer=between)[0].public_bytes(Encoding.DER)
    blob = leaf + between[0].public_bytes(Encoding.DER)
    anchor, rng, trusted = ca[0].public_bytes(Encoding.PEM), Random("upheld chains"), 0
    now = datetime.now(UTC)
    assert certificates.chains_to(certificates.split(blob), anchor, now)

    for _ in range(SERIES // 4):
        sent = broken(rng, blob)
        if certificates.chains_to(certificates.split(sent), anchor, now):
            # What follows a whole chain is not looked for; the chain itself is unharmed.
            assert sent.startswith(blob)
            trusted += 1
    note("chains", SERIES // 4, f"trusted, unharmed {trusted:,}")

    assert trusted < SERIES // 8


def test_a_blob_is_split_without_losing_an_octet():
    rng = Random("upheld blobs")
    der = opcua_keys.throwaway(NOW).certificate.public_bytes(Encoding.DER)
    for _ in range(SERIES):
        blob = broken(rng, der + der[: rng.randrange(len(der))])

        assert b"".join(certificates.split(blob)) == blob
