from __future__ import annotations

from pathlib import Path

import pytest

from appliance.site.credentials import resolve, resolve_next, resolve_trust
from appliance.site.loading import load
from appliance.site.logins import SecretReference
from appliance.site.secrets import SecretError, Secrets
from collectors.credentials import ClientCertificate, Community, Password, SnmpUser, Trust

EXAMPLE = Path(__file__).parents[2] / "config" / "example"


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    (tmp_path / "handed").mkdir()
    for name, text in {
        "secrets/snmp-auth": "auth-pass\n",
        "secrets/snmp-priv": "priv-pass",
        "secrets/community": "plant\r\n",
        "secrets/upheld.key": "KEY\n",
        "pki/upheld.pem": "PEM\n",
        "pki/site-ca.pem": "CA\n",
        "handed/opc-monitor": " pass word \n",
        "new": "new-pass\n",
        "new.pem": "NEW PEM\n",
        "empty": "\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "handed"))
    return Secrets(tmp_path)


@pytest.mark.parametrize(
    ("name", "credential"),
    [
        ("snmp-monitor", SnmpUser("monitor", "SHA-256", "auth-pass", "AES-128", "priv-pass")),
        ("snmp-read", Community("plant")),
        ("opc-monitor", Password("monitor", " pass word ")),
        ("opc-cert", ClientCertificate(b"PEM\n", b"KEY\n")),
    ],
)
def test_every_kind_of_credential_resolves_and_prints_no_secret(secrets, name, credential):
    found = resolve(load(EXAMPLE).site, secrets, name)

    assert found == credential
    assert "pass" not in repr(found).replace("password", "")
    assert "KEY" not in repr(found)


def test_trust_is_a_pin_or_a_ca_or_nobody(secrets):
    plc = load(EXAMPLE).site.asset("plc-filter-1")

    assert resolve_trust(plc.service("tcp-443").trust, secrets) == Trust(ca=b"CA\n")
    assert resolve_trust(plc.service("tcp-4840").trust, secrets).sha256.startswith("5f70")
    assert resolve_trust(None, secrets) == Trust()


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (SecretReference(file="nowhere"), "file:nowhere: it cannot be read"),
        (SecretReference(file="handed"), "file:handed: it cannot be read"),
        (SecretReference(file="empty"), "file:empty: it is empty"),
        (SecretReference(credential="none"), "credential:none: it cannot be read"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_by_its_reference(secrets, reference, said):
    with pytest.raises(SecretError, match=said):
        secrets.text(reference)


def test_bytes_that_are_no_text_are_not_repeated(secrets, tmp_path):
    (tmp_path / "raw").write_bytes(b"hunter2\xff")
    with pytest.raises(SecretError) as caught:
        secrets.text(SecretReference(file="raw"))

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_systemd_credentials_need_their_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretError, match="LoadCredential"):
        Secrets(tmp_path).text(SecretReference(credential="opc"))


NEXT = """\
site: {id: s}
appliance: {id: a, vantage: dmz}
zones: [{id: dmz}]
credentials:
  - {id: word, kind: password, user: m, secret: {file: empty}, next: {file: new}}
  - {id: community, kind: community, secret: {file: empty}, next: {file: new}}
  - {id: steady, kind: community, secret: {file: new}}
  - {id: pair, kind: certificate, certificate: pki/upheld.pem, key: {file: empty},
     next: {certificate: new.pem, key: {file: new}}}
  - {id: both, kind: snmpv3, user: m,
     auth: {protocol: SHA-256, secret: {file: empty}, next: {file: new}},
     priv: {protocol: AES-128, secret: {file: empty}, next: {file: secrets/snmp-priv}}}
  - {id: half, kind: snmpv3, user: m,
     auth: {protocol: SHA-256, secret: {file: secrets/snmp-auth}, next: {file: new}},
     priv: {protocol: AES-128, secret: {file: secrets/snmp-priv}}}
"""


@pytest.mark.parametrize(
    ("name", "credential"),
    [
        ("word", Password("m", "new-pass")),
        ("community", Community("new-pass")),
        ("steady", None),
        ("pair", ClientCertificate(b"NEW PEM\n", b"new-pass\n")),
        ("both", SnmpUser("m", "SHA-256", "new-pass", "AES-128", "priv-pass")),
        ("half", SnmpUser("m", "SHA-256", "new-pass", "AES-128", "priv-pass")),
    ],
)
def test_what_a_credential_is_being_changed_to_resolves(secrets, tmp_path, name, credential):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "site.yaml").write_text(NEXT)

    assert resolve_next(load(tmp_path / "site").site, secrets, name) == credential
