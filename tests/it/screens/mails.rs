//! Mails on the screen: a small mailbox, and pictures of reading and writing in it.

use super::screen::Screen;
use super::world::{MIN, NOW, World, account, conversation, message};
use super::{picture, roles, sizes};
use frontdesk::domain::account::{Channel, Health};
use frontdesk::domain::capability::{AttachmentLimits, Formatting};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::ids::{AccountId, AttachmentId, ContactId};
use frontdesk::domain::mail::{Mail, Mailbox};
use frontdesk::domain::message::{AuthorKind, Direction, MessageKind};
use frontdesk::domain::row::{AttachmentRow, ConversationRow, Fetch, MessageRow};
use frontdesk::text::mail::mailboxes;
use frontdesk::ui::Effect;

const US: &str = "Northwind Support <support@northwind.example>";
const PETRA: &str = "Petra Lindqvist <petra@lindqvist.example>";
const HOUR: i64 = 60 * MIN;

fn boxes(line: &str) -> Vec<Mailbox> {
    mailboxes::read(line).unwrap()
}

fn mailed(row: MessageRow, from: &str, to: &str, cc: &str, subject: &str) -> MessageRow {
    let mail = Mail {
        message_id: format!("m{}@mail.example", row.id),
        subject: subject.into(),
        from: boxes(from).pop(),
        to: boxes(to),
        cc: boxes(cc),
        ..Mail::default()
    };
    MessageRow { mail: Some(Box::new(mail)), ..row }
}

fn file(id: i64, name: &str, size: u64, path: Option<&str>, fetch: Fetch) -> AttachmentRow {
    AttachmentRow {
        id: AttachmentId(id),
        name: name.into(),
        mime: Some("application/pdf".into()),
        size: Some(size),
        caption: None,
        path: path.map(str::to_owned),
        error: None,
        fetch,
    }
}

fn matter(id: i64, name: &str, address: &str, subject: &str, age: i64, preview: &str) -> ConversationRow {
    let mut row = conversation(id, name, Channel::Email, "mailbox", age, preview);
    row.account = AccountId(9);
    row.ours = "support@northwind.example".into();
    row.theirs = address.into();
    row.subject = Some(subject.into());
    row
}

/// Puts a mailbox before what a desk has: two matters of one customer, a machine, and a mail that came back.
pub fn with_mails(world: World) -> World {
    let mut mailbox = account(9, "mailbox", "imap", Channel::Email, Health::Ok);
    if let Some(caps) = &mut mailbox.capabilities {
        let channel = &mut caps.channels[0];
        channel.max_text = None;
        channel.own = vec!["support@northwind.example".into(), "hello@northwind.example".into()];
        channel.start = true;
        channel.read_receipts = false;
        channel.formatting = Formatting::None;
        channel.attachments = AttachmentLimits {
            bytes: 25_000_000,
            count: 50,
            total: Some(25_000_000),
            ..AttachmentLimits::default()
        };
    }
    let petra = "petra@lindqvist.example";
    let mut broken = matter(
        91,
        "Petra Lindqvist",
        petra,
        "Broken lamp, order 7731",
        4 * MIN,
        "Both of them flicker now. I attach a film of it, and the invoice once more.",
    );
    broken.unread = 1;
    broken.waiting_since = Some(NOW - 4 * MIN);
    broken.labels = vec!["warranty".into()];
    let mut invoice = matter(
        92,
        "Petra Lindqvist",
        petra,
        "Invoice 2026-0417",
        3 * HOUR,
        "Thank you, that is what we needed.",
    );
    invoice.contact = ContactId(91);
    let machine = matter(
        93,
        "Omar Haddad",
        "omar@haddad.example",
        "Your offer for forty lamps",
        5 * HOUR,
        "I am out of the office until Monday.",
    );
    let mut rows = vec![broken, invoice, machine];
    let mut world = world;
    world.accounts.insert(0, mailbox);
    rows.extend(world.rows);
    world.rows = rows;
    world.messages.extend(lamp());
    world.messages.extend(offer());
    world
}

fn lamp() -> Vec<MessageRow> {
    let subject = "Broken lamp, order 7731";
    let answer = format!("Re: {subject}");
    let who = "Petra Lindqvist";
    let inbound = Direction::Inbound;
    let mut first = mailed(
        message(
            91,
            911,
            inbound,
            who,
            26 * HOUR,
            "Good morning,\n\none of the two lamps of order 7731 flickers. What can be done?\n\nKind regards\nPetra\n-- \nPetra Lindqvist\nLindqvist Interiors, Malmö\n+46 40 123 45 67",
        ),
        PETRA,
        US,
        "",
        subject,
    );
    first.attachments = vec![file(1, "order-7731.pdf", 84_000, Some("files/7/1-order-7731.pdf"), Fetch::No)];
    let mut ours = mailed(
        message(
            91,
            912,
            Direction::Outbound,
            "Tom Baker",
            25 * HOUR,
            "Dear Petra,\n\nwe are sorry. Does it flicker in another socket, too?\n\nTom",
        ),
        US,
        &format!("{PETRA}, Jonas Berg <jonas@lindqvist.example>"),
        "",
        &answer,
    );
    ours.delivery = Some(Delivery::Accepted);
    let mut second = mailed(
        message(
            91,
            913,
            inbound,
            who,
            4 * MIN,
            "Hi Tom,\n\n> Does it flicker in another socket, too?\n\nBoth of them flicker now. I attach a film of it, and the invoice once more.\n\nPetra\n\nOn Mon, 16 Nov 2026 at 13:30, Tom Baker <support@northwind.example> wrote:\n> Dear Petra,\n>\n> we are sorry. Does it flicker in another socket, too?\n>\n> Tom\n-- \nPetra Lindqvist\nLindqvist Interiors, Malmö",
        ),
        PETRA,
        &format!("{US}, Jonas Berg <jonas@lindqvist.example>"),
        "Karin Holm <karin@insurance.example>, hello@northwind.example",
        &answer,
    );
    second.attachments = vec![
        file(2, "invoice-7731.pdf", 91_000, Some("files/7/2-invoice-7731.pdf"), Fetch::No),
        file(3, "flicker.mp4", 18_400_000, None, Fetch::OnDemand),
    ];
    second.seen = false;
    vec![first, ours, second]
}

fn offer() -> Vec<MessageRow> {
    let subject = "Your offer for forty lamps";
    let answer = format!("Re: {subject}");
    let omar = "Omar Haddad <omar@haddad.example>";
    let mut sent = mailed(
        message(
            93,
            931,
            Direction::Outbound,
            "Ana Sousa",
            5 * HOUR + 2 * MIN,
            "Dear Mr Haddad,\n\nhere is our offer.",
        ),
        US,
        omar,
        "",
        subject,
    );
    sent.delivery = Some(Delivery::Accepted);
    let mut machine = mailed(
        message(
            93,
            932,
            Direction::Inbound,
            "Omar Haddad",
            5 * HOUR,
            "I am out of the office until Monday.\nIn urgent cases write to office@haddad.example.",
        ),
        omar,
        US,
        "",
        &format!("Automatic reply: {subject}"),
    );
    machine.kind = MessageKind::AutoReply;
    let mut forward = mailed(
        message(93, 933, Direction::Outbound, "Ana Sousa", 4 * HOUR, "Can we hold the price until then?"),
        US,
        "Purchasing <purchasing@supplier.example>",
        "",
        &format!("Fwd: {subject}"),
    );
    forward.kind = MessageKind::Forward;
    forward.delivery = Some(Delivery::Failed);
    let mut bounce = mailed(
        message(
            93,
            934,
            Direction::Inbound,
            "Mail Delivery System",
            4 * HOUR - MIN,
            "The mail to purchasing@supplier.example could not be delivered: 550 5.1.1 there is no such mailbox.",
        ),
        "MAILER-DAEMON@mx.northwind.example",
        US,
        "",
        "Undelivered Mail Returned to Sender",
    );
    (bounce.kind, bounce.author) = (MessageKind::Bounce, AuthorKind::System);
    let mut last = mailed(
        message(
            93,
            935,
            Direction::Inbound,
            "Omar Haddad",
            3 * HOUR,
            "Back again: we take them.\n> our offer\n> of Monday\n> forty\n> lamps",
        ),
        omar,
        US,
        "",
        &answer,
    );
    last.mail.as_mut().unwrap().reply_to = boxes("office@haddad.example");
    vec![sent, machine, forward, bounce, last]
}

fn mails() -> World {
    with_mails(World::busy())
}

#[test]
fn reading() {
    sizes("mail_thread", mails(), "<enter>");
    sizes("mail_unfolded", mails(), "<enter>v");
    sizes("mail_machines", mails(), "jj<enter>");
    roles("mail_thread_roles", mails(), (120, 40), "<enter>");
    roles("mail_machines_roles", mails(), (120, 40), "jj<enter>");
}

#[test]
fn answering() {
    sizes("mail_reply", mails(), "rDear Petra,<c-j><c-j>we send you two new ones today.");
    sizes("mail_reply_all", mails(), "bDear Petra,<c-j><c-j>we send you two new ones today.");
    roles("mail_reply_all_roles", mails(), (120, 40), "bDear Petra<s-tab><up>, bo<tab>");
    sizes("mail_wrong_address", mails(), "rDear Petra<s-tab><up><end>, bo<tab>");
    sizes("mail_offers", mails(), "rDear Petra<a-h>Om");
    sizes("mail_copies", mails(), "rDear Petra<a-h>karin@insurance.example<tab>ana@northwind.example<tab>");
    sizes("mail_reply_to", mails(), "jjrDear Mr Haddad");
    let many: Vec<String> = (1..=24).map(|n| format!("person{n}@customers.example")).collect();
    sizes("mail_many", mails(), &format!("rDear all<s-tab><up><c-u>{}<tab>", many.join(", ")));
    picture(
        "mail_many_asked",
        mails(),
        (80, 24),
        &format!("rDear all<s-tab><up><c-u>{}<c-s>", many.join(", ")),
    );
    picture("mail_doubts", mails(), (80, 24), "rThe invoice is attached.<s-tab><c-u><c-s>");
    picture("mail_draft", mails(), (80, 24), "bDear Petra<esc>");
}

#[test]
fn passing_on() {
    sizes("mail_forward", mails(), "FOmar<tab><tab><tab>Please look at it.");
    sizes("mail_forward_whole", mails(), "FOmar<tab><tab><tab><a-o>Please look at it.");
    let mut screen = Screen::new(mails(), 120, 40).keys("F");
    assert!(screen.asked.iter().any(|e| matches!(e, Effect::Perform { .. })), "{:?}", screen.asked);
    assert!(screen.text().contains("flicker.mp4 is being fetched"), "{}", screen.text());
}

#[test]
fn beginning() {
    picture("mail_new_account", mails(), (100, 24), "c");
    picture("mail_new_recipients", mails(), (100, 24), "c<enter>office@haddad.example, Pet");
    let mut world = mails();
    let mut fresh = matter(91, "Petra Lindqvist", "petra@lindqvist.example", "", 0, "");
    fresh.subject = None;
    fresh.last_inbound_at = None;
    world.rows[0] = fresh;
    world.messages.retain(|m| m.conversation.0 != 91);
    sizes("mail_new", world, "c<enter>petra@lindqvist.example<enter>Our winter sale<enter>Dear Petra,");
}
