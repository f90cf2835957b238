//! A bundle: a folder that is handed over, with a manifest that names every file and is signed by the ledger's key. What it
//! holds of a ledger stands in `ledger/`, heads kept outside in `anchors/`. And one record in a file of its own ([`Exhibit`]).
//!
//! It never follows a link, and never opens a path that it did not find itself.

mod evidence;
mod exhibit;
mod manifest;
mod verify;

pub use evidence::{Evidence, Proof, prove, prove_all};
pub use exhibit::{EXHIBIT, Exhibit, ExhibitNote, ExhibitProblem, ExhibitReport, NoExhibit};
pub use manifest::{BundleError, Manifest, ManifestFile, signing_key, write_manifest, write_manifest_with};
pub use verify::{BundleProblem, BundleReport, verify, verify_with};
