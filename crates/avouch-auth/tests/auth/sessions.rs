//! Sessions: when they work, and that they do not work when they should not.

use avouch_auth::{Accounts, Refusal, Role, Settings, UserChange, Via, csrf_matches};
use avouch_finding::Time;
use proptest::prelude::*;

use crate::support::{NOW, PASSWORD, after, by_provider, client, refusal, settle_all, told, typed, user, with_admin};

const HOUR: u64 = 3600;
const IDLE: u64 = 12 * HOUR;
const ABSOLUTE: u64 = 7 * 24 * HOUR;
/// By so much the last use may be written late.
const GRAIN: u64 = 60;

#[test]
fn a_session_ends_when_it_is_not_used_and_after_a_week_in_any_case() {
    let (_dir, accounts, root) = with_admin();
    let works = |second| accounts.session(root.secret.expose(), after(second)).unwrap().is_some();
    let mut second = 0;
    while second + 11 * HOUR < ABSOLUTE {
        second += 11 * HOUR;
        assert!(works(second), "used every eleven hours, at {second}");
    }
    assert!(!works(ABSOLUTE));
    let (_dir, accounts, root) = with_admin();
    assert!(accounts.session(root.secret.expose(), after(IDLE)).unwrap().is_none());
    assert!(accounts.session(root.secret.expose(), after(1)).unwrap().is_none(), "what has ended is gone");
}

#[test]
fn a_login_gives_a_new_session_and_ends_the_one_before() {
    let (_dir, accounts, root) = with_admin();
    let before = root.secret.expose();
    let next = accounts.log_in(&typed("root", PASSWORD), &client(), Some(before), after(1)).unwrap().value;
    assert_ne!(next.secret, root.secret);
    assert_ne!(next.csrf, root.csrf);
    assert!(accounts.session(before, after(1)).unwrap().is_none());
    // A session that somebody else has put into the browser does not become anybody's.
    let planted = "planted-by-somebody-else";
    let next = accounts.log_in(&typed("root", PASSWORD), &client(), Some(planted), after(1)).unwrap().value;
    assert_ne!(next.secret.expose(), planted);
    assert!(accounts.session(planted, after(1)).unwrap().is_none());
}

#[test]
fn the_word_against_forged_requests_belongs_to_one_session() {
    let (_dir, accounts, root) = with_admin();
    let other = accounts.log_in(&typed("root", PASSWORD), &client(), None, NOW).unwrap().value;
    let cookie = root.secret.expose();
    assert!(csrf_matches(cookie, root.csrf.expose()));
    assert_eq!(accounts.session(cookie, NOW).unwrap().unwrap().csrf, root.csrf);
    for wrong in [other.csrf.expose(), "", cookie, &root.csrf.expose()[1..]] {
        assert!(!csrf_matches(cookie, wrong), "{wrong}");
    }
}

#[test]
fn sessions_are_listed_with_where_they_are_and_ended_one_by_one() {
    let (_dir, accounts, root) = with_admin();
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    let mut there = client();
    there.agent = "x".repeat(1000) + "\n";
    let ann = accounts.log_in(&typed("ann", PASSWORD), &there, None, after(5)).unwrap().value;
    accounts.session(ann.secret.expose(), after(100)).unwrap();
    let all = accounts.sessions(None, after(100)).unwrap();
    assert_eq!(all.iter().map(|s| &*s.user).collect::<Vec<_>>(), ["ann", "root"]);
    let [session] = &accounts.sessions(Some("ann"), after(100)).unwrap()[..] else { panic!("one session") };
    assert_eq!((session.made, session.last_seen, &*session.means), (after(5), after(100), "password"));
    assert_eq!((&*session.address, session.agent.len()), ("127.0.0.1", 200));
    assert_eq!(ann.principal.via, Via::Session(session.id.clone()));
    settle_all(&accounts);
    // Only one's own, for who may not manage users.
    let unknown = Refusal::Unknown { what: "session", id: session.id.clone() };
    assert_eq!(refusal(accounts.revoke_session(&session.id, Some("root"), "root", after(100))), unknown);
    accounts.revoke_session(&session.id, Some("ann"), "ann", after(100)).unwrap();
    assert!(accounts.session(ann.secret.expose(), after(100)).unwrap().is_none());
    assert!(accounts.session(root.secret.expose(), after(100)).unwrap().is_some());
    accounts.log_out(root.secret.expose(), after(101)).unwrap();
    accounts.log_out("nothing", after(101)).unwrap();
    assert!(accounts.session(root.secret.expose(), after(101)).unwrap().is_none());
    assert_eq!(told(&accounts), ["session Removed by ann", "session Removed by root"]);
}

#[test]
fn a_user_has_twenty_sessions_and_the_oldest_goes() {
    let (_dir, accounts, _) = with_admin();
    let cookies: Vec<_> = (0..25).map(|n| by_provider(&accounts, "ann", &["staff"], after(n))).collect();
    let works: Vec<_> = cookies.iter().map(|c| accounts.session(c, after(30)).unwrap().is_some()).collect();
    assert_eq!(works, (0..25).map(|n| n >= 5).collect::<Vec<_>>());
}

#[derive(Clone, Debug)]
enum Step {
    LogIn(usize),
    Use(usize),
    Wait(u64),
    LogOut(usize),
    Revoke(usize),
    Disable(usize),
    Enable(usize),
    Sweep,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let (user, session) = (0..3_usize, 0..40_usize);
    prop_oneof![
        4 => user.clone().prop_map(Step::LogIn),
        6 => session.clone().prop_map(Step::Use),
        6 => prop_oneof![0..120_u64, 0..IDLE + 120, IDLE - 120..IDLE + 120, 0..ABSOLUTE].prop_map(Step::Wait),
        1 => session.clone().prop_map(Step::LogOut),
        1 => session.prop_map(Step::Revoke),
        1 => user.clone().prop_map(Step::Disable),
        1 => user.prop_map(Step::Enable),
        1 => Just(Step::Sweep),
        1 => Just(Step::Reopen),
    ]
}

struct Known {
    cookie: String,
    id: String,
    user: usize,
    made: u64,
    used: u64,
    ended: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_session_works_after_its_end(steps in prop::collection::vec(step(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("accounts.db");
        let mut accounts = Accounts::open(&path, Settings::default()).unwrap();
        let names = ["a", "b", "c"];
        let mut enabled = [true; 3];
        let mut now = 0;
        let mut known: Vec<Known> = Vec::new();
        for name in names {
            let cookie = by_provider(&accounts, name, &["staff"], after(0));
            accounts.log_out(&cookie, after(0)).unwrap();
        }
        for step in steps {
            let time: Time = after(now);
            match step {
                Step::LogIn(user) if enabled[user] && known.iter().filter(|s| s.user == user).count() < 20 => {
                    let cookie = by_provider(&accounts, names[user], &["staff"], time);
                    let Via::Session(id) = accounts.session(&cookie, time).unwrap().unwrap().principal.via else { panic!() };
                    known.push(Known { cookie, id, user, made: now, used: now, ended: false });
                }
                Step::Use(n) if n < known.len() => {
                    let session = &mut known[n];
                    let works = accounts.session(&session.cookie, time).unwrap().is_some();
                    let ends = session.ended || now >= session.made + ABSOLUTE || now >= session.used + IDLE;
                    prop_assert!(!(works && ends), "works after its end, at {now}");
                    let lasts = !session.ended && now < session.made + ABSOLUTE && now + GRAIN < session.used + IDLE;
                    prop_assert!(works || !lasts, "ended too soon, at {now}");
                    session.used = now;
                    session.ended |= !works;
                }
                Step::Wait(seconds) => now += seconds,
                Step::LogOut(n) if n < known.len() => {
                    accounts.log_out(&known[n].cookie, time).unwrap();
                    known[n].ended = true;
                }
                Step::Revoke(n) if n < known.len() => {
                    let _maybe_gone = accounts.revoke_session(&known[n].id, None, "root", time);
                    known[n].ended = true;
                }
                Step::Disable(user) | Step::Enable(user) => {
                    let on = matches!(step, Step::Enable(_));
                    let change = UserChange { enabled: Some(on), ..UserChange::default() };
                    accounts.change_user(&format!("{}@example.com", names[user]), &change, "root", time).unwrap();
                    if !on {
                        known.iter_mut().filter(|s| s.user == user).for_each(|s| s.ended = true);
                    }
                    enabled[user] = on;
                }
                Step::Sweep => {
                    accounts.sweep(time).unwrap();
                }
                Step::Reopen => {
                    drop(accounts);
                    accounts = Accounts::open(&path, Settings::default()).unwrap();
                }
                _ => {}
            }
            // What is listed is what works.
            let listed = accounts.sessions(None, after(now)).unwrap();
            prop_assert!(known.iter().filter(|s| s.ended).all(|s| listed.iter().all(|l| l.id != s.id)));
        }
    }
}
