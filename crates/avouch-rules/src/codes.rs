//! Every problem that rule files can have, one entry each.

use avouch_diagnostics::{Code, Severity};

/// A condition leaves the grammar.
pub static BAD_CONDITION: Code = Code {
    id: "R0020",
    name: "bad-condition",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_COMPILE_CONDITION"),
    meaning: "",
    example: "",
    fix: "",
};
