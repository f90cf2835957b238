//! Typing of what stands beside operators.

use avouch_diagnostics::{Diagnostic, Span, near_names};
use avouch_event::{FieldError, FieldType, Reads, Shape};
use avouch_rules::ast::{Field, Operand as Syntax, Transformer, TransformerArg};

use super::Typer;
use crate::codes;
use crate::constant::Kind;
use crate::operand::{Operand, Source, Special};
use crate::transform::Func;

/// Fields whose use Falco itself reports.
const FALCO_DEPRECATED: [&str; 6] =
    ["evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"];

/// Where an operand stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Left,
    Right,
    /// In a transformer.
    Inner,
    /// In an output template.
    Output,
}

impl Typer<'_> {
    /// Types an operand; `None` when it reported an error.
    pub(crate) fn operand(&mut self, operand: &Syntax, place: Place) -> Option<Operand> {
        match self.try_operand(operand, place) {
            Ok((typed, warnings)) => {
                for w in warnings {
                    self.problems.push(w);
                }
                Some(typed)
            }
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }

    /// Types an operand, giving warnings or the error.
    pub(crate) fn try_operand(
        &self,
        operand: &Syntax,
        place: Place,
    ) -> Result<(Operand, Vec<Diagnostic>), Box<Diagnostic>> {
        let mut warnings = Vec::new();
        let typed = match operand {
            Syntax::Field(f) => self.field(f, place, &mut warnings)?,
            Syntax::Transformer(t) => self.transformer(t, place, &mut warnings)?,
        };
        Ok((typed, warnings))
    }

    fn field(&self, field: &Field, place: Place, warnings: &mut Vec<Diagnostic>) -> Result<Operand, Box<Diagnostic>> {
        let name = &*field.name;
        let resolved = self.catalog.resolve(name, field.arg.as_deref()).map_err(|e| self.field_error(field, &e))?;
        let decl = self.catalog.decl(resolved.id);
        let forbidden = |why: &str| {
            Box::new(codes::FIELD_PLACE.at_fault(format!("field `{name}` may not be used {why}")).at(field.span, ""))
        };
        match place {
            Place::Right if decl.flags.no_rhs => return Err(forbidden("on the right of an operator")),
            Place::Inner if decl.flags.no_transformer => return Err(forbidden("in a transformer")),
            Place::Left | Place::Right | Place::Inner if decl.flags.print_only => {
                return Err(forbidden("in conditions, only in outputs"));
            }
            Place::Output if decl.flags.filter_only => warnings.push(
                codes::FILTER_ONLY_OUTPUT
                    .at_fault(format!("field `{name}` is only for conditions; it prints a placeholder"))
                    .at(field.span, ""),
            ),
            _ => {}
        }
        if let Reads::Never(reason) = decl.reads {
            warnings.push(
                codes::UNREADABLE_FIELD
                    .at_fault(format!("field `{name}` is never read here: {reason}"))
                    .at(field.span, "always absent"),
            );
        }
        if decl.flags.deprecated || FALCO_DEPRECATED.contains(&decl.name) {
            let mut d = codes::DEPRECATED_FIELD
                .at_fault(format!("field `{name}` is deprecated"))
                .at(field.span, "")
                .falco_message(format!("'{name}' is deprecated"));
            if FALCO_DEPRECATED.contains(&decl.name) {
                d = d.falco("LOAD_DEPRECATED_ITEM");
            }
            warnings.push(d);
        }
        let text = match &field.arg {
            Some(arg) => format!("{name}[{arg}]"),
            None => name.to_owned(),
        };
        let special = Special::of(decl.name, &resolved.arg);
        Ok(Operand {
            ty: resolved.ty,
            shape: resolved.shape,
            text: text.into(),
            special,
            source: Source::Field(resolved),
        })
    }

    fn field_error(&self, field: &Field, error: &FieldError) -> Box<Diagnostic> {
        let name = &*field.name;
        Box::new(match error {
            FieldError::Unknown => {
                let mut d = codes::UNKNOWN_FIELD
                    .at_fault(format!("unknown field `{name}` for source `{}`", self.source))
                    .at(field.span, "no such field")
                    .falco_message(format!("filter_check called with nonexistent field {name}"));
                for near in near_names(name, self.catalog.fields().iter().map(|f| f.name), 2) {
                    d = d.help(format!("a field with a similar name exists: `{near}`"));
                }
                d
            }
            FieldError::UnexpectedArg => codes::FIELD_ARGUMENT
                .at_fault(format!("field `{name}` takes no argument"))
                .at(field.span, "remove the argument"),
            FieldError::MissingArg => codes::FIELD_ARGUMENT
                .at_fault(format!("field `{name}` needs an argument"))
                .at(field.span, "add an argument, such as `[0]` or `[key]`"),
            FieldError::BadArg(want) => codes::FIELD_ARGUMENT
                .at_fault(format!("bad argument for field `{name}`"))
                .at(field.span, format!("expected {want}")),
        })
    }

    fn transformer(
        &self,
        t: &Transformer,
        place: Place,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Operand, Box<Diagnostic>> {
        let fail = |text: String| Box::new(codes::TRANSFORMER.at_fault(text).at(t.span, ""));
        let name = &*t.name;
        if name == "val" {
            let [TransformerArg::Operand(Syntax::Field(field))] = t.args.as_slice() else {
                return Err(fail("`val` takes one field".into()));
            };
            if place != Place::Right {
                return Err(fail("`val` stands only on the right of an operator".into()));
            }
            return self.field(field, Place::Right, warnings);
        }
        let Some(func) = Func::parse(name) else {
            let mut d = codes::TRANSFORMER.at_fault(format!("unknown transformer `{name}`")).at(t.span, "");
            for near in near_names(name, Func::NAMES, 1) {
                d = d.help(format!("a transformer with a similar name exists: `{near}`"));
            }
            return Err(Box::new(d));
        };
        if !func.many() && t.args.len() != 1 {
            return Err(fail(format!("`{name}` takes one argument")));
        }
        let mut args = Vec::with_capacity(t.args.len());
        for arg in &t.args {
            args.push(self.argument(arg, warnings)?);
        }
        let (ty, shape) = signature(func, &args, t.arg.is_some()).map_err(fail)?;
        let option = match (&t.arg, func) {
            (None, _) => None,
            (Some(arg), Func::Getopt) => match arg.as_bytes() {
                [letter] => Some(*letter),
                _ => return Err(fail("the argument of `getopt` is one letter".into())),
            },
            (Some(_), _) => return Err(fail(format!("`{name}` takes no argument in brackets"))),
        };
        let inner: Vec<&str> = args.iter().map(|a| &*a.text).collect();
        let mut text = format!("{name}({})", inner.join(", "));
        if let Some(arg) = &t.arg {
            text = format!("{text}[{arg}]");
        }
        Ok(Operand {
            source: Source::Apply { func, args: args.into(), option },
            ty,
            shape,
            text: text.into(),
            special: Special::No,
        })
    }

    fn argument(&self, arg: &TransformerArg, warnings: &mut Vec<Diagnostic>) -> Result<Operand, Box<Diagnostic>> {
        match arg {
            TransformerArg::Literal(literal) => Ok(Operand::text(&literal.text)),
            TransformerArg::Operand(Syntax::Field(f)) => self.field(f, Place::Inner, warnings),
            TransformerArg::Operand(Syntax::Transformer(t)) => self.transformer(t, Place::Inner, warnings),
            TransformerArg::List(parts, span) => {
                let mut items = Vec::with_capacity(parts.len());
                for part in parts {
                    let item = self.argument(part, warnings)?;
                    if Kind::of(item.ty) != Kind::Text {
                        return Err(text_wanted(&item.text, *span));
                    }
                    items.push(item);
                }
                let inner: Vec<&str> = items.iter().map(|a| &*a.text).collect();
                Ok(Operand {
                    text: format!("({})", inner.join(", ")).into(),
                    source: Source::Tuple(items.into()),
                    ty: FieldType::Charbuf,
                    shape: Shape::List,
                    special: Special::No,
                })
            }
        }
    }
}

fn text_wanted(what: &str, span: Span) -> Box<Diagnostic> {
    Box::new(codes::TRANSFORMER.at_fault(format!("`{what}` is not text")).at(span, "only text can stand in this list"))
}

/// Type and shape of the result, or what is wrong with the arguments.
fn signature(func: Func, args: &[Operand], with_option: bool) -> Result<(FieldType, Shape), String> {
    let text = |a: &Operand| Kind::of(a.ty) == Kind::Text;
    let scalar = |a: &Operand| a.shape == Shape::Scalar;
    let first = args.first().ok_or("an argument is missing")?;
    match func {
        Func::ToLower | Func::ToUpper | Func::Basename if text(first) => Ok((first.ty, first.shape)),
        Func::ToLower | Func::ToUpper | Func::Basename => Err(format!("`{}` is not text", first.text)),
        Func::B64 if text(first) || Kind::of(first.ty) == Kind::Bytes => Ok((first.ty, first.shape)),
        Func::B64 => Err(format!("`{}` is neither text nor bytes", first.text)),
        Func::Len if first.shape != Shape::Scalar || text(first) || Kind::of(first.ty) == Kind::Bytes => {
            Ok((FieldType::Uint64, Shape::Scalar))
        }
        Func::Len => Err(format!("`{}` is neither text, bytes nor a list", first.text)),
        Func::Join => match args {
            [separator, list] if text(separator) && scalar(separator) && text(list) && list.shape == Shape::List => {
                Ok((FieldType::Charbuf, Shape::Scalar))
            }
            _ => Err("`join` takes a text and a list of texts".into()),
        },
        Func::Concat => {
            if args.len() >= 2 && args.iter().all(|a| text(a) && scalar(a)) {
                Ok((FieldType::Charbuf, Shape::Scalar))
            } else {
                Err("`concat` takes two texts or more".into())
            }
        }
        Func::Getopt => match args {
            [list, options] if text(list) && list.shape == Shape::List && text(options) && scalar(options) => {
                Ok((FieldType::Charbuf, if with_option { Shape::Scalar } else { Shape::List }))
            }
            _ => Err("`getopt` takes a list of texts and a text of option letters".into()),
        },
    }
}
