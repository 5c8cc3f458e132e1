"""A certificate and its key into a TLS context, from wherever the secrets are kept."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from appliance.site.logins import SecretReference
from appliance.site.secrets import Secrets


def load_chain(
    context: ssl.SSLContext,
    secrets: Secrets,
    certificate: SecretReference | str,
    key: SecretReference | str,
) -> None:
    """Raises `SecretError` for what cannot be read, `ssl.SSLError` for what is no such pair."""
    # The ssl module reads certificates from files only.
    with tempfile.TemporaryDirectory() as name:
        pair = [Path(name, part) for part in ("certificate", "key")]
        for path, reference in zip(pair, (certificate, key), strict=True):
            path.touch(mode=0o600)
            path.write_bytes(secrets.bytes(reference))
        context.load_cert_chain(pair[0], pair[1], password=_no_password)


def _no_password() -> str:
    # Without it OpenSSL would ask on the terminal.
    return ""
