//! Tables as text: what holds data becomes rows, what only lays a page out becomes the blocks that it is made of.

use super::flow::Flow;
use crate::text::wrap;

/// Widest table whose columns are aligned, in cells of the screen.
const ALIGNED: usize = 76;
/// Widest row on one line.
const ROW: usize = 160;
/// What stands between two columns.
const BETWEEN: &str = " | ";

/// A table whose cells have been written.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    /// The row that is being written.
    row: Vec<String>,
}

impl Table {
    /// Adds a cell to the row.
    pub fn cell(&mut self, text: String) {
        self.row.push(text);
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        if row.iter().any(|cell| !cell.is_empty()) {
            self.rows.push(row);
        }
    }

    /// Writes all rows.
    pub fn write(mut self, flow: &mut Flow) {
        self.end_row();
        flow.end_line(2);
        self.drop_spacers();
        let widths = self.widths();
        for row in &self.rows {
            write_row(row, widths.as_deref(), flow);
        }
        flow.end_line(2);
    }

    /// Takes out columns that are empty in every row.
    fn drop_spacers(&mut self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        if !self.rows.iter().all(|row| row.len() == columns) {
            // Cells that span columns: then no column can be told.
            for row in &mut self.rows {
                row.retain(|cell| !cell.is_empty());
            }
            return;
        }
        let is_used: Vec<bool> =
            (0..columns).map(|at| self.rows.iter().any(|row| !row[at].is_empty())).collect();
        for row in &mut self.rows {
            let mut used = is_used.iter();
            row.retain(|_| used.next().copied().unwrap_or(true));
        }
    }

    /// How wide each column is, where columns are to be aligned.
    fn widths(&self) -> Option<Vec<usize>> {
        let columns = self.rows.first().map(Vec::len).filter(|columns| *columns > 1)?;
        let is_even =
            self.rows.iter().all(|row| row.len() == columns && row.iter().all(|cell| !cell.contains('\n')));
        if !is_even || self.rows.len() < 2 {
            return None;
        }
        let width = |at: usize| self.rows.iter().map(|row| wrap::width(&row[at])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let whole = widths.iter().sum::<usize>() + BETWEEN.len() * (columns - 1);
        (whole <= ALIGNED).then_some(widths)
    }
}

fn write_row(row: &[String], widths: Option<&[usize]>, flow: &mut Flow) {
    let filled: Vec<&str> = row.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
    let is_line = filled.iter().all(|cell| !cell.contains('\n'));
    let whole: usize = filled.iter().map(|cell| wrap::width(cell) + BETWEEN.len()).sum();
    let line = match (filled.as_slice(), widths) {
        // "Order:" and its number need no mark between.
        ([name, value], _) if is_line && name.ends_with(':') && row.len() == 2 => format!("{name} {value}"),
        ([_, _, ..], Some(widths)) => aligned(row, widths),
        ([_, _, ..], None) if is_line && whole <= ROW => filled.join(BETWEEN),
        _ => {
            for cell in filled {
                let lines = if cell.contains('\n') { 2 } else { 1 };
                flow.end_line(lines);
                flow.lines(cell);
                flow.end_line(lines);
            }
            return;
        }
    };
    flow.lines(line.trim_end());
    flow.end_line(1);
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
    let mut line = String::new();
    for (at, (cell, width)) in row.iter().zip(widths).enumerate().take(last + 1) {
        if at > 0 {
            line.push_str(BETWEEN);
        }
        if at == last { line.push_str(cell) } else { line.push_str(&wrap::pad(cell, *width)) }
    }
    line
}
