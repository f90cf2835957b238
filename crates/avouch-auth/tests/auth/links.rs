//! One-time links.

use std::sync::Barrier;
use std::thread;

use avouch_auth::{Accounts, NewUser, Permission, Refusal, Role, Secret, Settings, UserChange};

use crate::support::{NOW, OTHER, PASSWORD, accounts, after, client, refusal, told, typed, user, with_admin};

#[test]
fn the_first_admin_comes_by_a_link_and_no_other_way() {
    let (_dir, accounts) = accounts();
    assert!(accounts.setup_needed().unwrap());
    assert!(accounts.users().unwrap().is_empty());
    for (name, password) in [("admin", "admin"), ("root", ""), ("admin", "password")] {
        assert_eq!(refusal(accounts.log_in(&typed(name, password), &client(), None, NOW)), Refusal::WrongCredentials);
    }
    let link = accounts.setup_link(NOW).unwrap().value;
    let setup =
        |name: &str, password: &str| accounts.setup(link.secret.expose(), name, &Secret::new(password), &client(), NOW);
    // A typing error does not cost the link.
    assert_eq!(refusal(setup("no spaces", PASSWORD)), Refusal::BadName);
    assert!(matches!(refusal(setup("root", "short")), Refusal::BadPassword { .. }));
    let session = setup("root", PASSWORD).unwrap().value;
    assert!(session.principal.may(Permission::ManageUsers));
    assert!(!accounts.setup_needed().unwrap());
    assert_eq!(refusal(setup("second", PASSWORD)), Refusal::LinkInvalid);
    assert_eq!(
        told(&accounts),
        ["setup_link setup Added by operator", "user root Added by root", "login root admin", "session Added by root"]
    );
}

#[test]
fn a_link_ends_after_a_day_and_when_a_new_one_is_made() {
    let (_dir, accounts) = accounts();
    let try_it = |link: &Secret, now| accounts.setup(link.expose(), "root", &Secret::new(PASSWORD), &client(), now);
    let first = accounts.setup_link(NOW).unwrap().value;
    assert_eq!(refusal(try_it(&first.secret, after(24 * 3600))), Refusal::LinkInvalid);
    let second = accounts.setup_link(after(1)).unwrap().value;
    assert_eq!(refusal(try_it(&first.secret, after(2))), Refusal::LinkInvalid);
    assert_eq!(refusal(try_it(&Secret::new(""), after(2))), Refusal::LinkInvalid);
    assert!(try_it(&second.secret, after(24 * 3600)).is_ok());
}

#[test]
fn a_link_works_once_however_many_use_it_at_once() {
    let (dir, first) = accounts();
    // As two processes would: a second connection to the same file.
    let second = Accounts::open(dir.path().join("accounts.db"), Settings::default()).unwrap();
    let link = first.setup_link(NOW).unwrap().value.secret;
    let barrier = Barrier::new(8);
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let (accounts, link, barrier) = (if n % 2 == 0 { &first } else { &second }, &link, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    accounts.setup(link.expose(), &format!("admin-{n}"), &Secret::new(PASSWORD), &client(), NOW)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (worked, failed): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((worked.len(), failed.len()), (1, 7));
    assert!(failed.into_iter().all(|result| refusal(result) == Refusal::LinkInvalid));
    let users = first.users().unwrap();
    assert_eq!(users.len(), 1);
    assert_eq!(users[0].name, worked[0].as_ref().unwrap().value.principal.name);
}

#[test]
fn an_operator_gets_back_in_as_an_admin_and_as_nobody_else() {
    let (_dir, accounts, old) = with_admin();
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    let link = accounts.setup_link(after(1)).unwrap().value.secret;
    let setup = |name: &str| accounts.setup(link.expose(), name, &Secret::new(OTHER), &client(), after(2));
    assert_eq!(refusal(setup("ann")), Refusal::NameTaken { name: "ann".to_owned() });
    assert!(setup("root").is_ok());
    assert!(accounts.session(old.secret.expose(), after(3)).unwrap().is_none());
    assert_eq!(
        refusal(accounts.log_in(&typed("root", PASSWORD), &client(), None, after(3))),
        Refusal::WrongCredentials
    );
    assert!(accounts.log_in(&typed("root", OTHER), &client(), None, after(3)).is_ok());
}

#[test]
fn an_invited_user_sets_a_password_that_nobody_else_knows() {
    let (_dir, accounts, _) = with_admin();
    let ann = NewUser { password: None, ..user("ann", Role::Analyst) };
    accounts.add_user(&ann, "root", NOW).unwrap();
    assert_eq!(refusal(accounts.log_in(&typed("ann", ""), &client(), None, NOW)), Refusal::WrongCredentials);
    let link = accounts.invite("ann", "root", NOW).unwrap().value.secret;
    let setup = |name: &str| accounts.setup(link.expose(), name, &Secret::new(OTHER), &client(), after(1));
    // The link is hers alone, and gives her role, not an admin's.
    assert_eq!(refusal(setup("root")), Refusal::LinkInvalid);
    assert_eq!(refusal(setup("new")), Refusal::LinkInvalid);
    let session = setup("ann").unwrap().value;
    assert!(session.principal.may(Permission::Triage) && !session.principal.may(Permission::ManageUsers));
    assert_eq!(refusal(setup("ann")), Refusal::LinkInvalid);
    // A link of a user who was disabled is void.
    let link = accounts.invite("ann", "root", NOW).unwrap().value.secret;
    accounts.change_user("ann", &UserChange { enabled: Some(false), ..UserChange::default() }, "root", NOW).unwrap();
    let used = accounts.setup(link.expose(), "ann", &Secret::new(OTHER), &client(), after(1));
    assert_eq!(refusal(used), Refusal::LinkInvalid);
}
