//! Enumerations whose variants have a name in files.

/// Defines the enumeration with `NAMES`, `name` and `parse`.
macro_rules! names {
    ($(#[$of:meta])* $kind:ident { $($(#[$one:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind { $($(#[$one])* $variant,)* }

        impl $kind {
            /// All names, in order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The name in files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The one of that name, in any letter case.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                $(if name.eq_ignore_ascii_case($name) { return Some(Self::$variant); })*
                None
            }
        }
    };
}

pub(crate) use names;
