//! The file of channels and routes: read, shown, and written anew from the console.
//!
//! Who may change channels may make the server send what it can read to wherever they like, or write where it can write. From the
//! console a new channel may therefore use only secrets that are meant for it (`env:AVOUCH_...`, or a file in `server/secrets/` of the
//! folder of evidence), and name no new file to write or to trust: such a one is added in the file itself, by who runs the machine.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use avouch_notify::{Config, ConfigError, NotifyError};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::NoticesError;

/// Bytes of a file at most.
const LARGEST: u64 = 1 << 20;
/// Prefix of variables that a channel made in the console may use.
const VARIABLES: &str = "env:AVOUCH_";

/// The file, as it is in force.
#[derive(Clone, Debug)]
pub(crate) struct LoadedFile {
    path: PathBuf,
    secrets: PathBuf,
    text: String,
    config: Config,
}

/// What an edit changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Digest of the file as it is now.
    pub(crate) digest: String,
    /// Channels as they are now, and routes.
    pub(crate) channels: Vec<String>,
    pub(crate) routes: Vec<String>,
}

/// Why an edit is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error("the file was changed meanwhile")]
    Changed,
    #[error("{0}")]
    Config(#[from] Box<ConfigError>),
    #[error("a channel may not use `{0}` when it is made here")]
    NotFromHere(String),
    #[error("failed to write `{}`", .0.display())]
    Write(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Reload(#[from] NotifyError),
}

impl LoadedFile {
    /// Reads it; one that is not there tells nobody. Secrets of the console's channels are beneath `own`.
    pub(super) fn read(path: PathBuf, own: &Path) -> Result<Self, NoticesError> {
        let text = match on_disk(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(NoticesError::File(path, error)),
        };
        let config = parse(&path, &text).map_err(|e| NoticesError::Config(e.to_string()))?;
        Ok(Self { secrets: own.join("secrets"), path, text, config })
    }

    /// What it says.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// As it was read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its name.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// SHA-256 of the text.
    pub(crate) fn digest(&self) -> String {
        digest(&self.text)
    }

    /// Whether the disk has another text. Blocks.
    pub(crate) fn differs_on_disk(&self) -> bool {
        on_disk(&self.path).map_or(!self.text.is_empty(), |text| text != self.text)
    }

    /// What is wrong with a text in its place.
    pub(crate) fn check(&self, text: &str) -> Option<Box<ConfigError>> {
        parse(&self.path, text).err()
    }

    /// Writes another text in its place.
    pub(super) fn edit(&self, text: String, digest: &str) -> Result<(Self, Edit), EditError> {
        if digest != self.digest() || self.differs_on_disk() {
            return Err(EditError::Changed);
        }
        let config = parse(&self.path, &text)?;
        let known = names(&self.config);
        if let Some(new) = names(&config).into_iter().find(|name| !known.contains(name) && !self.allows(name)) {
            return Err(EditError::NotFromHere(new));
        }
        write(&self.path, &text).map_err(|e| EditError::Write(self.path.clone(), e))?;
        let next = Self { text, config, ..self.clone() };
        let edit = Edit {
            digest: next.digest(),
            channels: next.config.channels.iter().map(|c| c.name.clone()).collect(),
            routes: next.config.routes.iter().map(|r| r.name.clone()).collect(),
        };
        Ok((next, edit))
    }

    /// Whether a channel made in the console may name this.
    fn allows(&self, name: &str) -> bool {
        let beneath = |path: &str| {
            let rest = Path::new(path).strip_prefix(&self.secrets);
            rest.is_ok_and(|rest| rest.components().all(|c| matches!(c, Component::Normal(_))) && rest != Path::new(""))
        };
        name.starts_with(VARIABLES) || name.strip_prefix("file:").is_some_and(beneath)
    }
}

/// Secrets and files that channels name: `env:X`, `file:/x`, `path:/x`.
fn names(config: &Config) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for channel in &config.channels {
        // What cannot be written as JSON is no channel that was read from a file.
        gather(&serde_json::to_value(&channel.to).unwrap_or_default(), "", &mut out);
    }
    out
}

fn gather(value: &Json, key: &str, out: &mut BTreeSet<String>) {
    match value {
        Json::String(text) if text.starts_with("env:") || text.starts_with("file:") => drop(out.insert(text.clone())),
        Json::String(text) if matches!(key, "path" | "ca") => drop(out.insert(format!("path:{text}"))),
        Json::Array(values) => values.iter().for_each(|value| gather(value, key, out)),
        Json::Object(map) => map.iter().for_each(|(key, value)| gather(value, key, out)),
        _ => {}
    }
}

fn parse(path: &Path, text: &str) -> Result<Config, Box<ConfigError>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Config::parse(&name, text).map_err(Box::new)
}

fn on_disk(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// The old text or the new one stands there, whatever happens between.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("yaml.new");
    let mut file = std::fs::File::create(&beside)?;
    if let Ok(old) = std::fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, LoadedFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify.yaml");
        std::fs::write(&path, text).unwrap();
        let loaded = LoadedFile::read(path, dir.path()).unwrap();
        (dir, loaded)
    }

    fn channel(to: &str) -> String {
        format!("channels:\n  - {{name: a, to: {to}}}\n")
    }

    #[test]
    fn a_new_channel_reaches_no_secret_or_file_that_is_not_meant_for_it() {
        let known = "{opsgenie: {api_key: file:/etc/opsgenie}}";
        let (dir, loaded) = file(&channel(known));
        let secrets = dir.path().join("secrets").display().to_string();
        let edit = |to: &str| loaded.edit(channel(to), &loaded.digest()).map(drop);
        for to in [
            "{opsgenie: {api_key: file:/etc/shadow}}".to_owned(),
            "{opsgenie: {api_key: env:PATH}}".to_owned(),
            format!("{{opsgenie: {{api_key: file:{secrets}/../accounts.db}}}}"),
            format!("{{opsgenie: {{api_key: file:{secrets}}}}}"),
            "{file: {path: /etc/cron.d/x}}".to_owned(),
        ] {
            assert!(matches!(edit(&to), Err(EditError::NotFromHere(_))), "{to}");
        }
        edit(&format!("{{opsgenie: {{api_key: file:{secrets}/key}}}}")).unwrap();
        let (_dir, loaded) = file(&channel(known));
        loaded.edit(channel(known) + "# a word\n", &loaded.digest()).unwrap();
        let (_dir, loaded) = file("");
        loaded.edit(channel("{opsgenie: {api_key: env:AVOUCH_KEY}}"), &loaded.digest()).unwrap();
    }

    #[test]
    fn an_edit_of_what_changed_meanwhile_is_refused() {
        let (dir, loaded) = file("");
        assert!(matches!(loaded.edit(channel("{stdout: {}}"), "0"), Err(EditError::Changed)));
        std::fs::write(dir.path().join("notify.yaml"), "channels: []\n").unwrap();
        assert!(loaded.differs_on_disk());
        assert!(matches!(loaded.edit(channel("{stdout: {}}"), &loaded.digest()), Err(EditError::Changed)));
    }

    #[test]
    fn what_is_written_is_what_is_read_again() {
        let (dir, loaded) = file("");
        let (next, edit) = loaded.edit(channel("{stdout: {}}"), &loaded.digest()).unwrap();
        assert_eq!((edit.channels, edit.digest), (vec!["a".to_owned()], next.digest()));
        let again = LoadedFile::read(dir.path().join("notify.yaml"), dir.path()).unwrap();
        assert_eq!(again.config(), next.config());
        assert!(!next.differs_on_disk());
    }
}
