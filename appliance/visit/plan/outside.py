"""What this host sends to others than assets: control hosts and outlets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from appliance.site.model import Site

_USUAL = {"mqtt": 1883, "mqtts": 8883, "tls": 6514, "tcp": 601, "udp": 514}


@dataclass(frozen=True)
class Outside:
    """
    One such flow.  `host` is an address when `literal`, and a name otherwise.

    `source` is a vantage's address, or "" where the kernel chooses.
    """

    why: str
    source: str
    host: str
    literal: bool
    transport: str
    port: int


def outside(site: Site) -> tuple[Outside, ...]:
    """Control hosts from every vantage, then the outlets."""
    controls = (
        Outside(
            "control host: shows that our own silence means something",
            vantage.source or "",
            host.address,
            True,
            host.port.transport,
            host.port.number,
        )
        for vantage in site.appliance.vantages
        for host in site.appliance.control
    )
    return (*controls, *_outlets(site))


def _outlets(site: Site) -> Iterator[Outside]:
    if site.outlets.mqtt is not None:
        yield _outlet("outlet: MQTT broker", site.outlets.mqtt.broker)
    for soc in site.outlets.soc:
        yield _outlet("outlet: SOC syslog", soc.address)


def _outlet(why: str, url: str) -> Outside:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        host, literal = str(ip_address(host)), True
    except ValueError:
        literal = False
    transport = "udp" if parts.scheme == "udp" else "tcp"
    return Outside(why, "", host, literal, transport, parts.port or _USUAL[parts.scheme])
