"""A capture of protocols in the clear is cut where each message ends, and judged like the wire."""

from __future__ import annotations

import pytest

from appliance.visit.plan.speech import IN_CLEAR, Speech, datagram
from collectors.allowed import Permissions, ftp, mqtt, ntp, ssh, vnc
from collectors.ssh_packets import goodbye, our_kexinit, packet

NOTHING = (Permissions(),)
SAID = {
    "ssh": [ssh.IDENTIFICATION, packet(our_kexinit()), packet(goodbye())],
    "ftp": [ftp.USER, ftp.PASS, ftp.QUIT],
    "vnc": [vnc.VERSIONS[3, 8]],
    "mqtt": [mqtt.connect(b"upheld-probe-0123456789"), mqtt.DISCONNECT],
    "telnet": [],
}
EVIL = {
    "ssh": packet(b"\x32root"),
    "ftp": b"DELE recipe\r\n",
    "vnc": b"\1" * 12,
    "mqtt": b"\x30\x05\0\3a/bx",
    "telnet": b"\xff\xfb\x01",
}


@pytest.mark.parametrize("protocol", IN_CLEAR)
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_our_own_words_pass_however_they_are_cut(protocol, piece):
    speech, whole = Speech(protocol, NOTHING), b"".join(SAID[protocol])

    for at in range(0, len(whole), piece):
        assert speech.heard(whole[at : at + piece]) == []
    assert speech.judged == len(SAID[protocol])
    assert not speech.unfinished


@pytest.mark.parametrize("protocol", IN_CLEAR)
def test_anything_after_them_is_found(protocol):
    speech = Speech(protocol, NOTHING)
    for message in SAID[protocol]:
        assert speech.heard(message) == []

    assert len(speech.heard(EVIL[protocol])) == 1


def test_time_is_asked_in_one_kind_of_datagram():
    ours = ntp.HEAD + b"12345678"

    assert datagram("ntp", NOTHING, ours) is None
    assert datagram("ntp", NOTHING, b"\x26" + ours[1:]) is not None
