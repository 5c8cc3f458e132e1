"""The part of a site that a verdict about one subject may depend on."""

from __future__ import annotations

from datetime import timedelta

from appliance.site.assets import Asset, PlanPort, Register, Service
from appliance.site.model import Conduit, Site
from appliance.site.speaking import second_look
from checks.facts import expected
from checks.facts.standing import Subject
from collectors.allowed import never_connect

_MODBUS = ("modbus", "modbus-tls")
_USUAL_MODBUS_PORTS = (502, 802)
_PROGRAMMING = ("s7", "enip")
_ADMIN = ("ssh", "telnet", "rdp", "vnc", "http", "https")


def expected_for(site: Site, subject: Subject) -> expected.Expected:
    """Raises `KeyError` for a subject the site does not have."""
    match subject.kind:
        case "service":
            asset = site.asset(subject.asset)
            service = _service(site, asset, asset.service(subject.service))
            return expected.Expected(_limits(site, asset), _asset(site, asset), service)
        case "asset":
            asset = site.asset(subject.asset)
            return expected.Expected(_limits(site, asset), _asset(site, asset))
        case "zone":
            inside = tuple(
                sorted(a.id for a in site.assets if a.zone == site.zone(subject.zone).id)
            )
            return expected.Expected(_limits(site), zone=_zone(site, subject.zone, inside))
        case "conduit":
            found = next((c for c in site.conduits if c.id == subject.conduit), None)
            if found is None:
                raise KeyError(f"no conduit is called {subject.conduit}")
            return expected.Expected(_limits(site), conduit=_conduit(site, found))
        case "site":
            return expected.Expected(_limits(site))
        case _:
            raise KeyError(f"no kind of subject is called {subject.kind}")


def _limits(site: Site, asset: Asset | None = None) -> expected.Limits:
    """The site's numbers; an asset's own clock limit takes the place of the site's."""
    own = asset.expect.max_clock_offset if asset else None
    limits = site.limits
    return expected.Limits(
        certificate_expiry_warning_seconds=_seconds(limits.certificate_expiry_warning),
        max_clock_offset_ms=_seconds(own or limits.max_clock_offset) * 1000,
        max_session_timeout_seconds=_seconds(limits.max_session_timeout),
        coverage_percent=limits.coverage,
        log_collectors=limits.log_collectors,
        time_servers=limits.time_servers,
        login_notice=limits.login_notice,
    )


def _seconds(value: timedelta) -> int:
    return int(value.total_seconds())


def _asset(site: Site, asset: Asset) -> expected.ExpectedAsset:
    own, within = asset.identity, asset.presence.seen_within
    declared = {s.port for s in asset.services}
    return expected.ExpectedAsset(
        id=asset.id,
        zone=asset.zone,
        role=asset.role,
        probing=asset.probing,
        addresses=asset.addresses,
        vendor=own.vendor,
        product=own.product,
        order_number=own.order_number,
        serial=own.serial,
        mac=own.mac or asset.interfaces[0].mac,
        name=own.name,
        firmware_approved=asset.firmware.approved,
        services=tuple(_service(site, asset, s) for s in asset.services),
        closed_ports=tuple(
            p.number
            for p in site.closed_ports
            if p.transport == "tcp" and p not in declared and not never_connect("tcp", p.number)
        ),
        allow=tuple(asset.allow),
        presence_seconds=None if within is None else _seconds(within),
        ports=tuple(_port(site, port) for port in asset.ports),
        foreign_networks=tuple(
            str(network)
            for zone in site.zones
            if asset.interface_in(zone.id) is None
            for network in zone.networks
        ),
        untrusted_conduits=tuple(
            c.id for c in site.conduits if c.untrusted and asset.interface_in(c.to_zone)
        ),
        zone_hosts=_hosts(site, asset) if _discovers(asset) else (),
        server_id=_server_id(asset),
        reset_conduits=tuple(
            c.id for c in site.conduits if c.denies_by == "reset" and asset.interface_in(c.to_zone)
        ),
        snmp_users=asset.expect.snmp_users,
        runtime_seconds=None if asset.expect.runtime is None else _seconds(asset.expect.runtime),
        max_load_percent=asset.expect.max_load,
        max_storage_percent=asset.expect.max_storage,
    )


def _zone(site: Site, zone: str, inside: tuple[str, ...]) -> expected.ExpectedZone:
    ours = tuple(v.source for v in site.appliance.vantages if v.source)
    return expected.ExpectedZone(
        id=zone,
        assets=inside,
        networks=tuple(str(network) for network in site.zone(zone).networks),
        known=(
            *(_known(a) for a in site.assets),
            expected.KnownDevice(site.appliance.id, "", "appliance", (), ours),
        ),
        ports=tuple((a.id, _port(site, p)) for a in site.assets if a.zone == zone for p in a.ports),
    )


def _known(asset: Asset) -> expected.KnownDevice:
    macs = dict.fromkeys(filter(None, (asset.identity.mac, *(i.mac for i in asset.interfaces))))
    names = tuple(filter(None, (asset.identity.name, asset.id)))
    return expected.KnownDevice(
        asset.id,
        asset.zone,
        asset.role,
        tuple(macs),
        asset.addresses,
        names,
        away=asset.presence.seen_within is not None,
    )


def _port(site: Site, port: PlanPort) -> expected.ExpectedPort:
    behind = [_known(site.asset(name)) for name in port.to]
    return expected.ExpectedPort(
        name=port.name,
        assets=port.to,
        macs=tuple(mac for known in behind for mac in known.macs),
        addresses=tuple(address for known in behind for address in known.addresses),
        names=tuple(name for known in behind for name in known.names),
        spare=port.spare,
        uplink=port.uplink,
    )


def _service(site: Site, asset: Asset, service: Service) -> expected.ExpectedService:
    return expected.ExpectedService(
        id=service.id,
        transport=service.port.transport,
        port=service.port.number,
        protocol=service.protocol,
        login=site.credential(service.credential).kind if service.credential else None,
        variables=service.variables,
        methods=service.methods,
        registers=tuple(_register(row) for row in service.registers),
        pin=service.trust.sha256 if service.trust else None,
        second_look=second.id if (second := second_look(site, asset, service)) else "",
    )


def _register(row: Register) -> expected.ExpectedRegister:
    expect = (row.expect,) * row.count if isinstance(row.expect, int) else row.expect or ()
    return expected.ExpectedRegister(row.table, row.address, expect, row.meaning)


def _server_id(asset: Asset) -> expected.ExpectedServerId | None:
    stated = asset.expect.server_id
    return expected.ExpectedServerId(stated.id.lower(), stated.run) if stated else None


def _discovers(asset: Asset) -> bool:
    """Nobody else's verdicts change when a neighbour does."""
    return any(service.protocol == "opcua" for service in asset.services)


def _hosts(site: Site, asset: Asset) -> tuple[str, ...]:
    near = [a for a in site.assets if a.zone == asset.zone]
    told = (host for a in near for host in (*a.addresses, a.id, a.identity.name))
    return tuple(sorted({host for host in told if host}))


def _conduit(site: Site, conduit: Conduit) -> expected.ExpectedConduit:
    return expected.ExpectedConduit(
        id=conduit.id,
        from_zone=conduit.from_zone,
        to_zone=conduit.to_zone,
        denies_by=conduit.denies_by,
        allow=tuple(
            expected.Flow(a.port.transport, a.port.number, a.source or "", a.target or "")
            for a in conduit.allow
        ),
        modbus_ports=tuple(
            (asset, port)
            for asset, port in _behind(site, conduit, _MODBUS)
            if port not in _USUAL_MODBUS_PORTS
        ),
        programming_ports=_behind(site, conduit, _PROGRAMMING),
        admin_ports=_behind(site, conduit, _ADMIN),
        from_untrusted=site.zone(conduit.from_zone).untrusted,
    )


def _behind(
    site: Site, conduit: Conduit, protocols: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    """(asset, TCP port) of the services behind a conduit that speak one of these."""
    return tuple(
        sorted(
            (asset.id, service.port.number)
            for asset in site.assets
            if asset.interface_in(conduit.to_zone)
            for service in asset.services
            if service.protocol in protocols and service.port.transport == "tcp"
        )
    )
