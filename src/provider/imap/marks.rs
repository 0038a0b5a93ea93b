//! Shows what was done here to other programs that look at the same mailbox: flags are set, and mail that is put away, is spam or is
//! thrown away moves to its folder, and back. A mail that is gone is done.

use super::Imap;
use super::answer::Trouble;
use super::find::{exactly, folders, places};
use super::folders::{Folders, Role};
use super::known::Spot;
use super::lend::lend;
use super::session::Session;
use crate::domain::failure::Failure;
use crate::domain::op::{Accepted, Mark};
use std::collections::{BTreeMap, BTreeSet};

/// Where mail of these names lies: by folder, the numbers and the names.
type Lies = BTreeMap<String, Vec<(u32, String)>>;

/// Shows a mark, or takes it back.
///
/// # Errors
/// [`Failure`]; it may be repeated, for it says how things are, not what changes.
pub async fn mark(imap: &Imap, messages: &[String], mark: Mark, on: bool) -> Result<Accepted, Failure> {
    if !imap.settings.marks.contains(&mark) {
        return Err(Failure::Unsupported);
    }
    let mut lent = lend(imap, &imap.aside).await?;
    let mut result = show(imap, &mut lent.session, messages, mark, on).await;
    if lent.is_stale(&result) {
        lent = lent.renew().await?;
        result = show(imap, &mut lent.session, messages, mark, on).await;
    }
    lent.give_back(result)?;
    Ok(Accepted::State { events: Vec::new() })
}

/// Shows a mark through a connection.
///
/// # Errors
/// [`Trouble`].
pub async fn show(
    imap: &Imap,
    session: &mut Session,
    messages: &[String],
    mark: Mark,
    on: bool,
) -> Result<(), Trouble> {
    let all = folders(imap, session).await?;
    let role = match mark {
        Mark::Seen => return flag(imap, session, &all, messages, "\\Seen", on).await,
        Mark::Answered => return flag(imap, session, &all, messages, "\\Answered", on).await,
        Mark::Archived => Role::Archive,
        Mark::Spam => Role::Junk,
        Mark::Deleted => Role::Trash,
    };
    let home = imap.settings.folders.first().map_or("INBOX", String::as_str).to_owned();
    let (from, to) = if on {
        // Mail that lies elsewhere was put there by somebody, and stays.
        (imap.settings.folders.clone(), target(imap, session, &all, role).await?)
    } else {
        match all.of(role) {
            Some(folder) => (vec![folder], home),
            None => return Ok(()),
        }
    };
    let from: Vec<String> = from.into_iter().filter(|folder| *folder != to && all.has(folder)).collect();
    for (folder, mails) in locate(imap, session, &from, messages).await? {
        let open = session.enter(&folder).await?;
        let uids: Vec<u32> = mails.iter().map(|(uid, _)| *uid).collect();
        session.move_to(&uids, &to).await?;
        tracing::debug!(target: "imap", mark = mark.word(), on, mails = uids.len(), exists = open.exists, "moved");
        for (_, name) in mails {
            imap.known.forget(&name);
        }
    }
    Ok(())
}

/// The folder that is for that; made where there is none.
async fn target(imap: &Imap, session: &mut Session, all: &Folders, role: Role) -> Result<String, Trouble> {
    if let Some(folder) = all.of(role) {
        return Ok(folder);
    }
    let name = all.to_make(role);
    match session.create(&name).await {
        Err(Trouble::No { code, .. }) if code.as_deref() == Some("ALREADYEXISTS") => {}
        other => other?,
    }
    *imap.folders.lock().await = None;
    Ok(name)
}

async fn flag(
    imap: &Imap,
    session: &mut Session,
    all: &Folders,
    messages: &[String],
    flag: &str,
    on: bool,
) -> Result<(), Trouble> {
    let from = places(imap, all);
    for (folder, mails) in locate(imap, session, &from, messages).await? {
        session.enter(&folder).await?;
        if session.is_read_only() {
            let words = format!("the folder {folder} can only be read");
            return Err(Trouble::No { code: Some("READ-ONLY".into()), words });
        }
        let uids: Vec<u32> = mails.iter().map(|(uid, _)| *uid).collect();
        session.flag(&uids, flag, on).await?;
    }
    Ok(())
}

/// Where mails of these names lie in some folders: where they were last seen, if they are there still, else where a search finds them.
async fn locate(
    imap: &Imap,
    session: &mut Session,
    from: &[String],
    messages: &[String],
) -> Result<Lies, Trouble> {
    let mut lies: Lies = BTreeMap::new();
    let mut left: BTreeSet<&str> = messages.iter().map(String::as_str).collect();
    let mut spots: BTreeMap<String, Vec<(Spot, &str)>> = BTreeMap::new();
    for name in &left {
        if let Some(spot) = imap.known.spot(name).filter(|spot| from.iter().any(|f| **f == *spot.folder)) {
            spots.entry(spot.folder.to_string()).or_default().push((spot, name));
        }
    }
    for (folder, known) in spots {
        let Some(open) = enter(session, &folder).await? else { continue };
        let uids: Vec<u32> = known.iter().map(|(spot, _)| spot.uid).collect();
        let there = session.there(&uids).await?;
        for (spot, name) in known {
            if spot.validity == open && there.contains(&spot.uid) {
                lies.entry(folder.clone()).or_default().push((spot.uid, name.to_owned()));
                left.remove(name);
            }
        }
    }
    for folder in from {
        if left.is_empty() {
            break;
        }
        if enter(session, folder).await?.is_none() {
            continue;
        }
        for name in left.clone() {
            // Names that were made up stand in no head: what has no message id is found only where it was seen.
            let found = exactly(session, name).await?;
            if found.is_empty() {
                continue;
            }
            let mails = found.into_iter().map(|uid| (uid, name.to_owned()));
            lies.entry(folder.clone()).or_default().extend(mails);
            left.remove(name);
        }
    }
    Ok(lies)
}

/// Opens a folder unless it is open. Answers its validity; none where it cannot be opened.
async fn enter(session: &mut Session, folder: &str) -> Result<Option<u32>, Trouble> {
    match session.enter(folder).await {
        Ok(open) => Ok(Some(open.validity)),
        Err(trouble) if trouble.is_lost() => Err(trouble),
        Err(_) => Ok(None),
    }
}
