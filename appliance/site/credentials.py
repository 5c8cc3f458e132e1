"""Configured credentials as collectors take them."""

from __future__ import annotations

from appliance.site.assets import Trust
from appliance.site.logins import (
    CertificateCredential,
    CertificatePair,
    CommunityCredential,
    PasswordCredential,
    SecretReference,
    SnmpAuth,
    SnmpPriv,
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
            return _snmp_user(stated, secrets, following=False)


def resolve_next(site: Site, secrets: Secrets, credential_id: str) -> credentials.Credential | None:
    """What the credential is being changed to; None when it is not.  Raises as `resolve`."""
    stated = site.credential(credential_id)
    match stated:
        case PasswordCredential(next=SecretReference() as following):
            return credentials.Password(stated.user, secrets.text(following))
        case CommunityCredential(next=SecretReference() as following):
            return credentials.Community(secrets.text(following))
        case CertificateCredential(next=CertificatePair() as pair):
            return credentials.ClientCertificate(
                secrets.bytes(pair.certificate), secrets.bytes(pair.key)
            )
        case SnmpV3Credential():
            changing = [part for part in (stated.auth, stated.priv) if part and part.next]
            return _snmp_user(stated, secrets, following=True) if changing else None
    return None


def _snmp_user(
    stated: SnmpV3Credential, secrets: Secrets, *, following: bool
) -> credentials.SnmpUser:
    def secret(part: SnmpAuth | SnmpPriv | None) -> str:
        if part is None:
            return ""
        return secrets.text(part.next if following and part.next else part.secret)

    return credentials.SnmpUser(
        stated.user,
        stated.auth.protocol if stated.auth else "",
        secret(stated.auth),
        stated.priv.protocol if stated.priv else "",
        secret(stated.priv),
    )


def resolve_trust(trust: Trust | None, secrets: Secrets) -> credentials.Trust:
    """Whom to send a secret to; nothing configured: nobody.  Raises `SecretError`."""
    if trust is None:
        return credentials.Trust()
    return credentials.Trust(trust.sha256 or "", secrets.bytes(trust.ca) if trust.ca else b"")
