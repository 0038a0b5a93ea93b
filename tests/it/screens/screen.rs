//! A screen before a small desk: it answers as `app` would, and tells what is seen.

use super::world::{NOW, World, agents};
use frontdesk::domain::attachment::Enclosure;
use frontdesk::domain::command::{Action, Performed};
use frontdesk::text::file_kind;
use frontdesk::ui::setup::Answer;
use frontdesk::ui::theme::{Role, Theme};
use frontdesk::ui::{self, Colors, Comfort, Effect, FileEntry, Model, Msg, Startup, Themes};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;

/// A screen that shows a world, answered as `app` would.
pub struct Screen {
    pub model: Model,
    pub world: World,
    size: Size,
    /// Effects that the world does not answer.
    pub asked: Vec<Effect>,
}

/// How it starts.
pub fn startup() -> Startup {
    Startup {
        me: agents().remove(0),
        workspace: "acme".into(),
        tz: TimeZone::UTC,
        now: NOW,
        themes: Themes::default(),
        colors: Colors::True,
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
    }
}

/// What every directory of the agent holds.
fn home_dir() -> Vec<FileEntry> {
    let entry = |name: &str, is_dir, size| FileEntry { name: name.into(), is_dir, size };
    vec![
        entry("Desktop", true, 0),
        entry("Pictures", true, 0),
        entry(".profile", false, 807),
        entry("parcel.jpg", false, 184_000),
        entry("Terms and conditions 2026, with all annexes.pdf", false, 1_200_000),
        entry("unboxing.mp4", false, 32_000_000),
        entry("\u{202e}hostile\u{1b}[31m.png", false, 12),
    ]
}

/// The copy of a file.
fn kept(path: &str) -> Enclosure {
    let name = path.rsplit('/').next().unwrap_or_default();
    let size = home_dir().iter().find(|e| e.name == name).map_or(91_000, |e| e.size);
    Enclosure { name: name.into(), mime: file_kind::mime(name, &head(name)).into(), size, path: name.into() }
}

/// How such a file begins.
fn head(name: &str) -> Vec<u8> {
    match name.rsplit('.').next() {
        Some("jpg") => b"\xff\xd8\xff".to_vec(),
        Some("pdf") => b"%PDF-".to_vec(),
        Some("mp4") => b"\0\0\0\x18ftypisom".to_vec(),
        _ => b"\x89PNG\r\n\x1a\n".to_vec(),
    }
}

impl Screen {
    pub fn new(world: World, width: u16, height: u16) -> Screen {
        Screen::begin(startup(), world, width, height)
    }

    /// One that starts otherwise.
    pub fn begin(startup: Startup, world: World, width: u16, height: u16) -> Screen {
        let (mut model, effects) = ui::start(startup);
        let size = Size::new(width, height);
        ui::prepare(&mut model, size);
        let mut screen = Screen { model, size, asked: Vec::new(), world };
        screen.perform(effects);
        let status = screen.world.status.clone();
        screen.send(Msg::Status(status));
        screen
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match &effect {
                Effect::Load(need) | Effect::LoadSoon(need) => {
                    if let Some(loaded) = self.world.answer(need) {
                        self.send(Msg::Loaded(Box::new(loaded)));
                    }
                }
                Effect::Configure { ticket, .. } => {
                    self.send(Msg::Setup { ticket: *ticket, answer: Answer::Done(Ok(Vec::new())) });
                }
                Effect::Setup { ticket, ask } => {
                    let answer = self.world.set_up(ask);
                    self.send(Msg::Setup { ticket: *ticket, answer });
                }
                Effect::Browse { dir } => {
                    self.send(Msg::Browsed { dir: dir.clone(), found: Ok(home_dir()) });
                }
                Effect::Attach { to, paths, .. } => {
                    let (to, files) = (to.clone(), paths.iter().map(|path| kept(path)).collect());
                    self.send(Msg::Attached { to, result: Ok(files), pasted: None });
                }
                Effect::Enclose { to, files } => {
                    let all = self.world.messages.iter().flat_map(|m| &m.attachments);
                    let names = all.filter(|row| files.contains(&row.id)).map(|row| kept(&row.name));
                    let files = names.collect();
                    self.send(Msg::Attached { to: to.clone(), result: Ok(files), pasted: None });
                }
                // Whoever is written to anew is the first one whom the world knows.
                Effect::Perform { ticket, action: Action::Begin { .. } } => {
                    let conversation = self.world.rows.first().map(|row| row.id);
                    // Nothing is said yet in a conversation that is new.
                    let changed = !self.world.messages.iter().any(|m| Some(m.conversation) == conversation);
                    let done = Performed { conversation, op: None, message: None, delivery: None, changed };
                    self.send(Msg::Done { ticket: *ticket, result: Ok(done) });
                }
                _ => self.asked.push(effect),
            }
        }
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = ui::update(&mut self.model, msg);
        ui::prepare(&mut self.model, self.size);
        self.perform(effects);
    }

    pub fn keys(mut self, keys: &str) -> Screen {
        for key in ui::keys(keys).unwrap() {
            self.send(Msg::Key(key));
        }
        self
    }

    fn terminal(&mut self) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(self.size.width, self.size.height)).unwrap();
        ui::prepare(&mut self.model, self.size);
        terminal.draw(|frame| ui::draw(&self.model, frame)).unwrap();
        terminal
    }

    /// Its cells.
    pub fn buffer(&mut self) -> Buffer {
        self.terminal().backend().buffer().clone()
    }

    /// The words on the screen.
    pub fn text(&mut self) -> String {
        let shown = self.terminal().backend().to_string();
        let row = |line: &str| {
            let line = line.split("\" Hidden by").next().unwrap_or_default();
            line.trim_start_matches('"').trim_end_matches('"').trim_end().to_owned()
        };
        shown.lines().map(row).collect::<Vec<_>>().join("\n")
    }

    /// The roles on the screen: a letter per cell for the foreground, and below it for the ground.
    pub fn roles(&mut self) -> String {
        self.model.set_theme(Theme::probe());
        let terminal = self.terminal();
        let buffer = terminal.backend().buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let row: String = (0..buffer.area.width).map(|x| letter(&buffer[(x, y)])).collect();
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }
}

fn letter(cell: &ratatui::buffer::Cell) -> char {
    let (fg, bg) = Theme::role_of(cell.fg, cell.bg);
    let ground = match bg {
        Some(Role::Selected) => '▓',
        Some(Role::Marked) => '▒',
        Some(Role::NoteGround) => '░',
        Some(Role::Overlay) => '·',
        _ => ' ',
    };
    if cell.symbol() == " " {
        return ground;
    }
    match fg {
        Some(Role::Text) => 't',
        Some(Role::Strong) => 'S',
        Some(Role::Dim) => 'd',
        Some(Role::Faint) => '-',
        Some(Role::Accent) => 'a',
        Some(Role::Key) => 'k',
        Some(Role::Inbound) => 'i',
        Some(Role::Outbound) => 'o',
        Some(Role::Note) => 'n',
        Some(Role::Good) => 'g',
        Some(Role::Warn) => 'w',
        Some(Role::Bad) => 'B',
        Some(Role::Unread) => 'U',
        Some(Role::Public) => 'P',
        Some(Role::Private) => 'N',
        Some(Role::Match) => 'M',
        Some(Role::Cursor) => 'c',
        _ => '?',
    }
}
