//! Users of a provider: where their roles come from.

use avouch_auth::{Period, Permission, Refusal, Role, UserChange};
use avouch_finding::Time;

use crate::support::{
    NOW, after, by_provider, client, identity, mapping, quarter, refusal, settle_all, told, user, with_admin,
};

#[test]
fn the_first_rule_that_fits_gives_the_role() {
    let (_dir, accounts, _) = with_admin();
    settle_all(&accounts);
    let cookie = by_provider(&accounts, "ann", &["other", "staff", "sec-admins"], NOW);
    assert!(accounts.session(&cookie, NOW).unwrap().unwrap().principal.may(Permission::ManageUsers));
    assert_eq!(
        told(&accounts),
        [
            "user ann@example.com Added by provider:https://id.example.com",
            "login ann@example.com admin",
            "session Added by ann@example.com"
        ]
    );
    settle_all(&accounts);
    // The role follows the claim, in the sessions that are open too.
    by_provider(&accounts, "ann", &["staff"], after(1));
    assert!(!accounts.session(&cookie, after(1)).unwrap().unwrap().principal.may(Permission::ManageUsers));
    assert_eq!(told(&accounts)[0], "user ann@example.com Changed by claim:staff");
    settle_all(&accounts);
    by_provider(&accounts, "ann", &["staff"], after(2));
    assert_eq!(told(&accounts).len(), 2, "nothing changed but a login");
}

#[test]
fn without_a_role_there_is_no_login_and_sessions_end() {
    let (_dir, accounts, _) = with_admin();
    let none = |groups: &[&str]| {
        refusal(accounts.log_in_by_provider(&identity("ann", groups), &mapping(), &client(), None, after(1)))
    };
    let no_role = Refusal::NoRole { name: "ann@example.com".to_owned() };
    assert_eq!(none(&[]), no_role);
    assert_eq!(accounts.users().unwrap().len(), 1, "nobody was made");
    let cookie = by_provider(&accounts, "ann", &["staff"], NOW);
    assert_eq!(none(&["Staff", "staff "]), no_role);
    assert!(accounts.session(&cookie, after(1)).unwrap().is_none());
}

#[test]
fn an_auditor_of_a_provider_has_the_rules_period_or_waits_for_one() {
    let (_dir, accounts, _) = with_admin();
    let cookie = by_provider(&accounts, "eve", &["auditors"], NOW);
    assert_eq!(accounts.session(&cookie, NOW).unwrap().unwrap().principal.period(), Some(quarter()));
    let guest = || accounts.log_in_by_provider(&identity("gus", &["guests"]), &mapping(), &client(), None, NOW);
    assert_eq!(refusal(guest()), Refusal::PeriodMissing);
    let period = Period::new(Time(1), Time(2));
    let change = UserChange { period, ..UserChange::default() };
    accounts.change_user("gus@example.com", &change, "root", NOW).unwrap();
    assert_eq!(guest().unwrap().value.principal.period(), period);
}

#[test]
fn a_local_user_of_the_same_name_is_somebody_else_until_an_admin_says_otherwise() {
    let (_dir, accounts, _) = with_admin();
    accounts.add_user(&user("ann@example.com", Role::Analyst), "root", NOW).unwrap();
    let log_in = || accounts.log_in_by_provider(&identity("ann", &["sec-admins"]), &mapping(), &client(), None, NOW);
    assert_eq!(refusal(log_in()), Refusal::NameTaken { name: "ann@example.com".to_owned() });
    accounts.link_identity("ann@example.com", "https://id.example.com", "ann", "root", NOW).unwrap();
    assert_eq!(log_in().unwrap().value.principal.name, "ann@example.com");
    let twice = accounts.link_identity("root", "https://id.example.com", "ann", "root", NOW);
    assert_eq!(refusal(twice), Refusal::NameTaken { name: "ann".to_owned() });
}

#[test]
fn a_disabled_user_stays_out_and_a_strange_name_is_replaced() {
    let (_dir, accounts, _) = with_admin();
    by_provider(&accounts, "ann", &["staff"], NOW);
    let off = UserChange { enabled: Some(false), ..UserChange::default() };
    accounts.change_user("ann@example.com", &off, "root", NOW).unwrap();
    let back = accounts.log_in_by_provider(&identity("ann", &["staff"]), &mapping(), &client(), None, NOW);
    assert_eq!(refusal(back), Refusal::WrongCredentials);
    let mut strange = identity("b", &["staff"]);
    strange.name = "root\u{202e} Ada Lovelace".to_owned();
    let opened = accounts.log_in_by_provider(&strange, &mapping(), &client(), None, NOW).unwrap().value;
    assert!(opened.principal.name.starts_with("oidc-") && opened.principal.name.len() == 21);
}
