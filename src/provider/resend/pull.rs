//! Reads the mail that came in: first what is new, then a piece of what is still to be read, the newest first.
//!
//! The list of Resend goes from the newest backwards (`GET /emails/receiving`), so that news are at its top however much of the old mail
//! is still to be read. What could not be read to its end is a gap, and stands in the cursor ([`Place`]). Each mail is a question of its
//! own; where one fails, what was read before is kept and the rest is a gap.

use super::ask::{addresses, ask, is_id, moment};
use super::place::{Gap, Place};
use super::{Resend, letter, sent};
use crate::domain::clock::Ms;
use crate::domain::event::Event;
use crate::domain::failure::Failure;
use crate::provider::{Cursor, Page, Scope};
use tracing::debug;

/// Mails of a page: each takes a question, of which there are a few a second.
const PAGE: usize = 25;
/// Resend's name for what is not there.
const GONE: &str = "not_found";

/// Asks for what `scope` says.
///
/// # Errors
/// [`Failure`] without [`Failure::Unknown`]: nothing here does anything.
pub async fn pull(resend: &Resend, cursor: Cursor, scope: Scope, now: Ms) -> Result<Page, Failure> {
    match scope {
        Scope::Recent | Scope::Since => page(resend, &cursor, now).await,
        // Mails of ours are known by names that Resend does not know.
        Scope::Object(_) => Ok(Page { cursor, ..Page::default() }),
        Scope::Lookup(op) => {
            let events = sent::lookup(resend, &op, now).await?;
            Ok(Page { events, cursor, ..Page::default() })
        }
    }
}

async fn page(resend: &Resend, cursor: &Cursor, now: Ms) -> Result<Page, Failure> {
    let mut place = Place::of(cursor, now);
    let mut events = news(resend, &mut place, now).await?;
    // News are told before anything else is asked for.
    if events.is_empty() {
        events = gap(resend, &mut place, now).await?;
    }
    events.reverse();
    let mut events: Vec<Event> = events.into_iter().flatten().collect();
    events.extend(sent::news(resend, now).await);
    let more = !place.gaps.is_empty();
    Ok(Page { events, cursor: place.cursor(), more, ..Page::default() })
}

/// One mail of the list.
struct Row {
    id: String,
    at: Ms,
    recipients: Vec<String>,
}

/// A piece of the list.
struct List {
    rows: Vec<Row>,
    more: bool,
}

async fn list(resend: &Resend, after: Option<&str>, now: Ms) -> Result<List, Failure> {
    let most = PAGE.to_string();
    let mut query = vec![("limit", most.as_str())];
    query.extend(after.map(|after| ("after", after)));
    let told = ask(resend, "/emails/receiving", &query, now).await?;
    let rows = told["data"].as_array().into_iter().flatten().filter_map(|row| {
        let id = row["id"].as_str().filter(|id| is_id(id))?.to_owned();
        let recipients =
            ["to", "cc", "bcc", "received_for"].iter().flat_map(|list| addresses(&row[*list])).collect();
        Some(Row { id, at: moment(&row["created_at"]).unwrap_or(now).min(now), recipients })
    });
    Ok(List { rows: rows.collect(), more: told["has_more"].as_bool() == Some(true) })
}

/// What reading a piece of the list came to.
struct Stretch {
    /// What each mail says, in the order of the list.
    events: Vec<Vec<Event>>,
    /// What is still to be read of it.
    rest: Option<Gap>,
}

/// Reads a piece of the list down to a moment. What fails ends it, once something was read.
async fn stretch(
    resend: &Resend,
    place: &mut Place,
    list: &List,
    until: Ms,
    now: Ms,
) -> Result<Stretch, Failure> {
    let mut events = Vec::new();
    let mut read = Vec::new();
    let mut last: Option<&str> = None;
    let mut is_over = !list.more;
    for row in &list.rows {
        if row.at < until {
            is_over = true;
            break;
        }
        let is_ours = resend.settings.receives.is_for_us(row.recipients.iter().map(String::as_str));
        if is_ours && !place.read.contains(&row.id) && !read.contains(&row.id) {
            let moment = letter::Moment { arrived: row.at, history_before: place.history_before, now };
            match letter::events(resend, &row.id, moment).await {
                Ok(told) => events.push(told),
                // Deleted meanwhile, or never there: nobody misses it.
                Err(Failure::Rejected { reason, .. }) if reason.code.as_deref() == Some(GONE) => {
                    debug!("a mail is gone: {}", reason.human);
                }
                Err(Failure::Rejected { reason, .. }) => resend.passed.over(&reason.human),
                Err(failure) if events.is_empty() => return Err(failure),
                Err(failure) => {
                    debug!("the rest of a page waits: {failure}");
                    is_over = false;
                    break;
                }
            }
            read.push(row.id.clone());
        }
        last = Some(&row.id);
    }
    place.has_read(read);
    let after = last.map(str::to_owned);
    let rest = (!is_over && after.is_some()).then_some(Gap { after, until });
    Ok(Stretch { events, rest })
}

/// What has come since the last time.
async fn news(resend: &Resend, place: &mut Place, now: Ms) -> Result<Vec<Vec<Event>>, Failure> {
    let list = list(resend, None, now).await?;
    let until = place.news_until();
    let Stretch { events, rest } = stretch(resend, place, &list, until, now).await?;
    place.gaps.extend(rest);
    if let Some(newest) = list.rows.first() {
        place.shown(newest.at);
    }
    Ok(events)
}

/// A piece of what is still to be read, the newest first.
async fn gap(resend: &Resend, place: &mut Place, now: Ms) -> Result<Vec<Vec<Event>>, Failure> {
    let Some(gap) = place.gaps.pop() else { return Ok(Vec::new()) };
    let list = match list(resend, gap.after.as_deref(), now).await {
        // The mail behind which it begins is gone: from the top, then; what is known is recognised.
        Err(Failure::Rejected { .. }) if gap.after.is_some() => {
            place.gaps.push(Gap { after: None, ..gap });
            return Ok(Vec::new());
        }
        other => other?,
    };
    let Stretch { events, rest } = stretch(resend, place, &list, gap.until, now).await?;
    // A list that turns in circles has an end.
    place.gaps.extend(rest.filter(|rest| rest.after != gap.after));
    Ok(events)
}
