//! Turns a query into what SQLite can answer: conditions with bound values, the words for the indexes, and where to begin.

pub(in crate::store) mod due;
mod people;

use crate::domain::clock::Ms;
use crate::domain::conversation::{Priority, Status};
use crate::domain::delivery::Delivery;
use crate::domain::ids::{AgentId, MessageId};
use crate::domain::message::Direction;
use crate::domain::query::{FieldIs, Filter, Has, Qualified, Query, What, When, Who};
use crate::domain::sla::Sla;
use crate::store::error::StoreError;
use crate::text::address;
use crate::text::format::parse_when;
use crate::text::index::{self, Term, match_expr};
use jiff::tz::TimeZone;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::sync::Arc;

/// Who asks, when and where: what gives `me`, `7d`, days and `overdue` their meaning.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The agent who asks, where they are one.
    pub me: Option<AgentId>,
    /// The present, UTC milliseconds.
    pub now: Ms,
    /// The zone in which days begin.
    pub tz: TimeZone,
    /// By what customers are due.
    pub sla: Arc<Sla>,
}

/// A piece of SQL with its values, in the order of their question marks.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Part {
    pub(super) fn new(sql: impl Into<String>, values: Vec<Value>) -> Part {
        Part { sql: sql.into(), values }
    }

    /// Adds another condition that must hold as well.
    pub(super) fn and(&mut self, other: Part) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(&format!("({})", other.sql));
        self.values.extend(other.values);
    }

    pub(super) fn not(self) -> Part {
        // What is not known (NULL) does not hold, so its opposite does.
        Part::new(format!("NOT coalesce(({}), 0)", self.sql), self.values)
    }

    pub(super) fn any(parts: Vec<Part>) -> Part {
        let sql = parts.iter().map(|p| format!("({})", p.sql)).collect::<Vec<_>>().join(" OR ");
        if sql.is_empty() {
            return Part::new("0", Vec::new());
        }
        Part::new(sql, parts.into_iter().flat_map(|p| p.values).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }
}

/// Words that must be found together: in one message, or among the names of its conversation.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// What a message must hold.
    pub text: Vec<Term>,
    /// What the names may hold instead: a telephone number, however it was typed.
    pub phone: Option<Term>,
}

impl Unit {
    /// The expression for the index of names.
    pub fn names(&self) -> Option<String> {
        let words = match_expr(&self.text);
        match (words, self.phone.as_ref().and_then(|p| match_expr(std::slice::from_ref(p)))) {
            (Some(words), Some(phone)) => Some(format!("({words}) OR {phone}")),
            (words, phone) => words.or(phone),
        }
    }
}

/// A query in the store's terms.
#[derive(Debug, Clone, Default)]
pub(super) struct Lowered {
    /// Words that must be there.
    pub units: Vec<Unit>,
    /// Words that must not.
    pub without: Vec<Unit>,
    /// What must hold of the conversation `c`.
    pub conversation: Part,
    /// What must hold of the message `m` of `c`.
    pub message: Part,
    /// What must not hold of the message: of none of the conversation's, where conversations are asked for.
    pub not_message: Part,
    /// Each lists (`SELECT` of ids) all conversations that can match, by an index.
    pub sources: Vec<Part>,
    /// Messages from this id on.
    pub from: i64,
    /// Messages below this id.
    pub to: i64,
    /// Nothing can match.
    pub never: bool,
}

/// Lowers a query.
pub(super) fn lower(conn: &Connection, query: &Query, asking: &Asking) -> Result<Lowered, StoreError> {
    let mut out = Lowered { from: i64::MIN, to: i64::MAX, ..Lowered::default() };
    let mut empty_words = false;
    let mut run: Vec<Term> = Vec::new();
    for clause in &query.clauses {
        if let What::Filter(filter) = &clause.what {
            close_run(&mut run, &mut out.units);
            lower_filter(conn, filter, clause.negated, asking, &mut out)?;
            continue;
        }
        let Some(term) = index::term(&clause.what) else { continue };
        if match_expr(std::slice::from_ref(&term)).is_none() {
            // Nothing that the index knows, like a lone dash or a smiley.
            empty_words |= !clause.negated;
        } else if clause.negated {
            out.without.push(Unit { phone: phone(std::slice::from_ref(&term)), text: vec![term] });
        } else if is_numeric(term.text()) {
            run.push(term);
        } else {
            close_run(&mut run, &mut out.units);
            out.units.push(Unit { text: vec![term], phone: None });
        }
    }
    close_run(&mut run, &mut out.units);
    out.never |= empty_words && out.units.is_empty();
    Ok(out)
}

/// Whether a word can be part of a telephone number.
pub(super) fn is_numeric(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '(' | ')' | '/' | ' '))
}

/// Numeric words in a row are one telephone number typed with blanks, where they are enough for one.
fn close_run(run: &mut Vec<Term>, units: &mut Vec<Unit>) {
    let together = phone(run).filter(|p| run.len() > 1 && p.text().len() >= 5);
    match together {
        Some(number) => units.push(Unit { text: std::mem::take(run), phone: Some(number) }),
        None => units.extend(
            run.drain(..).map(|term| Unit { phone: phone(std::slice::from_ref(&term)), text: vec![term] }),
        ),
    }
}

/// The beginning of a number as the names' index has it: without the zeros that are only dialled.
pub(super) fn phone(terms: &[Term]) -> Option<Term> {
    let typed = terms.iter().map(Term::text).collect::<Vec<_>>().join(" ");
    if !is_numeric(&typed) {
        return None;
    }
    let digits = address::digits(&typed);
    // Abroad it is dialled with two.
    let digits = digits.strip_prefix("00").or_else(|| digits.strip_prefix('0')).unwrap_or(&digits);
    (digits.len() >= 3).then(|| Term::Prefix(digits.to_owned()))
}

fn lower_filter(
    conn: &Connection,
    filter: &Filter,
    negated: bool,
    asking: &Asking,
    out: &mut Lowered,
) -> Result<(), StoreError> {
    let (condition, source) = match filter {
        Filter::Channel(list) => (codes("c.channel", list.iter().map(|v| v.code())), None),
        Filter::Status(list) => {
            let condition = codes("c.status", list.iter().map(|v| v.code()));
            let all = list.iter().all(|s| *s != Status::Resolved);
            let source =
                all.then(|| codes("SELECT id FROM conversation WHERE status", list.iter().map(|v| v.code())));
            (condition, source)
        }
        Filter::Priority(list) => {
            let condition = codes("c.priority", list.iter().map(|v| v.code()));
            // The index leaves out those of no priority.
            let source = (!list.contains(&Priority::None)).then(|| {
                let wanted = codes("priority", list.iter().map(|v| v.code()));
                Part::new(
                    format!("SELECT id FROM conversation WHERE priority > 0 AND {}", wanted.sql),
                    Vec::new(),
                )
            });
            (condition, source)
        }
        Filter::Account(list) => (accounts(conn, list)?, None),
        Filter::Assignee(list) => assignees(conn, list, asking)?,
        Filter::Label(list) => labels(conn, list)?,
        Filter::Qualified(list) => qualified(list),
        Filter::Unread(true) => (
            Part::new("c.unread > 0", Vec::new()),
            Some(Part::new("SELECT conversation_id FROM message WHERE seen <> 1", Vec::new())),
        ),
        Filter::Score(bound) => {
            let wanted = format!("score {} {}", bound.by.sign(), bound.to);
            let source = Part::new(
                format!("SELECT id FROM conversation WHERE score IS NOT NULL AND {wanted}"),
                Vec::new(),
            );
            (Part::new(format!("c.{wanted}"), Vec::new()), Some(source))
        }
        Filter::Field(list) => (Part::any(list.iter().map(field).collect()), None),
        Filter::Archived(yes) => {
            let condition = if *yes { "c.archived_at IS NOT NULL" } else { "c.archived_at IS NULL" };
            let all = "SELECT id FROM conversation WHERE archived_at IS NOT NULL";
            (Part::new(condition, Vec::new()), yes.then(|| Part::new(all, Vec::new())))
        }
        Filter::Overdue(yes) => due::overdue(conn, *yes, asking)?,
        Filter::Due(within) => due::within(conn, within, asking)?,
        Filter::Unread(false) => (Part::new("c.unread = 0", Vec::new()), None),
        Filter::Contact(list) => people::contacts(conn, list)?,
        Filter::Identity(list) => people::identities(conn, list)?,
        Filter::Before(when) => return moment(when, negated, true, asking, out),
        Filter::After(when) => return moment(when, negated, false, asking, out),
        Filter::From(list) => return of_message(people::writers(conn, list, asking)?, negated, out),
        Filter::Has(list) => {
            let (condition, source) = has(list);
            if !negated {
                out.sources.extend(source);
            }
            return of_message(condition, negated, out);
        }
    };
    if negated {
        out.conversation.and(condition.not());
    } else {
        out.never |= condition.sql == "0";
        out.conversation.and(condition);
        out.sources.extend(source);
    }
    Ok(())
}

fn of_message(condition: Part, negated: bool, out: &mut Lowered) -> Result<(), StoreError> {
    if negated {
        let so_far = std::mem::take(&mut out.not_message);
        out.not_message = if so_far.is_empty() { condition } else { Part::any(vec![so_far, condition]) };
    } else {
        out.never |= condition.sql == "0";
        out.message.and(condition);
    }
    Ok(())
}

fn codes(column: &str, list: impl Iterator<Item = i64>) -> Part {
    let list = list.map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    if list.is_empty() {
        Part::new("0", Vec::new())
    } else {
        Part::new(format!("{column} IN ({list})"), Vec::new())
    }
}

pub(super) fn ids(conn: &Connection, sql: &str, value: &str) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(sql)?.query_map(params![value], |r| r.get(0))?.collect()
}

fn accounts(conn: &Connection, names: &[String]) -> rusqlite::Result<Part> {
    let mut found = Vec::new();
    for name in names {
        found.extend(ids(conn, "SELECT id FROM account WHERE name = ?1 COLLATE NOCASE", name)?);
    }
    Ok(codes("c.account_id", found.into_iter()))
}

fn assignees(conn: &Connection, list: &[Who], asking: &Asking) -> rusqlite::Result<(Part, Option<Part>)> {
    let (mut agents, mut teams, mut nobody) = (Vec::new(), Vec::new(), false);
    for who in list {
        match who {
            Who::Me => agents.extend(asking.me.map(|a| a.0)),
            Who::Nobody => nobody = true,
            Who::Named(name) => {
                agents.extend(agent_ids(conn, name)?);
                teams.extend(ids(conn, "SELECT id FROM team WHERE name = ?1 COLLATE NOCASE", name)?);
            }
        }
    }
    let mut any = Vec::new();
    let mut sources = Vec::new();
    for (column, list) in [("agent_id", agents), ("team_id", teams)] {
        if !list.is_empty() {
            let wanted = codes(column, list.into_iter());
            sources
                .push(format!("SELECT id FROM conversation WHERE {column} IS NOT NULL AND {}", wanted.sql));
            any.push(Part::new(format!("c.{}", wanted.sql), Vec::new()));
        }
    }
    if nobody {
        any.push(Part::new("c.agent_id IS NULL AND c.team_id IS NULL", Vec::new()));
    }
    // Of nobody's conversations there are many, and of a team's there is no index.
    let source = match sources.as_slice() {
        [one] if !nobody && one.contains("agent_id IS") => Some(Part::new(one.clone(), Vec::new())),
        _ => None,
    };
    Ok((Part::any(any), source))
}

/// Agents by e-mail or name; by the first name where that is all that was given.
fn agent_ids(conn: &Connection, name: &str) -> rusqlite::Result<Vec<i64>> {
    let exact = ids(conn, "SELECT id FROM agent WHERE email = lower(?1) OR name = ?1 COLLATE NOCASE", name)?;
    if exact.is_empty() {
        return ids(
            conn,
            "SELECT id FROM agent WHERE substr(name, 1, length(?1) + 1) = ?1 || ' ' COLLATE NOCASE",
            name,
        );
    }
    Ok(exact)
}

fn labels(conn: &Connection, names: &[String]) -> rusqlite::Result<(Part, Option<Part>)> {
    let mut found: Vec<(i64, String)> = Vec::new();
    for name in names {
        let mut statement =
            conn.prepare_cached("SELECT id, name FROM label WHERE name = ?1 COLLATE NOCASE")?;
        let rows = statement.query_map(params![name], |r| Ok((r.get(0)?, r.get(1)?)))?;
        for row in rows {
            found.push(row?);
        }
    }
    let condition = Part::any(
        found
            .iter()
            .map(|(_, name)| {
                Part::new(
                    "instr(char(10) || c.labels || char(10), char(10) || ? || char(10)) > 0",
                    vec![Value::Text(name.clone())],
                )
            })
            .collect(),
    );
    let source = codes(
        "SELECT conversation_id FROM conversation_label WHERE label_id",
        found.iter().map(|(id, _)| *id),
    );
    Ok((condition, (source.sql != "0").then_some(source)))
}

fn qualified(list: &[Qualified]) -> (Part, Option<Part>) {
    let no = list.contains(&Qualified::No);
    let any = list
        .iter()
        .map(|q| match q {
            Qualified::Yes => "c.qualification IS NOT NULL".to_owned(),
            Qualified::No => "c.qualification IS NULL".to_owned(),
            Qualified::As(state) => format!("c.qualification = {}", state.code()),
        })
        .map(|sql| Part::new(sql, Vec::new()))
        .collect();
    let source = Part::new("SELECT id FROM conversation WHERE qualification IS NOT NULL", Vec::new());
    (Part::any(any), (!no).then_some(source))
}

/// A free field: its name as a whole, its value in part, both without regard to case.
fn field(wanted: &FieldIs) -> Part {
    let mut values = vec![Value::Text(wanted.name.clone())];
    let mut sql = "EXISTS (SELECT 1 FROM json_each(c.fields) f WHERE f.key = ? COLLATE NOCASE".to_owned();
    if let Some(value) = &wanted.value {
        sql.push_str(" AND f.value LIKE ? ESCAPE '\\'");
        values.push(like(value));
    }
    sql.push(')');
    Part::new(format!("c.fields IS NOT NULL AND {sql}"), values)
}

fn has(list: &[Has]) -> (Part, Option<Part>) {
    // In the order of the index of these.
    let troubled =
        [Delivery::Parked, Delivery::Unknown, Delivery::Failed].map(|d| d.code().to_string()).join(", ");
    let any = list
        .iter()
        .map(|has| match has {
            Has::Attachment => "EXISTS (SELECT 1 FROM attachment a WHERE a.message_id = m.id)".to_owned(),
            Has::Note => format!("m.direction = {}", Direction::Note.code()),
            Has::Failed => format!("m.delivery IN ({troubled})"),
        })
        .map(|sql| Part::new(sql, Vec::new()))
        .collect();
    let source = match list {
        [Has::Attachment] => Some(
            "SELECT m.conversation_id FROM attachment a JOIN message m ON m.id = a.message_id".to_owned(),
        ),
        [Has::Failed] => Some(format!("SELECT conversation_id FROM message WHERE delivery IN ({troubled})")),
        _ => None,
    };
    (Part::any(any), source.map(|sql| Part::new(sql, Vec::new())))
}

pub(super) fn like(text: &str) -> Value {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Value::Text(format!("%{escaped}%"))
}

fn moment(
    when: &When,
    negated: bool,
    before: bool,
    asking: &Asking,
    out: &mut Lowered,
) -> Result<(), StoreError> {
    let at = parse_when(when.text(), asking.now, &asking.tz).ok_or_else(|| {
        StoreError::Refused(format!("\u{201c}{}\u{201d} is outside of the calendar", when.text()))
    })?;
    // "not before" is "at or after", and the other way round.
    if before != negated {
        // Ids overflow forward into the next seconds when one second is full.
        out.to = out.to.min(MessageId::for_second(at.saturating_add(600_000)).0);
        out.message.and(Part::new("m.sent_at < ?", vec![Value::Integer(at)]));
    } else {
        out.from = out.from.max(MessageId::for_second(at).0);
        out.message.and(Part::new("m.sent_at >= ?", vec![Value::Integer(at)]));
        out.conversation.and(Part::new("c.last_message_at >= ?", vec![Value::Integer(at)]));
    }
    Ok(())
}

/// Whether a source lists at most `cap` conversations, and how many rows it has up to there.
pub(super) fn weigh(conn: &Connection, source: &Part, cap: usize) -> rusqlite::Result<usize> {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM ({}) LIMIT {})", source.sql, cap + 1);
    let rows: i64 = conn.prepare_cached(&sql)?.query_row(params_from_iter(&source.values), |r| r.get(0))?;
    Ok(usize::try_from(rows).unwrap_or(usize::MAX))
}
