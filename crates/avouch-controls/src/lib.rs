//! Mapping of rules to criteria of SOC 2, NIST 800-53, PCI DSS and ATT&CK.
