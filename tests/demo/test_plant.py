"""Third-party clients talk to the box: none of our collectors stands between."""

import asyncio
import os
import shutil
import socket

import pytest
import pytest_asyncio
from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.crypto.uacrypto import CertProperties
from pymodbus.client import AsyncModbusTcpClient

from appliance.demo import layout, plant
from appliance.demo.identities import identity
from appliance.demo.plant import Plant

# Its own /16, so that a demo running on this machine is not in the way.
NETWORK = f"127.{100 + os.getpid() % 100}"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box(tmp_path_factory):
    """One plant for all tests that leave it as it was: starting takes seconds."""
    async with Plant(tmp_path_factory.mktemp("plant"), NETWORK) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def from_monitor(box, monkeypatch):
    """Libraries choose no source address, so the loop's connections get the monitor's."""
    loop = asyncio.get_running_loop()
    connect = loop.create_connection

    def bound(*args, **kwargs):
        if kwargs.get("sock") is None:
            kwargs["local_addr"] = (box.layout.monitor, 0)
        return connect(*args, **kwargs)

    monkeypatch.setattr(loop, "create_connection", bound)


def opened(source: str, address: str, port: int) -> bool | None:
    """True: it opened.  False: reset.  None: nobody answered."""
    with socket.socket() as sock:
        sock.bind((source, 0))
        sock.settimeout(0.15)
        try:
            sock.connect((address, port))
        except ConnectionRefusedError:
            return False
        except TimeoutError:
            return None
        return True


def alarms(box) -> str:
    return box.alarms.file.read_text() if box.alarms.file.exists() else ""


async def opens(source: str, address: str, port: int) -> bool | None:
    return await asyncio.to_thread(opened, source, address, port)


def url(address: str) -> str:
    return f"opc.tcp://{address}:{layout.OPC_UA}/"


async def secured(box, tmp_path, address: str, password: str = plant.OPC_PASSWORD) -> Client:
    name = "plc-1" if address == box.layout.plc else "hmi-1"
    own = identity(tmp_path / "client", "test-client", box.layout.monitor)
    client = Client(url(address), timeout=5)
    client.application_uri = own.uri
    client.set_user(plant.OPC_USER)
    client.set_password(password)
    await client.set_security(
        SecurityPolicyBasic256Sha256,
        str(own.certificate),
        CertProperties(own.key, "pem"),
        server_certificate=str(box.directory / "plant" / f"{name}.pem"),
    )
    return client


async def endpoints(address: str) -> list[tuple[str, str, list[str]]]:
    listed = await Client(url(address), timeout=5).connect_and_get_server_endpoints()
    return [
        (
            e.SecurityPolicyUri.rpartition("#")[2],
            e.SecurityMode.name,
            [t.TokenType.name for t in e.UserIdentityTokens],
        )
        for e in listed
    ]


async def anonymous_is_let_in(address: str) -> bool:
    client = Client(url(address), timeout=5)
    try:
        async with client:
            return True
    except (ua.UaError, TimeoutError, ConnectionError):
        return False


HARDENED = [("Basic256Sha256", "SignAndEncrypt", ["UserName"])]


async def test_plc_and_hmi_list_hardened_endpoints_and_let_nobody_nameless_in(box, from_monitor):
    for address in (box.layout.plc, box.layout.hmi):
        assert await endpoints(address) == HARDENED
        assert not await anonymous_is_let_in(address)


async def test_the_plc_knows_its_user_and_tells_its_build(box, tmp_path, from_monitor):
    async with await secured(box, tmp_path, box.layout.plc) as client:
        version = await client.get_node("i=2264").read_value()
        auditing = await client.get_node("i=2994").read_value()

    assert version == plant.PLC.version
    assert auditing is True


async def test_the_plc_refuses_a_wrong_password(box, tmp_path, from_monitor):
    with pytest.raises(ua.uaerrors.BadUserAccessDenied):
        async with await secured(box, tmp_path, box.layout.plc, "wrong"):
            pass


async def test_an_opc_ua_write_raises_the_alarm(box, tmp_path, from_monitor):
    async with await secured(box, tmp_path, box.layout.plc) as client:
        with pytest.raises(ua.UaStatusCodeError):
            await client.get_node("ns=2;s=Setpoint").write_value(2.0)

    assert "plc-1: OPC UA write to" in alarms(box)


async def modbus(box, address: str) -> AsyncModbusTcpClient:
    client = AsyncModbusTcpClient(
        address,
        port=layout.MODBUS,
        source_address=(box.layout.monitor, 0),
        retries=0,
        reconnect_delay=0,
    )
    assert await client.connect()
    return client


async def revision(box, address: str) -> str:
    client = await modbus(box, address)
    try:
        told = await client.read_device_information(read_code=1, device_id=1)
        return told.information[2].decode()
    finally:
        client.close()


async def test_rtu_and_meter_each_tell_their_own_firmware(box):
    assert await revision(box, box.layout.rtu) == plant.RTU_APPROVED
    assert await revision(box, box.layout.meter) == "1.07"


async def test_a_modbus_write_raises_the_alarm_and_a_read_does_not(box):
    client = await modbus(box, box.layout.meter)
    try:
        assert (await client.read_holding_registers(0, count=2, device_id=1)).registers
        assert "meter-1" not in alarms(box)
        await client.write_register(0, 7, device_id=1)
    finally:
        client.close()

    assert "meter-1: Modbus function 6" in alarms(box)


async def test_the_panel_serves_anybody_and_a_post_raises_the_alarm(box):
    async def ask(request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(
            box.layout.panel, layout.HTTP, local_addr=(box.layout.monitor, 0)
        )
        writer.write(request)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    assert (await ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
    assert "panel-1" not in alarms(box)
    await ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")

    assert "panel-1: HTTP POST" in alarms(box)


V3 = ["-v3", "-u", plant.SNMP_USER, "-a", "SHA-256", "-A", plant.SNMP_AUTH]
PRIV = ["-x", "AES", "-X", plant.SNMP_PRIV]
SYS_NAME = "1.3.6.1.2.1.1.5.0"


async def snmp(
    box,
    address: str,
    *options: str,
    tool: str = "snmpget",
    tail=(SYS_NAME,),
    source: str = "",
) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"net-snmp's {tool} is not installed")
    process = await asyncio.create_subprocess_exec(
        *(tool, "-r0", "-t1", "-On", f"--clientaddr={source or box.layout.monitor}"),
        *options,
        f"{address}:{layout.SNMP}",
        *tail,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return (await process.communicate())[0].decode()


async def test_the_managed_switch_answers_authpriv_and_nothing_below(box):
    at = box.layout.switch

    assert "sw-dmz" in await snmp(box, at, *V3, "-l", "authPriv", *PRIV)
    assert "Unsupported security level" in await snmp(box, at, *V3, "-l", "authNoPriv")
    assert "nsupported security level" in await snmp(box, at, *V3[:3], "-l", "noAuthNoPriv")
    assert "sw-dmz" not in await snmp(box, at, "-v2c", "-c", "public")


async def test_the_managed_switch_answers_its_manager_only(box):
    at, good = box.layout.switch, (*V3, "-l", "authPriv", *PRIV)

    assert "sw-dmz" in await snmp(box, at, *good)
    assert "Timeout" in await snmp(box, at, *good, source=box.layout.plain)


async def test_the_managed_switch_tells_wrong_names_and_keys_apart(box):
    at = box.layout.switch
    level = ("-l", "authPriv", *PRIV)

    stranger = ["-v3", "-u", "stranger", "-a", "SHA-256", "-A", plant.SNMP_AUTH, *level]
    wrong = ["-v3", "-u", plant.SNMP_USER, "-a", "SHA-256", "-A", "not-the-key", *level]

    assert "Unknown user name" in await snmp(box, at, *stranger)
    assert "Authentication failure" in await snmp(box, at, *wrong)


async def test_the_old_switch_answers_public_in_both_versions(box):
    at = box.layout.old_switch

    assert "sw-field" in await snmp(box, at, "-v2c", "-c", "public")
    assert "sw-field" in await snmp(box, at, "-v1", "-c", "public")
    assert "EN4-0007" in await snmp(
        box, at, "-v2c", "-c", "public", tool="snmpwalk", tail=("1.3.6.1.2.1",)
    )
    assert "EN4-0007" in await snmp(
        box, at, "-v2c", "-c", "public", tool="snmpbulkwalk", tail=("1.3.6.1.2.1",)
    )


async def test_an_snmp_set_raises_the_alarm_and_changes_nothing(box):
    at = box.layout.old_switch

    await snmp(box, at, "-v2c", "-c", "public", tool="snmpset", tail=(SYS_NAME, "s", "other"))

    assert "sw-field: SNMP SET" in alarms(box)
    assert "sw-field" in await snmp(box, at, "-v2c", "-c", "public")


async def test_the_firewall_drops_whoever_has_no_permit(box):
    at = box.layout
    services = [
        (at.plc, layout.OPC_UA),
        (at.hmi, layout.OPC_UA),
        (at.panel, layout.HTTP),
        (at.rtu, layout.MODBUS),
        (at.meter, layout.MODBUS),
    ]

    assert await asyncio.gather(*(opens(at.monitor, *s) for s in services)) == [True] * 5
    assert await asyncio.gather(*(opens(at.plain, *s) for s in services)) == [None] * 5


async def test_behind_the_firewall_a_closed_port_is_silent_and_before_it_refused(box):
    at = box.layout
    port = layout.CLOSED[0]

    assert await opens(at.plain, at.plc, port) is None
    assert await opens(at.monitor, at.plc, port) is None
    assert await opens(at.plain, at.switch, port) is False


async def test_the_control_host_answers_both_vantages(box):
    at = box.layout

    for source in (at.monitor, at.plain):
        assert await opens(source, at.control_host, layout.CONTROL) is True


async def test_a_second_plant_on_the_same_addresses_cannot_start(box, tmp_path):
    with pytest.raises(OSError, match=r"in use|cannot be listened on"):
        async with Plant(tmp_path / "second", NETWORK):
            pass


async def test_the_drift_opens_the_hmi_and_changes_the_rtu_and_nothing_else(box, from_monitor):
    # The last test to use this plant: there is no way back from a drift.
    box.drift()

    assert ("None", "None_") in [(p, m) for p, m, _ in await endpoints(box.layout.hmi)]
    assert await anonymous_is_let_in(box.layout.hmi)
    assert await endpoints(box.layout.plc) == HARDENED
    assert not await anonymous_is_let_in(box.layout.plc)
    assert await revision(box, box.layout.rtu) == plant.RTU_DRIFTED
    assert await revision(box, box.layout.meter) == "1.07"
