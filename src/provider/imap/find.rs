//! Finds mails by their message ids, wherever they are: sends whose fate is unknown, mails that have moved.

use super::Imap;
use super::answer::Trouble;
use super::folders::{Folders, Role};
use super::growing::{Growing, Memory};
use super::lend::lend;
use super::place::Place;
use super::read::{Job, NAMED};
use super::session::{Open, Session, set};
use super::told::{self, Moment, Reading};
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::facet::Facet;
use crate::domain::failure::Failure;
use crate::domain::mail::op_of;
use crate::domain::op::{Op, OpBody};
use crate::provider::Cursor;
use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering;

/// The folders of the mailbox, asked for once and after every new login.
///
/// # Errors
/// [`Trouble`].
pub async fn folders(imap: &Imap, session: &mut Session) -> Result<Folders, Trouble> {
    let mut slot = imap.folders.lock().await;
    if let Some(folders) = slot.as_ref() {
        return Ok(folders.clone());
    }
    let folders = Folders::new(session.list().await?, &imap.settings.named);
    *slot = Some(folders.clone());
    Ok(folders)
}

/// That there is no folder of a name in the settings.
pub fn no_folder(name: &str) -> Failure {
    Failure::rejected(
        "NONEXISTENT".to_owned(),
        format!("there is no folder \u{201c}{name}\u{201d}: see the setting folders"),
    )
}

/// The folders in which a mail may be, the likeliest first.
pub fn places(imap: &Imap, all: &Folders) -> Vec<String> {
    let roles = [Role::Archive, Role::Junk, Role::Trash, Role::Sent];
    let mut places: Vec<String> = imap.settings.folders.clone();
    places.extend(roles.into_iter().filter_map(|role| all.of(role)));
    places.extend(all.all_mail());
    places.push("INBOX".to_owned());
    let mut seen = HashSet::new();
    places.retain(|name| all.has(name) && seen.insert(name.clone()));
    places
}

/// The numbers of the mails in the open folder with exactly that message id, ascending. Servers look for it anywhere in the line: the
/// id of one mail may be a piece of another's.
///
/// # Errors
/// [`Trouble`].
pub async fn exactly(session: &mut Session, message_id: &str) -> Result<Vec<u32>, Trouble> {
    let bare = |name: &str| name.trim_end_matches("#in").to_owned();
    let message_id = bare(message_id);
    let found = session.find(&message_id).await?;
    if found.is_empty() {
        return Ok(found);
    }
    let mut exact = BTreeSet::new();
    session
        .fetch(&set(&found), &format!("(UID {NAMED})"), &mut |fetched| {
            let name = fetched.head.and_then(told::name_of).map(|name| bare(&name));
            if name.as_deref() == Some(message_id.as_str()) {
                exact.extend(fetched.uid);
            }
        })
        .await?;
    Ok(found.into_iter().filter(|uid| exact.contains(uid)).collect())
}

/// Where a mail is, wherever that may be; its folder is open then.
///
/// # Errors
/// [`Trouble`].
pub async fn find_everywhere(
    imap: &Imap,
    session: &mut Session,
    all: &Folders,
    message_id: &str,
) -> Result<Option<(Open, u32)>, Trouble> {
    if message_id.is_empty() {
        return Ok(None);
    }
    for name in places(imap, all) {
        let open = match session.open(&name).await {
            Ok(open) => open,
            Err(trouble) if trouble.is_lost() => return Err(trouble),
            Err(_) => continue,
        };
        if let Some(uid) = exactly(session, message_id).await?.last() {
            return Ok(Some((open, *uid)));
        }
    }
    Ok(None)
}

/// Looks for a send whose fate is unknown: its message id is ours, and nobody else has it.
///
/// # Errors
/// [`Failure`] without [`Failure::Unknown`].
pub async fn lookup(imap: &Imap, op: &Op, now: Ms) -> Result<Vec<Event>, Failure> {
    let OpBody::Send { mail: Some(outgoing), .. } = &op.body else { return Err(Failure::Unsupported) };
    let id = outgoing.mail.message_id.clone();
    let mut events = search(imap, &id, now).await?;
    if !events.is_empty() && op_of(&id) == Some(op.id) {
        let report = DeliveryReport {
            state: Delivery::Accepted,
            said: "found in the mailbox".into(),
            reason: None,
            missed: Vec::new(),
            price: None,
            at: now,
            source: DeliverySource::Pull,
        };
        let message = MessageRef::Token(op.id, Some(id));
        events.push(Event::Delivery { message, report });
    }
    Ok(events)
}

/// A mail by its message id: what was sent first.
///
/// # Errors
/// [`Failure`] without [`Failure::Unknown`].
pub async fn search(imap: &Imap, message_id: &str, now: Ms) -> Result<Vec<Event>, Failure> {
    let mut lent = lend(imap, &imap.aside).await?;
    let mut result = searched(imap, &mut lent.session, message_id, now).await;
    if lent.is_stale(&result) {
        lent = lent.renew().await?;
        result = searched(imap, &mut lent.session, message_id, now).await;
    }
    lent.give_back(result)
}

async fn searched(imap: &Imap, session: &mut Session, id: &str, now: Ms) -> Result<Vec<Event>, Trouble> {
    let all = folders(imap, session).await?;
    let sent = all.of(Role::Sent);
    let mut found = None;
    if let Some(sent) = &sent {
        let open = session.open(sent).await?;
        found = exactly(session, id).await?.last().map(|uid| (open, *uid));
    }
    if found.is_none() {
        found = find_everywhere(imap, session, &all, id).await?;
    }
    let Some((open, uid)) = found else { return Ok(Vec::new()) };
    let role = if sent.as_deref() == Some(open.name.as_str()) { Some(Role::Sent) } else { None };
    let reading = Reading { name: open.name.as_str().into(), role, shows_all: false };
    let (mut memory, mut place, mut growing) =
        (Memory::default(), Place::of(&Cursor(None), now), Growing::default());
    let mut job = Job { imap, session, memory: &mut memory, place: &mut place, growing: &mut growing, now };
    let heads = job.heads_of(&[uid]).await?;
    // It is looked for, not new: what is said of it here and there since holds.
    let connected = imap.since.load(Ordering::Relaxed).min(now);
    let moment = Moment { now, connected, again: true };
    job.bodies(&reading, open.validity, &heads, moment).await?;
    for event in &mut growing.events {
        if let Event::Message(fact) = event {
            // Nor does where it lies say what is to become of its conversation.
            fact.conversation.facets.retain(|facet| !matches!(facet.value, Facet::Status { .. }));
        }
    }
    Ok(growing.events)
}
