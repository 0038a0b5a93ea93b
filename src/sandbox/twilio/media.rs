//! Files of messages: their list, and their content behind a redirect that must be followed without credentials.

use super::Shared;
use super::log::StoredMedium;
use super::wire::{self, API};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

fn resource(shared: &Shared, message: &str, medium: &StoredMedium) -> Value {
    let account = &shared.options.account_sid;
    json!({
        "sid": medium.sid,
        "account_sid": account,
        "parent_sid": message,
        "content_type": medium.content_type,
        "date_created": wire::rfc2822(shared.now()),
        "date_updated": wire::rfc2822(shared.now()),
        "uri": format!("/{API}/Accounts/{account}/Messages/{message}/Media/{}.json", medium.sid),
    })
}

/// `Messages/{Sid}/Media.json`.
pub(super) fn list(shared: &Shared, message: &str) -> Response {
    let state = shared.far.state();
    if state.record(message).is_none() {
        return wire::error(404, 20404);
    }
    let media: Vec<Value> =
        state.media.get(message).into_iter().flatten().map(|m| resource(shared, message, m)).collect();
    let uri = format!(
        "/{API}/Accounts/{}/Messages/{message}/Media.json?PageSize=50&Page=0",
        shared.options.account_sid
    );
    let end = media.len().saturating_sub(1);
    let body = json!({
        "media_list": media, "page": 0, "page_size": 50, "start": 0, "end": end, "uri": uri,
        "first_page_uri": uri, "next_page_uri": null, "previous_page_uri": null,
    });
    wire::json_answer(StatusCode::OK, &body)
}

/// `Messages/{Sid}/Media/{ME}`: where the content is now; with `.json`: what it is.
pub(super) fn one(shared: &Shared, message: &str, file: &str) -> Response {
    let sid = file.strip_suffix(".json").unwrap_or(file);
    let state = shared.far.state();
    let Some(medium) = state.media.get(message).into_iter().flatten().find(|medium| medium.sid == sid) else {
        return wire::error(404, 20404);
    };
    if sid.len() < file.len() {
        return wire::json_answer(StatusCode::OK, &resource(shared, message, medium));
    }
    let place = format!("{}/cdn/{}", shared.base, medium.ticket);
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)]).into_response()
}

/// The content itself. As at Amazon S3, a request that carries credentials besides the ticket is refused.
pub(super) fn content(shared: &Shared, headers: &HeaderMap, ticket: &str) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        let why = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InvalidArgument</Code>\
                   <Message>Only one auth mechanism allowed</Message></Error>";
        return (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/xml")], why).into_response();
    }
    let state = shared.far.state();
    match state.media.values().flatten().find(|medium| medium.ticket == ticket) {
        Some(medium) => {
            let kind = [(header::CONTENT_TYPE, medium.content_type.clone())];
            (StatusCode::OK, kind, medium.bytes.clone()).into_response()
        }
        None => StatusCode::FORBIDDEN.into_response(),
    }
}
