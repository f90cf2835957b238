//! The document that describes the API, from the handlers, with what each route needs.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Server};

use crate::access::Needs;

/// Adds title, place, logins and needs.
pub(super) fn finish(mut document: OpenApi, needs: &BTreeMap<(String, String), Needs>) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("avouch")
        .version("1")
        .description(Some(
            "Findings, evidence and settings of an avouch server. Unsafe methods of a browser's session need the header `x-csrf-token`; \
             API tokens do not.",
        ))
        .build();
    document.servers = Some(vec![Server::new(super::BASE)]);
    let components = document.components.get_or_insert_with(Default::default);
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("avouch_session")));
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let need = needs.get(&(method.to_owned(), path.clone())).copied().unwrap_or(Needs::Somebody);
            let text = match need {
                Needs::Nothing => "Open to all.".to_owned(),
                Needs::Somebody => "Needs a login.".to_owned(),
                Needs::May(permission) => format!("Needs the permission `{}`.", permission.name()),
            };
            let described = operation.description.take().map(|d| format!("{d}\n\n{text}")).unwrap_or(text);
            operation.description = Some(described);
            // Handlers of different subjects have the same name; an operation's has to be its own.
            operation.operation_id = Some(id_of(method, path));
            // A session or token that is shown and is none is refused everywhere.
            let body: &[&str] = if operation.request_body.is_some() { &["413", "415"] } else { &[] };
            for status in ["400", "401", "403", "429", "503"].iter().chain(body) {
                let told = operation.responses.responses.entry((*status).to_owned());
                told.or_insert_with(|| RefOr::T(error_response()));
            }
            if need != Needs::Nothing {
                let none: [&str; 0] = [];
                operation.security =
                    Some(vec![SecurityRequirement::new("session", none), SecurityRequirement::new("token", none)]);
            }
        }
    }
    document
}

/// `get_findings_id_explain`.
fn id_of(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method.to_ascii_lowercase().as_str()).chain(words).collect::<Vec<_>>().join("_")
}

/// The answer that is an error.
fn error_response() -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
    ResponseBuilder::new().content("application/json", body).build()
}

fn operations(item: &mut PathItem) -> Vec<(&'static str, &mut Operation)> {
    let all = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("PATCH", &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, o)| o.as_mut().map(|o| (method, o))).collect()
}
