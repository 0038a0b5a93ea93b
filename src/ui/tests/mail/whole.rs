//! Examples of mails that are written once more, and of those that are passed on whole.

use super::*;
use crate::ui::icons::Icons;

/// A message of ours that failed, which the desk shows below the others.
fn failed(d: &mut Desk, change: impl FnOnce(&mut MessageRow)) {
    let mut failed = mailed(11, Direction::Outbound, "support@acme.example", "courier@x.example", "");
    failed.delivery = Some(Delivery::Failed);
    failed.text = "please look".into();
    change(&mut failed);
    d.messages.push(failed);
    d.send(Msg::Changed);
}

/// Gives the failed message up, opens what became the draft, and asks for it to be sent.
fn again(d: &mut Desk) -> Vec<Action> {
    assert_eq!(actions(d.keys("x")), [Action::Discard { message: MessageId(11) }]);
    let ticket = d.model.tickets;
    d.done(ticket, Ok(Performed::default()));
    d.messages.pop();
    d.send(Msg::Changed);
    d.keys("r");
    actions(d.keys("<enter>"))
}

#[test]
fn what_was_passed_on_is_passed_on_again_with_its_files_whatever_its_subject() {
    for manner in [Manner::Forward, Manner::ForwardAttached] {
        let mut d = desk();
        failed(&mut d, |message| {
            message.kind = MessageKind::Forward;
            let file = passing::enclosed("bill.pdf");
            message.attachments = vec![passing::file(5, "bill.pdf", Some(&file.path), Fetch::No)];
            if let Some(mail) = &mut message.mail {
                mail.manner = Some(manner);
                mail.references = vec!["m9@x.example".into()];
                mail.subject = "For you".into();
            }
        });
        let sent = again(&mut d);
        let [Action::Reply { text, .. }] = sent.as_slice() else { panic!("{sent:?}") };
        // Not the newest mail: the one that was passed on before.
        let wanted = head(manner, 9, "courier@x.example", "", "For you");
        assert_eq!(text.mail.as_deref(), Some(&wanted));
        assert_eq!((text.text.as_str(), text.files.len()), ("please look", 1));
    }
}

#[test]
fn who_gets_a_copy_besides_those_who_follow_is_shown_kept_and_written_to() {
    let kept = MailHead {
        manner: Manner::ReplyAll,
        about: Some(MessageId(10)),
        more_cc: boxes("Eve <eve@x.example>, carl@c.example"),
        ..MailHead::default()
    };
    let stored = Written { text: "Hi".into(), files: Vec::new(), mail: Some(Box::new(kept.clone())) };
    let mut d = desk();
    let before = std::mem::replace(&mut d.context, Box::new(fixture::context));
    d.context = Box::new(move |id| Context { draft_reply: Some(stored.clone()), ..before(id) });
    d.send(Msg::Changed);
    d.keys("r");
    let text = d.text(120, 40);
    assert!(text.contains("Cc       carl@c.example, Eve <eve@x.example>"), "once each: {text}");
    // What was kept is kept as it was: those who follow still follow.
    let said = d.model.composer.as_ref().unwrap().written().mail.unwrap();
    assert_eq!(*said, kept);
    let to = format!("{ANNA}, Bob <bob@c.example>");
    let cc = "carl@c.example, Eve <eve@x.example>";
    let sent = mail("Hi", head(Manner::ReplyAll, 10, &to, cc, "Re: Broken lamp"));
    assert_eq!(actions(d.keys("<enter>")), std::slice::from_ref(&sent));
    // Also where it was not said which mail is answered: it is the newest.
    let nameless = MailHead { about: None, ..kept.clone() };
    let stored = Written { text: "Hi".into(), files: Vec::new(), mail: Some(Box::new(nameless)) };
    let mut d = desk();
    let before = std::mem::replace(&mut d.context, Box::new(fixture::context));
    d.context = Box::new(move |id| Context { draft_reply: Some(stored.clone()), ..before(id) });
    d.send(Msg::Changed);
    assert_eq!(actions(d.keys("r<enter>")), [sent]);
    // Said together with copies of one's own, all of them stand in the field.
    let mut head = crate::ui::composer::head::Head::default();
    head.restore(Some(&MailHead { cc: Some(boxes("a@x.example")), ..kept }));
    let said = head.said();
    assert_eq!(said.cc, Some(boxes("a@x.example, Eve <eve@x.example>, carl@c.example")));
    assert!(said.more_cc.is_empty());
}

#[test]
fn a_mail_is_passed_on_whole_instead_of_with_its_words_and_files() {
    let mut d = desk();
    d.messages[1].attachments = vec![
        passing::file(1, "bill.pdf", Some("files/1/1-bill.pdf"), Fetch::No),
        passing::file(2, "photo.pdf", None, Fetch::OnDemand),
    ];
    d.send(Msg::Changed);
    d.keys("F");
    d.keys("<a-o>");
    assert!(notice(&d).contains("still being copied"), "{}", notice(&d));
    let to = || AttachTo::Draft { conversation: id(1), mode: ComposeMode::Reply };
    d.send(Msg::Attached { to: to(), result: Ok(vec![passing::enclosed("bill.pdf")]), pasted: None });
    let ticket = d.model.tickets;
    d.done(ticket, Ok(Performed::default()));
    d.keys("courier@x.example<tab><tab>");
    d.keys("<a-o>");
    let text = d.text(120, 40);
    let icon = Icons::default().file();
    assert!(text.contains("PUBLIC forward as file to courier@x.example"), "{text}");
    assert!(text.contains(&format!("{icon} Broken lamp.eml  the whole mail")), "{text}");
    assert_eq!(notice(&d), "the mail goes along whole, with its files");
    assert!(!text.contains("bill.pdf  ") && !text.contains("being fetched"), "it is in the mail: {text}");
    let said = head(Manner::ForwardAttached, 10, "courier@x.example", "", "Fwd: Broken lamp");
    // The files are asked for again where its words go along after all.
    let out = d.keys("<a-o>");
    assert!(out.contains(&Effect::Enclose { to: to(), files: vec![AttachmentId(1)] }), "{out:?}");
    d.send(Msg::Attached { to: to(), result: Ok(vec![passing::enclosed("bill.pdf")]), pasted: None });
    d.keys("<a-o>");
    assert_eq!(actions(d.keys("Siehe Anhang<enter>")), [mail("Siehe Anhang", said)], "nothing to ask about");
}

#[test]
fn where_no_mail_is_kept_as_it_came_the_reason_is_told() {
    let mut d = desk();
    let before = std::mem::replace(&mut d.context, Box::new(fixture::context));
    d.context = Box::new(move |id| {
        let mut context = before(id);
        if let Some(caps) = &mut context.account.capabilities {
            caps.channels[0].originals = false;
        }
        context
    });
    d.send(Msg::Changed);
    d.keys("F<tab><tab><a-o>");
    let said = notice(&d);
    assert!(said.contains("not the mails as they came: forward it with its words instead"), "{said}");
    assert!(d.text(120, 40).contains("PUBLIC forward to nobody yet"));
    // An answer is nothing to pass on.
    let mut d = desk();
    d.keys("r<a-o>");
    assert!(notice(&d).contains("no mail is passed on here"), "{}", notice(&d));
}

#[test]
fn the_key_for_the_whole_mail_is_led_to_wherever_the_keys_go() {
    // What was just said has the place of some of them.
    let hints = |d: &mut Desk| {
        d.model.notice = None;
        d.text(120, 40);
        d.hints()
    };
    let mut d = desk();
    d.keys("F");
    assert!(hints(&mut d).contains(&"as a file"), "in the head: {:?}", d.hints());
    d.keys("<a-o>");
    assert!(hints(&mut d).contains(&"with its words"), "{:?}", d.hints());
    d.keys("<tab><tab>");
    assert!(hints(&mut d).contains(&"with its words"), "in the words: {:?}", d.hints());
    d.keys("<a-o>");
    assert!(hints(&mut d).contains(&"as a file"), "{:?}", d.hints());
    d.keys("<esc>r");
    assert!(!hints(&mut d).contains(&"as a file"), "{:?}", d.hints());
}
