//! Examples of mails that are passed on and begun, of files that are not here yet, of what is asked first, and of what is folded.

use super::*;
use crate::ui::overlay::Overlay;

pub(super) fn file(id: i64, name: &str, path: Option<&str>, fetch: Fetch) -> AttachmentRow {
    AttachmentRow {
        id: AttachmentId(id),
        name: name.into(),
        mime: Some("application/pdf".into()),
        size: Some(80_000),
        caption: None,
        path: path.map(str::to_owned),
        error: None,
        fetch,
    }
}

pub(super) fn enclosed(name: &str) -> Enclosure {
    let path = format!("files/own/{}/{name}", "0123456789abcdef".repeat(4));
    Enclosure { name: name.into(), mime: "application/pdf".into(), size: 80_000, path }
}

#[test]
fn a_mail_is_passed_on_with_its_files_also_those_that_are_not_here_yet() {
    let mut d = desk();
    d.messages[1].attachments = vec![
        file(1, "bill.pdf", Some("files/1/1-bill.pdf"), Fetch::No),
        file(2, "photo.pdf", None, Fetch::OnDemand),
    ];
    d.send(Msg::Changed);
    let to = || AttachTo::Draft { conversation: id(1), mode: ComposeMode::Reply };
    let out = d.keys("F");
    assert_eq!(
        out,
        [
            Effect::Perform { ticket: 1, action: Action::Fetch { attachment: AttachmentId(2) } },
            Effect::Enclose { to: to(), files: vec![AttachmentId(1)] },
        ]
    );
    let text = d.text(120, 40);
    assert!(text.contains("PUBLIC forward to nobody yet by E-mail"), "{text}");
    assert!(text.contains("Subject  Fwd: Broken lamp"), "{text}");
    assert!(text.contains("… photo.pdf is being fetched"), "{text}");
    assert!(text.contains("⋯ below: Anna de Vries, today 13:42"), "{text}");
    d.send(Msg::Attached { to: to(), result: Ok(vec![enclosed("bill.pdf")]), pasted: None });
    d.done(1, Ok(Performed::default()));
    d.keys("courier@x.example");
    assert_eq!(actions(d.keys("<c-s>")), []);
    assert!(notice(&d).contains("photo.pdf is still being fetched"), "{}", notice(&d));
    // Once it is here it goes along by itself.
    d.loads.clear();
    d.send(Msg::Changed);
    assert!(d.loads.contains(&Need::Files { files: vec![AttachmentId(2)] }));
    d.out.clear();
    let rows = vec![file(2, "photo.pdf", Some("files/1/2-photo.pdf"), Fetch::No)];
    d.send(Msg::Loaded(Box::new(Loaded::Files(rows))));
    assert_eq!(d.out, [Effect::Enclose { to: to(), files: vec![AttachmentId(2)] }]);
    d.send(Msg::Attached { to: to(), result: Ok(vec![enclosed("photo.pdf")]), pasted: None });
    let text = Written {
        text: String::new(),
        files: vec![enclosed("bill.pdf"), enclosed("photo.pdf")],
        mail: Some(Box::new(head(Manner::Forward, 10, "courier@x.example", "", "Fwd: Broken lamp"))),
    };
    let sent = Action::Reply { conversation: id(1), text, undo_ms: 5_000, at: None };
    assert_eq!(actions(d.keys("<c-s>")), [sent], "no words of its own are needed");
}

#[test]
fn what_is_begun_for_one_reader_never_goes_to_another_by_a_key() {
    let mut d = desk();
    d.keys("Fcourier@x.example<tab><tab>look<esc>r");
    assert!(notice(&d).starts_with("a forward is begun here"), "{}", notice(&d));
    assert!(d.text(120, 40).contains("forward to courier@x.example"));
    let mut d = desk();
    d.keys("rDear Anna<esc>F");
    assert!(notice(&d).starts_with("an answer is begun here"), "{}", notice(&d));
    assert!(d.text(120, 40).contains("PUBLIC to Anna de Vries"));
    // From an answer to one to all nothing is lost.
    d.keys("<esc>b");
    let text = d.text(120, 40);
    assert!(text.contains("to all: Anna de Vries, Bob") && text.contains("Dear Anna"), "{text}");
    // What was only opened is nothing begun.
    let mut d = desk();
    d.messages[1].attachments = vec![file(1, "bill.pdf", Some("files/1/1-bill.pdf"), Fetch::No)];
    d.send(Msg::Changed);
    d.keys("F");
    let to = AttachTo::Draft { conversation: id(1), mode: ComposeMode::Reply };
    d.send(Msg::Attached { to, result: Ok(vec![enclosed("bill.pdf")]), pasted: None });
    assert_eq!(actions(d.keys("<esc>")), []);
    d.keys("r");
    assert!(d.text(120, 40).contains("PUBLIC to Anna de Vries by E-mail"));
    assert!(d.model.composer.as_ref().unwrap().files.is_empty());
}

#[test]
fn a_file_that_is_not_here_is_fetched_and_gone_on_with() {
    let open = Effect::OpenAttachment(AttachmentId(2));
    let fetch = |ticket| Effect::Perform { ticket, action: Action::Fetch { attachment: AttachmentId(2) } };
    let here = || file(2, "photo.pdf", Some("x"), Fetch::No);
    let desk = || {
        let mut d = desk();
        d.messages[1].attachments = vec![file(2, "photo.pdf", None, Fetch::OnDemand)];
        d.messages[1].revision = 2;
        d.send(Msg::Changed);
        d.keys("<enter>");
        d
    };
    let mut d = desk();
    assert!(d.text(120, 40).contains("↓ fetched when opened"));
    assert_eq!(d.keys("o"), [fetch(1)]);
    assert_eq!(notice(&d), "photo.pdf is being fetched");
    d.done(1, Ok(Performed::default()));
    d.send(Msg::Loaded(Box::new(Loaded::Files(vec![file(2, "photo.pdf", None, Fetch::Due)]))));
    assert_eq!(d.out, [], "it is still on its way");
    d.send(Msg::Loaded(Box::new(Loaded::Files(vec![here()]))));
    assert_eq!(d.out, [open]);
    d.out.clear();
    d.send(Msg::Loaded(Box::new(Loaded::Files(vec![here()]))));
    assert_eq!(d.out, [], "once");
    // Who has gone elsewhere is told, and nothing opens.
    let mut d = desk();
    d.keys("o<esc>j");
    d.out.clear();
    d.send(Msg::Loaded(Box::new(Loaded::Files(vec![here()]))));
    assert_eq!((d.out.len(), notice(&d).as_str()), (0, "photo.pdf is here now"));
    // Saving asks where first.
    let mut d = desk();
    assert_eq!(d.keys("w/tmp/x.pdf<enter>"), [fetch(1)]);
    d.out.clear();
    d.send(Msg::Loaded(Box::new(Loaded::Files(vec![here()]))));
    assert_eq!(d.out, [Effect::SaveAttachment { id: AttachmentId(2), to: Some("/tmp/x.pdf".into()) }]);
    // What cannot be had is told.
    let mut d = desk();
    d.keys("o");
    let gone = AttachmentRow { error: Some("it is gone".into()), ..file(2, "photo.pdf", None, Fetch::No) };
    d.send(Msg::Loaded(Box::new(Loaded::Files(vec![gone]))));
    assert_eq!(notice(&d), "photo.pdf could not be fetched: it is gone");
    let mut d = desk();
    d.keys("o");
    d.done(1, Err("no such file".into()));
    assert_eq!((notice(&d).as_str(), d.model.wanted.len()), ("no such file", 0));
}

#[test]
fn what_looks_forgotten_is_asked_about_once() {
    let ask = |keys: &str| {
        let mut d = desk();
        let out = actions(d.keys(keys));
        let asked = d.text(120, 40);
        let sent = actions(d.keys("y"));
        (out.len(), asked, sent.len())
    };
    let (before, text, after) = ask("rHi<s-tab><c-u><c-s>");
    assert!(text.contains("The mail has no subject."), "{text}");
    assert_eq!((before, after), (0, 1));
    let (before, text, after) = ask("rDie Rechnung ist im Anhang.<enter>");
    assert!(text.contains("“Anhang” stands in it, but no file goes along."), "{text}");
    assert_eq!((before, after), (0, 1));
    let many: Vec<String> = (0..11).map(|n| format!("person{n}@x.example")).collect();
    let (before, text, after) = ask(&format!("rHi<s-tab><s-tab><c-u>{}<c-s>", many.join(", ")));
    assert!(text.contains("It goes to 11 people: person0@x.example,"), "{text}");
    assert!(text.contains("person10@x.example"), "to the last: {text}");
    assert_eq!((before, after), (0, 1));
    let few: Vec<String> = (0..10).map(|n| format!("person{n}@x.example")).collect();
    let (before, ..) = ask(&format!("rHi<s-tab><s-tab><c-u>{}<c-s>", few.join(", ")));
    assert_eq!(before, 1);
}

#[test]
fn a_mail_is_begun_to_one_or_to_several() {
    let desk = || {
        let mut d = desk();
        d.model.sidebar.accounts = vec![(d.context)(1).account];
        d.model.sidebar.accounts[0].capabilities.as_mut().unwrap().channels[0].start = true;
        d
    };
    let begin = |to: &str| Action::Begin { account: AccountId(1), channel: Channel::Email, to: to.into() };
    let opened = || Performed { conversation: Some(id(2)), changed: true, ..Performed::default() };
    let mut d = desk();
    assert_eq!(actions(d.keys("c<enter>anna@c.example<enter>")), [begin("anna@c.example")]);
    // The new conversation has nothing in it.
    d.messages.clear();
    d.rows[1].subject = None;
    d.done(1, Ok(opened()));
    let text = d.text(120, 40);
    assert!(text.contains("To       Anna de Vries <anna@c.example>"), "{text}");
    let out = actions(d.keys("Our offer<enter>Dear Anna<enter>"));
    let said = MailHead { about: None, ..head(Manner::New, 0, ANNA, "", "Our offer") };
    let written = Written { text: "Dear Anna".into(), files: Vec::new(), mail: Some(Box::new(said)) };
    let sent = Action::Reply { conversation: id(2), text: written, undo_ms: 5_000, at: None };
    assert_eq!(out, [sent]);
    // Several: the last one is completed, the conversation is with the first.
    let mut d = desk();
    d.keys("c<enter>x@y.example, ev");
    d.send(found("ev", &[("Eve Long", "eve@x.example")]));
    assert_eq!(actions(d.keys("<enter>")), [begin("x@y.example")]);
    d.messages.clear();
    d.done(1, Ok(opened()));
    let text = d.text(120, 40);
    assert!(text.contains("to x@y.example, Eve Long by E-mail"), "{text}");
    let mut d = desk();
    assert_eq!(actions(d.keys("c<enter>a@b.example; c@d.example<enter>")), [begin("a@b.example")]);
    // Left at once, nothing was begun.
    let mut d = desk();
    d.keys("c<enter>anna@c.example<enter>");
    d.messages.clear();
    d.done(1, Ok(opened()));
    assert!(actions(d.keys("<esc>")).contains(&Action::Abandon { conversation: id(2) }));
}

#[test]
fn words_that_go_to_another_channel_leave_the_head_behind() {
    use crate::domain::reach::Way;
    let mut d = desk();
    d.keys("rso sorry<s-tab>x<a-c>");
    let way = Way {
        account: AccountId(1),
        account_name: "hotline".into(),
        channel: Channel::Sms,
        to: "+31612345678".into(),
        conversation: Some(id(3)),
        last_inbound_at: None,
        last_message_at: None,
        window_left: None,
        preferred: false,
        why_not: None,
    };
    d.rows[2] = fixture::conversation(3);
    d.send(Msg::Loaded(Box::new(Loaded::Ways { conversation: id(1), ways: vec![way] })));
    let out = actions(d.keys("<enter>"));
    let kept = out.iter().find_map(|action| match action {
        Action::Draft { conversation, text, .. } if *conversation == id(3) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(kept, Some("so sorry".into()));
}

#[test]
fn a_mail_is_folded_and_unfolded_by_a_key() {
    let mut d = desk();
    d.keys("<enter>");
    let text = d.text(120, 40);
    assert!(text.contains("⋯ 2 quoted lines") && text.contains("⋯ signature"), "{text}");
    assert!(!text.contains("What is wrong?"), "{text}");
    assert!(text.contains("to us, Bob · Cc carl@c.example, us"), "{text}");
    assert!(d.hints().contains(&"unfold"), "{:?}", d.hints());
    d.keys("v");
    let text = d.text(120, 40);
    assert!(text.contains("> What is wrong?") && text.contains("Cc: carl@c.example"), "{text}");
    assert_eq!(text.matches("What is wrong?").count(), 1, "only this one: {text}");
    d.keys("v");
    assert!(!d.text(120, 40).contains("What is wrong?"));
    // What was looked for is never folded away.
    let mut d = desk();
    d.keys("/wrong");
    let hit = SearchHit {
        conversation: id(2),
        message: MessageId(10),
        channel: Channel::Email,
        contact: crate::domain::ids::ContactId(2),
        contact_name: "Anna".into(),
        direction: Direction::Inbound,
        sent_at: NOW,
        text: "What is wrong?".into(),
    };
    let terms = vec![crate::text::index::Term::Prefix("wrong".into())];
    let found = Found { hits: vec![hit], terms, ..Found::default() };
    let ticket = d.loads.iter().rev().find_map(|n| match n {
        Need::Search { ticket, .. } => Some(*ticket),
        _ => None,
    });
    d.send(Msg::Loaded(Box::new(Loaded::Search { ticket: ticket.unwrap(), found })));
    d.keys("<enter>");
    assert!(d.text(120, 40).contains("> What is wrong?"), "{}", d.text(120, 40));
}

#[test]
fn machines_and_matters_are_told_apart() {
    let mut d = desk();
    for (message, kind) in d.messages.iter_mut().zip([MessageKind::AutoReply, MessageKind::Bounce]) {
        (message.kind, message.revision) = (kind, 2);
    }
    d.rows[0].preview = "It does not light up.".into();
    d.rows[1].subject = Some("Invoice 7".into());
    d.send(Msg::Changed);
    d.keys("<enter>");
    let text = d.text(120, 40);
    assert!(text.contains("· answering machine") && text.contains("· could not be delivered"), "{text}");
    assert!(
        text.contains("Broken lamp · It does not") && text.contains("Invoice 7 · message of 2"),
        "{text}"
    );
    // Neither is answered by itself; under the cursor it is.
    d.keys("<esc>r");
    assert!(d.text(120, 40).contains("To       Anna de Vries <anna@c.example>"));
    let commands = ["compose.reply-all", "compose.forward"];
    let mut plain = Desk::new();
    for id in commands {
        plain.model.run(crate::ui::command::find(id).unwrap());
        assert!(notice(&plain).contains("this conversation is not by e-mail"), "{}", notice(&plain));
    }
}

#[test]
fn who_is_not_seen_above_the_text_is_told_before_it_goes() {
    let mut d = desk();
    let few: Vec<String> =
        (0..9).map(|n| format!("a.rather.long.name.of.person{n}@department.example")).collect();
    d.keys(&format!("rHi<s-tab><s-tab><c-u>{}<tab><tab>", few.join(", ")));
    let small = d.text(80, 24);
    assert!(small.contains("+17 lines"), "{small}");
    // Before the screen is large again.
    let effects = update(&mut d.model, Msg::Key(keys("<c-s>").unwrap()[0]));
    assert_eq!(actions(effects), []);
    assert!(matches!(d.model.overlays.last(), Some(Overlay::Doubts(_))));
    let asked = d.text(80, 24);
    for one in &few {
        assert!(asked.replace(['\n', '│', '"', ' '], "").contains(one.as_str()), "{one}: {asked}");
    }
}

#[test]
fn an_answer_that_does_not_go_to_the_customer_says_so() {
    let mut d = desk();
    d.keys("rHi");
    assert!(!d.text(120, 40).contains("whose conversation this is"));
    // Somebody else has written as well.
    let mut d = desk();
    d.keys("<enter>krHi");
    let text = d.text(120, 40);
    assert!(text.contains("! does not go to Anna de Vries, whose conversation this is"), "{text}");
}

#[test]
fn html_from_the_shell_stays_html_when_it_is_edited() {
    let mut d = desk();
    d.keys("rHi");
    let composer = d.model.composer.as_mut().unwrap();
    let mail =
        Some(Box::new(MailHead { html: true, ..head(Manner::Reply, 10, ANNA, "", "Re: Broken lamp") }));
    composer.rewrite(Written { text: "<b>Hi</b>".into(), files: Vec::new(), mail }, NOW);
    d.keys("<left>");
    let text = d.text(120, 40);
    assert!(text.contains("the words are HTML, as they were given"), "{text}");
    let sent = actions(d.keys("<c-s>"));
    let [Action::Reply { text, .. }] = sent.as_slice() else { panic!("{sent:?}") };
    assert!(text.mail.as_ref().unwrap().html);
}
