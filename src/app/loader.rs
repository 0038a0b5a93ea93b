//! Reads for the screen, on threads of their own: of two needs of one kind only the later is served.

use crate::domain::attachment::Written;
use crate::domain::clock::Clock;
use crate::domain::command::ComposeMode;
use crate::domain::ids::{AgentId, ConversationId};
use crate::domain::query::{self, Query, SoFar};
use crate::domain::row::{ConversationRow, ListKey, MessageRow, View};
use crate::store::{InterruptHandle, Reader, Store, StoreError, key_in};
use crate::text::index;
use crate::ui::effect::{ListSource, Need, ThreadAt};
use crate::ui::msg::{Context, Found, Loaded, Msg};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;

/// A search as one types shows what it has found after this long.
const SEARCH: Duration = Duration::from_millis(100);

/// Other conversations of a customer that are shown.
const OTHERS: usize = 9;

/// Saved searches are counted up to here: then it is "999+".
const COUNTED: usize = 999;

/// People offered as recipients at most.
const RECIPIENTS: usize = 50;

/// What becomes of needs.
pub enum Met {
    /// A need was met, or is of no interest any more.
    Need(Option<Msg>),
    /// Something was read that nobody waits for.
    Soon(Msg),
    /// A thread was read ahead: nothing on screen changes.
    Ahead(Msg),
}

/// Whether somebody waits for a need. What is pressing goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressing {
    /// A frame waits for it.
    Now,
    /// It may be asked for next.
    Soon,
}

/// Serves needs. Ends when dropped.
pub struct Loader {
    needs: Sender<(Pressing, Need)>,
    searches: Sender<(Pressing, Need)>,
    interrupt: InterruptHandle,
}

/// What reads need to know.
#[derive(Clone)]
pub struct Reading {
    /// Where to read.
    pub store: Store,
    /// Who asks: `assignee:me`.
    pub me: AgentId,
    /// The time, for relative dates.
    pub clock: Arc<dyn Clock>,
    /// The time zone of dates in queries.
    pub tz: TimeZone,
}

impl Loader {
    /// Starts the threads. Each pressing need comes to `out` once, with its answer or without one: superseded, or about what is
    /// gone. The others come when they have an answer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn start(
        reading: &Reading,
        out: impl Fn(Met) + Clone + Send + 'static,
    ) -> Result<Loader, StoreError> {
        let (needs, asked) = channel();
        let (searches, searched) = channel();
        let rows = reading.store.reader()?;
        let finds = reading.store.reader()?;
        let interrupt = finds.interrupt_handle();
        let (r, o) = (reading.clone(), out.clone());
        spawn("reads", move || serve(&r, &rows, &asked, &o))?;
        let (r, o) = (reading.clone(), out);
        spawn("search", move || serve(&r, &finds, &searched, &o))?;
        Ok(Loader { needs, searches, interrupt })
    }

    /// Asks for something.
    pub fn ask(&self, need: Need, pressing: Pressing) {
        let queue = match &need {
            Need::Search { .. } => {
                // The one that runs is of no interest any more.
                self.interrupt.interrupt();
                &self.searches
            }
            Need::List { source: ListSource::Query(_), .. } | Need::Searches { .. } => &self.searches,
            _ => &self.needs,
        };
        // The thread ends only with the program.
        let _ = queue.send((pressing, need));
    }
}

fn spawn(name: &str, f: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let spawned = std::thread::Builder::new().name(name.into()).spawn(f);
    spawned.map(|_| ()).map_err(|e| StoreError::Io(e.to_string()))
}

fn serve(reading: &Reading, reader: &Reader, asked: &Receiver<(Pressing, Need)>, out: &impl Fn(Met)) {
    let mut ahead = Vec::new();
    loop {
        // What somebody waits for goes before what somebody may ask for.
        let first = if ahead.is_empty() {
            asked.recv().map_err(|_| TryRecvError::Disconnected)
        } else {
            asked.try_recv()
        };
        let mut waiting = match first {
            Ok(first) => vec![first],
            Err(TryRecvError::Empty) => Vec::new(),
            Err(TryRecvError::Disconnected) => return,
        };
        while let Ok(next) = asked.try_recv() {
            let kind = std::mem::discriminant(&next.1);
            if let Some(at) = waiting.iter().position(|(_, w)| std::mem::discriminant(w) == kind) {
                let (pressing, _) = waiting.remove(at);
                answer(out, pressing, None);
            }
            waiting.push(next);
        }
        waiting.sort_by_key(|(pressing, _)| *pressing);
        for (pressing, need) in waiting {
            if let Need::Ahead { generation, conversations, limit } = need {
                ahead = conversations.into_iter().rev().map(|c| (generation, c, limit)).collect();
                answer(out, pressing, None);
                continue;
            }
            let met = match load(reading, reader, need) {
                Ok(loaded) => loaded.map(|l| Msg::Loaded(Box::new(l))),
                // Something else was asked meanwhile.
                Err(e) if e.is_interrupted() => None,
                Err(e) => Some(Msg::LoadFailed(e.to_string())),
            };
            answer(out, pressing, met);
        }
        if let Some((generation, conversation, limit)) = ahead.pop() {
            match read_ahead(reader, generation, conversation, limit) {
                Ok(Some(loaded)) => out(Met::Ahead(Msg::Loaded(Box::new(loaded)))),
                Ok(None) => {}
                // Nobody has asked for it yet; who does is told.
                Err(e) => tracing::debug!("reading ahead: {e}"),
            }
        }
    }
}

/// Who waits hears in any case.
fn answer(out: &impl Fn(Met), pressing: Pressing, met: Option<Msg>) {
    match (pressing, met) {
        (Pressing::Now, met) => out(Met::Need(met)),
        (Pressing::Soon, Some(msg)) => out(Met::Soon(msg)),
        (Pressing::Soon, None) => {}
    }
}

fn read_ahead(
    reader: &Reader,
    generation: u64,
    conversation: ConversationId,
    limit: usize,
) -> Result<Option<Loaded>, StoreError> {
    let Some(context) = context(reader, conversation)? else { return Ok(None) };
    let (messages, older) = latest(reader, conversation, limit)?;
    Ok(Some(Loaded::Ahead { generation, messages, older, context }))
}

/// The newest messages of a thread, and whether there are older ones.
fn latest(
    reader: &Reader,
    conversation: ConversationId,
    limit: usize,
) -> Result<(Vec<MessageRow>, bool), StoreError> {
    let mut messages = reader.thread(conversation, None, limit + 1)?;
    let older = messages.len() > limit;
    if older {
        messages.remove(0);
    }
    Ok((messages, older))
}

fn context(reader: &Reader, conversation: ConversationId) -> Result<Option<Context>, StoreError> {
    let Some(row) = reader.conversation(conversation)? else { return Ok(None) };
    // It may be part of another one by now.
    let conversation = row.id;
    let Some(account) = reader.account(row.account)? else { return Ok(None) };
    let contact = reader.contact(row.contact)?;
    let ids = contact.as_ref().map(|c| c.conversations.as_slice()).unwrap_or_default();
    let others = ids.iter().filter(|id| **id != conversation).take(OTHERS);
    let others = others.filter_map(|id| reader.conversation(*id).transpose()).collect::<Result<_, _>>()?;
    let heard = reader.last_heard(row.contact)?;
    let last_wrote = heard.filter(|(id, channel)| *id != row.id && *channel != row.channel).map(|(_, c)| c);
    let mut draft_joined = Vec::new();
    let mut own = |mode| -> Result<Option<Written>, StoreError> {
        let (own, others): (Vec<_>, Vec<_>) =
            reader.drafts(conversation, mode)?.into_iter().partition(|(of, _)| *of == conversation);
        draft_joined.extend(others.into_iter().map(|(of, written)| (of, mode, written)));
        Ok(own.into_iter().next().map(|(_, written)| written))
    };
    let (draft_reply, draft_note) = (own(ComposeMode::Reply)?, own(ComposeMode::Note)?);
    let about = draft_reply.as_ref().and_then(|draft| draft.mail.as_ref()?.about);
    let draft_about = about.map(|id| reader.message(id)).transpose()?.flatten();
    Ok(Some(Context {
        consent: reader.consent(conversation)?,
        contact,
        others,
        draft_about: draft_about.filter(|m| m.conversation == conversation).map(Box::new),
        draft_reply,
        draft_began: reader.draft_began(conversation)?,
        draft_note,
        draft_joined,
        last_wrote,
        row,
        account,
    }))
}

/// Meets one need.
///
/// # Errors
/// When the store cannot be read.
pub fn load(reading: &Reading, reader: &Reader, need: Need) -> Result<Option<Loaded>, StoreError> {
    Ok(Some(match need {
        Need::Sidebar => {
            // Imported history answers searches; nothing of it waits for anyone, so it takes no room beside what does.
            let accounts: Vec<_> =
                reader.accounts()?.into_iter().filter(|a| a.provider != "import").collect();
            let labels = reader.labels()?;
            let views = crate::ui::sidebar_views(reading.me, reader.has_due(), &accounts, &labels);
            let counts = reader.counts(&views)?;
            Loaded::Sidebar { accounts, labels, counts: views.into_iter().zip(counts).collect() }
        }
        Need::List { source, anchor, limit } => list(reading, reader, source, anchor, limit)?,
        Need::Unread { source, from, forward } => {
            let find = |from| match &source {
                ListSource::View(view) => reader.next_unread(Some(view), from, forward),
                ListSource::All => reader.next_unread(None, from, forward),
                // All that a query has found is on the screen already.
                ListSource::Query(_) => Ok(None),
            };
            let found = match find(from)? {
                None if from.is_some() => find(None)?,
                found => found,
            };
            Loaded::Unread { source, found }
        }
        Need::Thread { conversation: gone, .. } | Need::Context { conversation: gone }
            if reader.stays(gone)? != gone =>
        {
            match context(reader, gone)? {
                Some(context) => Loaded::Joined { gone, context },
                None => return Ok(None),
            }
        }
        Need::Thread { conversation, at, limit } => {
            let (messages, older, newer) = match at {
                ThreadAt::Latest => {
                    let (messages, older) = latest(reader, conversation, limit)?;
                    (messages, older, false)
                }
                ThreadAt::Around { sent_at, id } => {
                    let half = (limit / 2).max(1);
                    let mut messages = reader.thread(conversation, Some((sent_at, id)), half + 1)?;
                    let older = messages.len() > half;
                    if older {
                        messages.remove(0);
                    }
                    let rest = limit.saturating_sub(messages.len()).max(1);
                    let mut after = reader.thread_from(conversation, (sent_at, id), rest + 1)?;
                    let newer = after.len() > rest;
                    after.truncate(rest);
                    messages.append(&mut after);
                    (messages, older, newer)
                }
            };
            Loaded::Thread { conversation, at, messages, older, newer }
        }
        Need::Context { conversation } => match context(reader, conversation)? {
            Some(context) => Loaded::Context(context),
            None => return Ok(None),
        },
        // Served by the thread itself, one by one.
        Need::Ahead { .. } => return Ok(None),
        Need::Search { ticket, text, limit } => {
            let SoFar { query, unclear } = query::parse_so_far(&text);
            let found = match unclear {
                // Nothing is asked for yet: everything would be no answer.
                Some(_) if query.is_empty() => Found::default(),
                _ => search(reading, reader, &query, limit)?,
            };
            Loaded::Search { ticket, found: Found { unclear, ..found } }
        }
        Need::Arrivals { since, limit } => Loaded::Arrivals(reader.arrivals(reading.me, since, limit)?),
        Need::Due { since, until, limit } => Loaded::Due(reader.due_within(since, until, limit)?),
        Need::Searches { queries } => {
            let now = reading.clock.now();
            let count = |text: String| {
                let found = match query::parse(&text) {
                    Ok(parsed) => {
                        let asking = reader.asking(Some(reading.me), now, &reading.tz);
                        reader.count_within(&parsed, COUNTED, &asking, SEARCH)?
                    }
                    Err(_) => (0, false),
                };
                Ok((text, found.0, found.1))
            };
            Loaded::Searches(queries.into_iter().map(count).collect::<Result<_, StoreError>>()?)
        }
        Need::Outbox => Loaded::Outbox(reader.outbox(500, reading.clock.now())?),
        Need::QuickReplies => Loaded::QuickReplies(reader.quick_replies()?),
        Need::Recipients { kind, typed } => {
            let found = reader.recipients(kind, &typed, RECIPIENTS)?;
            Loaded::Recipients { typed, found }
        }
        Need::Files { files } => {
            let rows = files.into_iter().filter_map(|id| reader.attachment(id).transpose());
            Loaded::Files(rows.collect::<Result<_, StoreError>>()?)
        }
        Need::Ways { conversation } => {
            Loaded::Ways { conversation, ways: reader.ways(conversation, reading.clock.now())? }
        }
        Need::Agents => Loaded::Agents { agents: reader.agents()?, teams: reader.teams()? },
        Need::Labels => Loaded::Labels(reader.labels()?),
        Need::Delivery { message } => Loaded::Delivery { message, steps: reader.delivery_steps(message)? },
    }))
}

fn search(reading: &Reading, reader: &Reader, parsed: &Query, limit: usize) -> Result<Found, StoreError> {
    let asking = reader.asking(Some(reading.me), reading.clock.now(), &reading.tz);
    let found = reader.search_within(parsed, None, limit + 1, &asking, SEARCH)?;
    let mut hits = found.rows;
    let more = hits.len() > limit;
    hits.truncate(limit);
    Ok(Found { hits, terms: index::terms(parsed), more, partial: !found.complete, unclear: None })
}

fn list(
    reading: &Reading,
    reader: &Reader,
    source: ListSource,
    anchor: Option<ListKey>,
    limit: usize,
) -> Result<Loaded, StoreError> {
    let (rows, above, below) = match &source {
        ListSource::View(view) => window(
            anchor,
            limit,
            |row| key_in(view, row),
            |key, n| reader.list(view, key, n),
            |key, n| reader.list_before(view, key, n),
        )?,
        ListSource::All => window(
            anchor,
            limit,
            |row| key_in(&View::Open, row),
            |key, n| reader.list_all(n, key),
            |key, n| reader.list_all_before(key, n),
        )?,
        ListSource::Query(text) => match query::parse_typing(text) {
            Ok(parsed) => {
                let now = reading.clock.now();
                let mut rows =
                    reader.list_query(&parsed, None, limit + 1, Some(reading.me), now, &reading.tz)?;
                let below = rows.len() > limit;
                rows.truncate(limit);
                (rows, false, below)
            }
            Err(e) => {
                let rows = Err(e.to_string());
                return Ok(Loaded::List { source, anchor, rows, above: false, below: false });
            }
        },
    };
    Ok(Loaded::List { source, anchor, rows: Ok(rows), above, below })
}

type Rows = Result<Vec<ConversationRow>, StoreError>;

/// A window of a list: from the top, or around a place.
fn window(
    anchor: Option<ListKey>,
    limit: usize,
    key: impl Fn(&ConversationRow) -> ListKey,
    from: impl Fn(Option<ListKey>, usize) -> Rows,
    before: impl Fn(ListKey, usize) -> Rows,
) -> Result<(Vec<ConversationRow>, bool, bool), StoreError> {
    let Some(anchor) = anchor else {
        let mut rows = from(None, limit + 1)?;
        let below = rows.len() > limit;
        rows.truncate(limit);
        return Ok((rows, false, below));
    };
    let half = (limit / 2).max(1);
    let mut rows = before(anchor, half + 1)?;
    let above = rows.len() > half;
    rows.truncate(half);
    // Nearest first; the list has them the other way round.
    rows.reverse();
    // The last row before the anchor leads to the anchor itself.
    let start = rows.last().map(key);
    let rest = limit.saturating_sub(rows.len()).max(1);
    let mut after = from(start, rest + 1)?;
    let below = after.len() > rest;
    after.truncate(rest);
    rows.append(&mut after);
    Ok((rows, above, below))
}
