//! Files of earlier versions are opened, and what they hold works.

use std::fs;
use std::path::{Path, PathBuf};

use avouch_auth::{Accounts, Error, NewToken, NewUser, Permission, Role, Scope, Secret, Settings, Via};
use serde_json::{Value as Json, json};

use crate::support::{NOW, PASSWORD, after, by_provider, client, quarter, typed, user, with_admin};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

/// How samples are made, once for each version, before the version after it:
/// `AVOUCH_AUTH_SAMPLE=v1 cargo test -p avouch-auth --test auth write_a_sample -- --ignored`.
#[test]
#[ignore = "writes a sample of the current version"]
fn write_a_sample() {
    let dir = samples().join(std::env::var("AVOUCH_AUTH_SAMPLE").unwrap());
    assert!(!dir.exists(), "a sample is never written again");
    let (_dir, accounts, root) = with_admin();
    accounts.add_user(&NewUser { period: Some(quarter()), ..user("eve", Role::Auditor) }, "root", NOW).unwrap();
    let ann = by_provider(&accounts, "ann", &["staff"], NOW);
    let node =
        NewToken { node: Some("n1".to_owned()), scopes: vec![Scope::Ingest], name: "n1".to_owned(), expires: None };
    let node = accounts.add_token(&node, "root", NOW).unwrap().value;
    let wall = NewToken { name: "wall".to_owned(), scopes: vec![Scope::Read], node: None, expires: Some(after(1000)) };
    let wall = accounts.add_token(&wall, "root", NOW).unwrap().value;
    let link = accounts.invite("eve", "root", NOW).unwrap().value.secret;
    let failed = accounts.log_in(&typed("root", "wrong"), &client(), None, NOW);
    assert!(failed.is_err());
    let secrets = json!({
        "root": root.secret.expose(), "ann": ann, "node": node.expose(), "wall": wall.expose(), "link": link.expose(),
    });
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("secrets.json"), secrets.to_string()).unwrap();
    let conn = rusqlite::Connection::open(accounts.path()).unwrap();
    conn.execute("VACUUM INTO ?1", [dir.join("accounts.db").to_str().unwrap()]).unwrap();
}

#[test]
fn files_of_every_version_work_as_one_of_today() {
    let mut versions: Vec<_> =
        fs::read_dir(samples()).unwrap().map(|e| e.unwrap().path()).filter(|path| path.is_dir()).collect();
    versions.sort();
    assert!(!versions.is_empty());
    for version in versions {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("accounts.db");
        fs::copy(version.join("accounts.db"), &path).unwrap();
        let secrets: Json = serde_json::from_slice(&fs::read(version.join("secrets.json")).unwrap()).unwrap();
        let secret = |name: &str| secrets[name].as_str().unwrap();
        let accounts = Accounts::open(&path, Settings::default()).unwrap();
        assert!(!accounts.setup_needed().unwrap());
        let users = accounts.users().unwrap();
        assert_eq!(
            users.iter().map(|u| (&*u.name, u.role, u.period)).collect::<Vec<_>>(),
            [
                ("ann@example.com", Role::Analyst, None),
                ("eve", Role::Auditor, Some(quarter())),
                ("root", Role::Admin, None)
            ]
        );
        let may = |cookie, permission| accounts.session(cookie, after(10)).unwrap().unwrap().principal.may(permission);
        assert!(may(secret("root"), Permission::ManageUsers) && !may(secret("ann"), Permission::ManageUsers));
        let node = accounts.token(secret("node"), after(10_000)).unwrap().unwrap();
        assert!(node.may_ingest_of("n1") && !node.may_ingest_of("n2") && matches!(node.via, Via::Token(_)));
        assert!(accounts.token(secret("wall"), after(999)).unwrap().is_some());
        assert!(accounts.token(secret("wall"), after(1000)).unwrap().is_none());
        assert!(accounts.log_in(&typed("root", PASSWORD), &client(), None, after(10)).is_ok());
        let eve = accounts.setup(secret("link"), "eve", &Secret::new(PASSWORD), &client(), after(10)).unwrap().value;
        assert_eq!(eve.principal.period(), Some(quarter()));
        by_provider(&accounts, "ann", &["staff"], after(10));
        assert!(!accounts.owed().unwrap().is_empty());
    }
}

#[test]
fn a_file_of_a_later_version_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE user (id INTEGER); PRAGMA user_version = 99;").unwrap();
    drop(conn);
    let refused = Accounts::open(&path, Settings::default()).unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 99, .. }), "{refused}");
    let conn = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn what_is_no_database_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts.db");
    fs::write(&path, "no database at all, but long enough to be looked at ".repeat(100)).unwrap();
    assert!(matches!(Accounts::open(&path, Settings::default()), Err(Error::Database { .. })));
    assert!(matches!(Accounts::open(dir.path().join("no/such"), Settings::default()), Err(Error::File { .. })));
}
