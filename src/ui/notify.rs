//! Calls the agent who looks elsewhere: once for a message, once for many that come together.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::clock::Ms;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::notify::{How, Wanted};
use crate::domain::row::{AgentRow, ArrivalRow, ConversationRow};
use crate::text::{format, mention, sanitize, wrap};
use crate::ui::due::{self, SOON};
use crate::ui::effect::{Effect, Need};
use crate::ui::list;
use crate::ui::model::Model;

/// What was sent longer ago is history, and no news.
const NEWS: Ms = 3_600_000;
/// Messages looked at: few, as it is done at every change of the store, and keys wait behind it.
const MOST: usize = 50;
/// Conversations that are due and looked at: those of an hour.
const MOST_DUE: usize = 200;
/// So long what comes together is gathered.
const GATHER: Ms = 300;
/// The shortest time between two calls.
const PAUSE: Ms = 5_000;
/// The longest text, in cells.
const LONGEST: usize = 160;

/// What is known of arrivals.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) wanted: Wanted,
    /// What was there before, called for or not; none until the first look.
    known: Option<BTreeSet<MessageId>>,
    /// What lies before this one was not looked at, as there was so much, and is no news.
    floor: Option<MessageId>,
    /// What is to be called for.
    waiting: Vec<ArrivalRow>,
    /// Who was due when last looked, until when, and whether that was over; none until the first look.
    known_due: Option<BTreeMap<(ConversationId, Ms), bool>>,
    /// Who is to be called for because they are due.
    waiting_due: Vec<ConversationRow>,
    /// When.
    pub(crate) due: Option<Ms>,
    /// When the last call was made.
    last: Option<Ms>,
}

impl Calls {
    /// Takes in what has come. What the first look finds was there before.
    fn take(&mut self, arrivals: Vec<ArrivalRow>, fits: impl Fn(&ArrivalRow) -> bool, now: Ms) {
        let is_first = self.known.is_none();
        let known = self.known.get_or_insert_default();
        // The window moves on: what has left it never comes back.
        if let Some(oldest) = arrivals.first().map(|a| a.message) {
            *known = known.split_off(&MessageId(oldest.0 - KEEP));
            if arrivals.len() >= MOST {
                self.floor = self.floor.max(Some(oldest));
            }
        }
        let floor = self.floor;
        for arrival in arrivals.into_iter().filter(|a| Some(a.message) >= floor) {
            if known.insert(arrival.message) && !is_first && fits(&arrival) {
                self.waiting.push(arrival);
            }
        }
        self.call_soon(now);
    }

    /// Takes in who is due: each is called for once before and once after it.
    fn take_due(&mut self, rows: Vec<ConversationRow>, fits: impl Fn(&ConversationRow) -> bool, now: Ms) {
        let before = self.known_due.take();
        let mut known = BTreeMap::new();
        for row in rows {
            let Some(due) = row.due_at else { continue };
            let is_over = due <= now;
            known.insert((row.id, due), is_over);
            let is_news = before.as_ref().is_some_and(|before| before.get(&(row.id, due)) != Some(&is_over));
            if is_news && fits(&row) {
                self.waiting_due.retain(|waiting| waiting.id != row.id);
                self.waiting_due.push(row);
            }
        }
        self.known_due = Some(known);
        self.call_soon(now);
    }

    fn call_soon(&mut self, now: Ms) {
        let calls = !self.waiting.is_empty() || !self.waiting_due.is_empty();
        if calls && self.due.is_none() {
            let pause_ends = self.last.map_or(now, |last| last.saturating_add(PAUSE));
            self.due = Some(now.saturating_add(GATHER).max(pause_ends));
        }
    }
}

/// Ids that are kept behind the oldest of a look: those of twice the window.
const KEEP: i64 = (2 * NEWS / 1000) << 8;

impl Model {
    /// Asks what has come in, if anybody wants to know.
    pub(crate) fn look_for_arrivals(&mut self) {
        if self.calls.wanted.how != How::Off {
            self.load_soon(Need::Arrivals { since: self.now - NEWS, limit: MOST });
        }
    }

    /// Asks who is due, if anybody wants to know.
    pub(crate) fn look_for_due(&mut self) {
        if self.calls.wanted.wants_due() && self.sidebar.has_due {
            self.load_soon(Need::Due { since: self.now - NEWS, until: self.now + SOON, limit: MOST_DUE });
        }
    }

    /// Takes in who is due.
    pub(crate) fn became_due(&mut self, rows: Vec<ConversationRow>) {
        let (me, now, wanted) = (self.me.id, self.now, self.calls.wanted.clone());
        self.calls.take_due(rows, |row| wanted.fits_due(row, me), now);
    }

    /// Takes in what has come.
    pub(crate) fn arrived(&mut self, arrivals: Vec<ArrivalRow>) {
        let (me, now, wanted) = (self.me.id, self.now, self.calls.wanted.clone());
        let agent = |a: &AgentRow| (a.id, a.name.clone(), a.email.clone());
        let agents: Vec<_> = self.agents.iter().filter(|a| a.active).map(agent).collect();
        let fits = |arrival: &ArrivalRow| {
            if arrival.is_note {
                wanted.fits_note(&arrival.conversation)
                    && mention::agents(&arrival.text, &agents).contains(&me)
            } else {
                wanted.fits(&arrival.conversation, me)
            }
        };
        self.calls.take(arrivals, fits, now);
    }

    /// Makes the call that is due, for what is not seen anyway.
    pub(crate) fn call(&mut self) {
        if self.calls.due.is_none_or(|due| due > self.now) {
            return;
        }
        self.calls.due = None;
        let mut waiting = std::mem::take(&mut self.calls.waiting);
        waiting.retain(|a| !(self.attended && self.is_on_screen(a.conversation.id)));
        let mut due = std::mem::take(&mut self.calls.waiting_due);
        due.retain(|row| !(self.attended && self.is_on_screen(row.id)));
        let minute = format::minute_of_day(self.now, &self.tz);
        let is_quiet = self.calls.wanted.quiet.is_some_and(|hours| hours.holds(minute));
        if is_quiet || (waiting.is_empty() && due.is_empty()) {
            return;
        }
        self.calls.last = Some(self.now);
        let how = self.calls.wanted.how;
        if !waiting.is_empty() {
            let (title, text) = words(&waiting, self.calls.wanted.preview, &self.workspace);
            self.out.push(Effect::Notify { how, title, text });
        }
        if !due.is_empty() {
            let (title, text) = due_words(&due, self.now, &self.workspace);
            self.out.push(Effect::Notify { how, title, text });
        }
    }

    /// Whether who looks at the screen sees that it has come.
    fn is_on_screen(&self, id: ConversationId) -> bool {
        let in_thread = self.layout.thread.is_some() && self.thread.conversation == Some(id);
        let rows = self.layout.list.map_or(0, |area| usize::from(area.height / list::ROW));
        in_thread || self.list.rows.iter().skip(self.list.top).take(rows).any(|row| row.id == id)
    }
}

/// What the call says of who is due: clean, and one line each.
fn due_words(rows: &[ConversationRow], now: Ms, workspace: &str) -> (String, String) {
    let over = rows.iter().filter(|row| row.due_at.is_some_and(|due| due <= now)).count();
    let (title, text) = match rows {
        [row] => {
            let due = due::label(row, now).map(|(words, _)| words).unwrap_or_default();
            let owner = if row.assignee.is_some() { "yours" } else { "nobody's" };
            (
                format::person(&row.contact_name, &row.theirs),
                format!("{}: {due}, {owner}", row.channel.title()),
            )
        }
        _ => {
            let said = [(over, "overdue"), (rows.len() - over, "due soon")];
            let said = said.into_iter().filter(|(count, _)| *count > 0);
            let said: Vec<String> = said.map(|(count, word)| format!("{count} {word}")).collect();
            (format!("Frontdesk · {workspace}"), said.join(", "))
        }
    };
    fit(title, text)
}

fn fit(title: String, text: String) -> (String, String) {
    let fit = |text: &str| wrap::truncate(&sanitize::line(text), LONGEST).into_owned();
    (fit(&title), fit(&text))
}

/// What the call says: clean, and one line each.
fn words(arrivals: &[ArrivalRow], preview: bool, workspace: &str) -> (String, String) {
    let mut who: Vec<String> = Vec::new();
    for arrival in arrivals {
        let row = &arrival.conversation;
        let name = format::person(&row.contact_name, &row.theirs);
        if !who.contains(&name) {
            who.push(name);
        }
    }
    let (title, text) = match (arrivals, who.as_slice()) {
        ([one], _) if one.is_note => {
            let said = if preview { format!("note: {}", one.text) } else { "a note calls you".to_owned() };
            (who.concat(), said)
        }
        ([one], _) => {
            let said = if one.text.trim().is_empty() { "sent a file" } else { one.text.as_str() };
            let text = if preview { said.to_owned() } else { "wrote".to_owned() };
            (who.concat(), format!("{}: {text}", one.conversation.channel.title()))
        }
        ([.., last], [name]) => {
            let count = format!("{} new messages", arrivals.len());
            (name.clone(), if preview { format!("{count}: {}", last.text) } else { count })
        }
        _ => {
            let more = who.len().saturating_sub(3);
            let mut names = who[..who.len().min(3)].join(", ");
            if more > 0 {
                names.push_str(&format!(" and {more} more"));
            }
            (format!("Frontdesk · {workspace}"), format!("{} new messages from {names}", arrivals.len()))
        }
    };
    fit(title, text)
}
