//! The history below our words: what is answered, or what is passed on, as text and as HTML.

use super::html;
use crate::domain::clock::Ms;
use crate::domain::mail::{Mailbox, Manner, Quoted};
use crate::text::mail::mailboxes;
use crate::text::sanitize;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Where in an answer the words stand that are answered. What is passed on always stands below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quoting {
    /// Below our words.
    #[default]
    Below,
    /// Above our words.
    Above,
    /// Nowhere.
    None,
}

impl Quoting {
    /// The words that a setting may have.
    pub const WORDS: [&str; 3] = ["below", "above", "none"];

    /// By its word.
    pub fn from_word(word: &str) -> Option<Quoting> {
        match word {
            "below" => Some(Quoting::Below),
            "above" => Some(Quoting::Above),
            "none" => Some(Quoting::None),
            _ => None,
        }
    }
}

/// Nested quotations that HTML shows as such.
const DEEPEST: usize = 16;

const QUOTATION: &str = r#"<blockquote type="cite" dir="auto" style="margin:0 0 0 0.8ex;border-left:1px solid #ccc;padding-left:1ex">"#;

/// The history as text, without an empty line at its end.
pub fn text(quoted: &Quoted, manner: Manner, zone: &TimeZone) -> String {
    let words = words(quoted);
    if manner.is_forward() {
        return format!("{}\n\n{words}", head(quoted, zone).join("\n")).trim_end().to_owned();
    }
    let mut out = attribution(quoted, zone);
    for line in words.lines() {
        out.push_str(match line {
            "" => "\n>",
            // What was quoted already moves together: a blank more at each turn breaks lines in the end.
            _ if line.starts_with('>') => "\n>",
            _ => "\n> ",
        });
        out.push_str(line);
    }
    out
}

/// The history as HTML. Its words are the text: nothing of a stranger's HTML leaves in our name.
pub fn html(quoted: &Quoted, manner: Manner, zone: &TimeZone) -> String {
    let mut out = String::from("<div>");
    if manner.is_forward() {
        for line in head(quoted, zone) {
            html::escape(&line, true, &mut out);
            out.push_str("<br>\n");
        }
        out.push_str("<br>\n");
        nested(&words(quoted), 0, &mut out);
    } else {
        html::escape(&attribution(quoted, zone), true, &mut out);
        out.push_str("<br>\n");
        nested(&words(quoted), 1, &mut out);
    }
    out.push_str("</div>\n");
    out
}

/// Lines, within so many quotations, and within those that they say they are in.
fn nested(words: &str, around: usize, out: &mut String) {
    let mut depth = 0;
    let mut is_first = true;
    for line in words.lines() {
        let (quotes, rest) = unquoted(line);
        let wanted = (around + quotes).min(DEEPEST);
        if !is_first && wanted == depth {
            out.push_str("<br>\n");
        }
        while depth < wanted {
            out.push_str(QUOTATION);
            depth += 1;
        }
        while depth > wanted {
            out.push_str("</blockquote>\n");
            depth -= 1;
        }
        html::escape(rest, true, out);
        is_first = false;
    }
    for _ in 0..depth {
        out.push_str("</blockquote>");
    }
}

/// How often a line is quoted, and what it says (RFC 3676, section 4.5; with the blanks that many programs put between).
fn unquoted(line: &str) -> (usize, &str) {
    let (mut quotes, mut rest) = (0, line);
    while let Some(after) = rest.strip_prefix('>') {
        quotes += 1;
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    (quotes, if quotes == 0 { line } else { rest })
}

/// The words, clean, without empty lines around them and blanks at the ends of lines.
fn words(quoted: &Quoted) -> String {
    let clean = sanitize::clean(&quoted.text);
    let lines: Vec<&str> = clean.trim_end().lines().map(str::trim_end).collect();
    let from = lines.iter().take_while(|line| line.is_empty()).count();
    lines.get(from..).unwrap_or_default().join("\n")
}

fn attribution(quoted: &Quoted, zone: &TimeZone) -> String {
    let who = quoted.from.as_ref().map(shown);
    match (date(quoted.at, zone), who) {
        (Some(date), Some(who)) => format!("On {date}, {who} wrote:"),
        (Some(date), None) => format!("On {date} was written:"),
        (None, Some(who)) => format!("{who} wrote:"),
        (None, None) => "It was written:".to_owned(),
    }
}

/// What is said of a mail that is passed on.
fn head(quoted: &Quoted, zone: &TimeZone) -> Vec<String> {
    let mut head = vec!["---------- Forwarded message ----------".to_owned()];
    head.extend(quoted.from.as_ref().map(|from| format!("From: {}", shown(from))));
    head.extend(date(quoted.at, zone).map(|date| format!("Date: {date}")));
    head.push(format!("Subject: {}", sanitize::line(&quoted.subject)).trim_end().to_owned());
    if !quoted.to.is_empty() {
        head.push(format!("To: {}", mailboxes::line(&quoted.to)));
    }
    if !quoted.cc.is_empty() {
        head.push(format!("Cc: {}", mailboxes::line(&quoted.cc)));
    }
    head
}

/// An address as people read it.
fn shown(one: &Mailbox) -> String {
    let address = sanitize::line(&one.address);
    match one.name.as_deref().map(sanitize::line).filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} <{address}>"),
        None => address.into_owned(),
    }
}

fn date(at: Ms, zone: &TimeZone) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(at).ok()?;
    Some(at.to_zoned(zone.clone()).strftime("%a, %-d %b %Y at %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str) -> Quoted {
        Quoted {
            from: Some(Mailbox::named("Ana", "ana@b.example")),
            to: vec![Mailbox::bare("support@acme.example"), Mailbox::named("Vries, C", "c@d.example")],
            cc: vec![Mailbox::bare("boss@d.example")],
            subject: "Where is\r\nit?".into(),
            at: 1_795_166_100_000,
            text: text.into(),
        }
    }

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(1))
    }

    #[test]
    fn an_answer_has_what_is_answered_below_it() {
        assert_eq!(
            text(&quoted("\n\nHello \n\n> You wrote\n>> I wrote\n>\nBye\n\n"), Manner::Reply, &zone()),
            "On Fri, 20 Nov 2026 at 10:15, Ana <ana@b.example> wrote:\n\
             > Hello\n>\n>> You wrote\n>>> I wrote\n>>\n> Bye"
        );
        let nobody = Quoted { from: None, ..quoted("x") };
        assert!(
            text(&nobody, Manner::ReplyAll, &zone())
                .starts_with("On Fri, 20 Nov 2026 at 10:15 was written:\n> x")
        );
        let never = Quoted { at: i64::MAX, ..quoted("x") };
        assert_eq!(text(&never, Manner::Reply, &zone()), "Ana <ana@b.example> wrote:\n> x");
    }

    #[test]
    fn what_is_passed_on_says_whose_it_is() {
        assert_eq!(
            text(&quoted("Hello\n> You wrote"), Manner::Forward, &zone()),
            "---------- Forwarded message ----------\n\
             From: Ana <ana@b.example>\n\
             Date: Fri, 20 Nov 2026 at 10:15\n\
             Subject: Where is it?\n\
             To: support@acme.example, \"Vries, C\" <c@d.example>\n\
             Cc: boss@d.example\n\n\
             Hello\n> You wrote"
        );
    }

    #[test]
    fn html_of_history_is_its_text() {
        let found = html(&quoted("<b>Hello</b>  you\n> one\n> > two\n> one\nend"), Manner::Reply, &zone());
        assert_eq!(
            found.replace(QUOTATION, "["),
            "<div>On Fri, 20 Nov 2026 at 10:15, Ana &lt;ana@b.example&gt; wrote:<br>\n\
             [&lt;b&gt;Hello&lt;/b&gt; &nbsp;you[one[two</blockquote>\n\
             one</blockquote>\nend</blockquote></div>\n"
        );
        let found = html(&quoted("a\n\nb"), Manner::Forward, &zone());
        assert!(found.ends_with("Cc: boss@d.example<br>\n<br>\na<br>\n<br>\nb</div>\n"), "{found}");
    }

    proptest! {
        #[test]
        fn quoting_again_and_again_only_adds_marks(words in "([a-z<&]{0,3}|> ?|>|\n| ){0,30}", times in 1..6_usize) {
            let mut quoted = quoted(&words);
            let lines = super::words(&quoted).lines().count();
            for turn in 1..=times {
                let found = text(&quoted, Manner::Reply, &zone());
                prop_assert_eq!(found.lines().count(), lines + turn);
                quoted.text = found;
            }
            let html = html(&quoted, Manner::Reply, &zone());
            prop_assert_eq!(html.matches("<blockquote").count(), html.matches("</blockquote>").count());
        }
    }
}
