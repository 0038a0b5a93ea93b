//! How the head of a mail stands above its text: every field with all that is in it, folded to the width, and what is wrong with it.

use crate::domain::mail::{Mailbox, Manner};
use crate::text::mail::compose::head::Whole;
use crate::text::mail::mailboxes;
use crate::text::{format, sanitize, wrap};
use crate::ui::composer::NAME;
use crate::ui::composer::head::{Head, Place, Wrong};
use crate::ui::paint::{Pen, cells, folded};
use crate::ui::theme::Role;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Cells of the names of the fields.
pub(super) const LABELS: u16 = 9;
/// Lines that one reason takes at most.
const REASON: usize = 3;
/// Names that the first line tells at most; the fields below it tell all of them.
const TOLD: usize = 3;

/// A line of the head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct HeadLine {
    pub(crate) label: &'static str,
    /// The keys go to this field.
    pub(crate) has_keys: bool,
    /// Its field has more addresses than there is room for: not all of them are seen.
    pub(crate) is_cut: bool,
    pub(crate) pieces: Vec<(String, Role)>,
}

impl HeadLine {
    fn words(text: impl Into<String>, role: Role) -> HeadLine {
        HeadLine { pieces: vec![(text.into(), role)], ..HeadLine::default() }
    }
}

/// A field, folded: its lines, and which of them has the cursor.
struct Folded {
    place: Place,
    lines: Vec<HeadLine>,
    cursor: Option<usize>,
}

/// To whom a mail goes and how, in as many names as there is room for: then how many more there are.
pub(super) fn addressed(whole: &Whole, room: u16) -> String {
    let all: Vec<String> = [&whole.to, &whole.cc, &whole.bcc]
        .into_iter()
        .flatten()
        .map(|one| format::person(one.name.as_deref().unwrap_or_default(), &one.address))
        .collect();
    let lead = match whole.manner {
        Manner::New | Manner::Reply => "to",
        Manner::ReplyAll => "to all:",
        Manner::Forward => "forward to",
        Manner::ForwardAttached => "forward as file to",
    };
    if all.is_empty() {
        return format!("{lead} nobody yet by E-mail");
    }
    let form = |names: &str, told: usize| match all.len() - told {
        0 => format!("{lead} {names} by E-mail"),
        more => format!("{lead} {names} +{more} by E-mail"),
    };
    let told = (1..=all.len().min(TOLD)).rev().map(|told| form(&all[..told].join(", "), told));
    if let Some(whole) = told.into_iter().find(|form| cells(form) <= room) {
        return whole;
    }
    let left = room.saturating_sub(cells(&form("", 1)));
    if left < NAME.min(cells(&all[0])) {
        return if all.len() == 1 { "by E-mail".into() } else { format!("to {} by E-mail", all.len()) };
    }
    form(&wrap::truncate(&all[0], usize::from(left)), 1)
}

/// The lines of a head in at most so many rows, for a width. What does not fit is read in its field: there the lines around the
/// cursor are shown.
pub(super) fn lines(head: &Head, width: u16, rows: usize) -> Vec<HeadLine> {
    let room = usize::from(width.saturating_sub(LABELS)).max(8);
    let wrong = head.wrong();
    let said: Vec<&Wrong> = wrong.iter().filter(|w| !head.is_being_typed(w) && !w.range.is_empty()).collect();
    let mut fields: Vec<Folded> = head.places().into_iter().map(|at| field(head, at, &said, room)).collect();
    let total = |fields: &[Folded]| fields.iter().map(|field| field.lines.len()).sum::<usize>();
    if total(&fields) > rows {
        // The names stand in the first line: the addresses are what has to be seen.
        for field in fields.iter_mut().filter(|field| field.cursor.is_none()) {
            field.lines = bare(head, field.place, room).unwrap_or_else(|| std::mem::take(&mut field.lines));
        }
    }
    fit(&mut fields, rows, room);
    let mut out = Vec::new();
    for field in fields {
        let place = field.place;
        out.extend(field.lines);
        for wrong in said.iter().filter(|wrong| wrong.at == place) {
            let why = folded(&format!("✗ {}", wrong.why), u16::try_from(room).unwrap_or(u16::MAX), REASON);
            out.extend(why.into_iter().map(|line| HeadLine::words(line, Role::Bad)));
        }
        if head.at == Some(place) {
            out.extend(offers(head, room));
        }
    }
    out
}

/// Who is offered: the one that is taken is marked.
fn offers(head: &Head, room: usize) -> impl Iterator<Item = HeadLine> {
    head.offers().iter().enumerate().map(move |(at, one)| {
        let is_picked = at == head.pick;
        let mark = if is_picked { ("▸ ", Role::Accent) } else { ("  ", Role::Dim) };
        let name = format::person(&one.name, &one.identity.value);
        let name = wrap::truncate(&name, room.saturating_sub(2)).into_owned();
        let left = room.saturating_sub(4 + wrap::width(&name));
        let mut pieces = vec![
            (mark.0.to_owned(), mark.1),
            (name.clone(), if is_picked { Role::Strong } else { Role::Text }),
        ];
        if left >= 8 && name != one.identity.value {
            let address = sanitize::line(&one.identity.value);
            pieces.push((format!("  {}", wrap::truncate(&address, left)), Role::Dim));
        }
        HeadLine { pieces, ..HeadLine::default() }
    })
}

/// A field with all that stands in it.
fn field(head: &Head, place: Place, said: &[&Wrong], room: usize) -> Folded {
    let input = head.input(place);
    let text = input.text();
    let has_keys = head.at == Some(place);
    let marks: Vec<Range<usize>> =
        said.iter().filter(|wrong| wrong.at == place).map(|wrong| wrong.range.clone()).collect();
    let ranges = lines_of(text, place, room);
    let at = input.cursor();
    let of_cursor = ranges.iter().rposition(|range| range.start <= at).unwrap_or(0);
    let mut lines = Vec::new();
    for (row, range) in ranges.iter().enumerate() {
        let cursor = (has_keys && row == of_cursor).then(|| at.min(range.end));
        lines.push(HeadLine {
            label: if row == 0 { place.label() } else { "" },
            has_keys,
            is_cut: false,
            pieces: pieces(text, range, &marks, cursor),
        });
    }
    if text.trim().is_empty()
        && !has_keys
        && let Some(first) = lines.first_mut()
    {
        let none = match place {
            Place::To => ("nobody yet", Role::Warn),
            Place::Subject => ("none yet", Role::Warn),
            Place::Cc | Place::Bcc => ("nobody", Role::Dim),
        };
        first.pieces = vec![(none.0.to_owned(), none.1)];
    }
    Folded { place, lines, cursor: has_keys.then_some(of_cursor) }
}

/// A field of nothing but addresses, where nothing is wrong with them.
fn bare(head: &Head, place: Place, room: usize) -> Option<Vec<HeadLine>> {
    let boxes =
        mailboxes::read(head.input(place).text()).ok().filter(|b| place.has_addresses() && !b.is_empty())?;
    let boxes: Vec<Mailbox> = boxes.into_iter().map(|one| Mailbox::bare(one.address)).collect();
    let text = mailboxes::line(&boxes);
    let lines = lines_of(&text, place, room).into_iter().enumerate().map(|(row, range)| HeadLine {
        label: if row == 0 { place.label() } else { "" },
        has_keys: false,
        is_cut: false,
        pieces: vec![(text[range].to_owned(), Role::Text)],
    });
    Some(lines.collect())
}

/// The lines of a field: an address begins a line rather than end in the next one. The cursor may stand behind the last letter.
fn lines_of(text: &str, place: Place, room: usize) -> Vec<Range<usize>> {
    let room = room.saturating_sub(1).max(1);
    if !place.has_addresses() {
        return wrap::wrap(text, room);
    }
    let mut rows: Vec<Range<usize>> = Vec::new();
    for piece in mailboxes::typed_pieces(text) {
        let begin = piece.end - text[piece.clone()].trim_start().len();
        // With its comma.
        let end = (piece.end + 1).min(text.len());
        match rows.last_mut() {
            Some(row) if wrap::width(&text[row.start..end]) <= room => row.end = end,
            _ => rows.push(begin.min(end)..end),
        }
    }
    let fold = |row: Range<usize>| {
        let lines = wrap::wrap(&text[row.clone()], room).into_iter();
        lines.map(move |line| row.start + line.start..row.start + line.end)
    };
    rows.into_iter().flat_map(fold).collect()
}

/// A line of a field: what is wrong in it is marked, and where one types.
fn pieces(
    text: &str,
    line: &Range<usize>,
    marks: &[Range<usize>],
    cursor: Option<usize>,
) -> Vec<(String, Role)> {
    let mut out: Vec<(String, Role)> = Vec::new();
    let mut put = |words: &str, role: Role| match out.last_mut() {
        Some((before, of)) if *of == role => before.push_str(words),
        _ => out.push((words.to_owned(), role)),
    };
    for (from, grapheme) in text[line.clone()].grapheme_indices(true) {
        let at = line.start + from;
        let is_wrong = marks.iter().any(|mark| mark.contains(&at));
        let role = match cursor {
            Some(cursor) if cursor == at => Role::Cursor,
            _ if is_wrong => Role::Bad,
            _ => Role::Text,
        };
        put(grapheme, role);
    }
    if cursor == Some(line.end) {
        put(" ", Role::Cursor);
    }
    out
}

/// Cuts fields down until all of them have room: the longest first, and that which has the keys last.
fn fit(fields: &mut [Folded], rows: usize, room: usize) {
    let total = |fields: &[Folded]| fields.iter().map(|field| field.lines.len()).sum::<usize>();
    while total(fields) > rows.max(fields.len()) {
        let others = fields.iter_mut().filter(|field| field.cursor.is_none() && field.lines.len() > 1);
        if let Some(longest) = others.max_by_key(|field| field.lines.len()) {
            let hidden = longest.lines.len() - 1;
            let plural = if hidden == 1 { "" } else { "s" };
            longest.lines.truncate(1);
            if let Some(line) = longest.lines.first_mut() {
                let note = format!(" +{hidden} line{plural}");
                let text: String = line.pieces.iter().map(|(words, _)| words.as_str()).collect();
                let text =
                    wrap::truncate(text.trim_end_matches(','), room.saturating_sub(wrap::width(&note)))
                        .into_owned();
                line.pieces = vec![(text, Role::Text), (note, Role::Accent)];
                line.is_cut = longest.place.has_addresses();
            }
            continue;
        }
        let spare = rows.max(fields.len()) + 1 - fields.len();
        let Some(own) = fields.iter_mut().find(|field| field.lines.len() > spare.max(1)) else { return };
        let cursor = own.cursor.unwrap_or(0);
        let from = (cursor + 1).saturating_sub(spare.max(1)).min(own.lines.len() - spare.max(1));
        let label = own.lines.first().map_or("", |line| line.label);
        own.lines = own.lines.drain(from..).take(spare.max(1)).collect();
        if let Some(first) = own.lines.first_mut() {
            first.label = label;
            first.is_cut = own.place.has_addresses();
        }
        return;
    }
}

/// Paints a line.
pub(super) fn draw(pen: &mut Pen<'_>, x: u16, y: u16, end: u16, line: &HeadLine) {
    let role = if line.has_keys { Role::Strong } else { Role::Dim };
    pen.text(x, y, LABELS.min(end.saturating_sub(x)), line.label, role);
    let mut at = x.saturating_add(LABELS);
    for (words, role) in &line.pieces {
        at = pen.verbatim(at, y, end.saturating_sub(at), words, *role);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(manner: Manner, to: usize) -> Whole {
        let names = ["Anna de Vries", "Bob Chen", "Carl", "Dora", "Eve"];
        let boxes = names.into_iter().take(to).map(|n| Mailbox::named(n, format!("{n}@x.example")));
        Whole { manner, to: boxes.collect(), ..Whole::default() }
    }

    #[test]
    fn the_first_line_tells_whom_and_how_many() {
        for (manner, count, room, said) in [
            (Manner::Reply, 1, 60, "to Anna de Vries by E-mail"),
            (Manner::Reply, 2, 60, "to Anna de Vries, Bob Chen by E-mail"),
            (Manner::ReplyAll, 5, 60, "to all: Anna de Vries, Bob Chen, Carl +2 by E-mail"),
            (Manner::ReplyAll, 5, 40, "to all: Anna de Vries +4 by E-mail"),
            (Manner::ReplyAll, 5, 30, "to all: Anna de… +4 by E-mail"),
            (Manner::ReplyAll, 5, 20, "to 5 by E-mail"),
            (Manner::Reply, 1, 10, "by E-mail"),
            (Manner::Forward, 0, 60, "forward to nobody yet by E-mail"),
            (Manner::ForwardAttached, 1, 60, "forward as file to Anna de Vries by E-mail"),
        ] {
            assert_eq!(addressed(&whole(manner, count), room), said);
        }
    }

    fn texts(lines: &[HeadLine]) -> Vec<String> {
        let text = |line: &HeadLine| line.pieces.iter().map(|(words, _)| words.as_str()).collect::<String>();
        lines.iter().map(|line| format!("{:<8}{}", line.label, text(line))).collect()
    }

    fn head(to: &str, cc: &str) -> Head {
        use crate::domain::mail::MailHead;
        let mut head = Head::default();
        head.restore(Some(&MailHead {
            to: Some(mailboxes::loosely(to)),
            cc: Some(mailboxes::loosely(cc)),
            subject: Some("Lamp".into()),
            ..MailHead::default()
        }));
        head
    }

    #[test]
    fn every_recipient_is_read_and_what_is_wrong_is_marked_and_told() {
        let head = head("Anna <anna@x.example>, bob@x.example, carl", "");
        assert_eq!(
            texts(&lines(&head, 40, 9)),
            [
                "To      Anna <anna@x.example>,",
                "        bob@x.example, carl",
                "        ✗ “carl” is no address: it has",
                "        no @",
                "Subject Lamp",
            ]
        );
        let bad: Vec<(String, Role)> = lines(&head, 40, 9)[1].pieces.clone();
        assert_eq!(bad[1], ("carl".to_owned(), Role::Bad));
    }

    #[test]
    fn where_there_is_no_room_the_field_that_has_the_keys_shows_its_cursor() {
        let many: Vec<String> = (0..40).map(|n| format!("person{n}@x.example")).collect();
        let mut head = head(&many.join(", "), &many[..4].join(", "));
        let all = lines(&head, 60, 6);
        assert_eq!(all.len(), 4, "{:#?}", texts(&all));
        assert!(texts(&all)[0].contains(" +"), "{:#?}", texts(&all));
        head.go(Some(Place::To));
        let all = lines(&head, 60, 6);
        assert_eq!(all.len(), 6, "{:#?}", texts(&all));
        assert!(texts(&all)[3].contains("person39@x.example "), "{:#?}", texts(&all));
        assert!(texts(&all)[4].starts_with("Cc"), "{:#?}", texts(&all));
    }
}
