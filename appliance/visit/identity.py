"""What a device said it is in one visit, as far as another device would say otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.site.model import Asset
from appliance.visit.guard.trust import Fingerprint
from checks.facts.modbus import ModbusIdentity
from checks.facts.observation import Facts, Observation
from checks.facts.opcua import OpcUaServer
from checks.facts.snmp import SnmpSystem

# Protocols write one version in different ways, so each asset is always asked the same one.
TELLS = (("snmp", SnmpSystem), ("modbus", ModbusIdentity), ("opcua", OpcUaServer))


def identity_seen(asset: Asset, seen: Sequence[Observation]) -> Fingerprint:
    """Firmware and serial by the asset's most telling protocol; empty where it was not asked."""
    spoken = {service.protocol for service in asset.services}
    kind = next((kind for protocol, kind in TELLS if protocol in spoken), None)
    for observation in seen:
        if kind is not None and isinstance(observation.facts, kind):
            return _of(observation.facts)
    return Fingerprint()


def _of(facts: Facts) -> Fingerprint:
    match facts:
        case SnmpSystem():
            return Fingerprint(
                firmware=facts.vendor_firmware or facts.entity_firmware, serial=facts.entity_serial
            )
        case ModbusIdentity():
            return Fingerprint(firmware=facts.revision, order_number=facts.product_code)
        case OpcUaServer():
            return Fingerprint(firmware=facts.software_version)
        case _:
            return Fingerprint()
