"""What FTP, telnet, VNC and MQTT servers say up to the authentication answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.facts.observation import Facts


@dataclass(frozen=True)
class FtpGreeting(Facts):
    """The greeting; `tls` is the reply code to AUTH TLS, which is asked and never begun."""

    protocols: ClassVar[tuple[str, ...]] = ("ftp",)

    code: int
    text: str
    tls: int


@dataclass(frozen=True)
class FtpAnonymous(Facts):
    """
    One anonymous login.

    `replies` are the codes to USER and, where it asked for one, PASS.  `accepted` is True for
    230, False for 530 or 331 followed by 530, None for anything else.
    """

    protocols: ClassVar[tuple[str, ...]] = ("ftp",)

    replies: tuple[int, ...]
    accepted: bool | None
    text: str


@dataclass(frozen=True)
class TelnetGreeting(Facts):
    """
    What a telnet server says of itself; nothing is sent to it, not even option answers.

    `negotiates`: it sent telnet commands, which proves the protocol.  `text` is what a person
    would read, whole: a notice is searched for in it.
    """

    protocols: ClassVar[tuple[str, ...]] = ("telnet",)

    negotiates: bool
    text: str


@dataclass(frozen=True)
class VncSecurity(Facts):
    """
    The security types an RFB server offers (RFC 6143 and the registry's numbers).

    `types` is empty when it refused, and `said` then holds its reason.
    """

    protocols: ClassVar[tuple[str, ...]] = ("vnc",)

    version: str
    types: tuple[int, ...]
    said: str = ""


@dataclass(frozen=True)
class MqttAnonymous(Facts):
    """
    One CONNECT without credentials.

    `code` is the CONNACK's reason code (MQTT 5) or return code (3.1.1), by `version`.
    `accepted` is None when it is about something else than who we are (server busy, version).
    """

    protocols: ClassVar[tuple[str, ...]] = ("mqtt", "mqtts")

    version: str
    code: int
    accepted: bool | None
    tls: bool
