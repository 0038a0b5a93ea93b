//! Which addresses are ours, where nobody says so: whoever has written what lies in folders of sent mails; else to whom most mails came.

use crate::domain::mail::Mailbox;
use crate::engine::import::marks::{field, head};
use crate::provider::mail::own::{Own, folded};
use crate::text::mail::parse::parse;
use std::collections::BTreeMap;

/// So many mails are looked at.
pub(super) const LOOK: usize = 500;
/// An address of ours has written at least one of so many sent mails: what was only misplaced there has not.
const SHARE: usize = 10;
/// Headers in which servers say to whom they have delivered a mail.
const DELIVERED: [&str; 4] = ["delivered-to", "x-original-to", "x-delivered-to", "envelope-to"];

/// What some mails say of who we are.
#[derive(Debug, Default)]
pub(super) struct Guess {
    sent: Votes,
    delivered: Votes,
    received: Votes,
    named: Votes,
}

/// How many mails have an address.
#[derive(Debug, Default)]
struct Votes {
    mails: usize,
    by: BTreeMap<String, usize>,
}

impl Votes {
    fn add(&mut self, addresses: impl Iterator<Item = String>) {
        let mut all: Vec<String> = addresses.collect();
        all.sort();
        all.dedup();
        self.mails += usize::from(!all.is_empty());
        for one in all {
            *self.by.entry(one).or_default() += 1;
        }
    }

    /// The one that most mails have.
    fn most(&self) -> Option<String> {
        // Of several the first in the alphabet.
        self.by.iter().rev().max_by_key(|(_, count)| **count).map(|(address, _)| address.clone())
    }
}

impl Guess {
    /// Takes a mail in.
    pub(super) fn look(&mut self, mail: &[u8], is_sent: bool) {
        let head = head(mail);
        let mail = parse(head).mail;
        let bare = |one: &Mailbox| folded(&one.address).map(|address| without_tag(&address));
        if is_sent {
            self.sent.add(mail.from.iter().filter_map(bare));
        } else {
            let told = DELIVERED.iter().filter_map(|name| field(head, name));
            self.delivered.add(told.filter_map(|to| folded(&to)).map(|to| without_tag(&to)));
        }
        self.received.add(mail.to.iter().chain(&mail.cc).filter_map(bare));
        self.named.add(mail.from.iter().chain(&mail.to).chain(&mail.cc).filter_map(bare));
    }

    /// Our addresses, the likeliest first. None where nothing speaks for any.
    pub(super) fn addresses(&self) -> Vec<String> {
        if self.sent.mails > 0 {
            let often = |count: usize| count * SHARE >= self.sent.mails;
            let mut all: Vec<(usize, String)> =
                self.sent.by.iter().filter(|(_, n)| often(**n)).map(|(a, n)| (*n, a.clone())).collect();
            all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            return all.into_iter().map(|(_, address)| address).collect();
        }
        // A customer may have written all of them, but has received none.
        let all = [&self.delivered, &self.received, &self.named];
        all.into_iter().find_map(Votes::most).into_iter().collect()
    }
}

/// Who we are, by our addresses.
pub(super) fn own(addresses: &[String]) -> Own {
    let mut all = addresses.iter();
    Own {
        from: Mailbox::bare(all.next().cloned().unwrap_or_default()),
        also: all.filter_map(|address| folded(address)).collect(),
        reply: None,
    }
}

fn without_tag(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(mails: &[(&str, bool)]) -> Vec<String> {
        let mut guess = Guess::default();
        for (head, is_sent) in mails {
            guess.look(format!("{head}\nSubject: x\n\nTo: nobody@x.example\n").as_bytes(), *is_sent);
        }
        guess.addresses()
    }

    #[test]
    fn who_has_sent_is_us() {
        let mut mails = vec![("From: Shop <Shop+a@acme.example>\nTo: a@x.example", true); 12];
        mails.extend([("From: sales@acme.example\nTo: a@x.example", true); 3]);
        mails.push(("From: a@x.example\nTo: shop@acme.example", true));
        mails.extend([("From: a@x.example\nDelivered-To: other@acme.example", false); 40]);
        assert_eq!(guessed(&mails), ["shop@acme.example", "sales@acme.example"]);
    }

    #[test]
    fn else_it_is_to_whom_most_mails_came() {
        let mails = [
            ("From: a@x.example\nTo: list@y.example\nDelivered-To: me+tag@acme.example", false),
            ("From: b@x.example\nTo: list@y.example\nX-Original-To: <Me@Acme.example>", false),
            ("From: c@x.example\nTo: list@y.example", false),
        ];
        assert_eq!(guessed(&mails), ["me@acme.example"]);
        let mails = [
            ("From: a@x.example\nTo: me@acme.example", false),
            ("From: me@acme.example\nTo: b@x.example", false),
            ("From: a@x.example\nTo: list@y.example\nCc: me@acme.example", false),
        ];
        assert_eq!(guessed(&mails), ["me@acme.example"]);
        let mails = [("From: amy@cust.example\nTo: support@acme.example", false); 3];
        assert_eq!(guessed(&mails), ["support@acme.example"], "whoever writes all of them is the customer");
        assert!(guessed(&[("X-Nothing: 1", false)]).is_empty() && guessed(&[]).is_empty());
    }
}
