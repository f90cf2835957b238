//! Codes of what can be wrong in a mapping file. A code's meaning never changes.

/// The file is no YAML, or goes beyond a limit.
pub const NOT_YAML: &str = "C0100";
/// A text, list or mapping stands where something else must.
pub const WRONG_KIND: &str = "C0101";
/// A key that mapping files do not have.
pub const UNKNOWN_KEY: &str = "C0102";
/// A rule is named twice in one file, or an id twice in one list.
pub const DUPLICATE: &str = "C0103";
/// No such criterion.
pub const UNKNOWN_CRITERION: &str = "C0104";
/// A text that has not the shape of an id of its catalogue.
pub const BAD_ID: &str = "C0105";

/// Code, title and explanation of each, for reference pages and `explain`.
pub const ALL: &[(&str, &str, &str)] = &[
    (
        NOT_YAML,
        "file is not YAML",
        "The file could not be read as YAML, or is larger or deeper than mapping files are.",
    ),
    (
        WRONG_KIND,
        "wrong kind of value",
        "A mapping file is one mapping with the key `rules`; under it stands one mapping for each rule name, with lists of ids.",
    ),
    (
        UNKNOWN_KEY,
        "unknown key",
        "An entry may have `soc2` (with `primary` and `secondary`), `nist_800_53`, `pci_dss`, `attack` and `reason`.",
    ),
    (DUPLICATE, "named twice", "Rule names are compared without letter case; the second entry or id is not used."),
    (
        UNKNOWN_CRITERION,
        "unknown criterion",
        "Criteria are those of the Trust Services Criteria: CC1.1 to CC9.2, A1.1 to A1.3, C1.1, C1.2, PI1.1 to PI1.5, P1.1 to P8.1.",
    ),
    (
        BAD_ID,
        "wrong shape of an id",
        "NIST controls look like `AC-6(9)`, PCI DSS requirements like `10.2.1.2`, ATT&CK techniques like `T1059.004`.",
    ),
];
