//! Login by password, its limits, and the log of failures.

use std::net::{IpAddr, Ipv4Addr};

use avouch_auth::{Access, AccessQuery, Accounts, Client, Refusal, Role, Secret, Settings, UserChange};
use avouch_finding::Time;

use crate::support::{NOW, OTHER, PASSWORD, after, client, refusal, settle_all, told, typed, user, with_admin};

fn log(who: Option<&str>) -> AccessQuery {
    AccessQuery { from: Time(0), to: Time(u64::MAX), who: who.map(str::to_owned), before: None, limit: 100 }
}

#[test]
fn who_fails_is_told_nothing_and_is_written_down() {
    let (_dir, accounts, _) = with_admin();
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    accounts.add_user(&user("bob", Role::Analyst), "root", NOW).unwrap();
    accounts.change_user("bob", &UserChange { enabled: Some(false), ..UserChange::default() }, "root", NOW).unwrap();
    settle_all(&accounts);
    for (name, password) in [("ann", OTHER), ("bob", PASSWORD), ("my secret typed here", PASSWORD), ("ann", "")] {
        assert_eq!(refusal(accounts.log_in(&typed(name, password), &client(), None, NOW)), Refusal::WrongCredentials);
    }
    assert!(told(&accounts).is_empty());
    let failed: Vec<_> = accounts.access_log(&log(None)).unwrap().into_iter().map(|row| row.access).collect();
    assert!(failed.iter().all(|access| access.what == "login failed" && access.address == "127.0.0.1"));
    // What was typed in the place of a name is not kept unless it is one.
    assert_eq!(failed.iter().map(|a| &*a.who).collect::<Vec<_>>(), ["ann", "(no such user)", "bob", "ann"]);
    let session = accounts.log_in(&typed("ANN", PASSWORD), &client(), None, NOW).unwrap().value;
    assert_eq!(session.principal.name, "ann");
    assert_eq!(told(&accounts), ["login ann analyst", "session Added by ann"]);
    assert_eq!(accounts.users().unwrap()[0].last_login, Some(NOW));
}

#[test]
fn after_ten_failures_the_right_password_has_to_wait_too() {
    let (_dir, accounts, _) = with_admin();
    let from = |n: u8| Client { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)), agent: String::new() };
    for n in 0..10 {
        let failed = accounts.log_in(&typed("root", OTHER), &from(n), None, NOW);
        assert_eq!(refusal(failed), Refusal::WrongCredentials);
    }
    let limited = refusal(accounts.log_in(&typed("root", PASSWORD), &from(99), None, NOW));
    assert_eq!(limited, Refusal::Limited { retry_after_s: 30 });
    assert_eq!(accounts.access_log(&log(None)).unwrap().len(), 10);
    assert!(accounts.log_in(&typed("root", PASSWORD), &from(99), None, after(30)).is_ok());
    // A success gives its attempt back, and no more than that.
    assert!(accounts.log_in(&typed("root", PASSWORD), &from(99), None, after(30)).is_ok());
    let failed = accounts.log_in(&typed("root", OTHER), &from(99), None, after(30));
    assert_eq!(refusal(failed), Refusal::WrongCredentials);
    let limited = refusal(accounts.log_in(&typed("root", PASSWORD), &from(99), None, after(30)));
    assert_eq!(limited, Refusal::Limited { retry_after_s: 30 });
}

#[test]
fn a_restart_gives_no_attempts_back_and_keeps_no_name_that_is_none() {
    let (dir, accounts, _) = with_admin();
    let path = dir.path().join("accounts.db");
    for _ in 0..10 {
        accounts.log_in(&typed("ROOT", OTHER), &client(), None, NOW).unwrap_err();
        accounts.log_in(&typed("my secret typed here", OTHER), &client(), None, NOW).unwrap_err();
    }
    drop(accounts);
    let kept = std::fs::read(&path).unwrap();
    assert!(!kept.windows(9).any(|w| w == b"my secret"));
    let again = Accounts::open(&path, Settings::default()).unwrap();
    let limited = refusal(again.log_in(&typed("root", PASSWORD), &client(), None, after(5)));
    assert_eq!(limited, Refusal::Limited { retry_after_s: 25 });
    // The address has 10 of 30 left.
    assert!(again.log_in(&typed("root", PASSWORD), &client(), None, after(40)).is_ok());
    drop(again);
    // The attempt of a success is not kept.
    let third = Accounts::open(&path, Settings::default()).unwrap();
    assert!(third.log_in(&typed("root", PASSWORD), &client(), None, after(40)).is_ok());
    third.log_in(&typed("root", OTHER), &client(), None, after(40)).unwrap_err();
    let limited = refusal(third.log_in(&typed("root", PASSWORD), &client(), None, after(40)));
    assert_eq!(limited, Refusal::Limited { retry_after_s: 20 });
}

#[test]
fn a_password_too_long_to_be_one_is_wrong() {
    let (_dir, accounts, _) = with_admin();
    let long = "x".repeat(10 << 20);
    assert_eq!(refusal(accounts.log_in(&typed("root", &long), &client(), None, NOW)), Refusal::WrongCredentials);
    assert_eq!(refusal(accounts.log_in(&typed(&long, PASSWORD), &client(), None, NOW)), Refusal::WrongCredentials);
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    let (_dir, accounts, first) = with_admin();
    let second = accounts.log_in(&typed("root", PASSWORD), &client(), None, NOW).unwrap().value;
    let avouch_auth::Via::Session(id) = second.principal.via.clone() else { panic!("no session") };
    let change = |old: &str, new: &str| {
        accounts.change_password(&typed("root", old), &Secret::new(new), &id, &client(), after(1))
    };
    assert_eq!(refusal(change(OTHER, OTHER)), Refusal::WrongCredentials);
    assert!(matches!(refusal(change(PASSWORD, "short")), Refusal::BadPassword { .. }));
    assert!(accounts.session(first.secret.expose(), after(1)).unwrap().is_some());
    change(PASSWORD, OTHER).unwrap();
    assert!(accounts.session(first.secret.expose(), after(2)).unwrap().is_none());
    assert!(accounts.session(second.secret.expose(), after(2)).unwrap().is_some());
    assert!(accounts.log_in(&typed("root", PASSWORD), &client(), None, after(2)).is_err());
    assert!(accounts.log_in(&typed("root", OTHER), &client(), None, after(2)).is_ok());
}

#[test]
fn an_auditors_log_is_theirs_and_pages_backwards() {
    let (_dir, accounts, _) = with_admin();
    let access = |who: &str, second| Access {
        time: after(second),
        who: who.to_owned(),
        role: "auditor".to_owned(),
        address: "192.0.2.1".to_owned(),
        what: "GET /findings".to_owned(),
        query: format!("severity=high&page={second}"),
    };
    let all: Vec<_> = (0..10).map(|n| access(if n % 2 == 0 { "eve" } else { "mallory" }, n)).collect();
    accounts.log_access(&all).unwrap();
    let first = accounts.access_log(&AccessQuery { limit: 3, ..log(Some("eve")) }).unwrap();
    assert_eq!(first.iter().map(|row| row.access.time).collect::<Vec<_>>(), [after(8), after(6), after(4)]);
    assert_eq!(first[0].access, all[8]);
    let before = first.last().map(|row| row.id);
    let second = accounts.access_log(&AccessQuery { before, ..log(Some("eve")) }).unwrap();
    assert_eq!(second.iter().map(|row| row.access.time).collect::<Vec<_>>(), [after(2), after(0)]);
    let part = AccessQuery { from: after(3), to: after(5), ..log(None) };
    assert_eq!(accounts.access_log(&part).unwrap().len(), 2);
    assert_eq!(accounts.drop_accesses_before(after(7)).unwrap(), 7);
    assert_eq!(accounts.access_log(&log(None)).unwrap().len(), 3);
}
