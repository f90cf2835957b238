//! Any fact, and its way into and out of the ledger.

use serde::de::Error as _;
use serde_json::Value as Json;

use crate::activity::{Command, Connection, FileChange, LeftOut};
use crate::decision::{
    AcceptanceChange, Acknowledgement, Act, Anchored, Assignment, Canary, ControlsChange, Delivery, Disposition,
    Export, Login, MappingChange, Note, SettingChange,
};
use crate::finding::Finding;
use crate::observation::{DigestCheck, Estate, Gap, InputRead, Observation, RulesLoaded, Start, Stop};
use crate::time::Time;

/// A body that does not read as what its kind says.
#[derive(Debug, thiserror::Error)]
#[error("the body of a fact of kind `{kind}` cannot be read")]
pub struct FactError {
    /// The kind.
    pub kind: String,
    /// Why.
    pub source: serde_json::Error,
}

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident($ty:ty) = $name:literal, $time:ident;)*) => {
        /// Something that was seen, watched, changed or decided.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Fact {
            $($(#[$doc])* $variant(Box<$ty>),)*
            /// A kind that this version does not know, and records of the ledger about itself.
            Other {
                /// The kind.
                kind: String,
                /// The body.
                body: Json,
            },
        }

        /// What a fact is about; the name is the `kind` of its record in the ledger.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl Fact {
            /// Name of its kind.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Other { kind, .. } => kind,
                }
            }

            /// When it was, or began to be, true; `None` for a kind that is not known.
            #[must_use]
            pub fn time(&self) -> Option<Time> {
                match self {
                    $(Self::$variant(f) => Some(f.$time),)*
                    Self::Other { .. } => None,
                }
            }

            /// Its body for the ledger.
            ///
            /// # Errors
            /// None in practice: every fact is a JSON object with text keys.
            pub fn body(&self) -> Result<Json, FactError> {
                let failed = |source| FactError { kind: self.kind().to_owned(), source };
                match self {
                    $(Self::$variant(f) => serde_json::to_value(f).map_err(failed),)*
                    Self::Other { body, .. } => Ok(body.clone()),
                }
            }

            /// Reads a record of the ledger.
            ///
            /// # Errors
            /// When the body is no object, or the kind is known and the body is not of its shape.
            pub fn read(kind: &str, body: Json) -> Result<Self, FactError> {
                let failed = |source| FactError { kind: kind.to_owned(), source };
                // A list would read as well, its items taken for the keys in order.
                if !body.is_object() {
                    return Err(failed(serde_json::Error::custom("a body must be an object")));
                }
                Ok(match kind {
                    $($name => Self::$variant(serde_json::from_value(body).map_err(failed)?),)*
                    _ => Self::Other { kind: kind.to_owned(), body },
                })
            }
        }

        $(impl From<$ty> for Fact {
            fn from(fact: $ty) -> Self {
                Self::$variant(Box::new(fact))
            }
        })*
    };
}

facts! {
    /// A run began.
    Start(Start) = "start", time;
    /// A run ended as it should.
    Stop(Stop) = "stop", time;
    /// Rules were loaded, or refused.
    Rules(RulesLoaded) = "rules", time;
    /// A node was watched.
    Observation(Observation) = "observation", from;
    /// A node was not watched.
    Gap(Gap) = "gap", from;
    /// Nodes that are to be watched.
    Estate(Estate) = "estate", time;
    /// A recording or log was read.
    Input(InputRead) = "input", time;
    /// A digest of log files was checked.
    Digest(DigestCheck) = "digest_check", time;
    /// A rule matched.
    Finding(Finding) = "finding", time;
    /// Something was done about it.
    Act(Act) = "act", time;
    /// Somebody looked at a finding.
    Acknowledgement(Acknowledgement) = "acknowledgement", time;
    /// Somebody decided about a finding.
    Disposition(Disposition) = "disposition", time;
    /// Somebody was made responsible for a finding.
    Assignment(Assignment) = "assignment", time;
    /// Somebody wrote about a finding.
    Note(Note) = "note", time;
    /// Somebody was told of findings, or not.
    Delivery(Delivery) = "delivery", time;
    /// A setting was changed.
    Setting(SettingChange) = "setting", time;
    /// The register of acceptances changed.
    Acceptance(AcceptanceChange) = "acceptance", time;
    /// A version of a control list came into use.
    Controls(ControlsChange) = "controls", time;
    /// The mapping of rules changed.
    Mapping(MappingChange) = "mapping", time;
    /// A rule was proved to fire, or not.
    Canary(Canary) = "canary", time;
    /// A head of the ledger was published.
    Anchor(Anchored) = "anchor", time;
    /// A list or report was made.
    Export(Export) = "export", time;
    /// Somebody looked at the evidence.
    Login(Login) = "login", time;
    /// A program was run.
    Command(Command) = "command", time;
    /// Connections were made.
    Connection(Connection) = "connection", time;
    /// A file was changed.
    File(FileChange) = "file", time;
    /// Activity that was not kept.
    LeftOut(LeftOut) = "left_out", time;
}
