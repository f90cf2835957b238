//! Rule files: which there are, which may be changed, and how one is changed.
//!
//! A file is named as the loader names it, and looked up among those that the loader lists: no path of a caller is ever opened.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use avouch_finding::{ChangeAction, SettingChange};
use avouch_pipeline::{RuleFileError, RuleSet, read_text, rule_files};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::diagnostics::{DiagnosticOut, caused};
use super::{DeskError, DeskSetup, Loaded, RuleDesk, loaded};
use crate::App;
use crate::error::{ApiError, ApiResult};

/// A rule file.
#[derive(Clone, Debug)]
pub(crate) struct RuleFile {
    /// As the loader names it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Why it cannot be changed over the API; `None` when it can.
    pub(crate) read_only: Option<String>,
}

/// A file that was saved.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Digest of the text.
    pub(crate) digest: String,
    /// Warnings and notes.
    pub(crate) diagnostics: Vec<DiagnosticOut>,
}

/// A text that stands in the place of a file, for a try.
pub(crate) struct Edited<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

/// SHA-256 of a text, in hex.
pub(crate) fn digest_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files in the order of loading; a folder without any has none.
fn listed(paths: &[PathBuf]) -> Result<Vec<PathBuf>, DeskError> {
    let mut out = Vec::new();
    for path in paths {
        match rule_files(std::slice::from_ref(path)) {
            Err(RuleFileError::EmptyFolder { .. }) => {}
            other => out.extend(other?),
        }
    }
    Ok(out)
}

/// The rules, with one text in the place of a file, or beside the others when there is no such file yet.
pub(crate) fn rule_set(setup: &DeskSetup, edited: Option<&Edited<'_>>) -> Result<RuleSet, DeskError> {
    let mut texts = Vec::new();
    let mut fresh = edited.filter(|e| !Path::new(e.name).exists());
    for path in listed(&setup.rules)? {
        let name = path.display().to_string();
        // A new file loads where the loader will list it: in the order of paths within its folder.
        if let Some(new) = fresh
            && Path::new(new.name) < path.as_path()
            && Path::new(new.name).parent().is_some_and(|folder| path.starts_with(folder))
        {
            texts.push((new.name.to_owned(), new.text.to_owned()));
            fresh = None;
        }
        let text = match edited.filter(|e| e.name == name) {
            Some(edited) => edited.text.to_owned(),
            None => read_text(&path)?,
        };
        texts.push((name, text));
    }
    texts.extend(fresh.map(|new| (new.name.to_owned(), new.text.to_owned())));
    Ok(RuleSet::from_texts(texts, loaded::mappings(setup)?, &setup.options))
}

impl RuleDesk {
    /// All rule files.
    pub(crate) fn rule_files(&self) -> Result<Vec<RuleFile>, DeskError> {
        let file =
            |path: PathBuf| RuleFile { name: path.display().to_string(), read_only: self.read_only(&path), path };
        Ok(listed(&self.setup().rules)?.into_iter().map(file).collect())
    }

    /// A rule file by its name.
    pub(crate) fn rule_file(&self, name: &str) -> ApiResult<RuleFile> {
        let shown: String = name.chars().take(200).collect();
        let missing = || ApiError::not_found(format!("no rule file `{shown}` is loaded"));
        self.rule_files()?.into_iter().find(|file| file.name == name).ok_or_else(missing)
    }

    fn read_only(&self, path: &Path) -> Option<String> {
        if !self.setup().edit_rules {
            return Some("the server was started without --edit-rules".to_owned());
        }
        match std::fs::symlink_metadata(path) {
            Ok(meta) if meta.file_type().is_symlink() => {
                return Some("it is a link: what it leads to is not of this server".to_owned());
            }
            Ok(meta) if !meta.is_file() => return Some("it is no plain file".to_owned()),
            Ok(_) => {}
            Err(error) => return Some(format!("it cannot be read: {error}")),
        }
        std::fs::read(path).is_ok_and(|bytes| String::from_utf8(bytes).is_err()).then(|| "it is not UTF-8".to_owned())
    }

    /// A file that is not there yet, in one of the folders of rules.
    fn new_file(&self, name: &str) -> ApiResult<RuleFile> {
        let path = PathBuf::from(name);
        let bad = |why: &str| ApiError::bad("bad_path", format!("no rule file can be made there: {why}")).param("path");
        let folder = path.parent().unwrap_or(Path::new(""));
        if !self.setup().rules.iter().any(|given| given.is_dir() && given.as_os_str() == folder.as_os_str()) {
            return Err(bad("it has to stand in a folder that the server was given with --rules, and not below it"));
        }
        let file = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let plain = file.starts_with(|c: char| c.is_ascii_alphanumeric())
            && file.len() <= 100
            && file.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let rules = (file.ends_with(".yaml") || file.ends_with(".yml")) && !file.ends_with(".test.yaml");
        if !plain || !rules {
            return Err(bad("its name has to be like local_rules.yaml"));
        }
        let read_only = (!self.setup().edit_rules).then(|| "the server was started without --edit-rules".to_owned());
        Ok(RuleFile { name: folder.join(file).display().to_string(), path, read_only })
    }

    /// What is wrong with a text in the place of a file: in it, and newly in others. Reads files and compiles: for a thread that may wait.
    pub(crate) fn check(&self, name: &str, text: &str) -> ApiResult<(RuleSet, Vec<DiagnosticOut>)> {
        let name = self.rule_file(name).or_else(|_| self.new_file(name))?.name;
        let with = rule_set(self.setup(), Some(&Edited { name: &name, text }))?;
        let before = self.loaded();
        let was = (&before.rules.map, before.rules.diagnostics.as_slice());
        let found = caused((&with.map, &with.diagnostics), was, &name);
        Ok((with, found))
    }

    /// Saves a file and loads it. `digest` is that of the text that was edited; `None` for a new file.
    ///
    /// # Errors
    /// 409 when the file is another by now; 400 when the change brings errors; 403 when it is read-only.
    pub(crate) async fn save(
        &self,
        app: &App,
        by: &str,
        name: String,
        text: String,
        digest: Option<String>,
    ) -> ApiResult<Written> {
        let mut register = self.lock().await;
        let (desk, time) = (self.clone(), app.now());
        let (after, of, asked) = (digest_of(&text), name.clone(), digest.is_none());
        let work = move || desk.write(&name, &text, digest.as_deref());
        let saved = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)??;
        let Saved { diagnostics, loaded, before, path } = saved;
        let fact = SettingChange {
            time,
            by: by.to_owned(),
            what: "rule_file".to_owned(),
            id: of,
            action: if asked { ChangeAction::Added } else { ChangeAction::Changed },
            detail: json!({
                "sha256": after,
                "before": before.as_deref().map(digest_of),
                "rules": loaded.digest,
                "rules_before": self.loaded().digest,
            }),
        };
        let put = self.put(app, &mut register, loaded, vec![fact.into()], by).await;
        if let Err(error) = put {
            // What nobody may know of must not count.
            tokio::task::spawn_blocking(move || put_back(path, before)).await.map_err(ApiError::internal)??;
            return Err(error);
        }
        Ok(Written { digest: after, diagnostics })
    }

    fn write(&self, name: &str, text: &str, digest: Option<&str>) -> ApiResult<Saved> {
        let file = match digest {
            Some(_) => self.rule_file(name)?,
            None => self.new_file(name)?,
        };
        if let Some(why) = file.read_only {
            return Err(ApiError::forbidden(format!("`{}` cannot be changed here: {why}", file.name)));
        }
        let before = read_if_there(&file.path)?;
        if before.as_deref().map(digest_of).as_deref() != digest {
            let text = format!("`{}` was changed by somebody else meanwhile", file.name);
            return Err(ApiError::conflict(text).hint("look at what is there now, and edit that").param("digest"));
        }
        let (_, diagnostics) = self.check(&file.name, text)?;
        if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
            let place = error.file.as_deref().unwrap_or(&file.name);
            let message = format!("it is not saved, as it has errors: {place}:{}: {}", error.line, error.message);
            return Err(ApiError::bad("rule_errors", message).hint(error.hint.clone().unwrap_or_default()));
        }
        for kept in [before.as_deref(), Some(text)].into_iter().flatten() {
            self.keep(kept)?;
        }
        put_file(&file.path, text)?;
        match Loaded::load(self.setup()) {
            Ok(loaded) => Ok(Saved { diagnostics, loaded, before, path: file.path }),
            Err(error) => {
                put_back(file.path, before)?;
                Err(error.into())
            }
        }
    }

    /// Keeps a text under its digest: what the ledger names can be looked at later.
    pub(super) fn keep(&self, text: &str) -> Result<(), DeskError> {
        let path = self.own().join("texts").join(digest_of(text));
        if path.exists() { Ok(()) } else { put_file(&path, text) }
    }

    /// A text that was kept; `None` when there is none with this digest.
    pub(crate) fn kept_text(&self, digest: &str) -> Result<Option<String>, DeskError> {
        if digest.len() != 64 || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        read_if_there(&self.own().join("texts").join(digest.to_ascii_lowercase()))
    }
}

struct Saved {
    diagnostics: Vec<DiagnosticOut>,
    loaded: Loaded,
    before: Option<String>,
    path: PathBuf,
}

/// Has a file hold again what it held before; nothing, when it was not there.
pub(super) fn put_back(path: PathBuf, before: Option<String>) -> Result<(), DeskError> {
    match before {
        Some(text) => put_file(&path, &text),
        None => std::fs::remove_file(&path).map_err(|e| DeskError::Write(path, e)),
    }
}

/// A text file; `None` when there is none.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>, DeskError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DeskError::Damaged(path.to_owned(), error.to_string())),
    }
}

/// Puts a text in the place of a file, whole or not at all, also when the machine stops in between.
pub(super) fn put_file(path: &Path, text: &str) -> Result<(), DeskError> {
    let failed = |error| DeskError::Write(path.to_owned(), error);
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // The loader takes files that end in .yaml alone, and so never this one.
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let write = || {
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Made new, so that no link that somebody put there is followed.
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        if let Ok(meta) = std::fs::metadata(path) {
            file.set_permissions(meta.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        std::fs::File::open(folder)?.sync_all()
    };
    write().map_err(failed)
}
