//! Which theme is painted: the chosen one, or for a look the one under the cursor of the picker.

use crate::domain::change::{Change, To};
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::overlay::Overlay;
use crate::ui::theme::Theme;

impl Model {
    /// Paints with the theme under the cursor of its picker, or with the chosen one.
    pub(crate) fn show_theme(&mut self) {
        let picked = match self.overlays.last() {
            Some(Overlay::Picker(picker)) => picker.theme(),
            _ => self.setup_theme(),
        };
        let at = picked.unwrap_or_else(|| self.themes.chosen());
        if at != self.theme_shown {
            self.paint_with(at);
        }
    }

    /// Paints with a theme.
    pub(crate) fn paint_with(&mut self, at: usize) {
        if let Some(palette) = self.themes.all().get(at) {
            self.theme = Theme::new(palette, self.colors, self.no_color);
            self.theme_shown = at;
        }
    }

    /// Another theme was chosen.
    pub(crate) fn themed(&mut self) {
        self.show_theme();
        let name = self.themes.all()[self.themes.chosen()].name.clone();
        self.say(Level::Info, format!("theme {name}"));
        let said = format!("theme = \"{name}\" is kept");
        self.keep(vec![Change::new(&[], "theme", To::Text(name))], said);
    }
}
