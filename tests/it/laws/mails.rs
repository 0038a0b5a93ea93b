//! Mails come in any order, twice, and newest first: the conversations they make are the same.

use super::config;
use super::facts::dump;
use crate::store::kit::NOW;
use crate::store::mailbox::{answer_to, mail, mail_fact, mail_kit};
use frontdesk::domain::event::{Event, MessageRef};
use frontdesk::domain::message::MessageKind;
use frontdesk::domain::rev::{Rev, Stamped};
use proptest::prelude::*;

/// How a mail lies among the others.
#[derive(Debug, Clone)]
struct Shape {
    refs: Vec<u8>,
    whose: u8,
    subject: u8,
    says_re: bool,
    token: Option<u8>,
    quiet: u8,
    days: i64,
}

fn shape() -> impl Strategy<Value = Shape> {
    let refs = proptest::collection::vec(0..16u8, 0..3);
    (refs, 0..2u8, 0..3u8, any::<bool>(), proptest::option::weighted(0.2, 0..2u8), 0..8u8, 0..40i64).prop_map(
        |(refs, whose, subject, says_re, token, quiet, days)| Shape {
            refs,
            whose,
            subject,
            says_re,
            token,
            quiet,
            days,
        },
    )
}

fn event(n: usize, shape: &Shape) -> Event {
    let from = format!("customer{}@x.example", shape.whose);
    let subject = format!("{}Matter {}", if shape.says_re { "Re: " } else { "" }, shape.subject);
    let names: Vec<String> = shape.refs.iter().map(|r| format!("m{r}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut mail = answer_to(&names, mail(&format!("m{n}"), &from, &subject));
    mail.token = shape.token.map(|t| format!("token{t}"));
    let at = NOW + shape.days * 24 * 3_600_000 + i64::try_from(n).unwrap();
    let mut fact = mail_fact(mail, at, &format!("words {n}"));
    fact.kind = match shape.quiet {
        0 => MessageKind::AutoReply,
        1 => MessageKind::Bounce,
        _ => MessageKind::Text,
    };
    Event::Message(Box::new(fact))
}

fn seen() -> impl Strategy<Value = Event> {
    (0..12usize, any::<bool>(), 0..5i64).prop_map(|(n, value, at)| Event::Seen {
        message: MessageRef::External(format!("m{n}@x.example")),
        state: Stamped { value, rev: Rev { at: NOW + at, rank: 1 } },
    })
}

/// What carried a mail gave it another name: a few mails get several, and some names are those of other mails.
fn named() -> impl Strategy<Value = Event> {
    let id = |n: u8| format!("m{n}@x.example");
    (0..12u8, 6..16u8).prop_map(move |(mail, also)| Event::MailNamed { mail: id(mail), also: id(also) })
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn mails_make_the_same_conversations_in_any_order(
        shapes in proptest::collection::vec(shape(), 1..12),
        seen in proptest::collection::vec(seen(), 0..6),
        named in proptest::collection::vec(named(), 0..4),
        order in proptest::collection::vec((any::<proptest::sample::Index>(), 1..4usize), 0..20),
    ) {
        let mut events: Vec<Event> = shapes.iter().enumerate().map(|(n, s)| event(n, s)).collect();
        events.extend(seen);
        events.extend(named);
        let straight = mail_kit(&[]);
        straight.apply(events.clone());
        straight.check();
        let want = dump(&straight);

        let shuffled = mail_kit(&[]);
        for (at, many) in &order {
            let from = at.index(events.len());
            shuffled.apply(events[from..].iter().take(*many).cloned().collect());
            shuffled.check();
        }
        // As a mailbox is read: the newest first, one by one.
        let mut rest = events.clone();
        rest.reverse();
        for event in rest {
            shuffled.apply(vec![event]);
        }
        shuffled.check();
        prop_assert_eq!(&want, &dump(&shuffled));
        shuffled.apply(events.clone());
        prop_assert_eq!(&want, &dump(&shuffled));
    }
}
