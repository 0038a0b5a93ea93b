//! What is open in Setup, and what keys do there.

use crate::domain::change::Change;
use crate::domain::order::Order;
use crate::ui::effect::{Targets, Ticket};
use crate::ui::key::{Code, Key};
use crate::ui::msg::Level;
use crate::ui::setup::entry::{Entry, Kept, What};
use crate::ui::setup::find::Find;
use crate::ui::setup::listing::Open;
use crate::ui::setup::section::{Act, Seen, Sure};
use crate::ui::setup::wizard::{Stage, Step, Wizard};
use crate::ui::setup::{Answer, Ask, Book, ChannelInfo, Fail, Look, Section, Settings};
use crate::ui::sidebar::health_word;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A channel that is looked at or changed.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) name: String,
    /// The setting or secret under the cursor.
    pub(super) at: usize,
    /// What is being typed for it.
    pub(super) edit: Option<Entry>,
}

/// What an answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Look,
    Keyring,
    /// The account of the wizard.
    Write,
    /// A setting or secret of a channel.
    Edit,
    /// Entries of the file, with what is said when they are written.
    Entry(String),
    /// Something else, with what is said when it is done.
    Change(String),
    /// The login of a channel.
    Test(String),
}

/// What a key leads to.
#[derive(Debug)]
pub(super) enum Do {
    Nothing,
    /// The key means nothing here.
    Foreign,
    /// Setup is left.
    Close,
    Ask(Ask, Asked),
    /// The file is changed.
    Write(Vec<Change>, Asked),
    /// Conversations are changed.
    Order {
        order: Order,
        targets: Targets,
        said: String,
    },
    Copy(String),
    /// Quick replies have a place of their own.
    QuickReplies,
}

/// Setup.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    pub(super) section: Option<Section>,
    /// The keys go to the sections rather than to what is in them.
    pub(super) on_sections: bool,
    /// The row under the cursor.
    pub(super) at: usize,
    pub(super) page: Option<Page>,
    pub(super) wizard: Option<Wizard>,
    pub(super) in_wizard: bool,
    pub(super) look: Option<Arc<Look>>,
    /// Something has changed since what is on its way was asked for.
    pub(super) is_stale: bool,
    /// Why what is configured cannot be read.
    pub(super) trouble: Vec<String>,
    /// Whether a keyring answers; none until that is known.
    pub(super) keyring: Option<Result<(), String>>,
    pub(super) asked: BTreeMap<Ticket, Asked>,
    /// What became of the last change.
    pub(super) said: Option<(Level, Vec<String>)>,
    /// What is done if that is meant.
    pub(super) sure: Option<Sure>,
    /// What is open above the rows of a section.
    pub(super) open: Option<Open>,
    /// What is looked for among them.
    pub(super) find: Find,
}

impl Setup {
    pub(super) fn section(&self) -> Section {
        self.section.unwrap_or(Section::Channels)
    }

    pub(super) fn channels(&self) -> &[ChannelInfo] {
        self.look.as_ref().map_or(&[], |look| look.channels.as_slice())
    }

    /// The channel that is open, or under the cursor.
    pub(super) fn channel(&self) -> Option<&ChannelInfo> {
        match &self.page {
            Some(page) => self.channels().iter().find(|c| c.name == page.name),
            None => self.channels().get(self.at),
        }
    }

    /// The wizard, if it is on the screen.
    pub(super) fn wizard(&self) -> Option<&Wizard> {
        self.wizard.as_ref().filter(|_| self.in_wizard)
    }

    /// Whether a change is under way: one at a time.
    pub(super) fn is_busy(&self) -> bool {
        self.asked
            .values()
            .any(|a| matches!(a, Asked::Write | Asked::Edit | Asked::Entry(_) | Asked::Change(_)))
    }

    /// The channel that a provider is being asked about.
    pub(super) fn testing(&self) -> Option<&str> {
        self.asked.values().find_map(|a| match a {
            Asked::Test(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The settings and secrets of the channel that is open.
    pub(super) fn rows(&self, book: &Book) -> Vec<What> {
        let card = self.channel().and_then(|c| book.card(&c.provider));
        let specs = || card.iter().flat_map(|card| card.settings);
        specs().filter(|s| !s.is_secret()).chain(specs().filter(|s| s.is_secret())).map(What::of).collect()
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key, book: &Book, seen: &Seen<'_>) -> Do {
        if let Some(sure) = self.sure.take() {
            return match key.types() {
                Some('y' | 'Y') => self.act(*sure.act),
                _ => Do::Nothing,
            };
        }
        if self.in_wizard {
            return self.wizard_key(key, book);
        }
        let is_back = key.code == Code::Esc || (key.ctrl && matches!(key.code, Code::Char('c' | 'g')));
        if self.page.as_ref().is_some_and(|p| p.edit.is_some()) {
            return self.edit_key(key, is_back, book);
        }
        if self.on_sections {
            return self.section_key(key, is_back, seen);
        }
        if self.section() != Section::Channels {
            return self.list_key(key, is_back, seen);
        }
        if self.page.is_some() {
            return self.page_key(key, is_back, book);
        }
        match (key.code, key.types()) {
            _ if is_back => Do::Close,
            (_, Some('q')) => Do::Close,
            (Code::Left | Code::Tab, _) | (_, Some('h')) => {
                self.on_sections = true;
                Do::Nothing
            }
            (Code::Down, _) | (_, Some('j')) => {
                self.step(1);
                Do::Nothing
            }
            (Code::Up, _) | (_, Some('k')) => {
                self.step(-1);
                Do::Nothing
            }
            (_, Some('a')) | (Code::Insert, _) => self.begin(),
            (Code::Enter | Code::Right, _) | (_, Some('e' | 'l')) => {
                if self.channels().is_empty() {
                    return self.begin();
                }
                self.open(0)
            }
            (_, Some('s')) => {
                let first = self.channel().map(|c| c.provider.clone());
                let card = first.and_then(|provider| book.card(&provider));
                let open = card.map_or(0, |card| card.settings.iter().filter(|s| !s.is_secret()).count());
                self.open(open)
            }
            _ => self.channel_key(key),
        }
    }

    fn step(&mut self, by: isize) {
        let last = self.channels().len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }

    fn open(&mut self, at: usize) -> Do {
        if let Some(name) = self.channel().map(|c| c.name.clone()) {
            self.said = None;
            self.page = Some(Page { name, at, edit: None });
        }
        Do::Nothing
    }

    /// Begins, or goes on with, adding an account.
    fn begin(&mut self) -> Do {
        self.said = None;
        self.in_wizard = true;
        self.wizard.get_or_insert_with(Wizard::new);
        match self.keyring {
            None if !self.asked.values().any(|a| *a == Asked::Keyring) => {
                Do::Ask(Ask::Keyring, Asked::Keyring)
            }
            _ => Do::Nothing,
        }
    }

    fn section_key(&mut self, key: Key, is_back: bool, seen: &Seen<'_>) -> Do {
        let at = Section::ALL.iter().position(|s| *s == self.section()).unwrap_or(0);
        let go = |setup: &mut Setup, at: usize| {
            setup.section = Section::ALL.get(at).copied().or(setup.section);
            (setup.at, setup.page, setup.said, setup.find) = (0, None, None, Find::default());
        };
        match (key.code, key.types()) {
            _ if is_back => return Do::Close,
            (_, Some('q')) => return Do::Close,
            (Code::Down, _) | (_, Some('j')) => go(self, at + 1),
            (Code::Up, _) | (_, Some('k')) => go(self, at.saturating_sub(1)),
            (Code::Enter | Code::Right | Code::Tab, _) | (_, Some('l')) => {
                self.on_sections = false;
                if self.section() != Section::Channels {
                    self.at = (self.section().part().first)(seen);
                }
            }
            _ => return Do::Foreign,
        }
        Do::Nothing
    }

    /// Keys about one channel, in the list and on its page.
    fn channel_key(&mut self, key: Key) -> Do {
        let Some(channel) = self.channel() else { return Do::Foreign };
        let (name, enabled) = (channel.name.clone(), channel.enabled);
        let url = channel.hooks.first().cloned().or_else(|| channel.page_url.clone());
        match key.types() {
            Some('t') if self.testing().is_none() => {
                self.said = None;
                Do::Ask(Ask::Test(name.clone()), Asked::Test(name))
            }
            Some('d') if !self.is_busy() => {
                let word = if enabled { "disabled" } else { "enabled" };
                let said = format!("{name}: {word}");
                Do::Ask(Ask::Enable { channel: name, on: !enabled }, Asked::Change(said))
            }
            Some('x') if !self.is_busy() => {
                let question = format!(
                    "Remove {name}? Its conversations stay; its secrets leave the keyring, its settings the file."
                );
                let act = Box::new(Act::RemoveChannel(name));
                self.act(Act::Sure(Sure { question, yes: "remove it", act }))
            }
            Some('y') => match url {
                Some(url) => Do::Copy(url),
                None => {
                    let why = "there is no address to copy yet: the port is chosen when the engine starts";
                    self.said = Some((Level::Warn, vec![why.into()]));
                    Do::Nothing
                }
            },
            _ => Do::Foreign,
        }
    }

    fn page_key(&mut self, key: Key, is_back: bool, book: &Book) -> Do {
        let rows = self.rows(book);
        let Some(page) = &mut self.page else { return Do::Foreign };
        match (key.code, key.types()) {
            (Code::Left, _) | (_, Some('h' | 'q')) => self.page = None,
            _ if is_back => self.page = None,
            (Code::Down | Code::Tab, _) | (_, Some('j')) => {
                // Behind the last stands how messages come in.
                page.at = (page.at + 1).min(rows.len());
            }
            (Code::Up, _) | (_, Some('k')) => page.at = page.at.saturating_sub(1),
            (_, Some('s')) => {
                page.at = rows.iter().position(|w| matches!(w, What::Secret(_))).unwrap_or(page.at);
            }
            (Code::Enter, _) | (_, Some('e')) => {
                let at = page.at;
                let now = |what: &What| self.channel().and_then(|c| c.settings.get(what.key()).cloned());
                let entry = rows.get(at).map(|what| (*what, now(what).unwrap_or_default()));
                self.said = None;
                let asks = matches!(entry, Some((What::Secret(_), _))) && self.keyring.is_none();
                if let (Some(page), Some((what, text))) = (&mut self.page, entry) {
                    let mut entry = Entry::new(what, &text);
                    if entry.is_secret() && matches!(self.keyring, Some(Err(_))) {
                        entry.kept = Kept::Env;
                    }
                    page.edit = Some(entry);
                }
                if asks {
                    return Do::Ask(Ask::Keyring, Asked::Keyring);
                }
            }
            _ => return self.channel_key(key),
        }
        Do::Nothing
    }

    fn edit_key(&mut self, key: Key, is_back: bool, book: &Book) -> Do {
        let busy = self.is_busy();
        let channel = self.channel().map(|c| (c.name.clone(), c.provider.clone(), c.settings.clone()));
        let Some(page) = &mut self.page else { return Do::Foreign };
        let Some(entry) = &mut page.edit else { return Do::Foreign };
        if is_back {
            page.edit = None;
            return Do::Nothing;
        }
        if key.code != Code::Enter {
            return if entry.key(key) { Do::Nothing } else { Do::Foreign };
        }
        let Some((name, provider, mut settings)) = channel.filter(|_| !busy) else { return Do::Nothing };
        let key = entry.what.key().to_owned();
        if let Some(wrong) = entry.wrong_place() {
            entry.wrong = Some(wrong);
            return Do::Nothing;
        }
        match (entry.what, entry.given()) {
            (What::Secret(_), Some(given)) => {
                let secrets = vec![(key, given)];
                Do::Ask(Ask::Set { channel: name, settings: Settings::new(), secrets }, Asked::Edit)
            }
            (What::Secret(_), None) => {
                entry.wrong = Some("nothing is typed; Esc leaves it as it is".into());
                Do::Nothing
            }
            _ => {
                let text = entry.text().to_owned();
                if settings.get(&key).map_or("", String::as_str) == text {
                    page.edit = None;
                    return Do::Nothing;
                }
                if text.is_empty() {
                    settings.remove(&key);
                } else {
                    settings.insert(key.clone(), text.clone());
                }
                if let Err(wrong) = (book.check)(&provider, &settings) {
                    entry.wrong = Some(wrong.human);
                    return Do::Nothing;
                }
                let changes = Settings::from([(key, text)]);
                Do::Ask(Ask::Set { channel: name, settings: changes, secrets: Vec::new() }, Asked::Edit)
            }
        }
    }

    fn wizard_key(&mut self, key: Key, book: &Book) -> Do {
        let (busy, testing) = (self.is_busy(), self.testing().is_some());
        let keyring = !matches!(self.keyring, Some(Err(_)));
        let Some(wizard) = &mut self.wizard else { return Do::Foreign };
        if busy && wizard.stage == Stage::Summary {
            // It is being written.
            return Do::Nothing;
        }
        let name = wizard.name().to_owned();
        match wizard.key(key, book, self.look.as_deref(), keyring) {
            Step::Stay => Do::Nothing,
            Step::Foreign => Do::Foreign,
            Step::Leave => {
                self.in_wizard = false;
                Do::Nothing
            }
            Step::Write(draft) => Do::Ask(Ask::Add(draft), Asked::Write),
            Step::Test if testing => Do::Nothing,
            Step::Test => {
                wizard.tested = None;
                Do::Ask(Ask::Test(name.clone()), Asked::Test(name))
            }
            Step::Over => {
                (self.wizard, self.in_wizard) = (None, false);
                self.at = self.channels().iter().position(|c| c.name == name).unwrap_or(self.at);
                Do::Nothing
            }
        }
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        if let Some(wizard) = self.wizard.as_mut().filter(|_| self.in_wizard) {
            wizard.paste(text);
        } else if let Some(Open::Form(form)) = &mut self.open {
            form.paste(text);
        } else if self.find.is_open {
            self.find.paste(text);
        } else if let Some(entry) = self.page.as_mut().and_then(|p| p.edit.as_mut()) {
            entry.paste(text);
        }
    }

    /// Takes an answer in. What is to be asked next comes back.
    pub(super) fn take(&mut self, asked: Asked, answer: Answer) -> Vec<(Ask, Asked)> {
        let look = || (Ask::Look, Asked::Look);
        match (asked, answer) {
            (_, Answer::Look(Ok(look))) => {
                if self.section() == Section::Channels {
                    self.at = self.at.min(look.channels.len().saturating_sub(1));
                }
                self.look = Some(Arc::new(*look));
                self.trouble.clear();
                if self.channel().is_none() {
                    self.page = None;
                }
            }
            (_, Answer::Look(Err(why))) => self.trouble = why,
            (_, Answer::Keyring(result)) => {
                if let (Err(_), Some(wizard)) = (&result, &mut self.wizard) {
                    wizard.without_keyring();
                }
                let entry = self.page.as_mut().and_then(|p| p.edit.as_mut());
                if let Some(entry) = entry.filter(|e| e.is_hidden() && e.is_blank() && result.is_err()) {
                    entry.kept = Kept::Env;
                }
                self.keyring = Some(result);
            }
            (Asked::Write, Answer::Done(result)) => {
                let Some(wizard) = &mut self.wizard else { return vec![look()] };
                let is_written = result.is_ok();
                wizard.written(result);
                let name = wizard.name().to_owned();
                if is_written {
                    return vec![look(), (Ask::Test(name.clone()), Asked::Test(name))];
                }
            }
            (Asked::Edit, Answer::Done(Ok(notes))) => {
                if let Some(page) = &mut self.page {
                    let key = page.edit.take().map_or("", |e| e.what.key());
                    let mut words = vec![format!("{}: {key} is changed; t tests it", page.name)];
                    let level = if notes.is_empty() { Level::Good } else { Level::Warn };
                    words.extend(notes);
                    self.said = Some((level, words));
                }
                return vec![look()];
            }
            (Asked::Edit, Answer::Done(Err(Fail { words, .. }))) => {
                if let Some(entry) = self.page.as_mut().and_then(|p| p.edit.as_mut()) {
                    entry.wrong = Some(words.join(" "));
                }
            }
            (Asked::Entry(said), Answer::Done(result)) => {
                self.entry_written(said, result.map_err(|fail| fail.words));
                return vec![look()];
            }
            (Asked::Change(said), Answer::Done(Ok(notes))) => {
                let level = if notes.is_empty() { Level::Good } else { Level::Warn };
                self.said = Some((level, std::iter::once(said).chain(notes).collect()));
                return vec![look()];
            }
            (_, Answer::Done(Err(Fail { words, .. }))) => self.said = Some((Level::Error, words)),
            (Asked::Test(name), Answer::Tested(result)) => {
                if let Some(wizard) =
                    self.wizard.as_mut().filter(|w| w.stage == Stage::Written && w.name() == name)
                {
                    wizard.tested = Some(result);
                    return vec![look()];
                }
                self.said = Some(match result {
                    Ok(who) => (Level::Good, vec![format!("{name}: ok, {who}")]),
                    Err((health, why)) => {
                        (Level::Error, vec![format!("{name}: {}: {why}", health_word(health))])
                    }
                });
                return vec![look()];
            }
            (_, Answer::Done(Ok(_)) | Answer::Tested(_)) => {}
        }
        Vec::new()
    }
}
