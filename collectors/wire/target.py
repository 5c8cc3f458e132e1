"""One port of one asset: what the wire is told to reach."""

from __future__ import annotations

from dataclasses import dataclass

from collectors import allowed


@dataclass(frozen=True)
class Target:
    """One port of one asset, seen from one source address (None: the kernel's choice).

    `protocol` is what may be spoken; "tcp" means connected to and never spoken to.  `permits` is
    what this target permits beyond what its protocol permits everywhere.
    """

    asset: str
    address: str
    transport: str
    port: int
    protocol: str
    source: str | None = None
    permits: allowed.Permissions = allowed.Permissions()

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        scheme = "opc.tcp" if self.protocol == "opcua" else self.protocol
        return f"{scheme}://{host}:{self.port}"
