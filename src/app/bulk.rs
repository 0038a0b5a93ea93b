//! Changes many conversations, some at a time, and tells how far it is. The screen and the command line share it.

use crate::app::workspace::Workspace;
use crate::domain::clock::Ms;
use crate::domain::command::Action;
use crate::domain::ids::{ConversationId, OpId};
use crate::domain::order::{OrderError, Setting};
use crate::domain::query::{self, QueryError};
use crate::domain::row::{ConversationRow, ListKey, View};
use crate::domain::signal::Signal;
use crate::store::{Actor, Class, Reader, StoreError, key_in};
use crate::text::when;
use crate::ui::effect::Ticket;
pub use crate::ui::effect::{ListSource, Targets, Work};
use crate::ui::msg::{BulkProgress, Level, Msg};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// Conversations that are under way at once: what else is to be written comes between.
const STEP: usize = 50;
/// Rows read at once while it is found out what a list holds.
const WINDOW: usize = 1_000;

/// Why a work cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StepsError {
    /// The order cannot be carried out.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The query is none.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a work ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Conversations that changed.
    pub changed: Vec<ConversationId>,
    /// Conversations that were so already.
    pub same: usize,
    /// What takes each conversation back, in the order of the steps.
    pub undo: Vec<Vec<Action>>,
    /// What could not be changed, and why.
    pub refused: Vec<(Option<ConversationId>, String)>,
    /// One of the ops that have to travel, if any has.
    pub op: Option<OpId>,
}

/// Begins a work on a thread of its own; `send` hears how it goes on, `wake` is told that there may be ops.
pub fn start(
    workspace: &Workspace,
    ticket: Ticket,
    work: Work,
    send: impl Fn(Msg) + Clone + Send + 'static,
    signal: Arc<dyn Fn(Signal) + Send + Sync>,
) {
    let workspace = workspace.clone();
    let told = send.clone();
    let run = move || {
        let going = |done, total| {
            told(Msg::Bulk { ticket, progress: BulkProgress::Going { done, total } });
            signal(Signal::Wake);
        };
        let outcome = steps(&workspace, work).map(|steps| perform(&workspace, steps, &going));
        let progress = match outcome {
            Ok(out) => BulkProgress::Over {
                changed: out.changed.len(),
                same: out.same,
                undo: out.undo,
                refused: out.refused.first().map(|(_, why)| (out.refused.len(), why.clone())),
            },
            Err(e) => {
                let refused = Some((0, e.to_string()));
                BulkProgress::Over { changed: 0, same: 0, undo: Vec::new(), refused }
            }
        };
        told(Msg::Bulk { ticket, progress });
        signal(Signal::Wake);
    };
    if let Err(e) = std::thread::Builder::new().name("bulk".into()).spawn(run) {
        send(Msg::Notice(Level::Error, format!("nothing was changed: {e}")));
    }
}

/// The actions of one conversation, which are done together.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Which.
    pub of: Option<ConversationId>,
    /// What, in this order.
    pub actions: Vec<Action>,
    /// Until when its messages were there to be seen: it is not put aside if the customer has written since.
    pub seen_to: Option<Ms>,
}

/// What a work consists of.
///
/// # Errors
/// The order cannot be carried out, or the targets cannot be read.
pub fn steps(workspace: &Workspace, work: Work) -> Result<Vec<Step>, StepsError> {
    let (orders, targets, at) = match work {
        Work::Undo(each) => {
            let step = |actions: Vec<Action>| (actions.first().and_then(Action::conversation), actions);
            let steps = each.into_iter().map(step);
            return Ok(steps.map(|(of, actions)| Step { of, actions, seen_to: None }).collect());
        }
        Work::Orders { orders, targets, at } => (orders, targets, at),
    };
    let reader = workspace.store.reader()?;
    let ids = match targets {
        Targets::One(id) => vec![id],
        Targets::These(ids) => ids,
        Targets::Labelled(name) => reader.labelled(&name)?,
        Targets::Matching(source) => matching(workspace, &reader, &source, at)?,
    };
    let (agents, teams) = (reader.agents()?, reader.teams()?);
    let (now, tz) = (workspace.clock.now(), TimeZone::system());
    let setting = Setting {
        me: &workspace.me.email,
        agents: &agents,
        teams: &teams,
        now,
        when: &|text| when::ahead(text, now, &tz),
    };
    ids.into_iter()
        .map(|id| {
            let mut actions = Vec::with_capacity(orders.len());
            for order in &orders {
                actions.extend(order.actions(id, &setting)?);
            }
            Ok(Step { of: Some(id), actions, seen_to: Some(at) })
        })
        .collect()
}

/// All conversations that a list holds.
fn matching(
    workspace: &Workspace,
    reader: &Reader,
    source: &ListSource,
    at: Ms,
) -> Result<Vec<ConversationId>, StepsError> {
    let (now, tz, me) = (workspace.clock.now(), TimeZone::system(), workspace.me.id);
    let parsed = match source {
        ListSource::Query(text) => Some(query::parse_typing(text)?),
        ListSource::View(_) | ListSource::All => None,
    };
    let window = |after: Option<ListKey>| -> Result<Vec<ConversationRow>, StoreError> {
        match (source, &parsed) {
            (ListSource::View(view), _) => reader.list(view, after, WINDOW),
            (_, Some(parsed)) => reader.list_query(parsed, after, WINDOW, Some(me), now, &tz),
            (_, None) => reader.list_all(WINDOW, after),
        }
    };
    let view = match source {
        ListSource::View(view) => view,
        ListSource::Query(_) | ListSource::All => &View::Open,
    };
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let rows = window(after)?;
        after = rows.last().map(|row| key_in(view, row));
        // Who wrote for the first time after it was decided was not among those that were meant.
        let meant = rows.iter().filter(|row| row.last_inbound_at.is_none_or(|wrote| wrote <= at));
        ids.extend(meant.map(|row| row.id));
        if rows.len() < WINDOW {
            return Ok(ids);
        }
    }
}

/// Performs steps. Each conversation is a transaction of its own, which the writer commits together with its neighbours: one that
/// cannot be changed leaves the others as they are.
pub fn perform(workspace: &Workspace, steps: Vec<Step>, going: &dyn Fn(usize, usize)) -> Outcome {
    let mut out = Outcome::default();
    let total = steps.len();
    let actor = Actor { name: workspace.me.name.clone(), email: workspace.me.email.clone() };
    let mut steps = steps.into_iter().peekable();
    let mut done = 0;
    while steps.peek().is_some() {
        going(done, total);
        let (tx, rx) = channel();
        for Step { of: id, actions, seen_to } in steps.by_ref().take(STEP) {
            let (tx, actor) = (tx.clone(), actor.clone());
            workspace.store.writer().submit(
                Class::Durable,
                move |t| {
                    let (mut changed, mut back, mut op) = (false, Vec::new(), None);
                    for action in &actions {
                        let (done, inverse) = t.perform_undoable(&actor, action, seen_to)?;
                        changed |= done.changed;
                        op = op.or(done.op);
                        if done.changed {
                            // The last one is taken back first, each by its own steps in their order.
                            back.splice(0..0, inverse);
                        }
                    }
                    Ok((changed, back, op))
                },
                move |result| {
                    // Whoever asked has gone.
                    let _ = tx.send((id, result));
                },
            );
            done += 1;
        }
        drop(tx);
        for (id, result) in rx {
            match result {
                Ok((true, back, op)) => {
                    out.changed.extend(id);
                    out.undo.push(back);
                    out.op = out.op.or(op);
                }
                Ok((false, ..)) => out.same += 1,
                Err(e) => out.refused.push((id, e.to_string())),
            }
        }
    }
    out
}
