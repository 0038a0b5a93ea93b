//! Paints the composer, and the line that stands in its place while it is closed.

use crate::domain::command::ComposeMode;
use crate::ui::composer::state::{Composer, refusal};
use crate::ui::model::Model;
use crate::ui::paint::{Pen, cells};
use crate::ui::theme::Role;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

/// Rows that the foot of a thread wants: the hair line, then either one line or the composer.
pub(crate) fn height(composer: Option<&Composer>, pane: u16) -> u16 {
    match composer {
        None if pane >= 8 => 2,
        None => 0,
        Some(composer) => {
            // It grows to two fifths of the pane, and always has a line to type in.
            let most = (pane * 2 / 5).max(2);
            let frame = 2 + u16::try_from(composer.face.warnings.len()).unwrap_or(0);
            (frame + composer.face.rows.max(1)).clamp(3, most.max(3)).min(pane)
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
        let size_at = if face.size.is_empty() || area.width < 40 {
            end
        } else {
            let from = end.saturating_sub(cells(&face.size)).max(x);
            pen.right(from, end, y, &face.size, face.size_role.unwrap_or(Role::Dim))
        };
        let space = size_at.saturating_sub(x + 2);
        // What there is no room for goes in the order of what it tells: first the account, then the window.
        let forms = [
            format!("{}{}{}", face.to, face.account, face.window),
            format!("{}{}", face.to, face.window),
            face.to.clone(),
        ];
        let fits = forms.iter().find(|form| cells(form) <= space).unwrap_or(&forms[2]);
        pen.text(x, y, space, fits, Role::Text);
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
    let place = Rect::new(area.x + 2, y, area.width.saturating_sub(3), room);
    for y in place.top()..place.bottom() {
        pen.glyph(area.x, y, "▌", rule_role);
    }
    if place.width > 0 && place.height > 0 {
        (&composer.area).render(place, pen.buf);
    }
}

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
    let id = context.row.id;
    let draft = |mode, stored: &Option<String>| {
        model.drafts.get(&(id, mode)).or(stored.as_ref()).filter(|d| !d.trim().is_empty()).cloned()
    };
    if let Some(text) = draft(ComposeMode::Reply, &context.draft_reply) {
        pen.pieces(x, y, width, &[("✎ draft ", Role::Warn), (&text, Role::Dim)]);
    } else if let Some(text) = draft(ComposeMode::Note, &context.draft_note) {
        pen.pieces(x, y, width, &[("✎ note ", Role::Warn), (&text, Role::Dim)]);
    } else if let Some(why) = refusal(context, ComposeMode::Reply, None, model.now) {
        pen.pieces(x, y, width, &[("✗ no reply: ", Role::Bad), (&why, Role::Dim)]);
    } else {
        let words = format!("to {} by {}", context.row.contact_name, context.row.channel.title());
        let reply = model.keymap.first_label("compose.reply");
        pen.pieces(
            x,
            y,
            width,
            &[(reply.as_str(), Role::Key), (" answers ", Role::Dim), (&words, Role::Faint)],
        );
    }
}
