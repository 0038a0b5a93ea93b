//! Which conversations are listed, which one is selected, and how far the list is scrolled. Selection is by id.

use crate::domain::clock::Ms;
use crate::domain::ids::{AgentId, ConversationId};
use crate::domain::row::{ConversationRow, ListKey, View};
use crate::ui::effect::{ListSource, Need};

/// Rows asked for at a time.
pub(crate) const WINDOW: usize = 200;
/// Rows that a query lists at most.
const MOST: usize = 5_000;
/// Lines of a row.
pub(crate) const ROW: u16 = 2;

/// Where the selection goes when the next window comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goto {
    First,
    Last,
    /// This one, unless it has gone meanwhile.
    Row(ConversationId),
}

/// Where something unread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// In this row of the window.
    Row(usize),
    /// Perhaps beyond the window, seen from here.
    Beyond(Option<ListKey>),
    /// Nowhere in this list.
    Nowhere,
}

/// The list.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) source: ListSource,
    pub(crate) rows: Vec<ConversationRow>,
    pub(crate) above: bool,
    pub(crate) below: bool,
    /// False until the first answer for this source.
    pub(crate) loaded: bool,
    /// Why the query is not understood.
    pub(crate) error: Option<String>,
    pub(crate) selected: Option<ConversationId>,
    /// Where the selection was, for when its row goes.
    pub(crate) index: usize,
    /// The place of the selected row when it was last seen.
    place: Option<ListKey>,
    /// The first row on screen.
    pub(crate) top: usize,
    /// Rows that fit on the screen.
    pub(crate) page: usize,
    /// Around what was asked.
    pub(crate) anchor: Option<ListKey>,
    pub(crate) goto: Option<Goto>,
    /// An answer is on its way.
    pub(crate) asked: bool,
    /// How many rows of a query are listed: these are not paged, the list grows.
    grown: usize,
    /// The row that stood under the number that is being typed.
    numbered: Option<ConversationId>,
}

impl List {
    /// The list as it starts: all that is open.
    pub(crate) fn new(_me: AgentId) -> List {
        List {
            source: ListSource::View(View::Open),
            rows: Vec::new(),
            above: false,
            below: false,
            loaded: false,
            error: None,
            selected: None,
            index: 0,
            place: None,
            top: 0,
            page: 1,
            anchor: None,
            goto: None,
            asked: false,
            grown: WINDOW,
            numbered: None,
        }
    }

    /// Begins another list. The old rows go: they are of something else.
    pub(crate) fn start(&mut self, source: ListSource) {
        *self = List { source, page: self.page, ..List::new(AgentId(0)) };
    }

    /// Back to its beginning.
    pub(crate) fn go_top(&mut self) {
        self.anchor = None;
        self.goto = Some(Goto::First);
        self.top = 0;
    }

    /// To its end.
    pub(crate) fn go_end(&mut self) {
        let at = if self.oldest_first() { Ms::MAX } else { Ms::MIN };
        self.anchor = Some(ListKey { at, id: ConversationId(at) });
        self.goto = Some(Goto::Last);
    }

    fn oldest_first(&self) -> bool {
        matches!(self.source, ListSource::View(View::Waiting | View::Overdue))
    }

    /// What to ask for now.
    pub(crate) fn need(&mut self) -> Need {
        self.asked = true;
        let limit = if self.is_query() { self.grown } else { WINDOW };
        Need::List { source: self.source.clone(), anchor: self.anchor, limit }
    }

    /// Whether it is another list, or another place in it, that has been asked for and has not come.
    pub(crate) fn is_on_its_way(&self) -> bool {
        self.asked && (!self.loaded || self.goto.is_some())
    }

    /// The place of a row.
    pub(crate) fn key(&self, row: &ConversationRow) -> ListKey {
        let at = match self.source {
            ListSource::View(View::Waiting) => row.waiting_since,
            ListSource::View(View::Overdue) => row.due_at,
            _ => row.last_message_at,
        };
        ListKey { at: at.unwrap_or(0), id: row.id }
    }

    /// Remembers the row that stands under a number of the screen, from 1 on.
    pub(crate) fn number(&mut self, number: usize) {
        self.numbered = self.rows.get(self.top + number.saturating_sub(1)).map(|row| row.id);
    }

    /// Selects the row that stood under the number. Answers whether it is (still) there.
    pub(crate) fn select_numbered(&mut self) -> bool {
        let at = self.numbered.take().and_then(|id| self.position(id));
        at.is_some_and(|at| self.select(at))
    }

    /// Where a conversation is in the window.
    pub(crate) fn position(&self, id: ConversationId) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }

    /// The row of the selection, if it is (still) in the list.
    pub(crate) fn selected_row(&self) -> Option<&ConversationRow> {
        self.selected.and_then(|id| self.rows.iter().find(|row| row.id == id))
    }

    /// Selects by place. Returns whether there is such a row.
    pub(crate) fn select(&mut self, index: usize) -> bool {
        let Some(row) = self.rows.get(index) else {
            return false;
        };
        self.selected = Some(row.id);
        self.place = Some(self.key(row));
        self.index = index;
        self.reveal();
        true
    }

    /// Moves the selection by rows, as far as there are some.
    pub(crate) fn step(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        let from = self.selected.and_then(|id| self.position(id));
        let to = match from {
            Some(at) => at.saturating_add_signed(by).min(last),
            // The selected row has gone: its place now holds the next one.
            None if by > 0 => self.index.saturating_add_signed(by - 1).min(last),
            None => self.index.saturating_add_signed(by).min(last),
        };
        self.select(to);
    }

    /// What the keys for moving by a row and by a screen would select, the likeliest first.
    pub(crate) fn neighbours(&self) -> Vec<ConversationId> {
        let Some(at) = self.selected.and_then(|id| self.position(id)) else {
            return Vec::new();
        };
        let last = self.rows.len() - 1;
        let screen = isize::try_from(self.screen()).unwrap_or(1);
        let mut near: Vec<ConversationId> = Vec::new();
        for by in [1, -1, screen, -screen] {
            let id = self.rows[at.saturating_add_signed(by).min(last)].id;
            if !near.contains(&id) {
                near.push(id);
            }
        }
        near
    }

    /// How many rows a key for a screen moves by.
    pub(crate) fn screen(&self) -> usize {
        (self.page / 2).max(1) * 2
    }

    /// Scrolls without selecting, for the wheel.
    pub(crate) fn scroll(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(self.page);
        self.top = self.top.saturating_add_signed(by).min(last);
    }

    /// Scrolls so that the selection is on screen.
    pub(crate) fn reveal(&mut self) {
        let page = self.page.max(1);
        if self.index < self.top {
            self.top = self.index;
        } else if self.index >= self.top + page {
            self.top = self.index + 1 - page;
        }
    }

    /// The next window, if the selection or the screen is near the end of this one.
    pub(crate) fn wants_more(&mut self) -> bool {
        if self.asked || self.rows.is_empty() {
            return false;
        }
        let margin = self.page.max(10);
        // What is on screen counts: a selection that new rows have pushed out of sight does not pull the list after it.
        let near_end = self.below && self.top + self.page + margin >= self.rows.len();
        let near_start = self.above && self.top < margin;
        if self.is_query() {
            let grows = near_end && self.grown < MOST;
            self.grown += if grows { WINDOW } else { 0 };
            return grows;
        }
        if near_end || near_start {
            let middle = (self.top + self.page / 2).min(self.rows.len() - 1);
            self.anchor = self.rows.get(middle).map(|row| self.key(row));
            return true;
        }
        false
    }

    /// Chooses around what to ask again when the store has moved.
    pub(crate) fn refresh_anchor(&mut self) {
        if self.goto.is_some() {
            // On the way to another place: that is asked for again.
        } else if self.top == 0 && !self.above {
            self.anchor = None;
        } else if let Some(row) = self.rows.get(self.index.min(self.rows.len().saturating_sub(1))) {
            self.anchor = Some(self.key(row));
        }
    }

    /// Takes a window in. `settle` = a vanished selection moves on to what has taken its place.
    pub(crate) fn take(&mut self, rows: Vec<ConversationRow>, above: bool, below: bool, settle: bool) {
        let first = self.rows.get(self.top).map(|row| row.id);
        let at_start = self.top == 0 && !self.above;
        let was_seen = (self.top..self.top + self.page.max(1)).contains(&self.index);
        self.rows = rows;
        self.above = above;
        self.below = below;
        self.loaded = true;
        self.asked = false;
        self.error = None;
        if at_start && !above {
            self.top = 0;
        } else if let Some(at) = first.and_then(|id| self.position(id)) {
            self.top = at;
        }
        match self.goto.take() {
            Some(Goto::First) => {
                self.top = 0;
                self.select(0);
            }
            Some(Goto::Last) => {
                self.select(self.rows.len().saturating_sub(1));
            }
            Some(Goto::Row(id)) if self.position(id).is_some() => {
                self.select(self.position(id).unwrap_or(0));
            }
            Some(Goto::Row(_)) | None => match self.selected.and_then(|id| self.position(id)) {
                Some(at) => {
                    self.index = at;
                    self.place = self.rows.get(at).map(|row| self.key(row));
                    // A row that keys are for does not sink out of sight.
                    if was_seen {
                        self.reveal();
                    }
                }
                None if self.is_outside() => {}
                None if settle || self.selected.is_none() => self.settle(),
                None => {}
            },
        }
        // Where the list ends, its end is at the foot of the pane: a row that has sunk there leaves no empty room below it.
        let rest = if self.below { 1 } else { self.page.max(1) };
        self.top = self.top.min(self.rows.len().saturating_sub(rest));
        if self.rows.is_empty() {
            self.index = 0;
        }
    }

    /// Whether the selected row lies before or behind this window: it is not gone, only out of sight.
    fn is_outside(&self) -> bool {
        let (Some(place), Some(first), Some(last)) = (self.place, self.rows.first(), self.rows.last()) else {
            return false;
        };
        let (mut first, mut last) = (self.key(first), self.key(last));
        if self.oldest_first() {
            std::mem::swap(&mut first, &mut last);
            return (self.below && place > first) || (self.above && place < last);
        }
        (self.above && place > first) || (self.below && place < last)
    }

    /// Selects what has taken the place of a row that is gone.
    pub(crate) fn settle(&mut self) {
        if self.selected_row().is_some() {
            return;
        }
        self.selected = None;
        let last = self.rows.len().saturating_sub(1);
        let oldest_first = self.oldest_first();
        let to = match self.place {
            Some(place) => self
                .rows
                .iter()
                .position(|row| if oldest_first { self.key(row) > place } else { self.key(row) < place }),
            None => Some(self.index),
        };
        self.select(to.unwrap_or(last).min(last));
    }

    /// Where the next conversation with unseen messages is in a direction, around the end of the list.
    pub(crate) fn unread_from(&self, forward: bool) -> Unread {
        let count = self.rows.len();
        let at = self.selected.and_then(|id| self.position(id)).unwrap_or(self.index);
        // Rows up to the end of the window; a window that is all there is to see goes around.
        let is_whole = (!self.above && !self.below) || self.is_query();
        let ahead = if forward { count.saturating_sub(at + 1) } else { at };
        let calls = |row: &ConversationRow| match &self.source {
            ListSource::View(View::Mentions(agent)) => row.called.contains(agent),
            _ => row.calls(),
        };
        (1..=if is_whole { count } else { ahead.min(count) })
            .map(|step| if forward { (at + step) % count } else { (at + count - step % count) % count })
            .find(|i| calls(&self.rows[*i]))
            .map_or(if is_whole { Unread::Nowhere } else { Unread::Beyond(self.place()) }, Unread::Row)
    }

    fn is_query(&self) -> bool {
        matches!(self.source, ListSource::Query(_))
    }

    /// The place of the selection in the list.
    fn place(&self) -> Option<ListKey> {
        let row = self.selected_row().or_else(|| self.rows.get(self.index));
        row.map(|row| self.key(row))
    }

    /// Selects a row with the window that comes next, if it is in it.
    pub(crate) fn back_to(&mut self, id: ConversationId) {
        self.goto = Some(Goto::Row(id));
    }

    /// Asks for the window around a row that is to be selected.
    pub(crate) fn go_to(&mut self, key: ListKey) {
        self.anchor = Some(key);
        self.goto = Some(Goto::Row(key.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn list(ids: &[i64]) -> List {
        let mut list = List::new(AgentId(1));
        list.page = 3;
        list.take(rows(ids), false, false, true);
        list
    }

    fn rows(ids: &[i64]) -> Vec<ConversationRow> {
        ids.iter().map(|id| fixture::conversation(*id)).collect()
    }

    #[test]
    fn the_selection_stays_with_its_conversation() {
        let mut list = list(&[1, 2, 3]);
        list.step(1);
        list.take(rows(&[9, 1, 2, 3]), false, false, true);
        assert_eq!((list.selected, list.index), (Some(ConversationId(2)), 2));
    }

    #[test]
    fn what_new_rows_push_out_of_the_window_stays_selected_and_the_list_stays_at_its_top() {
        let mut list = list(&[10, 11, 12]);
        list.step(1);
        // Newer rows have the smaller numbers here: they come first and push the others out.
        let newest: Vec<i64> = (1..10).collect();
        list.take(rows(&newest), false, true, true);
        assert_eq!((list.selected, list.top), (Some(ConversationId(11)), 0));
        list.refresh_anchor();
        assert_eq!(list.anchor, None, "the newest are asked for again");
        // Resolved, it is gone from where it would be: then the next one takes its place.
        list.take(rows(&[1, 2, 10, 12, 13]), false, false, true);
        assert_eq!(list.selected, Some(ConversationId(12)));
    }

    #[test]
    fn what_is_gone_gives_way_to_the_next() {
        let mut list = list(&[1, 2, 3]);
        list.step(1);
        list.take(rows(&[1, 3]), false, false, true);
        assert_eq!(list.selected, Some(ConversationId(3)));
        list.take(rows(&[1]), false, false, true);
        assert_eq!(list.selected, Some(ConversationId(1)));
        list.take(rows(&[]), false, false, true);
        assert_eq!(list.selected, None);
    }

    #[test]
    fn an_open_thread_keeps_a_selection_that_left_the_list() {
        let mut list = list(&[1, 2, 3]);
        list.step(1);
        list.take(rows(&[1, 3]), false, false, false);
        assert_eq!(list.selected, Some(ConversationId(2)));
        list.step(1);
        assert_eq!(list.selected, Some(ConversationId(3)));
    }

    #[test]
    fn scrolled_down_nothing_moves_when_something_comes() {
        let mut list = list(&[1, 2, 3, 4, 5, 6]);
        list.step(4);
        assert_eq!(list.top, 2);
        list.take(rows(&[9, 1, 2, 3, 4, 5, 6]), false, false, true);
        assert_eq!((list.top, list.rows[list.top].id), (3, ConversationId(3)));
    }

    #[test]
    fn a_row_at_the_top_that_sinks_leaves_no_empty_room_below() {
        let mut list = list(&[1, 2, 3, 4, 5, 6]);
        list.step(4);
        assert_eq!((list.top, list.page), (2, 3));
        // All others have news, and stand before it now.
        list.take(rows(&[6, 5, 4, 2, 1, 3]), false, false, true);
        assert_eq!(list.top, 1, "the selected row is seen, and two below it");
        list.top = 5;
        list.take(rows(&[6, 5, 4, 2, 1, 3]), false, true, true);
        assert_eq!(list.top, 5, "more come below it");
    }

    #[test]
    fn next_unread_goes_around() {
        let mut list = list(&[1, 2, 3]);
        list.rows[0].unread = 1;
        list.rows[2].unread = 1;
        assert_eq!(list.unread_from(true), Unread::Row(2));
        list.select(2);
        assert_eq!(list.unread_from(true), Unread::Row(0));
        assert_eq!(list.unread_from(false), Unread::Row(0));
        list.rows[2].muted = true;
        list.rows[0].blocked = true;
        assert_eq!(list.unread_from(true), Unread::Nowhere, "neither calls for anybody");
        list.rows[1].called = vec![AgentId(1)];
        list.source = ListSource::View(View::Mentions(AgentId(1)));
        assert_eq!(list.unread_from(true), Unread::Row(1), "there it is the notes that call");
    }

    #[test]
    fn what_a_query_lists_grows_as_far_as_one_goes_down_and_there_is_more() {
        let mut list = list(&[1, 2, 3]);
        list.source = ListSource::Query("order".into());
        assert!(!list.wants_more(), "there is no more");
        let limit = |list: &mut List| match list.need() {
            Need::List { limit, anchor: None, .. } => limit,
            other => panic!("{other:?}"),
        };
        assert_eq!(limit(&mut list), WINDOW);
        let many: Vec<i64> = (1..=WINDOW as i64).collect();
        list.take(rows(&many), false, true, true);
        assert!(!list.wants_more(), "its end is far away");
        list.go_end();
        list.anchor = None;
        list.take(rows(&many), false, true, true);
        list.top = WINDOW - 1;
        assert!(list.wants_more());
        assert_eq!(limit(&mut list), 2 * WINDOW);
        list.asked = false;
        list.grown = MOST;
        assert!(!list.wants_more(), "not without end");
    }

    #[test]
    fn next_unread_may_be_beyond_the_window() {
        let mut list = list(&[1, 2, 3]);
        list.rows[0].unread = 1;
        list.below = true;
        list.select(1);
        let here = list.key(&list.rows[1]);
        assert_eq!(list.unread_from(true), Unread::Beyond(Some(here)), "not back to the first row");
        assert_eq!(list.unread_from(false), Unread::Row(0));
        list.go_to(ListKey { at: 7, id: ConversationId(9) });
        list.refresh_anchor();
        assert_eq!(list.anchor, Some(ListKey { at: 7, id: ConversationId(9) }), "news does not call it off");
        list.take(rows(&[7, 8, 9]), true, true, true);
        assert_eq!((list.selected, list.goto), (Some(ConversationId(9)), None));
    }
}
