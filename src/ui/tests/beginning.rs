//! Examples of writing first, and of answering on another way.

use super::*;
use crate::domain::account::Channel;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::ids::AccountId;
use crate::domain::reach::{Recipient, Way};
use crate::domain::row::AccountRow;

fn notice(desk: &Desk) -> &str {
    desk.model.notice.as_ref().map_or("", |n| n.text.as_str())
}

fn typed(desk: &Desk) -> String {
    desk.model.composer.as_ref().map(|c| c.text()).unwrap_or_default()
}

fn begin(to: &str) -> Action {
    Action::Begin { account: AccountId(1), channel: Channel::Sms, to: to.into() }
}

fn draft(n: i64, text: &str) -> Action {
    Action::Draft { conversation: id(n), mode: ComposeMode::Reply, text: text.into() }
}

fn opened(n: i64, is_new: bool) -> Result<Performed, String> {
    Ok(Performed { conversation: Some(id(n)), changed: is_new, ..Performed::default() })
}

/// A desk with an account on which one can begin, and one on which one cannot.
fn desk() -> Desk {
    let chat = AccountRow {
        id: AccountId(2),
        name: "site".into(),
        provider: "webchat".into(),
        channels: vec![Channel::Webchat],
        ..fixture::account()
    };
    let mut desk = Desk::new();
    desk.model.sidebar.accounts = vec![chat, fixture::account()];
    desk
}

#[test]
fn a_conversation_is_begun_with_an_address_that_is_typed() {
    let mut d = desk();
    d.keys("c");
    let text = d.text(120, 40);
    assert!(text.contains("Write on") && text.contains("SMS"), "{text}");
    assert!(text.contains("cannot send on this channel"), "the other says why: {text}");
    assert_eq!(actions(d.keys("<enter>06 123456")), []);
    assert!(d.text(120, 40).contains("is not a telephone number: write it with +"));
    assert_eq!(actions(d.keys("<enter>")), []);
    d.keys("c<enter>");
    assert_eq!(actions(d.keys("+31 6 12345678<enter>")), [begin("+31612345678")]);
    d.done(1, opened(2, true));
    assert_eq!((d.model.shown(), d.model.focus()), (Some(id(2)), Focus::Composer));
    assert!(d.text(120, 40).contains("PUBLIC to Customer 2 by SMS"));
    assert_eq!(actions(d.keys("hello<enter>")), [reply(2, "hello")]);
    // Left with words it stays, left without it is forgotten.
    for (keys, gone) in [("hello<esc>", false), ("<esc>", true)] {
        let mut d = desk();
        d.keys("jjc<enter>+31 6 12345678<enter>");
        d.done(1, opened(2, true));
        let out = actions(d.keys(keys));
        assert_eq!(out.contains(&Action::Abandon { conversation: id(2) }), gone, "{out:?}");
        assert_eq!(d.model.selected(), Some(id(if gone { 3 } else { 2 })));
    }
    // One that was there is never forgotten.
    let mut d = desk();
    d.keys("c<enter>+31 6 12345678<enter>");
    d.done(1, opened(2, false));
    assert_eq!(actions(d.keys("<esc>")), []);
}

#[test]
fn people_are_offered_as_one_types() {
    let mut d = desk();
    d.keys("c<enter>ann");
    let asked = d.loads.iter().rev().find_map(|n| match n {
        Need::Recipients { kind, typed } => Some((*kind, typed.clone())),
        _ => None,
    });
    assert_eq!(asked, Some((IdentityKind::Phone, "ann".into())));
    let anna = |typed: &str| {
        let identity = Identity::new(IdentityKind::Phone, "+31612345678");
        let found = vec![Recipient { name: "Anna de Vries".into(), identity }];
        Msg::Loaded(Box::new(Loaded::Recipients { typed: typed.into(), found }))
    };
    d.send(anna("an"));
    assert!(!d.text(120, 40).contains("Anna de Vries"), "an old answer");
    d.send(anna("ann"));
    let text = d.text(120, 40);
    assert!(text.contains("Anna de Vries") && text.contains("+31 612 345 678"), "{text}");
    assert_eq!(actions(d.keys("<enter>")), [begin("+31612345678")]);
    d.done(1, Err("the customer has opted out".into()));
    assert_eq!(notice(&d), "the customer has opted out");
    assert!(d.model.composer.is_none());
}

fn way(channel: Channel, conversation: Option<i64>, why: Option<&str>) -> Way {
    Way {
        account: AccountId(1),
        account_name: "support".into(),
        channel,
        to: "+31612345678".into(),
        conversation: conversation.map(id),
        last_inbound_at: conversation.map(|_| NOW - 3_600_000),
        last_message_at: conversation.map(|_| NOW - 3_600_000),
        window_left: conversation.map(|_| 23 * 3_600_000),
        preferred: conversation.is_some(),
        why_not: why.map(Into::into),
    }
}

fn ways(desk: &mut Desk) {
    let ways = vec![
        way(Channel::Whatsapp, Some(2), None),
        way(Channel::Sms, None, None),
        way(Channel::Email, Some(3), Some("the customer has opted out")),
    ];
    desk.send(Msg::Loaded(Box::new(Loaded::Ways { conversation: id(1), ways })));
}

#[test]
fn what_is_typed_moves_to_the_way_that_is_chosen() {
    let mut d = desk();
    d.keys("rso sorry<a-c>");
    ways(&mut d);
    let text = d.text(120, 40);
    assert!(text.contains("preferred: wrote 1 h 0 min ago · window 23 h 0 min"), "{text}");
    assert!(text.contains("begins a conversation") && text.contains("the customer has opted out"), "{text}");
    let out = actions(d.keys("<enter>"));
    assert_eq!(
        out,
        [draft(1, "so sorry"), draft(2, "so sorry"), draft(1, "")],
        "kept there before it leaves here"
    );
    assert_eq!((d.model.shown(), typed(&d).as_str()), (Some(id(2)), "so sorry"));
    // What was begun there stays before it.
    let mut d = desk();
    d.context =
        Box::new(|n| Context { draft_reply: (n == 2).then(|| "Dear Anna".into()), ..fixture::context(n) });
    d.keys("rso sorry<a-c>");
    ways(&mut d);
    let out = actions(d.keys("<enter>"));
    assert_eq!(out[1..], [draft(2, "Dear Anna\nso sorry"), draft(1, "")]);
    // What cannot be used cannot be chosen.
    let mut d = desk();
    d.keys("rso sorry<a-c>");
    ways(&mut d);
    assert_eq!(actions(d.keys("<down><down><enter>")), []);
    assert!(notice(&d).contains("opted out"), "{}", notice(&d));
    assert_eq!(typed(&d), "so sorry");
}

#[test]
fn a_way_that_is_new_is_begun_and_the_words_leave_only_then() {
    let mut d = desk();
    d.keys("rso sorry<a-c>");
    ways(&mut d);
    assert_eq!(actions(d.keys("<down><enter>")), [begin("+31612345678")]);
    d.keys("!");
    let mut refused = desk();
    refused.keys("rso sorry<a-c>");
    ways(&mut refused);
    refused.keys("<down><enter>");
    refused.done(1, Err("it is disabled".into()));
    assert_eq!((notice(&refused), typed(&refused).as_str()), ("it is disabled", "so sorry"));
    d.out.clear();
    d.done(1, opened(3, true));
    let out = actions(std::mem::take(&mut d.out));
    assert_eq!(out, [draft(1, "so sorry!"), draft(3, "so sorry!"), draft(1, "")]);
}

#[test]
fn a_message_that_failed_offers_another_way_and_stays() {
    let mut failed = fixture::message(11, Direction::Outbound, "see you");
    failed.delivery = Some(Delivery::Failed);
    let mut d = desk();
    d.messages.push(failed);
    d.send(Msg::Changed);
    d.keys("<enter>");
    assert!(d.text(120, 40).contains("C other channel"));
    d.keys("C");
    ways(&mut d);
    assert_eq!(actions(d.keys("<enter>")), [], "nothing is sent or moved by itself");
    assert_eq!(typed(&d), "see you");
    // Late answers, and nobody elsewhere.
    let mut d = desk();
    d.keys("Cj");
    ways(&mut d);
    assert!(!d.text(120, 40).contains("Answer by"));
    d.keys("kC");
    d.send(Msg::Loaded(Box::new(Loaded::Ways { conversation: id(1), ways: Vec::new() })));
    assert_eq!(notice(&d), "no other account or address reaches this customer");
}

#[test]
fn where_they_last_wrote_stands_in_the_header() {
    let mut d = Desk::with(|d| {
        d.context = Box::new(|n| Context { last_wrote: Some(Channel::Whatsapp), ..fixture::context(n) });
    });
    assert!(d.text(120, 40).contains("last wrote by WhatsApp"));
}
