//! Whether somebody who was let in is still who they were.

use avouch_auth::{NewToken, Principal, Role, Scope, UserChange};

use crate::support::{NOW, PASSWORD, after, client, typed, user, with_admin};

#[test]
fn a_session_is_still_what_it_was_until_it_ends_or_its_user_changes() {
    let (_dir, accounts, root) = with_admin();
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    let enter = || accounts.log_in(&typed("ann", PASSWORD), &client(), None, NOW).unwrap().value;
    let change = |change: UserChange| drop(accounts.change_user("ann", &change, "root", NOW).unwrap());
    let one = enter();
    assert!(accounts.still(&one.principal, after(10)).unwrap() && accounts.still(&root.principal, NOW).unwrap());
    assert!(!accounts.still(&one.principal, after(13 * 3600)).unwrap(), "it was not used for so long");
    drop(accounts.log_out(one.secret.expose(), NOW).unwrap());
    assert!(!accounts.still(&one.principal, after(10)).unwrap());

    let two = enter();
    change(UserChange { role: Some(Role::Admin), ..UserChange::default() });
    assert!(!accounts.still(&two.principal, after(10)).unwrap(), "it was let in with another role");
    let three = enter();
    assert!(accounts.still(&three.principal, after(10)).unwrap());
    change(UserChange { enabled: Some(false), ..UserChange::default() });
    assert!(!accounts.still(&three.principal, after(10)).unwrap());
    assert!(accounts.still(&root.principal, after(10)).unwrap());
}

#[test]
fn a_token_is_still_what_it_was_until_it_is_revoked_or_over() {
    let (_dir, accounts, _) = with_admin();
    let new = NewToken { name: "wall".to_owned(), scopes: vec![Scope::Read], node: None, expires: Some(after(100)) };
    let token = accounts.add_token(&new, "root", NOW).unwrap().value;
    let who = accounts.token(token.expose(), NOW).unwrap().unwrap();
    assert!(accounts.still(&who, after(99)).unwrap() && !accounts.still(&who, after(100)).unwrap());
    let id = accounts.tokens().unwrap()[0].id.clone();
    drop(accounts.revoke_token(&id, "root", NOW).unwrap());
    assert!(!accounts.still(&who, after(1)).unwrap());
    assert!(accounts.still(&Principal::certificate("n1"), NOW).unwrap(), "the connection stands for itself");
}
