"""Each rule of each profile that ships, on a small recording of our own invention."""

from __future__ import annotations

import pytest

from appliance.site.profiles import profiles
from collectors.snmp_profile import SYS_DESCR, fitting, identify

ALL = {p.id: p.plain() for p in profiles()}
P = "1.3.6.1.4.1."

# Profile: a description in its family's form (or a value at the named OID), what it must yield.
SHOWN = {
    "hirschmann-classic": ("Hirschmann Testswitch", {"product": "Testswitch"}),
    "hirschmann-hios": (
        "Hirschmann BRX9 HiOS-9Z-01.2.03",
        {"product": "BRX9", "main": "HiOS-9Z-01.2.03"},
    ),
    "siemens-scalance": (
        "Siemens, SIMATIC NET, SCALANCE XZ9, 6GK9 999-9XX99-9ZZ9, FW: Version V01.02.03, S1",
        {"product": "SCALANCE XZ9", "order": "6GK9 999-9XX99-9ZZ9", "main": "V01.02.03"},
    ),
    "ruggedcom-ros": ("RZ900-HI-D", {"product": "RZ900", "order": "RZ900-HI-D", "main": ""}),
    "westermo-weos": (
        "Westermo Test, primary: v1.2.3, backup: v1.2.2, bootloader: v9.9",
        {"main": "v1.2.3", "backup": "v1.2.2", "boot loader": "v9.9"},
    ),
    "cisco": (
        "Cisco IOS Software, ZZ9 Software (ZZ9-K9-M), Version 99.1(2)E3, RELEASE",
        {"product": "ZZ9", "main": "99.1(2)E3"},
    ),
    "sixnet": ("ZLX-9 - Industrial Switch", {"product": "ZLX-9"}),
    "etherwan": (
        "Etherwan 9TX Switch, Firmware rev: 9.1 x",
        {"product": "9TX Switch", "main": "9.1"},
    ),
    "comtrol": ("EZ99 Switch", {"product": "EZ99"}),
    "planet": ("PLANET ZGS-9 Switch", {"product": "ZGS-9"}),
    "transition": ("S99-1 GigaBit Switch", {"product": "S99-1"}),
    "microsens-g6": ("MICROSENS G6 X, Version: 9.8.7", {"product": "G6 X", "main": "9.8.7"}),
    "fs-bdcom": ("S99-X Series Software, Version 9, R", {"product": "S99-X", "main": "9"}),
    "nexans": ("Switch/WEB/V9.8", {"main": "V9.8"}),
    "omnitron-iconverter": (
        "Omnitron iConverter ZM9 v9.8.7 s/n 0099 - x",
        {"product": "ZM9", "main": "v9.8.7", "serial": "0099"},
    ),
    "rad-rici": ("RICi-99 Unit HW Ver: 1, SW Ver: 9.8", {"product": "RICi-99", "main": "9.8"}),
    "moxa-nport": ("NZ99", {"product": "NZ99"}),
    "teltonika-rutos": (
        "Linux Teltonika-RUT999.com 3.18.44 #1 mips",
        {"product": "RUT999", "main": ""},
    ),
    "netmodule": ("NZ9", {"product": "NZ9"}),
    "rajant-breadcrumb": ("host 9.8.7 ZE4-9R-55555 net", {"product": "ZE4-9R", "main": "9.8.7"}),
    "cradlepoint": (
        "Cradlepoint ZZ9, Firmware Version 9.8.7",
        {"product": "ZZ9", "main": "9.8.7"},
    ),
    "perle": ("SZS9, 9.8.G7 (Mon Jan 1)", {"product": "SZS9", "main": "9.8.G7"}),
    "perle-by-name": ("Perle ZR-9", {"product": "ZR-9"}),
    "lantronix-uds": ("Lantronix UDZ9 V9.8.7 (1)", {"product": "UDZ9", "main": "V9.8.7"}),
    "opengear": ("Opengear ZM9-2, Linux 5.1 armv7l", {"product": "ZM9-2", "main": ""}),
    "schneider-powerlogic": ("Schneider Electric - ZM9", {"product": "ZM9"}),
    "apc": (
        "APC Card (MB:v1.0 PF:v2.0 PN:x AF1:v3.0 MN:ZP9 HR:05 SN: 5Z99 MD:x)",
        {
            "product": "ZP9",
            "operating system": "v2.0",
            "application": "v3.0",
            "boot monitor": "v1.0",
            "serial": "5Z99",
        },
    ),
    "rittal-cmc-iii": (
        "Rittal Unit Z SN 009 HW V1 - SW V9.8_7",
        {"product": "Unit Z", "main": "V9.8_7", "serial": "009"},
    ),
    "rittal-cmc": (
        "Rittal Z SN 9 HW V1 - SW V9.8",
        {"product": "Z", "main": "V9.8", "serial": "9"},
    ),
    "stulz": ("Stulz WIB 9999", {"product": "WIB 9999"}),
    "eltek-webpower": (
        "WebPower(9) 9.8, Jan 1 OS:7.6 ",
        {"product": "WebPower", "main": "9.8", "operating system": "7.6"},
    ),
    "delta-orion": ("Orion Z. Delta", {"product": "Orion Z"}),
    "himoinsa-genset": ("C2LAN SNMP", {"main": ""}),
    "emerson-energy": ("Linux ES_Controller 9.6.1 #2", {"controller": ""}),
    "dantherm": ("FreeCooling Controller, SNMP V9.9", {"main": ""}),
    "abb-ups": ("Linux ABB-x 9.9.9 #1", {"main": ""}),
    "stormshield-ns-bsd": ("NS-BSD Z amd64", {"main": ""}),
    "gude-epc": ("Power 99", {"product": "Power 99"}),
    "meinberg-lantime": ("Meinberg LANTIME V9.8.7", {"main": "V9.8.7"}),
    "endrun": ("Linux N-1 3.2.2-Sonoma 60_v2.01 #1", {"main": ""}),
    "orolia-securesync": ("Orolia ZSync", {"product": "ZSync"}),
    "hwg-poseidon": ("Poseidon 99 SNMP v9.8", {"product": "Poseidon 99", "main": "9.8"}),
    "hwg-ste2": ("STZ9 r2, fw:9.8_7", {"product": "STZ9 r2", "main": "9.8_7"}),
    "papouch-tme": ("SNMP TME", {"product": "TME"}),
    "netguardian": ("NetGuardian9 v9.8P", {"product": "NetGuardian9", "main": "v9.8P"}),
    "asentria-siteboss": ("SiteBoss 99 9.8 STD", {"product": "SiteBoss 99", "main": "9.8"}),
    "uniping": ("UniPing Z v3/S, FW v9.8-1", {"product": "UniPing Z v3/S", "main": "9.8-1"}),
}
AT_AN_OID = [
    ("hirschmann-classic", f"{P}248.14.1.1.2.0", "SW: L9Z-09.8 CH: 1 BP: 2", "main", "L9Z-09.8"),
    ("siemens-scalance", "1.3.6.1.2.1.47.1.1.1.1.9.1", "V1.00_09.8", "boot loader", "09.8"),
    ("icr-os", f"{P}30140.6.2.0", "9.8.7 (2020-01-01)", "main", "9.8.7"),
    ("opengear", f"{P}25049.17.1.1", "9.8.7 abcdef ()", "main", "9.8.7"),
    ("socomec-ups", f"{P}4555.1.1.7.1.1.5.0", "Agent 8 v9.80", "agent", "v9.80"),
    ("morningstar", f"{P}33333.10.3.0", "hw v1, sw v9.8+ab", "main", "v9.8+ab"),
    ("teracom", f"{P}38783.3.1.2.0", "TZW9-v9.8", "main", "v9.8"),
    ("teracom", f"{P}38783.3.1.2.0", "TZW9-v9.8", "product", "TZW9"),
    ("endrun", f"{P}13827.14.1.16.0", "Zulu GPS 6010 v 9.8 - Sep", "main", "9.8"),
    ("endrun", f"{P}13827.12.1.16.0", "Zulu 6010 v 9.7", "product", "Zulu"),
    ("cisco", SYS_DESCR, "Cisco IE99 99 V 17 9  4", "main", "17 9 4"),
    ("apc", SYS_DESCR, "APC (FW v9.0 SW v9.1.a, MOD: ZP8, SN: W9)", "application", "v9.1.a"),
    ("apc", SYS_DESCR, "APC (FW v9.0 SW v9.1.a, MOD: ZP8, SN: W9)", "operating system", "v9.0"),
    ("apc", SYS_DESCR, "APC (FW v9.0 SW v9.1.a, MOD: ZP8, SN: W9)", "product", "ZP8"),
]


def told(profile, values):
    object_id = next(iter(profile.object_ids), "") + (".7" if profile.object_ids else "")
    found = identify(profile, object_id, values)
    named = {"product": found.product, "order": found.order_number, "serial": found.serial}
    return named | {part.name: part.version for part in found.firmware}


@pytest.mark.parametrize("name", SHOWN)
def test_a_description_is_recognised_and_read(name):
    profile, (descr, expected) = ALL[name], SHOWN[name]
    object_id = next(iter(profile.object_ids), "")

    shown = told(profile, {SYS_DESCR: descr.encode()})

    assert fitting(ALL.values(), object_id, descr) is profile
    assert {key: shown[key] for key in expected} == expected


@pytest.mark.parametrize(("name", "at", "value", "key", "expected"), AT_AN_OID)
def test_a_value_at_an_oid_is_read(name, at, value, key, expected):
    assert told(ALL[name], {at: value.encode()})[key] == expected


@pytest.mark.parametrize("profile", ALL.values(), ids=list(ALL))
def test_every_place_is_read_and_what_is_not_there_is_not_found(profile):
    object_id = next(iter(profile.object_ids), "") + ".7"
    named = [("product", profile.product), ("order", profile.order_number)]
    named += [("serial", profile.serial), *((p.name, p.places) for p in profile.firmware)]

    assert not any(told(profile, {}).values())
    for key, places in named:
        for place in places:
            at = place.at(object_id)
            if not place.regex:
                assert told(profile, {at: b"text 9"})[key] == "text 9"
            else:
                by_text = name_of(profile.id, at) or profile.id in SHOWN
                assert by_text, f"pin {profile.id} {key} at {at} with a text of our own"


def name_of(profile, at):
    return any(row[:2] == (profile, at) for row in AT_AN_OID)


@pytest.mark.parametrize(
    ("object_id", "descr", "found"),
    [
        (f"{P}8072.3.2.10", "Linux server 5.4.1 #1 x86_64", None),
        (f"{P}8072.3.2.10", "", None),
        (f"{P}86910.7.1", "", None),
        (f"{P}8691.7.84", "", "moxa-eds-510e"),
        (f"{P}8691.7.85", "", "moxa-etherdevice"),
        (f"{P}8691", "", None),
        ("0.0", "", None),
        ("", "Perle X", "perle-by-name"),
        ("", "", None),
    ],
)
def test_a_family_is_known_for_certain_or_not_at_all(object_id, descr, found):
    profile = fitting(ALL.values(), object_id, descr)

    assert (profile.id if profile else None) == found


def test_of_two_profiles_that_fit_alike_none_is_taken():
    twice = [ALL["cisco"], ALL["cisco"]]

    assert fitting(twice, f"{P}9.1.1", "") is None
