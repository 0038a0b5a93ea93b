//! Setup in the model: it is opened, given keys and answers, and asks for what is to be done.

use crate::ui::effect::{Effect, Ticket};
use crate::ui::hints::{Hint, Press};
use crate::ui::key::{Code, Key};
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::overlay::Overlay;
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
        match setup.key(key, &self.book) {
            Do::Nothing => {}
            Do::Foreign => return false,
            Do::Close => {
                self.overlays.pop();
            }
            Do::Ask(ask, asked) => self.ask_setup(ask, asked),
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

    /// Puts pasted text into Setup, which is on top.
    pub(crate) fn setup_paste(&mut self, text: &str) {
        if let Some(Overlay::Setup(setup)) = self.overlays.last_mut() {
            setup.paste(text);
        }
    }

    /// An answer to what Setup has asked for.
    pub(crate) fn on_setup(&mut self, ticket: Ticket, answer: Answer) {
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
        for (ask, asked) in setup.take(asked, answer) {
            self.ask_setup(ask, asked);
        }
        if is_look && self.setup().is_some_and(|setup| std::mem::take(&mut setup.is_stale)) {
            self.look_again();
        }
    }
}

/// The keys that do something now.
pub(crate) fn hints(setup: &Setup) -> Vec<Hint> {
    let hint = |label: &str, word, key: Key| Hint { x: 0, label: label.into(), word, press: Press::Key(key) };
    let letter = |c: char, word| hint(&c.to_string(), word, Key::char(c));
    let enter = |word| hint("Enter", word, Key::plain(Code::Enter));
    let esc = |word| hint("Esc", word, Key::plain(Code::Esc));
    let moves = || hint("↑↓", "move", Key::plain(Code::Down));
    let elsewhere = || hint("Tab", "keep it elsewhere", Key::plain(Code::Tab));
    if setup.doomed.is_some() {
        return vec![letter('y', "remove it"), letter('n', "keep it")];
    }
    if let Some(wizard) = setup.wizard() {
        return match wizard.stage {
            Stage::Provider => vec![enter("choose"), moves(), esc("back")],
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
        let mut hints = vec![moves(), sections, esc("leave")];
        if setup.section() == Section::QuickReplies {
            hints.insert(0, enter("make and change"));
        }
        return hints;
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
        letter('y', "copy URL"),
        esc("leave"),
    ]
}

fn switch(setup: &Setup) -> Hint {
    let word = if setup.channel().is_some_and(|c| !c.enabled) { "enable" } else { "disable" };
    Hint { x: 0, label: "d".into(), word, press: Press::Key(Key::char('d')) }
}
