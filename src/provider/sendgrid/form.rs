//! The body of an Inbound Parse push: fields, each in a charset of its own, and files.

use crate::provider::{Malformed, RawPush};
use crate::text::mail::mime::charset;
use futures_util::{FutureExt as _, stream};
use multer::{Constraints, Multipart, SizeLimit};
use serde_json::Value;
use std::convert::Infallible;

/// Parts of one push: a mail has its files as parts, and some twenty fields besides.
const MOST_PARTS: usize = 1_000;

/// A part of the body that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name of the field: `attachment1`.
    pub field: String,
    /// What the part says that it is called.
    pub name: Option<String>,
    /// What the part says that it is.
    pub mime: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The parts of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    fields: Vec<(String, Vec<u8>)>,
    /// Those that are files.
    pub files: Vec<Part>,
    charsets: Vec<(String, String)>,
}

impl Form {
    /// Takes a body apart.
    ///
    /// # Errors
    /// [`Malformed`] if it is none of this kind, or cut off.
    pub fn parse(push: &RawPush) -> Result<Form, Malformed> {
        let kind = push.header("content-type").unwrap_or_default();
        let boundary = multer::parse_boundary(kind)
            .map_err(|_| Malformed("not multipart/form-data: Inbound Parse sends that alone".into()))?;
        let body = push.body.clone();
        let most = u64::try_from(body.len()).unwrap_or(u64::MAX);
        // All is here already, so nothing is waited for.
        let reading = read(body, boundary, most).now_or_never();
        let mut form = reading.unwrap_or_else(|| Err(Malformed("the multipart body has no end".into())))?;
        form.charsets = form
            .json("charsets")
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(field, set)| Some((field.clone(), set.as_str()?.to_owned())))
            .collect();
        Ok(form)
    }

    /// The bytes of a field.
    pub fn bytes(&self, field: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_slice())
    }

    /// A field as text, by the charset that the push names for it; what cannot be read is replaced.
    pub fn text(&self, field: &str) -> Option<String> {
        let bytes = self.bytes(field)?;
        let named = self.charsets.iter().find(|(name, _)| name == field).map(|(_, set)| set.as_str());
        Some(charset::decode(named, bytes))
    }

    /// The same, if it says anything.
    pub fn filled(&self, field: &str) -> Option<String> {
        self.text(field).filter(|text| !text.trim().is_empty())
    }

    /// A field that is JSON; null where it is none.
    pub fn json(&self, field: &str) -> Value {
        self.bytes(field).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }
}

async fn read(body: Vec<u8>, boundary: String, most: u64) -> Result<Form, Malformed> {
    let stream = stream::once(async move { Ok::<_, Infallible>(body) });
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(most));
    let mut parts = Multipart::with_constraints(stream, boundary, limits);
    let mut form = Form::default();
    let wrong = |e: multer::Error| Malformed(format!("the multipart body cannot be read: {e}"));
    while let Some(part) = parts.next_field().await.map_err(wrong)? {
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(str::to_owned);
        let mime = part.content_type().map(|kind| kind.essence_str().to_owned());
        let bytes = part.bytes().await.map_err(wrong)?.to_vec();
        if name.is_some() || is_file(&field) {
            form.files.push(Part { field, name, mime, bytes });
        } else {
            form.fields.push((field, bytes));
        }
        if form.fields.len() + form.files.len() > MOST_PARTS {
            return Err(Malformed(format!("more than {MOST_PARTS} parts")));
        }
    }
    Ok(form)
}

/// Whether a field is one of files: `attachment` and a number. `attachments` is how many there are, and `attachment-info` what they are.
fn is_file(field: &str) -> bool {
    let number = field.strip_prefix("attachment").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(body: &[u8]) -> RawPush {
        RawPush {
            method: "POST".into(),
            url: String::new(),
            headers: vec![("content-type".into(), "multipart/form-data; boundary=xYzZY".into())],
            body: body.to_vec(),
            received_at: 0,
        }
    }

    fn field(name: &str, value: &[u8]) -> Vec<u8> {
        let head = format!("--xYzZY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [head.as_bytes(), value, b"\r\n"].concat()
    }

    #[test]
    fn each_field_has_a_charset_of_its_own() {
        let body = [
            field("text", b"gr\xfc\xdfe \x80"),
            field("subject", "grüße".as_bytes()),
            field("html", b"\x1b$B$3$s\x1b(B"),
            field("to", b"\xff"),
            field(
                "charsets",
                br#"{"subject":"UTF-8","text":"windows-1252","html":"iso-2022-jp","to":"x-odd"}"#,
            ),
            b"--xYzZY--\r\n".to_vec(),
        ]
        .concat();
        let form = Form::parse(&push(&body)).unwrap();
        assert_eq!(form.text("text").as_deref(), Some("grüße €"));
        assert_eq!(form.text("subject").as_deref(), Some("grüße"));
        assert_eq!(form.text("html").as_deref(), Some("こん"));
        assert_eq!(form.text("to").as_deref(), Some("ÿ"), "of no known charset");
        assert_eq!(form.text("none"), None);
    }

    #[test]
    fn files_are_told_from_what_is_said_of_them() {
        let body = [
            field("attachments", b"1"),
            field("attachment-info", br#"{"attachment1":{"filename":"a.bin"}}"#),
            b"--xYzZY\r\nContent-Disposition: form-data; name=\"attachment1\"; filename=\"a.bin\"\r\n\
              Content-Type: image/jpeg; charset=x\r\n\r\n\x00\r\n--xY\r\n"
                .to_vec(),
            b"--xYzZY--\r\n".to_vec(),
        ]
        .concat();
        let form = Form::parse(&push(&body)).unwrap();
        let [file] = form.files.as_slice() else { panic!("{form:?}") };
        assert_eq!((file.field.as_str(), file.name.as_deref()), ("attachment1", Some("a.bin")));
        assert_eq!((file.mime.as_deref(), file.bytes.as_slice()), (Some("image/jpeg"), &b"\x00\r\n--xY"[..]));
        assert_eq!(form.json("attachment-info")["attachment1"]["filename"], "a.bin");
        assert_eq!(form.text("attachments").as_deref(), Some("1"));
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_malformed() {
        assert!(Form::parse(&push(b"")).is_err());
        assert!(
            Form::parse(&push(b"--xYzZY\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhel"))
                .is_err()
        );
        assert!(Form::parse(&push(&[0xff, 0x00, b'&', b'%'])).is_err());
        let json =
            RawPush { headers: vec![("content-type".into(), "application/json".into())], ..push(b"{}") };
        assert!(Form::parse(&json).is_err());
    }
}
