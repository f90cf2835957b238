//! Users, as admins see and change them.

use avouch_auth::{NewUser, Period, Role, Secret, User, UserChange};
use avouch_finding::Time;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::time;

use super::login::PeriodOut;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ManageUsers, routes!(list))
        .allow(Permission::ManageUsers, routes!(add))
        .allow(Permission::ManageUsers, routes!(change))
        .allow(Permission::ManageUsers, routes!(remove))
        .allow(Permission::ManageUsers, routes!(invite))
        .allow(Permission::ManageUsers, routes!(link_identity))
}

/// Every user who was not removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsersOut {
    users: Vec<UserOut>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserOut {
    name: String,
    /// `enabled` or `disabled`.
    state: &'static str,
    /// `admin`, `analyst` or `auditor`.
    role: &'static str,
    /// What an auditor may ask about.
    period: Option<PeriodOut>,
    has_password: bool,
    identities: Vec<Identity>,
    #[schema(value_type = String, format = DateTime)]
    made: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login: Option<Time>,
}

/// Who somebody is at a provider of logins.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Address of the provider, as it writes it.
    #[schema(max_length = 1000)]
    issuer: String,
    /// Id of the person there.
    #[schema(max_length = 1000)]
    subject: String,
}

impl From<User> for UserOut {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            state: user.state.name(),
            role: user.role.name(),
            period: user.period.map(PeriodOut::from),
            has_password: user.has_password,
            identities: user.identities.into_iter().map(|(issuer, subject)| Identity { issuer, subject }).collect(),
            made: user.made,
            last_login: user.last_login,
        }
    }
}

/// A period that an admin gives: days or times, `to` not part of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodIn {
    from: String,
    to: String,
}

impl PeriodIn {
    fn read(&self) -> ApiResult<Period> {
        let (from, to) = (time("from", &self.from)?, time("to", &self.to)?);
        Period::new(from, to).ok_or_else(|| ApiError::bad("bad_period", "`from` is not before `to`").param("period"))
    }
}

/// A user to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddUser {
    /// 1 to 64 of A-Z, a-z, 0-9 and `._@+-`.
    name: String,
    /// `admin`, `analyst` or `auditor`.
    role: String,
    /// What an auditor may ask about; nobody else has one.
    #[serde(default)]
    period: Option<PeriodIn>,
    /// Better none, and a link: then nobody else ever knows it.
    #[serde(default)]
    password: Option<String>,
}

/// What is to be changed; what is absent or `null` stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeUser {
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    period: Option<PeriodIn>,
    /// Sessions of the user end.
    #[serde(default)]
    password: Option<String>,
    /// Who is disabled has no sessions, at once.
    #[serde(default)]
    enabled: Option<bool>,
}

/// A one-time link with which a user sets a password. It is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkOut {
    /// Address for a browser.
    link: String,
    /// It can be used before this.
    #[schema(value_type = String, format = DateTime)]
    expires: Time,
}

fn role(name: &str) -> ApiResult<Role> {
    Role::parse(name).ok_or_else(|| {
        ApiError::bad("bad_role", "there is no such role").param("role").hint("`admin`, `analyst` or `auditor`")
    })
}

/// Every user.
#[utoipa::path(get, path = "/users", tag = "users", responses((status = 200, body = UsersOut), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(crate) async fn list(State(app): State<App>) -> ApiResult<Json<UsersOut>> {
    let users = app.accounts.ask(avouch_auth::Accounts::users).await?;
    Ok(Json(UsersOut { users: users.into_iter().map(UserOut::from).collect() }))
}

/// Makes a user.
#[utoipa::path(
    post, path = "/users", tag = "users", request_body = AddUser,
    responses((status = 201, body = UserOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 415, body = ErrorBody))
)]
pub(crate) async fn add(
    State(app): State<App>,
    who: Who,
    Body(given): Body<AddUser>,
) -> ApiResult<(StatusCode, Json<UserOut>)> {
    let user = NewUser {
        role: role(&given.role)?,
        period: given.period.map(|p| p.read()).transpose()?,
        password: given.password.map(Secret::new),
        name: given.name,
    };
    let (name, by, now) = (user.name.clone(), who.name().to_owned(), app.now());
    app.accounts.change(&app, move |a| a.add_user(&user, &by, now)).await?;
    Ok((StatusCode::CREATED, Json(find(&app, name).await?)))
}

/// Changes a user.
#[utoipa::path(
    patch, path = "/users/{name}", tag = "users", request_body = ChangeUser, params(("name" = String, Path)),
    responses((status = 200, body = UserOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 415, body = ErrorBody))
)]
pub(crate) async fn change(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    Body(given): Body<ChangeUser>,
) -> ApiResult<Json<UserOut>> {
    let change = UserChange {
        role: given.role.as_deref().map(role).transpose()?,
        period: given.period.map(|p| p.read()).transpose()?,
        password: given.password.map(Secret::new),
        enabled: given.enabled,
    };
    let (user, by, now) = (name.clone(), who.name().to_owned(), app.now());
    app.accounts.change(&app, move |a| a.change_user(&user, &change, &by, now)).await?;
    find(&app, name).await.map(Json)
}

/// Removes a user. The name is not given again.
#[utoipa::path(
    delete, path = "/users/{name}", tag = "users", params(("name" = String, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub(crate) async fn remove(State(app): State<App>, who: Who, Path(name): Path<String>) -> ApiResult<StatusCode> {
    let (by, now) = (who.name().to_owned(), app.now());
    app.accounts.change(&app, move |a| a.remove_user(&name, &by, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a one-time link with which the user sets a password. Earlier ones are void.
#[utoipa::path(
    post, path = "/users/{name}/invite", tag = "users", params(("name" = String, Path)),
    responses((status = 200, body = LinkOut), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn invite(State(app): State<App>, who: Who, Path(name): Path<String>) -> ApiResult<Json<LinkOut>> {
    let (by, now) = (who.name().to_owned(), app.now());
    let link = app.accounts.change(&app, move |a| a.invite(&name, &by, now)).await?;
    // In the fragment, which no server or proxy sees.
    let address = format!("{}/#/setup?token={}", app.url, link.secret.expose());
    Ok(Json(LinkOut { link: address, expires: link.expires }))
}

/// Ties somebody whom the provider of logins knows to a user who is there already.
#[utoipa::path(
    post, path = "/users/{name}/identities", tag = "users", request_body = Identity, params(("name" = String, Path)),
    responses((status = 200, body = UserOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 415, body = ErrorBody))
)]
pub(crate) async fn link_identity(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    Body(given): Body<Identity>,
) -> ApiResult<Json<UserOut>> {
    for (param, text) in [("issuer", &given.issuer), ("subject", &given.subject)] {
        if text.is_empty() || text.len() > 1_000 {
            return Err(ApiError::bad("bad_identity", format!("`{param}` has 1 to 1,000 bytes")).param(param));
        }
    }
    let (user, by, now) = (name.clone(), who.name().to_owned(), app.now());
    let link = move |a: &avouch_auth::Accounts| a.link_identity(&user, &given.issuer, &given.subject, &by, now);
    app.accounts.change(&app, link).await?;
    find(&app, name).await.map(Json)
}

/// A user as they are now.
async fn find(app: &App, name: String) -> ApiResult<UserOut> {
    let users = app.accounts.ask(avouch_auth::Accounts::users).await?;
    let found = users.into_iter().find(|user| user.name.eq_ignore_ascii_case(&name));
    found.map(UserOut::from).ok_or_else(|| ApiError::not_found(format!("there is no user `{name}`")))
}
