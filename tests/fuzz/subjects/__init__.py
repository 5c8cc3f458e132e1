"""What each collector's parser is fed, and which passes its answers can earn."""

from __future__ import annotations

from tests.fuzz.subjects.greetings import GREETINGS
from tests.fuzz.subjects.modbus import MODBUS
from tests.fuzz.subjects.opcua import OPCUA
from tests.fuzz.subjects.shells import SHELLS
from tests.fuzz.subjects.snmp import SNMP
from tests.fuzz.subjects.subject import Subject
from tests.fuzz.subjects.tls import TLS
from tests.fuzz.subjects.webs import WEBS

SUBJECTS: dict[str, Subject] = {
    subject.name: subject for subject in (*MODBUS, *OPCUA, *SNMP, *TLS, *SHELLS, *WEBS, *GREETINGS)
}
