"""
The 100 system requirements and enhancements of IEC 62443-3-3:2013 with COR1:2014.

Numbers and short public titles only; `first_level` is the security level that first asks for each.
SR 3.4 starts at SL 2 since the corrigendum; prints of 2013 show SL 1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Requirement:
    """`foundational` is the number of its Foundational Requirement, 1 to 7."""

    id: str
    foundational: int
    title: str
    first_level: int


_ROWS = (
    ("SR 1.1", 1, "Human user identification and authentication", 1),
    ("SR 1.1 RE 1", 1, "Unique identification and authentication", 2),
    ("SR 1.1 RE 2", 1, "Multifactor authentication for untrusted networks", 3),
    ("SR 1.1 RE 3", 1, "Multifactor authentication for all networks", 4),
    ("SR 1.2", 1, "Software process and device identification and authentication", 2),
    ("SR 1.2 RE 1", 1, "Unique identification and authentication", 3),
    ("SR 1.3", 1, "Account management", 1),
    ("SR 1.3 RE 1", 1, "Unified account management", 3),
    ("SR 1.4", 1, "Identifier management", 1),
    ("SR 1.5", 1, "Authenticator management", 1),
    ("SR 1.5 RE 1", 1, "Hardware security for software process identity credentials", 3),
    ("SR 1.6", 1, "Wireless access management", 1),
    ("SR 1.6 RE 1", 1, "Unique identification and authentication", 2),
    ("SR 1.7", 1, "Strength of password-based authentication", 1),
    ("SR 1.7 RE 1", 1, "Password generation and lifetime restrictions for human users", 3),
    ("SR 1.7 RE 2", 1, "Password lifetime restrictions for all users", 4),
    ("SR 1.8", 1, "Public key infrastructure (PKI) certificates", 2),
    ("SR 1.9", 1, "Strength of public key authentication", 2),
    ("SR 1.9 RE 1", 1, "Hardware security for public key authentication", 3),
    ("SR 1.10", 1, "Authenticator feedback", 1),
    ("SR 1.11", 1, "Unsuccessful login attempts", 1),
    ("SR 1.12", 1, "System use notification", 1),
    ("SR 1.13", 1, "Access via untrusted networks", 1),
    ("SR 1.13 RE 1", 1, "Explicit access request approval", 2),
    ("SR 2.1", 2, "Authorization enforcement", 1),
    ("SR 2.1 RE 1", 2, "Authorization enforcement for all users", 2),
    ("SR 2.1 RE 2", 2, "Permission mapping to roles", 2),
    ("SR 2.1 RE 3", 2, "Supervisor override", 3),
    ("SR 2.1 RE 4", 2, "Dual approval", 4),
    ("SR 2.2", 2, "Wireless use control", 1),
    ("SR 2.2 RE 1", 2, "Identify and report unauthorized wireless devices", 3),
    ("SR 2.3", 2, "Use control for portable and mobile devices", 1),
    ("SR 2.3 RE 1", 2, "Enforcement of security status of portable and mobile devices", 3),
    ("SR 2.4", 2, "Mobile code", 1),
    ("SR 2.4 RE 1", 2, "Mobile code integrity check", 3),
    ("SR 2.5", 2, "Session lock", 1),
    ("SR 2.6", 2, "Remote session termination", 2),
    ("SR 2.7", 2, "Concurrent session control", 3),
    ("SR 2.8", 2, "Auditable events", 1),
    ("SR 2.8 RE 1", 2, "Centrally managed, system-wide audit trail", 3),
    ("SR 2.9", 2, "Audit storage capacity", 1),
    ("SR 2.9 RE 1", 2, "Warn when audit record storage capacity threshold reached", 3),
    ("SR 2.10", 2, "Response to audit processing failures", 1),
    ("SR 2.11", 2, "Timestamps", 2),
    ("SR 2.11 RE 1", 2, "Internal time synchronization", 3),
    ("SR 2.11 RE 2", 2, "Protection of time source integrity", 4),
    ("SR 2.12", 2, "Non-repudiation", 3),
    ("SR 2.12 RE 1", 2, "Non-repudiation for all users", 4),
    ("SR 3.1", 3, "Communication integrity", 1),
    ("SR 3.1 RE 1", 3, "Cryptographic integrity protection", 3),
    ("SR 3.2", 3, "Malicious code protection", 1),
    ("SR 3.2 RE 1", 3, "Malicious code protection on entry and exit points", 2),
    ("SR 3.2 RE 2", 3, "Central management and reporting for malicious code protection", 3),
    ("SR 3.3", 3, "Security functionality verification", 1),
    ("SR 3.3 RE 1", 3, "Automated mechanisms for security functionality verification", 3),
    ("SR 3.3 RE 2", 3, "Security functionality verification during normal operation", 4),
    ("SR 3.4", 3, "Software and information integrity", 2),
    ("SR 3.4 RE 1", 3, "Automated notification about integrity violations", 3),
    ("SR 3.5", 3, "Input validation", 1),
    ("SR 3.6", 3, "Deterministic output", 1),
    ("SR 3.7", 3, "Error handling", 2),
    ("SR 3.8", 3, "Session integrity", 2),
    ("SR 3.8 RE 1", 3, "Invalidation of session IDs after session termination", 3),
    ("SR 3.8 RE 2", 3, "Unique session ID generation", 3),
    ("SR 3.8 RE 3", 3, "Randomness of session IDs", 4),
    ("SR 3.9", 3, "Protection of audit information", 2),
    ("SR 3.9 RE 1", 3, "Audit records on write-once media", 4),
    ("SR 4.1", 4, "Information confidentiality", 1),
    (
        "SR 4.1 RE 1",
        4,
        "Protection of confidentiality at rest or in transit via untrusted networks",
        2,
    ),
    ("SR 4.1 RE 2", 4, "Protection of confidentiality across zone boundaries", 4),
    ("SR 4.2", 4, "Information persistence", 2),
    ("SR 4.2 RE 1", 4, "Purging of shared memory resources", 3),
    ("SR 4.3", 4, "Use of cryptography", 1),
    ("SR 5.1", 5, "Network segmentation", 1),
    ("SR 5.1 RE 1", 5, "Physical network segmentation", 2),
    ("SR 5.1 RE 2", 5, "Independence from non-control system networks", 3),
    ("SR 5.1 RE 3", 5, "Logical and physical isolation of critical networks", 4),
    ("SR 5.2", 5, "Zone boundary protection", 1),
    ("SR 5.2 RE 1", 5, "Deny by default, allow by exception", 2),
    ("SR 5.2 RE 2", 5, "Island mode", 3),
    ("SR 5.2 RE 3", 5, "Fail close", 3),
    ("SR 5.3", 5, "General purpose person-to-person communication restrictions", 1),
    ("SR 5.3 RE 1", 5, "Prohibit all general purpose person-to-person communications", 3),
    ("SR 5.4", 5, "Application partitioning", 1),
    ("SR 6.1", 6, "Audit log accessibility", 1),
    ("SR 6.1 RE 1", 6, "Programmatic access to audit logs", 3),
    ("SR 6.2", 6, "Continuous monitoring", 2),
    ("SR 7.1", 7, "Denial of service protection", 1),
    ("SR 7.1 RE 1", 7, "Manage communication loads", 2),
    ("SR 7.1 RE 2", 7, "Limit DoS effects to other systems or networks", 3),
    ("SR 7.2", 7, "Resource management", 1),
    ("SR 7.3", 7, "Control system backup", 1),
    ("SR 7.3 RE 1", 7, "Backup verification", 2),
    ("SR 7.3 RE 2", 7, "Backup automation", 3),
    ("SR 7.4", 7, "Control system recovery and reconstitution", 1),
    ("SR 7.5", 7, "Emergency power", 1),
    ("SR 7.6", 7, "Network and security configuration settings", 1),
    ("SR 7.6 RE 1", 7, "Machine-readable reporting of current security settings", 3),
    ("SR 7.7", 7, "Least functionality", 1),
    ("SR 7.8", 7, "Control system component inventory", 2),
)

REQUIREMENTS = {row[0]: Requirement(*row) for row in _ROWS}
