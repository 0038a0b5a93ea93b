//! Marks: which conversations of the list the next order is for.

use crate::domain::ids::ConversationId;
use crate::ui::effect::{ListSource, Targets};
use crate::ui::list::List;

/// What is marked in the list. Another list has other marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// In the order in which they were marked.
    ids: Vec<ConversationId>,
    /// All that the list holds, on the screen or not.
    all: bool,
}

impl Marks {
    /// Whether nothing is marked.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty() && !self.all
    }

    /// Whether a row is.
    pub(crate) fn has(&self, id: ConversationId) -> bool {
        self.all || self.ids.contains(&id)
    }

    /// Whether all of the list is.
    pub(crate) fn is_all(&self) -> bool {
        self.all
    }

    /// How many are marked one by one.
    pub(crate) fn count(&self) -> usize {
        self.ids.len()
    }

    /// Marks nothing any more.
    pub(crate) fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Marks everything, or nothing if everything is.
    pub(crate) fn toggle_all(&mut self) {
        let all = !self.all;
        *self = Marks { all, ids: Vec::new() };
    }

    /// Marks a row, or takes its mark. Where all was marked, what the window holds stays so.
    pub(crate) fn toggle(&mut self, id: ConversationId, list: &List) {
        if std::mem::take(&mut self.all) {
            self.ids = list.rows.iter().map(|r| r.id).collect();
        }
        match self.ids.iter().position(|m| *m == id) {
            Some(at) => {
                self.ids.remove(at);
            }
            None => self.ids.push(id),
        }
    }

    /// Marks a row.
    pub(crate) fn add(&mut self, id: ConversationId) {
        if !self.has(id) {
            self.ids.push(id);
        }
    }

    /// The row that was marked last.
    pub(crate) fn last(&self) -> Option<ConversationId> {
        self.ids.last().copied()
    }

    /// What an order is for.
    pub(crate) fn targets(&self, source: &ListSource) -> Option<Targets> {
        match (self.all, self.ids.is_empty()) {
            (true, _) => Some(Targets::Matching(source.clone())),
            (false, true) => None,
            (false, false) => Some(Targets::These(self.ids.clone())),
        }
    }
}
