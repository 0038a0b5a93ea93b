//! The floor of start-up: the least a ratatui program can do with the same file. It opens the database, reads one window of the
//! list and one thread, draws them once, and waits for `q`.
//!
//! `cargo bench --bench floor -- PATH/frontdesk.db` draws and stays, for a stop-watch on a terminal; with `--time` it draws into
//! memory and prints how long that took.
#![allow(clippy::print_stdout, reason = "a bench prints its result")]

use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, read};
use ratatui::layout::{Constraint, Layout};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Borders, List, Paragraph, Wrap};
use ratatui::{Frame, Terminal};
use rusqlite::{Connection, OpenFlags, params};
use std::time::Instant;

type Res<T> = Result<T, Box<dyn std::error::Error>>;

struct Row {
    id: i64,
    who: String,
    preview: String,
}

fn rows(db: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut statement = db.prepare(
        "SELECT c.id, k.name, c.preview FROM conversation c CROSS JOIN contact k ON k.id = c.contact_id
         ORDER BY c.last_message_at DESC, c.id DESC LIMIT 50",
    )?;
    statement.query_map([], |r| Ok(Row { id: r.get(0)?, who: r.get(1)?, preview: r.get(2)? }))?.collect()
}

fn thread(db: &Connection, conversation: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement = db.prepare(
        "SELECT text FROM message WHERE conversation_id = ?1 ORDER BY sent_at DESC, id DESC LIMIT 50",
    )?;
    let mut texts = statement
        .query_map(params![conversation], |r| r.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    texts.reverse();
    Ok(texts)
}

fn draw(frame: &mut Frame<'_>, rows: &[Row], texts: &[String]) {
    let [views, list, thread] =
        Layout::horizontal([Constraint::Length(16), Constraint::Length(40), Constraint::Fill(1)])
            .areas(frame.area());
    frame.render_widget(
        Paragraph::new("Mine\nUnassigned\nAll open").block(Block::new().borders(Borders::RIGHT)),
        views,
    );
    let items =
        rows.iter().map(|r| Text::from(vec![Line::from(r.who.as_str()), Line::from(r.preview.as_str())]));
    frame.render_widget(List::new(items).block(Block::new().borders(Borders::RIGHT)), list);
    frame.render_widget(Paragraph::new(texts.join("\n\n")).wrap(Wrap { trim: false }), thread);
}

fn open(path: &str) -> Res<(Vec<Row>, Vec<String>)> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let rows = rows(&db)?;
    let texts = rows.first().map(|r| thread(&db, r.id)).transpose()?.unwrap_or_default();
    Ok((rows, texts))
}

fn main() -> Res<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(path) = args.iter().find(|a| a.ends_with(".db")) else {
        println!("floor: give the path of a frontdesk.db, and --time to print a time instead of drawing");
        return Ok(());
    };
    if args.iter().any(|a| a == "--time") {
        let mut times = Vec::new();
        for _ in 0..21 {
            let began = Instant::now();
            let (rows, texts) = open(path)?;
            let mut terminal = Terminal::new(TestBackend::new(120, 40))?;
            terminal.draw(|frame| draw(frame, &rows, &texts))?;
            times.push(began.elapsed());
        }
        times.sort();
        println!("floor: open, read and draw in memory, median {:.2} ms", times[10].as_secs_f64() * 1000.0);
        return Ok(());
    }
    let mut terminal = ratatui::init();
    let (rows, texts) = open(path)?;
    let drawn = terminal.draw(|frame| draw(frame, &rows, &texts)).map(|_| ());
    while drawn.is_ok() && !matches!(read()?, Event::Key(key) if key.code == KeyCode::Char('q')) {}
    ratatui::restore();
    Ok(drawn?)
}
