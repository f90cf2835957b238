//! The same question of many, answered once.
//!
//! Open consoles ask the same counts whenever something arrives. One of those who ask alike computes; the others wait and take his
//! answer, as long as it is at least as fresh as what was recorded when they asked. So each question costs one core at most however many
//! ask it, and nobody who acted reads an answer from before his act.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::App;
use crate::error::{ApiError, ApiResult};

/// Questions whose answers are kept.
const MOST: usize = 64;
/// Bytes of an answer that is kept at most.
const LARGEST: usize = 256 * 1024;
/// How long an answer holds when nothing is recorded: what was not watched up to now grows without a record.
const HOLDS: Duration = Duration::from_secs(5);

/// Answers by question.
#[derive(Default)]
pub(crate) struct Once(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    turn: u64,
    /// With the turn in which each was asked for last.
    questions: HashMap<String, (u64, Arc<Slot>)>,
}

/// Whoever holds it computes.
type Slot = tokio::sync::Mutex<Option<Told>>;

#[derive(Clone)]
struct Told {
    as_of: u64,
    at: Instant,
    json: Bytes,
}

/// An answer as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Ready(Bytes);

impl IntoResponse for Ready {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

impl Once {
    fn slot(&self, question: String) -> Arc<Slot> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.turn += 1;
        let turn = kept.turn;
        let slot = {
            let (asked, slot) = kept.questions.entry(question).or_default();
            *asked = turn;
            Arc::clone(slot)
        };
        if kept.questions.len() > MOST {
            let oldest =
                kept.questions.iter().min_by_key(|(_, (asked, _))| *asked).map(|(question, _)| question.clone());
            oldest.map(|question| kept.questions.remove(&question));
        }
        slot
    }

    /// The answer to a question of this name. `compute` tells the last record that its answer knows.
    ///
    /// # Errors
    /// Those of `compute`; they are not kept.
    pub(crate) async fn answer<T: Serialize>(
        &self,
        app: &App,
        question: String,
        compute: impl Future<Output = ApiResult<(u64, T)>>,
    ) -> ApiResult<Ready> {
        let recorded = *app.centre.position().borrow();
        self.fresh(question, recorded, compute).await
    }

    async fn fresh<T: Serialize>(
        &self,
        question: String,
        recorded: u64,
        compute: impl Future<Output = ApiResult<(u64, T)>>,
    ) -> ApiResult<Ready> {
        let slot = self.slot(question);
        let mut told = slot.lock().await;
        if let Some(told) = told.as_ref().filter(|told| told.as_of >= recorded && told.at.elapsed() < HOLDS) {
            return Ok(Ready(told.json.clone()));
        }
        let (as_of, answer) = compute.await?;
        let json = Bytes::from(serde_json::to_vec(&answer).map_err(ApiError::internal)?);
        *told = (json.len() <= LARGEST).then(|| Told { as_of, at: Instant::now(), json: json.clone() });
        Ok(Ready(json))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test]
    async fn those_who_ask_alike_share_one_answer_that_is_fresh_enough() {
        let (once, computed) = (Once::default(), AtomicU64::new(0));
        let ask = |question: &str, recorded: u64, as_of: u64| {
            let computed = &computed;
            let compute = async move {
                // The others come meanwhile.
                tokio::task::yield_now().await;
                Ok((as_of, computed.fetch_add(1, Ordering::SeqCst)))
            };
            once.fresh(question.to_owned(), recorded, compute)
        };
        let text = |ready: ApiResult<Ready>| String::from_utf8(ready.unwrap().0.to_vec()).unwrap();
        let (a, b, c) = tokio::join!(ask("q", 7, 7), ask("q", 7, 7), ask("q", 5, 7));
        assert_eq!((text(a), text(b), text(c)), ("0".into(), "0".into(), "0".into()));
        assert_eq!(text(ask("q", 8, 9).await), "1", "something was recorded since");
        assert_eq!(text(ask("q", 9, 9).await), "1");
        assert_eq!(text(ask("other", 9, 9).await), "2");
    }

    #[tokio::test]
    async fn an_error_or_a_caller_who_leaves_keeps_nobody_from_the_answer() {
        let once = Once::default();
        let failed = once.fresh("q".to_owned(), 1, async { Err::<(u64, u64), _>(ApiError::bad("x", "y")) });
        assert!(failed.await.is_err());
        let leaves = once.fresh("q".to_owned(), 1, std::future::pending::<ApiResult<(u64, u64)>>());
        assert!(tokio::time::timeout(Duration::from_millis(1), leaves).await.is_err());
        assert_eq!(&once.fresh("q".to_owned(), 1, async { Ok((1, 5)) }).await.unwrap().0[..], b"5");
    }

    #[test]
    fn only_so_many_questions_are_kept_those_asked_for_last() {
        let once = Once::default();
        let first = once.slot("0".to_owned());
        for n in 1..=2 * MOST {
            once.slot(n.to_string());
            assert!(Arc::ptr_eq(&first, &once.slot("0".to_owned())), "asked for all the time");
        }
        assert_eq!(once.0.lock().unwrap().questions.len(), MOST);
    }
}
