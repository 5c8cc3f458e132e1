"""Which MQTT broker, and as whom."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from appliance.outlets.chains import load_chain
from appliance.site.credentials import resolve
from appliance.site.model import Mqtt, Site
from appliance.site.secrets import Secrets
from collectors.credentials import Password


@dataclass(frozen=True)
class Broker:
    """
    Where to, and as whom; `tls` is None for plain TCP.

    Two are equal when a connection as the one is as good as one as the other; `files` is the digest
    of the certificates and the key.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, compare=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    files: str = ""

    @classmethod
    def at(
        cls,
        url: str,
        *,
        tls: ssl.SSLContext | None = None,
        user: str | None = None,
        password: str | None = None,
        files: str = "",
    ) -> Broker:
        """From mqtt://host:port or mqtts://host:port; the ports default to 1883 and 8883."""
        parts = urlsplit(url)
        if parts.scheme == "mqtts" and tls is None:
            tls = ssl.create_default_context()
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        return cls(parts.hostname or "", port, tls, user, password, files)

    @classmethod
    def stated(cls, site: Site, stated: Mqtt, secrets: Secrets) -> Broker:
        """As the configuration has it.  Raises `SecretError` and `ssl.SSLError`."""
        login = resolve(site, secrets, stated.credential) if stated.credential else None
        user = login if isinstance(login, Password) else None
        secure = stated.broker.startswith("mqtts:")
        # First: what changes meanwhile is then another broker at the next look.
        files = _digest(stated, secrets) if secure else ""
        return cls.at(
            stated.broker,
            tls=_context(stated, secrets) if secure else None,
            user=user.user if user else None,
            password=user.password if user else None,
            files=files,
        )


def _context(stated: Mqtt, secrets: Secrets) -> ssl.SSLContext:
    """TLS 1.2 or newer, the broker checked against the stated CA, our own certificate if any."""
    authority = secrets.bytes(stated.ca).decode() if stated.ca else None
    context = ssl.create_default_context(cadata=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if stated.certificate and stated.key:
        load_chain(context, secrets, stated.certificate, stated.key)
    return context


def _digest(stated: Mqtt, secrets: Secrets) -> str:
    read = [secrets.bytes(f) for f in (stated.ca, stated.certificate, stated.key) if f]
    return sha256(b"".join(sha256(one).digest() for one in read)).hexdigest()
