//! Paints the thread: who and where, the messages, and what lies below the screen.

use crate::domain::account::Channel;
use crate::domain::attachment::kind;
use crate::domain::conversation::Status;
use crate::domain::message::{AuthorKind, Direction, MessageKind};
use crate::domain::row::{AttachmentRow, ConversationRow, Fetch, MessageRow};
use crate::text::{format, index, sanitize};
use crate::ui::composer;
use crate::ui::icons::Icons;
use crate::ui::list::view::priority;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Context;
use crate::ui::paint::{Pen, cells};
use crate::ui::theme::Role;
use crate::ui::thread::block::{Block, GUTTER, Line, indent};
use crate::ui::thread::words;
use ratatui::layout::Rect;

/// Divides the pane and lays the messages out.
pub(crate) fn prepare(model: &mut Model, area: Rect) {
    if let Some(mut composer) = model.composer.take() {
        composer.face = model.face(&composer, area.width.saturating_sub(3), area.height);
        // Where one types there is one cursor.
        let in_text = composer.head.as_ref().is_none_or(|head| head.at.is_none());
        composer.area.set_cursor_style(model.theme.style(if in_text { Role::Cursor } else { Role::Text }));
        composer.area.set_style(model.theme.style(Role::Text));
        model.composer = Some(composer);
    }
    let foot = composer::view::height(model, area);
    let has_subject = model.thread.context.as_ref().is_some_and(|context| subject(context).is_some());
    let head = match area.height - foot {
        12.. if has_subject => 4,
        10.. => 3,
        4.. => 1,
        _ => 0,
    };
    let thread = &mut model.thread;
    thread.head = Rect { height: head, ..area };
    thread.body = Rect { y: area.y + head, height: area.height - foot - head, ..area };
    thread.foot = Rect { y: area.bottom() - foot, height: foot, ..area };
    let (width, height) = (thread.body.width, thread.body.height);
    thread.lay_out(width, height);
}

/// Paints the pane.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let thread = &model.thread;
    if thread.conversation.is_none() {
        let area = thread.body;
        if model.list.rows.is_empty() {
            return;
        }
        let words = "Enter opens a conversation";
        let x = area.x + area.width.saturating_sub(cells(words)) / 2;
        pen.text(x, area.y + area.height / 3, area.right().saturating_sub(x), words, Role::Dim);
        return;
    }
    draw_head(model, pen, thread.head);
    draw_messages(model, pen, thread.body);
    composer::view::draw(model, pen, thread.foot);
}

/// Who, where, state, owner; then what is special, and the clock.
fn draw_head(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let Some(context) = model.thread.context.as_ref().filter(|_| area.height > 0) else {
        return;
    };
    let row = &context.row;
    let (x, y, end) = (area.x + 1, area.y, area.right().saturating_sub(1));
    let name = format::person(&row.contact_name, &row.theirs);
    let about = about(row, model.icons, end.saturating_sub(x), cells(&name));
    let wide: u16 = about.iter().map(|(words, _)| cells(words)).sum();
    let from = end.saturating_sub(wide).max(x);
    pen.text(x, y, from.saturating_sub(x + 1), &name, Role::Strong);
    let pieces: Vec<(&str, Role)> = about.iter().map(|(words, role)| (words.as_str(), *role)).collect();
    pen.pieces(from, y, end.saturating_sub(from), &pieces);
    if area.height < 3 {
        return;
    }
    let mut y = y + 1;
    if let Some(subject) = subject(context).filter(|_| area.height > 3) {
        pen.text(x, y, end.saturating_sub(x), &subject, Role::Text);
        y += 1;
    }
    draw_special(model, pen, Rect { y, height: 1, ..area });
    pen.rule_joined(area.x, y + 1, area.width);
}

/// What a conversation is about, where its channel has subjects.
fn subject(context: &Context) -> Option<String> {
    let subject = sanitize::line(context.row.subject.as_deref()?).into_owned();
    (!subject.is_empty()).then_some(subject)
}

/// Where, state and owner, in the longest form that leaves the name its cells, or two fifths of the width. The owner stays to the last:
/// before it the account is left out, then the medium's name becomes its glyph, then the state goes.
fn about(row: &ConversationRow, icons: Icons, width: u16, name: u16) -> Vec<(String, Role)> {
    let line = |text: &str| sanitize::line(text).into_owned();
    let (owner, called) = match &row.assignee_name {
        Some(name) => (format!("@{}", line(name)), format!("@{}", line(&format::called(name)))),
        None => ("unassigned".to_owned(), "unassigned".to_owned()),
    };
    let status_role = match row.status {
        Status::Open => Role::Text,
        Status::Resolved => Role::Good,
        Status::Spam => Role::Bad,
        Status::Pending | Status::Snoozed => Role::Dim,
    };
    let (medium, glyph) = (row.channel.title().to_owned(), icons.channel(row.channel).to_owned());
    let account = format!("{medium} · {}", line(&row.account_name));
    let state = Some(row.status.word());
    let forms = [
        (Some(account.clone()), state, owner),
        (Some(account), state, called.clone()),
        (Some(medium), state, called.clone()),
        (Some(glyph.clone()), state, called.clone()),
        (Some(glyph), None, called.clone()),
        (None, None, called),
    ]
    .map(|(place, state, owner)| {
        let mut pieces: Vec<(String, Role)> = Vec::new();
        let parts = [(place, Role::Dim), (state.map(str::to_owned), status_role), (Some(owner), Role::Dim)];
        for (words, role) in parts.into_iter().filter_map(|(words, role)| words.map(|w| (w, role))) {
            if !pieces.is_empty() {
                pieces.push((" · ".to_owned(), Role::Faint));
            }
            pieces.push((words, role));
        }
        pieces
    });
    let wide = |form: &Vec<(String, Role)>| form.iter().map(|(words, _)| cells(words)).sum::<u16>();
    let room = width.saturating_sub(name.min(width * 2 / 5) + 2);
    let fits = forms.iter().position(|form| wide(form) <= room).unwrap_or(forms.len() - 1);
    forms.into_iter().nth(fits).unwrap_or_default()
}

/// Cells below which it is not told how the customer is known: a word or two of it say nothing.
const WHO: u16 = 15;

/// Second line of the head.
fn draw_special(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let Some(context) = &model.thread.context else {
        return;
    };
    let row = &context.row;
    let (x, y, end) = (area.x + 1, area.y, area.right().saturating_sub(1));
    let special = special(context);
    let wide: u16 = special.iter().map(|(words, _)| cells(words)).fold(0, u16::saturating_add);
    let (clock, role) = if let Some(colleagues) = model.colleagues_typing(row.id) {
        // That somebody else answers is what one has to know first.
        (colleagues, Role::Accent)
    } else if model.is_typing(row.id) {
        ("is typing…".to_owned(), Role::Accent)
    } else if let Some(since) = row.waiting_since {
        let waited = model.now.saturating_sub(since);
        let role = if waited >= 3_600_000 { Role::Warn } else { Role::Dim };
        let long = if waited < 60_000 { "under a minute".to_owned() } else { words::span(waited) };
        match model.due_clock(row) {
            Some((due, nearer)) => {
                let role = if nearer == Role::Dim { role } else { nearer };
                // Since when is told by the messages too: it goes first.
                let long = format!("waiting {long} · {due}");
                let fits = wide.saturating_add(cells(&long)) < end.saturating_sub(x);
                (if fits { long } else { due }, role)
            }
            None => (format!("waiting {long}"), role),
        }
    } else if let (Status::Snoozed, Some(until)) = (row.status, row.snoozed_until) {
        (format!("back {}", format::moment(until, model.now, &model.tz)), Role::Dim)
    } else {
        (String::new(), Role::Dim)
    };
    let clock_at = if clock.is_empty() { end } else { pen.right(x, end, y, &clock, role) };
    let pieces: Vec<(&str, Role)> = special.iter().map(|(words, role)| (words.as_str(), *role)).collect();
    let room = clock_at.saturating_sub(x + 1);
    pen.pieces(x, y, room, &pieces);
    let who = who(context);
    if special.is_empty() && room >= WHO && who != format::person(&row.contact_name, &row.theirs) {
        pen.text(x, y, room, &who, Role::Dim);
    }
}

/// What is special about a conversation.
fn special(context: &Context) -> Vec<(String, Role)> {
    let row = &context.row;
    let mut found: Vec<Vec<(String, Role)>> = Vec::new();
    found.extend(priority(row.priority).map(|(word, role)| vec![(word.to_owned(), role)]));
    if let Some(qualification) = &row.qualification {
        let mut words = vec![(qualification.state.word().to_owned(), Role::Good)];
        words.extend(qualification.reason.as_ref().map(|reason| (format!(": {reason}"), Role::Dim)));
        found.push(words);
    }
    found.extend(row.score.map(|score| vec![(format!("score {score}"), Role::Good)]));
    for (name, value) in &row.fields {
        found.push(vec![(format!("{name} "), Role::Dim), (value.clone(), Role::Text)]);
    }
    let states = [(row.archived_at.is_some(), "archived"), (row.muted, "muted"), (row.blocked, "blocked")];
    let states = states.into_iter().filter(|(is, _)| *is);
    found.extend(states.map(|(_, word)| vec![(word.to_owned(), Role::Warn)]));
    if context.opted_out() {
        found.push(vec![("✗ opted out".to_owned(), Role::Bad)]);
    }
    if let Some(channel) = context.last_wrote {
        found.push(vec![(format!("last wrote by {}", channel.title()), Role::Dim)]);
    }
    let labels = row.labels.iter().map(|label| format!("#{label}")).collect::<Vec<_>>().join(" ");
    if !labels.is_empty() {
        found.push(vec![(labels, Role::Accent)]);
    }
    found.join(&("  ".to_owned(), Role::Dim))
}

/// How the customer is known: the address that the channel has proved; what they only say of themselves is told as that.
fn who(context: &Context) -> String {
    let identities = context.contact.as_ref().map(|c| c.identities.as_slice()).unwrap_or_default();
    let claimed: Vec<&str> =
        identities.iter().filter(|(_, proved)| !proved).map(|(i, _)| i.value.as_str()).collect();
    if context.row.channel == Channel::Webchat {
        return match claimed.first() {
            Some(said) => format!("unchecked: {said}"),
            None => "visitor, name unchecked".into(),
        };
    }
    if !context.row.theirs.is_empty() {
        return format::person("", &context.row.theirs);
    }
    identities.first().map(|(i, _)| i.value.clone()).unwrap_or_default()
}

fn draw_messages(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let thread = &model.thread;
    if thread.messages.is_empty() {
        let words = if thread.loaded { "No message yet" } else { "reading…" };
        pen.text(area.x + 1, area.y, area.width, words, Role::Dim);
        return;
    }
    let focused = model.focus == Focus::Thread && model.overlays.is_empty();
    let cursor = thread.cursor_place().filter(|_| focused);
    let Some(first) = thread.at_line(thread.top) else {
        return;
    };
    let mut line = thread.top;
    for (at, message) in thread.messages.iter().enumerate().skip(first) {
        let (Some(block), Some(start)) = (thread.block(message.id), thread.starts.get(at)) else {
            break;
        };
        let hits = match &thread.highlight {
            Some((id, terms)) if *id == message.id => index::highlight(&block.text, terms),
            _ => Vec::new(),
        };
        for piece in block.lines.iter().skip(line - start) {
            let offset = u16::try_from(line - thread.top).unwrap_or(u16::MAX);
            if offset >= area.height {
                return draw_below(model, pen, area);
            }
            let place = Rect::new(area.x, area.y + offset, area.width, 1);
            let is_own = !matches!(piece, Line::Blank | Line::Day | Line::Unread(_));
            if message.direction == Direction::Note && is_own {
                pen.ground(
                    Rect { x: place.x + 1, width: place.width.saturating_sub(1), ..place },
                    Role::NoteGround,
                );
            }
            if cursor == Some(at) && is_own {
                pen.glyph(place.x, place.y, "▌", Role::Accent);
            }
            draw_line(model, pen, place, message, block, piece, &hits);
            line += 1;
        }
    }
    draw_below(model, pen, area);
}

/// What has come while the screen is further up.
fn draw_below(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let count = model.thread.new_below();
    if count > 0 && area.height > 1 {
        let plural = if count == 1 { "" } else { "s" };
        let words = format!(" ↓ {count} new message{plural} below ");
        let x = area.right().saturating_sub(cells(&words) + 1).max(area.x);
        let place = Rect::new(x, area.bottom() - 1, cells(&words).min(area.width), 1);
        pen.clear(place, Role::Overlay);
        pen.text(x + 1, place.y, place.width.saturating_sub(1), words.trim(), Role::Unread);
    }
}

fn draw_line(
    model: &Model,
    pen: &mut Pen<'_>,
    place: Rect,
    message: &MessageRow,
    block: &Block,
    line: &Line,
    hits: &[std::ops::Range<usize>],
) {
    let set_in = indent(message.direction, place.width);
    let (x, y, end) = (place.x + GUTTER + set_in, place.y, place.right().saturating_sub(1));
    let room = end.saturating_sub(x);
    let rule = |pen: &mut Pen<'_>| {
        let (glyph, role) = match message.direction {
            Direction::Inbound => ("┃", Role::Inbound),
            Direction::Outbound => ("│", Role::Outbound),
            Direction::Note => ("░", Role::Note),
            Direction::Activity => return,
        };
        pen.glyph(x - 2, y, glyph, role);
    };
    match line {
        Line::Blank => {}
        Line::Day => separator(pen, place, &format::day(message.sent_at, model.now, &model.tz), Role::Dim),
        Line::Unread(count) => separator(pen, place, &format!("{count} new"), Role::Unread),
        Line::Head => {
            draw_author(model, pen, Rect::new(x - 2, y, end.saturating_sub(x - 2), 1), message, block);
        }
        Line::About(range) | Line::Folded(range) => {
            rule(pen);
            pen.verbatim(x, y, room, &block.about[range.clone()], Role::Dim);
        }
        Line::Body(range) | Line::Quoted(range) => {
            rule(pen);
            // What a machine or somebody else says is there to be looked up.
            let is_aside = matches!(line, Line::Quoted(_))
                || matches!(message.kind, MessageKind::AutoReply | MessageKind::Bounce);
            let role = if is_aside { Role::Dim } else { Role::Text };
            pen.verbatim(x, y, room, &block.text[range.clone()], role);
            let found = pen.theme.style(Role::Match);
            let looks = block.looks.iter().map(|(piece, look)| (piece, pen.theme.look(*look)));
            for (piece, style) in looks.chain(hits.iter().map(|hit| (hit, found))) {
                let (from, to) = (piece.start.max(range.start), piece.end.min(range.end));
                if from < to && block.text.is_char_boundary(from) && block.text.is_char_boundary(to) {
                    let before = cells(&block.text[range.start..from]);
                    let left = room.saturating_sub(before);
                    pen.verbatim_in(x.saturating_add(before), y, left, &block.text[from..to], style);
                }
            }
        }
        Line::File(at) => {
            rule(pen);
            if let Some(file) = message.attachments.get(*at) {
                draw_file(model, pen, Rect::new(x, y, room, 1), file);
            }
        }
        Line::FileWhy(range) => {
            rule(pen);
            pen.verbatim(x, y, room, &block.why[range.clone()], Role::Bad);
        }
        Line::Why(range) => {
            let role = words::progress(message, model.now, &model.tz).map_or(Role::Dim, |p| p.role);
            pen.verbatim(x, y, room, &block.why[range.clone()], role);
        }
        Line::Answers => draw_answers(model, pen, Rect::new(x, y, room, 1), message),
        Line::Activity(range) => {
            pen.text(x - 2, y, 1, "·", Role::Faint);
            let time = format::clock(message.sent_at, &model.tz);
            let time_at = if range.start == 0 { pen.right(x, end, y, &time, Role::Dim) } else { end };
            pen.verbatim(x, y, time_at.saturating_sub(x + 1), &block.text[range.clone()], Role::Dim);
        }
    }
}

/// A hair line with words in its middle.
fn separator(pen: &mut Pen<'_>, place: Rect, words: &str, role: Role) {
    pen.rule(place.x + 1, place.y, place.width.saturating_sub(2));
    let words = format!(" {words} ");
    let width = cells(&words).min(place.width);
    let x = place.x + (place.width - width) / 2;
    pen.clear(Rect::new(x, place.y, width, 1), Role::Text);
    pen.text(x + 1, place.y, width.saturating_sub(1), words.trim(), role);
}

/// Who, how far, when.
fn draw_author(model: &Model, pen: &mut Pen<'_>, place: Rect, message: &MessageRow, block: &Block) {
    let time = format::clock(message.sent_at, &model.tz);
    let time_at = pen.right(place.x, place.right(), place.y, &time, Role::Dim);
    let mut end = time_at.saturating_sub(2);
    if let Some(progress) = words::progress(message, model.now, &model.tz) {
        let words = format!("{} {}", progress.glyph, progress.words);
        end = pen.right(place.x, end, place.y, &words, progress.role).saturating_sub(1);
    }
    let said = message.author_name.as_deref();
    let name = match (message.author, &model.thread.context) {
        // A customer without a name is called by the address, as in the list.
        (AuthorKind::Contact, Some(context)) => {
            let row = &context.row;
            Some(format::person(said.unwrap_or(&row.contact_name), &row.theirs))
        }
        _ => said.map(str::to_owned),
    };
    let name = name.as_deref().filter(|name| !name.is_empty());
    let (name, role) = match (message.direction, message.author) {
        (Direction::Note, _) => (name.unwrap_or("somebody"), Role::Note),
        (_, AuthorKind::Agent) if name == Some(model.me.name.as_str()) => ("you", Role::Outbound),
        (_, AuthorKind::Agent) => (name.unwrap_or("agent"), Role::Outbound),
        (_, AuthorKind::System) => (name.unwrap_or("automatic"), Role::Dim),
        (_, AuthorKind::Contact) => (name.unwrap_or("customer"), Role::Inbound),
    };
    let room = |x: u16| end.saturating_sub(x);
    let mut x = place.x;
    if message.direction == Direction::Note {
        x = pen.text(x, place.y, room(x), "note", Role::Private);
        x = pen.pieces(x, place.y, room(x), &[(" · ", Role::Faint)]);
    }
    x = pen.text(x, place.y, room(x), name, role);
    if !block.from.is_empty() {
        x = pen.text(x + 1, place.y, room(x + 1), &block.from, Role::Dim);
    }
    if !block.kind.is_empty() {
        pen.pieces(x, place.y, room(x), &[(" · ", Role::Faint), (&block.kind, Role::Dim)]);
    }
}

/// Whether what is shown was imported: its files are where it came from, unless they were kept.
fn is_imported(model: &Model) -> bool {
    model.thread.context.as_ref().is_some_and(|context| context.row.account_name.starts_with("import/"))
}

/// A file: name, kind, size. Why it could not be fetched stands below it.
fn draw_file(model: &Model, pen: &mut Pen<'_>, place: Rect, file: &AttachmentRow) {
    let mut about = Vec::new();
    if let Some(mime) = &file.mime {
        about.push(kind(mime));
    }
    if let Some(size) = file.size {
        about.push(format::bytes(size));
    }
    let state = match (&file.path, &file.error, file.fetch) {
        (Some(_), ..) => "",
        (None, _, Fetch::Due) => "… being fetched",
        (None, Some(_), _) => "",
        (None, None, Fetch::No) if is_imported(model) => "in the imported file",
        (None, None, Fetch::OnDemand) => "↓ fetched when opened",
        (None, None, Fetch::No) => "not here",
    };
    let about = about.join(" · ");
    let caption = file.caption.as_deref().unwrap_or("");
    let icon = format!("{} ", model.icons.file());
    let pieces = [
        (icon.as_str(), Role::Accent),
        (file.name.as_str(), Role::Text),
        ("  ", Role::Dim),
        (about.as_str(), Role::Dim),
        ("  ", Role::Dim),
        (state, Role::Dim),
        ("  ", Role::Dim),
        (caption, Role::Dim),
    ];
    pen.pieces(place.x, place.y, place.width, &pieces);
}

/// The keys that answer a state.
fn draw_answers(model: &Model, pen: &mut Pen<'_>, place: Rect, message: &MessageRow) {
    let mut x = place.x;
    for (command, words) in words::answers(message) {
        let label = model.keymap.first_label(command);
        let left = place.right().saturating_sub(x);
        x = pen.pieces(
            x,
            place.y,
            left,
            &[(label.as_str(), Role::Key), (" ", Role::Dim), (words, Role::Dim)],
        ) + 3;
    }
}
