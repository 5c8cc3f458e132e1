from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.site.assets import Asset
from appliance.visit import questions as q
from appliance.visit.classes import CLASSES, class_of

HOUR = timedelta(hours=1)


def asset(**said) -> Asset:
    return Asset.model_validate({"id": "plc-1", "zone": "cell", "address": "10.0.0.1", **said})


# Measured on the demo plant, the way Ethernet would carry it; a healthy device's exchange.
MEASURED = {
    "tcp-port": 4,
    "opcua-endpoints": 10,
    "opcua-discovery": 10,
    "opcua-anonymous": 16,
    "opcua-server": 16,
    "modbus-identity": 7,
    "snmp-system": 7,
    "snmp-refusals": 9,
    "snmp-default-communities": 7,
    "snmp-managers": 2,
    "tls-server": 10,
    "tls-versions": 30,
    "tls-weak-suites": 16,
    "ssh-offer": 7,
    "ssh-host-key": 9,
    "ftp-greeting": 9,
    "ftp-anonymous": 10,
    "telnet-greeting": 5,
    "vnc-security": 6,
    "mqtt-anonymous": 6,
    "ntp-server": 1,
    "http-pages": 15,
    "https-pages": 16,
}


@pytest.mark.parametrize("question", q.QUESTIONS, ids=lambda each: each.id)
def test_a_question_that_sends_has_an_upper_bound_that_fits_the_smallest_visit(
    question: q.Question,
):
    if question is q.PRESENCE:
        assert (question.packets, question.octets, question.connections) == (0, 0, 0)
        return
    assert question.packets >= MEASURED.get(question.id, 1)
    assert 66 * question.packets < question.octets <= 128 * 1024
    before = next((each for each in q.QUESTIONS if each.id == question.after), None)
    assert (question.after is None) == (before is None)
    needed = question.packets + (before.packets if before else 0)
    handshakes = question.tls + (before.tls if before else 0)
    fragile = question.effort is not q.Effort.LOGIN
    if fragile and handshakes <= CLASSES["fragile"].tls_a_sweep:
        assert needed + 2 * q.TCP_PORT.packets <= CLASSES["fragile"].packets_a_sweep


@pytest.mark.parametrize(
    ("seconds", "most"), [(0.5, 2), (2, 3), (3, 4), (4, 5), (6, 6), (9, 7), (10, 7), (90, 7)]
)
def test_how_many_syns_a_connection_attempt_may_take(seconds: float, most: int):
    assert q.syns(seconds) == most


def test_longer_attempts_cost_a_syn_each_and_datagrams_none():
    cellular = class_of("standard", laboratory=False, link=asset(link={"kind": "cellular"}).link)

    assert q.packets(q.TCP_PORT, CLASSES["robust"]) == q.TCP_PORT.packets
    assert q.packets(q.TCP_PORT, cellular) == q.TCP_PORT.packets + 3
    assert q.packets(q.SNMP_SYSTEM, cellular) == q.SNMP_SYSTEM.packets


def test_a_rotation_lengthens_the_interval_of_what_takes_part_in_it():
    plc = asset(probing="standard")

    assert q.interval(plc, q.TCP_PORT, laboratory=False, rounds=7) == 7 * HOUR
    assert q.interval(plc, q.MODBUS_IDENTITY, laboratory=False) == HOUR
    assert q.interval(plc, q.OPCUA_SERVER, laboratory=False, rounds=7) == 24 * HOUR
    assert q.interval(plc, q.SNMP_DEFAULTS, laboratory=False) == 24 * HOUR
    assert q.interval(plc, q.TLS_WEAK_SUITES, laboratory=False) == 30 * 24 * HOUR
    assert q.interval(plc, q.TLS_WEAK_SUITES, laboratory=True) == HOUR / 60


def test_a_visit_is_never_more_often_than_the_floor():
    assert q.every(asset(every="1m", probing="standard"), laboratory=False) == HOUR / 2
    assert q.every(asset(every="1m"), laboratory=False) == 12 * HOUR
    assert q.every(asset(every="1m"), laboratory=True) == timedelta(minutes=1)


def test_what_a_fragile_device_is_not_asked():
    plc = asset()

    for question in (q.OPCUA_SERVER, q.SNMP_SYSTEM, q.SNMP_REFUSALS):
        said = q.forbidden(plc, question, laboratory=False)
        assert said == "devices of class fragile are not logged in to"
    assert q.forbidden(plc, q.SNMP_DEFAULTS, laboratory=False) is not None
    allowed = asset(allow=["default-community"])
    assert q.forbidden(allowed, q.SNMP_DEFAULTS, laboratory=False) is None
    assert q.forbidden(plc, q.FTP_ANONYMOUS, laboratory=False) is not None
    welcome = asset(allow=["anonymous-ftp"])
    assert q.forbidden(welcome, q.FTP_ANONYMOUS, laboratory=False) is None
    assert q.forbidden(welcome, q.SNMP_DEFAULTS, laboratory=False) is not None
    assert q.forbidden(plc, q.OPCUA_ANONYMOUS, laboratory=False) is None
    assert q.forbidden(plc, q.SNMP_SYSTEM, laboratory=True) is None
