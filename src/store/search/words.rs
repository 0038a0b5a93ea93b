//! Walks the index of message texts, newest first.
//!
//! Up to three letters the index has every beginning ready. For a longer one it would first merge the entries of all words
//! that begin so (50 ms for `order*` at a million messages), before it gives a single row. Where most of what begins with
//! the first three letters also begins with all of them, it is far cheaper to walk those and look at each text.

use super::matcher::holds_all;
use super::{Watch, text_of};
use crate::store::filter::Unit;
use crate::text::index::{Term, match_expr};
use rusqlite::{Connection, params};

/// The longest beginning that the index has ready.
const READY: usize = 3;
/// So many candidates are looked at before the manner is chosen.
const SAMPLE: usize = 96;
/// The share (one in so many) of candidates that must fit for the loose manner to go on.
const SHARE: usize = 10;

/// What to look for in the index.
pub(super) struct Words {
    exact: String,
    /// A cheaper expression that finds more, and what then has to be in the text.
    loose: Option<(String, Vec<Term>)>,
}

/// What became of a candidate.
pub(super) enum Step {
    /// Go on.
    On,
    /// Enough.
    Stop,
}

impl Words {
    /// Messages that hold all of `units` and none of `without`. Nothing when the index knows none of the words.
    pub fn new(units: &[&Unit], without: &[Unit]) -> Option<Words> {
        let terms: Vec<Term> = units.iter().flat_map(|u| u.text.iter().cloned()).collect();
        let exact = match_expr(&terms)?;
        let long: Vec<Term> = terms.iter().filter(|t| shortened(t).is_some()).cloned().collect();
        let loose =
            match_expr(&terms.iter().map(|t| shortened(t).unwrap_or_else(|| t.clone())).collect::<Vec<_>>())
                .filter(|_| !long.is_empty());
        let absent: Vec<String> = without.iter().filter_map(|u| match_expr(&u.text)).collect();
        let but = |e: String| match absent.as_slice() {
            [] => e,
            some => format!(
                "({e}) NOT ({})",
                some.iter().map(|e| format!("({e})")).collect::<Vec<_>>().join(" OR ")
            ),
        };
        Some(Words { exact: but(exact), loose: loose.map(|e| (but(e), long)) })
    }

    /// Gives the ids of the messages with these words in `from..to` to `take`, newest first, until it has enough; those that
    /// are not `likely` are passed over. Answers whether the walk came to its end, or to `take`'s.
    pub fn walk(
        &self,
        conn: &Connection,
        from: i64,
        to: i64,
        watch: &Watch,
        likely: &dyn Fn(i64) -> bool,
        take: &mut dyn FnMut(i64) -> rusqlite::Result<Step>,
    ) -> rusqlite::Result<bool> {
        let mut to = to;
        if let Some((expression, terms)) = &self.loose {
            let (mut seen, mut fitting) = (0usize, 0usize);
            let mut rows = Rows::new(conn, expression, from, to)?;
            let mut query = rows.query()?;
            loop {
                let Some(row) = query.next()? else { return Ok(true) };
                let id: i64 = row.get(0)?;
                if watch.over() {
                    return Ok(false);
                }
                to = id;
                if !likely(id) {
                    continue;
                }
                seen += 1;
                if text_of(conn, id, |text| holds_all(text, terms))? {
                    fitting += 1;
                    if let Step::Stop = take(id)? {
                        return Ok(true);
                    }
                }
                if seen >= SAMPLE && fitting * SHARE < seen {
                    break;
                }
            }
        }
        let mut rows = Rows::new(conn, &self.exact, from, to)?;
        let mut query = rows.query()?;
        while let Some(row) = query.next()? {
            if watch.over() {
                return Ok(false);
            }
            let id: i64 = row.get(0)?;
            if likely(id)
                && let Step::Stop = take(id)?
            {
                return Ok(true);
            }
        }
        Ok(true)
    }
}

/// Whether a unit has a beginning that the index does not have ready.
pub(super) fn is_long(unit: &Unit) -> bool {
    unit.text.iter().chain(&unit.phone).any(|term| shortened(term).is_some())
}

struct Rows<'c> {
    statement: rusqlite::CachedStatement<'c>,
    expression: &'c str,
    from: i64,
    to: i64,
}

impl<'c> Rows<'c> {
    fn new(conn: &'c Connection, expression: &'c str, from: i64, to: i64) -> rusqlite::Result<Rows<'c>> {
        let statement = conn.prepare_cached(
            "SELECT rowid FROM message_fts WHERE message_fts MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC",
        )?;
        Ok(Rows { statement, expression, from, to })
    }

    fn query(&mut self) -> rusqlite::Result<rusqlite::Rows<'_>> {
        self.statement.query(params![self.expression, self.from, self.to])
    }
}

/// The same beginning, as far as the index has it ready; nothing where it is short enough, or no beginning.
fn shortened(term: &Term) -> Option<Term> {
    let Term::Prefix(text) = term else { return None };
    let start = text.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric()).last()?.0;
    let word = &text[start..];
    // Scripts without blanks are indexed in pairs: there is no long beginning. The first of them is U+0E01.
    if word.chars().count() <= READY || word.chars().any(|c| c >= '\u{E01}') {
        return None;
    }
    let end = word.char_indices().nth(READY).map_or(word.len(), |(n, _)| n);
    Some(Term::Prefix(text[..start + end].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_beginnings_are_shortened() {
        let of = |text: &str| shortened(&Term::Prefix(text.to_owned())).map(|t| t.text().to_owned());
        assert_eq!(of("order").as_deref(), Some("ord"));
        assert_eq!(of("tracking numb").as_deref(), Some("tracking num"));
        assert_eq!(of("größer").as_deref(), Some("grö"));
        assert_eq!(of("ord"), None);
        assert_eq!(of("注文番号"), None);
        assert_eq!(of("order!"), None);
        assert_eq!(shortened(&Term::Word("order".to_owned())), None);
    }
}
