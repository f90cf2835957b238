//! Answers that take long end when their caller may no longer ask: a session that was ended, a token that was revoked, a user who was
//! disabled or has another role.
//!
//! What changes something is not broken off: an act that was allowed when it began is done and recorded whole.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::response::{IntoResponse as _, Response};
use axum::{BoxError, http};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::App;
use crate::access::Who;
use crate::error::ApiError;

/// How often it is looked without being told: sessions and tokens end by time, and another process may have changed the accounts.
const LOOK: Duration = Duration::from_secs(10);

/// Ends when the caller may no longer ask. `changes` has to be older than the word that they may.
pub(crate) fn revoked(app: App, who: Who, mut changes: watch::Receiver<()>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { std::future::pending::<()>().await },
                () = tokio::time::sleep(LOOK) => {}
            }
            let (principal, now) = (who.principal().clone(), app.now());
            // Accounts that cannot be asked now are asked again.
            if app.accounts.ask(move |accounts| accounts.still(&principal, now)).await.is_ok_and(|still| !still) {
                return;
            }
        }
    })
}

/// An answer, unless the caller may no longer ask before it begins.
pub(crate) async fn unless(revoked: &mut BoxFuture<'static, ()>, answer: impl Future<Output = Response>) -> Response {
    tokio::select! {
        answer = answer => answer,
        () = revoked => ApiError::unauthorized().hint("the session or token ended meanwhile").into_response(),
    }
}

/// Breaks a body off that is still being made. It does not end well, so that no half of a file is taken for the whole.
pub(crate) fn until(revoked: BoxFuture<'static, ()>, response: Response) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let pieces = futures_util::stream::unfold(Some((body.into_data_stream(), revoked)), async |state| {
        let (mut pieces, mut revoked) = state?;
        let next: Option<Result<Bytes, BoxError>> = tokio::select! {
            biased;
            () = &mut revoked => return Some((Err("the session or token ended".into()), None)),
            next = pieces.next() => next.map(|piece| piece.map_err(BoxError::from)),
        };
        next.map(|piece| (piece, Some((pieces, revoked))))
    });
    http::Response::from_parts(parts, Body::from_stream(pieces))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_is_still_made_breaks_off_and_one_that_is_there_does_not() {
        let first = futures_util::stream::iter([Ok::<_, BoxError>(Bytes::from_static(b"half"))]);
        let endless = Response::new(Body::from_stream(first.chain(futures_util::stream::pending())));
        let (revoke, word) = tokio::sync::oneshot::channel::<()>();
        let cut = until(Box::pin(async move { word.await.unwrap_or(()) }), endless);
        let mut pieces = cut.into_body().into_data_stream();
        assert_eq!(pieces.next().await.unwrap().unwrap(), "half");
        revoke.send(()).unwrap();
        assert!(pieces.next().await.unwrap().is_err());
        assert!(pieces.next().await.is_none());

        let whole = until(Box::pin(async {}), Response::new(Body::from("all of it")));
        assert_eq!(axum::body::to_bytes(whole.into_body(), 100).await.unwrap(), "all of it");
    }
}
