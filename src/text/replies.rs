//! Quick replies as text: TOML and CSV, read with the line of every mistake and written so that they come back as they were.

use crate::domain::account::Channel;
use crate::domain::attachment::Enclosure;
use crate::domain::quick_reply::{QuickReply, SLOTS};
use crate::text::sanitize;
use std::fmt;
use toml_edit::{ArrayOfTables, Document, DocumentMut, Item, Table, TableLike};

/// The fields of a quick reply, in the order of the columns.
const FIELDS: [&str; 7] = ["shortcut", "channel", "language", "slot", "title", "body", "files"];
/// What stands between the paths of several files in CSV.
const BETWEEN: char = ';';

/// In which form they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table `[[quick_reply]]` for each.
    Toml,
    /// A line for each below a line of names.
    Csv,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// A quick reply in its final form: clean, with a title.
///
/// # Errors
/// What is wrong with it.
pub fn checked(reply: QuickReply) -> Result<QuickReply, String> {
    let QuickReply { shortcut, channel, language, slot, title, body, files } = reply;
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if shortcut.is_empty() || !shortcut.chars().all(plain) {
        let shown = sanitize::line(&shortcut);
        return Err(format!("\u{201c}{shown}\u{201d} is no shortcut: use letters, digits, - and _"));
    }
    let language = match language.map(|l| l.trim().to_lowercase()).filter(|l| !l.is_empty()) {
        Some(tag) if !is_language(&tag) => {
            let shown = sanitize::line(&tag);
            return Err(format!("\u{201c}{shown}\u{201d} is no language: write it as nl, en or pt-br"));
        }
        language => language,
    };
    if slot.is_some_and(|slot| !(1..=SLOTS).contains(&slot)) {
        return Err(format!("a slot is a number from 1 to {SLOTS}"));
    }
    let body = sanitize::clean(&body).into_owned();
    if body.trim().is_empty() {
        return Err("the text is empty".into());
    }
    let title = sanitize::line(&title).trim().to_owned();
    let title = if title.is_empty() { shortcut.clone() } else { title };
    Ok(QuickReply { shortcut, channel, language, slot, title, body, files })
}

/// A file of which only the path is known.
fn named_only(path: String) -> Enclosure {
    Enclosure { name: sanitize::file_name(&path), mime: String::new(), size: 0, path }
}

/// Whether it has the form of a language tag: two or three letters, then parts behind hyphens.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Reads quick replies. Of their files only the paths are known, as they are written.
///
/// # Errors
/// Everything that is wrong, by line.
pub fn read(text: &str, format: Format) -> Result<Vec<QuickReply>, Vec<Problem>> {
    let mut found = match format {
        Format::Toml => from_toml(text),
        Format::Csv => from_csv(text),
    };
    found.doubles();
    if found.problems.is_empty() {
        Ok(found.replies.into_iter().map(|(_, reply)| reply).collect())
    } else {
        found.problems.sort_by_key(|p| p.line);
        Err(found.problems)
    }
}

/// Writes quick replies.
pub fn write<'a>(replies: impl IntoIterator<Item = &'a QuickReply>, format: Format) -> String {
    match format {
        Format::Toml => to_toml(replies),
        Format::Csv => to_csv(replies),
    }
}

#[derive(Default)]
struct Found {
    replies: Vec<(usize, QuickReply)>,
    problems: Vec<Problem>,
}

impl Found {
    fn complain(&mut self, line: usize, why: impl Into<String>) {
        self.problems.push(Problem { line, why: why.into() });
    }

    /// Takes the fields of one reply, as text.
    fn take(&mut self, line: usize, field: impl Fn(&str) -> Option<String>, files: Vec<String>) {
        let filled = |name: &str| field(name).filter(|value| !value.trim().is_empty());
        for name in ["shortcut", "body"] {
            if filled(name).is_none() {
                return self.complain(line, format!("`{name}` is missing"));
            }
        }
        let channel = match filled("channel").map(|word| word.trim().parse::<Channel>()).transpose() {
            Ok(channel) => channel,
            Err(e) => return self.complain(line, e.to_string()),
        };
        let slot = match filled("slot").map(|number| number.trim().parse::<u8>()).transpose() {
            Ok(slot) => slot,
            Err(_) => return self.complain(line, format!("a slot is a number from 1 to {SLOTS}")),
        };
        let reply = QuickReply {
            shortcut: field("shortcut").unwrap_or_default().trim().to_owned(),
            channel,
            language: filled("language"),
            slot,
            title: field("title").unwrap_or_default(),
            body: field("body").unwrap_or_default(),
            files: files.into_iter().map(named_only).collect(),
        };
        match checked(reply) {
            Ok(reply) => self.replies.push((line, reply)),
            Err(why) => self.complain(line, why),
        }
    }

    /// One shortcut, medium and language stand once; a slot belongs to one shortcut.
    fn doubles(&mut self) {
        let mut problems = Vec::new();
        for (at, (line, reply)) in self.replies.iter().enumerate() {
            let before = &self.replies[..at];
            if let Some((first, _)) = before.iter().find(|(_, other)| other.key() == reply.key()) {
                let why = format!("{} stands in line {first} already", reply.name());
                problems.push(Problem { line: *line, why });
            }
            let same = |other: &QuickReply| other.slot == reply.slot && other.shortcut != reply.shortcut;
            if let (Some(slot), Some((first, _))) = (reply.slot, before.iter().find(|(_, other)| same(other)))
            {
                let why = format!("slot {slot} is taken in line {first} already");
                problems.push(Problem { line: *line, why });
            }
        }
        self.problems.append(&mut problems);
    }
}

/// The line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

fn from_toml(text: &str) -> Found {
    let mut found = Found::default();
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(e) => {
            let line = line_of(text, e.span().map_or(0, |s| s.start));
            found.complain(line, format!("not valid TOML: {}", e.message().trim().replace('\n', " ")));
            return found;
        }
    };
    let place = |span: Option<std::ops::Range<usize>>| line_of(text, span.map_or(0, |s| s.start));
    let root: &dyn TableLike = document.as_table();
    for (name, item) in root.iter() {
        let line = root.get_key_value(name).map_or(1, |(key, _)| place(key.span()));
        match item.as_array_of_tables() {
            Some(tables) if name == "quick_reply" => {
                for table in tables {
                    one_table(&mut found, table, place(table.span()), &place);
                }
            }
            _ if name == "quick_reply" => found.complain(line, "write [[quick_reply]] above each"),
            _ => {
                let shown = sanitize::line(name);
                found.complain(line, format!("unknown key `{shown}`: write [[quick_reply]]"));
            }
        }
    }
    found
}

fn one_table(
    found: &mut Found,
    table: &Table,
    line: usize,
    place: &dyn Fn(Option<std::ops::Range<usize>>) -> usize,
) {
    let before = found.problems.len();
    for (name, item) in table.iter() {
        let line = table.get_key_value(name).map_or(line, |(key, _)| place(key.span()));
        if !FIELDS.contains(&name) {
            let shown = sanitize::line(name);
            found.complain(line, format!("unknown field `{shown}`: use {}", FIELDS.join(", ")));
        } else if name == "slot" && !item.is_integer() {
            found.complain(line, "`slot` takes a number without quotes");
        } else if name == "files" {
            let texts = item.as_array().is_some_and(|all| all.iter().all(toml_edit::Value::is_str));
            if !texts {
                found.complain(line, "`files` takes a list of paths: [\"a.pdf\", \"b.png\"]");
            }
        } else if name != "slot" && !item.is_str() {
            found.complain(line, format!("`{name}` takes text in quotes"));
        }
    }
    if found.problems.len() == before {
        let text = |item: &Item| {
            item.as_str().map(str::to_owned).or_else(|| item.as_integer().map(|n| n.to_string()))
        };
        let files = table.get("files").and_then(Item::as_array).into_iter().flatten();
        let files = files.filter_map(|path| path.as_str().map(str::to_owned)).collect();
        found.take(line, |name| table.get(name).and_then(text), files);
    }
}

fn to_toml<'a>(replies: impl IntoIterator<Item = &'a QuickReply>) -> String {
    let mut tables = ArrayOfTables::new();
    for reply in replies {
        let mut table = Table::new();
        let mut put = |name: &str, value: Option<toml_edit::Value>| {
            if let Some(value) = value {
                table.insert(name, Item::Value(value));
            }
        };
        put("shortcut", Some(reply.shortcut.as_str().into()));
        put("channel", reply.channel.map(|channel| channel.word().into()));
        put("language", reply.language.as_deref().map(Into::into));
        put("slot", reply.slot.map(|slot| i64::from(slot).into()));
        put("title", Some(reply.title.as_str().into()));
        put("body", Some(reply.body.as_str().into()));
        let files: toml_edit::Array = reply.files.iter().map(|file| file.path.as_str()).collect();
        put("files", (!files.is_empty()).then(|| files.into()));
        tables.push(table);
    }
    let mut document = DocumentMut::new();
    if !tables.is_empty() {
        document.insert("quick_reply", Item::ArrayOfTables(tables));
    }
    document.to_string()
}

fn from_csv(text: &str) -> Found {
    let mut found = Found::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut columns: Option<Vec<String>> = None;
    let mut end = 0;
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                let line = e.position().map_or(1, csv::Position::line);
                found.complain(usize::try_from(line).unwrap_or(1), "it cannot be read as CSV");
                return found;
            }
        };
        // The reader counts a record from the end of the one before: blank lines between them are its own.
        let start = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
        let skipped =
            text.as_bytes()[start.min(text.len())..].iter().take_while(|b| matches!(b, b'\n' | b'\r'));
        let line = line_of(text, start + skipped.count());
        end = end.max(line);
        let Some(columns) = &columns else {
            let names: Vec<String> = record.iter().map(|name| name.trim().to_lowercase()).collect();
            for name in &names {
                if !FIELDS.contains(&name.as_str()) {
                    let shown = sanitize::line(name);
                    found.complain(line, format!("unknown column `{shown}`: use {}", FIELDS.join(", ")));
                } else if names.iter().filter(|other| *other == name).count() > 1 {
                    found.complain(line, format!("the column `{name}` stands there twice"));
                }
            }
            for name in ["shortcut", "body"] {
                if !names.iter().any(|column| column == name) {
                    found.complain(line, format!("the column `{name}` is missing"));
                }
            }
            if !found.problems.is_empty() {
                return found;
            }
            columns = Some(names);
            continue;
        };
        if record.len() > columns.len() {
            found.complain(line, format!("{} fields, but {} columns", record.len(), columns.len()));
            continue;
        }
        let field = |name: &str| {
            let at = columns.iter().position(|column| column == name)?;
            record.get(at).map(str::to_owned)
        };
        let files = field("files").unwrap_or_default();
        let files =
            files.split(BETWEEN).map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect();
        found.take(line, field, files);
    }
    if columns.is_none() {
        found.complain(1, format!("the first line has the names of the columns: {}", FIELDS.join(",")));
    }
    found
}

fn to_csv<'a>(replies: impl IntoIterator<Item = &'a QuickReply>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![FIELDS.map(str::to_owned)];
    rows.extend(replies.into_iter().map(|reply| {
        [
            reply.shortcut.clone(),
            reply.channel.map_or("", Channel::word).to_owned(),
            reply.language.clone().unwrap_or_default(),
            reply.slot.map(|slot| slot.to_string()).unwrap_or_default(),
            reply.title.clone(),
            reply.body.clone(),
            reply.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>().join(&BETWEEN.to_string()),
        ]
    }));
    for row in rows {
        // Memory takes everything, and every row has as many fields as the first.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, format: Format) -> Vec<String> {
        read(text, format).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_of_a_table_has_its_line() {
        let text = "[[quick_reply]]\nshortcut = \"hi\"\nbody = \"x\"\nslot = \"1\"\n\n[[quick_reply]]\nshortcut = \"a b\"\nbody = \"x\"\n\n\
                    [[quick_reply]]\nshortcut = \"c\"\n[[quick_reply]]\nshortcut = \"d\"\nbody = \"\"\"\nx\ny\"\"\"\ntext = \"y\"\n";
        assert_eq!(
            lines(text, Format::Toml),
            [
                "line 4: `slot` takes a number without quotes",
                "line 6: \u{201c}a b\u{201d} is no shortcut: use letters, digits, - and _",
                "line 10: `body` is missing",
                "line 17: unknown field `text`: use shortcut, channel, language, slot, title, body, files",
            ]
        );
        assert!(
            lines("[[quick_reply]]\nshortcut = hi\n", Format::Toml)[0].starts_with("line 2: not valid TOML")
        );
        assert_eq!(
            lines("\nreply = 1", Format::Toml),
            ["line 2: unknown key `reply`: write [[quick_reply]]"]
        );
    }

    #[test]
    fn every_mistake_of_a_row_has_its_line() {
        let text = "shortcut,channel,slot,body\nhi,,1,\"one\ntwo\"\n\nhi,sms,1,x\nlate,fax,,x\nhi,,,again\nlate,,1,x\nlate,,7,x,y\n,,,\n";
        assert_eq!(
            lines(text, Format::Csv),
            [
                "line 6: unknown channel \u{201c}fax\u{201d}: use one of email, whatsapp, sms, linkedin, messenger, instagram, telegram, webchat, other",
                "line 7: hi stands in line 2 already",
                "line 8: slot 1 is taken in line 2 already",
                "line 9: 5 fields, but 4 columns",
                "line 10: `shortcut` is missing",
            ]
        );
        assert_eq!(
            lines("", Format::Csv),
            [
                "line 1: the first line has the names of the columns: shortcut,channel,language,slot,title,body,files"
            ]
        );
        assert_eq!(lines("shortcut,text\n", Format::Csv).len(), 2);
    }

    #[test]
    fn what_is_left_out_is_for_everything() {
        let [reply] = read("\u{feff}Shortcut,Body\r\nhi,\"Hello, \"\"you\"\"\"\r\n", Format::Csv)
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!((reply.title.as_str(), reply.body.as_str()), ("hi", "Hello, \"you\""));
        assert_eq!((reply.channel, reply.language, reply.slot), (None, None, None));
    }
}
