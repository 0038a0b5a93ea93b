//! Everything a command prints: JSON lines for programs, aligned and sanitised words for people.

use crate::text::sanitize::{clean, escape_json, line};
use crate::text::wrap::{pad, truncate, width};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Where a command prints to.
pub struct Out {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// Whether programs read it.
    pub json: bool,
    /// Whether a terminal shows it: styles are used and lines cut to its width.
    styled: bool,
    width: Option<usize>,
}

/// A table for people.
pub struct Table {
    headings: Vec<&'static str>,
    /// The column that gives way when the terminal is narrow.
    flexible: usize,
    rows: Vec<Vec<String>>,
}

/// Narrowest that the flexible column gets.
const NARROWEST: usize = 12;
/// No column is wider, whatever a stranger calls himself.
const WIDEST: usize = 200;
/// Between two columns.
const GAP: &str = "  ";

impl Out {
    /// Standard output and standard error.
    pub fn standard(json: bool) -> Out {
        let terminal = io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let width =
            if terminal { crossterm::terminal::size().ok().map(|(w, _)| usize::from(w)) } else { None };
        Out {
            out: Box::new(io::BufWriter::new(io::stdout())),
            err: Box::new(io::stderr()),
            json,
            styled: terminal && !plain,
            width,
        }
    }

    /// Prints one object on a line of its own.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn object(&mut self, value: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string(value).map_err(io::Error::other)?;
        writeln!(self.out, "{}", escape_json(&json))
    }

    /// Prints a line for people; foreign text in it may be whatever it likes.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", line(text))
    }

    /// Prints text of several lines, each behind `indent`.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn block(&mut self, indent: &str, text: &str) -> io::Result<()> {
        for l in clean(text).lines() {
            writeln!(self.out, "{indent}{l}")?;
        }
        Ok(())
    }

    /// Prints text as it is: scripts, pages, bytes. Never foreign text, unless a file takes it.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Prints a heading.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        let text = line(text);
        self.bold(&text)
    }

    fn bold(&mut self, text: &str) -> io::Result<()> {
        if self.styled {
            writeln!(self.out, "\u{1b}[1m{text}\u{1b}[0m")
        } else {
            writeln!(self.out, "{text}")
        }
    }

    /// Prints a table, or what to say where there is nothing.
    ///
    /// # Errors
    /// When nobody takes the output.
    pub fn table(&mut self, table: &Table, nothing: &str) -> io::Result<()> {
        if table.rows.is_empty() {
            return self.note(nothing);
        }
        for (i, row) in table.lines(self.width).iter().enumerate() {
            if i == 0 { self.bold(row)? } else { writeln!(self.out, "{row}")? }
        }
        Ok(())
    }

    /// Says something beside the result, on standard error.
    ///
    /// # Errors
    /// When nobody takes it.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        self.flush()?;
        for l in clean(text).lines() {
            writeln!(self.err, "{l}")?;
        }
        Ok(())
    }

    /// Hands over what is buffered.
    ///
    /// # Errors
    /// When nobody takes it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The handle of standard output, for parts that print by themselves.
    pub fn handle(&mut self) -> &mut dyn Write {
        &mut self.out
    }
}

impl Table {
    /// A table with these headings, of which one column may be cut.
    pub fn new(headings: &[&'static str], flexible: usize) -> Table {
        Table { headings: headings.to_vec(), flexible, rows: Vec::new() }
    }

    /// Adds a row; foreign text is made harmless.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|c| line(c).into_owned()).collect());
    }

    /// Headings and rows, aligned, within `limit` columns if possible.
    fn lines(&self, limit: Option<usize>) -> Vec<String> {
        let headings: Vec<String> = self.headings.iter().map(|h| h.to_uppercase()).collect();
        let all: Vec<&Vec<String>> = std::iter::once(&headings).chain(&self.rows).collect();
        let mut widths: Vec<usize> = (0..self.headings.len())
            .map(|i| all.iter().map(|row| row.get(i).map_or(0, |c| width(c))).max().unwrap_or(0).min(WIDEST))
            .collect();
        if let Some(limit) = limit {
            let total: usize = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
            if let Some(flexible) = widths.get_mut(self.flexible) {
                *flexible =
                    flexible.saturating_sub(total.saturating_sub(limit)).max((*flexible).min(NARROWEST));
            }
        }
        let cells = |row: &Vec<String>| -> String {
            let padded: Vec<String> =
                row.iter().zip(&widths).map(|(cell, w)| pad(&truncate(cell, *w), *w)).collect();
            padded.join(GAP).trim_end().to_owned()
        };
        all.into_iter().map(cells).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_cut_and_harmless() {
        let mut table = Table::new(&["id", "name", "state"], 1);
        table.row(vec!["1".into(), "Anna \u{7}de Vries of the long name".into(), "open".into()]);
        table.row(vec!["22".into(), "王小明".into(), "resolved".into()]);
        assert_eq!(
            table.lines(None),
            [
                "ID  NAME                            STATE",
                "1   Anna de Vries of the long name  open",
                "22  王小明                          resolved",
            ]
        );
        let narrow = table.lines(Some(30));
        assert!(narrow.iter().all(|l| width(l) <= 30), "{narrow:#?}");
        assert!(narrow[1].contains('…'), "{narrow:#?}");
    }

    #[test]
    fn who_calls_himself_by_a_very_long_name_does_not_push_the_others_aside() {
        let mut table = Table::new(&["id", "name", "state"], 1);
        table.row(vec!["1".into(), "N".repeat(5_000), "open".into()]);
        table.row(vec!["2".into(), "Anna".into(), "open".into()]);
        let lines = table.lines(None);
        assert!(lines.iter().all(|line| width(line) < WIDEST + 20), "{}", lines[1].len());
        assert!(lines[1].contains('…') && lines[1].ends_with("open"), "{}", lines[1]);
    }
}
