//! Examples of writing: nothing typed is lost, nothing goes to anybody else.

use super::*;

#[test]
fn a_reply_goes_where_it_was_begun() {
    let mut desk = Desk::new();
    let sent = desk.keys("jrhello<enter>");
    assert_eq!(actions(sent), [reply(2, "hello")]);
    // The list has turned upside down meanwhile; the words still belong to the second customer.
    let mut desk = Desk::new();
    desk.keys("jr");
    desk.rows.reverse();
    desk.rows.remove(1);
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("hello<enter>")), [reply(2, "hello")]);
}

#[test]
fn words_go_only_when_they_are_stored() {
    let mut desk = Desk::new();
    desk.keys("rhello<enter>");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
    desk.done(1, Err("the disk is full".into()));
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("the disk is full"));
    assert_eq!(actions(desk.keys("<enter>")), [reply(1, "hello")]);
    desk.done(2, Ok(Performed { message: Some(MessageId(77)), ..Performed::default() }));
    assert!(desk.model.composer.is_none());
    assert_eq!(desk.model.focus(), Focus::Thread);
}

#[test]
fn enter_twice_sends_once_and_later_words_stay() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys("rhello<enter><enter>")).len(), 1);
    desk.keys("<c-j>and more");
    desk.done(1, Ok(Performed::default()));
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "and more");
}

#[test]
fn a_send_that_fails_after_leaving_keeps_the_words_as_draft() {
    let mut desk = Desk::new();
    desk.keys("rhello<enter><esc><esc>j");
    desk.out.clear();
    desk.done(1, Err("refused".into()));
    let draft = Action::Draft { conversation: id(1), mode: ComposeMode::Reply, text: "hello".into() };
    assert_eq!(actions(std::mem::take(&mut desk.out)), [draft]);
    desk.keys("kr");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
}

#[test]
fn a_paste_never_sends_and_is_made_harmless() {
    let mut desk = Desk::new();
    desk.keys("r");
    desk.send(Msg::Paste("one\ntwo\x1b[31m\u{202e}\r\n".into()));
    assert_eq!(desk.out, []);
    assert_eq!(actions(desk.keys("<enter>")), [reply(1, "one\ntwo\n")]);
}

#[test]
fn drafts_are_kept_while_typing_and_at_leaving() {
    let mut desk = Desk::new();
    assert_eq!(desk.keys("rhel"), [Effect::Typing { conversation: id(1), on: true }]);
    assert_eq!(wake_at(&desk.model), Some(NOW + 300));
    desk.send(Msg::Tick(NOW + 299));
    assert_eq!(desk.out, []);
    desk.send(Msg::Tick(NOW + 300));
    let draft =
        |text: &str| Action::Draft { conversation: id(1), mode: ComposeMode::Reply, text: text.into() };
    assert_eq!(actions(std::mem::take(&mut desk.out)), [draft("hel")]);
    let left = desk.keys("lo<esc>");
    assert_eq!(
        left,
        [
            Effect::Perform { ticket: 2, action: draft("hello") },
            Effect::Typing { conversation: id(1), on: false }
        ]
    );
    assert_eq!(actions(desk.keys("r<c-q>")), [], "nothing new to keep");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
}

#[test]
fn a_stored_draft_comes_back() {
    let mut desk = Desk::with(|d| {
        d.context = Box::new(|n| Context { draft_reply: Some("half a".into()), ..fixture::context(n) });
    });
    assert_eq!(actions(desk.keys("r word<enter>")), [reply(1, "half a word")]);
}

#[test]
fn bare_letters_are_typed_while_composing() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys("rejEmq;/:?<esc>")).len(), 1);
    assert_eq!(desk.model.drafts.values().next().unwrap().text, "ejEmq;/:?");
}

#[test]
fn why_nothing_can_be_sent_is_said_and_the_words_stay() {
    let mut desk = Desk::with(|d| {
        d.context = Box::new(|n| {
            let consent = ConsentRow { state: ConsentState::OptedOut, at: NOW, said: "STOP".into() };
            Context { consent: Some(consent), ..fixture::context(n) }
        });
    });
    assert_eq!(actions(desk.keys("rhello<enter>")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("opted out"));
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
}

#[test]
fn a_colleagues_answer_is_shown_before_a_second_one_goes() {
    let mut desk = Desk::new();
    desk.keys("rhello");
    let mut other = fixture::message(11, Direction::Outbound, "done");
    other.author_name = Some("Tom Baker".into());
    desk.messages.push(other);
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("<enter>")), []);
    let text = desk.text(120, 40);
    assert!(text.contains("Tom Baker has answered since you began: “done”"), "{text}");
    // What has come up while the question stood there is asked about too.
    let mut again = fixture::message(12, Direction::Outbound, "not quite");
    again.author_name = Some("Eva Smit".into());
    desk.messages[1] = again;
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("y")), []);
    assert!(desk.text(120, 40).contains("“not quite”"));
    assert_eq!(actions(desk.keys("y")), [reply(1, "hello")]);
}

#[test]
fn a_send_can_be_taken_back_and_its_words_are_the_draft_again() {
    let mut desk = Desk::new();
    desk.keys("rhello<enter>");
    desk.done(1, Ok(Performed { message: Some(MessageId(77)), ..Performed::default() }));
    assert_eq!(actions(desk.keys("u")), [Action::Cancel { message: MessageId(77) }]);
    desk.done(2, Ok(Performed::default()));
    desk.keys("r");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");

    let mut desk = Desk::new();
    desk.keys("rhello<enter>");
    desk.done(1, Ok(Performed { message: Some(MessageId(77)), ..Performed::default() }));
    desk.send(Msg::Tick(NOW + 5_000));
    assert_eq!(actions(desk.keys("u")), [], "it has left");
}

#[test]
fn quick_replies_are_filled_in_at_the_cursor_and_counted() {
    let mut desk = Desk::new();
    desk.send(Msg::Loaded(Box::new(Loaded::QuickReplies(vec![QuickReplyRow {
        id: QuickReplyId(5),
        reply: QuickReply {
            shortcut: "hi".into(),
            title: "Greeting".into(),
            body: "Hi {{contact.name}}, {{agent.first_name}} here.".into(),
            channel: None,
            language: None,
            slot: None,
            files: Vec::new(),
        },
        uses: 0,
    }]))));
    let used = Action::QuickReplyUsed { id: QuickReplyId(5) };
    assert_eq!(actions(desk.keys(";hi<enter>")), std::slice::from_ref(&used));
    assert_eq!(actions(desk.keys("!<enter>")), [reply(1, "Hi Customer 1, Ana here.!")]);
    let mut desk2 = Desk::new();
    desk2.model.quick_replies = desk.model.quick_replies.clone();
    desk2.keys("nfirst <c-o>");
    desk2.keys("<enter>");
    assert_eq!(desk2.model.composer.as_ref().unwrap().text(), "first Hi Customer 1, Ana here.");
}

#[test]
fn a_colleagues_older_answers_do_not_warn() {
    let mut desk = Desk::with(|d| {
        let mut other = fixture::message(9, Direction::Outbound, "earlier");
        other.author_name = Some("Tom Baker".into());
        d.messages.insert(0, other);
    });
    assert_eq!(actions(desk.keys("rhello<enter>")), [reply(1, "hello")]);
}

#[test]
fn a_note_taken_back_is_a_note_again_and_never_a_reply() {
    let mut desk = Desk::new();
    desk.keys("nthe boss must not see this<enter>");
    desk.done(1, Ok(Performed { message: Some(MessageId(77)), changed: true, ..Performed::default() }));
    assert_eq!(actions(desk.keys("u")), [Action::Cancel { message: MessageId(77) }]);
    desk.out.clear();
    desk.done(2, Ok(Performed { changed: true, ..Performed::default() }));
    let kept = Action::Draft {
        conversation: id(1),
        mode: ComposeMode::Note,
        text: "the boss must not see this".into(),
    };
    assert_eq!(actions(std::mem::take(&mut desk.out)), [kept]);
}
