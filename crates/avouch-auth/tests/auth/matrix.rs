//! The table of permissions, drawn.

use std::fmt::Write as _;

use avouch_auth::{Grant, Permission, Principal, Role, Scope, Via};

fn who(grant: Grant) -> Principal {
    Principal { name: "x".to_owned(), grant, via: Via::Certificate, node: None }
}

#[test]
fn who_may_do_what() {
    let period = Some(crate::support::quarter());
    let roles = Role::ALL.map(|role| who(Grant::Role { role, period: period.filter(|_| role == Role::Auditor) }));
    let scopes = Scope::ALL.map(|scope| who(Grant::Scopes(vec![scope])));
    let mut table = format!("{:20}", "");
    for name in Role::ALL.map(Role::name).iter().chain(&Scope::ALL.map(Scope::name)) {
        write!(table, "{name:>9}").unwrap();
    }
    for permission in Permission::ALL {
        write!(table, "\n{:20}", permission.name()).unwrap();
        for principal in roles.iter().chain(&scopes) {
            write!(table, "{:>9}", if principal.may(*permission) { "yes" } else { "-" }).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_must_hold_whatever_the_table_says() {
    use Permission as P;
    for permission in Permission::ALL {
        let reads = permission.name().starts_with("read_") || matches!(permission, P::ExportFindings | P::MakeReports);
        assert!(reads || !Role::Auditor.may(*permission), "an auditor changes nothing: {permission:?}");
        let of_agents = matches!(permission, P::Ingest | P::TakeRuleSet);
        assert!(
            !Scope::Ingest.may(*permission) || of_agents,
            "who brings facts sees nothing but what it is to judge by"
        );
        let reads = permission.name().starts_with("read_") || *permission == P::ExportFindings;
        assert!(reads || !Scope::Read.may(*permission), "who reads changes nothing: {permission:?}");
        assert!(Role::Admin.may(*permission) || of_agents, "{permission:?}");
    }
    assert!(Role::ALL.iter().all(|role| !role.may(P::Ingest)), "no browser brings facts");
    for role in [Role::Analyst, Role::Auditor] {
        assert!(!role.may(P::ManageUsers) && !role.may(P::ManageChannels) && !role.may(P::ReadAccessLog));
    }
}

#[test]
fn an_auditor_without_a_period_may_nothing() {
    let auditor = who(Grant::Role { role: Role::Auditor, period: None });
    assert!(Permission::ALL.iter().all(|permission| !auditor.may(*permission)));
}

#[test]
fn names_read_back() {
    assert!(Role::ALL.iter().all(|role| Role::parse(role.name()) == Some(*role)));
    assert!(Scope::ALL.iter().all(|scope| Scope::parse(scope.name()) == Some(*scope)));
    assert_eq!((Role::parse("Admin"), Scope::parse("")), (None, None));
}
