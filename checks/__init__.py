"""Every check, in report order; nothing runs that is not named here.  One line adds a check."""

from __future__ import annotations

from checks.check import Check
from checks.fr1_identification.accounts_observed_approved import (
    judge as accounts_observed_approved,
)
from checks.fr1_identification.crypto_identity_unchanged import judge as crypto_identity_unchanged
from checks.fr1_identification.crypto_key_unique import judge as crypto_key_unique
from checks.fr1_identification.ftp_anonymous_refused import judge as ftp_anonymous_refused
from checks.fr1_identification.http_login_required import judge as http_login_required
from checks.fr1_identification.login_notice_shown import judge as login_notice_shown
from checks.fr1_identification.modbus_plain_compensated import judge as modbus_plain_compensated
from checks.fr1_identification.modbus_security_mutual import judge as modbus_security_mutual
from checks.fr1_identification.mqtt_broker_protected import judge as mqtt_broker_protected
from checks.fr1_identification.opcua_anonymous_session_refused import (
    judge as opcua_anonymous_session_refused,
)
from checks.fr1_identification.opcua_anonymous_token_absent import (
    judge as opcua_anonymous_token_absent,
)
from checks.fr1_identification.opcua_cert_identity import judge as opcua_cert_identity
from checks.fr1_identification.opcua_cert_trusted import judge as opcua_cert_trusted
from checks.fr1_identification.opcua_cert_valid import judge as opcua_cert_valid
from checks.fr1_identification.opcua_password_token_protected import (
    judge as opcua_password_token_protected,
)
from checks.fr1_identification.opcua_push_management_confined import (
    judge as opcua_push_management_confined,
)
from checks.fr1_identification.port_authentication_on import judge as port_authentication_on
from checks.fr1_identification.snmp_default_community_refused import (
    judge as snmp_default_community_refused,
)
from checks.fr1_identification.snmp_v1v2c_disabled import judge as snmp_v1v2c_disabled
from checks.fr1_identification.snmp_v3_authpriv import judge as snmp_v3_authpriv
from checks.fr1_identification.snmp_v3_weak_level_refused import judge as snmp_v3_weak_level_refused
from checks.fr1_identification.tls_cert_sound import judge as tls_cert_sound
from checks.fr1_identification.tls_client_cert_required import judge as tls_client_cert_required
from checks.fr1_identification.untrusted_vantage_blocked import judge as untrusted_vantage_blocked
from checks.fr1_identification.vnc_protected import judge as vnc_protected
from checks.fr2_use_control.clock_offset_within_limit import judge as clock_offset_within_limit
from checks.fr2_use_control.log_and_trap_targets_set import judge as log_and_trap_targets_set
from checks.fr2_use_control.monitor_account_least_privilege import (
    judge as monitor_account_least_privilege,
)
from checks.fr2_use_control.ntp_service_healthy import judge as ntp_service_healthy
from checks.fr2_use_control.opcua_anonymous_method_denied import (
    judge as opcua_anonymous_method_denied,
)
from checks.fr2_use_control.opcua_anonymous_write_denied import (
    judge as opcua_anonymous_write_denied,
)
from checks.fr2_use_control.opcua_auditing_enabled import judge as opcua_auditing_enabled
from checks.fr2_use_control.opcua_role_permissions_present import (
    judge as opcua_role_permissions_present,
)
from checks.fr2_use_control.opcua_session_limit_set import judge as opcua_session_limit_set
from checks.fr2_use_control.opcua_session_timeout_bounded import (
    judge as opcua_session_timeout_bounded,
)
from checks.fr2_use_control.snmp_write_access_absent import judge as snmp_write_access_absent
from checks.fr2_use_control.time_source_approved import judge as time_source_approved
from checks.fr3_integrity.error_output_terse import judge as error_output_terse
from checks.fr3_integrity.firmware_approved import judge as firmware_approved
from checks.fr3_integrity.http_session_cookie_sound import judge as http_session_cookie_sound
from checks.fr3_integrity.modbus_config_registers_baseline import (
    judge as modbus_config_registers_baseline,
)
from checks.fr3_integrity.opcua_diagnostics_protected import judge as opcua_diagnostics_protected
from checks.fr3_integrity.opcua_mode_none_absent import judge as opcua_mode_none_absent
from checks.fr3_integrity.opcua_server_nonce_fresh import judge as opcua_server_nonce_fresh
from checks.fr3_integrity.self_coverage import judge as self_coverage
from checks.fr4_confidentiality.cleartext_service_absent import judge as cleartext_service_absent
from checks.fr4_confidentiality.http_encrypted import judge as http_encrypted
from checks.fr4_confidentiality.opcua_cert_strong import judge as opcua_cert_strong
from checks.fr4_confidentiality.opcua_deprecated_policy_absent import (
    judge as opcua_deprecated_policy_absent,
)
from checks.fr4_confidentiality.opcua_encryption_on_boundary import (
    judge as opcua_encryption_on_boundary,
)
from checks.fr4_confidentiality.snmp_v3_strong_protocols import judge as snmp_v3_strong_protocols
from checks.fr4_confidentiality.ssh_algorithms_strong import judge as ssh_algorithms_strong
from checks.fr4_confidentiality.tls_cipher_strong import judge as tls_cipher_strong
from checks.fr4_confidentiality.tls_protocol_current import judge as tls_protocol_current
from checks.fr5_data_flow.admin_access_from_mgmt_only import judge as admin_access_from_mgmt_only
from checks.fr5_data_flow.conduit_default_deny import judge as conduit_default_deny
from checks.fr5_data_flow.conduit_permitted_flow_works import judge as conduit_permitted_flow_works
from checks.fr5_data_flow.engineering_access_restricted import (
    judge as engineering_access_restricted,
)
from checks.fr5_data_flow.messaging_services_absent import judge as messaging_services_absent
from checks.fr5_data_flow.modbus_conduit_reachability import judge as modbus_conduit_reachability
from checks.fr5_data_flow.no_forwarding_between_zones import judge as no_forwarding_between_zones
from checks.fr5_data_flow.self_positive_control import judge as self_positive_control
from checks.fr5_data_flow.snmp_manager_restricted import judge as snmp_manager_restricted
from checks.fr6_response.alert_path_alive import judge as alert_path_alive
from checks.fr6_response.authentication_failures_normal import (
    judge as authentication_failures_normal,
)
from checks.fr6_response.site_answers import judge as site_answers
from checks.fr6_response.zone_answers import judge as zone_answers
from checks.fr7_availability.config_saved import judge as config_saved
from checks.fr7_availability.inventory_device_present import judge as inventory_device_present
from checks.fr7_availability.inventory_device_unmoved import judge as inventory_device_unmoved
from checks.fr7_availability.inventory_unknown_device import judge as inventory_unknown_device
from checks.fr7_availability.mgmt_plane_hardened import judge as mgmt_plane_hardened
from checks.fr7_availability.modbus_identity_matches_inventory import (
    judge as modbus_identity_matches_inventory,
)
from checks.fr7_availability.modbus_server_id_baseline import judge as modbus_server_id_baseline
from checks.fr7_availability.opcua_build_matches_inventory import (
    judge as opcua_build_matches_inventory,
)
from checks.fr7_availability.opcua_discovery_confined import judge as opcua_discovery_confined
from checks.fr7_availability.opcua_endpoints_expected import judge as opcua_endpoints_expected
from checks.fr7_availability.port_expected_present import judge as port_expected_present
from checks.fr7_availability.port_neighbours_expected import judge as port_neighbours_expected
from checks.fr7_availability.port_unexpected_absent import judge as port_unexpected_absent
from checks.fr7_availability.resource_headroom import judge as resource_headroom
from checks.fr7_availability.snmp_identity_matches_inventory import (
    judge as snmp_identity_matches_inventory,
)
from checks.fr7_availability.unused_ports_shut import judge as unused_ports_shut
from checks.fr7_availability.ups_ready import judge as ups_ready

ALL: tuple[Check, ...] = tuple(named for named in globals().values() if isinstance(named, Check))

BY_ID = {check.id: check for check in ALL}
