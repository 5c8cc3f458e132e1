"""Every check, in report order; nothing runs that is not named here."""

from __future__ import annotations

from checks.check import Check
from checks.fr1_identification import (
    opcua_anonymous_session_refused,
    opcua_anonymous_token_absent,
    opcua_cert_valid,
    snmp_default_community_refused,
    snmp_v1v2c_disabled,
    snmp_v3_authpriv,
)
from checks.fr2_use_control import (
    clock_offset_within_limit,
    opcua_anonymous_write_denied,
    opcua_auditing_enabled,
    opcua_session_timeout_bounded,
)
from checks.fr3_integrity import (
    firmware_approved,
    opcua_mode_none_absent,
    self_coverage,
)
from checks.fr4_confidentiality import (
    cleartext_service_absent,
    opcua_cert_strong,
    opcua_deprecated_policy_absent,
)
from checks.fr5_data_flow import (
    conduit_default_deny,
    modbus_conduit_reachability,
    self_positive_control,
)
from checks.fr7_availability import (
    inventory_device_present,
    modbus_identity_matches_inventory,
    port_expected_present,
    port_unexpected_absent,
    snmp_identity_matches_inventory,
)

ALL: tuple[Check, ...] = (
    opcua_anonymous_session_refused.judge,
    opcua_anonymous_token_absent.judge,
    opcua_cert_valid.judge,
    snmp_default_community_refused.judge,
    snmp_v1v2c_disabled.judge,
    snmp_v3_authpriv.judge,
    clock_offset_within_limit.judge,
    opcua_anonymous_write_denied.judge,
    opcua_auditing_enabled.judge,
    opcua_session_timeout_bounded.judge,
    firmware_approved.judge,
    opcua_mode_none_absent.judge,
    self_coverage.judge,
    cleartext_service_absent.judge,
    opcua_cert_strong.judge,
    opcua_deprecated_policy_absent.judge,
    conduit_default_deny.judge,
    modbus_conduit_reachability.judge,
    self_positive_control.judge,
    inventory_device_present.judge,
    modbus_identity_matches_inventory.judge,
    port_expected_present.judge,
    port_unexpected_absent.judge,
    snmp_identity_matches_inventory.judge,
)

BY_ID = {check.id: check for check in ALL}
