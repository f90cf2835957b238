//! The console's files, inside of the binary, and the headers that keep a page to what it brought itself.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use axum::middleware::Next;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `npm run build` made, committed.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
struct Files;

/// Only what this server sends: no script, style, font, image or connection of another host, and no inline script or style.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; \
                      img-src 'self' data:; connect-src 'self'; script-src 'self'; style-src 'self'";

/// A file of the console; its first page for every other path, since the address of a view is a path of its own.
pub(crate) async fn file(uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    // A file that is not there is an error; a view is not.
    let looks_like_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let (name, file) = match Files::get(path) {
        Some(file) => (path, file),
        None if looks_like_file => return status(StatusCode::NOT_FOUND),
        None => match Files::get("index.html") {
            Some(file) => ("index.html", file),
            None => return status(StatusCode::NOT_FOUND),
        },
    };
    let tag = tag(&file);
    if headers.get(IF_NONE_MATCH).is_some_and(|seen| *seen == tag) {
        let mut response = status(StatusCode::NOT_MODIFIED);
        response.headers_mut().insert(ETAG, tag);
        return response;
    }
    let mut response = Response::new(Body::from(file.data));
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    out.insert(ETAG, tag);
    // Names under `assets/` hold a digest of what is in them.
    let kept = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    out.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

/// Weak: the same file may go out compressed or not.
fn tag(file: &EmbeddedFile) -> HeaderValue {
    let hex: String = file.metadata.sha256_hash().iter().take(12).map(|b| format!("{b:02x}")).collect();
    HeaderValue::try_from(format!("W/\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Headers of every answer.
pub(crate) async fn secure(request: Request<Body>, next: Next) -> Response<Body> {
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    if api && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
