//! Who has the file, or a log, has no secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use avouch_auth::{Accounts, NewToken, NewUser, OidcConfig, Refusal, Role, Scope, Secret, Settings};

use crate::support::{NOW, OTHER, PASSWORD, accounts, client, refusal, typed, user, with_admin};

/// Every byte of the file and its side files.
fn bytes(dir: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        all.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    all
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// As attackers may write bytes that they found.
fn spellings(hash: &[u8]) -> [String; 3] {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let hex = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    [hex, URL_SAFE_NO_PAD.encode(hash), STANDARD.encode(hash)]
}

#[test]
fn nothing_in_the_file_can_be_used() {
    let (dir, accounts, root) = with_admin();
    let link = accounts.setup_link(NOW).unwrap().value.secret;
    let token = NewToken { name: "t".to_owned(), scopes: vec![Scope::Admin], node: None, expires: None };
    let token = accounts.add_token(&token, "root", NOW).unwrap().value;
    let file = bytes(dir.path());
    assert!(holds(&file, b"root") && holds(&file, b"$argon2id$"), "the file is read as it is written");
    for secret in
        [root.secret.expose(), root.csrf.expose(), link.expose(), token.expose(), &token.expose()[4..], PASSWORD]
    {
        assert!(!holds(&file, secret.as_bytes()));
    }
    // What is there instead of the secrets does not work in their place.
    let conn = rusqlite::Connection::open(accounts.path()).unwrap();
    let hashes = |table: &str| {
        let mut statement = conn.prepare(&format!("SELECT hash FROM {table}")).unwrap();
        let rows = statement.query_map([], |r| r.get::<_, Vec<u8>>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    let (sessions, tokens, links) = (hashes("session"), hashes("token"), hashes("link"));
    assert_eq!((sessions.len(), tokens.len(), links.len()), (1, 1, 1));
    for hash in [sessions, tokens, links].iter().flatten() {
        for text in spellings(hash) {
            assert!(accounts.session(&text, NOW).unwrap().is_none());
            assert!(accounts.token(&text, NOW).unwrap().is_none());
            assert!(accounts.token(&format!("avt_{text}"), NOW).unwrap().is_none());
            let used = accounts.setup(&text, "x", &Secret::new(PASSWORD), &client(), NOW);
            assert_eq!(refusal(used), Refusal::LinkInvalid);
        }
    }
    let hash: String = conn.query_row("SELECT password FROM user", [], |r| r.get(0)).unwrap();
    assert!(accounts.log_in(&typed("root", &hash), &client(), None, NOW).is_err());
}

#[test]
fn a_secret_of_one_kind_is_none_of_another() {
    let (_dir, accounts, root) = with_admin();
    let link = accounts.setup_link(NOW).unwrap().value.secret;
    assert!(accounts.session(link.expose(), NOW).unwrap().is_none());
    let used = accounts.setup(root.secret.expose(), "x", &Secret::new(OTHER), &client(), NOW);
    assert_eq!(refusal(used), Refusal::LinkInvalid);
    assert!(accounts.session(root.csrf.expose(), NOW).unwrap().is_none());
}

#[test]
fn debug_shows_no_secret() {
    let (_dir, accounts, root) = with_admin();
    let link = accounts.setup_link(NOW).unwrap();
    let token = NewToken { name: "t".to_owned(), scopes: vec![Scope::Read], node: None, expires: None };
    let token = accounts.add_token(&token, "root", NOW).unwrap();
    let active = accounts.session(root.secret.expose(), NOW).unwrap().unwrap();
    let conn = rusqlite::Connection::open(accounts.path()).unwrap();
    let hash: String = conn.query_row("SELECT password FROM user", [], |r| r.get(0)).unwrap();
    let config = OidcConfig { client_secret: Some(Secret::new("client's secret")), ..OidcConfig::default() };
    let shown = [
        format!("{:?}", user("ann", Role::Admin)),
        format!("{:?}", typed("ann", PASSWORD)),
        format!("{root:?} {active:?} {link:?} {token:?} {config:?} {accounts:?}"),
        format!("{:?} {:?} {:?}", accounts.users(), accounts.sessions(None, NOW), accounts.tokens()),
        format!("{:?}", accounts.owed()),
    ]
    .join(" ");
    assert!(shown.contains("Secret(..)") && shown.contains("root"));
    let secrets = [
        root.secret.expose(),
        root.csrf.expose(),
        link.value.secret.expose(),
        token.value.expose(),
        PASSWORD,
        &hash,
        "client's secret",
    ];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn a_user_who_was_removed_leaves_no_hash_behind() {
    let (dir, accounts, _) = with_admin();
    accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    let conn = rusqlite::Connection::open(accounts.path()).unwrap();
    let hash: String = conn.query_row("SELECT password FROM user WHERE name = 'ann'", [], |r| r.get(0)).unwrap();
    // The side file is folded into the main one, so that its pages hold what is now.
    let main = || {
        conn.pragma_query(None, "wal_checkpoint", |_| Ok(())).unwrap();
        fs::read(dir.path().join("accounts.db")).unwrap()
    };
    assert!(holds(&main(), hash.as_bytes()));
    accounts.remove_user("ann", "root", NOW).unwrap();
    // Not even a part of it, behind the parameters that all hashes have.
    let own = hash.rsplit_once("p=1$").unwrap().1.as_bytes();
    let left = main();
    assert!(own.chunks_exact(8).all(|part| !holds(&left, part)));
}

#[test]
fn only_the_owner_can_read_the_file() {
    let (dir, accounts) = accounts();
    accounts.add_user(&NewUser { password: None, ..user("ann", Role::Analyst) }, "root", NOW).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        files += 1;
    }
    assert!(files >= 2, "the side file is there too");
}

#[test]
fn facts_that_were_not_recorded_wait_for_the_next_start() {
    let (dir, accounts, _) = with_admin();
    let changed = accounts.add_user(&user("ann", Role::Analyst), "root", NOW).unwrap();
    let all = accounts.owed().unwrap();
    assert_eq!(all.last(), changed.owed.last());
    drop(accounts);
    let accounts = Accounts::open(dir.path().join("accounts.db"), Settings::default()).unwrap();
    assert_eq!(accounts.owed().unwrap(), all);
    accounts.settle(changed.owed.iter().map(|owed| owed.id)).unwrap();
    assert_eq!(accounts.owed().unwrap(), all[..all.len() - 1]);
}
