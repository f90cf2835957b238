//! What every answer says of itself: the question, its scope, how fresh it is, and what it leaves out or cannot know.

use std::time::Instant;

use avouch_finding::Time;
use avouch_store::{Filter, Period, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiResult;
use crate::query::canonical;

/// The sentence that belongs to a number.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// The filter, in the canonical form of a URL.
    pub query: String,
    /// From when; absent when the question does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Time>,
    /// Up to when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Time>,
    /// Clusters that were asked for, in words.
    pub scope: String,
    /// The latest time that anything in the store tells of.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub fresh_to: Option<Time>,
    /// The last record that the answer knows.
    pub as_of_seq: u64,
    /// What was counted apart.
    pub excluded: Excluded,
    /// Why the answer may be of less than was asked for, one sentence each: dropped by retention, nodes not watched.
    pub partial: Vec<String>,
    /// Time it took, in ms.
    pub took_ms: f64,
}

/// What an answer leaves out.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Excluded {
    /// Findings that an acceptance covers, where they are not part of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<u64>,
}

impl Answer {
    /// Begins an answer to a filter; `cut` says why it is one to less than was asked for. Ask this first: what follows is at least as fresh.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn begin(reader: &mut Reader, filter: &Filter, cut: Option<&String>) -> ApiResult<Asked> {
        let begun = Instant::now();
        let freshness = reader.freshness(filter.period)?;
        let dropped = freshness.dropped.iter().map(|d| {
            format!(
                "{} {} of {} to {} were dropped by retention on {}",
                d.rows, d.what, d.period.from, d.period.to, d.at
            )
        });
        let partial = cut.cloned().into_iter().chain(dropped).collect();
        let clusters = filter.only.get(&avouch_store::Column::Cluster);
        let scope = match clusters {
            Some(names) => format!("cluster {}", names.iter().cloned().collect::<Vec<_>>().join(", ")),
            None => "all clusters".to_owned(),
        };
        let answer = Self {
            query: canonical(filter),
            from: (filter.period.from != Period::ALL.from).then_some(filter.period.from),
            to: (filter.period.to != Period::ALL.to).then_some(filter.period.to),
            scope,
            fresh_to: freshness.last_fact(),
            as_of_seq: freshness.ledgers.iter().map(|l| l.seq).max().unwrap_or_default(),
            excluded: Excluded::default(),
            partial,
            took_ms: 0.0,
        };
        Ok(Asked { answer, begun })
    }
}

/// An answer that is being made.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// It.
    pub answer: Answer,
    begun: Instant,
}

impl Asked {
    /// Ends it.
    #[must_use]
    pub(crate) fn end(mut self) -> Answer {
        self.answer.took_ms = (self.begun.elapsed().as_secs_f64() * 1e4).round() / 10.0;
        self.answer
    }
}
