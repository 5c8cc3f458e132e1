"""nginx, OpenSSL's and GnuTLS' servers, set up well and badly."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from checks.facts.tls import TlsAnswer, TlsTrust, TlsVersion
from collectors import tls
from collectors.credentials import Trust

SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NOW = datetime.now(UTC)
TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
ACCEPTED, REFUSED = TlsAnswer.ACCEPTED, TlsAnswer.REFUSED


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def signed(name, key, issuer, *, names=(), ca=False, days=(-10, 300)):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def authority(name):
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(signed(name, key, None, ca=True), key)


@pytest.fixture(scope="module")
def site():
    return authority("Site CA")


HERE = x509.IPAddress(ip_address("127.0.0.1"))
ELSEWHERE = x509.IPAddress(ip_address("127.0.0.2"))


@dataclass(frozen=True)
class Pair:
    """A certificate (with its issuers) and its key, as files."""

    chain: Path
    key: Path
    sha256: str


@pytest.fixture(scope="module")
def pairs(site, tmp_path_factory):
    """Every certificate a peer shows, by what is good or bad about it."""
    folder = tmp_path_factory.mktemp("pairs")
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    middle_key = ec.generate_private_key(ec.SECP256R1())
    middle = Authority(signed("Line CA", middle_key, site, ca=True), middle_key)
    made = {}

    def add(what, key, issuer, *between, **more):
        own = signed(what, key, issuer, **more)
        chain, file = folder / f"{what}.pem", folder / f"{what}.key"
        chain.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in (own, *between)))
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        )
        made[what] = Pair(chain, file, own.fingerprint(hashes.SHA256()).hex())

    def key():
        return ec.generate_private_key(ec.SECP256R1())

    add("good", rsa.generate_private_key(public_exponent=65537, key_size=2048), site, names=[HERE])
    add("named", key(), site, names=[x509.DNSName("asset-1")])
    add("middle", key(), middle, middle.certificate, names=[HERE])
    add("expired", key(), site, names=[HERE], days=(-100, -2))
    add("self-signed", key(), None, names=[HERE])
    add("other-asset", key(), site, names=[ELSEWHERE, x509.DNSName("asset-2")])
    add("common-name-only", key(), site)
    add("short", short, site, names=[HERE])
    made["sha1"] = by_openssl(folder, "-sha1")
    return made


def by_openssl(folder, *options):
    """What the library we make the others with refuses to make."""
    chain, key = folder / "sha1.pem", folder / "sha1.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old"]
    files = ["-keyout", key, "-out", chain]
    subprocess.run([*command, *options, *files], check=True, capture_output=True, timeout=20)
    own = x509.load_pem_x509_certificate(chain.read_bytes())
    return Pair(chain, key, own.fingerprint(hashes.SHA256()).hex())


def free_port():
    return free_ports(1)[0]


def free_ports(count):
    """Different ones: all are held until the last is known."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


@contextmanager
def running(command, port, **more):
    program = shutil.which(command[0], path=SEARCH)
    assert program, f"{command[0]} is not installed: run .ci/peers"
    # The input stays open, because both test servers leave when it ends.
    server = subprocess.Popen(
        [program, *map(str, command[1:])],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **more,
    )
    try:
        until = time.monotonic() + 20
        while server.poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        else:
            raise AssertionError(f"{command[0]} did not start")
        yield port
    finally:
        server.stdin.close()
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def servers():
    with ExitStack() as stack:
        yield stack


def openssl(pair, *options):
    port = free_port()
    command = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}"]
    files = ["-cert", pair.chain, "-cert_chain", pair.chain, "-key", pair.key]
    return running([*command, *files, *options], port)


def gnutls(pair, priority="NORMAL", *options):
    port = free_port()
    command = ["gnutls-serv", "--quiet", "--port", port, "--priority", priority]
    files = ["--x509certfile", pair.chain, "--x509keyfile", pair.key]
    return running([*command, *files, *options], port)


@pytest.fixture(scope="module")
def nginx(pairs, site, servers, tmp_path_factory):
    """The port of each variant."""
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "ca.pem").write_bytes(site.pem)
    ports, blocks = {}, []
    weak = "ssl_ciphers ALL:@SECLEVEL=0;"
    variants = {what: (what, weak if what in ("short", "sha1") else "") for what in pairs} | {
        "old": ("good", f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2; {weak}"),
        "modern": ("good", "ssl_protocols TLSv1.3;"),
        "tls12": ("good", "ssl_protocols TLSv1.2; ssl_session_tickets off;"),
        "demanding": ("good", f"ssl_client_certificate {folder}/ca.pem; ssl_verify_client on;"),
    }
    numbers = free_ports(len(variants))
    for port, (what, (pair, more)) in zip(numbers, variants.items(), strict=True):
        ports[what] = port
        it = pairs[pair]
        blocks.append(
            f"server {{ listen 127.0.0.1:{port} ssl; {more or 'ssl_protocols TLSv1.2 TLSv1.3;'} "
            f"ssl_certificate {it.chain}; ssl_certificate_key {it.key}; return 200 hello; }}"
        )
    places = "".join(
        f"{kind}_temp_path {folder}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {places}\n" + "\n".join(blocks) + "\n}\n"
    )
    command = ["nginx", "-p", folder, "-c", configuration, "-e", "stderr"]
    servers.enter_context(running(command, port))
    return ports


@pytest.fixture
def patient(wire):
    return replace(wire, connect=1.0, whole=5.0)


async def served(wire, target, port, **trust):
    return await tls.server(wire, target(port, "tls"), trust=Trust(**trust))


async def test_a_whole_handshake_closes_without_a_reset_and_within_its_packets(
    patient, target, gate, nginx, pairs, site
):
    seen = await served(patient, target, nginx["good"], ca=site.pem)

    assert (seen.version, seen.completed, seen.trust) == (TLS13, True, TlsTrust.CHAINED)
    assert seen.certificates[0].sha256 == pairs["good"].sha256
    assert (seen.client_certificate, seen.without_certificate, seen.said) == (False, None, "")
    # SYN, ACK, ClientHello, Finished, close_notify, FIN, the ACKs of what came.
    assert gate.packets <= 10
    assert gate.refusals == []


@pytest.mark.parametrize(
    ("what", "fits", "problem"),
    [
        ("good", TlsTrust.CHAINED, ""),
        ("named", TlsTrust.CHAINED, ""),
        ("middle", TlsTrust.CHAINED, ""),
        ("expired", TlsTrust.CHAINED, ""),
        ("self-signed", TlsTrust.UNTRUSTED, "it does not lead to the CA of the inventory"),
        (
            "other-asset",
            TlsTrust.UNTRUSTED,
            "it names neither the address 127.0.0.1 nor the asset asset-1",
        ),
        (
            "common-name-only",
            TlsTrust.UNTRUSTED,
            "it names neither the address 127.0.0.1 nor the asset asset-1",
        ),
        ("sha1", TlsTrust.UNTRUSTED, "it does not lead to the CA of the inventory"),
    ],
)
async def test_trust_in_the_sites_ca(patient, target, nginx, site, what, fits, problem):
    seen = await served(patient, target, nginx[what], ca=site.pem)

    assert seen.completed is True
    assert (seen.trust, seen.trust_problem) == (fits, problem)


async def test_trust_in_a_pin_or_in_nothing(patient, target, nginx, pairs):
    pin = pairs["self-signed"].sha256
    upper = ":".join(pin[i : i + 2].upper() for i in range(0, 64, 2))

    assert (await served(patient, target, nginx["self-signed"], sha256=upper)).trust == "pinned"
    assert (await served(patient, target, nginx["good"], sha256=pin)).trust == "untrusted"
    assert (await served(patient, target, nginx["good"])).trust == "not-stated"


async def test_what_is_weak_about_a_certificate_is_seen_and_not_refused_unseen(
    patient, target, nginx
):
    short = (await served(patient, target, nginx["short"])).certificates[0]
    old = (await served(patient, target, nginx["sha1"])).certificates[0]
    expired = (await served(patient, target, nginx["expired"])).certificates[0]

    assert (short.key_type, short.key_bits) == ("RSA", 1024)
    assert old.signature_hash == "sha1"
    assert expired.not_after is not None
    assert expired.not_after < NOW


async def trials(asking):
    return {t.offered: (t.answer, t.alert) for t in (await asking).trials}


OLD_ONES = ("SSL 3.0", "TLS 1.0", "TLS 1.1")


@pytest.mark.parametrize(("what", "most"), [("good", 20), ("modern", 20), ("tls12", 20)])
async def test_old_versions_refused(patient, target, gate, nginx, what, most):
    it = target(nginx[what], "tls")
    found = await trials(tls.versions(patient, it, control=TLS12))

    assert [found[version][0] for version in OLD_ONES] == [REFUSED] * 3
    assert found["TLS 1.1"][1] == "protocol_version"
    assert gate.packets <= most
    weak = await tls.weak_suites(patient, it, control=TLS12)
    assert {t.answer for t in weak.trials} == {REFUSED}
    assert len(weak.trials) == 6


async def test_old_versions_accepted(patient, target, gate, nginx):
    found = await trials(tls.versions(patient, target(nginx["old"], "tls"), control=TLS12))

    assert found["SSL 3.0"][0] is REFUSED
    assert found["TLS 1.0"] == found["TLS 1.1"] == (ACCEPTED, "")
    assert gate.packets <= 30


async def test_openssl_as_it_comes_refuses_old_versions_by_internal_error(
    patient, target, gate, pairs
):
    with openssl(pairs["good"]) as port:
        found = await trials(tls.versions(patient, target(port, "tls"), control=TLS13))

    assert [found[version][0] for version in OLD_ONES] == [REFUSED] * 3
    # The gate is asked twice for each of five connections.
    assert len(gate.connects) == 10
    assert gate.packets <= 40


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-tls1",), {"TLS 1.0": ACCEPTED, "TLS 1.1": REFUSED, "SSL 3.0": REFUSED}),
        (("-tls1_1",), {"TLS 1.1": ACCEPTED, "TLS 1.0": REFUSED, "SSL 3.0": REFUSED}),
    ],
)
async def test_openssl_with_one_old_version_only(patient, target, pairs, options, expected):
    with openssl(pairs["good"], *options, "-cipher", "ALL:@SECLEVEL=0") as port:
        it = target(port, "tls")
        seen = await tls.server(patient, it, trust=Trust())
        found = await trials(tls.versions(patient, it, control=tls.control_of(seen)))

    assert {version: answer for version, (answer, _) in found.items()} == expected
    assert (seen.completed, seen.certificates) == (False, ())
    assert "protocol_version" in seen.said
    assert tls.control_of(seen) is None


@pytest.mark.parametrize(
    ("cipher", "accepted"),
    [
        ("eNULL:!aNULL:AES128-SHA", ["NULL"]),
        ("aNULL:AES128-SHA", ["anonymous"]),
        ("eNULL:aNULL", ["NULL", "anonymous"]),
    ],
)
async def test_openssl_with_weak_suites(patient, target, pairs, cipher, accepted):
    options = ("-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
    with openssl(pairs["good"], *options) as port:
        found = await trials(tls.weak_suites(patient, target(port, "tls"), control=TLS12))

    assert [name for name, (answer, _) in found.items() if answer is ACCEPTED] == accepted


async def test_gnutls_with_weak_suites(patient, target, gate, pairs):
    with gnutls(pairs["good"], "NORMAL:-VERS-ALL:+VERS-TLS1.2:+3DES-CBC:+ARCFOUR-128") as port:
        found = await trials(tls.weak_suites(patient, target(port, "tls"), control=TLS12))

    assert {n for n, (answer, _) in found.items() if answer is ACCEPTED} == {"RC4", "3DES"}
    assert gate.packets <= 20


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("stack", ["openssl", "gnutls"])
async def test_a_demanded_client_certificate_is_a_refusal_that_keeps_the_servers_own(
    patient, target, gate, pairs, site, stack, version
):
    new = version is TLS13
    peer = (
        openssl(pairs["middle"], "-Verify", "1", "-tls1_3" if new else "-tls1_2")
        if stack == "openssl"
        else gnutls(
            pairs["middle"],
            f"NORMAL:-VERS-ALL:+VERS-{'TLS1.3' if new else 'TLS1.2'}",
            "--require-client-cert",
        )
    )
    with peer as port:
        seen = await served(patient, target, port, ca=site.pem)

    assert (seen.version, seen.completed) == (version, False)
    assert (seen.client_certificate, seen.without_certificate) == (True, REFUSED)
    assert len(seen.certificates) >= 2
    assert seen.trust is TlsTrust.CHAINED
    assert tls.control_of(seen) is version
    assert gate.refusals == []
    assert gate.packets <= 10


@pytest.mark.parametrize("options", [(), ("-num_tickets", "0"), ("-tls1_2",)])
async def test_a_client_certificate_that_is_asked_for_and_not_demanded(
    patient, target, pairs, options
):
    with openssl(pairs["good"], "-verify", "1", *options) as port:
        seen = await served(patient, target, port)

    # Without tickets TLS 1.3 shows nothing of our being taken in: openssl leaves as we do.
    silent = "-num_tickets" in options
    assert seen.client_certificate is True
    assert (seen.completed, seen.without_certificate) in (
        [(True, ACCEPTED), (None, TlsAnswer.SILENT)] if silent else [(True, ACCEPTED)]
    )


async def test_nginx_that_demands_one_in_http_lets_the_handshake_through(patient, target, nginx):
    seen = await served(patient, target, nginx["demanding"])

    assert (seen.completed, seen.without_certificate, seen.said) == (True, ACCEPTED, "")


def by_hand(port, *options):
    """What a person sees with openssl's own client."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
    )
    return ended.stdout + ended.stderr


def test_what_the_checks_say_to_do_by_hand_shows_it(nginx, pairs):
    old = ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")

    assert "alert protocol version" in by_hand(nginx["good"], *old)
    assert "Cipher is ECDHE" in by_hand(nginx["old"], *old)
    assert "Cipher is TLS_AES" in by_hand(nginx["good"], "-tls1_3")
    assert "BEGIN CERTIFICATE" in by_hand(nginx["good"], "-showcerts")
    with openssl(pairs["good"], "-Verify", "1", "-tls1_2") as port:
        assert "alert handshake failure" in by_hand(port)


async def test_a_second_hello_goes_to_a_server_that_wants_another_group(
    patient, target, gate, pairs
):
    with openssl(pairs["good"], "-groups", "P-384") as port:
        seen = await served(patient, target, port)

    assert (seen.version, seen.completed, gate.refusals) == (TLS13, True, [])


async def test_a_server_with_key_transport_only_proves_its_key_by_finishing(
    patient, target, pairs, site
):
    options = ("-tls1_2", "-cipher", "AES128-SHA256:@SECLEVEL=0")
    with openssl(pairs["good"], *options) as port:
        whole = await served(patient, target, port, ca=site.pem)
    with openssl(pairs["good"], *options, "-Verify", "1") as port:
        broken = await served(patient, target, port, ca=site.pem)

    assert (whole.completed, whole.trust) == (True, TlsTrust.CHAINED)
    assert (broken.completed, broken.trust) == (False, TlsTrust.UNPROVEN)
