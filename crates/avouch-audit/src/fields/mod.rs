//! The fields of every source: what there is, and how each reads. One file a class; a field is one row of its file.

mod ct;
mod ct_requests;
mod evt;
mod gcp;
mod github;
mod json;
mod ka;
mod ka_pod;
mod okta;
mod row;

use std::sync::LazyLock;

use avouch_event::{Arena, ArgSpec, FieldArg, FieldCatalog, FieldDecl, FieldError, FieldId, FieldRef, Value};
use rustc_hash::FxHashMap;

use crate::json::Node;
use crate::reader::JsonReader;
use crate::source::Source;
use row::{Get, Row};

/// The fields of one source: `evt.*` that every source has, its own, and `json.*`.
///
/// Fields of the kernel's events (`evt.type`, `proc.*`) are unknown here, as in Falco: a rule that names one fails to
/// load instead of never matching.
#[derive(Debug)]
pub struct SourceFields {
    rows: Vec<Row>,
    decls: Vec<FieldDecl>,
    by_name: FxHashMap<&'static str, u16>,
}

/// What a row reads from.
pub(crate) struct At<'e, 'f> {
    pub(crate) reader: &'e JsonReader<'e>,
    pub(crate) field: &'f FieldRef,
    pub(crate) arena: &'e Arena,
}

impl<'e> At<'e, '_> {
    /// The record.
    fn doc(&self) -> Option<&'e Node<'e>> {
        self.reader.doc.as_ref()
    }

    /// The index between the brackets.
    fn index(&self) -> Option<usize> {
        match self.field.arg {
            FieldArg::Index(i) => usize::try_from(i).ok(),
            _ => None,
        }
    }

    /// The key between the brackets.
    fn key(&self) -> Option<&str> {
        match &self.field.arg {
            FieldArg::Key(key) => Some(key),
            _ => None,
        }
    }

    /// The values as a list; no values are absent.
    fn list(&self, values: impl IntoIterator<Item = Value<'e>>) -> Option<Value<'e>> {
        let list = bumpalo::collections::Vec::from_iter_in(values, self.arena).into_bump_slice();
        (!list.is_empty()).then_some(Value::List(list))
    }

    /// A composed text.
    fn format(&self, args: std::fmt::Arguments<'_>) -> Option<Value<'e>> {
        let mut text = bumpalo::collections::String::new_in(self.arena);
        std::fmt::Write::write_fmt(&mut text, args).ok()?;
        Some(Value::Str(text.into_bump_str().as_bytes()))
    }
}

impl SourceFields {
    /// The fields of `source`.
    #[must_use]
    pub fn of(source: Source) -> &'static Self {
        static K8S_AUDIT: LazyLock<SourceFields> = LazyLock::new(|| {
            SourceFields::new(&[
                ka::ROWS,
                ka_pod::POD,
                ka_pod::CONTAINERS,
                ka_pod::INIT_CONTAINERS,
                ka_pod::EPHEMERAL_CONTAINERS,
            ])
        });
        static CLOUDTRAIL: LazyLock<SourceFields> = LazyLock::new(|| SourceFields::new(&[ct::ROWS, ct_requests::ROWS]));
        static OKTA: LazyLock<SourceFields> = LazyLock::new(|| SourceFields::new(&[okta::ROWS]));
        static GITHUB: LazyLock<SourceFields> = LazyLock::new(|| SourceFields::new(&[github::ROWS]));
        static GCP_AUDIT: LazyLock<SourceFields> = LazyLock::new(|| SourceFields::new(&[gcp::ROWS]));
        match source {
            Source::K8sAudit => &K8S_AUDIT,
            Source::CloudTrail => &CLOUDTRAIL,
            Source::Okta => &OKTA,
            Source::Github => &GITHUB,
            Source::GcpAudit => &GCP_AUDIT,
        }
    }

    fn new(own: &[&'static [Row]]) -> Self {
        let mut rows: Vec<Row> = evt::ROWS.to_vec();
        rows.extend(own.iter().copied().flatten().copied());
        rows.extend_from_slice(json::ROWS);
        let decls: Vec<FieldDecl> = rows.iter().map(|r| r.decl).collect();
        let by_name = decls.iter().zip(0_u16..).map(|(d, i)| (d.name, i)).collect();
        Self { rows, decls, by_name }
    }

    pub(crate) fn read<'e>(&self, at: &At<'e, '_>) -> Option<Value<'e>> {
        let row = self.rows.get(usize::from(at.field.id.0))?;
        match row.get {
            Get::Never => None,
            Get::With(read) => read(at),
            Get::Keys(keys) => Some(Value::Str(at.doc()?.path(keys)?.shown(at.arena))),
            Get::Items(keys) => {
                let items = at.doc()?.path(keys)?.items()?;
                match at.index() {
                    Some(i) => at.list([Value::Str(items.get(i)?.shown(at.arena))]),
                    None => at.list(items.iter().map(|n| Value::Str(n.shown(at.arena)))),
                }
            }
        }
    }
}

impl FieldCatalog for SourceFields {
    fn resolve(&self, name: &str, arg: Option<&str>) -> Result<FieldRef, FieldError> {
        let id = *self.by_name.get(name).ok_or(FieldError::Unknown)?;
        let decl = self.decls.get(usize::from(id)).ok_or(FieldError::Unknown)?;
        let arg = match (decl.arg, arg) {
            (ArgSpec::None | ArgSpec::OptionalIndex, None) => FieldArg::None,
            (ArgSpec::None, Some(_)) => return Err(FieldError::UnexpectedArg),
            (_, None) => return Err(FieldError::MissingArg),
            (ArgSpec::OptionalIndex | ArgSpec::RequiredIndex, Some(text)) => {
                let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
                let index = text.parse().ok().filter(|_| plain);
                FieldArg::Index(index.ok_or(FieldError::BadArg("an index: digits without leading zero"))?)
            }
            (_, Some(key)) => FieldArg::Key(key.into()),
        };
        Ok(FieldRef { id: FieldId(id), ty: decl.ty, shape: decl.shape, arg, code: 0 })
    }

    /// # Panics
    /// When `id` is not one that [`Self::resolve`] of this catalogue gave.
    fn decl(&self, id: FieldId) -> &FieldDecl {
        #[expect(clippy::expect_used, reason = "ids come from resolve of the same catalogue")]
        self.decls.get(usize::from(id.0)).expect("an id of this catalogue")
    }

    fn fields(&self) -> &[FieldDecl] {
        &self.decls
    }
}

#[cfg(test)]
mod tests;
