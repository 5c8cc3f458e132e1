from __future__ import annotations

import pytest

from appliance.site.loading import load
from appliance.site.problems import SiteError

SITE = """
site: {{id: works, name: Works}}
appliance:
  id: edge
  vantages: [{{id: m, zone: cell, source: 10.0.0.1}}]
  control: [{control}]
zones: [{{id: cell, name: Cell, networks: [10.0.0.0/24], sl_t: 2}}]
assets:
  - id: printer
    zone: cell
    address: 10.0.0.9
    services:
      - {{port: {port}, protocol: tcp}}
"""


@pytest.mark.parametrize(
    ("port", "control", "line", "why"),
    [
        (
            "tcp/9100",
            "tcp/10.0.0.2:443",
            13,
            "port: `tcp/9100`, on the built-in never-connect list",
        ),
        ("udp/47808", "tcp/10.0.0.2:443", 13, "BACnet/IP: it answers by broadcast"),
        ("tcp/443", "tcp/10.0.0.2:4001", 6, "control: `tcp/10.0.0.2:4001`, on the built-in"),
    ],
)
def test_what_is_never_connected_to_can_be_no_service_and_no_control_host(
    tmp_path, port, control, line, why
):
    (tmp_path / "site.yaml").write_text(SITE.format(port=port, control=control))
    with pytest.raises(SiteError) as refused:
        load(tmp_path)

    assert why in str(refused.value)
    assert f"site.yaml:{line}:" in str(refused.value)
    assert "write another port, or leave it out" in str(refused.value)
