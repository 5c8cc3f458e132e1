"""What the SNMP questions beyond the first three send, as names and how many of each at most."""

from __future__ import annotations

from appliance.visit import questions as q

_WHO = "Get sysDescr.0, sysObjectID.0"
DISCOVERIES = 4
GETS: dict[str, tuple[tuple[str, int], ...]] = {
    q.SNMP_IDENTITY.id: (
        (_WHO, 1),
        ("Get what its device profile names: product, order number, firmware, serial", 4),
    ),
    q.SNMP_CHANGES.id: (
        (_WHO, 1),
        ("Get sysUpTime.0, engineBoots, counters of refused access, configuration times", 3),
    ),
    q.SNMP_SETTINGS.id: (
        (_WHO, 1),
        ("Get what its device profile names: switches, servers; dot1xPaeSystemAuthControl.0", 4),
    ),
    q.SNMP_INTERFACES.id: (("Get ipForwarding.0", 1),),
    q.SNMP_RESOURCES.id: (("Get laLoadInt of 15 minutes", 1),),
    q.SNMP_POWER.id: (("Get the state of the battery: upsBattery, upsOutputSource, upsTest", 1),),
}
TABLES: dict[str, tuple[str, int]] = {
    q.SNMP_SETTINGS.id: ("snmpTargetAddrTAddress", 7),
    q.SNMP_INTERFACES.id: (
        "ifDescr, ifType, ifPhysAddress, ifAdminStatus, ifOperStatus, ifName, ifAlias",
        55,
    ),
    q.SNMP_NEIGHBOURS.id: (
        "ifName, ipNetToMediaPhysAddress, dot1dBasePortIfIndex, dot1qTpFdb or dot1dTpFdb, lldpRem",
        76,
    ),
    q.SNMP_ACCESS.id: (
        "vacmAccess, vacmViewTree, vacmGroup, usmUser protocols, snmpCommunityStatus (no names)",
        26,
    ),
    q.SNMP_RESOURCES.id: ("hrProcessorLoad, hrStorage, hrFSAccess, cpmCPUTotal5minRev", 29),
}
"""Columns read by GetBulk of 20 rows, or by GetNext where the class does not permit it."""

SOC = {
    **dict.fromkeys(GETS, "SNMP reads of our own user or community"),
    **dict.fromkeys(TABLES, "SNMP GetBulk of listed columns by our own user or community"),
}
