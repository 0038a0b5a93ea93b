//! Search over all messages, asked anew with every letter.

use crate::ui::effect::{Need, Ticket};
use crate::ui::input::Input;
use crate::ui::model::Model;
use crate::ui::msg::Found;
use crate::ui::overlay::Overlay;

/// Hits asked for at first, and again at the end of what is there.
pub(crate) const LIMIT: usize = 100;

/// The search.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) input: Input,
    /// The last question.
    pub(crate) ticket: Ticket,
    pub(crate) found: Found,
    /// Hits asked for.
    pub(crate) limit: usize,
    /// Enter was pressed on nothing: what is not understood is told in full.
    pub(crate) insists: bool,
    /// An answer is on its way.
    pub(crate) asked: bool,
    pub(crate) at: usize,
    pub(crate) top: usize,
}

impl Search {
    pub(crate) fn new(text: &str) -> Search {
        Search {
            input: Input::selected(text),
            ticket: 0,
            found: Found::default(),
            limit: LIMIT,
            insists: false,
            asked: false,
            at: 0,
            top: 0,
        }
    }

    /// Takes an answer in, unless another question has been asked since. The cursor stays on its message.
    pub(crate) fn take(&mut self, ticket: Ticket, found: Found) {
        if ticket != self.ticket {
            return;
        }
        self.asked = found.partial;
        let under = self.found.hits.get(self.at).map(|hit| hit.message).filter(|_| self.at > 0);
        self.at = under.and_then(|id| found.hits.iter().position(|h| h.message == id)).unwrap_or(0);
        self.top = self.top.min(self.at);
        self.found = found;
    }

    /// Whether what is found may be other messages by now, and nothing is asked yet.
    pub(crate) fn is_to_follow(&self) -> bool {
        !self.asked && !self.insists && !self.input.text().trim().is_empty()
    }

    /// Moves the cursor. Answers whether more is to be asked for: it stands at the end of what is there.
    pub(crate) fn step(&mut self, by: isize) -> bool {
        let last = self.found.hits.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
        by > 0 && self.at == last && self.found.more && !self.asked
    }
}

/// Asks for what is typed.
pub(crate) fn ask(model: &mut Model) {
    if let Some(Overlay::Search(search)) = model.overlays.last_mut() {
        search.limit = LIMIT;
    }
    ask_again(model);
}

/// Asks for more of the same.
pub(crate) fn ask_more(model: &mut Model) {
    if let Some(Overlay::Search(search)) = model.overlays.last_mut() {
        search.limit += LIMIT;
    }
    ask_again(model);
}

/// Asks the same again: something has changed.
pub(crate) fn ask_again(model: &mut Model) {
    model.tickets += 1;
    let ticket = model.tickets;
    let Some(Overlay::Search(search)) = model.overlays.last_mut() else {
        return;
    };
    let text = search.input.text().to_owned();
    search.ticket = ticket;
    search.insists = false;
    model.last_search.clone_from(&text);
    if text.trim().is_empty() {
        search.found = Found::default();
        search.asked = false;
        return;
    }
    search.asked = true;
    let limit = search.limit;
    model.load(Need::Search { ticket, text, limit });
}
