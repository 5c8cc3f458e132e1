"""SNMPv3 users as gufo-snmp wants them, their keys derived once per process."""

from __future__ import annotations

from functools import lru_cache

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    DesKey,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    User,
)
from gufo.snmp.user import BaseAuthKey, BasePrivKey, KeyType

from checks.facts.snmp import SnmpLevel
from collectors.credentials import SnmpUser
from collectors.errors import Denied
from collectors.wire import Target

AUTH: dict[str, type[BaseAuthKey]] = {
    "MD5": Md5Key,
    "SHA-1": Sha1Key,
    "SHA-224": Sha224Key,
    "SHA-256": Sha256Key,
    "SHA-384": Sha384Key,
    "SHA-512": Sha512Key,
}
PRIV: dict[str, type[BasePrivKey]] = {
    "DES": DesKey,
    "AES-128": Aes128Key,
    "AES-192": Aes192Key,
    "AES-256": Aes256Key,
}


def user_at(target: Target, user: SnmpUser, level: SnmpLevel) -> User:
    """A user asking at `level`.  Raises `Denied` when his secrets cannot be used for it."""
    auth = level is not SnmpLevel.NO_AUTH_NO_PRIV
    priv = level is SnmpLevel.AUTH_PRIV
    if auth and (user.auth_protocol not in AUTH or not user.auth_secret):
        raise Denied(
            target,
            f"user {user.user} has no usable authentication "
            f"({user.auth_protocol or 'no protocol'}; a secret and one of {', '.join(AUTH)})",
        )
    if priv and (user.priv_protocol not in PRIV or not user.priv_secret):
        raise Denied(
            target,
            f"user {user.user} has no usable privacy "
            f"({user.priv_protocol or 'no protocol'}; a secret and one of {', '.join(PRIV)})",
        )
    return _user(user, auth=auth, priv=priv)


@lru_cache(maxsize=512)
def master_key(user: SnmpUser) -> bytes:
    """Deriving it hashes a megabyte and blocks the loop (RFC 3414, A.2)."""
    return AUTH[user.auth_protocol].get_master_key(user.auth_secret.encode())


@lru_cache(maxsize=512)
def _user(user: SnmpUser, *, auth: bool, priv: bool) -> User:
    if not auth:
        return User(user.user)
    hashed = AUTH[user.auth_protocol]
    auth_key = hashed(master_key(user), key_type=KeyType.Master)
    if not priv:
        return User(user.user, auth_key=auth_key)
    # RFC 3826, 1.2: the privacy key is derived with the authentication protocol's hash.
    priv_key = PRIV[user.priv_protocol](
        hashed.get_master_key(user.priv_secret.encode()), key_type=KeyType.Master
    )
    return User(user.user, auth_key=auth_key, priv_key=priv_key)
