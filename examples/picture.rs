//! Takes a picture of the running program: runs it in a pseudo-terminal, types, waits for words, and writes the screen as SVG.
//!
//! `cargo run --example picture -- OUT.svg 120x40 STEP... -- PROGRAM [ARG...]`
//!
//! A step is `wait:WORDS`, `type:KEYS` (`\e` escape, `\r` enter, `\t` tab, `\m` alt with the next key) or `calm` (until nothing has changed for a second).

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Stands for alt while keys are typed.
const META: &str = "\u{1}";
const CELL: (f32, f32) = (8.4, 18.0);
const FONT: &str = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
/// The sixteen colours, as many terminals have them by default.
const ANSI: [&str; 16] = [
    "#1c1f26", "#e06c75", "#98c379", "#d7a65f", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4", "#5c6370",
    "#ef7f88", "#a9d48a", "#e5c07b", "#7cc0f7", "#d48ee8", "#6cc9d3", "#ffffff",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let out = args.next().ok_or("OUT.svg is missing")?;
    let size = args.next().ok_or("the size is missing")?;
    let (w, h) = size.split_once('x').ok_or("the size is like 120x40")?;
    let (w, h): (u16, u16) = (w.parse()?, h.parse()?);
    let steps: Vec<String> = args.by_ref().take_while(|a| a != "--").collect();
    let command: Vec<String> = args.collect();
    let program = command.first().ok_or("the program is missing")?;

    let pair = native_pty_system().openpty(PtySize { rows: h, cols: w, pixel_width: 0, pixel_height: 0 })?;
    let found = std::fs::canonicalize(program).unwrap_or_else(|_| program.into());
    let mut builder = CommandBuilder::new(found);
    builder.cwd(std::env::current_dir()?);
    builder.args(&command[1..]);
    builder.env("TERM", "xterm-256color");
    builder.env("COLORTERM", "truecolor");
    let mut child = pair.slave.spawn_command(builder)?;
    drop(pair.slave);
    let size = |n| NonZeroU16::new(n).ok_or("a size of nothing");
    let parser = Arc::new(Mutex::new((vt100::Parser::new(size(h)?, size(w)?, 0), Instant::now())));
    let mut reader = pair.master.try_clone_reader()?;
    let shared = parser.clone();
    std::thread::spawn(move || {
        let mut buf = [0u8; 65_536];
        while let Ok(n) = reader.read(&mut buf) {
            if n == 0 {
                return;
            }
            if let Ok(mut p) = shared.lock() {
                p.0.process(&buf[..n]);
                p.1 = Instant::now();
            }
        }
    });
    let mut writer = pair.master.take_writer()?;
    for step in &steps {
        let end = Instant::now() + Duration::from_secs(60);
        if let Some(words) = step.strip_prefix("wait:") {
            while !parser.lock().map_err(|e| e.to_string())?.0.screen().contents().contains(words) {
                if Instant::now() > end {
                    let screen = parser.lock().map_err(|e| e.to_string())?.0.screen().contents();
                    return Err(format!("never seen: {words}\n{screen}").into());
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        } else if let Some(keys) = step.strip_prefix("type:") {
            let keys = keys.replace("\\e", "\x1b").replace("\\r", "\r").replace("\\t", "\t");
            let mut keys = keys.replace("\\m", META).chars().collect::<Vec<_>>().into_iter();
            while let Some(key) = keys.next() {
                // Alt is an escape that comes together with its key, in one piece.
                let alt = META.contains(key).then(|| format!("\x1b{}", keys.next().unwrap_or_default()));
                writer.write_all(alt.unwrap_or_else(|| key.to_string()).as_bytes())?;
                writer.flush()?;
                std::thread::sleep(Duration::from_millis(60));
            }
        } else if step == "calm" {
            while parser.lock().map_err(|e| e.to_string())?.1.elapsed() < Duration::from_secs(1)
                && Instant::now() < end
            {
                std::thread::sleep(Duration::from_millis(20));
            }
        } else if let Some(seconds) = step.strip_prefix("after:") {
            std::thread::sleep(Duration::from_secs_f32(seconds.parse()?));
        } else {
            return Err(format!("no such step: {step}").into());
        }
    }
    let svg = svg(parser.lock().map_err(|e| e.to_string())?.0.screen());
    std::fs::write(&out, svg)?;
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn svg(screen: &vt100::Screen) -> String {
    let (rows, cols) = screen.size();
    let (rows, cols) = (rows.get(), cols.get());
    let (width, height) = (f32::from(cols) * CELL.0 + 24.0, f32::from(rows) * CELL.1 + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"{FONT}\" font-size=\"14\"><rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#14171c\"/>\n"
    );
    for row in 0..rows {
        let y = f32::from(row) * CELL.1 + 12.0;
        let mut col = 0;
        while col < cols {
            let Some(cell) = screen.cell(row, col) else { break };
            let style = style(cell);
            let (start, mut text, mut cells) = (col, String::new(), 0u16);
            // A wide character keeps its own place, whatever the font makes of it.
            while let Some(cell) = screen.cell(row, col) {
                if self::style(cell) != style || (cells > 0 && (cell.is_wide() || text_is_wide(&text))) {
                    break;
                }
                if !cell.is_wide_continuation() {
                    text.push_str(if cell.has_contents() { cell.contents() } else { " " });
                }
                let step = if cell.is_wide() { 2 } else { 1 };
                cells += step;
                col += step;
                if col >= cols {
                    break;
                }
            }
            if cells == 0 {
                col += 1;
                continue;
            }
            let x = f32::from(start) * CELL.0 + 12.0;
            let w = f32::from(cells) * CELL.0;
            if let Some(ground) = &style.ground {
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{}\" fill=\"{ground}\"/>",
                    CELL.1
                );
            }
            if text.trim().is_empty() {
                continue;
            }
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let mut more = String::new();
            if style.bold {
                more.push_str(" font-weight=\"bold\"");
            }
            if style.italic {
                more.push_str(" font-style=\"italic\"");
            }
            if style.underline {
                more.push_str(" text-decoration=\"underline\"");
            }
            if style.dim {
                more.push_str(" opacity=\"0.6\"");
            }
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{}\" textLength=\"{w:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\"{more}>{text}</text>",
                y + 13.5,
                style.ink
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

fn text_is_wide(text: &str) -> bool {
    unicode_width::UnicodeWidthStr::width(text) > text.chars().count()
}

#[derive(PartialEq)]
struct Style {
    ink: String,
    ground: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

fn style(cell: &vt100::Cell) -> Style {
    let ink = color(cell.fgcolor()).unwrap_or_else(|| "#d6dae0".into());
    let ground = color(cell.bgcolor());
    let (ink, ground) =
        if cell.inverse() { (ground.unwrap_or_else(|| "#14171c".into()), Some(ink)) } else { (ink, ground) };
    Style {
        ink,
        ground,
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
    }
}

fn color(color: vt100::Color) -> Option<String> {
    match color {
        vt100::Color::Default => None,
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        vt100::Color::Idx(n @ 0..=15) => Some(ANSI[usize::from(n)].into()),
        vt100::Color::Idx(n @ 16..=231) => {
            let n = n - 16;
            let level = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
            Some(format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6)))
        }
        vt100::Color::Idx(n) => {
            let v = 8 + 10 * (n - 232);
            Some(format!("#{v:02x}{v:02x}{v:02x}"))
        }
    }
}
