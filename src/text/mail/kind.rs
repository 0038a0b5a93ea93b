//! Who wrote a mail: a person, an answering machine, a mail server, a list. What a person did not write starts no loop.

use super::dsn;
use super::mime::parts::{Part, Tree};
use super::parsed::{BounceReport, Parsed};
use super::subject;
use crate::domain::mail::Automatic;
use crate::domain::message::MessageKind;

/// How answering machines begin their subjects, lower case. Such a subject alone proves nothing.
const SUBJECTS: &[&str] = &[
    "automatic reply",
    "automatic response",
    "autoreply",
    "auto-reply",
    "auto reply",
    "auto response",
    "auto:",
    "out of office",
    "out of the office",
    "on vacation",
    "vacation",
    "automatische antwort",
    "abwesenheit",
    "abwesend",
    "r\u{e9}ponse automatique",
    "absence",
    "absent",
    "message d\u{2019}absence",
    "respuesta autom\u{e1}tica",
    "fuera de la oficina",
    "risposta automatica",
    "fuori sede",
    "automatisch antwoord",
    "automatische beantwoording",
    "afwezig",
    "resposta autom\u{e1}tica",
    "ausente",
    "autosvar",
    "automatiskt svar",
    "automatisk svar",
    "automaattinen vastaus",
    "odpowied\u{17a} automatyczna",
    "automatick\u{e1} odpov\u{11b}\u{10f}",
    "otomatik yan\u{131}t",
    "\u{430}\u{432}\u{442}\u{43e}\u{43e}\u{442}\u{432}\u{435}\u{442}",
    "\u{430}\u{432}\u{442}\u{43e}\u{43c}\u{430}\u{442}\u{438}\u{447}\u{435}\u{441}\u{43a}\u{438}\u{439} \u{43e}\u{442}\u{432}\u{435}\u{442}",
    "\u{81ea}\u{52a8}\u{56de}\u{590d}",
    "\u{81ea}\u{52d5}\u{56de}\u{8986}",
    "\u{81ea}\u{52d5}\u{8fd4}\u{4fe1}",
    "\u{81ea}\u{52d5}\u{5fdc}\u{7b54}",
];

/// Judges a mail whose head and words have been read: sets `kind`, `mail.automatic` and `bounces`.
pub(super) fn judge(tree: &Tree<'_>, out: &mut Parsed) {
    let Some(root) = tree.list.first() else { return };
    let found = Signs::of(root, out);
    out.bounces = dsn::reports(tree, &out.text);
    let is_report = found.report == "delivery-status" || (found.is_daemon && !out.bounces.is_empty());
    if !is_report {
        out.bounces.clear();
    }
    if out.bounces.is_empty() && (is_report || found.is_bounce(root, out)) {
        out.bounces = dsn::from_words(&root.fields, &out.mail.subject, &out.text);
    }
    if !out.bounces.is_empty() {
        let id = out.bounces.iter().find_map(|b| b.message_id.clone());
        let id = id.or_else(|| dsn::told_id(&root.fields, &out.text));
        for bounce in &mut out.bounces {
            bounce.message_id.clone_from(&id);
        }
        out.mail.automatic = Some(Automatic::Bounce);
        // That a mail arrived is told by nobody who waits for an answer, but it is no bounce.
        let is_bad = |b: &BounceReport| matches!(b.action.as_str(), "failed" | "delayed");
        out.kind =
            Some(if out.bounces.iter().any(is_bad) { MessageKind::Bounce } else { MessageKind::AutoReply });
        return;
    }
    out.mail.automatic = found.automatic(out);
    if out.mail.automatic == Some(Automatic::Receipt)
        && let Some(shown) = dsn::shown(tree)
    {
        if out.mail.in_reply_to.is_empty() {
            // It belongs to the mail that was shown, though it may not say so in its head.
            out.mail.in_reply_to.extend(shown.message_id.clone());
        }
        out.bounces.push(shown);
    }
    // A receipt is an automatic answer too (RFC 8098, section 2.1).
    out.kind = match out.mail.automatic {
        Some(Automatic::Reply | Automatic::Receipt) => Some(MessageKind::AutoReply),
        _ => None,
    };
}

/// What a head says of who wrote it.
#[derive(Debug, Default)]
struct Signs {
    /// `report-type` of a `multipart/report` (RFC 6522).
    report: String,
    /// `Auto-Submitted` (RFC 3834, section 5), without its parameters.
    submitted: String,
    /// `Precedence`.
    precedence: String,
    /// A mark of an answering machine that nobody standardised.
    is_machine: bool,
    /// Nobody is to be told if it cannot be delivered (RFC 5321, section 4.5.5).
    is_null: bool,
    /// It is from the mail server itself.
    is_daemon: bool,
    is_list: bool,
    is_mass: bool,
    wants_no_reply: bool,
}

impl Signs {
    fn of(root: &Part<'_>, out: &Parsed) -> Signs {
        let fields = &root.fields;
        let word = |name: &str| {
            let value = fields.get(name).unwrap_or_default();
            value.split([';', '(', ' ']).next().unwrap_or_default().trim().to_ascii_lowercase()
        };
        let precedence = word("precedence");
        let says_yes = |name: &str| {
            fields.get(name).is_some_and(|v| !matches!(v.to_ascii_lowercase().as_str(), "no" | "false" | "0"))
        };
        let is_machine = [
            "x-autoreply",
            "x-autorespond",
            "x-autoresponder",
            "x-autoreply-from",
            "x-auto-reply-from",
            "x-mail-autoreply",
            "x-vacation",
        ]
        .iter()
        .any(|name| says_yes(name))
            || fields
                .get("x-post-messageclass")
                .is_some_and(|v| v.to_ascii_lowercase().contains("autoresponder"))
            || fields.get("delivered-to").is_some_and(|v| v.eq_ignore_ascii_case("autoresponder"))
            || matches!(precedence.as_str(), "auto_reply" | "auto-reply" | "autoreply");
        let from = fields.get("from").unwrap_or_default().to_ascii_lowercase();
        let local = out
            .mail
            .from
            .as_ref()
            .map(|f| f.address.split('@').next().unwrap_or_default().to_ascii_lowercase());
        let is_daemon =
            matches!(local.as_deref(), Some("mailer-daemon" | "postmaster" | "mailerdaemon" | "mail-daemon"))
                || from.contains("mailer-daemon")
                || from.contains("mail delivery s");
        let is_report = root.is("multipart/report");
        Signs {
            report: root
                .kind
                .get("report-type")
                .filter(|_| is_report)
                .unwrap_or_default()
                .to_ascii_lowercase(),
            submitted: word("auto-submitted"),
            is_machine,
            is_null: fields.has("return-path")
                && fields.all("return-path").all(|v| matches!(v.trim(), "" | "<>")),
            is_daemon,
            is_list: fields.get("list-id").is_some(),
            is_mass: matches!(precedence.as_str(), "bulk" | "list" | "junk")
                || (fields.get("list-unsubscribe").is_some()
                    && fields.get("list-unsubscribe-post").is_some()),
            wants_no_reply: fields.get("x-auto-response-suppress").is_some(),
            precedence,
        }
    }

    /// Whether a server writes of a failure in words alone.
    fn is_bounce(&self, root: &Part<'_>, out: &Parsed) -> bool {
        let words = out.text.trim_start();
        let is_qmail =
            words.starts_with("Hi. This is the ") && words.lines().take(2).any(|l| l.contains("program at"));
        root.fields.get("x-failed-recipients").is_some()
            || (is_qmail && (self.is_daemon || self.is_null))
            || (self.is_daemon && (self.is_null || dsn::is_failure(&out.mail.subject)))
    }

    fn automatic(&self, out: &Parsed) -> Option<Automatic> {
        if self.report == "disposition-notification" {
            return Some(Automatic::Receipt);
        }
        let about = subject::base(&out.mail.subject).to_lowercase();
        let says_so = SUBJECTS.iter().any(|known| about.starts_with(known));
        let is_answer = !out.mail.in_reply_to.is_empty() || !out.mail.references.is_empty() || says_so;
        // "auto-generated" is also what forms of web sites and shops send: only an answer to something is an automatic answer,
        // and a question of a customer must not pass for one.
        let is_reply = self.submitted.starts_with("auto-replied")
            || (self.submitted.starts_with("auto-generated") && is_answer)
            || self.is_machine
            || (says_so
                && (self.wants_no_reply || self.is_null || self.is_mass || !self.precedence.is_empty()));
        if is_reply {
            return Some(Automatic::Reply);
        }
        if self.is_list || self.is_mass {
            return Some(Automatic::Bulk);
        }
        let is_other = !matches!(self.submitted.as_str(), "" | "no")
            || self.is_null
            || self.is_daemon
            || !self.report.is_empty();
        is_other.then_some(Automatic::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::mail::parse::parse;

    fn judged(head: &str, body: &str) -> (Option<Automatic>, Option<MessageKind>) {
        let read = parse(format!("From: Ana <ana@example.org>\n{head}\n\n{body}\n").as_bytes());
        (read.mail.automatic, read.kind)
    }

    #[test]
    fn answering_machines() {
        let reply = (Some(Automatic::Reply), Some(MessageKind::AutoReply));
        for head in [
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: auto-replied; owner-email=\"x\"",
            "Auto-Submitted: auto-generated\nIn-Reply-To: <a@b>",
            "Auto-Submitted: auto-generated\nSubject: Automatic reply: x",
            "X-Autoreply: yes",
            "X-Autorespond: Out of office",
            "Precedence: auto_reply",
            "Subject: Out of Office: x\nX-Auto-Response-Suppress: All",
            "Subject: AW: Abwesenheitsnotiz\nPrecedence: bulk",
            "Subject: R\u{e9}ponse automatique : x\nReturn-Path: <>",
        ] {
            assert_eq!(judged(head, "x"), reply, "{head}");
        }
        for head in [
            "Subject: Out of office chairs",
            "Subject: Re: Automatic reply",
            "X-Auto-Response-Suppress: All",
            "Auto-Submitted: no",
            "X-Autoreply: no",
        ] {
            assert_eq!(judged(head, "x"), (None, None), "{head}");
        }
    }

    #[test]
    fn lists_and_other_programs() {
        for (head, want) in [
            ("List-Id: <news.example.org>", Automatic::Bulk),
            ("Precedence: bulk", Automatic::Bulk),
            ("Precedence: list\nList-Unsubscribe: <mailto:x@y.org>", Automatic::Bulk),
            (
                "List-Unsubscribe: <https://x.org>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
                Automatic::Bulk,
            ),
            ("Auto-Submitted: auto-generated", Automatic::Other),
            ("Return-Path: <>", Automatic::Other),
        ] {
            assert_eq!(judged(head, "x"), (Some(want), None), "{head}");
        }
        assert_eq!(judged("List-Unsubscribe: <mailto:x@y.org>", "x"), (None, None));
    }

    #[test]
    fn servers_without_reports() {
        let bounce = (Some(Automatic::Bounce), Some(MessageKind::Bounce));
        for (head, body) in [
            ("X-Failed-Recipients: bob@example.org", "x"),
            ("From: <MAILER-DAEMON@example.org>\nReturn-Path: <>", "x"),
            ("From: MAILER-DAEMON\nReturn-Path: <>", "Hi. This is the qmail-send program at x.\n"),
            ("From: postmaster@example.org\nSubject: Undeliverable: x", "x"),
        ] {
            let raw = format!("{head}\n\n{body}\n");
            let read = parse(raw.as_bytes());
            assert_eq!((read.mail.automatic, read.kind), bounce, "{head}");
            assert_eq!(read.bounces.len(), 1, "{head}");
        }
        assert_eq!(
            judged("Subject: Undeliverable: x", "Hi. This is the qmail-send program at x."),
            (None, None)
        );
    }
}
