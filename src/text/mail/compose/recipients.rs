//! To whom an answer goes, from the mail that is answered (RFC 5322, section 3.6.3).

use crate::domain::mail::{Mail, Mailbox, Manner};
use crate::domain::message::Direction;
use crate::text::mail::mailboxes::{self, Among};

/// The addresses of ours. What stands behind a plus (`support+TOKEN@`) leads to the same mailbox (RFC 5233).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    account: Vec<String>,
    /// Those of the workspace's other accounts.
    house: Vec<String>,
}

impl Own {
    /// Ours are these.
    pub fn new<A: AsRef<str>>(addresses: impl IntoIterator<Item = A>) -> Own {
        Own { account: all(addresses), house: Vec::new() }
    }

    /// These are those of our other accounts: one can write to them, but nobody does so by answering everybody.
    pub fn beside<A: AsRef<str>>(self, house: impl IntoIterator<Item = A>) -> Own {
        Own { house: all(house), ..self }
    }

    /// Whether an address is ours.
    pub fn is(&self, address: &str) -> bool {
        is_among(&self.account, address)
    }

    /// Whether an address is that of any of our accounts.
    fn is_of_the_house(&self, address: &str) -> bool {
        self.is(address) || is_among(&self.house, address)
    }
}

fn all<A: AsRef<str>>(addresses: impl IntoIterator<Item = A>) -> Vec<String> {
    let folded = addresses.into_iter().map(|a| mailboxes::folded(a.as_ref()));
    folded.filter(|a| !a.is_empty()).collect()
}

fn is_among(addresses: &[String], address: &str) -> bool {
    let folded = mailboxes::folded(address);
    let without_detail = folded
        .split_once('@')
        .and_then(|(local, domain)| Some(format!("{}@{domain}", local.split_once('+')?.0)));
    addresses.iter().any(|own| *own == folded || Some(own) == without_detail.as_ref())
}

/// Who gets an answer. Hidden copies (`Bcc`) are never among it: those the agent adds, mail by mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipients {
    /// To whom.
    pub to: Vec<Mailbox>,
    /// Who gets a copy that everybody sees.
    pub cc: Vec<Mailbox>,
}

/// Who gets an answer to a mail, each once and none of us; nobody, where a mail is passed on or a new one begun.
///
/// An answer to ourselves goes where that mail went. Only who writes to nobody but themselves is answered at their own address.
pub fn recipients(mail: &Mail, direction: Direction, own: &Own, manner: Manner) -> Recipients {
    if !manner.is_answer() {
        return Recipients::default();
    }
    let everybody = manner == Manner::ReplyAll;
    let foreign = |boxes: &[Mailbox]| mailboxes::without_own(boxes, |address| own.is(address));
    let from: Vec<Mailbox> = mail.from.iter().cloned().collect();
    // Our own mails ask for answers at an address of ours: Reply-To counts only in what others sent.
    let is_ours = direction == Direction::Outbound
        || (!from.is_empty() && foreign(&from).is_empty() && foreign(&mail.reply_to).is_empty());
    let mut to = match foreign(&mail.reply_to) {
        _ if is_ours => foreign(&mail.to),
        // A list that asks for answers at our address has not written the mail.
        none if none.is_empty() => foreign(&from),
        some => some,
    };
    let others = |boxes: &[Mailbox]| mailboxes::without_own(boxes, |address| own.is_of_the_house(address));
    if everybody && !is_ours {
        to.extend(others(&mail.to));
    }
    // Where they were written to by us, they were meant.
    let mut cc = match (everybody, is_ours) {
        (false, _) => Vec::new(),
        (true, true) => foreign(&mail.cc),
        (true, false) => others(&mail.cc),
    };
    if is_ours && to.is_empty() {
        to = foreign(&mail.cc);
        cc.clear();
    }
    // A note to ourselves; but a mail that went to nobody in sight went to somebody whom its answer must not name.
    if is_ours && to.is_empty() && mail.bcc.is_empty() {
        let ourselves = if mail.to.is_empty() { &from } else { &mail.to };
        to.extend(ourselves.first().cloned());
    }
    let to = mailboxes::once(to);
    let named = Among::of(&to);
    cc.retain(|one| !named.has(&one.address));
    Recipients { to, cc: mailboxes::once(cc) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxes(addresses: &str) -> Vec<Mailbox> {
        mailboxes::read(addresses).unwrap()
    }

    fn own() -> Own {
        Own::new(["support@acme.example", "Ana@Acme.example", ""])
    }

    /// A mail from, asking for answers at, to, with copies to.
    fn mail(from: &str, reply_to: &str, to: &str, cc: &str) -> Mail {
        Mail {
            from: boxes(from).pop(),
            reply_to: boxes(reply_to),
            to: boxes(to),
            cc: boxes(cc),
            ..Mail::default()
        }
    }

    fn both(mail: &Mail, direction: Direction, manner: Manner) -> (String, String) {
        let found = recipients(mail, direction, &own(), manner);
        (mailboxes::line(&found.to), mailboxes::line(&found.cc))
    }

    #[test]
    fn ours_is_ours_with_a_token_and_in_capitals() {
        for address in ["support@acme.example", "SUPPORT@ACME.example", "support+ab12@acme.example"] {
            assert!(own().is(address), "{address}");
        }
        for address in ["support@other.example", "supporter@acme.example", "", "+x@acme.example", "nobody"] {
            assert!(!own().is(address), "{address}");
        }
    }

    #[test]
    fn an_answer_goes_to_who_wrote() {
        use Direction::{Inbound, Outbound};
        use Manner::{Forward, New, Reply, ReplyAll};
        const US: &str = "Support <support@acme.example>";
        let customer = "Cy <cy@c.example>";
        for (mail, direction, manner, to, cc) in [
            (mail(customer, "", US, ""), Inbound, Reply, customer, ""),
            (mail(customer, "", US, "d@d.example"), Inbound, Reply, customer, ""),
            (mail(customer, "", US, "d@d.example"), Inbound, ReplyAll, customer, "d@d.example"),
            (mail(customer, "r@c.example", US, ""), Inbound, Reply, "r@c.example", ""),
            (
                mail(
                    customer,
                    "r@c.example, s@c.example",
                    "support+x@acme.example, e@e.example",
                    "E@e.example, d@d.example",
                ),
                Inbound,
                ReplyAll,
                "r@c.example, s@c.example, e@e.example",
                "d@d.example",
            ),
            // A form on a web page that sends in our name; a list that asks for answers at our address.
            (mail(US, customer, US, ""), Inbound, Reply, customer, ""),
            (mail(customer, US, US, ""), Inbound, Reply, customer, ""),
            // A colleague's mail, read where it was copied to; our own.
            (mail("ana@acme.example", "", customer, US), Inbound, Reply, customer, ""),
            (mail(US, "support+x@acme.example", customer, "d@d.example"), Outbound, Reply, customer, ""),
            (mail(US, "", customer, "d@d.example"), Outbound, ReplyAll, customer, "d@d.example"),
            (mail(US, "", "", "d@d.example"), Outbound, ReplyAll, "d@d.example", ""),
            // A note to ourselves, and one that has no sender.
            (mail(US, "", US, ""), Outbound, ReplyAll, US, ""),
            (mail(US, "", "", ""), Inbound, Reply, US, ""),
            (mail("", "", US, "d@d.example"), Inbound, Reply, "", ""),
            (mail(customer, "", US, ""), Inbound, Forward, "", ""),
            (mail(customer, "", US, ""), Inbound, New, "", ""),
        ] {
            let wanted = (to.to_owned(), cc.to_owned());
            assert_eq!(both(&mail, direction, manner), wanted, "{manner:?} to {mail:?}");
        }
    }

    #[test]
    fn who_answers_everybody_does_not_write_to_our_other_accounts() {
        let own = own().beside(["sales@acme.example"]);
        let one = mail(
            "cy@c.example",
            "",
            "support@acme.example, Sales@acme.example",
            "sales+x@acme.example, d@d.example",
        );
        let found = recipients(&one, Direction::Inbound, &own, Manner::ReplyAll);
        assert_eq!(
            (mailboxes::line(&found.to), mailboxes::line(&found.cc)),
            ("cy@c.example".into(), "d@d.example".into())
        );
        // A colleague of the other account is answered.
        let theirs = mail("sales@acme.example", "", "support@acme.example", "");
        let found = recipients(&theirs, Direction::Inbound, &own, Manner::ReplyAll);
        assert_eq!(mailboxes::line(&found.to), "sales@acme.example");
    }

    #[test]
    fn who_got_a_hidden_copy_stays_hidden() {
        let mut mail = mail("support@acme.example", "", "", "");
        mail.bcc = boxes("secret@s.example");
        for manner in [Manner::Reply, Manner::ReplyAll] {
            assert_eq!(both(&mail, Direction::Outbound, manner), (String::new(), String::new()));
        }
    }

    fn some(most: usize) -> impl Strategy<Value = Vec<Mailbox>> {
        let one = proptest::sample::select(vec![
            "support@acme.example",
            "support+t1@acme.example",
            "ana@ACME.example",
            "a@x.example",
            "A@X.example",
            "b@x.example",
            "c@y.example",
            "Cy <c@y.example>",
            "d@z.example",
        ]);
        proptest::collection::vec(one.prop_map(|one| boxes(one).remove(0)), 0..=most)
    }

    proptest! {
        #[test]
        fn nobody_is_dropped_named_twice_or_one_of_us(
            from in some(1), reply_to in some(2), to in some(4), cc in some(4), bcc in some(2),
            is_ours in any::<bool>(), everybody in any::<bool>(),
        ) {
            let mail = Mail { from: from.first().cloned(), reply_to, to, cc, bcc, ..Mail::default() };
            let direction = if is_ours { Direction::Outbound } else { Direction::Inbound };
            let manner = if everybody { Manner::ReplyAll } else { Manner::Reply };
            let found = recipients(&mail, direction, &own(), manner);
            let all: Vec<String> = found.to.iter().chain(&found.cc).map(|one| mailboxes::folded(&one.address)).collect();
            let mut once = all.clone();
            once.sort();
            once.dedup();
            prop_assert_eq!(once.len(), all.len(), "twice: {:?}", all);
            let has_us = all.iter().any(|one| own().is(one));
            prop_assert!(!has_us || all.len() == 1, "one of us: {:?}", all);
            let seen: Vec<&Mailbox> = mail.from.iter().chain(&mail.reply_to).chain(&mail.to).chain(&mail.cc).collect();
            prop_assert!(all.iter().all(|one| seen.iter().any(|s| mailboxes::same(&s.address, one))), "from nowhere");
            if everybody {
                prop_assert!(!(has_us && mail.to.iter().chain(&mail.cc).any(|one| !own().is(&one.address))));
                for one in mail.to.iter().chain(&mail.cc).filter(|one| !own().is(&one.address)) {
                    prop_assert!(all.contains(&mailboxes::folded(&one.address)), "dropped: {:?}", one);
                }
            }
        }
    }
}
