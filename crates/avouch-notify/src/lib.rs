//! Tells people and other systems of findings.
