//! Beginning conversations, forgetting them, and the ways on which a person can be reached.

use super::kit::*;
use frontdesk::domain::account::Channel;
use frontdesk::domain::capability::Ownership;
use frontdesk::domain::command::{Action, ComposeMode};
use frontdesk::domain::contact::{ConsentState, IdentityKind, Party};
use frontdesk::domain::event::Event;
use frontdesk::domain::message::Direction::Inbound;
use frontdesk::store::{Class, StoreError};

const ANNA: &str = "+31600000001";

fn begin(kit: &Kit, to: &str) -> Action {
    Action::Begin { account: kit.account, channel: Channel::Sms, to: to.into() }
}

#[test]
fn a_conversation_in_which_nothing_was_said_is_kept_only_with_words() {
    let kit = Kit::new();
    let done = kit.perform(begin(&kit, "+31600000009"));
    let c = done.conversation.unwrap();
    assert!(done.changed && done.message.is_none());
    let again = kit.perform(begin(&kit, "+31600000009"));
    assert_eq!((again.conversation, again.changed), (Some(c), false), "one address, one conversation");
    let text = "half a thought".to_owned();
    kit.perform(Action::Draft { conversation: c, mode: ComposeMode::Reply, text: text.into() });
    assert!(!kit.perform(Action::Abandon { conversation: c }).changed, "a draft waits in it");
    kit.perform(Action::Draft { conversation: c, mode: ComposeMode::Reply, text: "".into() });
    assert!(kit.perform(Action::Abandon { conversation: c }).changed);
    assert!(kit.reader().conversation(c).unwrap().is_none());
    kit.check();
    // One in which something was said is never forgotten.
    let c = kit.apply(vec![message("SM1", ANNA, Inbound, NOW, "hi")]).conversations[0];
    assert!(!kit.perform(Action::Abandon { conversation: c }).changed);
    assert!(kit.reader().conversation(c).unwrap().is_some());
    // What is said in a begun one makes it a conversation like any other.
    let c = kit.perform(begin(&kit, "+31600000008")).conversation.unwrap();
    kit.reply(c, "hello");
    assert!(!kit.perform(Action::Abandon { conversation: c }).changed);
    kit.check();
}

#[test]
fn a_person_is_reached_on_every_account_that_can_best_first() {
    let kit = Kit::new();
    let sms = kit.apply(vec![message("SM1", ANNA, Inbound, NOW, "hi")]).conversations[0];
    let ways = || kit.reader().ways(sms, NOW + 60_000).unwrap();
    let seen =
        || ways().iter().map(|w| (w.channel, w.conversation.is_some(), w.preferred)).collect::<Vec<_>>();
    assert_eq!(seen(), [(Channel::Whatsapp, false, false)], "the same number, another medium");
    // Imported history reaches nobody, a second account does.
    let mut old = spec("import/sms", Ownership::Local);
    old.provider = "import".into();
    let more = [old, spec("second", Ownership::Local)];
    kit.store
        .writer()
        .call(Class::Durable, move |t| more.iter().try_for_each(|s| t.account_upsert(s).map(|_| ())))
        .unwrap();
    let names = || ways().into_iter().map(|w| w.account_name).collect::<Vec<_>>();
    assert_eq!(names(), ["second", "support", "second"]);
    kit.store
        .writer()
        .call(Class::Durable, |t| t.accounts_prune(&["support".into(), "import/sms".into()]))
        .unwrap();
    // They write there: it is the better one now.
    let mut fact = fact("SM2", ANNA, Inbound, NOW + 10, "here");
    fact.conversation.channel = Channel::Whatsapp;
    fact.conversation.key.0.push_str("|wa");
    fact.conversation.theirs = format!("whatsapp:{ANNA}");
    fact.conversation.party =
        Party { identities: vec![phone(ANNA)], name: Some("Anna".into()), claims: Vec::new(), said: None };
    let wa = kit.apply(vec![Event::Message(Box::new(fact))]).conversations[0];
    assert_eq!(seen(), [(Channel::Whatsapp, true, true)]);
    let heard = kit.reader().last_heard(kit.reader().conversation(sms).unwrap().unwrap().contact).unwrap();
    assert_eq!(heard, Some((wa, Channel::Whatsapp)));
    // Opted out there: shown, with the reason.
    kit.perform(Action::Consent { conversation: wa, state: ConsentState::OptedOut });
    assert!(ways()[0].why_not.as_ref().unwrap().contains("opted out"));
    // A new conversation with an address that has opted out is not begun.
    kit.perform(Action::Consent { conversation: sms, state: ConsentState::OptedOut });
    let back = kit.reader().ways(wa, NOW).unwrap();
    assert!(back[0].why_not.as_ref().unwrap().contains("opted out"), "{back:?}");
}

#[test]
fn people_are_found_by_name_and_by_number() {
    let kit = Kit::new();
    let mut named = fact("SM1", ANNA, Inbound, NOW, "hi");
    named.conversation.party.name = Some("Anna 100%".into());
    kit.apply(vec![Event::Message(Box::new(named)), message("SM2", "+15550000002", Inbound, NOW, "hi")]);
    let found = |typed: &str| {
        let found = kit.reader().recipients(IdentityKind::Phone, typed, 10).unwrap();
        found.into_iter().map(|r| r.identity.value).collect::<Vec<_>>()
    };
    assert_eq!(found("anna"), [ANNA]);
    assert_eq!(found("+31 6 000"), [ANNA]);
    assert_eq!(found("100%"), [ANNA]);
    assert_eq!(found("%%"), [""; 0]);
    for typed in ["0031 6 000", "(06) 000 000 01", "+31-6", "3160", "6000"] {
        assert_eq!(found(typed), [ANNA], "{typed}");
    }
    assert_eq!(found("+1 (555) 000"), ["+15550000002"]);
    assert_eq!(found(""), [ANNA, "+15550000002"], "those with a name first");
    assert_eq!(kit.reader().recipients(IdentityKind::Email, "anna", 10).unwrap(), []);
}

#[test]
fn who_has_opted_out_is_not_written_to_first() {
    let kit = Kit::new();
    let c = kit.apply(vec![message("SM1", ANNA, Inbound, NOW, "STOP")]).conversations[0];
    kit.perform(Action::Consent { conversation: c, state: ConsentState::OptedOut });
    // The conversation is there and is opened; what is written in it is refused with the reason.
    assert_eq!(kit.perform(begin(&kit, ANNA)).conversation, Some(c));
    let refused = kit.try_perform(Action::Reply { conversation: c, text: "x".into(), undo_ms: 0, at: None });
    assert!(matches!(refused, Err(StoreError::Refused(why)) if why.contains("opted out")));
}

#[test]
fn however_many_fit_a_recipient_only_some_are_looked_at() {
    let kit = Kit::new();
    let one = |n: i64| {
        let mut one = fact(&format!("SM{n}"), &format!("+316{n:08}"), Inbound, NOW + n, "hi");
        one.conversation.party.name = Some(format!("Zoë Number{n}"));
        Event::Message(Box::new(one))
    };
    kit.apply((0..3_000).map(one).collect());
    let found = |typed: &str| kit.reader().recipients(IdentityKind::Phone, typed, 20).unwrap();
    assert_eq!((found("").len(), found("zoe").len(), found("+31").len()), (20, 20, 20));
    assert_eq!(found("zoë number2999")[0].identity.value, "+31600002999");
    // Of three thousand that fit as well, none is of this kind, and not all of them are looked at.
    assert_eq!(kit.reader().recipients(IdentityKind::Email, "zoë", 20).unwrap(), []);
}

#[test]
fn a_note_opens_no_window_and_begins_nothing() {
    let kit = Kit::new();
    let mut narrow = spec("support", Ownership::Local);
    for channel in narrow.capabilities.iter_mut().flat_map(|c| &mut c.channels) {
        channel.reply_window = Some(3_600_000);
    }
    kit.store.writer().call(Class::Durable, move |t| t.account_upsert(&narrow)).unwrap();
    let c = kit.perform(begin(&kit, "+31600000009")).conversation.unwrap();
    kit.perform(Action::Note { conversation: c, text: "call first".into() });
    // The first word begins the conversation; then it is the customer's turn.
    let op = kit.reply(c, "hello").op.unwrap();
    kit.store.writer().call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    let refused = kit.try_perform(Action::Reply { conversation: c, text: "x".into(), undo_ms: 0, at: None });
    assert!(matches!(refused, Err(StoreError::Refused(why)) if why.contains("window is closed")));
    let written = kit.inbound("SM1", ANNA, NOW, "hi");
    kit.clock.set(NOW + 2 * 3_600_000);
    kit.perform(Action::Note { conversation: written, text: "late".into() });
    let refused =
        kit.try_perform(Action::Reply { conversation: written, text: "x".into(), undo_ms: 0, at: None });
    assert!(matches!(refused, Err(StoreError::Refused(why)) if why.contains("window is closed")));
}
