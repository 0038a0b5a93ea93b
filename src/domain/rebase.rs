//! Shown = truth ⊕ pending ops: the one fold that decides what an agent sees. Rebase, never roll back.

use crate::domain::clock::Ms;
use crate::domain::facet::{Facet, FacetKey};
use crate::domain::op::{Accepted, OpState};
use crate::domain::rev::{Rev, Stamped};
use std::collections::BTreeMap;

/// The facets of one conversation, as some side sees them.
pub type Facets = BTreeMap<FacetKey, Stamped<Facet>>;

/// A `Set` op that may still shape what is shown. In the order in which the agent made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What it wants.
    pub facet: Facet,
    /// Where it is.
    pub state: OpState,
    /// What the provider's yes meant, once given.
    pub accepted: Option<Accepted>,
    /// When the yes came, UTC milliseconds.
    pub accepted_at: Option<Ms>,
}

/// Whether an accepted op may leave the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Truth has not caught up.
    Stay,
    /// Truth has caught up.
    Leave,
    /// The deadline of a deferred yes has passed without truth showing it: leave, and tell the agent.
    LeaveWithNotice,
}

/// Merges a fact into truth. Answers whether truth changed.
pub fn learn(truth: &mut Facets, fact: Stamped<Facet>) -> bool {
    match truth.entry(fact.value.key()) {
        std::collections::btree_map::Entry::Vacant(slot) => {
            slot.insert(fact);
            true
        }
        std::collections::btree_map::Entry::Occupied(mut slot) => slot.get_mut().merge(fact),
    }
}

/// What is shown: truth, with every op still in the fold laid over it in order.
pub fn shown(truth: &Facets, pending: &[Pending]) -> BTreeMap<FacetKey, Facet> {
    let mut out: BTreeMap<FacetKey, Facet> =
        truth.iter().map(|(k, v)| (k.clone(), v.value.clone())).collect();
    for op in pending.iter().filter(|op| op.state.in_fold()) {
        out.insert(op.facet.key(), op.facet.clone());
    }
    out
}

/// Whether truth has caught up with an accepted op.
///
/// `covering_pull_begun` is when the newest pull began that has landed and covered this conversation.
pub fn verdict(op: &Pending, truth: &Facets, covering_pull_begun: Option<Ms>, now: Ms) -> Verdict {
    if op.state != OpState::Accepted {
        return Verdict::Stay;
    }
    let there = truth.get(&op.facet.key());
    let pulled = matches!((covering_pull_begun, op.accepted_at), (Some(begun), Some(at)) if begun > at);
    match &op.accepted {
        Some(Accepted::State { .. }) => Verdict::Leave,
        Some(Accepted::Revision { rev }) if reached(there, *rev) || pulled => Verdict::Leave,
        Some(Accepted::Deferred { until }) => match there {
            Some(t) if t.value == op.facet => Verdict::Leave,
            _ if now >= *until => Verdict::LeaveWithNotice,
            _ => Verdict::Stay,
        },
        Some(Accepted::Revision { .. }) => Verdict::Stay,
        None if pulled => Verdict::Leave,
        None => Verdict::Stay,
    }
}

fn reached(there: Option<&Stamped<Facet>>, rev: Rev) -> bool {
    there.is_some_and(|t| t.rev >= rev)
}
