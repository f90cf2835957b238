//! From the text of a field to the field and its argument.

use std::sync::LazyLock;

use avouch_event::{ArgSpec, EVENTS, FieldArg, FieldDecl, FieldError, FieldId, FieldRef, FieldType, Shape, syscalls};
use rustc_hash::FxHashMap;

use super::evt::{ABSPATH_DST, ABSPATH_SRC, raw_type};
use super::names::PARAM_NAMES;

static BY_NAME: LazyLock<FxHashMap<&'static str, u16>> =
    LazyLock::new(|| super::DECLS.iter().zip(0..).map(|(d, i)| (d.name, i)).collect());

/// Finds the field that `name` denotes; the longest field name wins, and what follows its dot is an argument.
pub(super) fn resolve(decls: &[FieldDecl], name: &str, arg: Option<&str>) -> Result<FieldRef, FieldError> {
    let mut head = name;
    loop {
        if let Some(&i) = BY_NAME.get(head)
            && let Some(decl) = decls.get(usize::from(i))
        {
            let suffix = name.get(head.len() + 1..);
            return with_arg(decl, FieldId(i), suffix, arg);
        }
        head = match head.rsplit_once('.') {
            Some((shorter, _)) => shorter,
            None => return Err(FieldError::Unknown),
        };
    }
}

fn with_arg(decl: &FieldDecl, id: FieldId, suffix: Option<&str>, arg: Option<&str>) -> Result<FieldRef, FieldError> {
    let mut field = FieldRef { id, ty: decl.ty, shape: decl.shape, arg: FieldArg::None, code: 0 };
    let takes_suffix = matches!(decl.arg, ArgSpec::Param { .. } | ArgSpec::RequiredSuffix | ArgSpec::OptionalSrcDst);
    match (suffix, arg) {
        (Some(_), _) if !takes_suffix => return Err(FieldError::Unknown),
        (Some(suffix), None) => set_suffix(&mut field, decl, suffix)?,
        (Some(_), Some(_)) => return Err(FieldError::UnexpectedArg),
        (None, Some(arg)) => set_bracket(&mut field, decl, arg)?,
        (None, None) => match decl.arg {
            ArgSpec::RequiredIndex
            | ArgSpec::RequiredKey
            | ArgSpec::RequiredKeyOrIndex
            | ArgSpec::Param { .. }
            | ArgSpec::RequiredSuffix => return Err(FieldError::MissingArg),
            ArgSpec::OptionalSrcDst => field.code = ABSPATH_SRC,
            ArgSpec::None | ArgSpec::OptionalIndex | ArgSpec::OptionalKey | ArgSpec::OptionalKeyOrIndex => {}
        },
    }
    // One ancestor, or one descriptor, is one value.
    let single = match field.shape {
        Shape::Ancestors => field.arg != FieldArg::None,
        Shape::List => matches!(field.arg, FieldArg::Index(_)),
        Shape::Scalar | Shape::Endpoints => false,
    };
    if single {
        field.shape = Shape::Scalar;
    }
    Ok(field)
}

fn set_suffix(field: &mut FieldRef, decl: &FieldDecl, suffix: &str) -> Result<(), FieldError> {
    match decl.arg {
        ArgSpec::Param { .. } => {
            let (number, info) =
                PARAM_NAMES.find(suffix).ok_or(FieldError::BadArg("name of a parameter of some event"))?;
            field.code = u32::from(number);
            field.arg = FieldArg::Key(suffix.into());
            if field.ty == FieldType::Dyn {
                field.ty = raw_type(info.ty);
            }
        }
        ArgSpec::OptionalSrcDst => {
            field.code = match suffix {
                "src" => ABSPATH_SRC,
                "dst" => ABSPATH_DST,
                _ => return Err(FieldError::BadArg("`src` or `dst`")),
            };
            field.arg = FieldArg::Key(suffix.into());
        }
        _ if decl.name == "evt.type.is" => match suffix.parse() {
            Ok(number) => {
                field.code = number;
                field.arg = FieldArg::Index(number);
            }
            Err(_) if is_event_name(suffix) => field.arg = FieldArg::Key(suffix.into()),
            Err(_) => return Err(FieldError::BadArg("name or number of an event")),
        },
        _ if !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') => {
            field.arg = FieldArg::Key(suffix.into());
        }
        _ => return Err(FieldError::BadArg("a word of letters and underscores")),
    }
    Ok(())
}

/// Whether some event or system call is called `name`.
fn is_event_name(name: &str) -> bool {
    EVENTS.iter().any(|e| e.name == name) || syscalls::SYSCALLS.iter().any(|s| s.name == name)
}

fn set_bracket(field: &mut FieldRef, decl: &FieldDecl, arg: &str) -> Result<(), FieldError> {
    let key = || FieldArg::Key(arg.into());
    field.arg = match decl.arg {
        ArgSpec::None | ArgSpec::RequiredSuffix | ArgSpec::OptionalSrcDst | ArgSpec::Param { index: false } => {
            return Err(FieldError::UnexpectedArg);
        }
        ArgSpec::OptionalIndex | ArgSpec::RequiredIndex | ArgSpec::Param { index: true } => {
            FieldArg::Index(arg.parse().map_err(|_| FieldError::BadArg("a number from 0"))?)
        }
        ArgSpec::OptionalKey | ArgSpec::RequiredKey if arg.is_empty() => {
            return Err(FieldError::BadArg("a key"));
        }
        ArgSpec::RequiredKey if decl.name == "evt.around" && arg.parse::<u64>().is_err() => {
            return Err(FieldError::BadArg("a time in ns since the epoch"));
        }
        ArgSpec::OptionalKey | ArgSpec::RequiredKey => key(),
        ArgSpec::OptionalKeyOrIndex | ArgSpec::RequiredKeyOrIndex => {
            let is_index = arg == "0" || (!arg.starts_with('0') && arg.bytes().all(|b| b.is_ascii_digit()));
            match arg.parse() {
                Ok(n) if is_index => FieldArg::Index(n),
                _ if arg.is_empty() => return Err(FieldError::BadArg("a key or a number from 0")),
                _ => key(),
            }
        }
    };
    Ok(())
}
