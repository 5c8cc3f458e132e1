"""What Modbus devices are asked."""

from __future__ import annotations

from appliance.visit.questions.question import Effort, K, Question
from checks.facts.modbus import ModbusIdentity, ModbusRegisters, ModbusServerId

MODBUS_IDENTITY = Question(  # [7; of six rounds 17]
    "modbus-identity", "modbus", Effort.HANDSHAKE, ModbusIdentity, packets=18, octets=8 * K
)
MODBUS_SERVER_ID = Question(  # [5; over Ethernet 6]
    "modbus-server-id",
    "modbus",
    Effort.HANDSHAKE,
    ModbusServerId,
    packets=16,
    octets=8 * K,
    after="modbus-identity",
    expects="server_id",
)
MODBUS_REGISTERS = Question(  # [4 and 1 for each range; over Ethernet 5 and 2]
    "modbus-registers",
    "modbus",
    Effort.HANDSHAKE,
    ModbusRegisters,
    packets=40,
    octets=12 * K,
    wants="registers",
)
