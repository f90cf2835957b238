//! Roles, scopes, and the one table of what each of them may.

/// What a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs the server: people, tokens, channels, and all that the others may.
    Admin,
    /// Works with it: findings, rules, acceptances, reports.
    Analyst,
    /// Looks at the evidence of one period and changes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Analyst, Self::Auditor];

    /// Its name, as answers and facts write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Analyst => "analyst",
            Self::Auditor => "auditor",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role may do this.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }
}

/// What a token of a program is for. A token has one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Looks at everything that is no setting; enough for a screen on a wall.
    Read,
    /// Brings facts of agents and audit records, and sees nothing but the rules that agents are to judge by.
    Ingest,
    /// Looks at findings and acts on them.
    Triage,
    /// Changes rules and acceptances, as a pipeline that deploys them does.
    Rules,
    /// What an admin may.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Read, Self::Ingest, Self::Triage, Self::Rules, Self::Admin];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Ingest => "ingest",
            Self::Triage => "triage",
            Self::Rules => "rules",
            Self::Admin => "admin",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether the scope may do this.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        permission.scopes().contains(&self)
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $permission:ident = $name:literal, [$($role:ident)*], [$($scope:ident)*];)*) => {
        /// Something that can be done. Each route of the server asks for one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $permission,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$permission,)*];

            /// Its name, as refusals write it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$permission => $name,)* }
            }

            /// Roles that have it.
            #[must_use]
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$permission => &[$(Role::$role),*],)* }
            }

            /// Scopes of tokens that have it.
            #[must_use]
            pub fn scopes(self) -> &'static [Scope] {
                match self { $(Self::$permission => &[$(Scope::$scope),*],)* }
            }
        }
    };
}

permissions! {
    /// Findings, activity, the live stream, the overview.
    ReadFindings = "read_findings", [Admin Analyst Auditor], [Read Triage Admin];
    /// A file of exactly what a question answers.
    ExportFindings = "export_findings", [Admin Analyst Auditor], [Read Admin];
    /// Acknowledge, assign, decide, note.
    Triage = "triage", [Admin Analyst], [Triage Admin];
    /// Rules as they are loaded, and their files.
    ReadRules = "read_rules", [Admin Analyst Auditor], [Read Rules Admin];
    /// Change rule files.
    EditRules = "edit_rules", [Admin Analyst], [Rules Admin];
    /// Try rules and acceptances on the stored history.
    Backtest = "backtest", [Admin Analyst], [Rules Admin];
    /// Acceptances and what they hid.
    ReadAcceptances = "read_acceptances", [Admin Analyst Auditor], [Read Rules Admin];
    /// Add and take back acceptances.
    EditAcceptances = "edit_acceptances", [Admin Analyst], [Rules Admin];
    /// Controls, their time lines, populations and samples.
    ReadControls = "read_controls", [Admin Analyst Auditor], [Read Admin];
    /// Reports that were made, and their verification.
    ReadReports = "read_reports", [Admin Analyst Auditor], [Read Admin];
    /// Make a report of a period.
    MakeReports = "make_reports", [Admin Analyst Auditor], [Admin];
    /// State of nodes, sources, ledger and store; metrics.
    ReadHealth = "read_health", [Admin Analyst Auditor], [Read Admin];
    /// Send a made-up finding through the whole path.
    SendTestEvent = "send_test_event", [Admin Analyst], [Admin];
    /// Channels and routes without their secrets, and what was delivered.
    ReadChannels = "read_channels", [Admin Analyst], [Admin];
    /// Change channels and routes, and test them.
    ManageChannels = "manage_channels", [Admin], [Admin];
    /// Users, their sessions, tokens.
    ManageUsers = "manage_users", [Admin], [Admin];
    /// Who looked at what.
    ReadAccessLog = "read_access_log", [Admin], [Admin];
    /// What one looked at oneself.
    ReadOwnAccessLog = "read_own_access_log", [Admin Analyst Auditor], [];
    /// Bring facts of an agent, or audit records.
    Ingest = "ingest", [], [Ingest];
    /// The rules, mappings and acceptances that agents are to judge by.
    TakeRuleSet = "take_rule_set", [], [Ingest];
}
