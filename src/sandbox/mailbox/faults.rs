//! What goes wrong at the far end, and when: told place by place.

use std::collections::VecDeque;

/// Where something can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The greeting of IMAP.
    ImapGreeting,
    /// A command of IMAP by its word: `LOGIN`, `AUTHENTICATE`, `FETCH` (which `UID FETCH` is as well), `APPEND`.
    Imap(&'static str),
    /// The greeting of SMTP.
    SmtpGreeting,
    /// A command of SMTP by its word: `EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA`.
    Smtp(&'static str),
    /// `RCPT` with this address.
    Rcpt(String),
    /// In the middle of a mail, when at least so many bytes of it came, and before its end.
    Within(usize),
    /// The dot at the end of a mail.
    Dot,
}

/// What happens there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It is not done, and this is the answer: `NO [UNAVAILABLE] Later`, `451 4.3.2 Later`. In IMAP the tag is put before it.
    Say(String),
    /// It is done, and yet this is the answer.
    SayAfter(String),
    /// It is not done, and the connection is closed without an answer.
    CutBefore,
    /// It is done, and the connection is closed without an answer.
    CutAfter,
    /// It is done, and the connection is closed after so many bytes of the answer.
    CutWithin(usize),
    /// It is not done, and there is never an answer.
    Silence,
    /// It is done, and answered only once [`release`](super::MailboxWorld::release) is called.
    Held,
}

impl Deed {
    /// An answer in place of the usual one, with nothing done.
    pub fn say(answer: impl Into<String>) -> Deed {
        Deed::Say(answer.into())
    }
}

/// What is planned.
#[derive(Debug, Default)]
pub(super) struct Plans(VecDeque<(usize, Place, Deed)>);

impl Plans {
    pub(super) fn add(&mut self, times: usize, place: Place, deed: Deed) {
        if times > 0 {
            self.0.push_back((times, place, deed));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What happens at this place, now that it is reached.
    pub(super) fn take(&mut self, is_here: impl Fn(&Place) -> bool) -> Option<Deed> {
        let at = self.0.iter().position(|(_, place, _)| is_here(place))?;
        let (times, _, deed) = self.0.get_mut(at)?;
        let deed = deed.clone();
        *times -= 1;
        if *times == 0 {
            self.0.remove(at);
        }
        Some(deed)
    }

    /// The first byte of a mail at which something happens.
    pub(super) fn within(&self) -> Option<usize> {
        self.0.iter().find_map(|(_, place, _)| match place {
            Place::Within(bytes) => Some(*bytes),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_come_in_order_and_as_often_as_said() {
        let mut plans = Plans::default();
        plans.add(2, Place::Dot, Deed::CutAfter);
        plans.add(1, Place::Dot, Deed::Silence);
        plans.add(0, Place::Dot, Deed::Held);
        let mut next = |place: Place| plans.take(|p| *p == place);
        assert_eq!(next(Place::Smtp("DATA")), None);
        assert_eq!(next(Place::Dot), Some(Deed::CutAfter));
        assert_eq!(next(Place::Dot), Some(Deed::CutAfter));
        assert_eq!(next(Place::Dot), Some(Deed::Silence));
        assert_eq!(next(Place::Dot), None);
        plans.add(1, Place::Within(7), Deed::CutBefore);
        assert_eq!((plans.within(), plans.len()), (Some(7), 1));
    }
}
