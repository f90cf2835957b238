//! What a caller is told when something does not work: a status, a code for programs, a message and a hint for people.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: Option<String>,
    param: Option<String>,
    retry_after: Option<u64>,
}

/// The body of an answer that is an error.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorText,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct ErrorText {
    /// For programs.
    code: String,
    /// What is wrong.
    message: String,
    /// What may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<String>,
}

impl ApiError {
    /// An error of that status and code.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: None, param: None, retry_after: None }
    }

    /// A parameter or body that cannot be used.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Nothing of that name.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", what)
    }

    /// Something else was there in the meantime.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// Nobody is logged in.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_logged_in", "log in first").hint("a session or an API token is needed")
    }

    /// Somebody is logged in who may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", message)
    }

    /// The server is at fault. The cause goes to the log, for it may name files; the caller learns that it is there.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        crate::log::complain(&error);
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server could not do it; its log says why")
    }

    /// Too much for now.
    pub fn busy(code: &'static str, message: impl Into<String>, retry_after: u64) -> Self {
        let status =
            if code == "rate_limited" { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE };
        Self { retry_after: Some(retry_after), ..Self::new(status, code, message) }
    }

    /// What may help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The parameter that is wrong.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: ErrorText { code: self.code.to_owned(), message: self.message, hint: self.hint, param: self.param },
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl From<avouch_store::Error> for ApiError {
    fn from(error: avouch_store::Error) -> Self {
        use avouch_store::Error;
        match &error {
            Error::Text { .. } => Self::bad("bad_filter", "these words cannot be searched for").param("q"),
            Error::Limit { .. } => {
                Self::bad("too_much", error.to_string()).hint("ask for less: a shorter period, fewer columns")
            }
            // Nobody waits for it, or the server ends.
            Error::Stopped => Self::busy("stopped", "the question was ended before it was answered", 1),
            Error::Replaced { .. } => Self::busy("busy", "the store is being made anew; ask again", 1),
            _ => Self::internal(chain(&error)),
        }
    }
}

impl From<crate::centre::CentreError> for ApiError {
    fn from(error: crate::centre::CentreError) -> Self {
        match &error {
            crate::centre::CentreError::Refused(why) => Self::bad("refused", format!("the ledger refuses it: {why}")),
            _ => Self::internal(chain(&error)),
        }
    }
}

/// An error with what caused it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
