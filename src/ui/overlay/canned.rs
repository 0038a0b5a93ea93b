//! The quick replies, to be managed: listed, made and changed in `$EDITOR`, removed.

use crate::domain::attachment::{Enclosure, is_own, named};
use crate::domain::command::Action;
use crate::domain::ids::QuickReplyId;
use crate::domain::quick_reply::QuickReplyRow;
use crate::text::replies::{self, Format};
use crate::text::{sanitize, wrap};
use crate::ui::effect::{AttachTo, Effect};
use crate::ui::key::{Code, Key};
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::overlay::view::frame;
use crate::ui::overlay::{Confirm, Overlay};
use crate::ui::paint::{Pen, cells};
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// Above what is edited.
const HEAD: &str = "\
# Save and leave to keep it. Only shortcut and body are needed.
# channel: only on that medium (email, whatsapp, sms, linkedin, messenger, instagram, telegram, webchat)
# language: such as \"nl\", for conversations with the label lang:nl      slot: 1 to 9, for Alt and that number
# files: paths of files that go along, such as [\"~/terms.pdf\"]
# In the body: {{contact.first_name|there}} {{agent.name}} {{date+3d}} {{weekday}} {{?a question}}

";
/// What a new one begins with.
const NEW: &str = "[[quick_reply]]\nshortcut = \"\"\ntitle = \"\"\nbody = \"\"\"\n\"\"\"\n";

/// The list.
#[derive(Debug, Default)]
pub(crate) struct Canned {
    pub(crate) at: usize,
    pub(crate) top: usize,
    /// What is in the editor: none = a new one; and as it was handed over.
    editing: Option<(Option<QuickReplyId>, String)>,
    /// What could not be understood, to go on with.
    kept: Option<(Option<QuickReplyId>, String)>,
}

impl Model {
    /// A key of the list.
    pub(super) fn canned_key(&mut self, key: Key, by: Option<isize>) {
        let Some(Overlay::Canned(list)) = self.overlays.last_mut() else {
            return;
        };
        let chosen = self.quick_replies.get(list.at).cloned();
        match (by, key.types(), key.code) {
            (Some(by), ..) => {
                let last = self.quick_replies.len().saturating_sub(1);
                list.at = list.at.saturating_add_signed(by).min(last);
            }
            (_, Some('a' | 'n'), _) => self.edit_canned(None),
            (_, Some('e'), _) | (_, _, Code::Enter) if chosen.is_some() => self.edit_canned(chosen.as_ref()),
            (_, Some('f'), _) => {
                if let Some(QuickReplyRow { id, reply, .. }) = chosen {
                    self.browse(AttachTo::QuickReply { id: Some(id), reply });
                }
            }
            (_, Some('x'), _) | (_, _, Code::Delete) => {
                if let Some(QuickReplyRow { id, reply, .. }) = chosen {
                    self.overlays.push(Overlay::Confirm(Confirm {
                        question: format!("Remove the quick reply {}?", reply.name()),
                        action: Action::QuickReplyRemove { id },
                        said: format!("removed {}", reply.name()),
                    }));
                }
            }
            (_, Some('q'), _) => {
                self.overlays.pop();
            }
            _ => self.global_key(key),
        }
    }

    /// Hands a quick reply to the editor, or a new one; what could not be understood the last time goes on.
    fn edit_canned(&mut self, row: Option<&QuickReplyRow>) {
        let Some(Overlay::Canned(list)) = self.overlays.last_mut() else {
            return;
        };
        let id = row.map(|row| row.id);
        let written = row.map_or_else(|| NEW.to_owned(), |row| replies::write([&row.reply], Format::Toml));
        let kept = list.kept.take().filter(|(of, _)| *of == id).map(|(_, text)| text);
        let text = kept.unwrap_or_else(|| format!("{HEAD}{written}"));
        list.editing = Some((id, text.clone()));
        self.out.push(Effect::EditExternally(text));
    }

    /// Takes in what came out of the editor. Whether it was for the list.
    pub(crate) fn canned_edited(&mut self, text: Option<&String>) -> bool {
        let Some(Overlay::Canned(list)) = self.overlays.last_mut() else {
            return false;
        };
        let Some((id, before)) = list.editing.take() else {
            return false;
        };
        let Some(text) = text.filter(|text| text.trim_end() != before.trim_end()) else {
            self.say(Level::Info, "nothing was changed");
            return true;
        };
        match replies::read(text, Format::Toml).map(<[_; 1]>::try_from) {
            Ok(Ok([mut reply])) => {
                // What is there already stays; any other path is that of a file to be added.
                let known = self.quick_replies.iter().find(|q| Some(q.id) == id).map(|q| &q.reply.files);
                let (kept, new): (Vec<Enclosure>, Vec<Enclosure>) =
                    reply.files.into_iter().partition(|f| is_own(&f.path));
                let is_known =
                    |f: &Enclosure| known.and_then(|k| k.iter().find(|k| k.path == f.path)).cloned();
                reply.files = kept.iter().filter_map(is_known).collect();
                if new.is_empty() {
                    self.save_canned(id, reply);
                } else {
                    let paths = new.into_iter().map(|f| f.path).collect();
                    self.copy_in(AttachTo::QuickReply { id, reply }, paths, None);
                }
            }
            Ok(Err(all)) if all.is_empty() => self.say(Level::Info, "nothing was changed"),
            Ok(Err(_)) => self.not_kept(id, text, "there are several: write one at a time"),
            Err(problems) => {
                let why = problems.first().map(ToString::to_string).unwrap_or_default();
                self.not_kept(id, text, &why);
            }
        }
        true
    }

    fn not_kept(&mut self, id: Option<QuickReplyId>, text: &str, why: &str) {
        if let Some(Overlay::Canned(list)) = self.overlays.last_mut() {
            list.kept = Some((id, text.to_owned()));
        }
        let key = if id.is_some() { "e" } else { "a" };
        self.say(Level::Error, format!("not kept: {why}; {key} goes on with it"));
    }
}

/// Rows for the list, the rest is for the words of the one under the cursor.
pub(super) fn page(rows: usize) -> usize {
    if rows > 8 { rows / 2 } else { rows }
}

/// Paints the list.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect, list: &Canned) {
    let count = model.quick_replies.len();
    let note = if count == 1 { "1 quick reply".to_owned() } else { format!("{count} quick replies") };
    let inner = frame(pen, area, "Quick replies", &note);
    if count == 0 {
        pen.text(inner.x, inner.y, inner.width, "No quick reply yet: a makes one", Role::Dim);
        return;
    }
    let rows = page(usize::from(inner.height));
    for (y, (at, row)) in
        (inner.y..inner.bottom()).zip(model.quick_replies.iter().enumerate().skip(list.top).take(rows))
    {
        draw_row(pen, Rect::new(inner.x, y, inner.width, 1), row, at == list.at);
    }
    let below = inner.y + u16::try_from(rows).unwrap_or(0);
    if let Some(row) = model.quick_replies.get(list.at)
        && below + 1 < inner.bottom()
    {
        pen.rule(inner.x, below, inner.width);
        let names = named(&row.reply.files);
        let text =
            if names.is_empty() { row.reply.body.clone() } else { format!("{names}\n\n{}", row.reply.body) };
        let clean = sanitize::clean(&text);
        let lines = wrap::wrap(&clean, usize::from(inner.width).max(1));
        for (y, range) in (below + 1..inner.bottom()).zip(lines) {
            pen.verbatim(inner.x, y, inner.width, &clean[range], Role::Dim);
        }
    }
}

fn draw_row(pen: &mut Pen<'_>, place: Rect, row: &QuickReplyRow, is_chosen: bool) {
    if is_chosen {
        pen.ground(place, Role::Selected);
        pen.glyph(place.x, place.y, "▌", Role::Accent);
    }
    let reply = &row.reply;
    let slot = reply.slot.map(|slot| format!("Alt-{slot} · ")).unwrap_or_default();
    let uses = format!("{slot}used {}", row.uses);
    let end = pen.right(place.x + 2, place.right(), place.y, &uses, Role::Dim);
    let room = |x: u16| end.saturating_sub(x + 1);
    let x = pen.text(place.x + 2, place.y, room(place.x + 2), &reply.shortcut, Role::Strong);
    let variant = reply.variant();
    let mut x = x.max(place.x + 16) + 1;
    if !variant.is_empty() {
        x = pen.text(x, place.y, room(x), &variant, Role::Accent) + 2;
    }
    if cells(&reply.title) > 0 {
        pen.text(x, place.y, room(x), &reply.title, Role::Text);
    }
}
