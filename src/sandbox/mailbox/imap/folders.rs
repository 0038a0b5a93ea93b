//! Folders: listed, opened, counted, made and removed.

use super::super::state::{Folder, State, named};
use super::super::utf7;
use super::told::{Open, flags};
use super::words::{Set, Word, set_of};
use super::{Done, Refusal, Session, bad, no};

/// The name of a folder as it reads.
fn name_of(word: &Word) -> Result<String, Refusal> {
    let name = word.text().as_deref().and_then(utf7::decode).filter(|name| !name.is_empty());
    let Some(name) = name else { return no("[CANNOT] That is no name of a folder.") };
    Ok(named(&name).to_owned())
}

/// The folder that was meant.
pub(super) fn existing<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Folder, Refusal> {
    let Some(folder) = state.folder_mut(name) else { return no("[NONEXISTENT] There is no such folder.") };
    Ok(folder)
}

/// The folder that something is to be put into.
pub(super) fn target(state: &State, word: &Word) -> Result<String, Refusal> {
    let name = name_of(word)?;
    if state.folder(&name).is_none() {
        return no("[TRYCREATE] There is no such folder.");
    }
    Ok(name)
}

/// A name in quotes, as it travels.
fn quoted(name: &str) -> String {
    format!("\"{}\"", utf7::encode(name).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a name fits a pattern: `*` is anything, `%` anything within a level (RFC 3501, section 6.3.8).
fn fits(name: &[char], pattern: &[char], delimiter: char) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, _) => name.is_empty(),
        (Some((wild @ ('*' | '%'), rest)), _) => {
            fits(name, rest, delimiter)
                || name.split_first().is_some_and(|(first, left)| {
                    (*wild == '*' || *first != delimiter) && fits(left, pattern, delimiter)
                })
        }
        (Some((want, rest)), Some((have, left))) => want == have && fits(left, rest, delimiter),
        (Some(_), None) => false,
    }
}

impl Session {
    fn fitting(&self, state: &State, reference: &str, pattern: &str) -> Vec<String> {
        let delimiter = self.conn.shared.options.delimiter;
        let pattern: String = format!("{reference}{pattern}");
        let pattern = utf7::decode(&pattern).unwrap_or(pattern);
        let pattern: Vec<char> = named(&pattern).chars().collect();
        let fits = |name: &&String| fits(&name.chars().collect::<Vec<_>>(), &pattern, delimiter);
        state.folders.keys().filter(fits).cloned().collect()
    }

    /// LIST, also with what RFC 6154 adds: only what has a use, or with the use told.
    pub(super) fn list(&mut self, args: &[Word]) -> Done {
        let specials = self.has("SPECIAL-USE");
        let is_special = |word: &Word| word.list().is_some_and(|l| matches!(l, [w] if w.is("SPECIAL-USE")));
        let (only, args) = match args {
            [select, rest @ ..] if specials && is_special(select) => (true, rest),
            _ => (false, args),
        };
        let (reference, pattern) = match args {
            [reference, pattern] => (reference.text(), pattern.text()),
            [reference, pattern, word, what] if specials && word.is("RETURN") && is_special(what) => {
                (reference.text(), pattern.text())
            }
            _ => return bad("Wrong words behind LIST."),
        };
        let (Some(reference), Some(pattern)) = (reference, pattern) else { return bad("What?") };
        let delimiter = self.conn.shared.options.delimiter;
        if pattern.is_empty() {
            self.push(&format!("* LIST (\\Noselect) \"{delimiter}\" \"\""));
            return Ok("Listed.".into());
        }
        let shared = self.conn.shared.clone();
        let state = shared.state();
        for name in self.fitting(&state, &reference, &pattern) {
            let below = format!("{name}{delimiter}");
            let has_children = state.folders.keys().any(|other| other.starts_with(&below));
            let special = state.folder(&name).and_then(|folder| folder.special.as_deref());
            if only && special.is_none() {
                continue;
            }
            let mut attributes = vec![if has_children { "\\HasChildren" } else { "\\HasNoChildren" }];
            attributes.extend(special.filter(|_| specials));
            self.push(&format!("* LIST ({}) \"{delimiter}\" {}", attributes.join(" "), quoted(&name)));
        }
        Ok("Listed.".into())
    }

    pub(super) fn lsub(&mut self, reference: &Word, pattern: &Word) -> Done {
        let (Some(reference), Some(pattern)) = (reference.text(), pattern.text()) else {
            return bad("What?");
        };
        let shared = self.conn.shared.clone();
        let state = shared.state();
        let delimiter = shared.options.delimiter;
        for name in self.fitting(&state, &reference, &pattern) {
            if state.folder(&name).is_some_and(|folder| folder.subscribed) {
                self.push(&format!("* LSUB () \"{delimiter}\" {}", quoted(&name)));
            }
        }
        Ok("Listed.".into())
    }

    pub(super) fn select(&mut self, folder: &Word, rest: &[Word], writable: bool) -> Done {
        if self.open.take().is_some() && self.vanished {
            self.push("* OK [CLOSED] The folder before is closed.");
        }
        let known = self.parameters(rest)?;
        let name = name_of(folder)?;
        let shared = self.conn.shared.clone();
        let mut state = shared.state();
        let folder = &*existing(&mut state, &name)?;
        self.push("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)");
        let permanent = if writable { "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*" } else { "" };
        self.push(&format!("* OK [PERMANENTFLAGS ({permanent})] These stay."));
        self.push(&format!("* {} EXISTS", folder.mails.len()));
        self.push("* 0 RECENT");
        if let Some(first) = folder.mails.values().position(|kept| !kept.has("\\Seen")) {
            self.push(&format!("* OK [UNSEEN {}] The first unseen.", first + 1));
        }
        self.push(&format!("* OK [UIDVALIDITY {}] Numbers hold.", folder.validity));
        self.push(&format!("* OK [UIDNEXT {}] The next number.", folder.next));
        if self.has("CONDSTORE") {
            self.push(&format!("* OK [HIGHESTMODSEQ {}] The last change.", folder.modseq));
        }
        let open = Open::new(&name, folder, writable);
        if let Some((validity, since)) = known
            && validity == folder.validity
        {
            let gone = folder.gone.iter().filter(|(modseq, _)| *modseq > since).map(|(_, uid)| *uid);
            let mut gone: Vec<u32> = gone.collect();
            gone.sort_unstable();
            if !gone.is_empty() {
                self.push(&format!("* VANISHED (EARLIER) {}", set_of(gone)));
            }
            for (place, kept) in folder.mails.values().enumerate().filter(|(_, kept)| kept.modseq > since) {
                let (uid, modseq) = (kept.uid, kept.modseq);
                self.push(&format!("* {} FETCH (UID {uid} {} MODSEQ ({modseq}))", place + 1, flags(kept)));
            }
        }
        self.open = Some(open);
        Ok(if writable { "[READ-WRITE] Opened." } else { "[READ-ONLY] Opened." }.into())
    }

    /// What a client adds to SELECT: CONDSTORE, or what it knows already (RFC 7162, section 3.2.5).
    fn parameters(&mut self, rest: &[Word]) -> Result<Option<(u32, u64)>, Refusal> {
        match rest {
            [] => Ok(None),
            [Word::List(words)] => match words.as_slice() {
                [word] if word.is("CONDSTORE") && self.has("CONDSTORE") => {
                    self.counts = true;
                    Ok(None)
                }
                [word, Word::List(known)] if word.is("QRESYNC") && self.vanished => {
                    let validity = known.first().and_then(Word::number).and_then(|n| u32::try_from(n).ok());
                    match (validity, known.get(1).and_then(Word::number)) {
                        (Some(validity), Some(since)) => Ok(Some((validity, since))),
                        _ => bad("What is known is told as (UIDVALIDITY MODSEQ)."),
                    }
                }
                _ => bad("Wrong words behind the folder."),
            },
            _ => bad("Wrong words behind the folder."),
        }
    }

    pub(super) fn close(&mut self, tidies: bool) -> Done {
        if let Some(open) = self.open.take()
            && tidies
            && open.writable
        {
            self.conn.shared.change(|state| {
                if let Some(folder) = state.folder_mut(&open.name) {
                    let marked = folder.mails.values().filter(|kept| kept.has("\\Deleted"));
                    let marked: Vec<u32> = marked.map(|kept| kept.uid).collect();
                    for uid in marked {
                        folder.remove(uid);
                    }
                }
            });
        }
        Ok("Closed.".into())
    }

    pub(super) fn status(&mut self, folder: &Word, items: &[Word]) -> Done {
        let name = name_of(folder)?;
        let shared = self.conn.shared.clone();
        let mut state = shared.state();
        let folder = &*existing(&mut state, &name)?;
        let mut told = Vec::new();
        for item in items {
            let Some(item) = item.atom() else { return bad("What?") };
            let value = match item.as_str() {
                "MESSAGES" => folder.mails.len() as u64,
                "RECENT" => 0,
                "UIDNEXT" => folder.next.into(),
                "UIDVALIDITY" => folder.validity.into(),
                "UNSEEN" => folder.mails.values().filter(|kept| !kept.has("\\Seen")).count() as u64,
                "HIGHESTMODSEQ" if self.has("CONDSTORE") => folder.modseq,
                _ => return bad("That is not counted."),
            };
            told.push(format!("{item} {value}"));
        }
        self.push(&format!("* STATUS {} ({})", quoted(&name), told.join(" ")));
        Ok("Counted.".into())
    }

    pub(super) fn create(&mut self, folder: &Word) -> Done {
        let name = name_of(folder)?;
        let name = name.trim_end_matches(self.conn.shared.options.delimiter);
        if self.conn.shared.change(|state| state.create(name, None)) {
            Ok("Made.".into())
        } else {
            no("[ALREADYEXISTS] It is there.")
        }
    }

    pub(super) fn delete(&mut self, folder: &Word) -> Done {
        let name = name_of(folder)?;
        let gone = name != "INBOX" && self.conn.shared.change(|state| state.folders.remove(&name).is_some());
        if gone { Ok("Gone.".into()) } else { no("[NONEXISTENT] There is none that could go.") }
    }

    pub(super) fn rename(&mut self, from: &Word, to: &Word) -> Done {
        let (from, to) = (name_of(from)?, name_of(to)?);
        self.conn.shared.change(|state| {
            if state.folders.contains_key(&to) {
                return no("[ALREADYEXISTS] That name is taken.");
            }
            match state.folders.remove(&from).filter(|_| from != "INBOX") {
                Some(folder) => {
                    state.folders.insert(to, folder);
                    Ok("Renamed.".into())
                }
                None => no("[NONEXISTENT] There is no such folder."),
            }
        })
    }

    pub(super) fn subscribe(&mut self, folder: &Word, on: bool) -> Done {
        let name = name_of(folder)?;
        self.conn.shared.change(|state| {
            existing(state, &name)?.subscribed = on;
            Ok("Noted.".into())
        })
    }
}

/// Numbers that were taken out since a change, within a set.
pub(super) fn vanished(folder: &Folder, since: u64, set: &Word) -> String {
    let set = set.atom().and_then(|text| Set::parse(&text, folder.next.saturating_sub(1).max(1)));
    let gone = folder.gone.iter().filter(|(modseq, _)| *modseq > since).map(|(_, uid)| *uid);
    let mut gone: Vec<u32> = gone.filter(|uid| set.as_ref().is_some_and(|set| set.has(*uid))).collect();
    gone.sort_unstable();
    set_of(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let all = |name: &str, pattern: &str| {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            fits(&chars(name), &chars(pattern), '/')
        };
        for (name, pattern) in [("a/b", "*"), ("a", "%"), ("a/b", "a/%"), ("a/b", "%/b"), ("abc", "a*c")] {
            assert!(all(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [("a/b", "%"), ("a/b/c", "a/%"), ("ab", "a"), ("a", "ab")] {
            assert!(!all(name, pattern), "{name} {pattern}");
        }
    }
}
