//! Who asks, and what they may.

use avouch_finding::Time;

use crate::period::{self, Limited, OutsidePeriod, Period};
use crate::role::{Permission, Role, Scope};

/// What somebody may, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A person.
    Role {
        /// What they are.
        role: Role,
        /// The period that an auditor may ask about. An auditor without one may nothing.
        period: Option<Period>,
    },
    /// A program.
    Scopes(Vec<Scope>),
}

/// How somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// A session of a browser, by its public id.
    Session(String),
    /// A token, by its public id.
    Token(String),
    /// A client certificate of TLS.
    Certificate,
}

/// Somebody who was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Name for facts and logs: of a user as it is, else with what it is of in front (`token/`, `certificate/`). Names of users hold no
    /// slash. No colon or equals sign follows the word: the ledger would take what comes after it for a secret and replace it.
    pub name: String,
    /// What they may.
    pub grant: Grant,
    /// How they showed it.
    pub via: Via,
    /// The only node that facts may be brought for, when it is limited to one.
    pub node: Option<String>,
}

impl Principal {
    /// An agent with a client certificate that TLS has verified: it may bring facts of its own node.
    #[must_use]
    pub fn certificate(node: &str) -> Self {
        Self {
            name: format!("certificate/{node}"),
            grant: Grant::Scopes(vec![Scope::Ingest]),
            via: Via::Certificate,
            node: Some(node.to_owned()),
        }
    }

    /// Whether they may do this.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        match &self.grant {
            Grant::Role { role: Role::Auditor, period: None } => false,
            Grant::Role { role, .. } => role.may(permission),
            Grant::Scopes(scopes) => scopes.iter().any(|scope| scope.may(permission)),
        }
    }

    /// Whether they may bring facts of this node.
    #[must_use]
    pub fn may_ingest_of(&self, node: &str) -> bool {
        self.may(Permission::Ingest) && self.node.as_deref().is_none_or(|own| own == node)
    }

    /// The period that they are limited to.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        match &self.grant {
            Grant::Role { period, .. } => *period,
            Grant::Scopes(_) => None,
        }
    }

    /// Cuts the period of a question to what they may ask about.
    ///
    /// # Errors
    /// When nothing remains of it.
    pub fn period_limit(&self, from: Time, to: Time) -> Result<Limited, OutsidePeriod> {
        period::cut(self.period(), from, to)
    }

    /// Whether they may see one thing of this time: a finding that is asked for by its id, or comes live.
    #[must_use]
    pub fn may_see(&self, time: Time) -> bool {
        self.period().is_none_or(|period| period.holds(time))
    }

    /// The role, or the scopes with commas between, as facts and logs write it.
    #[must_use]
    pub fn role_text(&self) -> String {
        match &self.grant {
            Grant::Role { role, .. } => role.name().to_owned(),
            Grant::Scopes(scopes) => scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(","),
        }
    }
}
