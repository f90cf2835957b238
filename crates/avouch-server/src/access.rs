//! Who asks, and whether they may. No route exists without a permission or the word that it is open to all: routes are made
//! here only.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use avouch_finding::Time;
use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::Paths;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

pub use avouch_auth::Permission;
use avouch_auth::{Access, Grant, Principal, Role};

use crate::App;
use crate::error::{ApiError, ApiResult};
use crate::query::Params;

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it serves also those who are not logged in.
    Nothing,
    /// Somebody, whoever it is.
    Somebody,
    /// Somebody who may do this.
    May(Permission),
}

/// Routes with what they need.
#[derive(Default)]
pub struct Routes {
    router: OpenApiRouter<App>,
    needs: BTreeMap<(String, String), Needs>,
}

impl Routes {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds routes that need a permission.
    #[must_use]
    pub fn allow(self, permission: Permission, routes: UtoipaMethodRouter<App>) -> Self {
        self.add(Needs::May(permission), routes)
    }

    /// Adds routes that anybody who is logged in may use.
    #[must_use]
    pub fn somebody(self, routes: UtoipaMethodRouter<App>) -> Self {
        self.add(Needs::Somebody, routes)
    }

    /// Adds routes for all the world.
    #[must_use]
    pub fn open(self, routes: UtoipaMethodRouter<App>) -> Self {
        self.add(Needs::Nothing, routes)
    }

    fn add(mut self, needs: Needs, (schemas, paths, router): UtoipaMethodRouter<App>) -> Self {
        for key in names(&paths) {
            self.needs.insert(key, needs);
        }
        let gated = router.layer(from_fn(move |request: Request, next: Next| gate(needs, request, next)));
        self.router = self.router.routes((schemas, paths, gated));
        self
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.needs.extend(other.needs);
        self.router = self.router.merge(other.router);
        self
    }

    /// The router, and by method and path what each route needs.
    #[must_use]
    pub fn end(self) -> (OpenApiRouter<App>, BTreeMap<(String, String), Needs>) {
        (self.router, self.needs)
    }
}

fn names(paths: &Paths) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (path, item) in &paths.paths {
        let operations = [
            ("GET", &item.get),
            ("PUT", &item.put),
            ("POST", &item.post),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
        ];
        out.extend(operations.iter().filter(|(_, o)| o.is_some()).map(|(m, _)| ((*m).to_owned(), path.clone())));
    }
    out
}

/// Lets a request through when its caller may.
async fn gate(needs: Needs, mut request: Request, next: Next) -> Response {
    let Some(app) = request.extensions().get::<App>().cloned() else {
        return ApiError::internal("a route without its server").into_response();
    };
    let changes = app.accounts.changes();
    let who = match crate::session::caller(&app, request.method(), request.headers()).await {
        // A token or session goes before the certificate of the connection.
        Ok(who) => who.or_else(|| crate::session::certified(request.extensions().get())),
        Err(error) => return error.into_response(),
    };
    let allowed = match (needs, &who) {
        (Needs::Nothing, _) | (Needs::Somebody, Some(_)) => Ok(()),
        (_, None) => Err(ApiError::unauthorized()),
        (Needs::May(permission), Some(who)) if who.may(permission) => Ok(()),
        (Needs::May(permission), Some(who)) => Err(ApiError::forbidden(format!(
            "`{}` may not do this: it needs the permission `{}`",
            who.name(),
            permission.name()
        ))),
    };
    // Whoever is refused has used one, too.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    // Agents may be many behind one name; what they may do is cheap or bounded by itself.
    if !matches!(needs, Needs::May(Permission::Ingest | Permission::TakeRuleSet))
        && let Err(error) = app.limits.take(&caller(who.as_ref(), peer))
    {
        return error.into_response();
    }
    if let Err(error) = allowed {
        return error.into_response();
    }
    let access = who.as_ref().filter(|_| needs != Needs::Nothing).and_then(|who| who.access(&app, &request, peer));
    if let Some(access) = access
        && let Err(error) = app.accounts.ask(move |accounts| accounts.log_access(&[access])).await
    {
        return error.into_response();
    }
    let Some(who) = who else { return next.run(request).await };
    request.extensions_mut().insert(who.clone());
    let reads = request.method().is_safe();
    let mut revoked = crate::revoked::revoked(app, who, changes);
    let answer = next.run(request);
    let answer = if reads { crate::revoked::unless(&mut revoked, answer).await } else { answer.await };
    crate::revoked::until(revoked, answer)
}

/// Whose requests are counted together.
fn caller(who: Option<&Who>, peer: Option<IpAddr>) -> String {
    match (who, peer) {
        (Some(who), _) => who.name().to_owned(),
        // No name of anybody begins so.
        (None, Some(peer)) => format!(" {peer}"),
        (None, None) => String::new(),
    }
}

/// Whoever asks.
#[derive(Clone, Debug)]
pub struct Who(Principal);

impl Who {
    /// Of a principal.
    #[must_use]
    pub fn new(principal: Principal) -> Self {
        Self(principal)
    }

    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.0
    }

    /// Name of the user or token.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What is written down of an auditor's question; one that cannot be written down gets no answer.
    fn access(&self, app: &App, request: &Request, peer: Option<IpAddr>) -> Option<Access> {
        let auditor = matches!(self.0.grant, Grant::Role { role: Role::Auditor, .. });
        auditor.then(|| Access {
            time: app.now(),
            who: self.0.name.clone(),
            role: self.0.role_text(),
            address: peer.map(|peer| peer.to_string()).unwrap_or_default(),
            what: format!("{} {}", request.method(), request.uri().path()),
            query: request.uri().query().unwrap_or_default().to_owned(),
        })
    }

    /// Whether they may.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.0.may(permission)
    }

    /// Cuts a question to the period that an auditor may see; the answer says so.
    ///
    /// # Errors
    /// 403 when nothing of it may be seen.
    pub fn limit(&self, mut params: Params) -> ApiResult<Params> {
        let asked = params.filter.period;
        let limited =
            self.0.period_limit(asked.from, asked.to).map_err(|e| ApiError::forbidden(e.to_string()).param("from"))?;
        params.filter.period = avouch_store::Period::new(limited.period.from, limited.period.to);
        params.cut = limited.cut;
        Ok(params)
    }

    /// Whether they may see what happened then.
    #[must_use]
    pub fn sees(&self, at: Time) -> bool {
        self.0.may_see(at)
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::unauthorized)
    }
}
