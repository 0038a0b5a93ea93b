//! A mailbox that is open: folders, numbers, flags and bytes, in words of our own instead of the protocol's.

use super::answer::{Caps, Done, Trouble};
use super::command::Command;
use super::fetched::{Fetched, fetched};
use super::wire::{Idle, Wire};
use crate::text::mail::utf7;
use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response, ResponseCode, StatusAttribute};
use std::collections::BTreeSet;
use std::time::Duration;

/// Numbers in one command: longer lines are refused by some servers (RFC 7162, section 4 recommends 8192 bytes).
const NUMBERS: usize = 500;

/// A folder that is open, as it was when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Open {
    /// Its name.
    pub name: String,
    /// While this is the same, numbers mean the same mails (RFC 3501, section 2.3.1.1).
    pub validity: u32,
    /// The number that the next mail will have at least.
    pub next: u32,
    /// How many mails there are.
    pub exists: u32,
    /// The highest change (RFC 7162); none where the server does not count changes.
    pub modseq: Option<u64>,
}

/// A folder of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What stands between the levels of its name.
    pub delimiter: Option<String>,
    /// What it is for (RFC 6154), as `\sent`, and what it cannot.
    pub attributes: BTreeSet<String>,
}

/// A connection that is logged in.
#[derive(Debug)]
pub struct Session {
    wire: Wire,
    /// What the server can do.
    pub caps: Caps,
    open: Option<Open>,
    /// Whether the open folder can only be read.
    read_only: bool,
}

impl Session {
    /// Takes over a connection that is logged in.
    pub fn new(mut wire: Wire, caps: Caps) -> Session {
        wire.learn(&caps);
        Session { wire, caps, open: None, read_only: false }
    }

    /// Introduces us.
    ///
    /// QRESYNC (RFC 7162) is not switched on although many offer it: it would tell which mails are gone, and of these nothing is taken
    /// away here; and it tells changed flags with the opening of a folder, but without the names of the mails, which have to be asked
    /// for then. CONDSTORE tells both at once, and is part of it.
    ///
    /// # Errors
    /// [`Trouble`] where the connection is lost.
    pub async fn begin(&mut self) -> Result<(), Trouble> {
        if self.caps.has("ID") {
            // Some servers open nothing to who has no name (RFC 2971).
            let name = format!("(\"name\" \"frontdesk\" \"version\" \"{}\")", env!("CARGO_PKG_VERSION"));
            self.willing(&Command::new("ID").word(&name)).await?;
        }
        Ok(())
    }

    /// Runs a command that may be refused. Answers whether it was not.
    async fn willing(&mut self, command: &Command) -> Result<bool, Trouble> {
        match self.run(command).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_lost() => Err(trouble),
            Err(_) => Ok(false),
        }
    }

    async fn run(&mut self, command: &Command) -> Result<Done, Trouble> {
        self.wire.run(command, &mut |_| ()).await
    }

    /// How long silence may last in the middle of something.
    pub fn set_patience(&mut self, patience: Duration) {
        self.wire.set_patience(patience);
    }

    /// Whether the connection answers.
    ///
    /// # Errors
    /// [`Trouble`] where it does not.
    pub async fn noop(&mut self) -> Result<(), Trouble> {
        self.run(&Command::new("NOOP")).await.map(|_| ())
    }

    /// Says goodbye. Nobody waits for the answer.
    pub async fn leave(mut self) {
        // Whether it is heard changes nothing.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.run(&Command::new("LOGOUT"))).await;
    }

    /// The folder that is open.
    pub fn opened(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Opens a folder, in any case anew.
    ///
    /// # Errors
    /// [`Trouble::No`] where there is none of that name.
    pub async fn open(&mut self, name: &str) -> Result<Open, Trouble> {
        self.open = None;
        let mut open = Open { name: name.to_owned(), ..Open::default() };
        let mut command = Command::new("SELECT").string(&utf7::encode(name));
        if self.caps.has("CONDSTORE") || self.caps.has("QRESYNC") {
            command = command.word("(CONDSTORE)");
        }
        let done = self
            .wire
            .run(&command, &mut |response| match response {
                Response::MailboxData(MailboxDatum::Exists(n)) => open.exists = *n,
                Response::Data { outcome, .. } => match &outcome.code {
                    Some(ResponseCode::UidValidity(n)) => open.validity = *n,
                    Some(ResponseCode::UidNext(n)) => open.next = *n,
                    Some(ResponseCode::HighestModSeq(n)) => open.modseq = Some(*n),
                    _ => {}
                },
                _ => {}
            })
            .await?;
        self.read_only = done.read_only;
        if open.next == 0 {
            // Old servers do not tell: the number behind the last one.
            open.next = self.last_uid(open.exists).await?.saturating_add(1);
        }
        self.wire.caught_up();
        self.open = Some(open.clone());
        Ok(open)
    }

    async fn last_uid(&mut self, exists: u32) -> Result<u32, Trouble> {
        let mut last = 0;
        if exists > 0 {
            let command = Command::new(format!("FETCH {exists} (UID)"));
            let mut each = |r: &Response<'_>| last = fetched(r).and_then(|f| f.uid).unwrap_or(0).max(last);
            self.wire.run(&command, &mut each).await?;
        }
        Ok(last)
    }

    /// Opens a folder unless it is the open one.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub async fn enter(&mut self, name: &str) -> Result<Open, Trouble> {
        match &self.open {
            Some(open) if open.name == name => Ok(open.clone()),
            _ => self.open(name).await,
        }
    }

    /// Whether the open folder can only be read.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// What is new of a folder, without opening it: validity, next number and highest change.
    ///
    /// # Errors
    /// [`Trouble::No`] where there is none of that name.
    pub async fn look(&mut self, name: &str) -> Result<Open, Trouble> {
        let mut open = Open { name: name.to_owned(), ..Open::default() };
        let counts = self.caps.has("CONDSTORE") || self.caps.has("QRESYNC");
        let items = if counts {
            "(UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)"
        } else {
            "(UIDVALIDITY UIDNEXT MESSAGES)"
        };
        let command = Command::new("STATUS").string(&utf7::encode(name)).word(items);
        self.wire
            .run(&command, &mut |response| {
                let Response::MailboxData(MailboxDatum::Status { status, .. }) = response else { return };
                for attribute in status {
                    match attribute {
                        StatusAttribute::UidValidity(n) => open.validity = *n,
                        StatusAttribute::UidNext(n) => open.next = *n,
                        StatusAttribute::Messages(n) => open.exists = *n,
                        StatusAttribute::HighestModSeq(n) => open.modseq = Some(*n),
                        _ => {}
                    }
                }
            })
            .await?;
        Ok(open)
    }

    /// Asks for `items` of the mails of a set in the open folder.
    ///
    /// # Errors
    /// [`Trouble`]; what `each` was given before is good.
    pub async fn fetch(
        &mut self,
        set: &str,
        items: &str,
        each: &mut (dyn FnMut(&Fetched<'_>) + Send),
    ) -> Result<(), Trouble> {
        let command = Command::new("UID FETCH").word(set).word(items);
        self.wire
            .run(&command, &mut |response| {
                if let Some(fetched) = fetched(response) {
                    each(&fetched);
                }
            })
            .await
            .map(|_| ())
    }

    /// The mails of a range whose flags have changed since: each with its flags and the line of its head that names it.
    ///
    /// # Errors
    /// As [`Session::fetch`].
    pub async fn changed(
        &mut self,
        range: &str,
        since: u64,
        items: &str,
        each: &mut (dyn FnMut(&Fetched<'_>) + Send),
    ) -> Result<(), Trouble> {
        let since = format!("(CHANGEDSINCE {since})");
        let command = Command::new("UID FETCH").word(range).word(items).word(&since);
        self.wire
            .run(&command, &mut |response| {
                if let Some(fetched) = fetched(response) {
                    each(&fetched);
                }
            })
            .await
            .map(|_| ())
    }

    /// The numbers of the mails in the open folder that fit, ascending. `query` is in the protocol's words.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn search(&mut self, query: Command) -> Result<Vec<u32>, Trouble> {
        let mut found = BTreeSet::new();
        self.wire
            .run(&query, &mut |response| {
                if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                    found.extend(uids.iter().copied());
                }
            })
            .await?;
        Ok(found.into_iter().collect())
    }

    /// The numbers of the mails in the open folder with that message id, without brackets.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn find(&mut self, message_id: &str) -> Result<Vec<u32>, Trouble> {
        self.search(Command::new("UID SEARCH HEADER Message-ID").string(message_id)).await
    }

    /// Sets or takes away a flag. Answers which mails are there.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn flag(&mut self, uids: &[u32], flag: &str, on: bool) -> Result<BTreeSet<u32>, Trouble> {
        let mut there = BTreeSet::new();
        let sign = if on { '+' } else { '-' };
        for some in uids.chunks(NUMBERS) {
            let command = Command::new("UID STORE").word(&set(some)).word(&format!("{sign}FLAGS ({flag})"));
            self.wire
                .run(&command, &mut |response| {
                    there.extend(fetched(response).and_then(|fetched| fetched.uid));
                })
                .await?;
        }
        Ok(there.intersection(&uids.iter().copied().collect()).copied().collect())
    }

    /// Which of these mails are in the open folder.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn there(&mut self, uids: &[u32]) -> Result<BTreeSet<u32>, Trouble> {
        let mut there = BTreeSet::new();
        for some in uids.chunks(NUMBERS) {
            self.fetch(&set(some), "(UID)", &mut |fetched| there.extend(fetched.uid)).await?;
        }
        Ok(there.intersection(&uids.iter().copied().collect()).copied().collect())
    }

    /// Moves mails of the open folder to another.
    ///
    /// # Errors
    /// [`Trouble::No`] with `TRYCREATE` where there is none of that name.
    pub async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<(), Trouble> {
        let name = utf7::encode(folder);
        for some in uids.chunks(NUMBERS) {
            if self.caps.has("MOVE") {
                self.run(&Command::new("UID MOVE").word(&set(some)).string(&name)).await?;
                continue;
            }
            // What MOVE does in one step (RFC 6851, section 3.3).
            self.run(&Command::new("UID COPY").word(&set(some)).string(&name)).await?;
            self.flag(some, "\\Deleted", true).await?;
            if self.caps.has("UIDPLUS") {
                self.run(&Command::new("UID EXPUNGE").word(&set(some))).await?;
            }
            // Without UIDPLUS only all that is marked could be tidied away, and that is others' affair.
        }
        Ok(())
    }

    /// Puts a mail into a folder. Answers where it is, if the server says so.
    ///
    /// # Errors
    /// [`Trouble::No`] with `TRYCREATE` where there is none of that name.
    pub async fn append(
        &mut self,
        folder: &str,
        flags: &str,
        mail: Vec<u8>,
    ) -> Result<Option<(u32, u32)>, Trouble> {
        let name = utf7::encode(folder);
        let command = Command::new("APPEND").string(&name).word(&format!("({flags})")).literal(mail);
        Ok(self.run(&command).await?.appended)
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn create(&mut self, folder: &str) -> Result<(), Trouble> {
        let name = utf7::encode(folder);
        self.run(&Command::new("CREATE").string(&name)).await?;
        // Other programs show what is subscribed to; that this is refused changes nothing.
        self.willing(&Command::new("SUBSCRIBE").string(&name)).await?;
        Ok(())
    }

    /// Every folder.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn list(&mut self) -> Result<Vec<Listed>, Trouble> {
        if self.caps.has("SPECIAL-USE") {
            match self.listed("LIST \"\" \"*\" RETURN (SPECIAL-USE)").await {
                Err(trouble) if !trouble.is_lost() => {}
                other => return other,
            }
        }
        self.listed("LIST \"\" \"*\"").await
    }

    async fn listed(&mut self, command: &str) -> Result<Vec<Listed>, Trouble> {
        let mut all = Vec::new();
        self.wire
            .run(&Command::new(command), &mut |response| {
                let Response::MailboxData(MailboxDatum::List(data)) = response else { return };
                let attribute = |attribute: &NameAttribute<'_>| match attribute {
                    NameAttribute::NoSelect => "\\noselect".to_owned(),
                    NameAttribute::All => "\\all".to_owned(),
                    NameAttribute::Archive => "\\archive".to_owned(),
                    NameAttribute::Drafts => "\\drafts".to_owned(),
                    NameAttribute::Junk => "\\junk".to_owned(),
                    NameAttribute::Sent => "\\sent".to_owned(),
                    NameAttribute::Trash => "\\trash".to_owned(),
                    NameAttribute::Extension(word) => word.to_ascii_lowercase(),
                    _ => String::new(),
                };
                all.push(Listed {
                    name: utf7::decode(&data.name),
                    delimiter: data.delimiter.as_deref().map(str::to_owned),
                    attributes: data.name_attributes.iter().map(attribute).collect(),
                });
            })
            .await?;
        Ok(all)
    }

    /// Waits for news of the open folder, at most so long.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn idle(&mut self, longest: Duration, patience: Duration) -> Result<Idle, Trouble> {
        self.wire.idle(longest, patience).await
    }
}

/// Numbers as a set, in ranges where they follow one another.
pub fn set(uids: &[u32]) -> String {
    let mut sorted: Vec<u32> = uids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in sorted {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let range = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}:{last}") }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_sets() {
        assert_eq!(set(&[5, 1, 2, 3, 9, 9]), "1:3,5,9");
        assert_eq!(set(&[u32::MAX]), u32::MAX.to_string());
    }
}
