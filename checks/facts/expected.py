"""What should hold: the part of the site's configuration that a verdict may depend on.

The target security level is not here on purpose: it decides in the matrix only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExpectedRegister:
    """Declared Modbus data; `expect` is empty where the inventory states no values."""

    table: str
    address: int
    expect: tuple[int, ...]
    meaning: str = ""


@dataclass(frozen=True)
class ExpectedService:
    """A port meant to be open, and the protocol that may be spoken on it."""

    id: str
    transport: str
    port: int
    protocol: str
    login: str | None = None
    """The kind of credential we hold for it: password, certificate, community, snmpv3."""
    variables: tuple[str, ...] = ()
    """OPC UA node ids whose access level is read."""
    methods: tuple[str, ...] = ()
    """OPC UA node ids of methods it is read of whether they may be called."""
    registers: tuple[ExpectedRegister, ...] = ()
    pin: str | None = None
    """SHA-256 in hex of the certificate or SSH host key it must show, where one is recorded."""
    second_look: str = ""
    """The plain vantage of its zone that it is asked from once more; empty: there is none."""


@dataclass(frozen=True)
class ExpectedPort:
    """
    One port of a switch in the plan.

    `spare`: meant to be up without a link.  `uplink`: leads to other network gear, so anybody may
    be seen on it.  The rest is what may be: MACs, addresses and names of the assets behind it,
    whose ids `assets` holds.
    """

    name: str
    assets: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    spare: bool = False
    uplink: bool = False


@dataclass(frozen=True)
class KnownDevice:
    """
    One asset of the whole site as others may see it; `macs` may be unknown.

    `away`: its record allows it not to be there all the time.
    """

    id: str
    zone: str
    role: str
    macs: tuple[str, ...]
    addresses: tuple[str, ...]
    names: tuple[str, ...] = ()
    away: bool = False


@dataclass(frozen=True)
class ExpectedServerId:
    """The answer to Modbus function 17: the id in hex, lower case; `running` None: either."""

    id: str
    running: bool | None = None


@dataclass(frozen=True)
class ExpectedAsset:
    """One asset as the inventory has it.  Empty strings mean the inventory does not say."""

    id: str
    zone: str
    role: str
    probing: str
    addresses: tuple[str, ...]
    vendor: str = ""
    product: str = ""
    order_number: str = ""
    serial: str = ""
    mac: str = ""
    name: str = ""
    firmware_approved: tuple[str, ...] = ()
    services: tuple[ExpectedService, ...] = ()
    closed_ports: tuple[int, ...] = ()
    allow: tuple[str, ...] = ()
    presence_seconds: int | None = None
    """None: always there.  Otherwise it counts as present when seen within this time."""
    ports: tuple[ExpectedPort, ...] = ()
    """The port plan; empty: nobody has written one."""
    foreign_networks: tuple[str, ...] = ()
    """The networks of zones it has no interface in."""
    untrusted_conduits: tuple[str, ...] = ()
    """Conduits towards it that the site does not trust."""
    zone_hosts: tuple[str, ...] = ()
    """Addresses and names of every asset of its zone, in order."""
    server_id: ExpectedServerId | None = None
    reset_conduits: tuple[str, ...] = ()
    """Conduits towards it that deny by reset: there a refusal may be the firewall's."""
    snmp_users: tuple[str, ...] = ()
    """The SNMPv3 users somebody approved for it; empty: nobody has stated any."""
    runtime_seconds: int | None = None
    """How long a UPS must last on its battery; None: nobody has stated it."""
    max_load_percent: int = 90
    max_storage_percent: int = 90


@dataclass(frozen=True)
class ExpectedZone:
    """`known`: every asset of the site and the appliance itself, whatever its zone."""

    id: str
    assets: tuple[str, ...]
    networks: tuple[str, ...] = ()
    known: tuple[KnownDevice, ...] = ()
    ports: tuple[tuple[str, ExpectedPort], ...] = ()
    """(switch, port) of the port plans of its assets."""


@dataclass(frozen=True)
class Flow:
    """One permitted flow; empty `source` or `target` stands for every host of that zone."""

    transport: str
    port: int
    source: str = ""
    target: str = ""


@dataclass(frozen=True)
class ExpectedConduit:
    id: str
    from_zone: str
    to_zone: str
    denies_by: str
    """drop or reset: what its firewall does to traffic it denies."""
    allow: tuple[Flow, ...] = ()
    modbus_ports: tuple[tuple[str, int], ...] = ()
    """(asset, TCP port) of every Modbus service behind it, besides 502 and 802."""
    programming_ports: tuple[tuple[str, int], ...] = ()
    """(asset, TCP port) of every service behind it that a controller is programmed over."""
    admin_ports: tuple[tuple[str, int], ...] = ()
    """(asset, TCP port) of every service behind it that a host is administered over."""
    from_untrusted: bool = False
    """It begins in a zone the site does not trust, such as an office or guest network."""


@dataclass(frozen=True)
class Limits:
    """The site's numbers, in the units their names say."""

    certificate_expiry_warning_seconds: int = 30 * 86_400
    max_clock_offset_ms: int = 10_000
    max_session_timeout_seconds: int = 3_600
    coverage_percent: int = 90
    log_collectors: tuple[str, ...] = ()
    """Addresses logs and traps may go to; empty where the site states none."""
    time_servers: tuple[str, ...] = ()
    login_notice: tuple[str, ...] = ()
    """Phrases that must show before a login; empty where the site has none."""


@dataclass(frozen=True)
class Expected:
    """Whatever of the configuration belongs to the subject; the rest is None."""

    limits: Limits
    asset: ExpectedAsset | None = None
    service: ExpectedService | None = None
    zone: ExpectedZone | None = None
    conduit: ExpectedConduit | None = None
