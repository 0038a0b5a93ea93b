//! An account is added step by step: provider, name, settings, secrets, a summary, and what the provider says. Nothing that was typed is
//! lost when a step does not succeed.

use crate::domain::account::Health;
use crate::domain::setting::{SettingSpec, WrongSetting, lacking_login};
use crate::ui::input::Input;
use crate::ui::key::{Code, Key};
use crate::ui::model::Model;
use crate::ui::setup::entry::{Entry, Kept, What};
use crate::ui::setup::find::Find;
use crate::ui::setup::{Book, Card, Draft, Fail, Look, Settings, Spot};
use std::collections::BTreeMap;

/// So many settings that can be left out are asked one after another; more than these are folded away behind one line.
const FEW: usize = 6;

/// Where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Choosing a provider.
    Provider,
    /// Typing one thing after another.
    Fields,
    /// Looking at it all before it is written.
    Summary,
    /// It is written; the provider is asked.
    Written,
}

/// What a key leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing outside of the wizard.
    Stay,
    /// The key means nothing here.
    Foreign,
    /// Back to the list; what is typed stays.
    Leave,
    /// Write this.
    Write(Draft),
    /// Ask the provider again.
    Test,
    /// It is over.
    Over,
}

/// An account that is being added.
#[derive(Debug)]
pub(super) struct Wizard {
    pub(super) stage: Stage,
    /// The provider under the cursor.
    pub(super) card: usize,
    /// What is looked for among them; closed once one is chosen.
    pub(super) find: Find,
    /// What is typed, for each provider that was looked at.
    typed: BTreeMap<usize, Vec<Entry>>,
    /// Where the settings begin that are folded away, for each provider that has so many.
    folds: BTreeMap<usize, usize>,
    /// The thing that is being typed.
    pub(super) at: usize,
    /// The first line of a long page.
    pub(super) top: usize,
    /// Why it was not written.
    pub(super) fail: Vec<String>,
    /// What else there is to say now that it is written.
    pub(super) notes: Vec<String>,
    /// What the provider says; none until it has answered.
    pub(super) tested: Option<Result<String, (Health, String)>>,
}

impl Wizard {
    pub(super) fn new() -> Wizard {
        Wizard {
            stage: Stage::Provider,
            card: 0,
            find: Find::default(),
            typed: BTreeMap::new(),
            folds: BTreeMap::new(),
            at: 0,
            top: 0,
            fail: Vec::new(),
            notes: Vec::new(),
            tested: None,
        }
    }

    /// What is typed for the provider that is chosen.
    pub(super) fn entries(&self) -> &[Entry] {
        self.typed.get(&self.card).map_or(&[], Vec::as_slice)
    }

    /// Where the settings begin that are folded away: there stands one line for all of them.
    pub(super) fn fold(&self) -> Option<usize> {
        self.folds.get(&self.card).copied()
    }

    /// Whether the cursor is on the line that stands for what is folded away.
    pub(super) fn is_on_fold(&self) -> bool {
        self.stage == Stage::Fields && self.fold() == Some(self.at)
    }

    /// The steps there are.
    pub(super) fn steps(&self) -> usize {
        self.fold().map_or(self.entries().len(), |fold| fold + 1)
    }

    /// What is being typed.
    pub(super) fn entry(&self) -> Option<&Entry> {
        self.entries().get(self.at).filter(|_| self.stage == Stage::Fields && !self.is_on_fold())
    }

    fn entry_mut(&mut self) -> Option<&mut Entry> {
        let at = Some(self.at).filter(|at| self.fold() != Some(*at))?;
        self.typed.get_mut(&self.card).and_then(|all| all.get_mut(at))
    }

    /// The provider under the cursor.
    pub(super) fn provider<'b>(&self, book: &'b Book) -> Option<&'b Card> {
        book.providers.get(self.card)
    }

    /// The places of the providers among which one chooses.
    pub(super) fn offered(&self, book: &Book) -> Vec<usize> {
        let media = |card: &Card| card.media.iter().map(|m| m.title()).collect::<Vec<_>>().join(" ");
        let fits = |card: &Card| self.find.fits(&format!("{} {} {}", card.name, card.summary, media(card)));
        let all = book.providers.iter().enumerate();
        all.filter(|(_, card)| fits(card)).map(|(at, _)| at).collect()
    }

    /// Takes a key where a provider is chosen.
    fn provider_key(&mut self, key: Key, is_back: bool, book: &Book) -> Step {
        if self.find.is_open {
            if self.find.key(key, is_back).is_none() {
                return Step::Foreign;
            }
            let offered = self.offered(book);
            if !offered.contains(&self.card) {
                self.card = offered.first().copied().unwrap_or(self.card);
            }
            return Step::Stay;
        }
        let offered = self.offered(book);
        let at = offered.iter().position(|at| *at == self.card);
        let place = |at: usize| offered.get(at).or(offered.last()).copied().unwrap_or(self.card);
        match (key.code, key.types()) {
            _ if is_back && self.find.is_used() => self.find = Find::default(),
            _ if is_back => return Step::Leave,
            (Code::Down | Code::Tab, _) | (_, Some('j')) => self.card = place(at.map_or(0, |at| at + 1)),
            (Code::Up, _) | (_, Some('k')) => self.card = place(at.map_or(0, |at| at.saturating_sub(1))),
            (_, Some('/')) => self.find.is_open = true,
            _ => return Step::Foreign,
        }
        Step::Stay
    }

    /// The name, as typed.
    pub(super) fn name(&self) -> &str {
        self.entries().first().map_or("", Entry::text)
    }

    /// Settings that are typed, of the first so many things.
    fn settings_until(&self, count: usize) -> Settings {
        let typed = self.entries().iter().take(count).filter(|e| matches!(e.what, What::Setting(_)));
        let filled = typed.filter(|e| !e.is_blank());
        filled.map(|e| (e.what.key().to_owned(), e.text().to_owned())).collect()
    }

    /// All settings that are typed.
    pub(super) fn settings(&self) -> Settings {
        self.settings_until(usize::MAX)
    }

    /// Without a keyring a secret has to be kept elsewhere.
    pub(super) fn without_keyring(&mut self) {
        for entry in self.typed.values_mut().flatten() {
            if entry.is_hidden() && entry.is_blank() {
                entry.kept = Kept::Env;
            }
        }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key, book: &Book, look: Option<&Look>, keyring: bool) -> Step {
        let is_back = key.code == Code::Esc || (key.ctrl && matches!(key.code, Code::Char('c' | 'g')));
        match self.stage {
            Stage::Provider if key.code == Code::Enter && !self.find.is_open => {
                self.choose(book, look, keyring)
            }
            Stage::Provider => self.provider_key(key, is_back, book),
            Stage::Fields if is_back || key.code == Code::Up => {
                match self.at.checked_sub(1) {
                    Some(at) => self.at = at,
                    None => self.stage = Stage::Provider,
                }
                Step::Stay
            }
            Stage::Fields if key.ctrl && key.code == Code::Char('s') => {
                self.look_over(book, look);
                Step::Stay
            }
            Stage::Fields if self.is_on_fold() => match (key.code, key.types()) {
                (Code::Enter, _) => {
                    self.look_over(book, look);
                    Step::Stay
                }
                (Code::Down | Code::Right | Code::Tab, _) | (_, Some(' ')) => {
                    self.folds.remove(&self.card);
                    Step::Stay
                }
                _ => Step::Foreign,
            },
            Stage::Fields if matches!(key.code, Code::Enter | Code::Down) => {
                self.next(book, look);
                Step::Stay
            }
            Stage::Fields => {
                let is_taken = self.entry_mut().is_some_and(|entry| entry.key(key));
                if !is_taken && key.code == Code::Tab {
                    self.next(book, look);
                } else if !is_taken {
                    return Step::Foreign;
                }
                Step::Stay
            }
            Stage::Summary if is_back => {
                (self.stage, self.top) = (Stage::Fields, 0);
                self.at = self.steps().saturating_sub(1);
                Step::Stay
            }
            Stage::Summary if key.code == Code::Enter => match self.draft(book) {
                Some(draft) => Step::Write(draft),
                None => Step::Stay,
            },
            Stage::Written if is_back || key.code == Code::Enter => Step::Over,
            Stage::Written if key.types() == Some('t') => Step::Test,
            Stage::Summary | Stage::Written => self.scroll(key),
        }
    }

    fn scroll(&mut self, key: Key) -> Step {
        match (key.code, key.types()) {
            (Code::Down, _) | (_, Some('j')) => self.top += 1,
            (Code::Up, _) | (_, Some('k')) => self.top = self.top.saturating_sub(1),
            _ => return Step::Foreign,
        }
        Step::Stay
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        if self.stage == Stage::Provider && self.find.is_open {
            self.find.paste(text);
        } else if self.stage == Stage::Fields
            && let Some(entry) = self.entry_mut()
        {
            entry.paste(text);
        }
    }

    /// Begins with a provider, or goes on with what was typed for it before.
    fn choose(&mut self, book: &Book, look: Option<&Look>, keyring: bool) -> Step {
        if !self.offered(book).contains(&self.card) {
            return Step::Stay;
        }
        let Some(card) = book.providers.get(self.card) else { return Step::Stay };
        let spare = |spec: &&SettingSpec| !spec.required && !spec.is_secret();
        let spares = card.settings.iter().filter(spare).count();
        let fold = (spares > FEW).then(|| 1 + card.settings.len() - spares);
        if let (Some(fold), false) = (fold, self.typed.contains_key(&self.card)) {
            self.folds.insert(self.card, fold);
        }
        let begin = || {
            let specs = || card.settings.iter();
            // Of many settings only what is needed comes before the secrets.
            let order = if fold.is_some() {
                [(false, true), (true, true), (true, false), (false, false)]
            } else {
                [(false, true), (false, false), (true, true), (true, false)]
            };
            let sorted = order.into_iter().flat_map(|(secret, required)| {
                specs().filter(move |s| s.is_secret() == secret && s.required == required)
            });
            let mut name = Entry::new(What::Name, "");
            if taken(look, card.name).is_none() {
                name.input = Input::selected(card.name);
            }
            let mut all = vec![name];
            all.extend(sorted.map(|spec| Entry::new(What::of(spec), "")));
            all
        };
        self.typed.entry(self.card).or_insert_with(begin);
        (self.stage, self.at, self.find) = (Stage::Fields, 0, Find::default());
        if !keyring {
            self.without_keyring();
        }
        Step::Stay
    }

    /// Goes to the next thing, if this one can be so.
    fn next(&mut self, book: &Book, look: Option<&Look>) {
        let wrong = self.wrong_here(book, look);
        let last = self.steps().saturating_sub(1);
        let Some(entry) = self.entry_mut() else { return };
        entry.input.keep();
        entry.wrong = wrong;
        if entry.wrong.is_some() {
            return;
        }
        self.calm();
        if self.at < last {
            self.at += 1;
        } else {
            self.look_over(book, look);
        }
    }

    /// What is wrong with what is being typed. What is typed later may still be missing.
    fn wrong_here(&self, book: &Book, look: Option<&Look>) -> Option<String> {
        let entry = self.entries().get(self.at)?;
        let card = self.provider(book)?;
        match entry.what {
            What::Name => (book.check_name)(entry.text()).err().or_else(|| taken(look, entry.text())),
            what if what.is_required() && entry.is_blank() => {
                Some(format!("{} cannot do without it", card.name))
            }
            What::Setting(spec) => (book.check)(card.name, &self.settings_until(self.at + 1))
                .err()
                .filter(|wrong| wrong.key == spec.key)
                .map(|wrong| wrong.human),
            What::Secret(_) => entry.wrong_place(),
        }
    }

    /// Shows it all, or goes to the first thing that is wrong.
    fn look_over(&mut self, book: &Book, look: Option<&Look>) {
        self.calm();
        if let Some((spot, why)) = self.first_wrong(book, look) {
            return self.go_to(&spot, why);
        }
        (self.stage, self.top) = (Stage::Summary, 0);
        self.fail.clear();
    }

    /// Forgets what was wrong: it may have been mended elsewhere.
    fn calm(&mut self) {
        self.typed.values_mut().flatten().for_each(|entry| entry.wrong = None);
    }

    fn first_wrong(&self, book: &Book, look: Option<&Look>) -> Option<(Spot, String)> {
        let card = self.provider(book)?;
        let name = self.entries().first()?.text();
        if let Some(why) = (book.check_name)(name).err().or_else(|| taken(look, name)) {
            return Some((Spot::Name, why));
        }
        let missing = self.entries().iter().find(|e| e.what.is_required() && e.is_blank());
        if let Some(entry) = missing {
            return Some((entry.what.spot(), format!("{} cannot do without it", card.name)));
        }
        if let Err(WrongSetting { key, human }) = (book.check)(card.name, &self.settings()) {
            return Some((Spot::Setting(key), human));
        }
        let odd = self.entries().iter().find_map(|e| Some((e.what.spot(), e.wrong_place()?)));
        if odd.is_some() {
            return odd;
        }
        let lacking = lacking_login(card.logins, |key| self.is_given(key))?;
        let why = format!("{} needs {} to log in", card.name, lacking.words);
        Some((Spot::Setting(lacking.key.to_owned()), why))
    }

    /// Whether a secret is typed.
    fn is_given(&self, key: &str) -> bool {
        self.entries().iter().any(|e| e.is_secret() && e.what.key() == key && !e.is_blank())
    }

    /// What is said of a secret that is not typed: none if it can be left out.
    pub(super) fn login(&self, model: &Model, key: &str) -> Option<String> {
        let logins = self.provider(&model.book)?.logins;
        lacking_login(logins, |key| self.is_given(key))?;
        let own = logins.iter().find(|set| set.contains(&key))?;
        // Of one that was begun the rest is needed; else there may be another way.
        if logins.len() == 1 || own.iter().any(|key| self.is_given(key)) {
            return Some("needed".into());
        }
        let others: Vec<String> =
            logins.iter().filter(|set| *set != own).map(|set| set.join(" and ")).collect();
        Some(format!("needed, or else {}", others.join(", or ")))
    }

    fn go_to(&mut self, spot: &Spot, why: String) {
        if let Some(at) = self.entries().iter().position(|e| e.what.spot() == *spot) {
            if self.fold().is_some_and(|fold| fold <= at) {
                self.folds.remove(&self.card);
            }
            (self.stage, self.at) = (Stage::Fields, at);
            if let Some(entry) = self.entry_mut() {
                entry.wrong = Some(why);
            }
        } else {
            self.fail = vec![why];
        }
    }

    /// All that is typed, to be written.
    fn draft(&self, book: &Book) -> Option<Draft> {
        let secrets = self.entries().iter().filter_map(|e| Some((e.what.key().to_owned(), e.given()?)));
        Some(Draft {
            provider: self.provider(book)?.name.to_owned(),
            name: self.name().to_owned(),
            settings: self.settings(),
            secrets: secrets.collect(),
        })
    }

    /// It was written, or why not: then one goes on where it can be mended.
    pub(super) fn written(&mut self, result: Result<Vec<String>, Fail>) {
        match result {
            Ok(notes) => {
                (self.stage, self.top, self.notes, self.tested) = (Stage::Written, 0, notes, None);
                self.fail.clear();
            }
            Err(Fail { words, at }) => match at {
                Some(spot) => self.go_to(&spot, words.join(" ")),
                None => self.fail = words,
            },
        }
    }
}

/// Why a name cannot be taken, if there is a channel of that name.
fn taken(look: Option<&Look>, name: &str) -> Option<String> {
    let is_taken = look.is_some_and(|look| look.channels.iter().any(|c| c.name == name));
    is_taken.then(|| format!("there is a channel {name} already: choose another name"))
}
