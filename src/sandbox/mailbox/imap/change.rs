//! What a client changes: flags, and where mails are.

use super::super::state::Folder;
use super::folders::{existing, target};
use super::told::flags;
use super::words::{Word, set_of};
use super::{Done, Refusal, Session, bad, no};
use crate::domain::clock::Ms;

/// What STORE does with flags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Add,
    Remove,
    Replace,
}

/// The flags of a list, or one alone.
fn flags_of(words: &[Word]) -> Option<Vec<String>> {
    let words = match words {
        [Word::List(words)] => words.as_slice(),
        words => words,
    };
    words
        .iter()
        .map(|word| match word {
            Word::Atom(flag) if !flag.eq_ignore_ascii_case("\\Recent") => Some(flag.clone()),
            _ => None,
        })
        .collect()
}

/// `17-Jul-1996 02:44:25 -0700`, as UTC milliseconds.
fn date_time(text: &str) -> Option<Ms> {
    let parsed = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?;
    Some(parsed.to_timestamp().ok()?.as_millisecond())
}

impl Session {
    /// The name of the open folder, which is to be changed.
    fn writable(&self) -> Result<String, Refusal> {
        match &self.open {
            Some(open) if open.writable => Ok(open.name.clone()),
            _ => no("[READ-ONLY] The folder was opened to be read only."),
        }
    }

    /// Numbers of the mails in a set of the open folder.
    fn uids(&self, set: &Word, by_uid: bool) -> Result<Vec<u32>, Refusal> {
        self.open.as_ref().map_or(Ok(Vec::new()), |open| open.uids(set, by_uid))
    }

    pub(super) fn store(&mut self, set: &Word, rest: &[Word], by_uid: bool) -> Done {
        let name = self.writable()?;
        let uids = self.uids(set, by_uid)?;
        let (unless, rest) = match rest {
            [Word::List(words), rest @ ..] if self.has("CONDSTORE") => match words.as_slice() {
                [word, since] if word.is("UNCHANGEDSINCE") => (since.number(), rest),
                _ => return bad("Wrong words behind the set."),
            },
            rest => (None, rest),
        };
        let Some((item, words)) = rest.split_first().filter(|(_, words)| !words.is_empty()) else {
            return bad("What is to be stored?");
        };
        let item = item.atom().unwrap_or_default();
        let (item, silent) = match item.strip_suffix(".SILENT") {
            Some(item) => (item, true),
            None => (item.as_str(), false),
        };
        let way = match item {
            "+FLAGS" => Way::Add,
            "-FLAGS" => Way::Remove,
            "FLAGS" => Way::Replace,
            _ => return bad("Only flags can be stored."),
        };
        let Some(wanted) = flags_of(words) else { return bad("These are no flags.") };
        self.counts |= unless.is_some();
        let shared = self.conn.shared.clone();
        let modified = shared.change(|state| {
            let folder = existing(state, &name)?;
            let mut modified = Vec::new();
            for uid in uids {
                let Some(kept) = folder.mails.get(&uid) else { continue };
                if unless.is_some_and(|since| kept.modseq > since) {
                    modified.push(uid);
                    continue;
                }
                let changed = match way {
                    Way::Add => folder.flag(uid, &wanted, true),
                    Way::Remove => folder.flag(uid, &wanted, false),
                    Way::Replace => folder.replace(uid, &wanted),
                };
                if let Some(modseq) = changed {
                    self.stored(folder, uid, modseq, silent, by_uid);
                }
            }
            Ok(modified)
        })?;
        if modified.is_empty() {
            return Ok("Stored.".into());
        }
        // Told by place where it was asked by place (RFC 7162, section 3.1.3).
        let place = |uid: &u32| {
            let place = self.open.as_ref().and_then(|open| open.place(*uid));
            place.and_then(|place| u32::try_from(place + 1).ok())
        };
        let told = if by_uid { modified } else { modified.iter().filter_map(place).collect() };
        Ok(format!("[MODIFIED {}] Some had changed.", set_of(told)))
    }

    /// Tells what became of a mail's flags.
    fn stored(&mut self, folder: &Folder, uid: u32, modseq: u64, silent: bool, by_uid: bool) {
        let Some(open) = &mut self.open else { return };
        open.knows(uid, modseq);
        let (Some(place), Some(kept)) = (open.place(uid), folder.mails.get(&uid)) else { return };
        let uid = if by_uid || self.vanished { format!("UID {uid} ") } else { String::new() };
        match (silent, self.counts) {
            (true, false) => {}
            (true, true) => self.push(&format!("* {} FETCH ({uid}MODSEQ ({modseq}))", place + 1)),
            (false, false) => self.push(&format!("* {} FETCH ({uid}{})", place + 1, flags(kept))),
            (false, true) => {
                self.push(&format!("* {} FETCH ({uid}{} MODSEQ ({modseq}))", place + 1, flags(kept)));
            }
        }
    }

    pub(super) fn expunge(&mut self, set: Option<&Word>) -> Done {
        let name = self.writable()?;
        let chosen = set.map(|set| self.uids(set, true)).transpose()?;
        self.conn.shared.change(|state| {
            let folder = existing(state, &name)?;
            let fits = |uid: &u32| chosen.as_ref().is_none_or(|chosen| chosen.contains(uid));
            let marked = folder.mails.values().filter(|kept| kept.has("\\Deleted"));
            let marked: Vec<u32> = marked.map(|kept| kept.uid).filter(fits).collect();
            for uid in marked {
                folder.remove(uid);
            }
            Ok("Tidied.".into())
        })
    }

    /// COPY, or MOVE, which does all or nothing (RFC 6851).
    pub(super) fn copy(&mut self, set: &Word, folder: &Word, by_uid: bool, moves: bool) -> Done {
        let from = match moves {
            true => self.writable()?,
            false => self.open.as_ref().map(|open| open.name.clone()).unwrap_or_default(),
        };
        let uids = self.uids(set, by_uid)?;
        let shared = self.conn.shared.clone();
        let (validity, old, new) = shared.change(|state| {
            let to = target(state, folder)?;
            let (mut old, mut new) = (Vec::new(), Vec::new());
            for uid in uids {
                let source = existing(state, &from)?;
                let kept = if moves { source.remove(uid) } else { source.mails.get(&uid).cloned() };
                let Some(kept) = kept else { continue };
                old.push(uid);
                new.push(existing(state, &to)?.add(kept.raw, kept.flags, kept.at));
            }
            Ok((existing(state, &to)?.validity, old, new))
        })?;
        if old.is_empty() {
            return Ok("There was nothing.".into());
        }
        if !self.has("UIDPLUS") {
            return Ok("Done.".into());
        }
        let code = format!("[COPYUID {validity} {} {}]", set_of(old), set_of(new));
        if moves {
            // Before they are told to be gone (RFC 6851, section 4.3).
            self.push(&format!("* OK {code} Moved."));
            return Ok("Done.".into());
        }
        Ok(format!("{code} Copied."))
    }

    pub(super) fn append(&mut self, folder: &Word, rest: &[Word]) -> Done {
        let (wanted, rest) = match rest {
            [flags @ Word::List(_), rest @ ..] => (flags_of(std::slice::from_ref(flags)), rest),
            rest => (Some(Vec::new()), rest),
        };
        let (at, raw) = match rest {
            [Word::Text(raw)] => (Some(self.conn.shared.now()), raw),
            [date, Word::Text(raw)] => (date.text().as_deref().and_then(date_time), raw),
            _ => return bad("A mail was awaited."),
        };
        let (Some(wanted), Some(at)) = (wanted, at) else { return bad("These are no flags, or no date.") };
        let has_plus = self.has("UIDPLUS");
        self.conn.shared.change(|state| {
            let to = target(state, folder)?;
            let folder = existing(state, &to)?;
            let uid = folder.add(raw.as_slice().into(), wanted, at);
            let code = format!("[APPENDUID {} {uid}] ", folder.validity);
            Ok(format!("{}Kept.", if has_plus { &code } else { "" }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_dates() {
        let atom = |text: &str| Word::Atom(text.to_owned());
        assert_eq!(flags_of(&[atom("\\Seen"), atom("vip")]), Some(vec!["\\Seen".into(), "vip".into()]));
        assert_eq!(flags_of(&[Word::List(vec![])]), Some(vec![]));
        assert_eq!(flags_of(&[atom("\\recent")]), None, "nobody sets that");
        assert_eq!(date_time("17-Jul-1996 02:44:25 -0700"), Some(837_596_665_000));
        assert_eq!(date_time(" 1-Jul-1996"), None);
    }
}
