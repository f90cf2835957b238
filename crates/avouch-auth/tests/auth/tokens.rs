//! Tokens of programs.

use avouch_auth::{Grant, NewToken, Permission, Refusal, Scope, Secret, Via};
use proptest::prelude::*;

use crate::support::{NOW, accounts, after, client, refusal, typed, with_admin};

fn token(name: &str, scopes: &[Scope]) -> NewToken {
    NewToken { name: name.to_owned(), scopes: scopes.to_vec(), node: None, expires: None }
}

#[test]
fn a_token_may_what_its_scopes_say_until_it_ends() {
    let (_dir, accounts, _) = with_admin();
    let asked = NewToken {
        expires: Some(after(100)),
        node: Some("n1".to_owned()),
        ..token("n1", &[Scope::Ingest, Scope::Ingest])
    };
    let made = accounts.add_token(&asked, "root", NOW).unwrap().value;
    assert!(made.expose().starts_with("avt_") && made.expose().len() == 47);
    let principal = accounts.token(made.expose(), after(99)).unwrap().unwrap();
    assert_eq!((&*principal.name, &principal.grant), ("token/n1", &Grant::Scopes(vec![Scope::Ingest])));
    assert!(principal.may_ingest_of("n1") && !principal.may_ingest_of("n2"));
    assert!(!principal.may(Permission::ReadFindings));
    assert!(accounts.token(made.expose(), after(100)).unwrap().is_none());
    let listed = accounts.tokens().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].last_used, &*listed[0].made_by), (Some(after(99)), "root"));
    assert_eq!(principal.via, Via::Token(listed[0].id.clone()));
}

#[test]
fn a_revoked_token_does_not_work_and_stays_in_the_list() {
    let (_dir, accounts, _) = with_admin();
    let made = accounts.add_token(&token("wall", &[Scope::Read]), "root", NOW).unwrap().value;
    assert!(accounts.token(made.expose(), NOW).unwrap().unwrap().may(Permission::ReadFindings));
    let taken = Refusal::BadToken { reason: "another token has this name" };
    assert_eq!(refusal(accounts.add_token(&token("wall", &[Scope::Read]), "root", NOW)), taken);
    let id = accounts.tokens().unwrap()[0].id.clone();
    accounts.revoke_token(&id, "root", after(1)).unwrap();
    assert!(accounts.token(made.expose(), after(1)).unwrap().is_none());
    assert_eq!(accounts.tokens().unwrap()[0].revoked, Some(after(1)));
    assert_eq!(refusal(accounts.revoke_token(&id, "root", NOW)), Refusal::Unknown { what: "token", id });
    let next = accounts.add_token(&token("wall", &[Scope::Read]), "root", NOW).unwrap().value;
    assert_ne!(made, next);
}

#[test]
fn what_is_no_token_is_none() {
    let (_dir, accounts, root) = with_admin();
    let made = accounts.add_token(&token("wall", &[Scope::Read]), "root", NOW).unwrap().value;
    let cut = &made.expose()[..46];
    let session = format!("avt_{}", root.secret.expose());
    for presented in ["", "avt_", cut, &session, root.secret.expose(), &made.expose().to_uppercase(), "avt_' OR 1=1 --"]
    {
        assert!(accounts.token(presented, NOW).unwrap().is_none(), "{presented}");
    }
    // And a token is no session.
    assert!(accounts.session(made.expose(), NOW).unwrap().is_none());
}

#[test]
fn tokens_that_cannot_be_are_refused() {
    let (_dir, accounts, _) = with_admin();
    let node = |node: &str, scope| NewToken { node: Some(node.to_owned()), ..token("x", &[scope]) };
    for refused in [
        token("x", &[]),
        NewToken { expires: Some(NOW), ..token("x", &[Scope::Read]) },
        node("n1", Scope::Admin),
        node("", Scope::Ingest),
    ] {
        assert!(matches!(refusal(accounts.add_token(&refused, "root", NOW)), Refusal::BadToken { .. }), "{refused:?}");
    }
    assert_eq!(refusal(accounts.add_token(&token("a b", &[Scope::Read]), "root", NOW)), Refusal::BadName);
    assert!(accounts.tokens().unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_presented_is_nobody(text in any::<String>()) {
        let (_dir, accounts) = accounts();
        prop_assert!(accounts.session(&text, NOW).unwrap().is_none());
        let token = format!("avt_{text}");
        prop_assert!(accounts.token(&token, NOW).unwrap().is_none());
        prop_assert_eq!(refusal(accounts.log_in(&typed(&text, &text), &client(), Some(&text), NOW)), Refusal::WrongCredentials);
        prop_assert_eq!(refusal(accounts.setup(&text, &text, &Secret::new(&*text), &client(), NOW)), Refusal::LinkInvalid);
        accounts.log_out(&text, NOW).unwrap();
    }
}
