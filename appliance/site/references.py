"""What one part of a configuration says of another: names that must exist, addresses, networks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address, ip_network

from appliance.site import scalars
from appliance.site.problems import Problem, choices, shown
from appliance.site.yamltree import Tree

_KINDS = {
    "zones": "zone",
    "conduits": "conduit",
    "credentials": "credential",
    "types": "type",
    "assets": "asset",
    "external_paths": "external path",
    "people": "person",
    "anchors": "anchor",
}
_LOGIN = {"snmp": ("snmpv3", "community")}
_USUAL_LOGIN = ("password", "certificate")


def problems(root: Tree) -> Iterator[Problem]:
    """Everything wrong between the parts; tolerant of parts that are wrong in themselves."""
    names = _Names(root)
    yield from _ids_twice(root)
    yield from _zone_references(root, names)
    yield from _asset_references(root, names)
    yield from _conduits(root, names)
    yield from _addresses(root)
    yield from _networks(root)


class _Names:
    """Which ids there are, by kind, and what else a name that is missing might be."""

    def __init__(self, root: Tree) -> None:
        self.of = {
            kind: {i.text("id") or "" for i in root.items(key)} - {""}
            for key, kind in _KINDS.items()
        }
        self.login = {
            c.text("id"): c.text("kind") for c in root.items("credentials") if c.text("id")
        }

    def check(self, holder: Tree, key: str, kind: str) -> Iterator[Problem]:
        found = holder.get(key)
        if found is None or not isinstance(found.value, str) or found.value in self.of[kind]:
            return
        other = next((k for k, ids in self.of.items() if found.value in ids), "")
        article = "an" if other[:1] in tuple("aeiou") else "a"
        what = f"{key}: {shown(found.value)}, {f'{article} {other}' if other else f'no {kind}'}"
        write = choices(found.value, self.of[kind])
        if not self.of[kind]:
            write = f"it under {next(k for k, v in _KINDS.items() if v == kind)} first"
        yield found.problem(what, write)


def _ids_twice(root: Tree) -> Iterator[Problem]:
    for key, kind in _KINDS.items():
        yield from _twice(root.items(key), "id", kind)
    yield from _twice(root.items("appliance", "vantages"), "id", "vantage")
    yield from _twice(root.items("appliance", "vantages"), "source", "vantage with source")
    for key in ("assets", "types"):
        for holder in root.items(key):
            of = f"service of {holder.text('id')} on"
            yield from _twice(holder.items("services"), "port", of)
            yield from _twice(holder.items("ports"), "name", f"port of {holder.text('id')} with")


def _twice(items: Iterator[Tree], key: str, kind: str) -> Iterator[Problem]:
    first: dict[str, Tree] = {}
    for item in items:
        found = item.get(key)
        if found is None or not isinstance(found.value, str):
            continue
        before = first.setdefault(found.value, found)
        if before is not found:
            again = (
                f"{kind} {shown(found.value)} a second time (first in {before.file}:{before.line})"
            )
            yield found.problem(again, f"another {key}, or remove one of the two")


def _zone_references(root: Tree, names: _Names) -> Iterator[Problem]:
    for vantage in root.items("appliance", "vantages"):
        yield from names.check(vantage, "zone", "zone")
    if appliance := root.get("appliance"):
        yield from names.check(appliance, "vantage", "zone")
    for path in root.items("external_paths"):
        yield from names.check(path, "ends_at", "zone")
    if (outlets := root.get("outlets")) and (mqtt := outlets.get("mqtt")):
        yield from names.check(mqtt, "credential", "credential")
        yield from _login_fits(mqtt, "credential", "mqtt", ("password",), names)


def _asset_references(root: Tree, names: _Names) -> Iterator[Problem]:
    for asset in root.items("assets"):
        yield from names.check(asset, "zone", "zone")
        yield from names.check(asset, "type", "type")
        yield from names.check(asset, "behind", "asset")
        if asset.text("behind") and asset.text("behind") == asset.text("id"):
            yield asset.value["behind"].problem("an asset behind itself", "its gateway's id")
        for interface in asset.items("interfaces"):
            yield from names.check(interface, "zone", "zone")
        for port in asset.items("ports"):
            yield from _behind(port, names)
    for key in ("assets", "types"):
        for holder in root.items(key):
            for service in holder.items("services"):
                yield from _service(service, names)


def _behind(port: Tree, names: _Names) -> Iterator[Problem]:
    yield from names.check(port, "to", "asset")
    for behind in port.items("to"):
        if isinstance(behind.value, str) and behind.value not in names.of["asset"]:
            what = f"to: {shown(behind.value)}, no asset"
            yield behind.problem(what, choices(behind.value, names.of["asset"]))


def _service(service: Tree, names: _Names) -> Iterator[Problem]:
    protocol = service.text("protocol") or ""
    for key in ("credential", "certificate", "formerly"):
        yield from names.check(service, key, "credential")
    yield from _login_fits(service, "formerly", protocol, ("community",), names)
    fitting = _LOGIN.get(protocol, _USUAL_LOGIN)
    yield from _login_fits(service, "credential", protocol, fitting, names)
    yield from _login_fits(service, "certificate", protocol, ("certificate",), names)


def _login_fits(
    holder: Tree, key: str, protocol: str, fitting: tuple[str, ...], names: _Names
) -> Iterator[Problem]:
    found = holder.get(key)
    if found is None or not isinstance(found.value, str):
        return
    kind = names.login.get(found.value)
    if kind and kind not in fitting:
        what = f"{key}: {shown(found.value)} of kind {kind} for {protocol}"
        yield found.problem(what, f"a credential of kind {' or '.join(fitting)}")


def _conduits(root: Tree, names: _Names) -> Iterator[Problem]:
    first: dict[tuple[str, str], Tree] = {}
    zone_of = {a.text("id"): a for a in root.items("assets")}
    vantages = {(v.text("id"), v.text("zone")) for v in root.items("appliance", "vantages")}
    for conduit in root.items("conduits"):
        yield from names.check(conduit, "from", "zone")
        yield from names.check(conduit, "to", "zone")
        ends = (conduit.text("from") or "", conduit.text("to") or "")
        if "" not in ends and ends[0] == ends[1]:
            yield conduit.problem(f"a conduit from {ends[0]} to itself", "two different zones")
        before = first.setdefault(ends, conduit)
        if before is not conduit and "" not in ends:
            again = f"a second conduit from {ends[0]} to {ends[1]}"
            yield conduit.problem(f"{again} (first in {before.file}:{before.line})", "one conduit")
        for allow in conduit.items("allow"):
            for key, zone in (("from", ends[0]), ("to", ends[1])):
                if key == "from" and (allow.text(key), zone) in vantages:
                    continue
                yield from names.check(allow, key, "asset")
                asset = zone_of.get(allow.text(key)) if allow.text(key) else None
                if asset and zone in names.of["zone"] and zone not in _zones(asset):
                    what = f"{key}: {shown(allow.text(key))}, which has no interface in {zone}"
                    yield allow.value[key].problem(what, f"an asset in {zone}")


def _zones(asset: Tree) -> set[str | None]:
    """The zones an asset has an interface in."""
    own = asset.text("zone")
    return {
        own if asset.get("address") else None,
        *(i.text("zone") or own for i in asset.items("interfaces")),
    }


def _interfaces(asset: Tree) -> Iterator[tuple[Tree, str, str | None]]:
    """(where it stands, address, zone) of every address that can be read."""
    own = asset.text("zone")
    places = [(asset.get("address"), own)]
    places += [(i.get("address"), i.text("zone") or own) for i in asset.items("interfaces")]
    for place, zone in places:
        if place is None:
            continue
        try:
            yield place, scalars.address(place.value), zone
        except ValueError:
            continue


def _addresses(root: Tree) -> Iterator[Problem]:
    first: dict[str, tuple[Tree, Tree]] = {}
    units: dict[str, set[int]] = {}
    gateways = {a.text("behind") for a in root.items("assets")} - {None}
    for asset in root.items("assets"):
        for place, address, _ in _interfaces(asset):
            before = first.setdefault(address, (asset, place))
            mine = _units(asset)
            shared = units.setdefault(address, set())
            if before[0] is not asset and not _may_share(before[0], asset, gateways):
                what = f"{shown(address)} a second time (first {before[0].text('id')} in "
                where = f"{before[1].file}:{before[1].line})"
                yield place.problem(what + where, "another address, or behind: GATEWAY on both")
            elif before[0] is not asset and mine & shared:
                what = f"unit {min(mine & shared)} at {address} a second time"
                yield place.problem(what, "another unit")
            shared |= mine if asset.text("behind") else set()


def _may_share(one: Tree, other: Tree, gateways: set[str | None]) -> bool:
    """Assets behind one gateway share its address, and the gateway itself has it too."""
    if one.text("behind") and one.text("behind") == other.text("behind"):
        return True
    pair = ((one, other), (other, one))
    return any(a.text("id") in gateways and b.text("behind") == a.text("id") for a, b in pair)


def _units(asset: Tree) -> set[int]:
    """The Modbus units of an asset; 1 where a Modbus service names none."""
    found = set()
    for service in asset.items("services"):
        if service.text("protocol") in ("modbus", "modbus-tls"):
            unit = service.get("unit")
            found.add(unit.value if unit and isinstance(unit.value, int) else 1)
    return found


def _networks(root: Tree) -> Iterator[Problem]:
    networks: dict[str | None, list[str]] = {}
    for zone in root.items("zones"):
        for item in zone.items("networks"):
            with suppress(ValueError):
                networks.setdefault(zone.text("id"), []).append(scalars.network(item.value))
    for asset in root.items("assets"):
        if asset.text("behind"):
            continue
        for place, address, where in _interfaces(asset):
            known = networks.get(where, [])
            if any(ip_address(address) in ip_network(net) for net in known):
                continue
            if known:
                what = f"{shown(address)} outside the networks of zone {where}"
                yield place.problem(what, f"an address in {' or '.join(known)}")
            elif ip_address(address).is_global:
                what = f"{shown(address)}, a public address"
                yield place.problem(what, f"its network into zone {where} if it is the plant's own")
