//! What becomes of a message: the one place where the model changes.

use crate::domain::clock::Ms;
use crate::domain::signal::Signal;
use crate::ui::command::go;
use crate::ui::composer;
use crate::ui::effect::{Effect, Need, Ticket};
use crate::ui::key::{Code, Key};
use crate::ui::keymap::Lookup;
use crate::ui::list;
use crate::ui::model::{Focus, Model, Undo};
use crate::ui::msg::{BulkProgress, Level, Loaded, Msg};
use crate::ui::overlay::{Overlay, PickerKind};
use crate::ui::reconfigure;

/// How long somebody counts as typing after the last sign of it, milliseconds.
const TYPING_FOR: Ms = 6_000;

/// Saved searches are counted at most this often, milliseconds.
const COUNT_PACE: Ms = 2_000;

/// Takes in a message and says what is to be done about it.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => model.on_key(key),
        Msg::Mouse(mouse) => model.on_mouse(mouse),
        Msg::Paste(text) => model.on_paste(&text),
        Msg::Resize(..) => {}
        Msg::Focus(attended) => {
            model.attended = attended;
            if !attended {
                model.save_draft();
            }
        }
        Msg::Tick(now) => model.on_tick(now),
        Msg::Loaded(loaded) => model.on_loaded(*loaded),
        Msg::LoadFailed(why) => {
            model.list.asked = false;
            model.list.loaded = true;
            // What was typed for rows that do not come is for nothing.
            model.early.clear();
            model.thread.asked = false;
            model.say(Level::Error, why);
        }
        Msg::Changed => model.on_changed(),
        Msg::Done { ticket, result } => model.on_done(ticket, result),
        Msg::Bulk { ticket, progress } => model.on_bulk(ticket, progress),
        Msg::Setup { ticket, answer } => model.on_setup(ticket, answer),
        Msg::Signal(signal) => model.on_signal(signal),
        Msg::Edited(text) if model.canned_edited(text.as_ref()) => {}
        Msg::Edited(text) => {
            let of = model.edited.take();
            if let (Some(text), Some((conversation, mode))) = (text, of) {
                model.edited_elsewhere(conversation, mode, text.trim_end_matches(['\n', '\r']));
            }
        }
        Msg::Browsed { dir, found } => model.browsed(&dir, found),
        Msg::Attached { to, result, pasted } => model.attached(to, result, pasted),
        Msg::Notice(level, text) => model.say(level, text),
        Msg::Configured(startup) => model.on_configured(*startup),
        Msg::Misconfigured(why) => model.mistaken(reconfigure::UNUSED, why),
        Msg::Status(status) => {
            model.status = status;
            model.look_again();
        }
    }
    if model.list.wants_more() {
        let need = model.list.need();
        model.load_soon(need);
    }
    if let Some(need) = model.thread.wants_more() {
        model.load(need);
    }
    model.keep_read();
    model.look_ahead();
    std::mem::take(&mut model.out)
}

/// The next moment at which the screen changes by itself (a countdown, the minute, a draft to be saved), UTC milliseconds.
pub fn wake_at(model: &Model) -> Option<Ms> {
    let now = model.now;
    let minute = now - now.rem_euclid(60_000) + 60_000;
    let mut at = minute;
    if let Some(notice) = &model.notice {
        at = at.min(notice.until);
    }
    if let Some(dirty) = model.composer.as_ref().and_then(|c| c.dirty) {
        at = at.min(dirty + composer::REST);
    }
    if let Some(count_at) = model.count_at {
        at = at.min(count_at);
    }
    if let Some(until) = model.typing.values().chain(model.colleagues.values()).min() {
        at = at.min(*until);
    }
    if let Some(Undo::Send { until, .. }) = model.undo.last()
        && *until > now
    {
        at = at.min(*until);
    }
    if let Some(due) = model.calls.due {
        at = at.min(due);
    }
    if let Some(due) = model.next_due() {
        at = at.min(due);
    }
    // Countdowns move once a second.
    let counts =
        |m: &crate::domain::row::MessageRow| m.due_at.is_some_and(|due| due > now && due - now < 120_000);
    if let Some(due) = model.thread.messages.iter().filter(|m| counts(m)).filter_map(|m| m.due_at).min() {
        let left = (due - now).rem_euclid(1_000);
        at = at.min(now + if left == 0 { 1_000 } else { left });
    }
    Some(at.max(now + 1))
}

impl Model {
    fn on_tick(&mut self, now: Ms) {
        let before = std::mem::replace(&mut self.now, now);
        self.due_moves(before);
        if self.notice.as_ref().is_some_and(|n| n.until <= now) {
            self.notice = None;
        }
        if self.count_at.is_some_and(|at| at <= now) {
            self.count_searches();
        }
        self.typing.retain(|_, until| *until > now);
        self.colleagues.retain(|_, until| *until > now);
        let is_due = self
            .composer
            .as_ref()
            .and_then(|c| c.dirty)
            .is_some_and(|at| now >= at + composer::REST || now < at);
        if is_due {
            self.save_draft();
        }
        self.call();
    }

    /// Takes a key. One for a list that has been asked for waits for its rows: it is meant for those, not for what is still there.
    pub(crate) fn on_key(&mut self, key: Key) {
        if self.waits_for_rows() && !self.keymap.holds_everywhere(key) {
            self.early.push_back(key);
        } else {
            self.press(key);
        }
    }

    fn waits_for_rows(&self) -> bool {
        self.focus == Focus::List && self.overlays.is_empty() && self.list.is_on_its_way()
    }

    /// Takes the keys that have waited for rows, up to one that asks for another list.
    fn catch_up(&mut self) {
        while !self.waits_for_rows()
            && let Some(key) = self.early.pop_front()
        {
            self.press(key);
        }
    }

    fn press(&mut self, key: Key) {
        // What has been read goes with the next key.
        if self.notice.as_ref().is_some_and(|n| n.level >= Level::Warn && n.until - self.now < 10_000) {
            self.notice = None;
        }
        if !self.overlays.is_empty() {
            self.overlay_key(key);
            return self.show_theme();
        }
        self.tour_key(key);
        if self.chord.is_empty() && self.head_key(key) {
            return;
        }
        if self.count_key(key) {
            return;
        }
        self.chord.push(key);
        match self.keymap.lookup(self.focus, &self.chord) {
            Lookup::Command(command) => {
                self.chord.clear();
                match self.count.take() {
                    Some(count) => go::counted(self, command, count),
                    None => self.run(command),
                }
            }
            Lookup::Line(line) => {
                let line = line.to_owned();
                self.chord.clear();
                self.count = None;
                self.run_line(&line);
            }
            Lookup::More => {}
            Lookup::Nothing => {
                let started = self.chord.len() > 1;
                self.chord.clear();
                if self.count.take().is_some() && key.code == Code::Esc {
                    return;
                }
                if self.is_in_head() {
                    // What no field knows is not typed into the text.
                } else if self.focus == Focus::Composer {
                    self.type_key(key);
                } else if key.ctrl && key.code == Code::Char('c') {
                    let quit = self.keymap.first_label("quit");
                    self.say(Level::Info, format!("{quit} quits"));
                } else if started && key.code != Code::Esc {
                    self.say(Level::Info, "no such key: ? shows all");
                }
            }
        }
    }

    /// Takes a digit of the number before a command. None of them is a key of its own in the panes.
    fn count_key(&mut self, key: Key) -> bool {
        let digit = key.types().and_then(|c| c.to_digit(10)).and_then(|d| usize::try_from(d).ok());
        let Some(digit) = digit.filter(|_| self.focus != Focus::Composer && self.chord.is_empty()) else {
            return false;
        };
        if digit == 0 && self.count.is_none() {
            return false;
        }
        let count = (self.count.unwrap_or(0) * 10 + digit).min(9_999);
        self.count = Some(count);
        self.list.number(count);
        true
    }

    /// A change of many conversations goes on, or is over.
    fn on_bulk(&mut self, ticket: Ticket, progress: BulkProgress) {
        let Some(bulk) = self.bulks.get_mut(&ticket) else {
            return;
        };
        let (changed, same, undo, refused) = match progress {
            BulkProgress::Going { done, total } => {
                (bulk.done, bulk.total) = (done, Some(total));
                return;
            }
            BulkProgress::Over { changed, same, undo, refused } => (changed, same, undo, refused),
        };
        let Some(bulk) = self.bulks.remove(&ticket) else { return };
        let plural =
            |n: usize| if n == 1 { "1 conversation".to_owned() } else { format!("{n} conversations") };
        let mut said = format!("{}: {}", plural(changed), bulk.said);
        if same > 0 {
            said.push_str(&format!(", {same} so already"));
        }
        if let Some(message) = bulk.along.filter(|_| refused.is_none()) {
            return self.done_along(message, undo.into_iter().flatten().collect(), bulk.said);
        }
        if !undo.is_empty() && !bulk.is_undo {
            self.remember(Undo::Many { each: undo, said: said.clone() });
        }
        match refused {
            Some((count, why)) => self.say(Level::Warn, format!("{said}, {count} not: {why}")),
            None => self.say(Level::Good, said),
        }
    }

    fn type_key(&mut self, key: Key) {
        let now = self.now;
        if let Some(composer) = &mut self.composer {
            let is_at_top = composer.area.screen_cursor().row == 0;
            if key == Key::plain(Code::Up) && is_at_top && composer.head.is_some() {
                return self.back_to_head();
            }
            composer.key(key, now);
        }
        if key.types() == Some(':') {
            self.close_emoji();
        }
        self.tell_typing();
    }

    fn on_paste(&mut self, text: &str) {
        if !self.overlays.is_empty() {
            self.overlay_paste(text);
            return self.show_theme();
        }
        self.paste(text);
    }

    /// Reads again what is on screen.
    pub(crate) fn on_changed(&mut self) {
        self.ahead.forget();
        self.load(Need::Sidebar);
        self.look_for_arrivals();
        if !self.sidebar.queries().is_empty() {
            // Counting walks: not at every news, and not before there is a pause for it.
            self.count_at.get_or_insert(self.now.saturating_add(COUNT_PACE));
        }
        // Before the list: what is part of another conversation by now is selected there before its row goes.
        if let Some(need) = self.thread.refresh() {
            self.load(need);
        }
        if let Some(conversation) = self.thread.conversation {
            self.load(Need::Context { conversation });
        }
        if let Some(conversation) = self.thread.wanted {
            let limit = self.first_limit(conversation);
            self.load(Need::Thread { conversation, at: crate::ui::effect::ThreadAt::Latest, limit });
            self.load(Need::Context { conversation });
        }
        self.list.refresh_anchor();
        self.load_list();
        self.look_again();
        self.look_for_wanted();
        match self.overlays.last() {
            Some(Overlay::Outbox { .. }) => self.load(Need::Outbox),
            Some(Overlay::Search(search)) if search.is_to_follow() => crate::ui::overlay::ask_again(self),
            Some(Overlay::Canned(_)) => self.load(Need::QuickReplies),
            Some(Overlay::Delivery { message, .. }) => {
                let message = *message;
                self.load(Need::Delivery { message });
            }
            _ => {}
        }
    }

    fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::ContactTyping { conversation, on: true } => {
                self.typing.insert(conversation, self.now.saturating_add(TYPING_FOR));
            }
            Signal::ContactTyping { conversation, on: false } => {
                self.typing.remove(&conversation);
            }
            // What we type comes back to us, too.
            Signal::AgentTyping { agent, .. } if agent == self.me.name => {}
            Signal::AgentTyping { conversation, agent, on: true } => {
                self.colleagues.insert((conversation, agent), self.now.saturating_add(TYPING_FOR));
            }
            Signal::AgentTyping { conversation, agent, on: false } => {
                self.colleagues.remove(&(conversation, agent));
            }
            Signal::AccountHealth { .. } => self.load(Need::Sidebar),
            Signal::Wake => {}
        }
    }

    pub(crate) fn on_loaded(&mut self, loaded: Loaded) {
        match loaded {
            Loaded::Ahead { generation, messages, older, context } => {
                self.ahead.take(generation, messages, older, context);
            }
            Loaded::Sidebar { accounts, labels, counts } => {
                let had_due = self.sidebar.has_due;
                self.sidebar.take(accounts, &labels, counts);
                if self.sidebar.has_due && !had_due {
                    self.count_searches();
                    self.look_for_due();
                }
                self.labels = labels;
            }
            Loaded::List { source, anchor: _, rows, above, below } => {
                if source != self.list.source {
                    return;
                }
                match rows {
                    Ok(rows) => {
                        let in_list = matches!(self.focus, Focus::List | Focus::Sidebar);
                        let jumps =
                            self.focus == Focus::Thread && matches!(self.list.goto, Some(list::Goto::Row(_)));
                        self.list.take(rows, above, below, in_list && self.overlays.is_empty());
                        if in_list {
                            self.follow();
                        } else if jumps {
                            go::arrive(self);
                        }
                    }
                    Err(why) => {
                        self.list.rows.clear();
                        self.list.loaded = true;
                        self.list.asked = false;
                        self.list.error = Some(why);
                    }
                }
                self.owners_seen();
                self.catch_up();
            }
            Loaded::Thread { conversation, at: _, messages, older, newer } => {
                self.thread.take(conversation, messages, older, newer, &self.tz);
                let newest = self.thread.messages.last().map(|m| (m.sent_at, m.id));
                if let Some(composer) = self.composer.as_mut().filter(|c| c.conversation == conversation) {
                    composer.since = composer.since.or(newest);
                }
                self.settle_head();
            }
            Loaded::Context(context) => {
                let id = context.row.id;
                if self.thread.conversation == Some(id) {
                    self.thread.context = Some(context);
                    self.restore_draft();
                } else if self.thread.wanted == Some(id) {
                    self.thread.stash = Some(context);
                }
                self.owners_seen();
            }
            Loaded::Joined { gone, context } => self.joined(gone, context),
            Loaded::Search { ticket, found } => {
                if let Some(Overlay::Search(search)) = self.overlays.last_mut() {
                    search.take(ticket, found);
                }
            }
            Loaded::Arrivals(arrivals) => self.arrived(arrivals),
            Loaded::Due(rows) => self.became_due(rows),
            Loaded::Searches(found) => {
                self.sidebar.found = found.into_iter().map(|(query, n, more)| (query, (n, more))).collect();
            }
            Loaded::Unread { source, found } => go::to_unread(self, &source, found),
            Loaded::Outbox(found) => {
                if let Some(Overlay::Outbox { rows, at }) = self.overlays.last_mut() {
                    // The cursor stays on its row, wherever that is now.
                    let under = rows.as_ref().and_then(|rows| rows.get(*at)).map(|row| row.op);
                    let place = found.iter().position(|row| Some(row.op) == under).unwrap_or(*at);
                    *at = place.min(found.len().saturating_sub(1));
                    *rows = Some(found);
                }
            }
            Loaded::Recipients { typed, found } => {
                let is_asked = |o: &Overlay| matches!(o, Overlay::Picker(p) if p.sought() == typed);
                if self.overlays.last().is_some_and(is_asked) {
                    self.recipients = found;
                    self.refill(PickerKind::Recipient);
                } else {
                    self.offer(&typed, found);
                }
            }
            Loaded::Files(rows) => self.files_came(&rows),
            Loaded::Ways { conversation, ways } => self.ways_came(conversation, ways),
            Loaded::QuickReplies(rows) => {
                self.quick_replies = rows;
                self.refill(PickerKind::QuickReplies);
            }
            Loaded::Agents { agents, teams } => {
                self.agents = agents;
                self.teams = teams;
                self.refill(PickerKind::Agents);
            }
            Loaded::Labels(labels) => {
                self.labels = labels;
                self.refill(PickerKind::Labels);
            }
            Loaded::Delivery { message: about, steps: found } => {
                if let Some(Overlay::Delivery { message, steps }) = self.overlays.last_mut()
                    && *message == about
                {
                    *steps = Some(found);
                }
            }
        }
    }

    /// Gives an open picker its choices anew.
    pub(crate) fn refill(&mut self, kind: PickerKind) {
        let Some(at) = self.overlays.iter().position(|o| matches!(o, Overlay::Picker(p) if p.kind == kind))
        else {
            return;
        };
        if let Overlay::Picker(mut picker) =
            std::mem::replace(&mut self.overlays[at], Overlay::Status { top: 0 })
        {
            picker.fill(self);
            self.overlays[at] = Overlay::Picker(picker);
        }
    }
}
