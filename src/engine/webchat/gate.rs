//! What every request to a chat page passes: which chat, from which origin, how often; and the headers of every answer.

use super::limits::{Ask, asker};
use super::origin::{Origins, Source, Verdict};
use super::problem::Problem;
use super::{Chat, MAX_BODY, Shared, page};
use crate::engine::body::{Bodies, Unread};
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker(pub Option<IpAddr>);

/// Finds the chat and judges the origin; hands [`Chat`] and [`Asker`] on to the handler.
pub(super) async fn gate(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<HashMap<String, String>>,
    request: Request,
    next: Next,
) -> Response {
    let name = path.get("name").map_or("", String::as_str);
    // Somebody who opens a page is told in a page.
    let is_page =
        request.method() == Method::GET && request.uri().path().trim_matches('/').split('/').count() == 2;
    let sorry = |problem: Problem| if is_page { page::sorry(&problem) } else { problem.into_response() };
    let chat = match Chat::named(&shared.engine.accounts, name) {
        Ok(chat) => chat,
        Err(problem) => {
            // Nothing is told but that: any page may read it.
            let origin = text(request.headers(), &header::ORIGIN).map(str::to_owned);
            return dressed(sorry(problem), None, origin.as_deref());
        }
    };
    let origins = Origins::parse(chat.setting("origins").unwrap_or_default()).unwrap_or_default();
    let verdict = origins.judge(source(request.headers()));
    let cors = match verdict {
        Verdict::Refused => return dressed(Problem::Forbidden.into_response(), Some(&origins), None),
        Verdict::Allowed(origin) => Some(origin),
        Verdict::Same => None,
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let forwarded = request.headers().get_all(HeaderName::from_static("x-forwarded-for"));
    let asker = asker(peer, forwarded.iter().map(|line| line.to_str().ok()));
    let response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else if let Err(problem) = shared.limit(|l, now| l.address(asker, Ask::Call, now)) {
        problem.into_response()
    } else if let Err(problem) = chat.is_open() {
        sorry(problem)
    } else {
        match whole(&shared.bodies, request).await {
            Err(problem) => problem.into_response(),
            Ok(mut request) => {
                request.extensions_mut().insert(chat);
                request.extensions_mut().insert(Asker(asker));
                let response = next.run(request).await;
                match response.status() {
                    // The router's own answer has no body.
                    StatusCode::METHOD_NOT_ALLOWED => Problem::Method.into_response(),
                    _ => response,
                }
            }
        }
    };
    dressed(response, Some(&origins), cors.as_deref())
}

/// A request with its body as a whole: who sends it drop by drop is not waited for.
async fn whole(bodies: &Bodies, request: Request) -> Result<Request, Problem> {
    if request.method() != Method::POST {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let announced = text(&parts.headers, &header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let held = bodies.read(body, announced, MAX_BODY).await.map_err(|unread| match unread {
        Unread::TooLarge => Problem::TooLarge,
        Unread::TooSlow => Problem::TooSlow,
        Unread::Later => Problem::Unavailable("too much at once; please try again".into()),
    })?;
    Ok(Request::from_parts(parts, Body::from(held.bytes)))
}

fn source(headers: &HeaderMap) -> Source<'_> {
    // An Origin that is no text is nobody's we know.
    let origin = headers.get(header::ORIGIN).map(|v| v.to_str().unwrap_or(""));
    Source {
        origin,
        host: text(headers, &header::HOST),
        fetch_site: text(headers, &HeaderName::from_static("sec-fetch-site")),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// The content security policy of a page that these origins may show in a frame.
fn policy(frame_ancestors: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; \
         frame-ancestors {frame_ancestors}; base-uri 'none'; form-action 'none'"
    )
}

fn dressed(mut response: Response, origins: Option<&Origins>, cors: Option<&str>) -> Response {
    let headers = response.headers_mut();
    let ancestors = origins.map_or_else(|| "'none'".to_owned(), Origins::frame_ancestors);
    if let Ok(value) = HeaderValue::from_str(&policy(&ancestors)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = cors.and_then(|o| HeaderValue::from_str(o).ok()) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, last-event-id"),
        );
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}
