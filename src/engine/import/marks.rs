//! What programs have marked a mail with: in the name of its file (Maildir), or in its head (mbox).

use crate::text::mail::folder::{Role, role};
use crate::text::mail::parse::parse;
use std::borrow::Cow;

/// Marks of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// Somebody has read it.
    pub seen: bool,
    /// Somebody has answered it.
    pub answered: bool,
    /// Somebody wanted to find it again.
    pub flagged: bool,
    /// It was thrown away, but is still there.
    pub deleted: bool,
    /// It was never sent.
    pub draft: bool,
    /// It is spam.
    pub junk: bool,
    /// It was sent from here.
    pub sent: bool,
    /// It is no mail: a program keeps its own data there.
    pub foreign: bool,
}

impl Marks {
    /// By the letters behind the name of a file (`…:2,RS`); what lies in `new` has none.
    pub(super) fn of_name(name: &str) -> Marks {
        // Where a colon cannot be in a name, programs take another sign.
        let letters = name.rsplit_once("2,").filter(|(before, _)| before.ends_with([':', ';', '!', '-']));
        let mut marks = Marks::default();
        for letter in letters.map_or("", |(_, letters)| letters).chars() {
            match letter {
                'S' => marks.seen = true,
                'R' => marks.answered = true,
                'F' => marks.flagged = true,
                'T' => marks.deleted = true,
                'D' => marks.draft = true,
                _ => {}
            }
        }
        marks
    }

    /// By what mail programs write into the heads of mails in an mbox.
    pub(super) fn of_head(head: &[u8]) -> Marks {
        let mut marks = Marks::default();
        for (name, value) in fields(head) {
            if name.eq_ignore_ascii_case(b"status") {
                marks.seen |= value.contains(&b'R');
            } else if name.eq_ignore_ascii_case(b"x-status") {
                marks.answered |= value.contains(&b'A');
                marks.flagged |= value.contains(&b'F');
                marks.deleted |= value.contains(&b'D');
                marks.draft |= value.contains(&b'T');
            } else if name.eq_ignore_ascii_case(b"x-mozilla-status") {
                // nsMsgMessageFlags of Thunderbird: four hexadecimal digits. What is expunged stays until the file is compacted.
                let bits = u32::from_str_radix(text(value).trim(), 16).unwrap_or(0);
                marks.seen |= bits & 0x1 != 0;
                marks.answered |= bits & 0x2 != 0;
                marks.flagged |= bits & 0x4 != 0;
                marks.deleted |= bits & 0x8 != 0;
            } else if name.eq_ignore_ascii_case(b"x-gmail-labels") {
                marks.labels(value);
            } else if name.eq_ignore_ascii_case(b"x-imapbase") || name.eq_ignore_ascii_case(b"x-imap") {
                // The first mail in files of UW IMAP and Alpine is none.
                marks.foreign = find(head, b"FOLDER INTERNAL DATA");
            }
        }
        marks
    }

    /// The labels of an export from Gmail, in the language of its owner.
    fn labels(&mut self, value: &[u8]) {
        let words = decoded(value);
        let labels = || words.split(',').map(|label| label.trim().trim_matches('"'));
        for label in labels() {
            match role(label) {
                Some(Role::Sent) => self.sent = true,
                Some(Role::Drafts) => self.draft = true,
                Some(Role::Junk) => self.junk = true,
                Some(Role::Trash) => self.deleted = true,
                Some(Role::Archive) | None => {}
            }
        }
        const UNREAD: [&str; 8] =
            ["unread", "ungelesen", "non lus", "no leídos", "não lidas", "da leggere", "ongelezen", "未読"];
        self.seen |= !labels().any(|label| UNREAD.contains(&label.to_lowercase().as_str()));
        self.flagged |= labels().any(|label| label.eq_ignore_ascii_case("starred"));
    }
}

/// The fields of a head, unread: names, and values with their line breaks.
pub(super) fn fields(mail: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = head(mail);
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let mut end = line_end(rest);
            // What begins with a blank goes on with the line before it (RFC 5322, section 2.2.3).
            while rest.get(end).is_some_and(|next| matches!(next, b' ' | b'\t')) {
                end += line_end(&rest[end..]);
            }
            let (field, after) = rest.split_at(end);
            rest = after;
            let Some(colon) = field.iter().position(|b| *b == b':') else { continue };
            let name = field[..colon].trim_ascii_end();
            if !name.is_empty() && name.iter().all(u8::is_ascii_graphic) {
                return Some((name, field[colon + 1..].trim_ascii()));
            }
        }
        None
    })
}

/// The first value of a field, on one line.
pub(super) fn field(mail: &[u8], wanted: &str) -> Option<String> {
    let value = fields(mail).find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))?.1;
    Some(text(value).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The head of a mail: up to the first blank line.
pub(super) fn head(mail: &[u8]) -> &[u8] {
    let mut at = 0;
    while at < mail.len() {
        let end = at + line_end(&mail[at..]);
        if matches!(&mail[at..end], b"\n" | b"\r\n") {
            break;
        }
        at = end;
    }
    &mail[..at]
}

/// Whether a mail has come from elsewhere, as its head says: a server has delivered it (RFC 5321, section 4.4), or has taken it from
/// another server. What a program has handed to its own server after a login (RFC 3848) has not come from elsewhere.
pub(super) fn is_delivered(mail: &[u8]) -> bool {
    const DELIVERED: [&str; 6] =
        ["return-path", "delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "delivery-date"];
    let mut stamps = 0;
    fields(mail).any(|(name, value)| {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        if is("received") {
            stamps += 1;
            let words = text(value).to_ascii_lowercase();
            let logged_in =
                words.split_whitespace().any(|w| matches!(w, "esmtpa" | "esmtpsa" | "lmtpa" | "lmtpsa"));
            return stamps > 1 || !logged_in;
        }
        DELIVERED.iter().any(|name| is(name))
    })
}

/// Whether it is a mail at all: one of the fields that every mail has some of.
pub(super) fn is_mail(bytes: &[u8]) -> bool {
    const SOME: [&str; 9] =
        ["from", "to", "cc", "subject", "date", "message-id", "received", "return-path", "sender"];
    fields(bytes).any(|(name, _)| SOME.iter().any(|some| name.eq_ignore_ascii_case(some.as_bytes())))
}

fn line_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| at + 1)
}

fn text(value: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(value)
}

fn find(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

/// A value in which words may be coded (RFC 2047).
fn decoded(value: &[u8]) -> String {
    if !find(value, b"=?") {
        return text(value).split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let mut mail = b"Subject: ".to_vec();
    mail.extend_from_slice(value);
    mail.extend_from_slice(b"\r\n\r\n");
    parse(&mail).mail.subject
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_a_name() {
        let all = Marks {
            seen: true,
            answered: true,
            flagged: true,
            deleted: true,
            draft: true,
            ..Marks::default()
        };
        assert_eq!(Marks::of_name("1700000000.M1P2.host,S=12:2,DFPRSTab"), all);
        assert!(Marks::of_name("1700000000.M1P2.host;2,S").seen);
        for none in ["1700000000.M1P2.host", "1700000000.2,S", "1700000000.host:1,S", ":2,", ""] {
            assert_eq!(Marks::of_name(none), Marks::default(), "{none}");
        }
    }

    #[test]
    fn fields_of_a_head() {
        let of = |head: &str| Marks::of_head(format!("{head}\nSubject: x\n\nStatus: R\n").as_bytes());
        assert_eq!(of("Subject: y"), Marks::default());
        assert!(of("Status: RO").seen && !of("Status: O").seen);
        assert!(of("X-Status: AF").answered && of("X-Status: F").flagged && of("X-Status: D").deleted);
        assert_eq!(of("X-Mozilla-Status: 0001"), Marks { seen: true, ..Marks::default() });
        assert!(of("X-Mozilla-Status: 0009").deleted && !of("X-Mozilla-Status: 8003").deleted);
        let gmail = of("X-Gmail-Labels: Inbox,\"Sent\",\r\n Starred");
        assert!(gmail.sent && gmail.seen && gmail.flagged && !gmail.deleted);
        assert!(!of("X-GMail-Labels: Inbox,Unread").seen && of("X-Gmail-Labels: Spam").junk);
        assert!(of("X-Gmail-Labels: =?UTF-8?Q?Papierkorb,Ge=C3=B6ffnet?=").deleted);
        assert!(of("X-IMAP: 1 2\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA").foreign);
        assert!(!of("X-IMAPbase: 1 2").foreign);
    }

    #[test]
    fn what_was_delivered_has_come_from_elsewhere() {
        let submitted =
            "Received: from [192.0.2.1] (host [192.0.2.1])\n\tby smtp.example.com with ESMTPSA id x\n";
        let of = |head: &str| {
            is_delivered(format!("{head}From: support@acme.example\n\nReturn-Path: x\n").as_bytes())
        };
        assert!(!of("") && !of(submitted));
        for head in [
            "Return-Path: <x@y.example>\n",
            "Received: from a by b with ESMTP id x\n",
            "Received: from a by b\n",
            &format!("{submitted}Delivered-To: support@acme.example\n"),
            &format!("{submitted}{submitted}"),
        ] {
            assert!(of(head), "{head}");
        }
    }

    #[test]
    fn a_mail_is_known_by_its_head() {
        assert!(is_mail(b"Received: x\r\n"));
        assert!(is_mail(b"X-A: 1\nfrom : x\n\n"));
        for none in [&b""[..], b"\n\nFrom: x", b"words", b"\x00\x01:\x02", b"Note: x\n\nTo: y"] {
            assert!(!is_mail(none), "{none:?}");
        }
        assert_eq!(field(b"A: 1\nLong: a\n\tb\n c\nLong: d\n\n", "long").as_deref(), Some("a b c"));
    }
}
