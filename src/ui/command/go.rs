//! Commands that move about. None of them changes anything.

use crate::domain::row::{ListKey, View};
use crate::ui::command::{Category, Command, always, on_conversation};
use crate::ui::due;
use crate::ui::effect::{Effect, ListSource, Need};
use crate::ui::keymap::Scope::{Composer, List, Panes, Sidebar, Thread};
use crate::ui::list::{Goto, Unread};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, Prompt, PromptKind, Search};
use crate::ui::thread::End;

const fn go(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [(crate::ui::keymap::Scope, &'static str)],
    run: fn(&mut Model),
) -> Command {
    Command { id, title, help, category: Category::Go, keys, hint: None, available: always, run }
}

pub(super) static COMMANDS: &[Command] = &[
    go("move.down", "Down", "Moves down by one.", &[(Panes, "j"), (Panes, "<down>")], |m| step(m, 1)),
    go("move.up", "Up", "Moves up by one.", &[(Panes, "k"), (Panes, "<up>")], |m| step(m, -1)),
    go(
        "move.page-down",
        "Page down",
        "Moves down by a screen.",
        &[(Panes, "<pagedown>"), (Thread, "<space>")],
        |m| page(m, 2),
    ),
    go("move.page-up", "Page up", "Moves up by a screen.", &[(Panes, "<pageup>")], |m| page(m, -2)),
    go("move.half-down", "Half a page down", "Moves down by half a screen.", &[(Panes, "<c-d>")], |m| {
        page(m, 1)
    }),
    go("move.half-up", "Half a page up", "Moves up by half a screen.", &[(Panes, "<c-u>")], |m| page(m, -1)),
    go(
        "move.first",
        "To the beginning",
        "Goes to the first row or the oldest message.",
        &[(Panes, "g g"), (Panes, "<home>")],
        first,
    ),
    go(
        "move.last",
        "To the end",
        "Goes to the last row or the newest message; with a number before it to that row.",
        &[(Panes, "G"), (Panes, "<end>")],
        last,
    ),
    Command {
        hint: Some(("open", 0)),
        available: openable,
        ..go(
            "open",
            "Open",
            "Opens what is selected, or with a number before it that row of the screen; by the usual read policy a conversation is then marked as read. In a thread: answers.",
            &[(Panes, "<enter>")],
            open,
        )
    },
    go("focus.next", "Next pane", "Gives the keys to the next pane.", &[(Panes, "<tab>")], |m| turn(m, 1)),
    go(
        "focus.previous",
        "Previous pane",
        "Gives the keys to the previous pane.",
        &[(Panes, "<s-tab>")],
        |m| turn(m, -1),
    ),
    go(
        "focus.left",
        "Pane to the left",
        "Gives the keys to the pane at the left.",
        &[(Panes, "h"), (Panes, "<left>")],
        |m| beside(m, -1),
    ),
    go(
        "focus.right",
        "Pane to the right",
        "Gives the keys to the pane at the right.",
        &[(Panes, "l"), (Panes, "<right>")],
        |m| beside(m, 1),
    ),
    go(
        "back",
        "Back",
        "Goes back from a thread to the list; closes what lies above.",
        &[(Panes, "<esc>"), (Panes, "q")],
        back,
    ),
    Command {
        hint: Some(("next unread", 60)),
        available: any_unread,
        ..go(
            "go.next-unread",
            "Next unread",
            "Selects the next conversation with unseen messages: in this list, else in all that is open.",
            &[(Panes, "]")],
            |m| unread(m, true),
        )
    },
    Command {
        available: any_unread,
        ..go(
            "go.previous-unread",
            "Previous unread",
            "Selects the previous conversation with unseen messages: in this list, else in all that is open.",
            &[(Panes, "[")],
            |m| unread(m, false),
        )
    },
    go("go.mine", "Mine", "Lists what is open and mine.", &[(Panes, "g m")], |m| {
        view(m, View::Mine(m.me.id))
    }),
    go("go.unassigned", "Unassigned", "Lists what is open and nobody's.", &[(Panes, "g u")], |m| {
        view(m, View::Unassigned)
    }),
    go("go.open", "All open", "Lists all that is open.", &[(Panes, "g o")], |m| view(m, View::Open)),
    go(
        "go.waiting",
        "Waiting",
        "Lists who waits for an answer, the longest first.",
        &[(Panes, "g w")],
        |m| view(m, View::Waiting),
    ),
    Command {
        available: due::available,
        ..go(
            "go.overdue",
            "Overdue",
            "Lists who should have had an answer by now, first due first.",
            &[(Panes, "g d")],
            |m| view(m, View::Overdue),
        )
    },
    go(
        "go.mentions",
        "Mentions",
        "Lists where a note calls you by @name; opening one is having seen it, by the usual read policy.",
        &[(Panes, "g @")],
        |m| view(m, View::Mentions(m.me.id)),
    ),
    go("go.pending", "Pending", "Lists what is pending.", &[(Panes, "g p")], |m| view(m, View::Pending)),
    go("go.snoozed", "Snoozed", "Lists what is snoozed.", &[(Panes, "g s")], |m| view(m, View::Snoozed)),
    go("go.resolved", "Resolved", "Lists what is resolved.", &[(Panes, "g r")], |m| view(m, View::Resolved)),
    go("go.spam", "Spam", "Lists what is spam.", &[(Panes, "g x")], |m| view(m, View::Spam)),
    go("go.archived", "Archived", "Lists what is put away.", &[(Panes, "g z")], |m| view(m, View::Archived)),
    go("go.all", "Everything", "Lists everything but spam.", &[(Panes, "g a")], |m| {
        source(m, ListSource::All)
    }),
    Command {
        hint: Some(("search", 25)),
        ..go("search", "Search", "Searches all messages as you type.", &[(Panes, "/")], search)
    },
    go(
        "list.filter",
        "Filter the list",
        "Lists the conversations that match a query.",
        &[(List, "f"), (Sidebar, "f")],
        filter,
    ),
    go("outbox", "Outbox", "Shows what waits to be sent or needs a decision.", &[(Panes, "O")], |m| {
        m.overlays.push(Overlay::Outbox { rows: None, at: 0 });
        m.load(Need::Outbox);
    }),
    go(
        "sidebar.toggle",
        "Show or hide the sidebar",
        "Shows or hides views and channels.",
        &[(Panes, "z")],
        |m| {
            let is_there = m.layout.sidebar.is_some();
            if m.layout.lines.len() < 2 && !is_there {
                m.sidebar_shown = true;
                m.focus_on(Focus::Sidebar);
            } else {
                m.sidebar_shown = !is_there;
                if is_there && m.focus == Focus::Sidebar {
                    m.focus_on(Focus::List);
                }
            }
        },
    ),
    Command {
        available: on_conversation,
        ..go(
            "thread.reread",
            "Newest messages",
            "Goes to the newest message of the open thread.",
            &[(Thread, "<c-end>"), (Composer, "<c-end>")],
            |m| m.go_in_thread(End::Newest),
        )
    },
];

const NO_UNREAD: &str = "no unread conversation";

fn any_unread(model: &Model) -> Result<(), String> {
    let counted = match &model.list.source {
        // Only what the writer counts is known.
        ListSource::View(View::Overdue) | ListSource::Query(_) | ListSource::All => None,
        ListSource::View(view) => Some(model.sidebar.count(view).unread > 0),
    };
    let found = match (model.list.unread_from(true), counted) {
        (Unread::Row(_), _) => true,
        (Unread::Beyond(_), counted) => counted.unwrap_or(true),
        (Unread::Nowhere, _) => false,
    };
    if found || is_unread_elsewhere(model) { Ok(()) } else { Err(NO_UNREAD.into()) }
}

fn openable(model: &Model) -> Result<(), String> {
    if model.focus == Focus::Sidebar || model.list.selected.is_some() || model.focus == Focus::Thread {
        Ok(())
    } else {
        Err("nothing is selected".into())
    }
}

fn step(model: &mut Model, by: isize) {
    match model.focus {
        Focus::Sidebar => {
            model.sidebar.step(by);
            list_current(model);
        }
        Focus::List => {
            model.list.step(by);
            model.follow();
        }
        Focus::Thread | Focus::Composer => model.thread.step(by),
    }
}

/// Lists the view under the cursor of the sidebar.
pub(crate) fn list_current(model: &mut Model) {
    if let Some(source) = model.sidebar.current().filter(|source| model.list.source != *source) {
        model.list_from(source);
    }
}

/// Moves by half screens.
fn page(model: &mut Model, halves: isize) {
    let by = |page: usize| isize::try_from(page / 2).unwrap_or(1).max(1) * halves;
    match model.focus {
        Focus::Sidebar => step(model, by(model.sidebar.page)),
        Focus::List => step(model, by(model.list.page)),
        Focus::Thread | Focus::Composer => {
            let lines = by(usize::from(model.thread.body.height).saturating_sub(2));
            model.thread.scroll(lines);
        }
    }
}

fn first(model: &mut Model) {
    match model.focus {
        Focus::Sidebar => step(model, isize::MIN / 2),
        Focus::List if model.list.above => {
            model.list.go_top();
            model.load_list();
        }
        Focus::List => {
            model.list.select(0);
            model.follow();
        }
        Focus::Thread | Focus::Composer => model.go_in_thread(End::Oldest),
    }
}

fn last(model: &mut Model) {
    match model.focus {
        Focus::Sidebar => step(model, isize::MAX / 2),
        Focus::List if model.list.below => {
            model.list.go_end();
            model.list.goto = Some(Goto::Last);
            model.load_list();
        }
        Focus::List => {
            model.list.select(model.list.rows.len().saturating_sub(1));
            model.follow();
        }
        Focus::Thread | Focus::Composer => model.go_in_thread(End::Newest),
    }
}

fn open(model: &mut Model) {
    match model.focus {
        Focus::Sidebar => {
            list_current(model);
            model.focus_on(Focus::List);
        }
        Focus::List => {
            model.follow();
            model.focus_on(Focus::Thread);
            mark_read(model);
        }
        Focus::Thread | Focus::Composer => {
            if let Some(reply) = crate::ui::command::find("compose.reply") {
                model.run(reply);
            }
        }
    }
}

/// What is open now was opened, which may mark it as read; moving never does.
pub(crate) fn mark_read(model: &mut Model) {
    model.opened();
}

fn turn(model: &mut Model, by: i8) {
    let order: &[Focus] = if model.layout.sidebar.is_some() || model.layout.lines.len() < 2 {
        &[Focus::Sidebar, Focus::List, Focus::Thread]
    } else {
        &[Focus::List, Focus::Thread]
    };
    let at = order.iter().position(|f| *f == model.focus).unwrap_or(0);
    let to = (at + order.len()).saturating_add_signed(isize::from(by)) % order.len();
    focus(model, order[to]);
}

fn beside(model: &mut Model, by: i8) {
    let to = match (model.focus, by) {
        (Focus::Sidebar, 1) | (Focus::Thread, -1) => Focus::List,
        (Focus::List, 1) => Focus::Thread,
        (Focus::List, _) => Focus::Sidebar,
        (same, _) => same,
    };
    focus(model, to);
}

fn focus(model: &mut Model, to: Focus) {
    if to == Focus::Thread {
        if model.list.selected.is_none() && model.thread.conversation.is_none() {
            return;
        }
        if model.focus != Focus::Thread {
            model.follow();
        }
    }
    model.focus_on(to);
}

fn back(model: &mut Model) {
    model.chord.clear();
    match model.focus {
        Focus::Thread | Focus::Composer | Focus::Sidebar => model.focus_on(Focus::List),
        Focus::List if !model.marks.is_empty() => model.marks.clear(),
        Focus::List if matches!(model.list.source, ListSource::Query(_)) => view(model, View::Open),
        Focus::List => {}
    }
}

fn unread(model: &mut Model, forward: bool) {
    match model.list.unread_from(forward) {
        Unread::Row(at) => {
            model.list.select(at);
            arrive(model);
        }
        Unread::Beyond(from) => {
            let source = model.list.source.clone();
            model.load(Need::Unread { source, from, forward });
        }
        Unread::Nowhere => unread_elsewhere(model, forward),
    }
}

/// Nothing in this list: goes on in all that is open.
fn unread_elsewhere(model: &mut Model, forward: bool) {
    if !is_unread_elsewhere(model) {
        return model.say(Level::Info, NO_UNREAD);
    }
    let source = ListSource::View(View::Open);
    model.sidebar.go_to(&View::Open);
    model.close_composer();
    model.list_from(source.clone());
    model.load(Need::Unread { source, from: None, forward });
    model.say(Level::Info, "nothing unread there any more: on with all that is open");
}

/// Whether something open is unread beyond this list.
fn is_unread_elsewhere(model: &Model) -> bool {
    model.list.source != ListSource::View(View::Open) && model.sidebar.count(&View::Open).unread > 0
}

/// The next unread conversation was looked for beyond the window: goes there.
pub(crate) fn to_unread(model: &mut Model, source: &ListSource, found: Option<ListKey>) {
    match found {
        // Who has gone elsewhere meanwhile, or has begun to write, stays there.
        _ if *source != model.list.source || model.focus == Focus::Composer => {}
        Some(key) => {
            model.list.go_to(key);
            model.load_list();
        }
        None => unread_elsewhere(model, true),
    }
}

/// Shows what has been selected by a jump; in the thread the keys stay there.
pub(crate) fn arrive(model: &mut Model) {
    model.follow();
    if model.focus == Focus::Thread {
        model.focus_on(Focus::Thread);
    }
}

fn view(model: &mut Model, view: View) {
    model.sidebar.go_to(&view);
    source(model, ListSource::View(view));
}

/// Lists something and goes there.
pub(crate) fn source(model: &mut Model, source: ListSource) {
    model.close_composer();
    model.list_from(source);
    model.focus = Focus::List;
}

/// Runs a command with a number before it: a motion so many times, an order for so many rows, `G` to that row of the list, `Enter`
/// on that row of the screen.
pub(crate) fn counted(model: &mut Model, command: &'static Command, count: usize) {
    let in_list = model.focus == Focus::List;
    match command.id {
        "move.last" | "move.first" if in_list && !model.list.above => {
            if !model.list.select(count - 1) {
                model.say(Level::Info, format!("row {count} is further down than what is loaded"));
            }
            model.follow();
        }
        "open" if in_list => {
            // The list may have moved since: what is meant is what stood there when the number was typed.
            if model.list.select_numbered() {
                model.run(command);
            } else {
                model.say(Level::Info, format!("there is no row {count} on the screen"));
            }
        }
        id if id.starts_with("move.")
            || matches!(id, "undo" | "go.next-unread" | "go.previous-unread" | "mark") =>
        {
            for _ in 0..count.min(MOST_TIMES) {
                model.run(command);
            }
        }
        _ if in_list && command.category == Category::Triage && model.marks.is_empty() => {
            let from = model.list.selected.and_then(|id| model.list.position(id));
            let rows: Option<Vec<_>> =
                from.map(|at| model.list.rows.iter().skip(at).take(count).map(|r| r.id).collect());
            for id in rows.into_iter().flatten() {
                model.marks.add(id);
            }
            model.run(command);
        }
        _ => model.run(command),
    }
}

fn search(model: &mut Model) {
    let search = Search::new(&model.last_search);
    model.overlays.push(Overlay::Search(Box::new(search)));
    if !model.last_search.is_empty() {
        crate::ui::overlay::ask(model);
    }
}

fn filter(model: &mut Model) {
    let start = match &model.list.source {
        ListSource::Query(query) => query.clone(),
        _ => String::new(),
    };
    model.ask_line(Prompt::new(PromptKind::Filter, &start));
}

/// More times than this nobody means.
const MOST_TIMES: usize = 1_000;

/// Goes to a message in its thread, with what was looked for marked.
pub(crate) fn jump(
    model: &mut Model,
    hit: &crate::domain::row::SearchHit,
    terms: Vec<crate::text::index::Term>,
) {
    model.close_composer();
    model.thread.wanted = Some(hit.conversation);
    model.thread.stash = None;
    model.thread.jump = Some((hit.message, terms));
    model.thread.settle();
    model.focus = Focus::Thread;
    let at = crate::ui::effect::ThreadAt::Around { sent_at: hit.sent_at, id: hit.message };
    let limit = model.thread.limit();
    model.out.push(Effect::Load(Need::Thread { conversation: hit.conversation, at, limit }));
    model.load(Need::Context { conversation: hit.conversation });
    // Opening is opening, wherever one comes from.
    model.opened_from_afar(hit.conversation);
    if let Some(at) = model.list.position(hit.conversation) {
        model.list.select(at);
    } else {
        model.list.selected = Some(hit.conversation);
    }
}
