//! Examples of answering: quick replies at the cursor, questions, emoji, and what is asked before something leaves.

use super::*;

/// A quick reply; its name is `shortcut/channel/language/slot`.
fn canned(id: i64, name: &str, body: &str, uses: u64) -> QuickReplyRow {
    let mut parts = name.split('/');
    let mut part = || parts.next().filter(|p| !p.is_empty());
    let reply = QuickReply {
        shortcut: part().unwrap().into(),
        channel: part().map(|c| c.parse().unwrap()),
        language: part().map(Into::into),
        slot: part().map(|n| n.parse().unwrap()),
        title: format!("title of {id}"),
        body: body.into(),
        files: Vec::new(),
    };
    QuickReplyRow { id: QuickReplyId(id), reply, uses }
}

/// A desk with these quick replies.
fn desk(replies: Vec<QuickReplyRow>) -> Desk {
    let mut desk = Desk::new();
    desk.send(Msg::Loaded(Box::new(Loaded::QuickReplies(replies))));
    desk
}

fn used(id: i64) -> Action {
    Action::QuickReplyUsed { id: QuickReplyId(id) }
}

fn typed(desk: &Desk) -> String {
    desk.model.composer.as_ref().unwrap().text()
}

fn notice(desk: &Desk) -> &str {
    desk.model.notice.as_ref().map_or("", |n| n.text.as_str())
}

#[test]
fn a_shortcut_and_tab_expand_in_place() {
    let replies =
        || vec![canned(1, "hi", "Hello {{contact.first_name}}", 0), canned(2, "bye", "Good bye\nAna", 9)];
    let mut d = desk(replies());
    let sent = d.keys("rWell, /hi<tab>!");
    assert_eq!(actions(sent), [used(1)]);
    assert_eq!(typed(&d), "Well, Hello Customer!");
    // Several in one message, and in the middle of what is typed.
    assert_eq!(
        actions(d.keys(" /by<tab><enter>")),
        [used(2), reply(1, "Well, Hello Customer! Good bye\nAna")]
    );
    let mut d = desk(replies());
    d.keys("rone  two<left><left><left><left>/hi<tab>");
    assert_eq!(typed(&d), "one Hello Customer two");
    // One step back.
    d.keys("<a-u>");
    assert_eq!(typed(&d), "one /hi two");
}

#[test]
fn what_is_no_shortcut_changes_nothing_and_says_so() {
    let mut d = desk(vec![canned(1, "hi", "Hello", 0)]);
    assert_eq!(actions(d.keys("r/nope<tab>")), []);
    assert_eq!(
        (typed(&d).as_str(), notice(&d)),
        ("/nope", "no quick reply begins with /nope: Ctrl-O shows all")
    );
    // Not at the start of a word: Tab indents as ever.
    let mut d = desk(vec![canned(1, "hi", "Hello", 0)]);
    d.keys("rx/hi<tab>y");
    assert_eq!(typed(&d), "x/hi    y");
    assert!(!d.hints().contains(&"put in"));
    d.keys(" /hi");
    assert!(d.hints().contains(&"put in"), "{:?}", d.hints());
}

#[test]
fn several_matches_are_chosen_from() {
    let mut d = desk(vec![
        canned(1, "hello", "Hello!", 0),
        canned(2, "help", "Help!", 3),
        canned(3, "bye", "Bye", 8),
    ]);
    d.keys("rNow /hel<tab>");
    let text = d.text(120, 40);
    assert!(text.contains("hello") && text.contains("help") && !text.contains("bye"), "{text}");
    assert!(text.contains("title of 2 · Alt-2"), "{text}");
    d.keys("<c-u>hello<enter>");
    assert_eq!(typed(&d), "Now Hello!");
    let mut d = desk(vec![canned(1, "hi", "Hi!", 0), canned(2, "high", "High!", 3)]);
    d.keys("r/hi<tab>");
    assert_eq!(typed(&d), "Hi!", "the whole word is meant");
    let mut d = desk(vec![canned(1, "hello", "Hello!", 0), canned(2, "help", "Help!", 3)]);
    d.keys("r/he<tab><esc>");
    assert_eq!(typed(&d), "/he");
}

#[test]
fn slots_go_by_what_is_fixed_and_by_use() {
    let replies = || vec![canned(1, "a", "A", 1), canned(2, "b", "B", 5), canned(3, "c///1", "C", 0)];
    let mut d = desk(replies());
    d.keys("r<a-1><a-2><a-3>");
    assert_eq!(typed(&d), "CBA");
    d.keys("<a-9>");
    assert!(notice(&d).contains("no quick reply stands in slot 9"), "{}", notice(&d));
    // From the list it begins an answer.
    let mut d = desk(replies());
    assert_eq!(actions(d.keys("j<a-2>")), [used(2)]);
    assert_eq!(actions(d.keys("<enter>")), [reply(2, "B")]);
}

#[test]
fn the_variant_that_fits_is_taken_and_named() {
    let replies = vec![
        canned(1, "hi", "Hello", 9),
        canned(2, "hi/sms/nl", "Hoi", 0),
        canned(3, "hi/email", "Dear", 0),
        canned(4, "mail/email", "Mail", 0),
    ];
    let mut d = Desk::with(|d| d.rows[0].labels = vec!["lang:nl".into()]);
    d.send(Msg::Loaded(Box::new(Loaded::QuickReplies(replies))));
    d.keys("r/hi<tab>");
    assert_eq!((typed(&d).as_str(), notice(&d)), ("Hoi", "hi: the one for SMS, nl"));
    d.keys(" /mail<tab>");
    assert_eq!((typed(&d).as_str(), notice(&d)), ("Hoi /mail", "mail has no variant for SMS"));
    d.keys("<c-o>mail<enter>");
    assert_eq!((typed(&d).as_str(), notice(&d)), ("Hoi /mail", "mail: for E-mail only"));
}

#[test]
fn questions_are_asked_once_each_and_escape_leaves_all_out() {
    let body = "Order {{?order number}} ({{?order number}}) comes {{?when|soon}}, {{date+1d}}.";
    let mut d = desk(vec![canned(1, "late", body, 0)]);
    assert_eq!(actions(d.keys("rHi. /late<tab>")), []);
    let text = d.text(80, 24);
    assert!(text.contains("order number") && text.contains("1 of 2"), "{text}");
    d.keys("<enter>");
    assert!(notice(&d).contains("an answer is needed"), "{}", notice(&d));
    assert_eq!(actions(d.keys("#7<enter><enter>")), [used(1)]);
    assert_eq!(typed(&d), "Hi. Order #7 (#7) comes soon, 17 November 2026.");
    let mut d = desk(vec![canned(1, "late", body, 0)]);
    assert_eq!(actions(d.keys("rHi. /late<tab>#7<enter><esc>")), []);
    assert_eq!(typed(&d), "Hi. /late");
}

#[test]
fn no_customer_reads_a_variable() {
    let mut d = desk(vec![canned(1, "hi", "Hi {{contact.first_name}} {{order.id}}", 0)]);
    d.rows[0].contact_name = d.rows[0].theirs.clone();
    d.send(Msg::Changed);
    d.keys("r/hi<tab>");
    assert_eq!(typed(&d), "Hi {{contact.first_name}} {{order.id}}");
    assert!(notice(&d).contains("still to fill in: {{contact.first_name}}, {{order.id}}"), "{}", notice(&d));
    assert_eq!(actions(d.keys("<enter>")), []);
    assert!(notice(&d).contains("{{contact.first_name}} is not filled in"), "{}", notice(&d));
    assert!(!d.hints().contains(&"send"));
    // What is no variable of ours may be meant: it is asked about.
    let mut d = desk(Vec::new());
    assert_eq!(actions(d.keys("rput {{ user.id }} there<enter>")), []);
    assert!(d.text(120, 40).contains("{{ user.id }} stands in it."));
    assert_eq!(actions(d.keys("y")), [reply(1, "put {{ user.id }} there")]);
}

#[test]
fn an_emoji_stands_for_its_name() {
    let mut d = Desk::new();
    d.keys("rgreat :smile: at 10:30: :nope: :+1");
    assert_eq!(typed(&d), "great 😄 at 10:30: :nope: :+1");
    d.keys("<tab>");
    assert_eq!(typed(&d), "great 😄 at 10:30: :nope: 👍");
    d.keys("<a-u>");
    assert_eq!(typed(&d), "great 😄 at 10:30: :nope: :+1");
    let mut d = Desk::new();
    d.keys("r:tada:");
    assert_eq!((typed(&d).as_str(), notice(&d)), ("🎉", "Alt-U makes it :tada: again"));
    d.keys("<a-u>!");
    assert_eq!(typed(&d), ":tada:!");
    // Several begin so: one is chosen.
    let mut d = Desk::new();
    d.keys("rso :smil<tab>");
    assert!(d.text(120, 40).contains("Emoji"));
    d.keys("ey_cat<enter>");
    assert_eq!(typed(&d), "so 😺");
    d.keys(" :zzzz<tab>");
    assert_eq!((typed(&d).as_str(), notice(&d)), ("so 😺 :zzzz", "no emoji begins with :zzzz"));
    // What is pasted stays as it is.
    let mut d = Desk::new();
    d.keys("r");
    d.send(Msg::Paste("a :smile: b".into()));
    assert_eq!(typed(&d), "a :smile: b");
}

#[test]
fn what_looks_like_a_card_number_is_asked_about() {
    let mut d = Desk::new();
    assert_eq!(actions(d.keys("r4111 1111 1111 1111<enter>")), []);
    let text = d.text(80, 24);
    assert!(
        text.contains("It looks like a card number.") && text.contains("Send it all the same?"),
        "{text}"
    );
    assert_eq!(actions(d.keys("<enter>n")), [], "Enter is no yes");
    assert_eq!(typed(&d), "4111 1111 1111 1111");
    assert_eq!(actions(d.keys("<enter>y")), [reply(1, "4111 1111 1111 1111")]);
    // A note stays in the house.
    assert_eq!(actions(Desk::new().keys("n4111 1111 1111 1111<enter>")).len(), 1);
    let mut startup = fixture::startup();
    startup.confirm_patterns = vec![("an order".into(), r"#\d{4}".into())];
    let mut d = Desk::new();
    d.model.guard = start(startup).0.guard;
    d.keys("rfor #1234<enter>");
    assert!(d.text(80, 24).contains("It looks like an order."));
}

#[test]
fn somebody_elses_conversation_is_asked_about_once() {
    let mut d = Desk::with(|d| {
        d.rows[0].assignee = Some(Assignee::Agent(AgentId(2)));
        d.rows[0].assignee_name = Some("Tom Baker".into());
    });
    assert_eq!(actions(d.keys("rhello<enter>")), []);
    assert!(d.text(80, 24).contains("The conversation is assigned to Tom Baker, not to you."));
    assert_eq!(actions(d.keys("y")), [reply(1, "hello")]);
    // The disk was full: it was asked already.
    d.done(1, Err("the disk is full".into()));
    assert_eq!(actions(d.keys("<enter>")), [reply(1, "hello")]);
    let mut d = Desk::with(|d| d.rows[0].assignee = Some(Assignee::Agent(AgentId(1))));
    assert_eq!(actions(d.keys("rhello<enter>")), [reply(1, "hello")], "mine");
}

#[test]
fn a_message_is_quoted_and_the_draft_stays() {
    let mut d = Desk::with(|d| {
        d.messages = vec![
            fixture::message(10, Direction::Inbound, "one\n\ntwo"),
            fixture::message(11, Direction::Note, "she is cross"),
        ];
    });
    d.keys("<enter>rhello<esc>");
    d.keys("gg>");
    assert_eq!(typed(&d), "hello\n> one\n>\n> two\n");
    d.keys("indeed<esc>G>");
    assert!(notice(&d).contains("a note is for agents only"), "{}", notice(&d));
    assert!(d.model.composer.is_none());
    let mut d = Desk::new();
    d.keys("<enter>>yes");
    assert_eq!(typed(&d), "> hello\nyes");
}

#[test]
fn quick_replies_are_managed_on_the_screen() {
    let hi = canned(1, "hi///1", "Hello", 3);
    let mut d = desk(vec![canned(2, "bye/sms", "Bye", 0), hi.clone()]);
    d.keys(":manage<enter>");
    let text = d.text(100, 30);
    assert!(text.contains("2 quick replies") && text.contains("Alt-1 · used 3"), "{text}");
    let edited = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::EditExternally(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    // One is changed, and that can be undone.
    let handed = edited(d.keys("je"));
    assert!(handed.contains("shortcut = \"hi\"") && handed.contains("# channel:"), "{handed}");
    d.send(Msg::Edited(Some(handed.replace("Hello", "Good day"))));
    let changed = QuickReply { body: "Good day".into(), ..hi.reply.clone() };
    let save =
        |reply: &QuickReply| Action::QuickReplySave { id: Some(QuickReplyId(1)), reply: reply.clone() };
    assert_eq!(actions(std::mem::take(&mut d.out)), [save(&changed)]);
    d.done(1, Ok(Performed { changed: true, ..Performed::default() }));
    assert_eq!(notice(&d), "changed hi");
    assert_eq!(actions(d.keys("<esc>u")), [save(&hi.reply)]);
    // A mistake is named, and nothing typed is lost.
    let handed = edited(d.keys(":manage<enter>a"));
    let typed =
        handed.replace("shortcut = \"\"", "shortcut = \"a b\"").replacen("\"\"\"\n", "\"\"\"\nText", 1);
    d.send(Msg::Edited(Some(typed.clone())));
    assert!(notice(&d).starts_with("not kept: line 7: \u{201c}a b\u{201d} is no shortcut"), "{}", notice(&d));
    assert_eq!(edited(d.keys("a")), typed);
    d.send(Msg::Edited(Some(typed.replace("a b", "ab"))));
    assert!(
        matches!(&actions(std::mem::take(&mut d.out))[..], [Action::QuickReplySave { id: None, reply }] if reply.shortcut == "ab")
    );
    // Left as it was, or left badly: nothing happens.
    edited(d.keys("e"));
    d.send(Msg::Edited(None));
    assert_eq!((actions(std::mem::take(&mut d.out)), notice(&d)), (vec![], "nothing was changed"));
    // Removing asks.
    assert_eq!(actions(d.keys("x")), []);
    assert_eq!(actions(d.keys("y")), [Action::QuickReplyRemove { id: QuickReplyId(2) }]);
}

#[test]
fn what_a_colleague_does_stands_in_the_first_line() {
    let mut d = Desk::new();
    d.keys("rhello");
    let first = |d: &mut Desk| {
        let text = d.text(120, 40);
        text.lines().find(|line| line.contains("PUBLIC")).unwrap().to_owned()
    };
    d.send(Msg::Signal(crate::domain::signal::Signal::AgentTyping {
        conversation: id(1),
        agent: "Tom Baker".into(),
        on: true,
    }));
    assert!(first(&mut d).contains("Tom is typing…"), "{}", first(&mut d));
    assert_eq!(actions(d.keys("<enter>")), []);
    assert!(d.text(120, 40).contains("Tom is typing."));
    d.keys("n");
    let mut other = fixture::message(11, Direction::Outbound, "done");
    other.author_name = Some("Tom Baker".into());
    d.messages.push(other);
    d.send(Msg::Changed);
    assert!(first(&mut d).contains("! Tom has answered") || first(&mut d).contains("since you began"));
    // Leaving and coming back does not make it younger.
    d.keys("<esc>r");
    assert!(first(&mut d).contains("answered"), "{}", first(&mut d));
    assert_eq!(actions(d.keys("<enter>y")), [reply(1, "hello")]);
    d.done(2, Ok(Performed::default()));
    d.keys("ragain");
    assert!(!first(&mut d).contains("answered"), "the next answer begins anew");
}

#[test]
fn a_draft_of_yesterday_began_before_what_a_colleague_has_written_since() {
    let mut other = fixture::message(11, Direction::Outbound, "done");
    other.author_name = Some("Tom Baker".into());
    let began = other.sent_at - 1;
    let mut d = Desk::with(|d| {
        d.messages.push(other);
        d.context = Box::new(move |n| Context {
            draft_reply: Some("half".into()),
            draft_began: Some(began),
            ..fixture::context(n)
        });
    });
    assert_eq!(actions(d.keys("r<enter>")), []);
    assert!(d.text(120, 40).contains("Tom Baker has answered since you began: “done”"));
}
