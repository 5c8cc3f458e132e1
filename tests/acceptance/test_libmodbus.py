"""A unit of libmodbus: declared data as it should be, other than it should be, and none."""

from __future__ import annotations

import pytest

from tests.acceptance.table import hold
from tests.devices.libmodbus import libmodbus, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
# Its data are zeros, and it knows eight of each table.
UNIT = """
assets:
  - {{id: rtu, zone: cell, address: 127.0.0.1, role: rtu, identity: {{vendor: Peer Works}},
     services: [{{port: tcp/{port}, protocol: modbus, unit: 1, registers: [{registers}]}}]}}
"""
HOLDING = "{{table: holding, address: {}, count: 2, expect: [{}]}}"
COILS = "{table: coil, address: 0, count: 3, expect: [0, 0, 0]}"


@pytest.mark.parametrize(
    ("what", "registers", "verdict"),
    [
        ("as stated", f"{HOLDING.format(3, '0, 0')}, {COILS}", "pass"),
        ("another value", f"{HOLDING.format(3, '0, 2')}, {COILS}", "fail differs"),
        pytest.param(
            "no such data",
            f"{HOLDING.format(70, '0, 0')}, {COILS}",
            "inconclusive denied",
            marks=pytest.mark.whole,
        ),
    ],
)
def test_declared_data_of_libmodbus(bench, start, what, registers, verdict):
    bench.write(UNIT.format(port=start(libmodbus()), registers=registers))

    hold(
        f"libmodbus, {what}",
        bench.check(),
        f"""
rtu.modbus modbus-config-registers-baseline  {verdict}
rtu.modbus modbus-identity-matches-inventory inconclusive not-comparable
rtu        port-expected-present             pass
rtu        inventory-device-present          pass
""",
    )
