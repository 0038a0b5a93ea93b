//! What mail servers tell of mails that were sent: delivery reports (RFC 3464, RFC 6533), and what servers write that never
//! heard of them.

use super::head;
use super::mime::fields::{self, Fields};
use super::mime::parts::{Part, Tree};
use super::mime::{addresses, at_most, ids, line, tidy, transfer, words};
use super::parsed::BounceReport;

/// Recipients of one report.
const RECIPIENTS: usize = 500;
/// Longest diagnosis, in bytes.
const DIAGNOSIS: usize = 500;
/// Lines below an address in which its reason is looked for.
const BELOW: usize = 8;
/// Lines of words in which an address or a code is looked for.
const LINES: usize = 400;

/// What the parts of a report say, for each recipient.
/// `text` is what is said for people: some servers give the reason there alone.
pub(super) fn reports(tree: &Tree<'_>, text: &str) -> Vec<BounceReport> {
    let is_status =
        |part: &&Part<'_>| part.is("message/delivery-status") || part.is("message/global-delivery-status");
    let Some(status) = tree.list.iter().find(is_status) else { return Vec::new() };
    let (bytes, _) = transfer::decode(status.fields.get("content-transfer-encoding"), status.body);
    let mut out = Vec::new();
    let mut of_mail = None;
    for group in groups(&bytes) {
        if let Some(id) = group.get("x-original-message-id").and_then(|id| ids::read(id).into_iter().next()) {
            of_mail = Some(id);
        }
        out.extend(recipient(&group));
        if out.len() >= RECIPIENTS {
            break;
        }
    }
    let id = returned_id(tree).or(of_mail);
    for report in &mut out {
        report.message_id.clone_from(&id);
        if report.diagnostic.is_none() && report.action == "failed" {
            explain(report, text);
        }
    }
    out
}

/// Takes the reason of a failure from the words for people: the first line below the recipient's address that has a code (Exim).
fn explain(report: &mut BounceReport, text: &str) {
    let Some(address) = report.recipient.as_deref().map(str::to_lowercase) else { return };
    let lines = text.lines().take(LINES).take_while(|line| !begins_copy(line));
    let mut below = lines.skip_while(|line| !line.to_lowercase().contains(&address)).take(BELOW);
    let Some(said) = below.find(|line| code_in(line).is_some() || has_reply_code(line)) else { return };
    report.diagnostic = Some(at_most(&tidy(said), DIAGNOSIS).to_owned());
    // `5.0.0` says nothing but that it failed.
    let is_vague = report.status.as_deref().is_none_or(|status| status.ends_with(".0.0"));
    if is_vague {
        report.status = code_in(said).or(report.status.take());
    }
}

/// The groups of fields, which blank lines divide (RFC 3464, section 2.1).
fn groups(bytes: &[u8]) -> Vec<Fields> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() && out.len() < 2 * RECIPIENTS {
        let (first, after) = line(rest);
        if first.trim_ascii().is_empty() {
            rest = after;
            continue;
        }
        let head = fields::of_part(rest);
        if head.body.len() >= rest.len() {
            // No field at all.
            rest = after;
            continue;
        }
        rest = head.body;
        out.push(head.fields);
    }
    out
}

/// What a group says of a recipient. Some servers forget the blank line above it: what counts is that it names one.
fn recipient(group: &Fields) -> Option<BounceReport> {
    let address = |name: &str| {
        let value = group.get(name)?;
        let bare = tidy(value.split_once(';').map_or(value, |(_, address)| address));
        let bare = bare.trim_matches(['<', '>', ' ']);
        (!bare.is_empty()).then(|| at_most(bare, DIAGNOSIS).to_owned())
    };
    let recipient = address("final-recipient").or_else(|| address("original-recipient"));
    let action = group.get("action").map(|action| {
        action
            .chars()
            .take_while(|c| c.is_ascii_alphabetic() || *c == '-')
            .collect::<String>()
            .to_ascii_lowercase()
    });
    if recipient.is_none() && action.is_none() {
        return None;
    }
    let status = group.get("status").and_then(code_in);
    let diagnostic = group.get("diagnostic-code").map(|said| {
        let said = tidy(&words::decode(said.split_once(';').map_or(said, |(_, said)| said)));
        at_most(&said, DIAGNOSIS).to_owned()
    });
    // Without an action the code tells: 4 is for now, 5 is for good.
    let action = action.filter(|action| !action.is_empty()).unwrap_or_else(|| {
        match status.as_deref().and_then(|status| status.bytes().next()) {
            Some(b'2') => "delivered",
            Some(b'4') => "delayed",
            _ => "failed",
        }
        .to_owned()
    });
    Some(BounceReport {
        message_id: None,
        recipient,
        action,
        status,
        diagnostic: diagnostic.filter(|d| !d.is_empty()),
    })
}

/// The id of the mail that came back with a report: of its head, where that is there.
fn returned_id(tree: &Tree<'_>) -> Option<String> {
    let is_returned = |part: &&Part<'_>| {
        [
            "message/rfc822",
            "message/global",
            "text/rfc822-headers",
            "message/global-headers",
            "message/rfc822-headers",
        ]
        .iter()
        .any(|kind| part.is(kind))
    };
    tree.list.iter().filter(is_returned).find_map(|part| {
        let (bytes, _) = transfer::decode(part.fields.get("content-transfer-encoding"), part.body);
        head::named_id(&fields::of_mail(&bytes).fields)
    })
}

/// What a receipt says: that a mail was shown, or what became of it instead (RFC 8098, section 3.2).
pub(super) fn shown(tree: &Tree<'_>) -> Option<BounceReport> {
    let is_receipt = |part: &&Part<'_>| part.kind.value.ends_with("disposition-notification");
    let part = tree.list.iter().find(is_receipt)?;
    let (bytes, _) = transfer::decode(part.fields.get("content-transfer-encoding"), part.body);
    let all = groups(&bytes);
    let get = |name: &str| all.iter().find_map(|group| group.get(name));
    // Disposition: manual-action/MDN-sent-manually; displayed/error
    let action = get("disposition").and_then(|value| value.split_once(';')).map_or("", |(_, kind)| kind);
    let action = action.trim_start().chars().take_while(char::is_ascii_alphabetic).collect::<String>();
    Some(BounceReport {
        message_id: get("original-message-id").and_then(|id| ids::read(id).into_iter().next()),
        recipient: all.iter().find_map(recipient).and_then(|said| said.recipient),
        action: action.to_ascii_lowercase(),
        status: None,
        diagnostic: None,
    })
}

/// The id of the mail that a report is about, where no part carries it: what the report answers, or what its words hold.
pub(super) fn told_id(fields: &Fields, text: &str) -> Option<String> {
    let answered = head::all_ids(fields, "in-reply-to").into_iter().next();
    let answered = answered.or_else(|| head::all_ids(fields, "references").pop());
    answered.or_else(|| {
        let named = text.lines().find_map(|line| {
            let line = line.trim_start_matches(['>', ' ', '\t', '|']);
            let is_id = line.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("message-id:"));
            is_id.then(|| line[11..].to_owned())
        });
        named.and_then(|value| ids::read(&value).into_iter().next())
    })
}

/// What the words of a server say that writes no report: to whom it could not bring a mail, and why.
pub(super) fn from_words(fields: &Fields, subject: &str, text: &str) -> Vec<BounceReport> {
    let is_late = is_delay(subject) || (!is_failure(subject) && is_delay(at_most(text, 2000)));
    let action = if is_late { "delayed" } else { "failed" };
    let lines: Vec<&str> = text.lines().take(LINES).take_while(|line| !begins_copy(line)).collect();
    let said =
        lines.iter().find(|line| code_in(line).is_some() || has_reply_code(line)).map(|line| tidy(line));
    let status = lines.iter().find_map(|line| code_in(line));
    let mut recipients: Vec<String> = fields
        .all("x-failed-recipients")
        .flat_map(addresses::read)
        .map(|found| found.address)
        .take(RECIPIENTS)
        .collect();
    if recipients.is_empty() {
        recipients = lines.iter().filter_map(|line| address_of_line(line)).take(RECIPIENTS).collect();
    }
    if recipients.is_empty() {
        recipients = lines.iter().find_map(|line| address_within(line)).into_iter().collect();
    }
    let mut seen = std::collections::HashSet::new();
    recipients.retain(|address| seen.insert(address.to_lowercase()));
    let report = |recipient: Option<String>| BounceReport {
        message_id: None,
        recipient,
        action: action.to_owned(),
        status: status.clone(),
        diagnostic: said.as_deref().map(|said| at_most(said, DIAGNOSIS).to_owned()),
    };
    if recipients.is_empty() {
        vec![report(None)]
    } else {
        recipients.into_iter().map(|r| report(Some(r))).collect()
    }
}

/// Whether a copy of the mail begins here: what comes is no word of the server.
fn begins_copy(line: &str) -> bool {
    let lower = line.trim().to_ascii_lowercase();
    lower.starts_with("--- below this line is a copy")
        || (lower.starts_with("------") && (lower.contains("copy of") || lower.contains("original message")))
        || lower.starts_with("return-path:")
}

/// Whether words tell that a mail is late, not lost.
fn is_delay(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "delayed",
        "could not be delivered yet",
        "warning: could not send",
        "warning: message",
        "still trying",
        "will be retried",
        "will keep trying",
        "will continue to be attempted",
        "verz\u{f6}gert",
        "diff\u{e9}r\u{e9}",
        "retrasad",
    ]
    .iter()
    .any(|said| lower.contains(said))
}

/// Whether a subject tells that a mail did not arrive.
pub(super) fn is_failure(subject: &str) -> bool {
    let lower = subject.to_lowercase();
    [
        "undeliver",
        "undelivered",
        "delivery status notification",
        "delivery failure",
        "delivery has failed",
        "delivery failed",
        "mail delivery failed",
        "failure notice",
        "returned mail",
        "mail delivery system",
        "mail system error",
        "message could not be delivered",
        "message delivery",
        "non-delivery",
        "nondeliverable",
        "unzustellbar",
        "nicht zustellbar",
        "zustellung",
        "non remis",
        "non distribu\u{e9}",
        "echec de la remise",
        "\u{e9}chec de la remise",
        "no se puede entregar",
        "no entregado",
        "mancata consegna",
        "impossibile recapitare",
        "onbestelbaar",
        "niet afgeleverd",
        "n\u{e3}o entregue",
        "nedoru",
        "niedostarcz",
        "\u{43d}\u{435}\u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}",
        "\u{9000}\u{4fe1}",
        "\u{672a}\u{9001}\u{8fbe}",
    ]
    .iter()
    .any(|said| lower.contains(said))
}

/// A status code within a text (RFC 3463): 5.1.1.
fn code_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let is_number = |number: &str| (1..=3).contains(&number.len());
    let code = words.map(|word| word.trim_matches('.')).find(|word| {
        let mut numbers = word.split('.');
        let class = numbers.next().unwrap_or_default();
        matches!(class, "2" | "4" | "5") && numbers.clone().count() == 2 && numbers.all(is_number)
    })?;
    Some(code.to_owned())
}

/// Whether a line holds an answer of SMTP that refuses.
fn has_reply_code(line: &str) -> bool {
    let words: Vec<&str> =
        line.split(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '(' | ')')).collect();
    words.iter().any(|word| {
        word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|b| b.is_ascii_digit())
    })
}

/// An address that stands alone on a line (qmail, Exim): `<anna@example.com>:`.
fn address_of_line(line: &str) -> Option<String> {
    let bare = line.trim().trim_end_matches(':').trim_matches(['<', '>']);
    if bare.contains(char::is_whitespace) || !bare.contains('@') {
        return None;
    }
    addresses::read(bare).into_iter().next().map(|found| found.address)
}

/// The first address within a line that is not the server's own.
fn address_within(line: &str) -> Option<String> {
    let words = line.split(|c: char| {
        c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '(' | ')' | ',' | ';' | ':')
    });
    let found =
        words.filter(|word| word.contains('@')).filter_map(|word| addresses::read(word).into_iter().next());
    let mut found = found.map(|found| found.address);
    found.find(|address| {
        let lower = address.to_lowercase();
        !lower.starts_with("mailer-daemon@") && !lower.starts_with("postmaster@")
    })
}

#[cfg(test)]
mod tests {
    use super::super::mime::parts;
    use super::*;

    #[test]
    fn a_report_is_read_for_each_recipient() {
        let raw = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\n\
            Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n\
            Final-Recipient: rfc822; ana@example.org\nAction: Failed (really)\nStatus: 5.1.1 (no such user)\n\
            Diagnostic-Code: smtp; 550 5.1.1\n <ana@example.org>: no such user\n\n\
            Original-Recipient: rfc822;bob@example.org\nStatus: 4.4.1\n\n--b\nContent-Type: text/rfc822-headers\n\n\
            Subject: x\nMessage-ID: <a@x>\n--b--\n";
        let found = reports(&parts::read(raw.as_bytes()), "");
        let want = [
            BounceReport {
                message_id: Some("a@x".into()),
                recipient: Some("ana@example.org".into()),
                action: "failed".into(),
                status: Some("5.1.1".into()),
                diagnostic: Some("550 5.1.1 <ana@example.org>: no such user".into()),
            },
            BounceReport {
                message_id: Some("a@x".into()),
                recipient: Some("bob@example.org".into()),
                action: "delayed".into(),
                status: Some("4.4.1".into()),
                diagnostic: None,
            },
        ];
        assert_eq!(found, want);
    }

    #[test]
    fn a_reason_that_is_said_to_people_alone_is_found_below_the_address() {
        let raw = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\n\
            Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n\
            Action: failed\nFinal-Recipient: rfc822;ana@example.org\nStatus: 5.0.0\n\n--b--\n";
        let words = "A message that you sent could not be delivered. The following address(es) failed:\n\n  Ana@example.org\n    \
            host mx.example.org [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<ana@example.org>:\n    \
            550 5.1.1 mailbox unknown";
        let found = reports(&parts::read(raw.as_bytes()), words);
        assert_eq!(found[0].diagnostic.as_deref(), Some("550 5.1.1 mailbox unknown"));
        assert_eq!(found[0].status.as_deref(), Some("5.1.1"));
        let vague = reports(&parts::read(raw.as_bytes()), "Sorry, it failed with 550 something.");
        assert_eq!((vague[0].diagnostic.as_deref(), vague[0].status.as_deref()), (None, Some("5.0.0")));
    }

    #[test]
    fn words_of_servers_without_reports() {
        let qmail = "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver.\n\n\
            <ana@example.org>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 unknown\n\n\
            --- Below this line is a copy of the message.\n\nReturn-Path: <me@x>\nMessage-ID: <a@x>\nTo: other@x.org\n";
        let found = from_words(&Fields::default(), "failure notice", qmail);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].recipient.as_deref(), Some("ana@example.org"));
        assert_eq!((found[0].action.as_str(), found[0].status.as_deref()), ("failed", Some("5.1.1")));
        assert_eq!(found[0].diagnostic.as_deref(), Some("Remote host said: 550 5.1.1 unknown"));
        assert_eq!(told_id(&Fields::default(), qmail).as_deref(), Some("a@x"));
        let late = from_words(
            &Fields::default(),
            "Warning: message 1 delayed 24 hours",
            "to ana@example.org: 451 later",
        );
        assert_eq!(
            (late[0].action.as_str(), late[0].recipient.as_deref()),
            ("delayed", Some("ana@example.org"))
        );
        assert_eq!(
            from_words(&Fields::default(), "", ""),
            [BounceReport { action: "failed".into(), ..Default::default() }]
        );
    }

    #[test]
    fn codes_within_words() {
        for (text, want) in [
            ("550 5.1.1 x", Some("5.1.1")),
            ("#5.7.26 smtp;", Some("5.7.26")),
            ("at 10.2.3.4 and 3.1.1", None),
            ("192.0.2.1", None),
            ("5.1.1.1", None),
            ("(5.2.2).", Some("5.2.2")),
        ] {
            assert_eq!(code_in(text).as_deref(), want, "{text}");
        }
    }
}
