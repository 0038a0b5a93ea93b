//! Paints the list of conversations: two lines each, who and when, then what it says and what matters now.

use crate::domain::account::Channel;
use crate::domain::conversation::Priority;
use crate::domain::conversation::Status;
use crate::domain::delivery::Delivery;
use crate::domain::message::Direction;
use crate::domain::row::{ConversationRow, View};
use crate::text::{format, sanitize, wrap};
use crate::ui::due;
use crate::ui::effect::ListSource;
use crate::ui::list::state::ROW;
use crate::ui::model::{Focus, Model};
use crate::ui::paint::{Pen, cells};
use crate::ui::sidebar::view_title;
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// Paints the pane.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let list = &model.list;
    if list.rows.is_empty() {
        return draw_empty(model, pen, area);
    }
    let focused = model.focus == Focus::List && model.overlays.is_empty();
    let column = place_column(model, area.width);
    for (slot, row) in list.rows.iter().skip(list.top).enumerate() {
        let y = area.y.saturating_add(u16::try_from(slot).unwrap_or(u16::MAX).saturating_mul(ROW));
        if y >= area.bottom() {
            break;
        }
        let height = ROW.min(area.bottom() - y);
        let place = Rect::new(area.x, y, area.width, height);
        let is_selected = list.selected == Some(row.id);
        if is_selected {
            pen.ground(place, if focused { Role::Selected } else { Role::Marked });
            for y in place.top()..place.bottom() {
                pen.glyph(area.x, y, "▌", if focused { Role::Accent } else { Role::Dim });
            }
        } else if focused && height == ROW && slot < 9 {
            pen.text(area.x, y + 1, 1, &(slot + 1).to_string(), Role::Dim);
        }
        if model.marks.has(row.id) {
            pen.text(area.x + 1, y, 1, "◆", Role::Accent);
        }
        draw_who(model, pen, place, row, column);
        if height == ROW {
            draw_what(model, pen, place, row);
        }
    }
}

/// Cells from which on the medium is named beside its glyph.
const WIDE: u16 = 36;

/// Whether several accounts carry a medium: then it does not say where a conversation is.
fn is_shared(model: &Model, channel: Channel) -> bool {
    model.sidebar.accounts.iter().filter(|a| a.channels.contains(&channel)).count() > 1
}

/// Where a conversation is, in at most so many cells: medium and account, the account alone, or what there is room for of it.
fn placed(glyph: &str, channel: Channel, account: &str, cells_left: u16) -> String {
    let account = sanitize::line(account);
    let full = format!("{glyph} {} · {account}", channel.title());
    let short = format!("{glyph} {account}");
    if cells(&full) <= cells_left {
        return full;
    }
    if cells(&short) <= cells_left || cells_left < 8 {
        return short;
    }
    // Names of accounts differ at the beginning or at the end (support-nl, support-de).
    let mut tail = account.len();
    for (at, _) in account.char_indices().rev() {
        if cells(&account[at..]) > (cells_left - 2) / 2 {
            break;
        }
        tail = at;
    }
    let head = wrap::truncate(&short, usize::from(cells_left - cells(&account[tail..])));
    format!("{head}{}", &account[tail..])
}

/// Columns for where conversations are: alike in all rows. Where accounts have to be told apart it grows, up to half of the line.
fn place_column(model: &Model, width: u16) -> u16 {
    let plain = if width >= WIDE { 12 } else { 2 };
    let most = (width.saturating_sub(8) / 2).max(plain);
    let shared = model.sidebar.accounts.iter().flat_map(|account| {
        let channels = account.channels.iter().filter(|c| is_shared(model, **c));
        channels.map(|c| cells(&placed(model.icons.channel(*c), *c, &account.name, most - 1)) + 1)
    });
    shared.max().map_or(plain, |wide| wide.clamp(plain, most))
}

/// First line: name, where it is, age.
fn draw_who(model: &Model, pen: &mut Pen<'_>, place: Rect, row: &ConversationRow, column: u16) {
    let (x, y, end) = (place.x + 2, place.y, place.right().saturating_sub(1));
    let at = match model.list.source {
        ListSource::View(View::Waiting | View::Overdue) => row.waiting_since,
        _ => row.last_message_at,
    };
    let age = at.map_or_else(String::new, |at| format::age(at, model.now));
    let age_at =
        pen.right(end.saturating_sub(4).max(x), end, y, &age, Role::Dim).min(end.saturating_sub(4).max(x));
    let glyph = model.icons.channel(row.channel);
    let medium = if is_shared(model, row.channel) {
        placed(glyph, row.channel, &row.account_name, column.saturating_sub(1))
    } else if place.width >= WIDE {
        format!("{glyph} {}", row.channel.title())
    } else {
        glyph.to_owned()
    };
    let column = age_at.saturating_sub(column).max(x);
    let role = if row.unread > 0 { Role::Strong } else { Role::Text };
    let who = format::person(&row.contact_name, &row.theirs);
    pen.text(x, y, column.saturating_sub(x + 1), &who, role);
    pen.text(column, y, age_at.saturating_sub(column + 1), &medium, Role::Dim);
}

/// Second line: the preview, and at the right the one thing that matters most.
fn draw_what(model: &Model, pen: &mut Pen<'_>, place: Rect, row: &ConversationRow) {
    let (x, y, end) = (place.x + 2, place.y + 1, place.right().saturating_sub(1));
    let (mark, mark_role) = mark(model, row);
    let mark_at = if mark.is_empty() { end } else { pen.right(x, end, y, &mark, mark_role) };
    let mark_at = match due::label(row, model.now) {
        Some((words, role)) => {
            pen.right(x, mark_at.saturating_sub(u16::from(!mark.is_empty())), y, &words, role)
        }
        None => mark_at,
    };
    let mut at = x;
    let room = |at: u16| mark_at.saturating_sub(at + 1);
    if model.is_typing(row.id) {
        pen.text(at, y, room(at), "is typing…", Role::Accent);
        return;
    }
    if let Some((word, role)) = priority(row.priority)
        && place.width >= 30
    {
        at = pen.text(at, y, room(at), word, role) + 1;
    }
    let (said, role) = match row.preview_direction {
        Some(Direction::Outbound) => ("↩ ", Role::Dim),
        Some(Direction::Note) => ("note ", Role::Note),
        Some(Direction::Activity) => ("· ", Role::Dim),
        Some(Direction::Inbound) | None => ("", Role::Dim),
    };
    at = pen.pieces(at, y, room(at), &[(said, role)]);
    let role = if row.unread > 0 { Role::Text } else { Role::Dim };
    let subject = row.subject.as_deref().map(|subject| sanitize::line(subject).into_owned());
    let Some(subject) = subject.filter(|subject| !subject.is_empty()) else {
        pen.text(at, y, room(at), &row.preview, role);
        return;
    };
    // What it is about tells two matters of one customer apart; of the words there is room for the beginning at least.
    let most = if row.preview.is_empty() { room(at) } else { (room(at) * 3 / 5).max(room(at).min(12)) };
    at = pen.text(at, y, most, &subject, Role::Text);
    if !row.preview.is_empty() {
        pen.pieces(at, y, room(at), &[(" · ", Role::Faint), (row.preview.as_str(), role)]);
    }
}

/// The one thing about a conversation that matters most now, as glyph and word.
fn mark(model: &Model, row: &ConversationRow) -> (String, Role) {
    if row.called.contains(&model.me.id) {
        return ("@ you".into(), Role::Unread);
    }
    if row.troubled > 0 {
        return match row.delivery {
            Some(Delivery::Unknown) => ("? unsure".into(), Role::Warn),
            Some(Delivery::Parked) => ("‖ parked".into(), Role::Warn),
            Some(Delivery::Failed) => ("✗ failed".into(), Role::Bad),
            // An earlier message than the newest: which way it is in trouble is said in the thread.
            _ if row.unread > 0 => (format!("! delivery ●{}", row.unread), Role::Bad),
            _ => ("! delivery".into(), Role::Bad),
        };
    }
    let unread = if row.unread > 0 { format!(" ●{}", row.unread) } else { String::new() };
    if row.draft {
        return (format!("✎ draft{unread}"), Role::Warn);
    }
    // Nothing that is done already, and nothing that is still to be done: it leaves by itself.
    if let Some(at) = row.answer_at {
        let when = format::moment_within(at, model.now, &model.tz).replace("today", "at");
        return (format!("answer {when}{unread}"), Role::Accent);
    }
    if row.calls() {
        return (format!("●{}", row.unread), Role::Unread);
    }
    if let Some(score) = row.score {
        return (format!("{score} pts"), Role::Dim);
    }
    if row.muted {
        return ("muted".into(), Role::Dim);
    }
    match (row.status, row.delivery) {
        (_, Some(Delivery::Retrying)) => ("↻".into(), Role::Warn),
        (_, Some(Delivery::Queued | Delivery::Sending)) => ("…".into(), Role::Dim),
        (Status::Resolved, _) => ("✓ resolved".into(), Role::Good),
        (Status::Snoozed, _) => ("☾".into(), Role::Dim),
        (Status::Spam, _) => ("⊘ spam".into(), Role::Dim),
        (_, Some(Delivery::Accepted)) => ("✓".into(), Role::Dim),
        (_, Some(Delivery::Delivered)) => ("✓✓".into(), Role::Dim),
        (_, Some(Delivery::Read)) => ("✓✓".into(), Role::Accent),
        _ => (String::new(), Role::Dim),
    }
}

/// A priority worth a word.
pub(crate) fn priority(priority: Priority) -> Option<(&'static str, Role)> {
    match priority {
        Priority::None => None,
        Priority::Low => Some(("low", Role::Dim)),
        Priority::Medium => Some(("medium", Role::Text)),
        Priority::High => Some(("high", Role::Warn)),
        Priority::Urgent => Some(("urgent", Role::Bad)),
    }
}

/// The name of what is listed.
pub(crate) fn title(model: &Model) -> String {
    let source = match &model.list.source {
        ListSource::View(view) => view_title(view, &model.sidebar.accounts),
        ListSource::Query(query) => match model.sidebar.saved(query) {
            Some(name) => name.to_owned(),
            None => format!("filter: {query}"),
        },
        ListSource::All => "Everything".into(),
    };
    match (model.marks.is_all(), model.marks.count()) {
        (true, _) => format!("{source} · all marked"),
        (false, 0) => source,
        (false, count) => format!("{source} · {count} marked"),
    }
}

/// Says why there is nothing, and what to do next.
fn draw_empty(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let list = &model.list;
    let mut lines: Vec<(String, Role)> = Vec::new();
    if let Some(error) = &list.error {
        lines.push(("The filter is not understood".into(), Role::Bad));
        lines.push((error.clone(), Role::Text));
        lines.push(("f to change it, g o for all open".into(), Role::Dim));
    } else if !list.loaded {
        lines.push(("reading…".into(), Role::Dim));
    } else if model.sidebar.accounts.is_empty() {
        lines.push(("No channel yet".into(), Role::Strong));
        let key = model.keymap.first_label("setup");
        lines.push(("Connect one and conversations appear here:".into(), Role::Text));
        lines.push((format!("{key} opens Setup"), Role::Accent));
        lines.push(("or look around with: frontdesk demo".into(), Role::Dim));
    } else {
        let (head, next) = match &list.source {
            ListSource::View(View::Mine(_)) => ("Nothing is yours", "g u shows what is nobody's"),
            ListSource::View(View::Unassigned) => ("Everything has an owner", "g o shows all that is open"),
            ListSource::View(View::Open) => ("All done", "New conversations appear by themselves"),
            ListSource::View(View::Waiting) => ("Nobody waits", "g o shows all that is open"),
            ListSource::View(View::Overdue) => ("Nobody is overdue", "g w shows who waits"),
            ListSource::Query(_) => ("Nothing matches", "f changes the filter, g o shows all open"),
            _ => ("Nothing here", "g o shows all that is open"),
        };
        lines.push((head.into(), Role::Strong));
        lines.push((next.into(), Role::Dim));
    }
    let width = usize::from(area.width.saturating_sub(4)).max(1);
    let mut y = area.y + area.height.min(6) / 3;
    for (text, role) in lines {
        let clean = sanitize::line(&text).into_owned();
        for range in wrap::wrap(&clean, width) {
            if y < area.bottom() {
                let piece = &clean[range];
                let x = area.x + area.width.saturating_sub(cells(piece)) / 2;
                pen.text(x, y, area.right().saturating_sub(x), piece, role);
            }
            y = y.saturating_add(1);
        }
    }
}

/// Whether a conversation is this agent's.
pub(crate) fn is_mine(model: &Model, row: &ConversationRow) -> bool {
    row.assignee == Some(crate::domain::conversation::Assignee::Agent(model.me.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_told_apart_in_few_cells() {
        for (account, room, said) in [
            ("hotline", 15, "≡ SMS · hotline"),
            ("hotline", 14, "≡ hotline"),
            ("support-nl", 11, "≡ supp…t-nl"),
            ("support-de", 11, "≡ supp…t-de"),
            ("nl-support", 11, "≡ nl-s…port"),
        ] {
            assert_eq!(placed("≡", Channel::Sms, account, room), said);
        }
    }
}
