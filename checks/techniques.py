"""
What an adversary could do where a control does not hold: techniques of ATT&CK for ICS.

Version 19.1, whose sub-techniques replaced nine older ids (T0855 became T1692.001, T0812 became
T1694.001).  Only what some check names stands here.
"""

from __future__ import annotations

VERSION = "19.1"

TECHNIQUES = {
    "T0801": "Monitor Process State",
    "T0814": "Denial of Service",
    "T0822": "External Remote Services",
    "T0823": "Graphical User Interface",
    "T0830": "Adversary-in-the-Middle",
    "T0836": "Modify Parameter",
    "T0842": "Network Sniffing",
    "T0843": "Program Download",
    "T0845": "Program Upload",
    "T0846": "Remote System Discovery",
    "T0848": "Rogue Master",
    "T0849": "Masquerading",
    "T0858": "Change Operating Mode",
    "T0859": "Valid Accounts",
    "T0861": "Point & Tag Identification",
    "T0864": "Transient Cyber Asset",
    "T0866": "Exploitation of Remote Services",
    "T0867": "Lateral Tool Transfer",
    "T0871": "Execution through API",
    "T0881": "Service Stop",
    "T0884": "Connection Proxy",
    "T0886": "Remote Services",
    "T0888": "Remote System Information Discovery",
    "T0892": "Change Credential",
    "T1692.001": "Unauthorized Message: Command Message",
    "T1692.002": "Unauthorized Message: Reporting Message",
    "T1693.001": "Modify Firmware: System Firmware",
    "T1694.001": "Insecure Credentials: Default Credentials",
}
