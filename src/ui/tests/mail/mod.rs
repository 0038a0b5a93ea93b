//! Examples of mails: whom an answer goes to, the fields of the head, and what becomes of a draft. Here the mailbox of the examples.

mod passing;
mod whole;

use super::*;
use crate::domain::account::Channel;
use crate::domain::attachment::{Enclosure, Written};
use crate::domain::capability::AttachmentLimits;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::ids::{AccountId, AttachmentId};
use crate::domain::mail::{Mail, MailHead, Mailbox, Manner};
use crate::domain::message::MessageKind;
use crate::domain::reach::Recipient;
use crate::domain::row::{AttachmentRow, Fetch};
use crate::text::mail::mailboxes;
use crate::ui::effect::AttachTo;

const ANNA: &str = "Anna de Vries <anna@c.example>";

fn mailed(id: i64, direction: Direction, from: &str, to: &str, cc: &str) -> MessageRow {
    let mail = Mail {
        message_id: format!("m{id}@x.example"),
        subject: "Broken lamp".into(),
        from: mailboxes::read(from).unwrap().pop(),
        to: mailboxes::read(to).unwrap(),
        cc: mailboxes::read(cc).unwrap(),
        ..Mail::default()
    };
    let text = "It does not light up.\n\n> What is wrong?\n> We would like to know.\n-- \nAnna\n";
    MessageRow { mail: Some(Box::new(mail)), ..fixture::message(id, direction, text) }
}

fn row(n: i64) -> ConversationRow {
    ConversationRow {
        channel: Channel::Email,
        contact_name: "Anna de Vries".into(),
        ours: "support@acme.example".into(),
        theirs: "anna@c.example".into(),
        subject: Some("Broken lamp".into()),
        ..fixture::conversation(n)
    }
}

/// A desk whose first conversations are mails: one of Anna's to us, Bob and, as a copy, Carl; and an earlier one.
fn desk() -> Desk {
    Desk::with(|d| {
        d.rows = (1..=3).map(row).collect();
        d.messages = vec![
            mailed(9, Direction::Inbound, "Dora <dora@c.example>", "support@acme.example", ""),
            mailed(
                10,
                Direction::Inbound,
                ANNA,
                "Support <support@acme.example>, Bob <bob@c.example>",
                "carl@c.example, team@acme.example",
            ),
        ];
        d.context = Box::new(|id| {
            let mut context = fixture::context(id);
            context.row = row(id);
            context.account.channels = vec![Channel::Email];
            if let Some(caps) = &mut context.account.capabilities {
                let channel = &mut caps.channels[0];
                channel.channel = Channel::Email;
                channel.segments = false;
                channel.max_text = None;
                channel.own = vec!["team@acme.example".into()];
                channel.originals = true;
                channel.attachments =
                    AttachmentLimits { bytes: 20_000_000, count: 20, ..AttachmentLimits::default() };
            }
            context
        });
    })
}

fn boxes(line: &str) -> Vec<Mailbox> {
    mailboxes::read(line).unwrap()
}

fn head(manner: Manner, about: i64, to: &str, cc: &str, subject: &str) -> MailHead {
    MailHead {
        manner,
        about: Some(MessageId(about)),
        subject: Some(subject.into()),
        to: Some(boxes(to)),
        cc: Some(boxes(cc)),
        ..MailHead::default()
    }
}

fn mail(text: &str, head: MailHead) -> Action {
    let text = Written { text: text.into(), files: Vec::new(), mail: Some(Box::new(head)) };
    Action::Reply { conversation: id(1), text, undo_ms: 5_000, at: None }
}

fn notice(desk: &Desk) -> String {
    desk.model.notice.as_ref().map(|n| n.text.clone()).unwrap_or_default()
}

fn found(typed: &str, all: &[(&str, &str)]) -> Msg {
    let one = |(name, address): &(&str, &str)| Recipient {
        name: (*name).into(),
        identity: Identity::new(IdentityKind::Email, *address),
    };
    Msg::Loaded(Box::new(Loaded::Recipients { typed: typed.into(), found: all.iter().map(one).collect() }))
}

#[test]
fn an_answer_goes_to_the_sender_and_says_so() {
    let mut d = desk();
    d.keys("rHello");
    let text = d.text(120, 40);
    assert!(text.contains("PUBLIC to Anna de Vries by E-mail"), "{text}");
    assert!(text.contains("To       Anna de Vries <anna@c.example>"), "{text}");
    assert!(text.contains("Subject  Re: Broken lamp") && !text.contains("Cc  "), "{text}");
    let sent = mail("Hello", head(Manner::Reply, 10, ANNA, "", "Re: Broken lamp"));
    assert_eq!(actions(d.keys("<enter>")), [sent]);
}

#[test]
fn an_answer_to_all_leaves_us_out_and_one_key_goes_back_and_forth() {
    let all = format!("{ANNA}, Bob <bob@c.example>");
    let mut d = desk();
    d.keys("bHello");
    let text = d.text(120, 40);
    assert!(text.contains("PUBLIC to all: Anna de Vries, Bob, carl@c.example by E-mail"), "{text}");
    assert!(text.contains("Cc       carl@c.example") && !text.contains("team@"), "{text}");
    assert!(d.hints().contains(&"sender only"));
    let to_all = mail("Hello", head(Manner::ReplyAll, 10, &all, "carl@c.example", "Re: Broken lamp"));
    assert_eq!(actions(d.keys("<enter>")), [to_all]);
    // What is typed stays, in the text and in the head.
    let mut d = desk();
    d.keys("rHello<s-tab><up><end>, eve@x.example<tab><tab>");
    d.keys("<a-t>");
    let text = d.text(120, 40);
    for one in ["anna@c.example", "bob@c.example", "eve@x.example", "carl@c.example"] {
        assert!(text.contains(one), "{one}: {text}");
    }
    d.keys("<a-t>");
    let to = format!("{ANNA}, eve@x.example");
    let sent = mail("Hello", head(Manner::Reply, 10, &to, "", "Re: Broken lamp"));
    assert_eq!(actions(d.keys("<enter>")), [sent]);
    // Where nobody else got it, there is nothing to switch.
    let mut d = desk();
    d.messages.pop();
    d.send(Msg::Changed);
    d.keys("r<a-t>");
    assert!(notice(&d).contains("nobody else got the mail"), "{}", notice(&d));
}

#[test]
fn the_mail_under_the_cursor_is_answered_and_one_that_is_not_the_newest_is_told() {
    let mut d = desk();
    d.keys("<enter>kr");
    let text = d.text(120, 40);
    assert!(text.contains("To       Dora <dora@c.example>"), "{text}");
    assert!(text.contains("answers the mail of today 13:41, not the newest"), "{text}");
    // Scrolling points at nothing.
    let mut d = desk();
    d.keys("<enter>r");
    assert!(d.text(120, 40).contains("To       Anna de Vries"));
    // A mail that asks for answers elsewhere: where they go is told.
    let mut d = desk();
    if let Some(mail) = &mut d.messages[1].mail {
        mail.reply_to = boxes("desk@other.example");
    }
    d.send(Msg::Changed);
    d.keys("r");
    let text = d.text(120, 40);
    assert!(text.contains("! anna@c.example, who wrote it, does not get the answer"), "{text}");
}

#[test]
fn fields_are_typed_in_with_the_keys_of_a_shell_and_left_with_tab_and_arrows() {
    let mut d = desk();
    d.keys("rHello<up>");
    assert_eq!(d.model.head().unwrap().at, Some(crate::ui::composer::head::Place::Subject));
    d.keys("<c-u>Your lamp<s-tab>");
    assert!(d.hints().contains(&"send") && !d.hints().contains(&"new line"), "{:?}", d.hints());
    d.keys("<c-a>x@y.example, <c-e>");
    // Enter goes on and never sends from here; the last one leads to the text.
    assert_eq!(actions(d.keys("<enter><enter>!")), []);
    let to = format!("x@y.example, {ANNA}");
    let sent = mail("Hello!", head(Manner::Reply, 10, &to, "", "Your lamp"));
    assert_eq!(actions(d.keys("<enter>")), [sent]);
    // Cc and Bcc come with a key; from there Ctrl-S sends.
    let mut d = desk();
    d.keys("rHi<a-h>c@x.example<tab>b@x.example");
    let wanted = MailHead {
        bcc: boxes("b@x.example"),
        ..head(Manner::Reply, 10, ANNA, "c@x.example", "Re: Broken lamp")
    };
    let text = d.text(120, 40);
    assert!(text.contains("PUBLIC to Anna de Vries, c@x.example, b@x.example by E-mail"), "{text}");
    assert_eq!(actions(d.keys("<c-s>")), [mail("Hi", wanted)]);
    // Up in the middle of a text stays in the text.
    let mut d = desk();
    d.keys("rone<c-j>two<up>x");
    assert_eq!(d.model.composer.as_ref().unwrap().text(), "onex\ntwo");
}

#[test]
fn names_are_completed_from_those_that_are_known() {
    let mut d = desk();
    d.keys("rHi<s-tab><s-tab><end>, ev");
    let asked = d.loads.iter().rev().find_map(|n| match n {
        Need::Recipients { kind, typed } => Some((*kind, typed.clone())),
        _ => None,
    });
    assert_eq!(asked, Some((IdentityKind::Email, "ev".into())));
    // Who gets it already is not offered, nor an answer to what was typed before.
    d.send(found("e", &[("Old", "old@x.example")]));
    let all =
        [("Anna de Vries", "anna@c.example"), ("Eve Long", "eve@x.example"), ("Evan", "evan@x.example")];
    d.send(found("ev", &all));
    let text = d.text(120, 40);
    assert!(text.contains("▸ Eve Long  eve@x.example") && text.contains("Evan"), "{text}");
    assert!(!text.contains("Old") && !text.contains("✗"), "{text}");
    d.keys("<down><tab>");
    assert!(d.text(120, 40).contains("Evan <evan@x.example>,"), "{}", d.text(120, 40));
    d.keys("<tab>");
    let to = format!("{ANNA}, Evan <evan@x.example>");
    let sent = mail("Hi", head(Manner::Reply, 10, &to, "", "Re: Broken lamp"));
    assert_eq!(actions(d.keys("<c-s>")), [sent]);
}

#[test]
fn what_is_wrong_is_marked_told_and_not_sent() {
    let mut d = desk();
    d.keys("rHi<s-tab><s-tab><end>, bo");
    assert!(!d.text(120, 40).contains("✗"), "it is still being typed");
    d.keys("<tab>");
    let text = d.text(120, 40);
    assert!(text.contains("✗ “bo” is no address: it has no @"), "{text}");
    let out = d.keys("<c-s>");
    assert_eq!(out, [Effect::Beep]);
    assert!(notice(&d).starts_with("not sent: “bo” is no address"), "{}", notice(&d));
    // The keys are where it is mended.
    d.keys("b@x.example<tab><tab>");
    assert_eq!(actions(d.keys("<c-s>")).len(), 1);
    // Nobody at all, and we ourselves.
    let mut d = desk();
    d.keys("rHi<s-tab><s-tab><c-u>");
    d.keys("<c-s>");
    assert_eq!(notice(&d), "not sent: say to whom: the mail has no recipient");
    assert!(d.text(120, 40).contains("PUBLIC to nobody yet by E-mail"));
    d.keys("team@acme.example<c-s>");
    assert_eq!(notice(&d), "not sent: team@acme.example is an address of ours: take it out");
}

#[test]
fn a_draft_keeps_its_head() {
    let mut d = desk();
    d.keys("bHi<s-tab><c-u>Your lamp<s-tab><end>, bo");
    d.out.clear();
    let kept = actions(d.keys("<esc>"));
    let [Action::Draft { text, .. }] = kept.as_slice() else { panic!("{kept:?}") };
    let said = text.mail.as_deref().unwrap();
    assert_eq!((said.manner, said.about), (Manner::ReplyAll, Some(MessageId(10))));
    assert_eq!(said.subject.as_deref(), Some("Your lamp"));
    assert_eq!(said.cc.as_ref().unwrap().last(), Some(&Mailbox::bare("bo")), "half an address is kept");
    assert_eq!(said.to, None, "what was not said still follows");
    // It comes back in this session, and from the store.
    d.keys("r");
    let shown = d.text(120, 40);
    assert!(shown.contains("Your lamp") && shown.contains("carl@c.example, bo"), "{shown}");
    let stored = text.clone();
    let mut d = desk();
    let before = std::mem::replace(&mut d.context, Box::new(fixture::context));
    d.context = Box::new(move |id| {
        let about = mailed(10, Direction::Inbound, ANNA, "Bob <bob@c.example>", "carl@c.example");
        Context { draft_reply: Some(stored.clone()), draft_about: Some(Box::new(about)), ..before(id) }
    });
    d.messages.remove(1);
    d.send(Msg::Changed);
    d.keys("r");
    let shown = d.text(120, 40);
    assert!(
        shown.contains("to all: Anna de Vries, Bob +2") && shown.contains("carl@c.example, bo"),
        "{shown}"
    );
    // A subject alone is a draft, too; nothing typed is none.
    let mut d = desk();
    assert_eq!(actions(d.keys("r<esc>")), []);
    d.keys("r<s-tab>x<esc>");
    assert!(d.text(120, 40).contains("✎ draft Re: Broken lampx"), "{}", d.text(120, 40));
}

#[test]
fn what_is_taken_back_comes_back_with_its_head() {
    let mut d = desk();
    d.keys("bHi<s-tab><c-u>Your lamp<tab><enter>");
    let ticket = d.model.tickets;
    d.done(ticket, Ok(Performed { message: Some(MessageId(20)), ..Performed::default() }));
    assert!(d.model.composer.is_none());
    assert_eq!(actions(d.keys("u")), [Action::Cancel { message: MessageId(20) }]);
    let ticket = d.model.tickets;
    d.done(ticket, Ok(Performed::default()));
    d.keys("r");
    let text = d.text(120, 40);
    assert!(text.contains("Subject  Your lamp") && text.contains("Cc       carl@c.example"), "{text}");
    // A message that failed, given up in a later session, is written again with what it was about.
    let mut d = desk();
    let mut failed = mailed(11, Direction::Outbound, "support@acme.example", ANNA, "carl@c.example");
    failed.delivery = Some(Delivery::Failed);
    failed.text = "Hello".into();
    if let Some(mail) = &mut failed.mail {
        mail.in_reply_to = vec!["m10@x.example".into()];
        mail.manner = Some(Manner::ReplyAll);
        mail.subject = "Re: Broken lamp".into();
    }
    d.messages.push(failed);
    d.send(Msg::Changed);
    assert_eq!(actions(d.keys("x")), [Action::Discard { message: MessageId(11) }]);
    let ticket = d.model.tickets;
    d.done(ticket, Ok(Performed::default()));
    d.messages.pop();
    d.send(Msg::Changed);
    d.keys("r");
    let sent = mail("Hello", head(Manner::ReplyAll, 10, ANNA, "carl@c.example", "Re: Broken lamp"));
    assert_eq!(actions(d.keys("<enter>")), [sent]);
}
