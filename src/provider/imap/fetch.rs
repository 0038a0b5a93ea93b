//! Files of mails, fetched when somebody wants them: the part alone where the mail is large. A mail that has moved, or whose folder
//! counts anew, is found again by its message id.

use super::Imap;
use super::answer::Trouble;
use super::find::{find_everywhere, folders};
use super::lend::lend;
use super::session::Session;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::provider::Media;
use crate::text::format;
use crate::text::mail::parse::parse;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use serde::{Deserialize, Serialize};

/// Where a file of a mail can be had. Kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The folder of the mail.
    #[serde(rename = "f")]
    pub folder: String,
    /// What numbers count in there.
    #[serde(rename = "v")]
    pub validity: u32,
    /// The number of the mail.
    #[serde(rename = "u")]
    pub uid: u32,
    /// The part.
    #[serde(rename = "p")]
    pub part: String,
    /// The name of the mail, should it be elsewhere by then.
    #[serde(rename = "id")]
    pub message_id: String,
    /// Whether the mail was read whole: then it is read again, and its parts are counted as they were.
    #[serde(rename = "w", default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

impl Place {
    /// The place as it is kept.
    pub fn media(&self) -> Option<MediaRef> {
        serde_json::to_string(self).ok().map(MediaRef)
    }
}

/// Fetches a file.
///
/// # Errors
/// [`Failure::Rejected`] where it is gone or too large.
pub async fn fetch(imap: &Imap, media: &MediaRef, cap: u64) -> Result<Media, Failure> {
    let place: Place = serde_json::from_str(&media.0)
        .map_err(|_| Failure::rejected(None, "the place of the file cannot be read"))?;
    let is_part = place.part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if place.part.is_empty() || !is_part {
        return Err(Failure::rejected(None, "the place of the file cannot be read"));
    }
    let mut lent = lend(imap, &imap.aside).await?;
    let mut result = get(imap, &mut lent.session, &place, cap).await;
    if lent.is_stale(&result) {
        lent = lent.renew().await?;
        result = get(imap, &mut lent.session, &place, cap).await;
    }
    let got = lent.give_back(result)?;
    let media = got.ok_or_else(|| Failure::rejected("gone".to_owned(), "the mail with the file is gone"))?;
    if media.bytes.len() as u64 > cap {
        let human = format!("the file is larger than {}", format::bytes(cap));
        return Err(Failure::rejected("too-large".to_owned(), human));
    }
    Ok(media)
}

async fn get(imap: &Imap, session: &mut Session, place: &Place, cap: u64) -> Result<Option<Media>, Trouble> {
    match session.enter(&place.folder).await {
        Ok(open) if open.validity == place.validity => {
            if let Some(media) = part(session, place, place.uid, cap).await? {
                return Ok(Some(media));
            }
        }
        Err(trouble) if trouble.is_lost() => return Err(trouble),
        _ => {}
    }
    let all = folders(imap, session).await?;
    match find_everywhere(imap, session, &all, &place.message_id).await? {
        Some((_, uid)) => part(session, place, uid, cap).await,
        None => Ok(None),
    }
}

/// A part of a mail of the open folder; none where there is no such mail.
async fn part(session: &mut Session, place: &Place, uid: u32, cap: u64) -> Result<Option<Media>, Trouble> {
    // As it travels it has a third more, and line ends. A byte more than fits tells that it does not.
    let longest = cap.saturating_add(1).saturating_mul(3) / 2 + 1024;
    let (mut raw, mut heads) = (None, Vec::new());
    let items = if place.whole {
        format!("(UID BODY.PEEK[]<0.{longest}>)")
    } else {
        let name = &place.part;
        // A mail of one part has no head of a part: its own says how it is written.
        let own = "BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE CONTENT-TRANSFER-ENCODING)]";
        let first = if name == "1" { format!(" {own}") } else { String::new() };
        format!("(UID BODY.PEEK[{name}.MIME] BODY.PEEK[{name}]<0.{longest}>{first})")
    };
    session
        .fetch(&uid.to_string(), &items, &mut |fetched| {
            if fetched.uid != Some(uid) {
                return;
            }
            let part = fetched.parts.first().map(|(_, bytes)| *bytes);
            raw = raw.take().or(fetched.whole.or(part).map(<[u8]>::to_vec));
            let part_head = fetched.part_heads.first().map(|(_, head)| *head);
            heads.extend([part_head, fetched.head].into_iter().flatten().map(<[u8]>::to_vec));
        })
        .await?;
    let Some(raw) = raw else { return Ok(None) };
    if place.whole {
        let found = parse(&raw).files.into_iter().find(|file| file.part == place.part);
        return Ok(found.map(|file| Media { bytes: file.bytes, mime: file.mime, name: file.name }));
    }
    let head = heads.into_iter().find(|head| !head.trim_ascii().is_empty()).unwrap_or_default();
    let (encoding, mime) = (field(&head, "content-transfer-encoding"), field(&head, "content-type"));
    let bytes = match encoding.to_ascii_lowercase().trim() {
        "base64" => base64_decode(&raw),
        "quoted-printable" => quoted_printable_decode(&raw),
        _ => Some(raw),
    };
    let bytes = bytes.ok_or_else(|| Trouble::No {
        code: None,
        words: "the file is damaged: it cannot be decoded".into(),
    })?;
    let mime = mime.split(';').next().unwrap_or_default().trim().to_lowercase();
    Ok(Some(Media { bytes, mime: Some(mime).filter(|mime| !mime.is_empty()), name: None }))
}

/// The value of a line of a head, its continuations included.
fn field(head: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(head);
    let mut value: Option<String> = None;
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = &mut value {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        if value.is_some() {
            break;
        }
        if let Some((key, rest)) = line.split_once(':')
            && key.trim().eq_ignore_ascii_case(name)
        {
            value = Some(rest.trim().to_owned());
        }
    }
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_head() {
        let head = b"Content-Type: image/png;\r\n name=\"a\"\r\nContent-Transfer-Encoding: Base64\r\n\r\n";
        assert_eq!(field(head, "content-transfer-encoding"), "Base64");
        assert_eq!(field(head, "content-type"), "image/png; name=\"a\"");
        assert_eq!(field(head, "content-id"), "");
    }

    #[test]
    fn a_place_is_kept_as_text() {
        let place = Place {
            folder: "Support|Orders".into(),
            validity: 7,
            uid: 9,
            part: "1.2".into(),
            message_id: "a\"b@x".into(),
            whole: true,
        };
        let kept = place.media().unwrap();
        assert_eq!(serde_json::from_str::<Place>(&kept.0).unwrap(), place);
    }
}
