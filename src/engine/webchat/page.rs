//! The chat page, its script and its style: embedded in the program, without a build step.

use super::problem::Problem;
use super::{Chat, MAX_BODY};
use crate::provider::webchat::MAX_TEXT;
use axum::extract::Extension;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const PAGE: &str = include_str!("../../../assets/webchat/page.html");
const SCRIPT: &str = include_str!("../../../assets/webchat/app.js");
const STYLE: &str = include_str!("../../../assets/webchat/style.css");

/// RFC 3986's unreserved characters stay as they are.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Names the version of the assets, so that browsers may keep them and still get new ones after an upgrade.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new().chain_update(SCRIPT).chain_update(STYLE).finalize();
    digest.iter().take(6).map(|b| format!("{b:02x}")).collect()
});

/// `GET /chat/NAME`.
pub(super) async fn page(Extension(chat): Extension<Chat>) -> Response {
    let title = chat.setting("title").unwrap_or("Chat with us");
    let greeting = chat.setting("greeting").unwrap_or("Hello! How can we help?");
    let html = fill(PAGE, &chat.account.name, title, greeting);
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// A page for who opens one that cannot be shown.
pub(super) fn sorry(problem: &Problem) -> Response {
    let mut response = problem.clone().into_response();
    let mut html = String::from("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n<title>Chat</title>\n<main><h1>");
    escape(&mut html, problem.title());
    html.push_str("</h1>\n<p>");
    escape(&mut html, problem.advice());
    html.push_str("</p></main>\n</html>\n");
    *response.body_mut() = html.into();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// `GET /chat/NAME/`: the page's relative links need it to be called without the slash.
pub(super) async fn without_slash(Extension(chat): Extension<Chat>) -> Response {
    // Relative, so that it holds behind a proxy that serves it under another path.
    let to = format!("../{}", utf8_percent_encode(&chat.account.name, PATH));
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]).into_response()
}

/// `GET /chat/NAME/app.js`.
pub(super) async fn script(headers: HeaderMap) -> Response {
    asset(&headers, "text/javascript; charset=utf-8", SCRIPT)
}

/// `GET /chat/NAME/style.css`.
pub(super) async fn style(headers: HeaderMap) -> Response {
    asset(&headers, "text/css; charset=utf-8", STYLE)
}

fn asset(headers: &HeaderMap, kind: &'static str, text: &'static str) -> Response {
    let tag = format!("\"{}\"", VERSION.as_str());
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], text).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Puts the account's words into the page. One pass: a word that looks like a placeholder stays a word.
fn fill(template: &str, name: &str, title: &str, greeting: &str) -> String {
    let mut out = String::with_capacity(template.len() + MAX_BODY / 8);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((key, after)) = after.split_once("}}") else {
            rest = after;
            break;
        };
        match key {
            "base" => out.extend(utf8_percent_encode(name, PATH)),
            "title" => escape(&mut out, title),
            "greeting" => escape(&mut out, greeting),
            "version" => out.push_str(&VERSION),
            "max" => out.push_str(&MAX_TEXT.to_string()),
            _ => {}
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Text as HTML text or as a quoted attribute.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_words_cannot_become_markup() {
        let html = fill(
            "<a href=\"{{base}}/x\">{{title}}</a>{{greeting}}",
            "a/../b",
            "</title><script>\"'",
            "{{title}}&",
        );
        assert_eq!(
            html,
            "<a href=\"a%2F..%2Fb/x\">&lt;/title&gt;&lt;script&gt;&quot;&#39;</a>{{title}}&amp;"
        );
    }

    #[test]
    fn the_page_needs_nothing_inline_and_nothing_from_elsewhere() {
        let page = fill(PAGE, "site", "T", "G");
        assert!(!page.contains("{{") && !page.contains("}}"));
        assert!(!page.contains("style=") && !page.contains("<style"));
        assert!(!page.contains(" onclick") && !page.contains(" onload") && !page.contains("javascript:"));
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains("<script src=\"site/app.js?v="));
        for text in [page.as_str(), SCRIPT, STYLE] {
            assert!(
                !text.contains("http://") && !text.contains("https://"),
                "nothing is loaded from elsewhere"
            );
        }
        for needed in ["role=\"log\"", "for=\"message\"", ">Message<", ">Send<", "<html lang"] {
            assert!(page.contains(needed), "{needed}");
        }
    }

    #[test]
    fn the_script_never_parses_text_as_markup() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "DOMParser",
            "Function(",
        ] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}
