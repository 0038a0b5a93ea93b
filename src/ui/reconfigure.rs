//! Takes a changed configuration into a running screen: place, drafts, marks and selection stay as they are.

use crate::text::guard::Guard;
use crate::ui::command::give::macro_errors;
use crate::ui::effect::Need;
use crate::ui::keymap::Keymap;
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::overlay::PickerKind;
use crate::ui::startup::Startup;

/// What stands before the reasons why a change is not taken in.
pub(crate) const UNUSED: &str = "not used: ";

/// What is wrong with keys, themes and macros of a configuration, with file and line.
pub(crate) fn mistakes(startup: &Startup) -> Vec<String> {
    let keys = Keymap::new(&startup.keys).1;
    [keys, startup.themes.errors.clone(), macro_errors(&startup.macros)].concat()
}

/// A line that begins with a file, without the directory: the bar is short, and the line number is what is looked for.
fn without_directory(line: &str) -> &str {
    let place = line.split_once(": ").map_or("", |(place, _)| place);
    place.rfind('/').and_then(|at| line.get(at + 1..)).unwrap_or(line)
}

impl Model {
    /// The configuration has changed. One with mistakes changes nothing.
    pub(crate) fn on_configured(&mut self, startup: Startup) {
        let wrong = mistakes(&startup);
        if !wrong.is_empty() {
            return self.mistaken(UNUSED, wrong);
        }
        let was_wrong = !std::mem::take(&mut self.mistakes).is_empty();
        let news: Vec<String> =
            startup.later.iter().filter(|line| !self.later.contains(line)).cloned().collect();
        let searches = self.sidebar.queries();
        self.configure(startup);
        if self.sidebar.queries() != searches {
            self.count_searches();
        }
        for kind in [PickerKind::Commands, PickerKind::Macros, PickerKind::Themes] {
            self.refill(kind);
        }
        self.load(Need::Agents);
        // Who is due, and by when, may be another.
        self.on_changed();
        self.look_again();
        if !news.is_empty() {
            let lines: Vec<&str> = news.iter().map(|line| without_directory(line)).collect();
            self.say(Level::Warn, lines.join("; "));
        } else if was_wrong {
            self.say(Level::Good, "the configuration is in order again");
        }
    }

    /// Says what is wrong with the configuration, and keeps it to be looked at.
    pub(crate) fn mistaken(&mut self, before: &str, wrong: Vec<String>) {
        if let Some(first) = wrong.first() {
            let more =
                if wrong.len() > 1 { format!(" (and {} more)", wrong.len() - 1) } else { String::new() };
            self.say(Level::Error, format!("{before}{}{more}", without_directory(first)));
        }
        self.mistakes = wrong;
        self.look_again();
    }

    /// Takes in all that the configuration says to the screen.
    pub(crate) fn configure(&mut self, startup: Startup) {
        self.me = startup.me;
        self.undo_ms = startup.undo_ms;
        self.guard = Guard::new(&startup.confirm_patterns);
        self.phone_region = startup.phone_region;
        self.reads = startup.comfort.reads;
        self.icons = startup.comfort.icons;
        self.titled = startup.comfort.title;
        self.calls.wanted = startup.comfort.notify;
        self.macros = startup.macros;
        self.fields = startup.fields;
        let keymap = Keymap::new(&startup.keys).0;
        if !keymap.does_as(&self.keymap) {
            // Half of a chord may mean something else now.
            self.chord.clear();
        }
        self.keymap = keymap;
        self.sidebar.search_for(startup.searches, &self.labels);
        self.themes = startup.themes;
        self.paint_with(self.themes.chosen());
        self.show_theme();
        self.later = startup.later;
    }
}
