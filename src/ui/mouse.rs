//! The mouse: clicks and the wheel, by what lies under them.

use crate::ui::command::go;
use crate::ui::hints::Press;
use crate::ui::key::{Code, Key};
use crate::ui::list;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Mouse, MouseKind};

/// Lines or rows that the wheel moves.
const WHEEL: isize = 3;

impl Model {
    /// Takes in what the mouse did.
    pub(crate) fn on_mouse(&mut self, mouse: Mouse) {
        let spot = ratatui::layout::Position::new(mouse.x, mouse.y);
        let over = |area: Option<ratatui::layout::Rect>| area.filter(|a| a.contains(spot));
        if mouse.kind == MouseKind::Click && self.layout.closed_at.take() == Some(spot) {
            return;
        }
        if mouse.kind == MouseKind::Click && over(crate::ui::hints::strip(self)).is_some() {
            // What it covers is not meant.
            self.notice = None;
            return;
        }
        if mouse.kind == MouseKind::Click && over(self.layout.bar).is_some() {
            let hit =
                self.hints.iter().find(|h| mouse.x >= h.x && mouse.x < h.x + h.width()).map(|h| h.press);
            match hit {
                Some(Press::Key(key)) => self.on_key(key),
                Some(Press::Command(id)) => {
                    if let Some(command) = crate::ui::command::find(id) {
                        self.run(command);
                    }
                }
                None => {}
            }
            return;
        }
        if !self.overlays.is_empty() {
            match mouse.kind {
                MouseKind::ScrollDown => self.on_key(Key::plain(Code::Down)),
                MouseKind::ScrollUp => self.on_key(Key::plain(Code::Up)),
                MouseKind::Click => {
                    let above = self.overlays.len();
                    self.overlay_click(spot);
                    self.layout.closed_at = (self.overlays.len() < above).then_some(spot);
                }
            }
            return;
        }
        let by = match mouse.kind {
            MouseKind::ScrollUp => -WHEEL,
            MouseKind::ScrollDown => WHEEL,
            MouseKind::Click => 0,
        };
        if let Some(area) = over(self.layout.sidebar) {
            if by != 0 {
                self.sidebar.top = self.sidebar.top.saturating_add_signed(by);
                let last = self.sidebar.entries.len().saturating_sub(self.sidebar.page);
                self.sidebar.top = self.sidebar.top.min(last);
            } else {
                let at = self.sidebar.top + usize::from(mouse.y - area.y);
                if at < self.sidebar.entries.len() {
                    self.sidebar.at = at;
                    go::list_current(self);
                    self.focus_on(Focus::List);
                }
            }
        } else if let Some(area) = over(self.layout.list) {
            if by != 0 {
                self.list.scroll(by);
            } else {
                self.close_composer();
                self.focus = Focus::List;
                let slot = usize::from((mouse.y - area.y) / list::ROW);
                let was = self.list.selected;
                if self.list.select(self.list.top + slot) {
                    self.follow();
                    // A click on what is selected opens it.
                    if was == self.list.selected
                        && let Some(open) = crate::ui::command::find("open")
                    {
                        self.run(open);
                    }
                }
            }
        } else if over(self.layout.thread).is_some() {
            if by != 0 {
                self.thread.scroll(by);
            } else if self.thread.foot.contains(spot) && self.composer.is_some() {
                self.focus_on(Focus::Composer);
            } else if self.thread.foot.contains(spot) {
                // What stands in the place of the composer says how one answers.
                if let Some(reply) = crate::ui::command::find("compose.reply") {
                    self.run(reply);
                }
            } else if self.target().is_some() {
                let line = self.thread.top + usize::from(mouse.y.saturating_sub(self.thread.body.y));
                let message =
                    self.thread.at_line(line).and_then(|at| self.thread.messages.get(at)).map(|m| m.id);
                self.focus_on(Focus::Thread);
                if self.thread.body.contains(spot) {
                    self.thread.cursor = message;
                    self.thread.is_pointed = message.is_some();
                }
            }
        }
    }
}
