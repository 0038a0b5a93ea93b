//! Reads the file: every key known, every value of its kind, every mistake with its line. Nothing is decided here.

mod desk;
mod sla;

use crate::config::desk::Desk;
use crate::config::error::{Place, Problem};
use crate::config::keys::{self, KEYS, KeyKind, KeySpec};
use crate::config::names::{check_name, hint};
use crate::config::{ChannelConfig, Colleague, RawKey};
use crate::domain::secret_source::SecretSource;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml_edit::{Document, Item, Key, TableLike};

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct FileConfig {
    /// Scalar keys by their dotted name.
    pub scalars: BTreeMap<&'static str, (String, Place)>,
    /// Agents.
    pub agents: Vec<Colleague>,
    /// What is asked about before it is sent: names and regular expressions, which can be read.
    pub confirm_patterns: Vec<(String, String)>,
    /// Key chords, raw.
    pub keys: Vec<RawKey>,
    /// Macros, fields, searches, rules against spam.
    pub desk: Desk,
    /// Channels by workspace, in the order of the file.
    pub workspaces: BTreeMap<String, Vec<ChannelConfig>>,
}

/// Reads the text of `path`.
pub(super) fn read(path: &Path, text: &str) -> Result<FileConfig, Vec<Problem>> {
    let document = Document::parse(text).map_err(|e| {
        let place = Place::in_file(path, text, e.span().map_or(0, |s| s.start));
        vec![Problem { place, what: format!("not valid TOML: {}", e.message().trim()), hint: None }]
    })?;
    let mut reader = Reader { path, text, problems: Vec::new(), out: FileConfig::default() };
    reader.root(document.as_table());
    if reader.problems.is_empty() { Ok(reader.out) } else { Err(reader.problems) }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<Problem>,
    out: FileConfig,
}

impl Reader<'_> {
    fn place(&self, span: Option<Range<usize>>) -> Place {
        Place::in_file(self.path, self.text, span.map_or(0, |s| s.start))
    }

    fn complain(&mut self, span: Option<Range<usize>>, what: impl Into<String>, hint: impl Into<String>) {
        let place = self.place(span);
        self.problems.push(Problem::new(place, what, hint));
    }

    fn unknown(&mut self, key: &Key, within: &str, known: &[&str]) {
        let what = format!("unknown key `{}`{within}", show(key.get()));
        let hint = hint(key.get(), known);
        self.complain(key.span(), what, hint);
    }

    /// The table under a key, or a complaint.
    fn table<'t>(&mut self, key: &Key, item: &'t Item, example: &str) -> Option<&'t dyn TableLike> {
        let table = item.as_table_like();
        if table.is_none() {
            let what = format!("`{}` has to be a table", show(key.get()));
            self.complain(key.span(), what, format!("write {example}"));
        }
        table
    }

    fn root(&mut self, root: &dyn TableLike) {
        if let Some((key, item)) = root.get_key_value("hours")
            && let Some(table) = self.table(key, item, "[hours.NAME]")
        {
            self.hours(table);
        }
        for (key, item) in entries(root) {
            match key.get() {
                "agent" => {
                    if let Some(table) = self.table(key, item, "[agent] with name and email below") {
                        self.scalars(table, "agent.");
                    }
                }
                "notify" => {
                    if let Some(table) = self.table(key, item, "[notify] with how and views below") {
                        self.scalars(table, "notify.");
                    }
                }
                "agents" => {
                    if let Some(table) = self.table(key, item, "[agents] with \"e-mail\" = \"Name\" below") {
                        self.agents(table);
                    }
                }
                "keys" => {
                    if let Some(table) =
                        self.table(key, item, "[keys.CONTEXT] with \"chord\" = \"command\" below")
                    {
                        self.contexts(table);
                    }
                }
                "macros" => {
                    let example = "[macros] with NAME = [\"label +vip\", \"assign me\"] below";
                    if let Some(table) = self.table(key, item, example) {
                        self.macros(table);
                    }
                }
                "fields" => {
                    let example = "[fields] with NAME = \"what it is for\" below";
                    if let Some(table) = self.table(key, item, example) {
                        self.fields(table);
                    }
                }
                "searches" => {
                    let example = "[searches] with \"NAME\" = \"QUERY\" below";
                    if let Some(table) = self.table(key, item, example) {
                        self.searches(table);
                    }
                }
                // Read already.
                "hours" => {}
                "sla" => {
                    if let Some(table) = self.table(key, item, "[sla.NAME] with first_reply = \"30m\" below")
                    {
                        self.sla(table);
                    }
                }
                "spam" => {
                    if let Some(table) = self.table(key, item, "[spam.NAME]") {
                        self.spam(table);
                    }
                }
                "confirm_patterns" => {
                    let example = "[confirm_patterns] with \"a name\" = 'regular expression' below";
                    if let Some(table) = self.table(key, item, example) {
                        self.patterns(table);
                    }
                }
                "workspace" if item.is_str() => {
                    self.complain(
                        key.span(),
                        "`workspace` has to be a table",
                        "did you mean `default_workspace`?",
                    );
                }
                "workspace" => {
                    if let Some(table) = self.table(key, item, "[workspace.NAME.channel.NAME]") {
                        self.workspaces(table);
                    }
                }
                name => match keys::key(name) {
                    Some(spec) => self.scalar(spec, key, item),
                    None => {
                        let mut known = vec![
                            "agent",
                            "agents",
                            "confirm_patterns",
                            "fields",
                            "hours",
                            "keys",
                            "macros",
                            "notify",
                            "searches",
                            "sla",
                            "spam",
                            "workspace",
                        ];
                        known.extend(KEYS.iter().map(|k| k.key).filter(|k| !k.contains('.')));
                        self.unknown(key, "", &known);
                    }
                },
            }
        }
    }

    fn scalars(&mut self, table: &dyn TableLike, prefix: &str) {
        for (key, item) in entries(table) {
            match keys::key(&format!("{prefix}{}", key.get())) {
                Some(spec) => self.scalar(spec, key, item),
                None => {
                    let known: Vec<&str> = KEYS.iter().filter_map(|k| k.key.strip_prefix(prefix)).collect();
                    self.unknown(key, &format!(" in [{}]", prefix.trim_end_matches('.')), &known);
                }
            }
        }
    }

    fn scalar(&mut self, spec: &'static KeySpec, key: &Key, item: &Item) {
        let value = match spec.kind {
            KeyKind::Seconds => item.as_integer().map(|i| i.to_string()),
            KeyKind::Kinds => item.as_str().map(str::to_owned).or_else(|| words(item)),
            KeyKind::Switch => item.as_bool().map(|b| b.to_string()),
            _ => item.as_str().map(str::to_owned),
        };
        let span = item.span().or_else(|| key.span());
        let Some(value) = value else {
            let quotes = if spec.is_quoted() { "in quotes" } else { "without quotes" };
            self.complain(
                span,
                format!("`{}` takes {}", spec.key, spec.takes()),
                format!("write it {quotes}, not as {}", item.type_name()),
            );
            return;
        };
        match spec.check(&value) {
            Ok(()) => {
                let place = self.place(key.span());
                self.out.scalars.insert(spec.key, (value, place));
            }
            Err(why) => self.complain(span, format!("`{}` cannot be `{}`", spec.key, show(&value)), why),
        }
    }

    fn agents(&mut self, table: &dyn TableLike) {
        for (key, item) in entries(table) {
            let Some(email) = crate::text::address::email(key.get()) else {
                let what = format!("`{}` is not an e-mail address", show(key.get()));
                self.complain(key.span(), what, "write \"ana@example.com\" = \"Ana\"");
                continue;
            };
            match item.as_str().filter(|n| !n.trim().is_empty() && crate::text::sanitize::is_clean(n)) {
                Some(name) => {
                    let place = self.place(key.span());
                    let name = name.trim().to_owned();
                    self.out.agents.push(Colleague { email: email.folded, name, place });
                }
                None => {
                    let what = format!("the name of `{}` has to be text in quotes", email.kept);
                    self.complain(item.span(), what, format!("write \"{}\" = \"Name\"", email.kept));
                }
            }
        }
    }

    fn patterns(&mut self, table: &dyn TableLike) {
        for (key, item) in entries(table) {
            let name = key.get().trim();
            if name.is_empty() || !crate::text::sanitize::is_clean(name) {
                self.complain(key.span(), "a pattern has no name", "write \"an IBAN\" = 'expression'");
                continue;
            }
            match item.as_str().map(crate::text::guard::pattern) {
                Some(Ok(_)) => {
                    let pattern = item.as_str().unwrap_or_default().to_owned();
                    self.out.confirm_patterns.push((name.to_owned(), pattern));
                }
                Some(Err(why)) => {
                    let what = format!("the pattern of `{}` cannot be used", show(name));
                    self.complain(item.span(), what, why);
                }
                None => {
                    let what = format!("the pattern of `{}` has to be text in quotes", show(name));
                    self.complain(item.span(), what, "write it in single quotes: '\\d{9}'");
                }
            }
        }
    }

    fn contexts(&mut self, table: &dyn TableLike) {
        for (context, item) in entries(table) {
            let example = format!("[keys.{}] with \"chord\" = \"command\" below", show(context.get()));
            let Some(chords) = self.table(context, item, &example) else { continue };
            for (chord, command) in entries(chords) {
                let Some(command) = command.as_str() else {
                    let what = format!("the command of key `{}` has to be text in quotes", show(chord.get()));
                    self.complain(command.span(), what, "write \"chord\" = \"command\"");
                    continue;
                };
                let place = self.place(chord.span());
                self.out.keys.push(RawKey {
                    context: context.get().to_owned(),
                    chord: chord.get().to_owned(),
                    command: command.to_owned(),
                    place,
                });
            }
        }
    }

    fn workspaces(&mut self, table: &dyn TableLike) {
        for (name, item) in entries(table) {
            let example = format!("[workspace.{}.channel.NAME]", show(name.get()));
            let Some(workspace) = self.table(name, item, &example) else { continue };
            if let Err(why) = check_name(name.get()) {
                let what = format!("`{}` cannot name a workspace", show(name.get()));
                self.complain(name.span(), what, why);
            }
            let mut channels = Vec::new();
            for (key, item) in entries(workspace) {
                if key.get() != "channel" {
                    self.unknown(key, &format!(" in [workspace.{}]", show(name.get())), &["channel"]);
                    continue;
                }
                let Some(table) = self.table(key, item, &example) else { continue };
                for (name, item) in entries(table) {
                    channels.extend(self.channel(name, item, &example));
                }
            }
            self.out.workspaces.insert(name.get().to_owned(), channels);
        }
    }

    fn channel(&mut self, name: &Key, item: &Item, example: &str) -> Option<ChannelConfig> {
        let table = self.table(name, item, example)?;
        if let Err(why) = check_name(name.get()) {
            let what = format!("`{}` cannot name a channel", show(name.get()));
            self.complain(name.span(), what, why);
        }
        let mut channel = ChannelConfig {
            name: name.get().to_owned(),
            provider: String::new(),
            enabled: true,
            settings: BTreeMap::new(),
            secrets: BTreeMap::new(),
            place: self.place(name.span()),
            places: BTreeMap::new(),
        };
        for (key, item) in entries(table) {
            let span = item.span().or_else(|| key.span());
            match key.get() {
                "provider" => match item.as_str() {
                    Some(provider) => channel.provider = provider.to_owned(),
                    None => self.complain(span, "`provider` has to be text in quotes", "such as \"twilio\""),
                },
                "enabled" => match item.as_bool() {
                    Some(enabled) => channel.enabled = enabled,
                    None => self.complain(span, "`enabled` takes true or false", "without quotes"),
                },
                "secrets" => {
                    let example = "[….secrets] with KEY = { keyring = true } below";
                    if let Some(secrets) = self.table(key, item, example) {
                        self.secrets(secrets, &mut channel);
                    }
                }
                setting => match scalar_text(item) {
                    Some(value) => {
                        channel.places.insert(setting.to_owned(), self.place(key.span()));
                        channel.settings.insert(setting.to_owned(), value);
                    }
                    None => {
                        let what = format!("the setting `{}` cannot be {}", show(setting), item.type_name());
                        self.complain(span, what, "write text in quotes, a whole number, true or false");
                    }
                },
            }
        }
        if channel.provider.is_empty() && self.problems.is_empty() {
            let what = format!("the channel `{}` has no `provider`", show(name.get()));
            self.complain(name.span(), what, "add provider = \"…\"");
        }
        Some(channel)
    }

    fn secrets(&mut self, table: &dyn TableLike, channel: &mut ChannelConfig) {
        for (key, item) in entries(table) {
            let span = item.span().or_else(|| key.span());
            match self.source(item) {
                Some(source) => {
                    channel.places.insert(key.get().to_owned(), self.place(key.span()));
                    channel.secrets.insert(key.get().to_owned(), source);
                }
                None => self.complain(
                    span,
                    format!("the secret `{}` does not say where it is kept", show(key.get())),
                    "write { keyring = true }, { env = \"VARIABLE\" }, { file = \"PATH\" } or { command = \"COMMAND\" }; never the secret itself",
                ),
            }
        }
    }

    fn source(&self, item: &Item) -> Option<SecretSource> {
        let table = item.as_table_like()?;
        let mut entries = entries(table);
        let (key, value) = entries.next()?;
        if entries.next().is_some() {
            return None;
        }
        let text = value.as_str().filter(|t| !t.trim().is_empty());
        match key.get() {
            "env" => text.map(|t| SecretSource::Env(t.to_owned())),
            "file" => text.map(|t| SecretSource::File(self.absolute(t))),
            "command" => text.map(|t| SecretSource::Command(t.to_owned())),
            "keyring" => (value.as_bool() == Some(true)).then_some(SecretSource::Keyring),
            _ => None,
        }
    }

    /// Paths in the file are relative to the file.
    fn absolute(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

/// The entries of a table with their keys (which know their place).
fn entries(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}

/// A list of texts as one, with commas.
fn words(item: &Item) -> Option<String> {
    let words: Option<Vec<&str>> = item.as_array()?.iter().map(|word| word.as_str()).collect();
    words.map(|words| words.join(", "))
}

/// A setting's value as text.
fn scalar_text(item: &Item) -> Option<String> {
    if let Some(text) = item.as_str() {
        return Some(text.to_owned());
    }
    item.as_integer().map(|i| i.to_string()).or_else(|| item.as_bool().map(|b| b.to_string()))
}

/// A word of the file, fit for a terminal.
fn show(word: &str) -> std::borrow::Cow<'_, str> {
    crate::text::sanitize::line(word)
}
