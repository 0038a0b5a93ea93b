//! Which keys run which command where: the defaults of the command table, changed by the configuration.

use crate::ui::command::{self, Command, give};
use crate::ui::key::{self, Key};
use crate::ui::model::Focus;
use crate::ui::startup::RawBinding;

/// Where a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere, also where text is typed.
    Anywhere,
    /// In all three panes.
    Panes,
    /// In the sidebar.
    Sidebar,
    /// In the list.
    List,
    /// In the thread.
    Thread,
    /// In the composer.
    Composer,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Scope; 6] =
        [Scope::Anywhere, Scope::Panes, Scope::Sidebar, Scope::List, Scope::Thread, Scope::Composer];

    /// The word used in configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Scope::Anywhere => "global",
            Scope::Panes => "panes",
            Scope::Sidebar => "sidebar",
            Scope::List => "list",
            Scope::Thread => "thread",
            Scope::Composer => "composer",
        }
    }

    /// The word, and what it means.
    pub(crate) const fn told(self) -> &'static str {
        match self {
            Scope::Anywhere => "global: everywhere, also where text is typed",
            Scope::Panes => "panes: in the sidebar, the list and the thread",
            Scope::Sidebar => "sidebar",
            Scope::List => "list",
            Scope::Thread => "thread",
            Scope::Composer => "composer: where answers are typed",
        }
    }

    /// Whether there is a focus in which both hold.
    pub fn overlaps(self, other: Scope) -> bool {
        const FOCUSES: [Focus; 4] = [Focus::Sidebar, Focus::List, Focus::Thread, Focus::Composer];
        FOCUSES.into_iter().any(|focus| self.holds(focus) && other.holds(focus))
    }

    /// Whether it holds while the keys go to this pane.
    pub fn holds(self, focus: Focus) -> bool {
        match self {
            Scope::Anywhere => true,
            Scope::Panes => focus != Focus::Composer,
            Scope::Sidebar => focus == Focus::Sidebar,
            Scope::List => focus == Focus::List,
            Scope::Thread => focus == Focus::Thread,
            Scope::Composer => focus == Focus::Composer,
        }
    }
}

/// A chord that runs a command somewhere.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Where.
    pub scope: Scope,
    /// The keys, one after another.
    pub chord: Vec<Key>,
    /// What; of a line only where it belongs.
    pub command: &'static Command,
    /// A line that runs instead: an order or a macro, as the configuration says it.
    pub line: Option<String>,
    /// Where the configuration says so; none = by default.
    pub place: Option<String>,
}

impl Binding {
    /// What has the chord, and where that is said: `resolve already, by default`.
    pub(crate) fn told(&self) -> String {
        let by = self.line.as_deref().unwrap_or(self.command.id);
        let place = self.place.as_deref().map_or("by default".to_owned(), |place| format!("in {place}"));
        format!("{by} already, {place}")
    }
}

/// All bindings.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

/// What the keys pressed so far mean.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lookup<'k> {
    /// This command.
    Command(&'static Command),
    /// This line.
    Line(&'k str),
    /// The beginning of something.
    More,
    /// Nothing.
    Nothing,
}

impl Keymap {
    /// The default keys with those of the configuration, and what is wrong with the latter, by file and line.
    pub fn new(raw: &[RawBinding]) -> (Keymap, Vec<String>) {
        let mut keymap = Keymap { bindings: Vec::new() };
        for command in command::all() {
            for (scope, keys) in command.keys {
                // The table is tested to be readable.
                if let Ok(chord) = key::chord(keys) {
                    keymap.bindings.push(Binding { scope: *scope, chord, command, line: None, place: None });
                }
            }
        }
        let errors = raw
            .iter()
            .filter_map(|raw| keymap.change(raw).err().map(|why| format!("{}:{}: {why}", raw.file, raw.line)))
            .collect();
        (keymap, errors)
    }

    /// Takes in one line of the configuration; it displaces whatever it would be ambiguous with.
    fn change(&mut self, raw: &RawBinding) -> Result<(), String> {
        let scope = Scope::ALL.into_iter().find(|s| s.word() == raw.context).ok_or_else(|| {
            let known: Vec<_> = Scope::ALL.into_iter().map(Scope::word).collect();
            format!("unknown place \u{201c}{}\u{201d}: use one of {}", raw.context, known.join(", "))
        })?;
        let chord = key::chord(&raw.key).map_err(|e| e.to_string())?;
        let bound = match raw.command.as_str() {
            "none" => None,
            // A command of that name asks for what it needs and toggles; with words behind it, it is a line.
            id => match command::find(id) {
                Some(command) => Some((command, None)),
                None => {
                    let place = match give::read_line(id)? {
                        give::Line::Command(command) => command,
                        give::Line::Order(_) | give::Line::Macro(_) | give::Line::List(_) => {
                            &command::mark::MACRO
                        }
                    };
                    Some((place, Some(id.trim().to_owned())))
                }
            },
        };
        if let Some(why) = would_type(scope, &chord) {
            return Err(why);
        }
        let mut taken = self.taken(scope, &chord).into_iter();
        if let Some(taken) = taken.find(|b| !raw.displaces || b.place.is_some()) {
            return Err(format!("{} is {}: use another key", label(&chord), taken.told()));
        }
        self.bindings.retain(|b| !(b.scope.overlaps(scope) && is_ambiguous(&b.chord, &chord)));
        if let Some((command, line)) = bound {
            let place = Some(format!("{}:{}", raw.file, raw.line));
            self.bindings.push(Binding { scope, chord, command, line, place });
        }
        Ok(())
    }

    /// Whether every key does the same in both, wherever it is said.
    pub(crate) fn does_as(&self, other: &Keymap) -> bool {
        let same = |(a, b): (&Binding, &Binding)| {
            a.scope == b.scope && a.chord == b.chord && a.command.id == b.command.id && a.line == b.line
        };
        self.bindings.len() == other.bindings.len() && self.bindings.iter().zip(&other.bindings).all(same)
    }

    /// The bindings that a chord would be ambiguous with somewhere.
    pub(crate) fn taken(&self, scope: Scope, chord: &[Key]) -> Vec<&Binding> {
        let hidden = |b: &&Binding| b.scope.overlaps(scope) && is_ambiguous(&b.chord, chord);
        self.bindings.iter().filter(hidden).collect()
    }

    /// All bindings, the defaults first.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// What the keys mean while they go to this pane.
    pub(crate) fn lookup(&self, focus: Focus, keys: &[Key]) -> Lookup<'_> {
        let mut more = false;
        for binding in self.bindings.iter().filter(|b| b.scope.holds(focus)) {
            if binding.chord == keys {
                return binding.line.as_deref().map_or(Lookup::Command(binding.command), Lookup::Line);
            }
            more |= binding.chord.starts_with(keys);
        }
        if more { Lookup::More } else { Lookup::Nothing }
    }

    /// Whether a key is a command wherever one is.
    pub(crate) fn holds_everywhere(&self, key: Key) -> bool {
        self.bindings.iter().any(|b| b.scope == Scope::Anywhere && b.chord == [key])
    }

    /// The chords of a command that hold in a focus, the most special first.
    pub fn chords(&self, id: &str, focus: Focus) -> Vec<&[Key]> {
        self.bindings
            .iter()
            .filter(|b| b.command.id == id && b.line.is_none() && b.scope.holds(focus))
            .map(|b| b.chord.as_slice())
            .collect()
    }

    /// The label of the first chord of a command in a focus.
    pub(crate) fn label(&self, id: &str, focus: Focus) -> Option<String> {
        self.chords(id, focus).first().map(|chord| label(chord))
    }

    /// The label of the first chord of a line in a focus.
    pub(crate) fn line_label(&self, line: &str, focus: Focus) -> Option<String> {
        let fits = |b: &&Binding| b.line.as_deref() == Some(line) && b.scope.holds(focus);
        self.bindings.iter().find(fits).map(|b| label(&b.chord))
    }

    /// The label of the first chord of a command anywhere; empty if it has none.
    pub(crate) fn first_label(&self, id: &str) -> String {
        self.bindings
            .iter()
            .find(|b| b.command.id == id && b.line.is_none())
            .map_or_else(String::new, |b| label(&b.chord))
    }
}

/// Why a chord cannot run anything where text is typed.
pub(crate) fn would_type(scope: Scope, chord: &[Key]) -> Option<String> {
    let first = chord.first().filter(|_| matches!(scope, Scope::Anywhere | Scope::Composer))?;
    first.types()?;
    Some(format!("{} would be typed, not run: use a key with Ctrl or Alt", first.label()))
}

/// A chord as help shows it: `g m`.
pub fn label(chord: &[Key]) -> String {
    chord.iter().map(|k| k.label()).collect::<Vec<_>>().join(" ")
}

/// Whether one of two chords would hide the other.
pub fn is_ambiguous(a: &[Key], b: &[Key]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::key::chord;

    fn raw(context: &str, key: &str, command: &str) -> RawBinding {
        RawBinding {
            context: context.into(),
            key: key.into(),
            command: command.into(),
            file: "config.toml".into(),
            line: 7,
            displaces: true,
        }
    }

    #[test]
    fn no_default_key_is_ambiguous() {
        let (keymap, errors) = Keymap::new(&[]);
        assert!(errors.is_empty());
        let bindings = keymap.bindings();
        for (i, a) in bindings.iter().enumerate() {
            for b in &bindings[i + 1..] {
                let clash = a.scope.overlaps(b.scope) && is_ambiguous(&a.chord, &b.chord);
                assert!(!clash, "{} and {} share {}", a.command.id, b.command.id, label(&a.chord));
            }
        }
    }

    #[test]
    fn every_default_key_can_be_read_and_printed() {
        for command in command::all() {
            for (_, keys) in command.keys {
                for key in chord(keys).unwrap() {
                    assert_eq!(key.to_string().parse::<Key>().unwrap(), key, "{}", command.id);
                }
            }
        }
    }

    #[test]
    fn commands_are_documented_and_named_once() {
        let mut seen = std::collections::HashSet::new();
        let reference = command::command_reference();
        for command in command::all() {
            assert!(seen.insert(command.id), "{} twice", command.id);
            assert!(command.help.ends_with('.') && command.help.len() > 10, "{}", command.id);
            assert!(reference.contains(&format!("`{}`", command.id)));
        }
    }

    #[test]
    fn no_letter_runs_anything_where_text_is_typed() {
        let (keymap, _) = Keymap::new(&[]);
        for binding in keymap.bindings().iter().filter(|b| b.scope.holds(Focus::Composer)) {
            assert!(binding.chord.iter().all(|k| k.types().is_none()), "{}", binding.command.id);
        }
        let (_, errors) = Keymap::new(&[raw("composer", "x", "compose.send")]);
        assert!(errors[0].starts_with("config.toml:7:"), "{errors:?}");
    }

    #[test]
    fn configuration_displaces_and_removes() {
        let (keymap, errors) = Keymap::new(&[raw("panes", "e", "compose.reply"), raw("list", "r", "none")]);
        assert!(errors.is_empty(), "{errors:?}");
        let at = |focus, keys: &str| match keymap.lookup(focus, &chord(keys).unwrap()) {
            Lookup::Command(command) => command.id,
            _ => "",
        };
        assert_eq!(at(Focus::Thread, "e"), "compose.reply");
        assert_eq!(at(Focus::List, "r"), "");
    }

    #[test]
    fn errors_name_the_place_and_a_way_out() {
        let wrong = [raw("panel", "e", "open"), raw("list", "<nokey>", "open"), raw("list", "e", "reslove")];
        let errors = crate::ui::key_errors(&wrong);
        assert_eq!(errors.len(), 3);
        assert!(errors[0].contains("use one of global, panes"));
        assert!(errors[1].contains("<nokey>"));
        let near = crate::ui::key_errors(&[raw("list", "e", "resolv")]);
        assert!(near[0].contains("did you mean resolve"), "{near:?}");
    }
}
