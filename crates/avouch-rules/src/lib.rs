//! Rule files and conditions of the Falco language, up to a resolved syntax tree that knows no fields.
//!
//! [`load`] reads files from a source map and gives the rules that can be compiled, with everything that is wrong as
//! diagnostics. It never reads a file itself and never stops at the first problem.
//!
//! ```
//! use avouch_diagnostics::SourceMap;
//! use avouch_rules::{LoadOptions, load, print_condition};
//!
//! let mut map = SourceMap::default();
//! let file = map.add(
//!     "a.yaml",
//!     "- list: shells\n  items: [bash, zsh]\n\
//!      - rule: Shell\n  desc: a shell\n  condition: evt.type = execve and proc.name in (shells)\n  \
//!        output: shell\n  priority: NOTICE\n",
//! );
//! let loaded = load(&map, &[file], &LoadOptions::default());
//! assert!(loaded.is_ok());
//! assert_eq!(print_condition(&loaded.rules[0].condition, true), "(evt.type = execve and proc.name in (bash, zsh))");
//! ```

pub mod ast;
pub mod codes;
mod collect;
pub mod condition;
mod exceptions;
mod fmt;
mod items;
mod lints;
mod lists;
mod load;
mod macros;
mod problems;
mod read;
mod rule;
mod text;
mod yaml;

pub use codes::CODES;
pub use condition::{ParseError, ParsedOperand, operand_prefixes, parse_condition, print_condition};
pub use fmt::{FormatError, format_rules};
pub use items::{PluginVersion, RequiredPlugin};
pub use load::{ListInfo, LoadOptions, Loaded, MacroInfo, SkippedRule, load, unreadable};
pub use rule::{ListItem, Priority, ResolvedRule, RuleException};
