//! One frame of a busy 200×60 screen, from the key to the bytes, against a bare list and paragraph of the same size; and one in
//! which every pane is open, at a letter that is typed.
//!
//! Both sides show the same rows and the same thread, move the selection at every frame, and write through a buffer into nothing.
//! Every pane: views, list, thread, what is known of the customer, a composer with a file and the preview of what is typed.
//!
//! `cargo bench --bench frame -- [MESSAGES]` (default 20,000).
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench reports on standard output and has nobody to hand errors to"
)]

mod corpus;

use frontdesk::app::canvas::Canvas;
use frontdesk::app::loader::{Reading, load};
use frontdesk::domain::attachment::Enclosure;
use frontdesk::domain::capability::{
    AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, Ownership, PushKind,
};
use frontdesk::domain::clock::{Clock, SystemClock};
use frontdesk::domain::ids::AgentId;
use frontdesk::domain::row::AgentRow;
use frontdesk::store::Reader;
use frontdesk::ui::{
    self, Colors, Comfort, Context, Effect, FileEntry, Loaded, Model, Msg, Need, Startup, Themes,
};
use jiff::tz::TimeZone;
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Borders, List, ListState, Paragraph, Wrap};
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SIZE: Size = Size { width: 200, height: 60 };
const FRAMES: usize = 2_000;

/// Counts what would reach the terminal.
#[derive(Default)]
struct Nothing(Arc<std::sync::atomic::AtomicUsize>);

impl Write for Nothing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.fetch_add(bytes.len(), std::sync::atomic::Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Times {
    took: Vec<Duration>,
    bytes: usize,
}

impl Times {
    fn ms(&mut self, share: f64) -> f64 {
        self.took.sort();
        self.took[((self.took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0
    }
}

fn viewport() -> TerminalOptions {
    TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, SIZE.width, SIZE.height)) }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = corpus::size();
    let store = corpus::workspace(n)?;
    let reader = store.reader()?;
    let reading = Reading { store, me: AgentId(1), clock: Arc::new(SystemClock), tz: TimeZone::UTC };
    let me = AgentRow { id: AgentId(1), name: "Ana".into(), email: "ana@example.com".into(), active: true };
    let (mut model, first) = ui::start(Startup {
        me,
        workspace: "bench".into(),
        tz: TimeZone::UTC,
        now: SystemClock.now(),
        themes: Themes::default(),
        colors: Colors::Indexed,
        no_color: false,
        keys: Vec::new(),
        macros: Vec::new(),
        searches: Vec::new(),
        fields: Vec::new(),
        book: frontdesk::app::setup::book(),
        first: false,
        undo_ms: 5_000,
        comfort: Comfort::default(),
        phone_region: None,
        confirm_patterns: Vec::new(),
        sla: frontdesk::domain::sla::Sla::default(),
        later: Vec::new(),
    });
    ui::prepare(&mut model, SIZE);
    serve(&reading, &reader, &mut model, first);
    // Imported history is resolved and lies in no account of the sidebar: everything is where it is listed.
    press(&reading, &reader, &mut model, "ga");
    press(&reading, &reader, &mut model, "j");

    println!("a frame of {}×{}, {n} messages; p50 / p99 ms, bytes a frame", SIZE.width, SIZE.height);
    let (mut ours, mut still) = frontdesk(&reading, &reader, &mut model, ["j", "k"])?;
    let mut bare = bare(&reader)?;
    press(&reading, &reader, &mut model, OPEN_ALL);
    check_all_open(&model)?;
    let (mut all, mut all_still) = frontdesk(&reading, &reader, &mut model, ["x", "<backspace>"])?;
    check_all_open(&model)?;
    for (name, times) in [
        ("a row down", &mut ours),
        ("nothing new", &mut still),
        ("every pane, a letter", &mut all),
        ("every pane, nothing", &mut all_still),
        ("bare list, paragraph", &mut bare),
    ] {
        println!("{name:<21} {:>6.3} {:>6.3}  {:>6}", times.ms(0.5), times.ms(0.99), times.bytes / FRAMES);
    }
    let base = bare.ms(0.5);
    println!("ratio (p50): a row down {:.2}, every pane {:.2}", ours.ms(0.5) / base, all.ms(0.5) / base);
    Ok(())
}

/// Opens what is not open yet: what is known of the customer, a reply of a few lines, a file, the preview.
const OPEN_ALL: &str = "rDear Anna,<c-j>your parcel is *on its way* and _should_ be with you ~today~ tomorrow:<c-j>- `NL-1234`<a-a>par<enter><a-p>";

/// What is measured is what is said to be.
fn check_all_open(model: &Model) -> Result<(), Box<dyn std::error::Error>> {
    let mut terminal = Terminal::new(TestBackend::new(SIZE.width, SIZE.height))?;
    terminal.draw(|f| ui::draw(model, f))?;
    let shown = terminal.backend().to_string();
    for words in ["All open", "Judgement", "PUBLIC", "parcel.jpg", "will look like this"] {
        if !shown.contains(words) {
            return Err(format!("{words} is not on the screen:\n{shown}").into());
        }
    }
    Ok(())
}

/// Imported history is on an account that can send nothing; here it takes files and formatting.
fn able(context: &mut Context) {
    let channel = context.row.channel;
    let able = ChannelCapabilities {
        channel,
        read_only: None,
        own: Vec::new(),
        house: Vec::new(),
        max_text: Some(4_096),
        segments: false,
        reply_window: None,
        start: true,
        originals: false,
        attachments: AttachmentLimits {
            kinds: vec!["image/jpeg".into()],
            bytes: 16_000_000,
            count: 3,
            ..AttachmentLimits::default()
        },
        typing: false,
        read_receipts: true,
        formatting: Formatting::Whatsapp,
    };
    context.account.capabilities = Some(Capabilities {
        channels: vec![able],
        status: Ownership::Local,
        assignee: Ownership::Local,
        labels: Ownership::Local,
        priority: Ownership::Local,
        notes: Ownership::Local,
        read_state: Ownership::Local,
        marks: Vec::new(),
        idempotent_send: false,
        push: PushKind::Webhook,
    });
}

/// What the store answers.
fn read(reading: &Reading, reader: &Reader, need: Need) -> Option<Loaded> {
    let mut loaded = load(reading, reader, need).expect("rows");
    if let Some(Loaded::Context(context)) = &mut loaded {
        able(context);
    }
    loaded
}

/// Answers what the model asks for, until it asks for nothing more.
fn serve(reading: &Reading, reader: &Reader, model: &mut Model, effects: Vec<Effect>) {
    let mut effects = std::collections::VecDeque::from(effects);
    while let Some(effect) = effects.pop_front() {
        let answer = match effect {
            Effect::Load(need) => read(reading, reader, need).map(|loaded| Msg::Loaded(Box::new(loaded))),
            Effect::Browse { dir } => {
                let file = FileEntry { name: "parcel.jpg".into(), is_dir: false, size: 184_000 };
                Some(Msg::Browsed { dir, found: Ok(vec![file]) })
            }
            Effect::Attach { to, paths, .. } => {
                let file = |path: String| Enclosure {
                    name: "parcel.jpg".into(),
                    mime: "image/jpeg".into(),
                    size: 184_000,
                    path,
                };
                let files = paths.into_iter().map(file).collect();
                Some(Msg::Attached { to, result: Ok(files), pasted: None })
            }
            _ => None,
        };
        if let Some(answer) = answer {
            effects.extend(ui::update(model, answer));
            ui::prepare(model, SIZE);
        }
    }
}

fn press(reading: &Reading, reader: &Reader, model: &mut Model, keys: &str) {
    for key in ui::keys(keys).expect("keys") {
        let effects = ui::update(model, Msg::Key(key));
        ui::prepare(model, SIZE);
        serve(reading, reader, model, effects);
    }
}

/// The frame after a key, its rows being there; and one in which nothing has changed. The keys take turns, fifty by fifty.
fn frontdesk(
    reading: &Reading,
    reader: &Reader,
    model: &mut Model,
    keys: [&str; 2],
) -> Result<(Times, Times), Box<dyn std::error::Error>> {
    let (sink, quiet) = (Nothing::default(), Nothing::default());
    let (bytes, quiet_bytes) = (sink.0.clone(), quiet.0.clone());
    let mut terminal = Terminal::with_options(Canvas::new(sink), viewport())?;
    let mut other = Terminal::with_options(Canvas::new(quiet), viewport())?;
    let (mut took, mut still) = (Vec::new(), Vec::new());
    for frame in 0..FRAMES {
        let key = ui::keys(keys[frame % 100 / 50]).expect("a key");
        let effects = ui::update(model, Msg::Key(key[0]));
        // What the key asked for is read outside of the frame: reading is another row of the table.
        let mut answers = Vec::new();
        for effect in effects {
            if let Effect::Load(need) = effect {
                answers.extend(read(reading, reader, need));
            }
        }
        let begun = Instant::now();
        for loaded in answers {
            ui::update(model, Msg::Loaded(Box::new(loaded)));
        }
        ui::prepare(model, SIZE);
        terminal.draw(|f| ui::draw(model, f))?;
        terminal.backend_mut().present()?;
        took.push(begun.elapsed());
        if frame == 0 {
            // The first paint is not what is measured.
            bytes.store(0, std::sync::atomic::Ordering::Relaxed);
        }
        other.draw(|f| ui::draw(model, f))?;
        other.backend_mut().present()?;
        let before = quiet_bytes.load(std::sync::atomic::Ordering::Relaxed);
        let begun = Instant::now();
        ui::prepare(model, SIZE);
        other.draw(|f| ui::draw(model, f))?;
        other.backend_mut().present()?;
        still.push(begun.elapsed());
        assert_eq!(
            before,
            quiet_bytes.load(std::sync::atomic::Ordering::Relaxed),
            "nothing new, nothing written"
        );
    }
    let bytes = bytes.load(std::sync::atomic::Ordering::Relaxed);
    Ok((Times { took, bytes }, Times { took: still, bytes: 0 }))
}

/// The same rows and threads in ratatui's own list and paragraph.
fn bare(reader: &Reader) -> Result<Times, Box<dyn std::error::Error>> {
    let rows = reader.list_all(200, None)?;
    let threads: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let messages = reader.thread(row.id, None, 45)?;
            Ok(messages.into_iter().map(|m| m.text).collect())
        })
        .collect::<Result<_, frontdesk::store::StoreError>>()?;
    let sink = Nothing::default();
    let bytes = sink.0.clone();
    let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, sink));
    let mut terminal = Terminal::with_options(backend, viewport())?;
    let mut state = ListState::default();
    let mut took = Vec::new();
    for frame in 0..FRAMES {
        let at = 1 + if frame % 100 < 50 { frame % 100 } else { 100 - frame % 100 };
        let begun = Instant::now();
        terminal.draw(|f| {
            let [views, list, thread] =
                Layout::horizontal([Constraint::Length(20), Constraint::Length(40), Constraint::Fill(1)])
                    .areas(f.area());
            f.render_widget(
                Paragraph::new("Mine\nUnassigned\nAll open").block(Block::new().borders(Borders::RIGHT)),
                views,
            );
            let items = rows.iter().map(|r| {
                Text::from(vec![Line::from(r.contact_name.as_str()), Line::from(r.preview.as_str())])
            });
            state.select(Some(at));
            let list_widget =
                List::new(items).highlight_symbol("▌").block(Block::new().borders(Borders::RIGHT));
            f.render_stateful_widget(list_widget, list, &mut state);
            f.render_widget(Paragraph::new(threads[at].join("\n\n")).wrap(Wrap { trim: false }), thread);
        })?;
        took.push(begun.elapsed());
        if frame == 0 {
            bytes.store(0, std::sync::atomic::Ordering::Relaxed);
        }
    }
    Ok(Times { took, bytes: bytes.load(std::sync::atomic::Ordering::Relaxed) })
}
