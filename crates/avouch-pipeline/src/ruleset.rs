//! From paths of rule files to programs: reads the files, loads, compiles, maps to criteria.

use std::path::{Path, PathBuf};

use avouch_audit::{Source, SourceFields};
use avouch_controls::{Criteria, Mapping};
use avouch_diagnostics::{Code, Diagnostic, FileId, LintLevels, Severity, SourceMap};
use avouch_engine::{CompileOptions, Compiled, RuleStatus, compile};
use avouch_event::FieldCatalog;
use avouch_rules::{LoadOptions, Loaded, ResolvedRule, load};
use avouch_state::SyscallFields;

use crate::folder;

/// Largest rule file that is read. The largest upstream pack has 0.1 MB.
const MAX_FILE: u64 = 16 << 20;

/// Name of the source of system calls.
pub const SYSCALL: &str = "syscall";

/// Why a rule file cannot be read. What is wrong *in* a file is a diagnostic.
#[derive(Debug, thiserror::Error)]
pub enum RuleFileError {
    /// The file or folder cannot be read.
    #[error("failed to read rules from `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is too large to be rules.
    #[error("`{}` has {size} bytes; a rule file may have {MAX_FILE}", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// A folder has no rule files.
    #[error("folder `{}` holds no .yaml or .yml file", path.display())]
    EmptyFolder {
        /// Which.
        path: PathBuf,
    },
}

/// The catalogues of all sources, in the order of [`Compiled::programs`].
#[must_use]
pub fn catalogs() -> Vec<(&'static str, &'static dyn FieldCatalog)> {
    let mut all: Vec<(&'static str, &'static dyn FieldCatalog)> = vec![(SYSCALL, &SyscallFields)];
    all.extend(Source::ALL.into_iter().map(|s| (s.name(), SourceFields::of(s) as &dyn FieldCatalog)));
    all
}

/// Every diagnostic code of rules, fields and mappings.
#[must_use]
pub fn codes() -> Vec<&'static Code> {
    let all = avouch_rules::codes::CODES.iter().chain(avouch_engine::CODES);
    let mut all: Vec<&'static Code> = all.copied().collect();
    all.sort_by_key(|c| c.id);
    all
}

/// Rule files in load order: files as given, folders by their `.yaml` and `.yml` files, all levels, sorted by path.
/// Test cases (`*.test.yaml`) are no rules.
///
/// # Errors
/// When something cannot be listed, or a folder holds no rules.
pub fn rule_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RuleFileError> {
    let mut out = Vec::new();
    for path in paths {
        if path.is_dir() {
            let is_rules = |n: &str| (n.ends_with(".yaml") || n.ends_with(".yml")) && !n.ends_with(".test.yaml");
            let found =
                folder::files(path, &is_rules).map_err(|(path, source)| RuleFileError::Read { path, source })?;
            if found.is_empty() {
                return Err(RuleFileError::EmptyFolder { path: path.clone() });
            }
            out.extend(found);
        } else {
            out.push(path.clone());
        }
    }
    Ok(out)
}

/// Reads one text file for the source map.
///
/// # Errors
/// When it cannot be read or is too large. Bytes that are not UTF-8 become the replacement character.
pub fn read_text(path: &Path) -> Result<String, RuleFileError> {
    let failed = |source| RuleFileError::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_FILE {
        return Err(RuleFileError::TooLarge { path: path.to_owned(), size });
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    })
}

/// What decides how rules load.
#[derive(Clone, Debug, Default)]
pub struct RuleSetOptions {
    /// Selection, matching, priority, outputs.
    pub compile: CompileOptions,
    /// Levels of lints.
    pub lints: LintLevels,
    /// Mapping files over the built-in one; later ones win.
    pub mappings: Vec<PathBuf>,
}

/// Loaded and compiled rules, their texts and what is wrong with them.
#[derive(Debug)]
pub struct RuleSet {
    /// The files.
    pub map: SourceMap,
    /// What was loaded, resolved.
    pub loaded: Loaded,
    /// The programs.
    pub compiled: Compiled,
    /// Criteria by rule, in the order of `loaded.rules`.
    pub criteria: Vec<Criteria>,
    /// All problems, in order of file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl RuleSet {
    /// Loads the files that `paths` mean.
    ///
    /// # Errors
    /// When a file cannot be read. Problems inside files are in [`RuleSet::diagnostics`].
    pub fn load(paths: &[PathBuf], options: &RuleSetOptions) -> Result<Self, RuleFileError> {
        let mut texts = Vec::new();
        for path in rule_files(paths)? {
            texts.push((path.display().to_string(), read_text(&path)?));
        }
        let mut mappings = Vec::new();
        for path in &options.mappings {
            mappings.push((path.display().to_string(), read_text(path)?));
        }
        Ok(Self::from_texts(texts, mappings, options))
    }

    /// Loads texts with their names; nothing is read.
    #[must_use]
    pub fn from_texts(texts: Vec<(String, String)>, mappings: Vec<(String, String)>, options: &RuleSetOptions) -> Self {
        let mut map = SourceMap::default();
        let files: Vec<FileId> = texts.into_iter().map(|(name, text)| map.add(name, text)).collect();
        let catalogs = catalogs();
        let sources: Vec<&str> = catalogs.iter().map(|(s, _)| *s).collect();
        let loaded = load(&map, &files, &LoadOptions { known_sources: &sources, ..LoadOptions::default() });
        let compiled = compile(&loaded.rules, &catalogs, &options.compile);

        let mut mapping = Mapping::built_in();
        let mut diagnostics = loaded.diagnostics.clone();
        diagnostics.extend(compiled.diagnostics.iter().cloned());
        for (name, text) in mappings {
            let file = map.add(name, text.clone());
            diagnostics.extend(mapping.load(file, &text));
        }
        options.lints.apply(&mut diagnostics);
        diagnostics.sort_by_key(|d| d.labels.iter().find(|l| l.primary).map(|l| l.span));
        let criteria = loaded.rules.iter().map(|r| mapping.criteria(&r.name, &r.tags)).collect();
        Self { map, loaded, compiled, criteria, diagnostics }
    }

    /// Whether any problem is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// Rules that run.
    pub fn running(&self) -> impl Iterator<Item = (usize, &ResolvedRule)> {
        let runs = |i: usize| matches!(self.compiled.status.get(i), Some(RuleStatus::Loaded { .. }));
        self.loaded.rules.iter().enumerate().filter(move |(i, _)| runs(*i))
    }
}
