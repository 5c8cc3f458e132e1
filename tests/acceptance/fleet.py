"""Many assets in one configuration, one address and one service each, visited side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.acceptance.agent import COMMUNITY
from tests.acceptance.bench import Bench, Found

ZONES = 8
UDP = {"snmp": ", credential: read"}


@dataclass
class Fleet:
    bench: Bench
    lines: list[str] = field(default_factory=list)

    def asset(self, inventory: str, protocol: str, start: Callable[[str], int]) -> str:
        """One more asset; `start` gives the port its device listens on at an address."""
        nth = len(self.lines)
        zone, address = nth % ZONES + 1, f"127.0.{nth % ZONES + 1}.{nth // ZONES + 10}"
        port = f"{'udp' if protocol in UDP else 'tcp'}/{start(address)}"
        service = f"{{port: {port}, protocol: {protocol}{UDP.get(protocol, '')}}}"
        self.lines.append(
            # Dozens are played on one machine: as slow a link gives all of them the time.
            f"  - {{id: device-{nth}, zone: zone-{zone}, address: {address}, {inventory},\n"
            f"     link: {{kind: radio}}, services: [{service}]}}\n"
        )
        return f"device-{nth}"

    def check(self, *more: str) -> Found:
        numbers = range(1, ZONES + 1)
        vantages = ", ".join(
            f"{{id: in-{n}, zone: zone-{n}, source: 127.0.{n}.1, kind: monitor}}" for n in numbers
        )
        zones = "".join(
            f"  - {{id: zone-{n}, networks: [127.0.{n}.0/24], sl_t: 1}}\n" for n in numbers
        )
        self.bench.secret("community", COMMUNITY.decode())
        self.bench.write(
            "credentials: [{id: read, kind: community, secret: {file: secrets/community}}]\n"
            f"assets:\n{''.join(self.lines)}",
            vantages=f"[{vantages}]",
            zones=f"zones:\n{zones}",
        )
        return self.bench.check(*more, seconds=240)


def quoted(text: str) -> str:
    """A text as YAML reads it back to the last blank."""
    return json.dumps(text)
