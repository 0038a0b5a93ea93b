//! Due times: until when a customer who waits is to be answered, by the policies of the configuration.

use crate::domain::clock::Ms;
use crate::domain::conversation::Status;
use crate::domain::hours::BusinessHours;
use crate::domain::query::{Clause, Filter, Qualified, Query, What};
use crate::domain::row::ConversationRow;
use std::sync::Arc;

/// The filters that can be judged of a conversation alone.
const JUDGED: &str = "channel:, account:, label:, priority:, qualified: and score:";

/// How soon which customers are to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// For which conversations; without clauses for all.
    pub applies: Query,
    /// Within what time somebody who was never answered is, milliseconds; none = no matter when.
    pub first_reply: Option<Ms>,
    /// The same for everybody else.
    pub next_reply: Option<Ms>,
    /// When the time runs; none = always.
    pub hours: Option<Arc<BusinessHours>>,
}

impl Policy {
    /// The time that there is for an answer.
    const fn limit(&self, answered: bool) -> Option<Ms> {
        if answered { self.next_reply } else { self.first_reply }
    }

    /// When somebody is to be answered who waits since `since`.
    pub fn due(&self, since: Ms, answered: bool) -> Option<Ms> {
        let limit = self.limit(answered)?;
        Some(self.hours.as_ref().map_or_else(|| since.saturating_add(limit), |h| h.after(since, limit)))
    }

    /// Since when at the latest somebody waits who is to be answered by `due`.
    pub fn since(&self, due: Ms, answered: bool) -> Option<Ms> {
        let limit = self.limit(answered)?;
        Some(self.hours.as_ref().map_or_else(|| due.saturating_sub(limit), |h| h.before(due, limit)))
    }

    /// Whether it is for a conversation.
    fn fits(&self, row: &ConversationRow) -> bool {
        self.applies.clauses.iter().all(|clause| holds(clause, row) == Some(true))
    }
}

/// All policies, in the order in which they count: the first that fits does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sla {
    /// The policies.
    pub policies: Vec<Policy>,
}

impl Sla {
    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// Until when somebody is to answer in a conversation; none where nobody waits, or no policy is for it.
    pub fn due(&self, row: &ConversationRow) -> Option<Ms> {
        let since = row.waiting_since.filter(|_| row.status == Status::Open && row.archived_at.is_none())?;
        self.policies.iter().find(|policy| policy.fits(row))?.due(since, row.answered_at.is_some())
    }

    /// Between which moments those are due who wait since `since`, whatever policy is for them.
    pub fn due_between(&self, since: Ms) -> Option<(Ms, Ms)> {
        self.bounds(|policy, answered| policy.due(since, answered))
    }

    /// Between which moments those have begun to wait who are just due at `due`, whatever policy is for them.
    pub fn since_between(&self, due: Ms) -> Option<(Ms, Ms)> {
        self.bounds(|policy, answered| policy.since(due, answered))
    }

    fn bounds(&self, of: impl Fn(&Policy, bool) -> Option<Ms>) -> Option<(Ms, Ms)> {
        let each = || self.policies.iter().flat_map(|p| [of(p, false), of(p, true)]).flatten();
        each().min().zip(each().max())
    }
}

/// Whether a query asks only for what can be judged of a conversation alone.
///
/// # Errors
/// What cannot be, and what can.
pub fn judged(query: &Query) -> Result<(), String> {
    let all_known = |clause: &&Clause| !is_judged(&clause.what);
    match query.clauses.iter().find(all_known) {
        None => Ok(()),
        Some(clause) => Err(format!("\u{201c}{clause}\u{201d} cannot be asked here: use {JUDGED}")),
    }
}

const fn is_judged(what: &What) -> bool {
    match what {
        What::Filter(filter) => matches!(
            filter,
            Filter::Channel(_)
                | Filter::Account(_)
                | Filter::Label(_)
                | Filter::Priority(_)
                | Filter::Qualified(_)
                | Filter::Score(_)
        ),
        What::Word(_) | What::Prefix(_) | What::Phrase(_) => false,
    }
}

/// Whether a clause holds for a conversation; none where that cannot be said of it alone.
fn holds(clause: &Clause, row: &ConversationRow) -> Option<bool> {
    let What::Filter(filter) = &clause.what else { return None };
    let is = match filter {
        Filter::Channel(list) => list.contains(&row.channel),
        Filter::Account(list) => list.iter().any(|name| name.eq_ignore_ascii_case(&row.account_name)),
        Filter::Label(list) => {
            list.iter().any(|name| row.labels.iter().any(|label| label.eq_ignore_ascii_case(name)))
        }
        Filter::Priority(list) => list.contains(&row.priority),
        Filter::Qualified(list) => list.iter().any(|wanted| match wanted {
            Qualified::Yes => row.qualification.is_some(),
            Qualified::No => row.qualification.is_none(),
            Qualified::As(state) => row.qualification.as_ref().is_some_and(|q| q.state == *state),
        }),
        Filter::Score(bound) => row.score.is_some_and(|score| bound.holds(score)),
        _ => return None,
    };
    Some(is != clause.negated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Channel;
    use crate::domain::conversation::Priority;
    use crate::domain::query::parse;
    use proptest::prelude::*;

    fn policy(applies: &str, first: Ms, next: Ms) -> Policy {
        Policy {
            name: "p".into(),
            applies: parse(applies).unwrap(),
            first_reply: Some(first),
            next_reply: Some(next),
            hours: None,
        }
    }

    fn waiting() -> ConversationRow {
        ConversationRow {
            channel: Channel::Whatsapp,
            account_name: "hotline".into(),
            score: Some(51),
            waiting_since: Some(1_000),
            ..crate::ui::fixture::conversation(1)
        }
    }

    #[test]
    fn the_first_policy_that_fits_counts_and_only_who_waits_is_due() {
        let vip = Policy { next_reply: None, ..policy("label:VIP,gold -channel:sms", 10, 0) };
        let sla =
            Sla { policies: vec![vip, policy("priority:urgent score:>50", 20, 30), policy("", 100, 200)] };
        let mut row = waiting();
        assert_eq!(sla.due(&row), Some(1_100));
        row.priority = Priority::Urgent;
        assert_eq!(sla.due(&row), Some(1_020));
        row.answered_at = Some(1);
        assert_eq!(sla.due(&row), Some(1_030));
        row.labels = vec!["vip".into()];
        assert_eq!(sla.due(&row), None, "this policy sets no time for further answers");
        row.answered_at = None;
        assert_eq!(sla.due(&row), Some(1_010));
        row.channel = Channel::Sms;
        assert_eq!(sla.due(&row), Some(1_020));
        assert_eq!(sla.due_between(1_000), Some((1_010, 1_200)));
        assert_eq!(sla.since_between(1_200), Some((1_000, 1_190)));
        for status in [Status::Pending, Status::Snoozed, Status::Resolved, Status::Spam] {
            assert_eq!(sla.due(&ConversationRow { status, ..row.clone() }), None, "{status}");
        }
        assert_eq!(sla.due(&ConversationRow { archived_at: Some(1), ..row.clone() }), None);
        assert_eq!(sla.due(&ConversationRow { waiting_since: None, ..row }), None);
    }

    #[test]
    fn what_cannot_be_judged_is_refused_with_what_can() {
        for text in
            ["refund", "label:vip from:anna", "-\"my order\"", "before:7d", "assignee:me", "field:budget"]
        {
            let why = judged(&parse(text).unwrap()).unwrap_err();
            assert!(why.contains("score:"), "{why}");
        }
        judged(&parse("channel:sms -account:x label:y priority:high qualified:no score:<=3").unwrap())
            .unwrap();
        judged(&parse("").unwrap()).unwrap();
    }

    proptest! {
        #[test]
        fn who_waits_longer_is_due_earlier(
            since in 1_772_000_000_000i64..1_795_000_000_000, later in 0i64..1_000_000_000, with_hours: bool, answered: bool,
            first in 60_000i64..90_000_000, next in 60_000i64..90_000_000,
        ) {
            let mut hours = BusinessHours::new("h", jiff::tz::TimeZone::UTC);
            hours.add("mon-thu", "8:00-12:00, 13:00-18:00").unwrap();
            let hours = with_hours.then(|| Arc::new(hours));
            let policy = Policy { hours, ..policy("", first, next) };
            let due = policy.due(since, answered).unwrap();
            prop_assert!(due <= policy.due(since + later, answered).unwrap());
            prop_assert!(policy.since(due, answered).unwrap() >= since);
            prop_assert!(policy.since(due - 1, answered).unwrap() < since);
        }
    }
}
