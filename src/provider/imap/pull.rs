//! Reads the mailbox: first what is new in every folder, then what has changed, then a piece of what is old, the newest first.
//!
//! Every page begins with what is new, so that mail which arrives while years of old mail are read shows at once. How far each folder
//! has been read stands in the cursor ([`Place`]); an interrupted pull goes on there. Numbers of mails hold while the folder's validity
//! is the same; when it is not, the folder is read again, and its mails are recognised by their message ids. How a folder is read is
//! in [`read`](super::read).

use super::answer::Trouble;
use super::find::{folders, no_folder, search};
use super::folders::{Folders, Role};
use super::growing::{Growing, Memory};
use super::idle::mark;
use super::lend::{Lent, lend};
use super::place::Place;
use super::read::Job;
use super::told::{self, Reading};
use super::{Imap, connect, errors, sent, smtp};
use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::provider::{Cursor, Login, Page, Scope};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Mails of a page.
const PAGE: usize = 200;
/// Mails of the very first page: it is to be there at once.
const FIRST: usize = 50;
/// So many conversations are to be seen with it, as far as they are among the mails of one page.
const SHOWN: usize = 25;
/// How often a page is begun anew on another connection: a mail that cannot be read is found in two steps, and what can be had of it in
/// two more.
const TRIES: usize = 5;

/// Asks for what `scope` says.
///
/// # Errors
/// [`Failure`] without [`Failure::Unknown`]: nothing here does anything.
pub async fn pull(imap: &Imap, cursor: Cursor, scope: Scope, now: Ms) -> Result<Page, Failure> {
    match scope {
        Scope::Recent | Scope::Since => page(imap, &cursor, now).await,
        Scope::Object(id) => {
            let found = search(imap, id.trim_end_matches("#in"), now).await?;
            Ok(Page { events: found, cursor, ..Page::default() })
        }
        Scope::Lookup(op) => {
            let events = super::find::lookup(imap, &op, now).await?;
            Ok(Page { events, cursor, ..Page::default() })
        }
    }
}

/// Checks that the mailbox can be read and mail can be sent.
///
/// # Errors
/// With the step before the words.
pub async fn probe(imap: &Imap) -> Result<Login, Failure> {
    let mut session = connect::open(imap).await?;
    let all = folders(imap, &mut session).await.map_err(errors::failure)?;
    for name in &imap.settings.folders {
        let opened = session.open(name).await;
        if let Err(trouble) = opened {
            let missing = !trouble.is_lost() && !all.has(name);
            let failure = if missing { no_folder(name) } else { errors::failure(trouble) };
            return Err(errors::at(&format!("opening {name}"), failure));
        }
    }
    session.leave().await;
    smtp::probe(imap).await?;
    Ok(Login { who: imap.settings.address().to_owned() })
}

async fn page(imap: &Imap, cursor: &Cursor, now: Ms) -> Result<Page, Failure> {
    let mut memory = imap.memory.lock().await;
    let memory = &mut *memory;
    memory.begin(cursor);
    let mut lent = lend(imap, &imap.pulling).await?;
    let mut result = round(imap, &mut lent, memory, cursor, now).await;
    for _ in 1..TRIES {
        if !lent.is_stale(&result) && !matches!(result, Err(Trouble::Unreadable(_))) {
            break;
        }
        lent = lent.renew().await?;
        result = round(imap, &mut lent, memory, cursor, now).await;
    }
    // Mail that comes in goes first.
    let is_over = matches!(&result, Ok((place, growing)) if !growing.more && place.progress().is_none());
    let (place, mut growing) = if is_over && !sent::again(imap, &mut lent.session, now).await {
        drop(lent);
        result.map_err(errors::failure)?
    } else {
        lent.give_back(result)?
    };
    told::close_what_is_over(&mut growing.events, now);
    let first = imap.settings.folders.first().map_or("INBOX", String::as_str);
    if let Some(folder) = place.folders.get(first) {
        imap.seen.store(mark(folder.validity, folder.next), Ordering::Relaxed);
    }
    imap.since.store(place.since, Ordering::Relaxed);
    let (progress, cursor) = (place.progress(), place.cursor());
    memory.end(&cursor, growing.told);
    *imap.noticed.lock().unwrap_or_else(PoisonError::into_inner) = memory.notice();
    Ok(Page {
        events: growing.events,
        cursor,
        more: growing.more || progress.is_some(),
        covered: Vec::new(),
        progress,
    })
}

/// The folders that are read, the inbox first; and those of the settings that are not there.
fn readings(imap: &Imap, folders: &Folders) -> (Vec<Reading>, Vec<String>) {
    let settings = &imap.settings;
    let of = |role| folders.of(role);
    let (sent, archive, junk) = (of(Role::Sent), of(Role::Archive), of(Role::Junk));
    let role = |name: &str| {
        let is = |folder: &Option<String>| folder.as_deref() == Some(name);
        match () {
            () if is(&sent) => Some(Role::Sent),
            () if is(&junk) => Some(Role::Junk),
            () if is(&archive) => Some(Role::Archive),
            () => None,
        }
    };
    let (mut all, mut missing): (Vec<Reading>, Vec<String>) = Default::default();
    let all_mail = folders.all_mail();
    let besides = [sent.clone(), junk.clone().filter(|_| settings.junk)];
    for name in settings.folders.iter().chain(besides.iter().flatten()) {
        if !folders.has(name) {
            missing.push(name.clone());
            continue;
        }
        if !all.iter().any(|known| *known.name == **name) {
            let shows_all = all_mail.as_deref() == Some(name.as_str());
            // What lies in such a folder may lie in the inbox as well: it is not put away by that.
            let role = role(name).filter(|_| !shows_all);
            all.push(Reading { name: name.as_str().into(), role, shows_all });
        }
    }
    (all, missing)
}

async fn round(
    imap: &Imap,
    lent: &mut Lent<'_>,
    memory: &mut Memory,
    cursor: &Cursor,
    now: Ms,
) -> Result<(Place, Growing), Trouble> {
    if lent.is_new() {
        *imap.folders.lock().await = None;
    }
    let session = &mut lent.session;
    let is_first = cursor.0.is_none();
    let mut place = Place::of(cursor, now);
    let mut growing = Growing::default();
    let all = folders(imap, session).await?;
    let (readings, missing) = readings(imap, &all);
    if !missing.is_empty() {
        // Somebody may make it: the next pull looks again.
        *imap.folders.lock().await = None;
    }
    memory.missing = missing;
    if readings.is_empty() {
        let name = imap.settings.folders.first().map_or("INBOX", String::as_str);
        return Err(Trouble::No { code: Some("NONEXISTENT".into()), words: no_folder(name).to_string() });
    }
    let mut job = Job { imap, session, memory, place: &mut place, growing: &mut growing, now };
    for reading in &readings {
        job.news(reading, PAGE).await?;
    }
    job.place.folders.retain(|name, _| readings.iter().any(|reading| *reading.name == **name));
    let names = readings.iter().map(|reading| &*reading.name);
    let next = job.place.to_go_on(names).and_then(|name| readings.iter().find(|r| *r.name == *name));
    let Some(reading) = next.cloned() else { return Ok((place, growing)) };
    let mut most = if is_first { FIRST } else { PAGE };
    job.old(&reading, most).await?;
    // Where many mails are of one thread, it takes more of them until there is something to choose from.
    while most < PAGE && job.growing.mails >= most && job.growing.conversations() < SHOWN {
        most += FIRST;
        job.old(&reading, most).await?;
    }
    Ok((place, growing))
}
