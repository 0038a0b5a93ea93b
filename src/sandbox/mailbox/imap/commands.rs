//! The commands that look into folders and change them.

use super::super::items::{Item, item};
use super::*;

impl Session {
    pub(super) async fn select(&mut self, name: &str, read_only: bool) -> Outcome {
        self.open = None;
        let told = {
            let state = self.shared.far.state();
            let Some(folder) = state.folders.get(name) else { return no("[NONEXISTENT] no such folder") };
            let modseq = if self.can("CONDSTORE") {
                format!("* OK [HIGHESTMODSEQ {}] changes\r\n", folder.highest)
            } else {
                "* OK [NOMODSEQ] no changes\r\n".to_owned()
            };
            self.open = Some((name.to_owned(), folder.mails().iter().map(|mail| mail.uid).collect()));
            format!(
                "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] flags\r\n\
                 * {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] valid\r\n* OK [UIDNEXT {}] next\r\n{modseq}",
                folder.mails().len(),
                folder.validity,
                folder.next,
            )
        };
        self.read_only = read_only;
        self.say(&told).await?;
        ok(if read_only { "[READ-ONLY] done" } else { "[READ-WRITE] done" })
    }

    pub(super) async fn status(&mut self, name: &str, wanted: &[Word]) -> Outcome {
        let told = {
            let state = self.shared.far.state();
            let Some(folder) = state.folders.get(name) else { return no("[NONEXISTENT] no such folder") };
            let value = |word: &Word| {
                let word = word.text().to_ascii_uppercase();
                let value = match word.as_str() {
                    "UIDVALIDITY" => u64::from(folder.validity),
                    "UIDNEXT" => u64::from(folder.next),
                    "MESSAGES" => folder.mails().len() as u64,
                    "HIGHESTMODSEQ" => folder.highest,
                    _ => return None,
                };
                Some(format!("{word} {value}"))
            };
            let all: Option<Vec<String>> = wanted.iter().map(value).collect();
            all.map(|all| format!("* STATUS \"{name}\" ({})\r\n", all.join(" ")))
        };
        let Some(told) = told else { return Ok(Err("BAD".into())) };
        self.say(&told).await?;
        ok("done")
    }

    pub(super) async fn list(&mut self, args: &[Word]) -> Outcome {
        if args.len() > 2 && !self.can("SPECIAL-USE") {
            return Ok(Err("BAD".into()));
        }
        let shows = self.can("SPECIAL-USE") && args.len() > 2;
        let told: String = {
            let state = self.shared.far.state();
            let line = |(name, folder): (&String, &Folder)| {
                let special = if shows { folder.special.as_str() } else { "" };
                format!("* LIST (\\HasNoChildren {special}) \".\" \"{name}\"\r\n").replace(" )", ")")
            };
            state.folders.iter().map(line).collect()
        };
        self.say(&told).await?;
        ok("done")
    }

    pub(super) fn append(&mut self, args: &[Word]) -> Outcome {
        let (Some(name), Some(Word::Text(mail))) = (args.first(), args.last()) else {
            return Ok(Err("BAD".into()));
        };
        let flags: Vec<String> = match args.get(1) {
            Some(list @ Word::List(_)) => list.list().iter().map(Word::text).collect(),
            _ => Vec::new(),
        };
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let now = self.shared.now();
        let done = {
            let mut state = self.shared.far.state();
            let Some(folder) = state.folders.get_mut(&name.text()) else {
                return no("[TRYCREATE] no such folder");
            };
            let uid = folder.add(mail, &flags, now);
            format!("[APPENDUID {} {uid}] done", folder.validity)
        };
        self.shared.far.bump();
        ok(&done)
    }

    pub(super) async fn uid_fetch(&mut self, args: &[Word]) -> Outcome {
        let Some((name, known)) = self.open.clone() else { return no("nothing is open") };
        let set = args.first().map(Word::text).unwrap_or_default();
        let uids = numbers(&set, &known);
        let Some(Word::List(modifiers)) = args.get(2) else {
            return self.fetch(&name, &uids, args.get(1), None).await;
        };
        let words: Vec<String> = modifiers.iter().map(|word| word.text().to_ascii_uppercase()).collect();
        let since = words.iter().position(|word| word == "CHANGEDSINCE").and_then(|at| words.get(at + 1));
        let Some(since) = since.and_then(|since| since.parse::<u64>().ok()).filter(|_| self.can("CONDSTORE"))
        else {
            return Ok(Err("BAD".into()));
        };
        if words.iter().any(|word| word == "VANISHED") {
            if !self.qresync {
                return Ok(Err("BAD".into()));
            }
            let gone = self.folder(|folder| folder.gone_since(since)).unwrap_or_default();
            if !gone.is_empty() {
                let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
                self.say(&format!("* VANISHED (EARLIER) {}\r\n", gone.join(","))).await?;
            }
        }
        self.fetch(&name, &uids, args.get(1), Some(since)).await
    }

    pub(super) async fn fetch(
        &mut self,
        name: &str,
        uids: &[u32],
        wanted: Option<&Word>,
        since: Option<u64>,
    ) -> Outcome {
        let Some(mut wanted) = wanted.and_then(|wanted| items(&wanted.list())) else {
            return Ok(Err("BAD".into()));
        };
        if since.is_some() && !wanted.contains(&Item::Modseq) {
            wanted.push(Item::Modseq);
        }
        let left_out = self.without.and_then(item);
        wanted.retain(|item| Some(item) != left_out.as_ref());
        let opens = wanted.iter().any(|item| matches!(item, Item::Body { peek: false, .. }));
        if opens && !self.read_only {
            self.change(|folder| folder.flag(uids, &["\\Seen".to_owned()], true));
        }
        for uid in uids {
            let known = self.open.as_ref().and_then(|(_, known)| known.iter().position(|k| k == uid));
            let answered = {
                let state = self.shared.far.state();
                let mail = state.folders.get(name).and_then(|f| f.mails().iter().find(|m| m.uid == *uid));
                let mail = mail.filter(|mail| since.is_none_or(|since| mail.modseq > since));
                known.zip(mail).map(|(at, mail)| answer(at + 1, mail, &wanted, self.nil))
            };
            if let Some(answered) = answered {
                self.write(&answered).await?;
            }
        }
        ok("done")
    }

    pub(super) async fn store(&mut self, args: &[Word]) -> Outcome {
        let Some((name, known)) = self.open.clone() else { return no("nothing is open") };
        let set = args.first().map(Word::text).unwrap_or_default();
        let how = args.get(1).map(|word| word.text().to_ascii_uppercase()).unwrap_or_default();
        let flags: Vec<String> =
            args.get(2).map(Word::list).unwrap_or_default().iter().map(Word::text).collect();
        let uids = numbers(&set, &known);
        let on = match how.trim_end_matches(".SILENT") {
            "+FLAGS" => true,
            "-FLAGS" => false,
            _ => return Ok(Err("BAD".into())),
        };
        self.change(|folder| folder.flag(&uids, &flags, on));
        if how.ends_with(".SILENT") {
            return ok("done");
        }
        let wanted = Word::List(vec![Word::Atom("UID".into()), Word::Atom("FLAGS".into())]);
        self.fetch(&name, &uids, Some(&wanted), None).await
    }

    pub(super) async fn transfer(&mut self, args: &[Word], moves: bool) -> Outcome {
        let Some((name, known)) = self.open.clone() else { return no("nothing is open") };
        let uids = numbers(&args.first().map(Word::text).unwrap_or_default(), &known);
        let to = args.get(1).map(Word::text).unwrap_or_default();
        {
            let mut state = self.shared.far.state();
            if !state.folders.contains_key(&to) {
                return no("[TRYCREATE] no such folder");
            }
            let Some(from) = state.folders.get_mut(&name) else { return no("[NONEXISTENT] gone") };
            let mails: Vec<_> = if moves {
                from.take(&uids)
            } else {
                from.mails().iter().filter(|mail| uids.contains(&mail.uid)).cloned().collect()
            };
            if let Some(target) = state.folders.get_mut(&to) {
                for mail in mails {
                    let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
                    target.add(&mail.bytes, &flags, mail.at);
                }
            }
        }
        self.shared.far.bump();
        ok("done")
    }

    pub(super) async fn idle(&mut self, tag: &str) -> Outcome {
        let mut changed = self.shared.far.changed();
        self.say("+ idling\r\n* OK Still here\r\n").await?;
        loop {
            changed.borrow_and_update();
            self.tell_changes().await?;
            let line = tokio::select! {
                line = self.line.read() => line?,
                _ = changed.changed() => continue,
            };
            return match line {
                Some(line) if line.eq_ignore_ascii_case(b"DONE") => {
                    self.shared.far.state().happened.imap.push("DONE".to_owned());
                    ok("done")
                }
                Some(_) => Ok(Err("BAD".into())),
                None => Err(io::Error::other(format!("{tag} was left"))),
            };
        }
    }

    /// Tells what others have done to the open folder since the client was told last.
    pub(super) async fn tell_changes(&mut self) -> io::Result<()> {
        let Some((name, known)) = self.open.clone() else { return Ok(()) };
        let there: Vec<u32> = {
            let state = self.shared.far.state();
            let mails = state.folders.get(&name).map(Folder::mails).unwrap_or_default();
            mails.iter().map(|mail| mail.uid).collect()
        };
        let mut told = String::new();
        for (at, uid) in known.iter().enumerate().rev().filter(|(_, uid)| !there.contains(uid)) {
            let line =
                if self.qresync { format!("* VANISHED {uid}") } else { format!("* {} EXPUNGE", at + 1) };
            told.push_str(&line);
            told.push_str("\r\n");
        }
        let stayed = known.iter().filter(|uid| there.contains(uid)).count();
        if there.len() > stayed {
            told.push_str(&format!("* {} EXISTS\r\n", there.len()));
        }
        self.open = Some((name, there));
        self.say(&told).await
    }
}
