//! What was typed into something that is left with Esc: it is there again when one comes back to it.

use crate::ui::input::Input;
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, Picker, PickerKind, Prompt, PromptKind};

/// How a note begins in the palette.
const NOTE: &str = "note ";

impl Overlay {
    /// Whether words stand in it that would have to be typed again. What only looks for something is soon typed.
    fn has_words(&self) -> bool {
        match self {
            Overlay::Prompt(prompt) => prompt.input.is_typed(),
            Overlay::Asking(asking) => !asking.answers.is_empty() || asking.input.is_typed(),
            Overlay::Picker(picker) => {
                picker.kind == PickerKind::Commands && picker.input.text().starts_with(NOTE)
            }
            _ => false,
        }
    }
}

impl Model {
    /// Leaves what lies on top.
    pub(super) fn leave_top(&mut self) {
        let Some(top) = self.overlays.pop() else { return };
        let is_macro = matches!(&top, Overlay::Prompt(prompt) if prompt.kind == PromptKind::NameMacro);
        if top.has_words() {
            self.left = Some(top);
            self.say(Level::Info, "what you typed is there again when you come back to it");
        }
        if is_macro && !self.recorded.is_empty() {
            let key = self.keymap.first_label("macro.record");
            self.say(Level::Info, format!("what was recorded has no name yet: {key} asks for it again"));
        }
    }

    /// Asks for a line; what was typed there and left is in it.
    pub(crate) fn ask_line(&mut self, mut prompt: Prompt) {
        let is_same = |left: &mut Overlay| matches!(left, Overlay::Prompt(p) if p.kind == prompt.kind);
        if let Some(Overlay::Prompt(left)) = self.left.take_if(is_same) {
            prompt.input = Input::selected(left.input.text());
        }
        self.overlays.push(Overlay::Prompt(prompt));
    }

    /// Opens the palette; a note that was typed there about the same conversation is in it.
    pub(crate) fn open_palette(&mut self) {
        let mut picker = Picker::commands(self);
        let is_same = |left: &mut Overlay| matches!(left, Overlay::Picker(p) if p.target == picker.target);
        if let Some(Overlay::Picker(left)) = self.left.take_if(is_same) {
            picker.input = Input::selected(left.input.text());
            picker.narrow();
        }
        self.overlays.push(Overlay::Picker(Box::new(picker)));
    }
}
