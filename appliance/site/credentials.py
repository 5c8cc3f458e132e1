"""Configured credentials as collectors take them."""

from __future__ import annotations

from appliance.site.assets import Trust
from appliance.site.logins import (
    CertificateCredential,
    CommunityCredential,
    PasswordCredential,
    SnmpV3Credential,
)
from appliance.site.model import Site
from appliance.site.secrets import Secrets
from collectors import credentials


def resolve(site: Site, secrets: Secrets, credential_id: str) -> credentials.Credential:
    """Raises `SecretError` for a secret that cannot be used, `KeyError` for an unknown id."""
    stated = site.credential(credential_id)
    match stated:
        case PasswordCredential():
            return credentials.Password(stated.user, secrets.text(stated.secret))
        case CommunityCredential():
            return credentials.Community(secrets.text(stated.secret))
        case CertificateCredential():
            return credentials.ClientCertificate(
                secrets.bytes(stated.certificate), secrets.bytes(stated.key)
            )
        case SnmpV3Credential():
            return credentials.SnmpUser(
                stated.user,
                stated.auth.protocol if stated.auth else "",
                secrets.text(stated.auth.secret) if stated.auth else "",
                stated.priv.protocol if stated.priv else "",
                secrets.text(stated.priv.secret) if stated.priv else "",
            )


def resolve_trust(trust: Trust | None, secrets: Secrets) -> credentials.Trust:
    """Whom to send a secret to; nothing configured: nobody.  Raises `SecretError`."""
    if trust is None:
        return credentials.Trust()
    return credentials.Trust(trust.sha256 or "", secrets.bytes(trust.ca) if trust.ca else b"")
