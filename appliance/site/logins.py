"""Credentials as a configuration states them: secrets are references, never values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from appliance.site.scalars import Id, LoginName, Strict

_Path = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
_Name = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9._-]{1,255}$")]


class SecretReference(Strict):
    """
    Where a secret is: `{file: PATH}` relative to the configuration, or `{credential: NAME}`
    handed over by systemd.  A bare text is refused unread: it may be the secret itself.
    """

    file: _Path | None = None
    credential: _Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _never_a_value(cls, value: Any) -> Any:
        if not isinstance(value, dict | SecretReference):
            # pydantic_core quotes the input in its errors; loading hides it for this key.
            raise ValueError("write {file: PATH} or {credential: NAME}, never the secret itself")  # noqa: TRY004
        return value

    @model_validator(mode="after")
    def _one(self) -> SecretReference:
        if (self.file is None) == (self.credential is None):
            raise ValueError("write {file: PATH} or {credential: NAME}, one of them")
        return self

    def __str__(self) -> str:
        return f"file:{self.file}" if self.file else f"credential:{self.credential}"


class FileReference(SecretReference):
    """As SecretReference; what is not secret in itself may also be written as a bare path."""

    @model_validator(mode="before")
    @classmethod
    def _never_a_value(cls, value: Any) -> Any:
        if isinstance(value, str) and value and "\n" not in value and "-----" not in value:
            return {"file": value}
        if not isinstance(value, dict | SecretReference):
            raise ValueError("write a path, {file: PATH} or {credential: NAME}")  # noqa: TRY004
        return value


# `next` is what a credential is being changed to: used on an asset once it denied `secret`.
class PasswordCredential(Strict):
    id: Id
    kind: Literal["password"]
    user: LoginName
    secret: SecretReference
    next: SecretReference | None = None


class CommunityCredential(Strict):
    id: Id
    kind: Literal["community"]
    secret: SecretReference
    next: SecretReference | None = None


class CertificatePair(Strict):
    certificate: FileReference
    key: SecretReference


class CertificateCredential(Strict):
    id: Id
    kind: Literal["certificate"]
    certificate: FileReference
    key: SecretReference
    next: CertificatePair | None = None


class SnmpAuth(Strict):
    protocol: Literal["MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
    secret: SecretReference
    next: SecretReference | None = None


class SnmpPriv(Strict):
    protocol: Literal["DES", "AES-128", "AES-192", "AES-256"]
    secret: SecretReference
    next: SecretReference | None = None


class SnmpV3Credential(Strict):
    """Where `auth` and `priv` both have a `next`, both change at once."""

    id: Id
    kind: Literal["snmpv3"]
    user: Annotated[LoginName, Field(max_length=32)]
    auth: SnmpAuth | None = None
    priv: SnmpPriv | None = None

    @model_validator(mode="after")
    def _auth_below_priv(self) -> SnmpV3Credential:
        if self.priv and not self.auth:
            raise ValueError("write auth as well: SNMPv3 has no privacy without authentication")
        return self


Credential = Annotated[
    PasswordCredential | CommunityCredential | CertificateCredential | SnmpV3Credential,
    Field(discriminator="kind"),
]
