"""What each question puts on the wire: the names of its requests, and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.site.model import Asset, Service, Site
from appliance.visit.permits import permitted
from appliance.visit.plan import snmp_words
from appliance.visit.questions import Question
from collectors.modbus_registers import FUNCTIONS
from collectors.opcua_rights import ROLE_SET

MOST_ROWS = 8
MOST_MODBUS = 6


@dataclass(frozen=True)
class Pdu:
    """One kind of request: its name, its bytes or a template of them, how often at most."""

    name: str
    sent: str
    most: int = 1


def requests(
    site: Site, asset: Asset, service: Service | None, question: Question
) -> tuple[Pdu, ...]:
    """What asking this once can send; a question nobody described yet names its collector."""
    words = _WORDS.get(question.id)
    if words is None:
        return (Pdu(f"as the wire contract of collectors/{question.collector}.py says", ".."),)
    return words(site, asset, service)


def described() -> frozenset[str]:
    """The questions whose requests are listed here."""
    return frozenset(_WORDS)


# OPC 10000-6, 7.1.2: sizes and ids differ each time; `..` stands for such a byte.
_HELLO = Pdu("Hello", "48454c46 .. (endpoint URL, sizes)")
_OPEN = Pdu("OpenSecureChannelRequest", "4f504e46 .. (policy, channel 60 s)")
_CLOSE = Pdu("CloseSecureChannelRequest", "434c4f46 ..")
_MSG = "4d534746 .. 0100{:02x}{:02x} .."


# RFC 4253, 4.2 and 11.1.
_SSH_NAME = Pdu("identification SSH-2.0-upheld", "5353482d322e302d757068656c640d0a")
_SSH_BYE = Pdu("DISCONNECT by application", ".. 01 0000000b ..")


def _request(name: str, number: int, what: str = "", most: int = 1) -> Pdu:
    template = _MSG.format(number & 0xFF, number >> 8)
    return Pdu(name, f"{template} ({what})" if what else template, most)


_Words = tuple[Pdu, ...]
_Describe = Callable[[Site, Asset, Service | None], _Words]


def _nothing(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return ()


def _opcua_endpoints(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (_HELLO, _OPEN, _request("GetEndpointsRequest", 428), _CLOSE)


def _opcua_discovery(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (_HELLO, _OPEN, _request("FindServersRequest", 422), _CLOSE)


def _opcua_session(identity: str) -> _Describe:
    def words(_site: Site, asset: Asset, service: Service | None) -> _Words:
        timeout = "24 h" if "long-session" in asset.allow else "30 s"
        declared = len(service.variables) if service else 0
        return (
            Pdu(_HELLO.name, _HELLO.sent, 2),
            Pdu(_OPEN.name, _OPEN.sent, 2),
            _request("GetEndpointsRequest", 428, "when its certificate is not known yet"),
            _request("CreateSessionRequest", 461, f"session timeout {timeout}"),
            _request("ActivateSessionRequest", 467, f"one attempt, {identity}"),
            _request("ReadRequest", 631, f"access level of {declared} declared variables", 4),
            *_methods(service if identity == "Anonymous" else None),
            _request("CloseSessionRequest", 473),
            Pdu(_CLOSE.name, _CLOSE.sent, 2),
        )

    return words


def _methods(service: Service | None) -> _Words:
    if service is None or not service.methods:
        return ()
    what = f"whether it may call {len(service.methods)} declared methods"
    return (_request("ReadRequest", 631, what),)


def _opcua_server(site: Site, asset: Asset, service: Service | None) -> _Words:
    return _opcua_session(_login(site, service))(site, asset, service)


def _opcua_rights(_site: Site, asset: Asset, service: Service | None) -> _Words:
    variables, methods = (len(service.variables), len(service.methods)) if service else (0, 0)
    what = f"role permissions of {variables} declared variables, whether {methods} methods may run"
    found = [_request("ReadRequest", 631, f"{what}; in the session of opcua-server", 5)]
    if ROLE_SET in permitted(asset, service).browse:
        found.insert(0, _request("BrowseRequest", 527, "the role set, one level"))
    return tuple(found)


def _login(site: Site, service: Service | None) -> str:
    if service is None or service.credential is None:
        return "Anonymous"
    return f"credential {service.credential} ({site.credential(service.credential).kind})"


def _modbus_identity(_site: Site, _asset: Asset, service: Service | None) -> _Words:
    unit = service.unit if service else 1
    sent = f".... 0000 0005 {unit:02x} 2b 0e 01 .."
    return (Pdu("43/14 Read Device Identification, code 01", sent, MOST_MODBUS),)


def _modbus_server_id(_site: Site, _asset: Asset, service: Service | None) -> _Words:
    unit = service.unit if service else 1
    what = "17 Report Server ID, where its identification fits a profile that permits it"
    return (Pdu(what, f".... 0000 0002 {unit:02x} 11"),)


def _modbus_registers(_site: Site, _asset: Asset, service: Service | None) -> _Words:
    unit, rows = (service.unit, service.registers) if service else (1, ())
    return tuple(
        Pdu(
            f"Read {row.table} {row.address}, {row.count} values",
            f".... 0000 0006 {unit:02x} {FUNCTIONS[row.table]:02x} {row.address:04x} {row.count:04x}",
        )
        for row in rows
    )


def _snmp_form(site: Site, service: Service | None) -> str:
    """How a message of this service begins, and what protects it."""
    if service is None or service.credential is None:
        return "v3 engine discovery"
    credential = site.credential(service.credential)
    if credential.kind == "community":
        return f"30 .. 020101 04 .. (v2c, community of {service.credential})"
    return f"30 .. 020103 .. (v3, user of {service.credential})"


def _snmp_system(site: Site, _asset: Asset, service: Service | None) -> _Words:
    form = _snmp_form(site, service)
    return (
        Pdu("SNMPv3 engine discovery", "30 .. 020103 .. a0 .. (no user)", 2),
        Pdu(
            "Get sysDescr.0, sysObjectID.0, sysUpTime.0, sysName.0, firmware, hrSystemDate.0",
            f"{form} a0 ..",
            4,
        ),
        Pdu("GetNext entPhysicalClass, ifPhysAddress", f"{form} a1 ..", 2 * (MOST_ROWS + 1)),
    )


def _snmp_more(question: str) -> _Describe:
    def words(site: Site, asset: Asset, service: Service | None) -> _Words:
        form = _snmp_form(site, service)
        found = [
            Pdu(
                "SNMPv3 engine discovery", "30 .. 020103 .. a0 .. (no user)", snmp_words.DISCOVERIES
            )
        ]
        found += [Pdu(name, f"{form} a0 ..", n) for name, n in snmp_words.GETS.get(question, ())]
        if (table := snmp_words.TABLES.get(question)) and permitted(asset, service).bulk:
            found.append(Pdu(f"GetBulk, 20 rows, of {table[0]}", f"{form} a5 ..", table[1]))
        return tuple(found)

    return words


def _snmp_refusals(site: Site, _asset: Asset, service: Service | None) -> _Words:
    form = _snmp_form(site, service)
    return (
        Pdu("SNMPv3 engine discovery", "30 .. 020103 .. a0 .. (no user)", 6),
        Pdu("Get sysUpTime.0 at its own and at lower levels, once each", f"{form} a0 ..", 6),
    )


def _snmp_defaults(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (
        Pdu("SNMPv3 engine discovery or Get as the control", "30 .. 0201.. a0 ..", 3),
        Pdu("Get sysUpTime.0 with community public, v2c and v1", "30 .. 04067075626c6963 a0 ..", 2),
        Pdu(
            "Get sysUpTime.0 with community private, v2c and v1",
            "30 .. 040770726976617465 a0 ..",
            2,
        ),
    )


def _snmp_managers(site: Site, _asset: Asset, service: Service | None) -> _Words:
    kind = site.credential(service.credential).kind if service and service.credential else ""
    form, name = "30 .. 020103 .. a0 .. (no user)", "SNMPv3 engine discovery"
    if kind == "community":
        form, name = f"{_snmp_form(site, service)} a0 ..", "Get sysUpTime.0"
    return (
        Pdu(f"{name}, from here", form),
        Pdu(f"{name}, from the usual address as the control", form),
    )


def _ssh_offer(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (_SSH_NAME, _SSH_BYE)


def _ssh_host_key(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (
        _SSH_NAME,
        Pdu("KEXINIT", ".. 14 .. (our lists)"),
        Pdu("KEXDH_INIT or KEX_ECDH_INIT", ".. 1e .. (a fresh public value)"),
        _SSH_BYE,
    )


# RFC 5246, 7.2.1 and 7.4; RFC 8446, 4.4.
_TLS_BYE = Pdu("close_notify", "15 .. 0100 (encrypted after a whole handshake)")


def _tls_server(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (
        Pdu("ClientHello, TLS 1.2 and 1.3, no server name", "160301 .. 01 .. 0303 ..", 2),
        Pdu("ClientKeyExchange, Finished; an empty Certificate if asked for one", "16 .. 10 .."),
        _TLS_BYE,
    )


def _tls_versions(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (
        Pdu("ClientHello, SSL 3.0 at most", "160300 .. 01 .. 0300 ..", 2),
        Pdu("ClientHello, TLS 1.0 at most", "160301 .. 01 .. 0301 ..", 2),
        Pdu("ClientHello, TLS 1.1 at most", "160301 .. 01 .. 0302 ..", 2),
        Pdu(_TLS_BYE.name, "15 .. 0100 (after a ServerHello)", 2),
    )


def _tls_weak_suites(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (
        Pdu("ClientHello, TLS 1.2 at most, weak suites only", "160301 .. 01 .. 0303 ..", 2),
        Pdu(_TLS_BYE.name, "15 .. 0100 (after a ServerHello)", 2),
    )


def _lines(*lines: str) -> _Describe:
    """FTP commands, each at most once."""
    pdus = tuple(Pdu(line, f"{line}\r\n".encode().hex()) for line in lines)
    return lambda _site, _asset, _service: pdus


def _vnc_security(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (Pdu("version line of 3.3, 3.7 or 3.8", "524642203030332e30303. 0a"),)


def _mqtt_anonymous(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    name = b"upheld-probe-".hex()
    return (
        Pdu("CONNECT without user, password or will", f"10 .. 0004 4d515454 04 02 .. {name} .."),
        Pdu("DISCONNECT", "e000"),
    )


def _ntp_server(_site: Site, _asset: Asset, _service: Service | None) -> _Words:
    return (Pdu("client packet (mode 3)", "23 00.. (a random transmit timestamp)"),)


def _http_pages(_site: Site, _asset: Asset, service: Service | None) -> _Words:
    lines = (f"GET {path} HTTP/1.1" for path in (service.paths if service else ()))
    return tuple(Pdu(line, f"{line.encode().hex()} .. (Connection: close)") for line in lines)


def _https_pages(site: Site, asset: Asset, service: Service | None) -> _Words:
    return (*_tls_server(site, asset, service), *_http_pages(site, asset, service))


_WORDS: dict[str, _Describe] = {
    "tcp-port": _nothing,
    "presence": _nothing,
    "opcua-endpoints": _opcua_endpoints,
    "opcua-discovery": _opcua_discovery,
    "opcua-anonymous": _opcua_session("Anonymous"),
    "opcua-server": _opcua_server,
    "opcua-rights": _opcua_rights,
    "modbus-identity": _modbus_identity,
    "modbus-server-id": _modbus_server_id,
    "modbus-registers": _modbus_registers,
    "snmp-system": _snmp_system,
    "snmp-refusals": _snmp_refusals,
    "snmp-default-communities": _snmp_defaults,
    "snmp-managers": _snmp_managers,
    **{name: _snmp_more(name) for name in (*snmp_words.GETS, *snmp_words.TABLES)},
    "ssh-offer": _ssh_offer,
    "ssh-host-key": _ssh_host_key,
    "ftp-greeting": _lines("AUTH TLS", "QUIT"),
    "ftp-anonymous": _lines("USER anonymous", "PASS upheld@upheld.invalid", "QUIT"),
    "telnet-greeting": _nothing,
    "vnc-security": _vnc_security,
    "mqtt-anonymous": _mqtt_anonymous,
    "mqtts-anonymous": _mqtt_anonymous,
    "ntp-server": _ntp_server,
    "http-pages": _http_pages,
    "https-pages": _https_pages,
    "tls-server": _tls_server,
    "tls-versions": _tls_versions,
    "tls-weak-suites": _tls_weak_suites,
}
