//! The bucket: what lies in it, listed in parts, and each object.

use super::Shared;
use crate::domain::clock::Ms;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// When it was put there, UTC milliseconds.
    pub at: Ms,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A refusal of S3.
pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>4442587FB7D0A2F9</RequestId></Error>"
    );
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

impl Shared {
    /// A part of the list.
    pub(super) fn list(&self, query: &[(String, String)]) -> Response {
        let asked = |key: &str| query.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.as_str());
        if asked("list-type") != "2" {
            return error(400, "InvalidArgument", "only the second list is spoken here");
        }
        let (prefix, from) = (asked("prefix"), asked("continuation-token"));
        let state = self.far.state();
        let all = state.objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > from);
        let mut all = all.peekable();
        let mut contents = String::new();
        let mut last = "";
        for (key, object) in all.by_ref().take(self.options.page) {
            let at =
                Timestamp::from_millisecond(object.at).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.000Z");
            contents.push_str(&format!(
                "<Contents><Key>{}</Key><LastModified>{at}</LastModified><ETag>&quot;0&quot;</ETag><Size>{}</Size>\
                 <StorageClass>STANDARD</StorageClass></Contents>",
                escaped(key),
                object.bytes.len()
            ));
            last = key;
        }
        let next = if all.peek().is_some() {
            format!(
                "<IsTruncated>true</IsTruncated><NextContinuationToken>{}</NextContinuationToken>",
                escaped(last)
            )
        } else {
            "<IsTruncated>false</IsTruncated>".to_owned()
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult \
             xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{}</Name><Prefix>{}</Prefix>{next}{contents}\
             </ListBucketResult>",
            self.options.bucket,
            escaped(prefix)
        );
        ([(header::CONTENT_TYPE, "application/xml")], body).into_response()
    }

    /// An object.
    pub(super) fn get(&self, key: &str) -> Response {
        let mut state = self.far.state();
        let Some(object) = state.objects.get(key).cloned() else {
            return error(404, "NoSuchKey", "The specified key does not exist.");
        };
        state.read.push(key.to_owned());
        let at = Timestamp::from_millisecond(object.at).unwrap_or_default();
        let at = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        (
            [(header::LAST_MODIFIED, at), (header::CONTENT_TYPE, "application/octet-stream".into())],
            object.bytes,
        )
            .into_response()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
