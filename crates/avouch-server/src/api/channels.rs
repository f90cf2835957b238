//! Who is told of findings: channels and routes (one file), how channels do, a test of each, and what was delivered.

use avouch_auth::Permission as P;
use avouch_finding::{ChangeAction, Delivered, SettingChange, Time};
use avouch_notify::{ChannelStatus, ConfigError, NotifyError};
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Routes, Who};
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody, chain};
use crate::notices::EditError;

use super::deliveries::DeliveryOut;
use super::problems::{Problem, problems};

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(P::ReadChannels, routes!(show))
        .allow(P::ManageChannels, routes!(save))
        .allow(P::ManageChannels, routes!(check))
        .allow(P::ManageChannels, routes!(test))
}

/// Channels and routes as they are in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelsOut {
    /// Name of the file.
    file: String,
    /// The file. Secrets are named in it and never stand in it.
    text: String,
    /// Digest of the text, for a change.
    digest: String,
    /// The disk has another text: somebody edited it, and it is not in force.
    differs_on_disk: bool,
    channels: Vec<ChannelOut>,
    routes: Vec<RouteOut>,
    findings: Told,
    /// Why what waits cannot be kept at present: a crash would cost or repeat it.
    not_kept: Option<String>,
}

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelOut {
    name: String,
    /// `slack`, `email`, ...
    means: String,
    /// Routes that tell it.
    routes: Vec<String>,
    /// Messages that wait.
    queue: u64,
    /// Messages delivered since the start.
    sent: u64,
    /// Messages given up since the start.
    failed: u64,
    /// Receipts of what was held back since the start.
    held_back: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sent: Option<Time>,
    last_error: Option<LastError>,
    /// Why it cannot work as configured.
    broken: Option<String>,
}

/// What last went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastError {
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    text: String,
}

/// A route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RouteOut {
    name: String,
    /// Which findings, in words; `everything` when it asks for nothing.
    matches: String,
    channels: Vec<String>,
    /// Who is told when nobody acknowledges: `after 15m: chat`.
    escalates: Vec<String>,
    /// Later routes may take the finding, too.
    goes_on: bool,
}

/// What became of findings before any channel, since the start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Told {
    /// At least one route took them.
    routed: u64,
    /// No route fits: nobody was told.
    unrouted: u64,
    /// An acceptance covers them.
    suppressed: u64,
    /// Of those routed, how many were old when they came, and are told in sum.
    late: u64,
    /// Incidents of which channels are no longer told what became of them, since the start: too many were open.
    given_up: u64,
    /// Older than so many seconds is old.
    late_s: u64,
}

/// Another file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveChannels {
    text: String,
    /// Of the text that was edited.
    digest: String,
}

/// A text to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckChannels {
    text: String,
}

/// What is wrong with a text; nothing when it could be saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedChannels {
    diagnostics: Vec<Problem>,
}

fn channel(status: ChannelStatus, routes: &[avouch_notify::Route]) -> ChannelOut {
    let tells = |route: &&avouch_notify::Route| {
        route.channels.contains(&status.name) || route.escalate.iter().any(|e| e.channels.contains(&status.name))
    };
    ChannelOut {
        routes: routes.iter().filter(tells).map(|r| r.name.clone()).collect(),
        name: status.name,
        means: status.means,
        queue: status.queue,
        sent: status.sent,
        failed: status.failed,
        held_back: status.held_back,
        last_sent: status.last_sent,
        last_error: status.last_error.map(|(time, text)| LastError { time, text }),
        broken: status.broken,
    }
}

fn route(route: &avouch_notify::Route) -> RouteOut {
    let matcher = serde_json::to_value(&route.matcher).unwrap_or_default();
    let parts = matcher.as_object().into_iter().flatten().map(|(key, value)| {
        let text = match value {
            serde_json::Value::Array(all) => all.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(" or "),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        format!("{} {text}", key.replace('_', " "))
    });
    let matches = parts.collect::<Vec<_>>().join(", ");
    RouteOut {
        name: route.name.clone(),
        matches: if matches.is_empty() { "everything".to_owned() } else { matches },
        channels: route.channels.clone(),
        escalates: route.escalate.iter().map(|e| format!("after {}: {}", e.after, e.channels.join(", "))).collect(),
        goes_on: route.goes_on,
    }
}

async fn standing(app: &App) -> ApiResult<ChannelsOut> {
    let notices = app.notices.clone();
    let look = tokio::task::spawn_blocking(move || {
        let (file, status) = (notices.file(), notices.status());
        let config = file.config();
        ChannelsOut {
            differs_on_disk: file.differs_on_disk(),
            channels: status.channels.into_iter().map(|s| channel(s, &config.routes)).collect(),
            routes: config.routes.iter().map(route).collect(),
            not_kept: status.not_kept,
            findings: Told {
                routed: status.taken.routed,
                unrouted: status.taken.unrouted,
                suppressed: status.taken.suppressed,
                late: status.taken.late,
                given_up: status.taken.given_up,
                late_s: notices.window().as_secs(),
            },
            digest: file.digest(),
            file: file.name(),
            text: file.text().to_owned(),
        }
    });
    look.await.map_err(ApiError::internal)
}

/// Channels and routes.
#[utoipa::path(get, path = "/channels", tag = "notifications", responses((status = 200, body = ChannelsOut), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(crate) async fn show(State(app): State<App>) -> ApiResult<Json<ChannelsOut>> {
    standing(&app).await.map(Json)
}

/// Saves the file and goes on with it, at once. What waits is still told.
#[utoipa::path(
    put, path = "/channels", tag = "notifications", request_body = SaveChannels,
    responses((status = 200, body = ChannelsOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 415, body = ErrorBody))
)]
pub(crate) async fn save(
    State(app): State<App>,
    who: Who,
    Body(given): Body<SaveChannels>,
) -> ApiResult<Json<ChannelsOut>> {
    let notices = app.notices.clone();
    let edited = tokio::task::spawn_blocking(move || notices.edit(given.text, &given.digest)).await;
    let edit = edited.map_err(ApiError::internal)?.map_err(refused)?;
    let detail = json!({"digest": edit.digest, "channels": edit.channels, "routes": edit.routes});
    let change = SettingChange {
        time: app.now(),
        by: who.name().to_owned(),
        what: "channels".to_owned(),
        id: app.notices.file().name(),
        action: ChangeAction::Changed,
        detail,
    };
    app.centre.tell(vec![change.into()]).await?;
    standing(&app).await.map(Json)
}

fn refused(error: EditError) -> ApiError {
    match &error {
        EditError::Changed => ApiError::conflict(error.to_string()).hint("load it again; nothing was saved"),
        EditError::Config(wrong) => {
            let first = wrong.problems.first();
            let title = first.map_or_else(|| "it cannot be read".to_owned(), |d| d.title.clone());
            ApiError::bad("bad_channels", title)
                .hint("nothing was saved; `/channels/check` tells every place")
                .param("text")
        }
        EditError::NotFromHere(_) => ApiError::bad("bad_channels", error.to_string()).param("text").hint(
            "use `env:AVOUCH_...` or a file in `server/secrets/` of the folder of evidence, \
             or add the channel to the file on the server",
        ),
        EditError::Write(..) => {
            crate::log::complain(&chain(&error));
            ApiError::conflict("the file of notifications cannot be written; nothing was saved")
                .hint("the server's log says why")
        }
        EditError::Reload(_) => ApiError::internal(chain(&error)),
    }
}

/// What is wrong with a file, before it is saved.
#[utoipa::path(
    post, path = "/channels/check", tag = "notifications", request_body = CheckChannels,
    responses((status = 200, body = CheckedChannels), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 415, body = ErrorBody))
)]
pub(crate) async fn check(
    State(app): State<App>,
    Body(given): Body<CheckChannels>,
) -> ApiResult<Json<CheckedChannels>> {
    let file = app.notices.file();
    let wrong = tokio::task::spawn_blocking(move || file.check(&given.text)).await.map_err(ApiError::internal)?;
    let diagnostics = wrong.map(|e: Box<ConfigError>| problems(&e.sources, &e.problems)).unwrap_or_default();
    Ok(Json(CheckedChannels { diagnostics }))
}

/// Sends a test over a channel, once, and tells what the other side said.
#[utoipa::path(
    post, path = "/channels/{name}/test", tag = "notifications", params(("name" = String, Path)),
    responses((status = 200, body = DeliveryOut), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn test(State(app): State<App>, Path(name): Path<String>) -> ApiResult<Json<DeliveryOut>> {
    let notices = app.notices.clone();
    let tested = tokio::task::spawn_blocking(move || notices.test(&name)).await.map_err(ApiError::internal)?;
    match tested {
        Ok(receipt) => Ok(Json(DeliveryOut::of(receipt, None))),
        Err(error @ NotifyError::NoChannel { .. }) => Err(ApiError::not_found(error.to_string())),
        Err(error) => Err(ApiError::internal(chain(&error))),
    }
}

/// As facts write it.
pub(super) fn state_name(state: Delivered) -> &'static str {
    match state {
        Delivered::Delivered => "delivered",
        Delivered::Failed => "failed",
        Delivered::HeldBack => "held_back",
    }
}
