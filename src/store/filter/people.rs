//! Whom `contact:`, `identity:` and `from:` mean: found in the index of names, and then looked at.

use super::{Asking, Part, Unit, codes, ids, like, phone};
use crate::domain::account::Channel;
use crate::domain::message::AuthorKind;
use crate::domain::query::Writer;
use crate::text::address;
use crate::text::index::{Term, highlight};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// Contacts that a value may mean before the names' index alone has to answer.
const CONTACTS: usize = 5_000;

/// What the contact `k` of the conversation `c` is shown as: whoever has no name by the address.
const SHOWN: &str = "iif(k.name = '', replace(c.theirs, 'whatsapp:', ''), k.name)";

/// The condition that the customer is one of these, and a source where they are few.
pub(super) fn contacts(conn: &Connection, values: &[String]) -> rusqlite::Result<(Part, Option<Part>)> {
    people(conn, values, contact_set)
}

/// The condition that the customer has one of these addresses, and a source where they are few.
pub(super) fn identities(conn: &Connection, values: &[String]) -> rusqlite::Result<(Part, Option<Part>)> {
    people(conn, values, identity_set)
}

/// The condition that a message was written by one of these.
pub(super) fn writers(conn: &Connection, list: &[Writer], asking: &Asking) -> rusqlite::Result<Part> {
    let kind = |kind: AuthorKind| Part::new(format!("m.author_kind = {}", kind.code()), Vec::new());
    let mut any = Vec::new();
    for writer in list {
        match writer {
            Writer::Contact => any.push(kind(AuthorKind::Contact)),
            Writer::Agent => any.push(kind(AuthorKind::Agent)),
            Writer::Me => any.push(codes("m.agent_id", asking.me.map(|a| a.0).into_iter())),
            Writer::Named(name) => {
                any.push(Part::new("m.author_name LIKE ? ESCAPE '\\'", vec![like(name)]));
                let shown = format!("(SELECT {SHOWN} FROM contact k WHERE k.id = c.contact_id)");
                let like_it = Part::new(format!("{shown} LIKE ? ESCAPE '\\'"), vec![like(name)]);
                let (called, _) = people(conn, std::slice::from_ref(name), called_set)?;
                let mut written = kind(AuthorKind::Contact);
                written.and(Part::any(vec![like_it, called]));
                any.push(written);
                let agents = agents_called(conn, name)?;
                if !agents.is_empty() {
                    any.push(codes("m.agent_id", agents.into_iter()));
                }
            }
        }
    }
    Ok(Part::any(any))
}

/// The contacts that a value means: a set, or a condition that the names' index answers.
enum People {
    Few(Vec<i64>),
    Many(Part),
}

fn people(
    conn: &Connection,
    values: &[String],
    find: impl Fn(&Connection, &str) -> rusqlite::Result<People>,
) -> rusqlite::Result<(Part, Option<Part>)> {
    let (mut few, mut any) = (Vec::new(), Vec::new());
    for value in values {
        match find(conn, value)? {
            People::Few(list) => few.extend(list),
            People::Many(part) => any.push(part),
        }
    }
    let mut source = None;
    if !few.is_empty() {
        let list = few.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let set = vec![Value::Text(format!("[{list}]"))];
        if any.is_empty() {
            source = Some(Part::new(
                "SELECT id FROM conversation WHERE contact_id IN (SELECT value FROM json_each(?))",
                set.clone(),
            ));
        }
        any.push(Part::new("c.contact_id IN (SELECT value FROM json_each(?))", set));
    }
    Ok((Part::any(any), source))
}

/// Whether a value is a whole address and no part of a name.
fn is_address(value: &str) -> bool {
    value.contains('@') || Channel::before_address(value).is_some() || address::number_in(value).is_some()
}

/// Agents with this in their name or address: case and accents do not matter.
fn agents_called(conn: &Connection, value: &str) -> rusqlite::Result<Vec<i64>> {
    let term = [Term::Prefix(value.to_owned())];
    let lower = value.to_lowercase();
    let mut statement = conn.prepare_cached("SELECT id, name, email FROM agent")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, email): (String, String) = (row.get(1)?, row.get(2)?);
        let is_called = !highlight(&name, &term).is_empty() || name.to_lowercase().contains(&lower);
        if is_called || email.to_lowercase().contains(&lower) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

fn contact_set(conn: &Connection, value: &str) -> rusqlite::Result<People> {
    // An id means that one alone: it is an argument of scripts.
    if value.bytes().all(|b| b.is_ascii_digit()) {
        let one = ids(conn, "SELECT id FROM contact WHERE id = ?1", value)?;
        if !one.is_empty() {
            return Ok(People::Few(one));
        }
    }
    called_set(conn, value)
}

/// Contacts by what they are called, and by whole addresses.
fn called_set(conn: &Connection, value: &str) -> rusqlite::Result<People> {
    let mut found = ids(conn, "SELECT contact_id FROM identity WHERE value = ?1", value)?;
    if is_address(value) {
        match identity_set(conn, value)? {
            People::Few(list) => found.extend(list),
            many => return Ok(many),
        }
    }
    let term = [Term::Prefix(value.to_owned())];
    let digits = digits_of(value);
    let named = by_names(
        conn,
        value,
        &format!(
            "SELECT DISTINCT k.id, {SHOWN} FROM name_fts f CROSS JOIN conversation c ON c.id = f.rowid
             CROSS JOIN contact k ON k.id = c.contact_id WHERE name_fts MATCH ?1"
        ),
        |shown| !highlight(shown, &term).is_empty() || digits.as_ref().is_some_and(|d| has_digits(shown, d)),
        &format!("(SELECT {SHOWN} FROM contact k WHERE k.id = c.contact_id) LIKE ? ESCAPE '\\'"),
        digits.as_deref().unwrap_or(value),
    )?;
    Ok(match named {
        People::Few(list) => People::Few(found.into_iter().chain(list).collect()),
        many => many,
    })
}

/// The digits of what may be a telephone number, or the beginning of one, as the index of names has them.
fn digits_of(value: &str) -> Option<String> {
    phone(&[Term::Word(value.to_owned())]).map(|term| term.text().to_owned())
}

/// Whether an address has these digits, in whichever words a telephone number is kept.
fn has_digits(address: &str, digits: &str) -> bool {
    address::number_in(address).as_deref().unwrap_or(address).contains(digits)
}

/// Addresses of every kind, and those that people say are theirs. The medium may stand before one.
fn identity_set(conn: &Connection, value: &str) -> rusqlite::Result<People> {
    let whole = value;
    let value = Channel::before_address(value).map_or(value, |(_, address)| address);
    // A number may be kept in other words than it was typed, and once per kind: only its digits are compared.
    let digits = digits_of(value);
    if digits.is_none() {
        let folded = address::email(value).map(|e| e.folded);
        let exact = conn
            .prepare_cached(
                "SELECT contact_id FROM identity WHERE value IN (?1, ?2, ?3)
                 UNION SELECT contact_id FROM claim WHERE value IN (?1, ?2, ?3)",
            )?
            .query_map(params![value, folded, whole], |r| r.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        if !exact.is_empty() {
            return Ok(People::Few(exact));
        }
    }
    let lower = value.to_lowercase();
    by_names(
        conn,
        value,
        "SELECT DISTINCT c.contact_id, i.value FROM name_fts f CROSS JOIN conversation c ON c.id = f.rowid
         CROSS JOIN identity i ON i.contact_id = c.contact_id WHERE name_fts MATCH ?1
         UNION ALL
         SELECT DISTINCT c.contact_id, l.value FROM name_fts f CROSS JOIN conversation c ON c.id = f.rowid
         CROSS JOIN claim l ON l.contact_id = c.contact_id WHERE name_fts MATCH ?1",
        |address| match &digits {
            Some(digits) => has_digits(address, digits),
            None => address.to_lowercase().contains(&lower),
        },
        "EXISTS (SELECT 1 FROM (SELECT contact_id, value FROM identity UNION ALL SELECT contact_id, value FROM claim) i
                 WHERE i.contact_id = c.contact_id AND i.value LIKE ? ESCAPE '\\')",
        digits.as_deref().unwrap_or(value),
    )
}

/// Contacts whose conversations' names hold a beginning, and of these the ones that `fits`. Where they are too many to be
/// listed, `otherwise` says of one whether it holds `part`.
fn by_names(
    conn: &Connection,
    value: &str,
    sql: &str,
    fits: impl Fn(&str) -> bool,
    otherwise: &str,
    part: &str,
) -> rusqlite::Result<People> {
    let term = Term::Prefix(value.to_owned());
    let unit = Unit { phone: phone(std::slice::from_ref(&term)), text: vec![term] };
    let Some(expression) = unit.names() else { return Ok(People::Few(Vec::new())) };
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![expression])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if fits(row.get_ref(1)?.as_str().unwrap_or_default()) {
            found.push(row.get(0)?);
        }
        if found.len() > CONTACTS {
            let probe = "EXISTS (SELECT 1 FROM name_fts WHERE name_fts MATCH ? AND rowid = c.id)";
            let many = Part::new(
                format!("{probe} AND {otherwise}"),
                vec![Value::Text(expression.clone()), like(part)],
            );
            return Ok(People::Many(many));
        }
    }
    Ok(People::Few(found))
}
