//! The words by which a control says how often, what for and by whom.

use crate::names::names;

names! {
    /// How often a control is performed.
    Frequency {
        /// Without a break.
        Continuous = "continuous",
        /// Each time something happens: a request, an alert, a change.
        PerEvent = "per-event",
        /// Once an hour.
        Hourly = "hourly",
        /// Once a day.
        Daily = "daily",
        /// Once a week.
        Weekly = "weekly",
        /// Once a month.
        Monthly = "monthly",
        /// Four times a year.
        Quarterly = "quarterly",
        /// Twice a year.
        HalfYearly = "half-yearly",
        /// Once a year.
        Yearly = "yearly",
    }
}

names! {
    /// What a control is for.
    ControlType {
        /// It keeps something from happening.
        Preventive = "preventive",
        /// It finds what happened.
        Detective = "detective",
        /// It puts right what happened.
        Corrective = "corrective",
    }
}

names! {
    /// Who performs a control.
    Nature {
        /// A machine alone.
        Automated = "automated",
        /// A person alone.
        Manual = "manual",
        /// A person, by what a machine shows.
        ItDependent = "it-dependent",
    }
}

names! {
    /// How a control, or a part of another catalogue, stands to a criterion.
    Relation {
        /// Some of the one is some of the other.
        Intersect = "intersect",
        /// The control is a part of what the criterion asks for.
        Subset = "subset",
        /// The control does more than the criterion asks for.
        Superset = "superset",
        /// They ask for the same. Claimed seldom, believed seldom.
        Equal = "equal",
    }
}

names! {
    /// Falco's eight levels, most severe first; the scale of targets.
    Level {
        /// The system is unusable.
        Emergency = "emergency",
        /// Act at once.
        Alert = "alert",
        /// Critical.
        Critical = "critical",
        /// An error.
        Error = "error",
        /// A warning.
        Warning = "warning",
        /// Normal, yet worth a look.
        Notice = "notice",
        /// For information.
        Informational = "informational",
        /// For whoever mends the rules.
        Debug = "debug",
    }
}
