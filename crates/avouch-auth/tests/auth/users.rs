//! Users, as admins change them.

use avouch_auth::{NewToken, NewUser, Permission, Refusal, Role, Scope, Secret, UserChange, UserState};
use avouch_finding::Fact;
use serde_json::json;

use crate::support::{
    NOW, OTHER, PASSWORD, after, by_provider, client, quarter, refusal, settle_all, told, typed, user, with_admin,
};

fn enabled(enabled: bool) -> UserChange {
    UserChange { enabled: Some(enabled), ..UserChange::default() }
}

fn role(role: Role) -> UserChange {
    UserChange { role: Some(role), ..UserChange::default() }
}

#[test]
fn a_disabled_user_has_no_session_at_once_and_cannot_log_in() {
    let (_dir, accounts, _) = with_admin();
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    let ann = accounts.log_in(&typed("ann", PASSWORD), &client(), None, NOW).unwrap().value;
    assert!(accounts.session(ann.secret.expose(), NOW).unwrap().is_some());
    settle_all(&accounts);
    let changed = accounts.change_user("ann", &enabled(false), "root", after(1)).unwrap();
    let Fact::Setting(fact) = &changed.owed[0].fact else { panic!("{changed:?}") };
    assert_eq!(
        (&fact.detail, &*fact.by, &*fact.id),
        (
            &json!({"role": "analyst", "period": null, "state": "disabled", "password": false, "sessions_ended": 1}),
            "root",
            "ann"
        )
    );
    assert!(accounts.session(ann.secret.expose(), after(1)).unwrap().is_none());
    assert!(accounts.log_in(&typed("ann", PASSWORD), &client(), None, after(1)).is_err());
    accounts.change_user("ann", &enabled(true), "root", after(2)).unwrap();
    assert!(accounts.session(ann.secret.expose(), after(2)).unwrap().is_none(), "it does not come back");
    assert!(accounts.log_in(&typed("ann", PASSWORD), &client(), None, after(2)).is_ok());
}

#[test]
fn what_stands_in_the_file_counts_whoever_wrote_it() {
    let (_dir, accounts, root) = with_admin();
    let conn = rusqlite::Connection::open(accounts.path()).unwrap();
    conn.execute("UPDATE user SET state = 'disabled'", []).unwrap();
    assert!(accounts.session(root.secret.expose(), NOW).unwrap().is_none());
    conn.execute("UPDATE user SET state = 'enabled', role = 'auditor'", []).unwrap();
    assert!(accounts.session(root.secret.expose(), NOW).unwrap().is_none(), "an auditor without a period");
    conn.execute("UPDATE user SET role = 'admin'", []).unwrap();
    assert!(accounts.session(root.secret.expose(), NOW).unwrap().is_some());
}

#[test]
fn a_role_counts_at_once_in_sessions_that_are_open() {
    let (_dir, accounts, _) = with_admin();
    accounts.add_user(&user("ann", Role::Admin), "root", NOW).unwrap();
    let ann = accounts.log_in(&typed("ann", PASSWORD), &client(), None, NOW).unwrap().value.secret;
    let may = |permission| accounts.session(ann.expose(), after(1)).unwrap().unwrap().principal.may(permission);
    assert!(may(Permission::ManageUsers));
    accounts.change_user("ann", &role(Role::Analyst), "root", NOW).unwrap();
    assert!(!may(Permission::ManageUsers) && may(Permission::Triage));
    let auditor = UserChange { role: Some(Role::Auditor), period: Some(quarter()), ..UserChange::default() };
    accounts.change_user("ann", &auditor, "root", NOW).unwrap();
    assert!(!may(Permission::Triage));
    let session = accounts.session(ann.expose(), after(1)).unwrap().unwrap();
    assert_eq!(session.principal.period(), Some(quarter()));
}

#[test]
fn the_last_admin_who_can_log_in_stays() {
    let (_dir, accounts, root) = with_admin();
    let last = || Refusal::LastAdmin { name: "root".to_owned() };
    // One who never set a password does not count.
    accounts.add_user(&NewUser { password: None, ..user("ghost", Role::Admin) }, "root", NOW).unwrap();
    accounts.add_user(&user("ann", Role::Admin), "root", NOW).unwrap();
    accounts.change_user("ann", &enabled(false), "root", NOW).unwrap();
    settle_all(&accounts);
    assert_eq!(refusal(accounts.remove_user("root", "root", NOW)), last());
    assert_eq!(refusal(accounts.change_user("root", &enabled(false), "root", NOW)), last());
    assert_eq!(refusal(accounts.change_user("root", &role(Role::Analyst), "root", NOW)), last());
    assert!(told(&accounts).is_empty(), "what was refused did not happen");
    assert!(accounts.session(root.secret.expose(), NOW).unwrap().is_some());
    accounts.change_user("ann", &enabled(true), "root", NOW).unwrap();
    accounts.remove_user("root", "ann", NOW).unwrap();
    assert!(accounts.session(root.secret.expose(), NOW).unwrap().is_none());
    assert_eq!(refusal(accounts.remove_user("ann", "ann", NOW)), Refusal::LastAdmin { name: "ann".to_owned() });
}

#[test]
fn only_an_auditor_has_a_period_and_each_has_one() {
    let (_dir, accounts, _) = with_admin();
    let eve = NewUser { period: Some(quarter()), ..user("eve", Role::Auditor) };
    assert_eq!(refusal(accounts.add_user(&user("eve", Role::Auditor), "root", NOW)), Refusal::PeriodMissing);
    let analyst = NewUser { role: Role::Analyst, ..eve.clone() };
    assert_eq!(refusal(accounts.add_user(&analyst, "root", NOW)), Refusal::PeriodUnexpected);
    accounts.add_user(&eve, "root", NOW).unwrap();
    accounts.change_user("eve", &role(Role::Analyst), "root", NOW).unwrap();
    assert_eq!(accounts.users().unwrap()[0].period, None);
    assert_eq!(refusal(accounts.change_user("eve", &role(Role::Auditor), "root", NOW)), Refusal::PeriodMissing);
}

#[test]
fn a_name_is_given_once() {
    let (_dir, accounts, _) = with_admin();
    let taken = |name: &str| Refusal::NameTaken { name: name.to_owned() };
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    assert_eq!(refusal(accounts.add_user(&user("Ann", Role::Analyst), "root", NOW)), taken("Ann"));
    accounts.remove_user("ann", "root", NOW).unwrap();
    assert_eq!(accounts.users().unwrap().len(), 1);
    assert_eq!(refusal(accounts.add_user(&user("ann", Role::Analyst), "root", NOW)), taken("ann"));
    let gone = Refusal::Unknown { what: "user", id: "ann".to_owned() };
    assert_eq!(refusal(accounts.change_user("ann", &enabled(true), "root", NOW)), gone);
    assert_eq!(refusal(accounts.invite("ann", "root", NOW)), gone);
    assert!(accounts.log_in(&typed("ann", PASSWORD), &client(), None, NOW).is_err());
    for name in ["", "a b", "token/x", "a:b", "../x", "ä", "a\n", &"a".repeat(65)] {
        assert_eq!(refusal(accounts.add_user(&user(name, Role::Analyst), "root", NOW)), Refusal::BadName, "{name:?}");
    }
}

#[test]
fn tokens_of_an_admin_who_goes_are_taken_back_but_nodes_go_on() {
    for act in ["disable", "remove", "demote"] {
        let (_dir, accounts, _) = with_admin();
        accounts.add_user(&user("ann", Role::Admin), "root", NOW).unwrap();
        let token = |name: &str, scopes: &[Scope]| {
            let token = NewToken { name: name.to_owned(), scopes: scopes.to_vec(), node: None, expires: None };
            accounts.add_token(&token, "ann", NOW).unwrap().value
        };
        let node = token("node", &[Scope::Ingest]);
        let strong = [token("wall", &[Scope::Read]), token("both", &[Scope::Ingest, Scope::Admin])];
        settle_all(&accounts);
        match act {
            "disable" => accounts.change_user("ann", &enabled(false), "root", NOW).unwrap(),
            "remove" => accounts.remove_user("ann", "root", NOW).unwrap(),
            _ => accounts.change_user("ann", &role(Role::Analyst), "root", NOW).unwrap(),
        };
        assert!(accounts.token(node.expose(), NOW).unwrap().is_some(), "{act}");
        assert!(strong.iter().all(|token| accounts.token(token.expose(), NOW).unwrap().is_none()), "{act}");
        assert_eq!(told(&accounts).iter().filter(|fact| *fact == "token Removed by root").count(), 2, "{act}");
    }
}

#[test]
fn a_password_that_an_admin_sets_ends_the_sessions() {
    let (_dir, accounts, _) = with_admin();
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    let ann = accounts.log_in(&typed("ann", PASSWORD), &client(), None, NOW).unwrap().value;
    let change = UserChange { password: Some(Secret::new(OTHER)), ..UserChange::default() };
    accounts.change_user("ann", &change, "root", NOW).unwrap();
    assert!(accounts.session(ann.secret.expose(), NOW).unwrap().is_none());
    assert!(accounts.log_in(&typed("ann", PASSWORD), &client(), None, NOW).is_err());
    assert!(accounts.log_in(&typed("ann", OTHER), &client(), None, NOW).is_ok());
}

#[test]
fn users_say_how_they_can_log_in() {
    let (_dir, accounts, _) = with_admin();
    by_provider(&accounts, "ann", &["staff"], after(5));
    let users = accounts.users().unwrap();
    let ann = &users[0];
    assert_eq!((&*ann.name, ann.has_password, ann.state), ("ann@example.com", false, UserState::Enabled));
    assert_eq!(ann.identities, [("https://id.example.com".to_owned(), "ann".to_owned())]);
    assert_eq!((ann.made, ann.last_login), (after(5), Some(after(5))));
    assert!(users[1].has_password && users[1].identities.is_empty());
}
