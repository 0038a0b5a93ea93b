//! Pictures of the screen, as text and as roles: what an agent sees.

pub mod mails;
pub mod matrix;
pub mod screen;
pub mod setup;
pub mod trouble;
pub mod views;
pub mod world;

use frontdesk::domain::account::{Channel, Health};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::ids::{AccountId, ConversationId};
use frontdesk::domain::message::{AuthorKind, Direction};
use frontdesk::domain::reach::Way;
use screen::Screen;
use world::{MIN, World, account, conversation};

/// A state of the desk at the three sizes.
fn sizes(name: &str, world: World, keys: &str) {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut screen = Screen::new(world.clone(), width, height).keys(keys);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen.text());
    }
}

/// One picture.
fn picture(name: &str, world: World, (width, height): (u16, u16), keys: &str) {
    insta::assert_snapshot!(name, Screen::new(world, width, height).keys(keys).text());
}

/// What every cell means: a letter per role, and shades for grounds.
fn roles(name: &str, world: World, (width, height): (u16, u16), keys: &str) {
    insta::assert_snapshot!(name, Screen::new(world, width, height).keys(keys).roles());
}

#[test]
fn empty() {
    sizes("empty", World::empty(), "");
}

#[test]
fn busy() {
    sizes("busy", World::busy(), "");
}

#[test]
fn failing() {
    sizes("failing", World::failing(), "j<enter>");
}

#[test]
fn offline() {
    sizes("offline", World::offline(), "");
}

/// Times for answers: in rows, in the head, above, and as a view.
#[test]
fn due() {
    sizes("due", World::busy().with_due(), "");
    roles("due_roles", World::busy().with_due(), (120, 40), "");
    picture("overdue_80x24", World::busy().with_due(), (80, 24), "gd");
    picture("overdue_120x40", World::busy().with_due(), (120, 40), "gd<enter>");
}

#[test]
fn nothing_is_mine() {
    let mut world = World::busy();
    world.rows[0].assignee = None;
    sizes("mine", world, "gm");
}

#[test]
fn nameless() {
    let mut world = World::busy();
    world.rows[0].contact_name = world.rows[0].theirs.clone();
    world
        .messages
        .iter_mut()
        .for_each(|m| m.author_name = m.author_name.take().filter(|n| n != "Anna de Vries"));
    sizes("nameless", world, "");
}

/// One customer, and two of our numbers.
#[test]
fn two_numbers() {
    let mut world = World::busy();
    world.accounts.push(account(4, "support", "twilio", Channel::Sms, Health::Ok));
    let mut again = conversation(31, "Bob Chen", Channel::Sms, "support", 13 * MIN, "And my invoice?");
    again.account = AccountId(4);
    world.rows.insert(2, again);
    sizes("two_numbers", world, "jj");
}

/// Reasons are read to their end.
#[test]
fn a_file_that_could_not_be_fetched() {
    let mut world = World::busy();
    let file = world.messages.iter_mut().flat_map(|m| &mut m.attachments).next().unwrap();
    file.path = None;
    file.error = Some(
        "the server at media.example.com says 404: it has been deleted, or the address has ended; ask for it again".into(),
    );
    picture("file_failed_80x24", world, (80, 24), "<enter>");
}

#[test]
fn narrow() {
    picture("narrow_list", World::busy(), (60, 20), "");
    picture("narrow_thread", World::busy(), (60, 20), "<enter>");
    picture("narrow_views", World::busy(), (60, 20), "h");
    picture("tiny", World::busy(), (30, 5), "");
}

#[test]
fn composing() {
    picture("compose_public", World::busy(), (80, 24), "rI am looking into it,<c-j>one moment please.");
    picture("compose_note", World::busy(), (80, 24), "nShe is cross.");
    picture("compose_refused", World::busy(), (120, 26), "jjrhello \u{201c}there\u{201d} \u{2013} x");
    picture("compose_segments", World::busy(), (120, 26), "jrGood morning");
    picture("compose_draft", World::busy(), (80, 24), "jjj<enter>");
    picture("compose_closed", World::busy(), (80, 24), "jj");
}

/// How an answer will look, and what a thread makes of marks.
#[test]
fn formatting() {
    let mut world = World::busy();
    world.messages[3].text =
        "*Where* is my _order_ #1234?\n- it should have come ~Thursday~ Friday\n> `NL-1234`".into();
    let typed = "rDear Anna,<c-j>your parcel is *on its way* and _should_ be with you ~today~ tomorrow:<c-j>- `NL-1234`";
    for (name, size) in [("80x24", (80, 24)), ("120x40", (120, 40)), ("200x50", (200, 50))] {
        picture(&format!("formatting_thread_{name}"), world.clone(), size, "<enter>");
        picture(&format!("formatting_preview_{name}"), world.clone(), size, &format!("{typed}<a-p>"));
    }
    roles("formatting_preview_roles", world.clone(), (120, 40), &format!("{typed}<a-p>"));
    picture("formatting_said", world.clone(), (80, 24), typed);
    picture("formatting_lost", world.clone(), (80, 24), "jr*Hello*");
    picture("formatting_blank", world.clone(), (80, 24), "jjjjr");
    let long = "jrDear Bob, thank you for your patience: our courier tells us that the refund of \u{20ac} 49 left this morning, \u{2013} you will have it by Friday.";
    picture("formatting_parts_80x24", world.clone(), (80, 24), &format!("{long}<a-p>"));
    picture("formatting_parts_120x40", world, (120, 40), &format!("{long}<a-p>"));
}

#[test]
fn above_the_panes() {
    picture("palette", World::busy(), (120, 30), ":reso");
    picture("palette_reasons", World::busy(), (80, 24), ":was sent");
    picture("search", World::busy(), (120, 30), "/order");
    picture("search_empty", World::busy(), (80, 24), "/");
    picture("search_unclear", World::busy(), (80, 24), "/order has:att");
    picture("search_minus", World::busy(), (80, 24), "/order -");
    picture("search_insists", World::busy(), (80, 24), "/chan:sms<enter>");
    picture("quick_replies", World::busy(), (120, 30), ";");
    picture("assign", World::busy(), (80, 24), "a");
    picture("priority", World::busy(), (80, 24), "p");
    picture("labels", World::busy(), (80, 24), "L");
    picture("labels_refused", World::busy(), (80, 24), "Lvip,billing");
    picture("qualify", World::busy(), (80, 24), "Q");
    picture("disqualify", World::busy(), (80, 24), "Qdis<enter>a robot");
    picture("confirm", World::busy(), (80, 24), "t");
    picture("help", World::busy(), (100, 40), "?");
    picture("themes", World::busy(), (80, 24), ":theme…<enter>");
    picture("tour", World::busy(), (80, 24), ":tour<enter>");
    picture("page", World::busy(), (80, 24), ":help search<enter>");
    picture("pages", World::busy(), (80, 24), ":help pages<enter>");
    picture("status", World::offline(), (100, 30), "!");
    picture("outbox", World::failing(), (80, 24), "O");
    picture("delivery", World::failing(), (80, 24), "j<enter>d");
    picture("chord", World::busy(), (120, 10), "g");
}

/// Setup: the accounts, one of them, and each step in which one is added.
#[test]
fn setting_up() {
    let steps =
        "a/twilio<enter><enter>sales<enter>AC00000000000000000000000000000001<enter>+15557122661<enter>";
    for (width, height) in [(80, 24), (120, 40)] {
        let size = |name: &str| format!("setup_{name}_{width}x{height}");
        picture(&size("first"), World::empty(), (width, height), "gc");
        picture(&size("channels"), World::offline(), (width, height), "gcj");
        picture(&size("channel"), World::busy(), (width, height), "gc<enter>j");
        picture(&size("provider"), World::busy(), (width, height), "gca");
        picture(
            &size("setting"),
            World::busy(),
            (width, height),
            "gca/twilio<enter><enter>sales<enter>AC1<enter>",
        );
        picture(&size("secret"), World::busy(), (width, height), &format!("gc{steps}<c-s>hunter2"));
        picture(&size("summary"), World::busy(), (width, height), &format!("gc{steps}<c-s>hunter2<c-s>"));
        picture(
            &size("written"),
            World::busy(),
            (width, height),
            &format!("gc{steps}<c-s>hunter2<c-s><enter>"),
        );
    }
    let failing = "gca/twilio<enter><enter>sales<enter>AC1<enter>";
    roles("setup_setting_roles", World::busy(), (80, 24), failing);
    picture("setup_narrow", World::busy(), (50, 16), "gc");
}

/// Setup: what is listed in each section, and what is typed or pressed there.
#[test]
fn setting_up_the_desk() {
    let sections =
        ["quick_replies", "labels", "agents", "sla", "macros", "searches", "fields", "keys", "theme"];
    for (at, section) in sections.into_iter().enumerate() {
        let keys = format!("gc<tab>{}<enter>", "j".repeat(at + 1));
        sizes(&format!("setup_{section}"), World::busy(), &keys);
    }
    for (name, keys) in [
        ("label_rename", "jj<enter><enter>urgent"),
        ("label_remove", "jj<enter>x"),
        ("agent_edit", "jjj<enter>j<enter><down>no address"),
        ("macro_edit", "jjjj<enter><enter><down><down><down>lable +x"),
        ("macro_add", "jjjj<enter>arich<enter>e<down>"),
        ("search_edit", "jjjjj<enter><enter><down><c-u>stat:open"),
        ("field_add", "jjjjjj<enter>acountry<enter>"),
        ("key_find", "jjjjjjj<enter>/resolve<enter>"),
        ("key_press", "jjjjjjj<enter>/resolve<enter><enter>x"),
        ("key_taken", "jjjjjjj<enter>/resolve<enter><enter>r<enter>"),
    ] {
        picture(&format!("setup_{name}_80x24"), World::busy(), (80, 24), &format!("gc<tab>{keys}"));
    }
}

#[test]
fn a_search_hit_in_its_thread() {
    roles("hit_roles", World::busy(), (100, 24), "/courier<enter>");
    roles("search_again_roles", World::busy(), (80, 12), "/order<esc>/");
}

#[test]
fn meaning_of_cells() {
    roles("busy_roles", World::busy(), (120, 40), "<enter>");
    roles("failing_roles", World::failing(), (120, 40), "j<enter>");
    roles("note_roles", World::busy(), (80, 24), "nx");
}

#[test]
fn answering() {
    picture("question", World::busy(), (80, 24), "r/late<tab>3S");
    picture("manage_quick_replies", World::busy(), (100, 30), ":manage<enter>j");
    picture("doubts", World::busy(), (80, 24), "r4111 1111 1111 1111 {{x}}<enter>");
    picture("emoji", World::busy(), (80, 24), "r:smi<tab>");
    picture("variants", World::busy(), (100, 24), "r/<tab>");
}

/// Two files that go along and one that cannot, with the reason.
#[test]
fn attaching() {
    let mut world = World::busy();
    matrix::limit_files(&mut world);
    let keys = "rHere is all of it.<a-a>par<enter><a-a>Ter<enter><a-a>unb<enter>";
    sizes("attached", world.clone(), keys);
    roles("attached_roles", world.clone(), (80, 24), keys);
    sizes("attach", world.clone(), "rLook<a-a>");
    picture("detach", world, (80, 24), &format!("{keys}<a-k>"));
}

#[test]
fn sending_otherwise() {
    picture("later", World::busy(), (80, 24), "rSee you<a-l>");
    picture("send_and_snooze", World::busy(), (80, 24), "rSee you<a-s>");
    picture("new_account", World::busy(), (100, 24), "c");
    picture("new_recipient", World::busy(), (100, 24), "c<enter>Bo");
    let mut world = World::busy();
    let way = |account: &str, channel, conversation: Option<i64>, why: Option<&str>| Way {
        account: AccountId(2),
        account_name: account.into(),
        channel,
        to: "+31612345678".into(),
        conversation: conversation.map(ConversationId),
        last_inbound_at: conversation.map(|_| world::NOW - 50 * MIN),
        last_message_at: conversation.map(|_| world::NOW - 50 * MIN),
        window_left: None,
        preferred: conversation.is_some(),
        why_not: why.map(Into::into),
    };
    world.ways = vec![
        way("hotline", Channel::Sms, Some(2), None),
        way("support", Channel::Sms, None, None),
        way(
            "mail",
            Channel::Email,
            None,
            Some("the account \u{201c}mail\u{201d} cannot send on this channel"),
        ),
    ];
    picture("ways", world.clone(), (100, 24), "rSo sorry<a-c>");
    let last = world.messages.iter_mut().rev().find(|m| m.conversation == ConversationId(1));
    let message = last.unwrap();
    message.direction = Direction::Outbound;
    message.author = AuthorKind::Agent;
    message.author_name = Some("Ana Sousa".into());
    message.delivery = Some(Delivery::Queued);
    message.due_at = Some(world::NOW + 18 * 60 * MIN);
    message.scheduled = true;
    picture("scheduled", world, (100, 24), "<enter>");
}
