//! Which thread is shown, which window of it, and how far it is scrolled: by (message, line), so that nothing moves.

use std::collections::{HashMap, HashSet};

use crate::domain::attachment::Written;
use crate::domain::capability::Formatting;
use crate::domain::clock::Ms;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::mail::Mail;
use crate::domain::message::{AuthorKind, Direction};
use crate::domain::row::MessageRow;
use crate::text::index::{self, Term};
use crate::text::mail::fold;
use crate::ui::effect::{Need, ThreadAt};
use crate::ui::msg::Context;
use crate::ui::thread::block::{Block, Flags, Shape};
use crate::ui::thread::mail::Scene;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

/// Messages asked for at a time.
pub(crate) const WINDOW: usize = 120;
/// Messages of one author this close together share a head, milliseconds.
const TOGETHER: i64 = 300_000;
/// Lines by which a message taller than the screen is moved.
const NUDGE: usize = 3;

/// What the scroll position hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Anchor {
    /// The newest message: new ones push the old ones up.
    #[default]
    Bottom,
    /// This line of this message is the first on screen.
    Top { id: MessageId, line: usize },
    /// Wherever this message can be seen well; decided when it is laid out.
    Show { id: MessageId },
}

/// An end of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Oldest,
    Newest,
}

/// The thread.
#[derive(Debug, Default)]
pub(crate) struct Thread {
    pub(crate) conversation: Option<ConversationId>,
    /// Another that is to be shown once it has come.
    pub(crate) wanted: Option<ConversationId>,
    /// Its context, if that came first.
    pub(crate) stash: Option<Context>,
    pub(crate) context: Option<Context>,
    pub(crate) messages: Vec<MessageRow>,
    pub(crate) older: bool,
    pub(crate) newer: bool,
    pub(crate) loaded: bool,
    /// An answer is on its way.
    pub(crate) asked: bool,
    pub(crate) cursor: Option<MessageId>,
    /// The cursor is where somebody has put it, not where the thread was opened or scrolled to.
    pub(crate) is_pointed: bool,
    pub(crate) anchor: Anchor,
    /// Where the screen goes with the next window.
    end: Option<End>,
    /// The message that the wanted thread is opened for, with the words that were looked for.
    pub(crate) jump: Option<(MessageId, Vec<Term>)>,
    /// The message that the thread was opened for.
    pub(crate) highlight: Option<(MessageId, Vec<Term>)>,
    /// The first message that was unseen when the thread came, and how many were.
    pub(crate) unread: Option<(MessageId, usize)>,
    /// The newest message that has been on screen.
    pub(crate) seen_until: Option<MessageId>,
    flags: Vec<Flags>,
    blocks: HashMap<MessageId, Block>,
    /// Messages of which nothing is folded away.
    unfolded: HashSet<MessageId>,
    /// What mails are told against, as the blocks have it.
    scene: Scene,
    /// First line of each message in the whole window, and one more for the end.
    pub(crate) starts: Vec<usize>,
    /// First line on screen.
    pub(crate) top: usize,
    pub(crate) head: Rect,
    pub(crate) body: Rect,
    pub(crate) foot: Rect,
}

impl Thread {
    /// Makes the wanted thread the shown one at once, empty until it comes.
    pub(crate) fn settle(&mut self) {
        if let Some(id) = self.wanted {
            self.begin(id);
        }
    }

    fn begin(&mut self, id: ConversationId) {
        let (context, highlight) = (self.stash.take(), self.jump.take());
        self.clear();
        self.conversation = Some(id);
        self.context = context;
        self.highlight = highlight;
        self.asked = true;
    }

    /// Shows no thread any more; the place stays.
    pub(crate) fn clear(&mut self) {
        *self = Thread { head: self.head, body: self.body, foot: self.foot, ..Thread::default() };
    }

    /// Takes a window in, if it is of the thread that is wanted.
    pub(crate) fn take(
        &mut self,
        id: ConversationId,
        messages: Vec<MessageRow>,
        older: bool,
        newer: bool,
        tz: &TimeZone,
    ) {
        if self.wanted == Some(id) {
            self.begin(id);
        }
        if self.conversation != Some(id) {
            return;
        }
        let is_first = !self.loaded;
        self.messages = messages;
        self.unfold_hit(is_first);
        self.older = older;
        self.newer = newer;
        self.loaded = true;
        self.asked = false;
        let unseen = |m: &&MessageRow| m.direction == Direction::Inbound && !m.seen;
        let count = self.messages.iter().filter(unseen).count();
        if let Some((_, known)) = &mut self.unread {
            // More have come since, and none of them was looked at.
            *known = count.max(*known);
        } else {
            self.unread = self.messages.iter().find(unseen).map(|m| (m.id, count));
            if let (Some((first, _)), true, true) = (self.unread, is_first, self.highlight.is_none()) {
                self.anchor = Anchor::Show { id: first };
                self.cursor = Some(first);
            }
        }
        if let Some((hit, _)) = &self.highlight
            && is_first
        {
            self.cursor = Some(*hit);
            self.is_pointed = true;
            self.anchor = Anchor::Show { id: *hit };
        }
        match self.end {
            Some(End::Newest) if !newer => self.go_to_end(End::Newest),
            Some(End::Oldest) if !older => self.go_to_end(End::Oldest),
            _ => {}
        }
        if self.cursor.is_some_and(|id| !self.messages.iter().any(|m| m.id == id)) {
            self.cursor = None;
        }
        self.reflag(tz);
    }

    /// Decides anew what stands between the messages.
    pub(crate) fn reflag(&mut self, tz: &TimeZone) {
        let day = |ms: i64| {
            jiff::Timestamp::from_millisecond(ms).map(|t| t.to_zoned(tz.clone()).date()).unwrap_or_default()
        };
        let unread = self.unread;
        let mut before: Option<(&MessageRow, jiff::civil::Date)> = None;
        let mut flags = Vec::with_capacity(self.messages.len());
        for message in &self.messages {
            let date = day(message.sent_at);
            let mut flag = Flags { first: before.is_none(), ..Flags::default() };
            flag.day = before.is_none_or(|(_, d)| d != date);
            flag.unread = unread.filter(|(id, _)| *id == message.id).map(|(_, count)| count);
            // A mail is a letter of its own.
            flag.grouped = !flag.day
                && flag.unread.is_none()
                && message.mail.is_none()
                && before
                    .is_some_and(|(last, _)| are_together(last, message) && minute(last) == minute(message));
            flags.push(flag);
            before = Some((message, date));
        }
        self.flags = flags;
    }

    /// Forgets the marker of new messages: they have been answered.
    pub(crate) fn clear_unread(&mut self, tz: &TimeZone) {
        if self.unread.take().is_some() {
            self.reflag(tz);
        }
    }

    /// What the medium makes of marks.
    fn formatting(&self) -> Formatting {
        let on = |c: &Context| c.account.capabilities.as_ref()?.on(c.row.channel).map(|can| can.formatting);
        self.context.as_ref().and_then(on).unwrap_or_default()
    }

    /// Lays out what is not laid out yet, and finds the first line on screen. `width` and `height` in cells.
    pub(crate) fn lay_out(&mut self, width: u16, height: u16) {
        if self.blocks.len() > self.limit() * 5 {
            let messages = &self.messages;
            self.blocks.retain(|id, _| messages.iter().any(|m| m.id == *id));
        }
        let formatting = self.formatting();
        let scene = self.context.as_ref().map(Scene::of).unwrap_or_default();
        if self.scene != scene {
            self.scene = scene;
            self.blocks.clear();
        }
        self.starts.clear();
        let mut line = 0;
        for (message, flags) in self.messages.iter().zip(&self.flags) {
            self.starts.push(line);
            let is_whole = self.unfolded.contains(&message.id);
            let shape = Shape { width, flags: *flags, formatting, is_whole };
            let new = || Block::new(message, shape, &self.scene);
            let block = self.blocks.entry(message.id).or_insert_with(new);
            if !block.is_current(message, shape) {
                *block = new();
            }
            line += block.lines.len();
        }
        self.starts.push(line);
        let last_top = line.saturating_sub(usize::from(height));
        self.top = match self.anchor {
            Anchor::Bottom => last_top,
            Anchor::Top { id, line } => match self.place(id) {
                Some(at) => (self.starts[at] + line).min(last_top),
                None => self.top.min(last_top),
            },
            Anchor::Show { id } => match self.place(id) {
                Some(at) => self.starts[at].saturating_sub(usize::from(height) / 4).min(last_top),
                None => last_top,
            },
        };
        self.pin();
    }

    /// Hangs the scroll position on what is on screen now.
    fn pin(&mut self) {
        let total = self.starts.last().copied().unwrap_or(0);
        let height = usize::from(self.body.height);
        if self.top + height >= total && !self.newer {
            self.anchor = Anchor::Bottom;
            self.seen_until = self.messages.last().map(|m| m.id);
        } else if let Some(at) = self.at_line(self.top) {
            self.anchor = Anchor::Top { id: self.messages[at].id, line: self.top - self.starts[at] };
        }
    }

    /// Words that were looked for and stand in what is folded away are shown.
    fn unfold_hit(&mut self, is_first: bool) {
        let Some((id, terms)) = self.highlight.as_ref().filter(|_| is_first) else { return };
        let Some(message) = self.messages.iter().find(|m| m.id == *id && m.mail.is_some()) else { return };
        if index::highlight(&fold::own(&message.text), terms).is_empty() {
            self.unfolded.insert(*id);
        }
    }

    /// Whether something of a message is folded away, or would be.
    pub(crate) fn has_folds(&self, id: MessageId) -> bool {
        self.blocks.get(&id).is_some_and(|block| block.has_folds)
    }

    /// Shows what of a message is folded away, or folds it again.
    pub(crate) fn toggle_fold(&mut self, id: MessageId) {
        if !self.unfolded.remove(&id) {
            self.unfolded.insert(id);
        }
    }

    /// What was written in a message of ours, as it would be written again: a mail with what it was about.
    pub(crate) fn again(&self, message: &MessageRow) -> Written {
        let mut written = message.written();
        if let (Some(head), Some(id)) = (&mut written.mail, message.mail.as_deref().and_then(Mail::about)) {
            let is_it = |m: &&MessageRow| m.mail.as_deref().is_some_and(|mail| mail.message_id == id);
            head.about = self.messages.iter().find(is_it).map(|m| m.id);
        }
        written
    }

    /// The block of a message.
    pub(crate) fn block(&self, id: MessageId) -> Option<&Block> {
        self.blocks.get(&id)
    }

    fn place(&self, id: MessageId) -> Option<usize> {
        self.messages.iter().position(|m| m.id == id).filter(|at| *at < self.starts.len())
    }

    /// The message that holds a line.
    pub(crate) fn at_line(&self, line: usize) -> Option<usize> {
        let count = self.messages.len().min(self.starts.len());
        (0..count).rev().find(|i| self.starts[*i] <= line)
    }

    /// Place of the cursor; without one it is on the newest message.
    pub(crate) fn cursor_place(&self) -> Option<usize> {
        let last = self.messages.len().checked_sub(1)?;
        Some(self.cursor.and_then(|id| self.messages.iter().position(|m| m.id == id)).unwrap_or(last))
    }

    /// The message under the cursor.
    pub(crate) fn cursor_message(&self) -> Option<&MessageRow> {
        self.cursor_place().and_then(|at| self.messages.get(at))
    }

    /// Scrolls by lines; the cursor comes along so that it stays on screen.
    pub(crate) fn scroll(&mut self, by: isize) {
        self.end = None;
        let total = self.starts.last().copied().unwrap_or(0);
        let height = usize::from(self.body.height);
        self.top = self.top.saturating_add_signed(by).min(total.saturating_sub(height));
        self.pin();
        let (first, last) = (self.at_line(self.top), self.at_line((self.top + height).saturating_sub(1)));
        if let (Some(first), Some(last), Some(at)) = (first, last, self.cursor_place()) {
            let kept = at.clamp(first, last.max(first));
            if kept != at {
                self.cursor = self.messages.get(kept).map(|m| m.id);
                self.is_pointed = false;
            }
        }
    }

    /// Moves the cursor by messages; one taller than the screen is scrolled first.
    pub(crate) fn step(&mut self, by: isize) {
        self.end = None;
        let Some(at) = self.cursor_place() else {
            return;
        };
        let height = usize::from(self.body.height);
        let span = |i: usize| (self.starts.get(i).copied(), self.starts.get(i + 1).copied());
        if let (Some(start), Some(end)) = span(at) {
            if by > 0 && end > self.top + height {
                return self.scroll(NUDGE.min(end - self.top - height) as isize);
            }
            if by < 0 && start < self.top {
                return self.scroll(-(NUDGE.min(self.top - start) as isize));
            }
        }
        let to = at.saturating_add_signed(by).min(self.messages.len() - 1);
        self.cursor = Some(self.messages[to].id);
        self.is_pointed = true;
        if let (Some(start), Some(end)) = span(to) {
            if end > self.top + height {
                self.top = if end - start > height { start } else { end - height };
                self.pin();
            } else if start < self.top {
                self.top = if end - start > height { end - height } else { start };
                self.pin();
            }
        }
    }

    /// To the oldest or the newest message. Answers what has to be read for that.
    pub(crate) fn go(&mut self, end: End) -> Option<Need> {
        let conversation = self.conversation?;
        let (is_here, at) = match end {
            // From before anything was said.
            End::Oldest => (!self.older, ThreadAt::Around { sent_at: Ms::MIN, id: MessageId(i64::MIN) }),
            End::Newest => (!self.newer, ThreadAt::Latest),
        };
        if is_here {
            self.go_to_end(end);
            return None;
        }
        self.end = Some(end);
        self.asked = true;
        Some(Need::Thread { conversation, at, limit: self.limit() })
    }

    fn go_to_end(&mut self, end: End) {
        self.end = None;
        self.is_pointed = end == End::Oldest;
        match end {
            End::Oldest => {
                self.cursor = self.messages.first().map(|m| m.id);
                self.top = 0;
                self.anchor = self.cursor.map_or(Anchor::Bottom, |id| Anchor::Top { id, line: 0 });
            }
            End::Newest => {
                self.cursor = None;
                self.anchor = Anchor::Bottom;
            }
        }
    }

    /// Whether the newest message is on screen, or will be with the next frame.
    pub(crate) fn is_at_end(&self) -> bool {
        self.anchor == Anchor::Bottom && !self.newer
    }

    /// Messages that came while the screen was further up.
    pub(crate) fn new_below(&self) -> usize {
        if self.anchor == Anchor::Bottom {
            return 0;
        }
        let Some(at) = self.seen_until.and_then(|id| self.messages.iter().position(|m| m.id == id)) else {
            return 0;
        };
        self.messages[at + 1..].iter().filter(|m| m.direction != Direction::Activity).count()
    }

    /// How many messages the first look at a thread takes: each has a line at least, most have three.
    pub(crate) fn first_limit(&self) -> usize {
        (usize::from(self.body.height) * 3 / 2).max(30)
    }

    /// How many messages make a window: several screens, so that no answer asks for the next at once.
    pub(crate) fn limit(&self) -> usize {
        WINDOW.max(usize::from(self.body.height) * 4)
    }

    /// What to ask for when the store has moved.
    pub(crate) fn refresh(&mut self) -> Option<Need> {
        let conversation = self.conversation?;
        self.asked = true;
        if let Some(end) = self.end {
            // On the way to an end: that is asked for again.
            return self.go(end);
        }
        let around = match self.anchor {
            Anchor::Bottom if !self.newer => None,
            _ => self.at_line(self.top).and_then(|at| self.messages.get(at)),
        };
        let at = around.map_or(ThreadAt::Latest, |m| ThreadAt::Around { sent_at: m.sent_at, id: m.id });
        let limit = self.messages.len().max(self.first_limit()).min(self.limit());
        Some(Need::Thread { conversation, at, limit })
    }

    /// The next window, if the screen is near an end of this one.
    pub(crate) fn wants_more(&mut self) -> Option<Need> {
        let conversation = self.conversation?;
        if self.asked || self.messages.is_empty() || self.starts.len() <= self.messages.len() {
            return None;
        }
        let total = self.starts.last().copied().unwrap_or(0);
        let height = usize::from(self.body.height);
        let near_start = self.older && self.top < height;
        let near_end = self.newer && self.top + 2 * height > total;
        if !near_start && !near_end {
            return None;
        }
        let line = if near_start { self.top } else { self.top + height };
        let message = self.at_line(line).and_then(|at| self.messages.get(at))?;
        self.asked = true;
        let at = ThreadAt::Around { sent_at: message.sent_at, id: message.id };
        Some(Need::Thread { conversation, at, limit: self.limit() })
    }

    /// Whether a colleague has answered after this message.
    pub(crate) fn answered_since(&self, since: (Ms, MessageId), me: &str) -> Option<&MessageRow> {
        self.messages.iter().find(|m| {
            (m.sent_at, m.id) > since
                && m.direction == Direction::Outbound
                && m.author == AuthorKind::Agent
                && m.author_name.as_deref() != Some(me)
        })
    }
}

/// The minute of a message: what the clock beside it says.
fn minute(message: &MessageRow) -> i64 {
    message.sent_at.div_euclid(60_000)
}

fn are_together(last: &MessageRow, next: &MessageRow) -> bool {
    last.direction == next.direction
        && next.direction == Direction::Inbound
        && last.author_name == next.author_name
        && next.sent_at - last.sent_at < TOGETHER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    #[test]
    fn the_ends_of_a_thread_are_not_those_of_its_window() {
        let mut thread = Thread {
            conversation: Some(ConversationId(1)),
            body: Rect::new(0, 0, 80, 10),
            ..Thread::default()
        };
        let window = |from: i64, to: i64| {
            (from..to)
                .map(|n| MessageRow {
                    conversation: ConversationId(1),
                    ..fixture::message(n, Direction::Inbound, "hello")
                })
                .collect::<Vec<_>>()
        };
        let take = |thread: &mut Thread, from, to, older, newer| {
            thread.take(ConversationId(1), window(from, to), older, newer, &TimeZone::UTC);
            thread.lay_out(80, 10);
        };
        let asked = |need: Option<Need>| match need {
            Some(Need::Thread { at, .. }) => Some(at),
            _ => None,
        };
        take(&mut thread, 50, 80, true, true);
        assert_eq!(asked(thread.go(End::Newest)), Some(ThreadAt::Latest));
        assert_eq!(asked(thread.refresh()), Some(ThreadAt::Latest), "news on the way does not call it off");
        take(&mut thread, 90, 120, true, false);
        assert_eq!(thread.cursor_message().map(|m| m.id), Some(MessageId(119)));
        assert_eq!(thread.new_below(), 0);
        let Some(ThreadAt::Around { sent_at, .. }) = asked(thread.go(End::Oldest)) else {
            panic!("not asked")
        };
        assert_eq!(sent_at, i64::MIN);
        take(&mut thread, 1, 30, false, true);
        assert_eq!((thread.cursor_message().map(|m| m.id), thread.top), (Some(MessageId(1)), 0));
        // Who goes elsewhere meanwhile stays there.
        assert!(thread.go(End::Newest).is_some());
        thread.step(1);
        take(&mut thread, 1, 30, false, true);
        assert_eq!(thread.cursor_message().map(|m| m.id), Some(MessageId(2)));
        assert_eq!(thread.go(End::Oldest), None, "it is here");
    }
}
