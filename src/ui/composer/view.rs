//! Paints the composer, and the line that stands in its place while it is closed.

use crate::domain::attachment::Written;
use crate::domain::command::ComposeMode;
use crate::ui::composer::face::{Face, addressed};
use crate::ui::composer::head_view;
use crate::ui::composer::preview;
use crate::ui::composer::state::{Composer, refusal};
use crate::ui::model::Model;
use crate::ui::msg::Context;
use crate::ui::paint::{Pen, cells, folded};
use crate::ui::theme::Role;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

/// Lines of the reason why nothing can be answered.
const REASON: usize = 4;

/// Rows that the foot of a thread wants: the hair line, then either a line or a reason, or the composer.
pub(crate) fn height(model: &Model, area: Rect) -> u16 {
    let pane = area.height;
    let open = model.composer.as_ref().filter(|c| Some(c.conversation) == model.thread.conversation);
    match open {
        None if pane >= 8 => {
            let reason = reason(model, area.width).map_or(1, |lines| lines.len());
            1 + u16::try_from(reason).unwrap_or(1).min(pane / 4)
        }
        None => 0,
        Some(composer) => {
            // It grows to two fifths of the pane, and always has a line to type in.
            let face = &composer.face;
            let preview = match face.preview.len() {
                0 => 0,
                lines => u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(1),
            };
            let files = face.files.len() + usize::from(face.more_files > 0);
            let mail = face.mail.len();
            // Neither files nor how it will look take the room of the words: there the composer may grow further.
            let most = match (preview, files) {
                (0, 0) if mail == 0 => pane * 2 / 5,
                (0, _) if mail == 0 => pane / 2,
                _ => pane * 3 / 5,
            };
            let frame = 2 + u16::try_from(face.warnings.len() + files + mail).unwrap_or(0);
            let frame = frame.saturating_add(preview);
            frame.saturating_add(face.rows.max(1)).clamp(3, most.max(3)).min(pane)
        }
    }
}

/// Paints the foot of the thread.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    match &model.composer {
        Some(composer) => draw_open(pen, area, composer),
        None => draw_closed(model, pen, area),
    }
}

fn draw_open(pen: &mut Pen<'_>, area: Rect, composer: &Composer) {
    let face = &composer.face;
    let (badge_role, rule_role) = match composer.mode {
        ComposeMode::Reply => (Role::Public, Role::Public),
        ComposeMode::Note => (Role::Private, Role::Private),
    };
    let mut y = area.y;
    let mut room = area.height;
    if room >= 3 {
        pen.rule_joined(area.x, y, area.width);
        y += 1;
        room -= 1;
    }
    if composer.mode == ComposeMode::Note {
        pen.ground(Rect::new(area.x, y, area.width, room), Role::NoteGround);
    }
    if room >= 2 {
        let end = area.right().saturating_sub(1);
        let x = pen.text(area.x + 1, y, area.width.saturating_sub(1), face.badge, badge_role) + 1;
        let x = pen.text(x, y, end.saturating_sub(x), &face.to, Role::Text) + 1;
        if !face.size.is_empty() {
            pen.right(x.min(end), end, y, &face.size, face.size_role.unwrap_or(Role::Dim));
        }
        y += 1;
        room -= 1;
    }
    for line in &face.mail {
        if room < 2 {
            break;
        }
        head_view::draw(pen, area.x + 1, y, area.right().saturating_sub(1), line);
        y += 1;
        room -= 1;
    }
    for (text, role) in &face.warnings {
        if room < 2 {
            break;
        }
        pen.text(area.x + 1, y, area.width.saturating_sub(2), text, *role);
        y += 1;
        room -= 1;
    }
    for file in &face.files {
        if room < 2 {
            break;
        }
        let pieces: Vec<(&str, Role)> = file.iter().map(|(words, role)| (words.as_str(), *role)).collect();
        pen.pieces(area.x + 1, y, area.width.saturating_sub(2), &pieces);
        y += 1;
        room -= 1;
    }
    if face.more_files > 0 && room >= 2 {
        let more = format!("  and {} more files", face.more_files);
        pen.text(area.x + 1, y, area.width.saturating_sub(2), &more, Role::Dim);
        y += 1;
        room -= 1;
    }
    let above = draw_preview(pen, Rect { y, height: room, ..area }, face);
    (y, room) = (y + above, room - above);
    let place = Rect::new(area.x + 2, y, area.width.saturating_sub(3), room);
    for y in place.top()..place.bottom() {
        pen.glyph(area.x, y, "▌", rule_role);
    }
    if place.width > 0 && place.height > 0 {
        (&composer.area).render(place, pen.buf);
    }
}

/// How it will look, as far as the text leaves room for it: the end of it, where one types. Returns the rows that it takes.
fn draw_preview(pen: &mut Pen<'_>, area: Rect, face: &Face) -> u16 {
    let room = area.height.saturating_sub(face.rows.clamp(1, 3));
    if face.preview.is_empty() || room < 2 {
        return 0;
    }
    let shown = face.preview.len().min(usize::from(room - 1));
    let hidden = face.preview.len() - shown;
    let title = match hidden {
        0 => "will look like this".to_owned(),
        1 => "will look like this, after 1 line more".to_owned(),
        _ => format!("will look like this, after {hidden} lines more"),
    };
    pen.text(area.x + 2, area.y, area.width.saturating_sub(3), &title, Role::Dim);
    for (y, line) in (area.y + 1..).zip(&face.preview[hidden..]) {
        pen.glyph(area.x, y, "┆", Role::Dim);
        preview::draw(pen, area.x + 2, y, area.right().saturating_sub(1), line);
    }
    u16::try_from(shown).unwrap_or(0) + 1
}

/// What has been begun, with its mark: an answer before a note.
fn draft(model: &Model, context: &Context) -> Option<(&'static str, String)> {
    let kept = |mode, stored: &Option<Written>| {
        let own = model.drafts.get(&(context.row.id, mode)).or(stored.as_ref());
        let joined = context
            .draft_joined
            .iter()
            .filter(|(from, of, _)| *of == mode && !model.adopted.contains(&(*from, mode)));
        let mut all = own.into_iter().chain(joined.map(|(_, _, written)| written));
        all.find(|written| !written.is_nothing()).map(Written::in_short)
    };
    let answer = kept(ComposeMode::Reply, &context.draft_reply).map(|text| ("✎ draft ", text));
    answer.or_else(|| kept(ComposeMode::Note, &context.draft_note).map(|text| ("✎ note ", text)))
}

/// Why nothing can be answered, folded to the pane, where the foot has to say so.
fn reason(model: &Model, width: u16) -> Option<Vec<String>> {
    let context = model.thread.context.as_ref().filter(|context| draft(model, context).is_none())?;
    let why = refusal(context, ComposeMode::Reply, None, model.now)?;
    Some(folded(&format!("{NO_REPLY} {why}"), width.saturating_sub(2).max(8), REASON))
}

const NO_REPLY: &str = "✗ no reply:";

/// While nothing is typed: what one could do, or why one cannot.
fn draw_closed(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if area.height < 2 {
        return;
    }
    let Some(context) = &model.thread.context else {
        return;
    };
    pen.rule_joined(area.x, area.y, area.width);
    let (x, y, width) = (area.x + 1, area.y + 1, area.width.saturating_sub(2));
    if let Some((mark, text)) = draft(model, context) {
        pen.pieces(x, y, width, &[(mark, Role::Warn), (&text, Role::Dim)]);
    } else if let Some(lines) = reason(model, area.width) {
        for (y, line) in (y..area.bottom()).zip(&lines) {
            pen.text(x, y, width, line, Role::Dim);
        }
        pen.text(x, y, width.min(cells(NO_REPLY)), NO_REPLY, Role::Bad);
    } else {
        let reply = model.keymap.first_label("compose.reply");
        let whom = addressed(&context.row, width.saturating_sub(cells(&reply) + cells(" answers ")));
        let pieces = [(reply.as_str(), Role::Key), (" answers ", Role::Dim), (&whom, Role::Dim)];
        pen.pieces(x, y, width, &pieces);
    }
}
