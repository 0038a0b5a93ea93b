//! The prompt for the path of a file: a directory is listed below it, and narrows as one types.

use crate::domain::attachment::bytes;
use crate::text::{file_path, sanitize};
use crate::ui::effect::{AttachTo, Effect};
use crate::ui::input::Input;
use crate::ui::key::{Code, Key};
use crate::ui::model::Model;
use crate::ui::msg::{FileEntry, Level};
use crate::ui::overlay::Overlay;
use crate::ui::overlay::keys::motion;
use crate::ui::overlay::view::frame;
use crate::ui::paint::Pen;
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// A path that is being typed.
#[derive(Debug)]
pub(crate) struct Browse {
    pub(crate) to: AttachTo,
    pub(crate) input: Input,
    /// What the directory holds, or why it cannot be listed; none until it has come.
    listed: Option<Result<Vec<FileEntry>, String>>,
    /// The directory that is asked for, as typed.
    asked: String,
    /// What fits, by its place in the listing.
    shown: Vec<usize>,
    at: usize,
    pub(super) top: usize,
}

impl Browse {
    pub(crate) fn new(to: AttachTo, from: &str) -> Browse {
        let input = Input::new(from);
        let asked = file_path::split(input.text()).0.to_owned();
        Browse { to, input, listed: None, asked, shown: Vec::new(), at: 0, top: 0 }
    }

    /// The directory that is wanted, as typed.
    pub(crate) fn dir(&self) -> &str {
        &self.asked
    }

    fn entries(&self) -> &[FileEntry] {
        self.listed.as_ref().and_then(|l| l.as_ref().ok()).map_or(&[], Vec::as_slice)
    }

    /// What fits what is typed, in its order.
    pub(super) fn fitting(&self) -> impl Iterator<Item = &FileEntry> {
        self.shown.iter().filter_map(|at| self.entries().get(*at))
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Finds what fits what is typed: names that begin so, in any case; hidden ones only where a dot is typed.
    fn narrow(&mut self) {
        let typed = file_path::split(self.input.text()).1;
        let lower = typed.to_lowercase();
        let fits = |entry: &FileEntry| {
            entry.name.to_lowercase().starts_with(&lower)
                && (typed.starts_with('.') || !entry.name.starts_with('.'))
        };
        let mut shown: Vec<usize> =
            self.entries().iter().enumerate().filter(|(_, e)| fits(e)).map(|(at, _)| at).collect();
        // The very name first.
        shown.sort_by_key(|at| self.entries().get(*at).is_none_or(|e| e.name != typed));
        self.shown = shown;
        self.at = self.at.min(self.shown.len().saturating_sub(1));
    }

    /// Writes something else into the field.
    fn write(&mut self, path: &str) {
        self.input = Input::new(path);
        self.at = 0;
        self.top = 0;
    }
}

impl Model {
    /// A key of the prompt.
    pub(super) fn browse_key(&mut self, key: Key) {
        let Some(Overlay::Browse(browse)) = self.overlays.last_mut() else {
            return;
        };
        match key.code {
            Code::Tab => {
                self.complete_path();
                return;
            }
            Code::Enter => {
                self.take_path();
                return;
            }
            _ => {}
        }
        if let Some(by) = motion(key, true) {
            let last = browse.shown.len().saturating_sub(1);
            browse.at = browse.at.saturating_add_signed(by).min(last);
            return;
        }
        match browse.input.key(key) {
            Some(true) => self.path_changed(),
            Some(false) => {}
            None => self.global_key(key),
        }
    }

    /// Takes pasted text: whole paths in the place of what is typed.
    pub(super) fn browse_paste(&mut self, text: &str) {
        match file_path::pasted(text) {
            Some(paths) if paths.len() > 1 => {
                if let Some(Overlay::Browse(browse)) = self.overlays.pop() {
                    self.copy_in(browse.to, paths, None);
                }
            }
            pasted => {
                let Some(Overlay::Browse(browse)) = self.overlays.last_mut() else { return };
                match pasted.and_then(|paths| paths.into_iter().next()) {
                    Some(path) => browse.write(&path),
                    None => browse.input.insert(text),
                }
                self.path_changed();
            }
        }
    }

    /// Something else is typed: another directory is asked for, the same one narrows.
    fn path_changed(&mut self) {
        let Some(Overlay::Browse(browse)) = self.overlays.last_mut() else {
            return;
        };
        // Who types a root behind another path means that root.
        for root in ["/", "~/"] {
            if browse.input.text().ends_with(&format!("/{root}")) {
                browse.input = Input::new(root);
            }
        }
        browse.at = 0;
        browse.top = 0;
        let dir = file_path::split(browse.input.text()).0.to_owned();
        if dir != browse.asked {
            browse.asked.clone_from(&dir);
            browse.listed = None;
            self.out.push(Effect::Browse { dir });
        }
        if let Some(Overlay::Browse(browse)) = self.overlays.last_mut() {
            browse.narrow();
        }
    }

    /// A directory has been listed.
    pub(crate) fn browsed(&mut self, dir: &str, found: Result<Vec<FileEntry>, String>) {
        if let Some(Overlay::Browse(browse)) = self.overlays.last_mut()
            && browse.asked == dir
        {
            browse.listed = Some(found);
            browse.narrow();
        }
    }

    /// Tab: writes what all that fits has in common; where that is one, its whole name. Where nothing is to be added, goes on
    /// to the next.
    fn complete_path(&mut self) {
        let Some(Overlay::Browse(browse)) = self.overlays.last_mut() else {
            return;
        };
        let (dir, typed) = file_path::split(browse.input.text());
        let common = file_path::common(browse.fitting().map(|e| e.name.as_str()));
        let only = browse.fitting().next().filter(|_| browse.shown.len() == 1);
        let slash = if only.is_some_and(|e| e.is_dir) { "/" } else { "" };
        let written = format!("{dir}{common}{slash}");
        if browse.shown.is_empty() {
            return;
        }
        if common.len() < typed.len() || written == browse.input.text() {
            browse.at = (browse.at + 1) % browse.shown.len();
            return;
        }
        browse.write(&written);
        self.path_changed();
    }

    /// Enter: takes what is under the cursor, a directory by going into it.
    fn take_path(&mut self) {
        let Some(Overlay::Browse(browse)) = self.overlays.last_mut() else {
            return;
        };
        let dir = browse.asked.clone();
        let Some(entry) = browse.fitting().nth(browse.at).cloned() else {
            let why = match &browse.listed {
                None => "the directory is still being read".to_owned(),
                Some(Err(why)) => why.clone(),
                Some(Ok(_)) => format!("there is no file {}", sanitize::line(browse.input.text())),
            };
            return self.say(Level::Warn, why);
        };
        let path = format!("{dir}{}", entry.name);
        if entry.is_dir {
            browse.write(&format!("{path}/"));
            return self.path_changed();
        }
        if let Some(Overlay::Browse(browse)) = self.overlays.pop() {
            self.attach_from = dir;
            self.copy_in(browse.to, vec![path], None);
        }
    }
}

/// Paints the prompt and what fits.
pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, browse: &Browse) {
    let title = match &browse.to {
        AttachTo::Draft { .. } => "Attach a file".to_owned(),
        AttachTo::QuickReply { reply, .. } => format!("Attach a file to {}", reply.name()),
    };
    let inner = frame(pen, area, &title, "Tab completes");
    if inner.height == 0 {
        return;
    }
    pen.text(inner.x, inner.y, 1, "›", Role::Accent);
    browse.input.draw(pen, inner.x + 2, inner.y, inner.width.saturating_sub(2));
    let said = match &browse.listed {
        None => Some(("reading…", Role::Dim)),
        Some(Err(why)) => Some((why.as_str(), Role::Warn)),
        Some(Ok(_)) if browse.shown.is_empty() => Some(("Nothing fits", Role::Dim)),
        Some(Ok(_)) => None,
    };
    if let (Some((words, role)), true) = (said, inner.height > 1) {
        pen.text(inner.x + 2, inner.y + 1, inner.width.saturating_sub(2), words, role);
        return;
    }
    for (y, (at, entry)) in (inner.y + 1..inner.bottom()).zip(browse.fitting().enumerate().skip(browse.top)) {
        let row = Rect::new(inner.x, y, inner.width, 1);
        if at == browse.at {
            pen.ground(row, Role::Selected);
            pen.text(row.x, y, 1, "▌", Role::Accent);
        }
        let (about, role) =
            if entry.is_dir { (String::new(), Role::Accent) } else { (bytes(entry.size), Role::Text) };
        let end = pen.right(row.x + 2, row.right(), y, &about, Role::Dim);
        let slash = if entry.is_dir { "/" } else { "" };
        let name = format!("{}{slash}", sanitize::line(&entry.name));
        pen.text(row.x + 2, y, end.saturating_sub(row.x + 3), &name, role);
    }
}
