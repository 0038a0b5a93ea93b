//! Setup in the model: it is opened, given keys and answers, and asks for what is to be done.

use crate::domain::change::Change;
use crate::ui::effect::{Effect, Ticket, Work};
use crate::ui::hints::{Hint, Press};
use crate::ui::key::{Code, Key};
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::overlay::Overlay;
use crate::ui::setup::listing::Open;
use crate::ui::setup::section::{Press as Meant, Seen};
use crate::ui::setup::state::{Asked, Do, Setup};
use crate::ui::setup::wizard::Stage;
use crate::ui::setup::{Answer, Ask, Section};

impl Model {
    /// Opens Setup.
    pub(crate) fn open_setup(&mut self) {
        self.overlays.push(Overlay::Setup(Box::default()));
        self.ask_setup(Ask::Look, Asked::Look);
    }

    fn setup(&mut self) -> Option<&mut Setup> {
        self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Setup(setup) => Some(&mut **setup),
            _ => None,
        })
    }

    fn ask_setup(&mut self, ask: Ask, asked: Asked) {
        self.tickets += 1;
        let ticket = self.tickets;
        if let Some(setup) = self.setup() {
            setup.asked.insert(ticket, asked);
        }
        self.out.push(Effect::Setup { ticket, ask });
    }

    /// Reads again what is configured, if Setup shows it.
    pub(crate) fn look_again(&mut self) {
        let Some(setup) = self.setup() else { return };
        if setup.asked.values().any(|a| *a == Asked::Look) {
            // What is on its way may have been read before the change.
            setup.is_stale = true;
        } else {
            self.ask_setup(Ask::Look, Asked::Look);
        }
    }

    /// Gives a key to Setup, which is on top. False if it means nothing there.
    pub(crate) fn setup_key(&mut self, key: Key) -> bool {
        let Some(Overlay::Setup(setup)) = self.overlays.last_mut() else { return false };
        let look = setup.look.clone().unwrap_or_default();
        let seen = Seen {
            look: &look,
            keymap: &self.keymap,
            themes: &self.themes,
            macros: &self.macros,
            recorded: &self.recorded,
        };
        match setup.key(key, &self.book, &seen) {
            Do::Nothing => {}
            Do::Foreign => return false,
            Do::Close => {
                self.overlays.pop();
            }
            Do::Ask(ask, asked) => self.ask_setup(ask, asked),
            Do::Write(changes, asked) => {
                self.tickets += 1;
                let ticket = self.tickets;
                setup.asked.insert(ticket, asked);
                self.out.push(Effect::Configure { ticket, changes });
            }
            Do::Order { order, targets, said } => {
                let at = self.now;
                self.bulk(Work::Orders { orders: vec![order], targets, at }, said);
            }
            Do::QuickReplies => {
                if let Some(command) = crate::ui::command::find("quick-replies") {
                    self.run(command);
                }
            }
            Do::Copy(text) => {
                let said = format!("copied: {text}");
                setup.said = Some((Level::Good, vec![said]));
                self.out.push(Effect::Copy(text));
            }
        }
        true
    }

    /// Has the configuration changed; `said` is what is said once that is done.
    pub(crate) fn keep(&mut self, changes: Vec<Change>, said: String) {
        self.tickets += 1;
        self.writing.insert(self.tickets, said);
        self.out.push(Effect::Configure { ticket: self.tickets, changes });
    }

    /// The place of the theme under the cursor of Setup, if that is on top and shows themes.
    pub(crate) fn setup_theme(&self) -> Option<usize> {
        let Some(Overlay::Setup(setup)) = self.overlays.last() else { return None };
        setup.theme(&self.seen(setup.look.as_deref()?))
    }

    /// Puts pasted text into Setup, which is on top.
    pub(crate) fn setup_paste(&mut self, text: &str) {
        if let Some(Overlay::Setup(setup)) = self.overlays.last_mut() {
            setup.paste(text);
        }
    }

    /// An answer to what Setup has asked for.
    pub(crate) fn on_setup(&mut self, ticket: Ticket, answer: Answer) {
        if let Some(said) = self.writing.remove(&ticket) {
            match answer {
                Answer::Done(Ok(notes)) if notes.is_empty() => self.say(Level::Good, said),
                Answer::Done(Ok(notes)) => self.say(Level::Warn, format!("{said}, but {}", notes.join(" "))),
                Answer::Done(Err(fail)) => {
                    self.say(
                        Level::Error,
                        format!("it holds until you leave, but cannot be kept: {}", fail.words.join(" ")),
                    );
                }
                Answer::Look(_) | Answer::Keyring(_) | Answer::Tested(_) => {}
            }
            return;
        }
        let Some(setup) = self.setup() else {
            // Setup was left before the answer came.
            match answer {
                Answer::Done(Ok(_)) => self.say(Level::Good, "the configuration is changed"),
                Answer::Done(Err(fail)) => self.say(Level::Error, fail.words.join(" ")),
                Answer::Look(_) | Answer::Keyring(_) | Answer::Tested(_) => {}
            }
            return;
        };
        let Some(asked) = setup.asked.remove(&ticket) else { return };
        let is_look = asked == Asked::Look;
        if matches!((&asked, &answer), (Asked::Entry(_), Answer::Done(Ok(_)))) && setup.names_recorded() {
            self.recorded.clear();
        }
        let Some(setup) = self.setup() else { return };
        for (ask, asked) in setup.take(asked, answer) {
            self.ask_setup(ask, asked);
        }
        if is_look && self.setup().is_some_and(|setup| std::mem::take(&mut setup.is_stale)) {
            self.look_again();
        }
    }
}

impl Setup {
    /// Whether there is a line to type in.
    pub(crate) fn is_typing(&self) -> bool {
        self.find.is_open
            || matches!(self.open, Some(Open::Form(_)))
            || self.page.as_ref().is_some_and(|page| page.edit.is_some())
            || self.wizard().is_some_and(|wizard| wizard.stage == Stage::Fields || wizard.find.is_open)
    }
}

/// The keys that do something now.
pub(crate) fn hints(model: &Model, setup: &Setup) -> Vec<Hint> {
    let hint = |label: &str, word, key: Key| Hint { x: 0, label: label.into(), word, press: Press::Key(key) };
    let letter = |c: char, word| hint(&c.to_string(), word, Key::char(c));
    let enter = |word| hint("Enter", word, Key::plain(Code::Enter));
    let esc = |word| hint("Esc", word, Key::plain(Code::Esc));
    let moves = || hint("↑↓", "move", Key::plain(Code::Down));
    let elsewhere = || hint("Tab", "keep it elsewhere", Key::plain(Code::Tab));
    if let Some(sure) = &setup.sure {
        return vec![letter('y', sure.yes), letter('n', "leave it as it is")];
    }
    if let Some(wizard) = setup.wizard() {
        return match wizard.stage {
            Stage::Provider if wizard.find.is_open => vec![enter("look at them"), esc("all of them")],
            Stage::Provider => vec![enter("choose"), moves(), letter('/', "find"), esc("back")],
            Stage::Fields if wizard.is_on_fold() => {
                vec![enter("next"), hint("Space", "show them", Key::char(' ')), esc("back")]
            }
            Stage::Fields => {
                let rest = Key { ctrl: true, ..Key::char('s') };
                let mut hints = vec![enter("next"), esc("back")];
                if wizard.entry().is_some_and(super::entry::Entry::is_secret) {
                    hints.push(elsewhere());
                }
                hints.push(hint("Ctrl-S", "leave the rest as it is", rest));
                hints
            }
            Stage::Summary if setup.is_busy() => Vec::new(),
            Stage::Summary => vec![enter("write it and test"), esc("back"), moves()],
            Stage::Written => vec![enter("done"), letter('t', "test again"), moves()],
        };
    }
    if let Some(page) = &setup.page {
        if let Some(entry) = &page.edit {
            let mut hints = vec![enter("change it"), esc("leave it")];
            if entry.is_secret() {
                hints.push(elsewhere());
            }
            return hints;
        }
        return vec![enter("change"), letter('t', "test"), switch(setup), esc("back")];
    }
    if setup.on_sections {
        return vec![enter("look"), moves(), esc("leave")];
    }
    let sections = hint("Tab", "sections", Key::plain(Code::Tab));
    if setup.section() != Section::Channels {
        match &setup.open {
            Some(Open::Form(form)) if form.is_last() => return vec![enter("keep it"), esc("leave it")],
            Some(Open::Form(_)) => {
                let keep = Key { ctrl: true, ..Key::char('s') };
                return vec![enter("next"), hint("Ctrl-S", "keep it", keep), moves(), esc("leave it")];
            }
            Some(Open::Capture(_)) => {
                let place = hint("Tab", "where it holds", Key::plain(Code::Tab));
                return vec![enter("keep it"), place, esc("leave it")];
            }
            None if setup.find.is_open => return vec![enter("look at them"), esc("all of them")],
            None => {}
        }
        let look = setup.look.clone().unwrap_or_default();
        let of = |(press, word): (Meant, &'static str)| match press {
            Meant::Enter => enter(word),
            Meant::Letter(c) => letter(c, word),
        };
        let seen = model.seen(&look);
        let is_empty = setup.listed(&seen).is_empty();
        let mut own = (setup.section().part().hints)(&seen);
        // Where nothing is listed there is nothing to change.
        own.retain(|(press, _)| !is_empty || matches!(press, Meant::Letter('a' | 'b' | 'r')));
        return own.into_iter().map(of).chain([letter('/', "find"), sections, esc("leave")]).collect();
    }
    if setup.channels().is_empty() {
        return vec![letter('a', "add an account"), sections, esc("look around first")];
    }
    vec![
        letter('a', "add"),
        letter('e', "edit"),
        letter('s', "secret"),
        letter('t', "test"),
        switch(setup),
        letter('x', "remove"),
        sections,
        letter('y', "copy URL"),
        esc("leave"),
    ]
}

fn switch(setup: &Setup) -> Hint {
    let word = if setup.channel().is_some_and(|c| !c.enabled) { "enable" } else { "disable" };
    Hint { x: 0, label: "d".into(), word, press: Press::Key(Key::char('d')) }
}
