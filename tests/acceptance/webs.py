"""Web servers and shells of other people, each in good and bad states, on addresses of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.acceptance.greeters import BAD_SSH, GOOD_SSH
from tests.acceptance.peers import free_port, program, running

PROGRAMS = ("nginx", "sshd", "dropbear", "dropbearkey", "ssh-keygen")
LOGIN = (
    "<title>Line 1</title><p>Authorised use only.</p><form action=/login method=post>"
    "<input name=user><input type=password name=word><button>Log in</button></form>"
)
PANEL = "<title>Line 1</title><h1>Pump 1</h1>Level 3.5 m, setpoint 4.0 m"
COOKIE = "sid=0123456789abcdef0123456789abcdef; Secure; HttpOnly; SameSite=Strict"
BROKEN = (
    "location = /broken { default_type text/html; return 500 "
    '"Traceback (most recent call last): File /var/www/hmi/app.py"; }'
)
LEAKY = f'add_header Set-Cookie "sid=12345"; {BROKEN}'
CURRENT = "ssl_protocols TLSv1.2 TLSv1.3;"
OLD = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0;"
# What the server is, its address, its TLS settings (none: plain HTTP), its page.
WEBS = (
    ("good", "127.0.0.21", CURRENT, LOGIN),
    ("expired", "127.0.0.22", CURRENT, LOGIN),
    ("self-signed", "127.0.0.23", CURRENT, LOGIN),
    ("old", "127.0.0.24", OLD, LOGIN),
    ("open", "127.0.0.25", CURRENT, PANEL),
    ("plain-login", "127.0.0.26", "", LOGIN),
    ("plain-open", "127.0.0.27", "", PANEL),
)
SHELLS = (
    ("strong", "127.0.0.31", GOOD_SSH),
    ("weak", "127.0.0.32", BAD_SSH),
    ("dropbear", "127.0.0.33", None),
)
Key = ec.EllipticCurvePrivateKey


def signed(
    name: str, key: Key, issuer: tuple[x509.Certificate, Key] | None, address: str, days: int
) -> x509.Certificate:
    """For 200 days, the last of them `days` from now; without an issuer it signs itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = datetime.now(UTC) + timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=200))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=not address, path_length=None), critical=True)
    )
    if address:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256())


def _written(folder: Path, name: str, certificate: x509.Certificate, key: Key) -> str:
    chain, file = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(certificate.public_bytes(Encoding.PEM))
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"ssl_certificate {chain}; ssl_certificate_key {file};"


@contextmanager
def webs(folder: Path) -> Iterator[tuple[int, bytes]]:
    """The port all of them have, and the site's CA."""
    folder.mkdir()
    key, port = ec.generate_private_key(ec.SECP256R1()), free_port()
    ca = (signed("Site CA", key, None, "", 100), key)
    # The first only tells that the server has started.
    blocks = [f"server {{ listen 127.0.0.1:{port}; return 204; }}"]
    for name, address, tls, page in WEBS:
        (folder / name).mkdir()
        (folder / name / "index.html").write_text(page)
        own = ec.generate_private_key(ec.SECP256R1())
        issuer = None if name == "self-signed" else ca
        certificate = signed(name, own, issuer, address, -2 if name == "expired" else 100)
        secured = f"{tls} {_written(folder, name, certificate, own)}" if tls else ""
        blocks.append(
            f"server {{ listen {address}:{port}{' ssl' if tls else ''}; {secured} "
            f"add_header Strict-Transport-Security max-age=99; root {folder}/{name}; "
            + (f'add_header Set-Cookie "{COOKIE}"; }}' if page is LOGIN else f"{LEAKY} }}")
        )
    places = "".join(
        f"{kind}_temp_path {folder}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; server_tokens off; types {{ text/html html; }} {places}\n"
        + "\n".join(blocks)
        + "\n}\n"
    )
    command = [program("nginx") or "nginx", "-p", folder, "-c", configuration, "-e", "stderr"]
    with running(command, port):
        yield port, ca[0].public_bytes(Encoding.PEM)


@contextmanager
def shell(folder: Path, address: str, settings: str | None) -> Iterator[int]:
    """OpenSSH with these settings, dropbear as it comes when there are none."""
    folder.mkdir()
    key, port = folder / "key", free_port()
    if settings is None:
        made = [program("dropbearkey") or "dropbearkey", "-t", "ed25519", "-f", str(key)]
        subprocess.run(made, check=True, timeout=10, capture_output=True)
        listen = [part for a in ("127.0.0.1", address) for part in ("-p", f"{a}:{port}")]
        command = [program("dropbear") or "dropbear", "-F", "-E", "-s", *listen, "-r", key]
    else:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=10
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        configuration = folder / "sshd_config"
        configuration.write_text(
            f"ListenAddress 127.0.0.1:{port}\nListenAddress {address}:{port}\nHostKey {key}\n"
            f"PidFile {folder}/pid\nUsePAM no\n{settings}"
        )
        command = [program("sshd") or "sshd", "-D", "-e", "-f", configuration]
    with running(command, port):
        yield port
