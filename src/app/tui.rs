//! The loop: keys and news in, frames out. Nothing in it waits for disk or network.

use crate::app::effects::{Effects, ForTerminal, edit};
use crate::app::frames::FrameClock;
use crate::app::input::Input;
use crate::app::loader::{Loader, Met, Reading};
use crate::app::station::Station;
use crate::app::terminal::Screen;
use crate::app::workspace::Workspace;
use crate::app::{AppError, logs, setup};
use crate::config::names::check_name;
use crate::config::{Config, Overrides, Place};
use crate::ui::icons::Icons;
use crate::ui::msg::{Level, Msg};
use crate::ui::reading::ReadPolicy;
use crate::ui::startup::{Colors, Comfort, Macro, RawBinding, Startup};
use crate::ui::theme::{Ground, ThemeFile, Themes};
use crate::ui::{self, Model};
use jiff::tz::TimeZone;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// After a key, how long the frame waits for the rows that the key asked for: long enough for a read from the cache, short enough
/// not to be felt. One frame then shows both.
const GRACE: Duration = Duration::from_millis(2);
/// So long after a key, what is asked for is asked for by its frame.
const KEY_TIME: Duration = Duration::from_millis(30);
/// What is on screen is read again at most this often when news comes in fast.
const REREAD: Duration = Duration::from_millis(40);

/// What reaches the loop.
pub enum Arrival {
    /// An event of the terminal.
    Terminal(crossterm::event::Event),
    /// The terminal is gone.
    Gone,
    /// A message for the screen.
    Msg(Msg),
    /// News of what was to be read.
    Met(Met),
    /// A polite request to end.
    Stop,
}

/// Runs the screen until the agent leaves.
///
/// # Errors
/// When there is no terminal, or the store cannot be read.
pub fn run(workspace: &Workspace, overrides: Overrides, extra: Extra) -> Result<(), AppError> {
    let config = workspace.config.clone();
    let _log = logs::open(&config.paths.log, &config.log_level)?;
    let (tx, rx) = channel::<Arrival>();
    let send = {
        let tx = tx.clone();
        move |msg: Msg| {
            // The loop has ended: nobody is there to hear.
            let _ = tx.send(Arrival::Msg(msg));
        }
    };
    let tz = TimeZone::system();
    let reading = Reading {
        store: workspace.store.clone(),
        me: workspace.me.id,
        clock: workspace.clock.clone(),
        tz: tz.clone(),
    };
    let loader = Loader::start(&reading, {
        let tx = tx.clone();
        move |met| {
            let _ = tx.send(Arrival::Met(met));
        }
    })?;
    let (model, first) = ui::start(startup(workspace, tz));
    let mut screen = Screen::take()?;
    let input = Input::start(tx.clone(), Arrival::Terminal, || Arrival::Gone)
        .map_err(AppError::io("the terminal cannot be read"))?;
    let station = Station::start(workspace.clone(), overrides.clone(), extra, send.clone(), {
        let tx = tx.clone();
        move || {
            let _ = tx.send(Arrival::Stop);
        }
    })?;
    let signal = station.signals();
    let no_desktop = std::sync::Arc::default();
    let effects = Effects { workspace: workspace.clone(), overrides, loader, send, signal, no_desktop };
    let mut run = Loop {
        model,
        effects,
        frames: FrameClock::default(),
        waiting: 0,
        keyed: false,
        key_at: None,
        stale: false,
        reread: Instant::now(),
        clock: workspace.clock.clone(),
        terminal: Vec::new(),
    };
    run.take(first);
    run.frames.request(true);
    let result = run.run(&mut screen, &input, &rx);
    drop(input);
    drop(screen);
    station.stop();
    result
}

/// What a start may add: the demo uses it.
#[derive(Default)]
pub struct Extra {
    /// Runs once the engine of this process listens.
    pub on_ready: Option<Box<dyn FnOnce(Ready) + Send>>,
}

/// What is known once the engine listens.
pub struct Ready {
    /// Where it listens.
    pub address: std::net::SocketAddr,
}

struct Loop<S: Fn(Msg) + Clone + Send + 'static> {
    model: Model,
    effects: Effects<S>,
    frames: FrameClock,
    /// Needs that are not yet answered.
    waiting: usize,
    /// A key has asked for some of them, itself or by what its frame brought into view: its frame is not whole before they are met.
    keyed: bool,
    /// When the last key came.
    key_at: Option<Instant>,
    /// The store has moved and what is on screen was not read again yet.
    stale: bool,
    reread: Instant,
    clock: std::sync::Arc<dyn crate::domain::clock::Clock>,
    terminal: Vec<ForTerminal>,
}

impl<S: Fn(Msg) + Clone + Send + 'static> Loop<S> {
    fn run(&mut self, screen: &mut Screen, input: &Input, rx: &Receiver<Arrival>) -> Result<(), AppError> {
        let mut grace: Option<Instant> = None;
        loop {
            let now = Instant::now();
            if self.stale && now >= self.reread + REREAD {
                self.stale = false;
                self.reread = now;
                self.message(Msg::Changed);
                self.frames.request(false);
            }
            // The rows that the key asked for are there, or it has been long enough.
            if grace.is_some_and(|end| self.waiting == 0 || now >= end) {
                grace = None;
            }
            let due = self.frames.due(now);
            if grace.is_none() && due.is_some_and(|due| due <= now) {
                self.paint(screen)?;
                continue;
            }
            let mut until = grace.or(due);
            if self.stale {
                until = Some(until.map_or(self.reread + REREAD, |u| u.min(self.reread + REREAD)));
            }
            if let Some(at) = ui::wake_at(&self.model) {
                let ms = u64::try_from(at.saturating_sub(self.clock.now())).unwrap_or(0);
                let wake = now + Duration::from_millis(ms.max(1));
                until = Some(until.map_or(wake, |u| u.min(wake)));
            }
            let first = match until {
                Some(until) => rx.recv_timeout(until.saturating_duration_since(now)),
                None => rx.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            self.message(Msg::Tick(self.clock.now()));
            match first {
                Ok(first) => {
                    let mut next = Some(first);
                    while let Some(one) = next {
                        match one {
                            Arrival::Stop | Arrival::Gone => return Ok(()),
                            Arrival::Terminal(event) => {
                                let Some(msg) = Msg::from_terminal(event) else {
                                    next = rx.try_recv().ok();
                                    continue;
                                };
                                self.key_at = Some(Instant::now());
                                self.message(msg);
                                self.frames.request(true);
                                self.keyed = self.waiting > 0;
                                grace = self.keyed.then(|| Instant::now() + GRACE);
                            }
                            Arrival::Msg(Msg::Changed) => self.stale = true,
                            Arrival::Msg(msg) => {
                                self.message(msg);
                                self.frames.request(false);
                            }
                            Arrival::Met(Met::Ahead(msg)) => self.message(msg),
                            Arrival::Met(Met::Soon(msg)) => {
                                self.message(msg);
                                self.frames.request(false);
                            }
                            Arrival::Met(Met::Need(met)) => {
                                self.waiting = self.waiting.saturating_sub(1);
                                if let Some(msg) = met {
                                    self.message(msg);
                                }
                                // The last rows that a key asked for belong to its frame.
                                self.frames.request(self.keyed && self.waiting == 0);
                                self.keyed &= self.waiting > 0;
                            }
                        }
                        if !self.terminal.is_empty() && self.for_terminal(screen, input)? {
                            return Ok(());
                        }
                        // One key, one frame: what was typed next is shown next.
                        next = if grace.is_some() || self.frames.due(now).is_some_and(|d| d <= now) {
                            None
                        } else {
                            rx.try_recv().ok()
                        };
                    }
                }
                // A countdown, the minute, a draft to be saved: the tick has done it, the screen shows it.
                Err(RecvTimeoutError::Timeout) => self.frames.request(false),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if !self.terminal.is_empty() && self.for_terminal(screen, input)? {
                return Ok(());
            }
        }
    }

    fn message(&mut self, msg: Msg) {
        let effects = ui::update(&mut self.model, msg);
        self.take(effects);
    }

    fn take(&mut self, effects: Vec<crate::ui::effect::Effect>) {
        for effect in effects {
            if matches!(effect, crate::ui::effect::Effect::Load(_)) {
                self.waiting += 1;
                self.keyed |= self.key_at.is_some_and(|at| at.elapsed() < KEY_TIME);
            }
            self.terminal.extend(self.effects.perform(effect));
        }
    }

    fn paint(&mut self, screen: &mut Screen) -> Result<(), AppError> {
        let gone = || AppError::io("the terminal is gone");
        let (width, height) = screen.size().map_err(gone())?;
        ui::prepare(&mut self.model, ratatui::layout::Size { width, height });
        let model = &self.model;
        screen.paint(|frame| ui::draw(model, frame)).map_err(gone())?;
        if let Some(title) = model.title() {
            screen.title(title).map_err(gone())?;
        }
        self.frames.painted(Instant::now());
        Ok(())
    }

    /// Does what only the owner of the terminal can. Answers whether to leave.
    fn for_terminal(&mut self, screen: &mut Screen, input: &Input) -> Result<bool, AppError> {
        let gone = || AppError::io("the terminal is gone");
        for one in std::mem::take(&mut self.terminal) {
            match one {
                ForTerminal::Quit => return Ok(true),
                ForTerminal::Raw(bytes) => screen.raw(&bytes).map_err(gone())?,
                ForTerminal::Redraw => {
                    screen.clear().map_err(gone())?;
                    self.frames.request(true);
                }
                ForTerminal::Edit(text) => {
                    let edited = input.without(|| screen.lend(|| edit(&text))).map_err(gone())?;
                    if edited.is_none() {
                        self.message(Msg::Notice(
                            Level::Warn,
                            "the editor gave nothing back: the text is as it was".into(),
                        ));
                    }
                    self.message(Msg::Edited(edited));
                    self.frames.request(true);
                }
                ForTerminal::Suspend => {
                    input.without(|| screen.lend(suspend)).map_err(gone())?;
                    self.stale = true;
                    self.frames.request(true);
                }
            }
        }
        Ok(false)
    }
}

/// Stops this process as Ctrl-Z does, until the shell continues it.
fn suspend() {
    use rustix::process::{Signal, getpid, kill_process};
    if let Err(e) = kill_process(getpid(), Signal::TSTP) {
        tracing::warn!("cannot be suspended: {e}");
    }
}

fn startup(workspace: &Workspace, tz: TimeZone) -> Startup {
    let config = &workspace.config;
    Startup {
        me: workspace.me.clone(),
        workspace: config.workspace.clone(),
        tz,
        now: workspace.clock.now(),
        themes: themes(config),
        colors: colors(),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
        keys: bindings(config),
        macros: macros_of(config),
        searches: config.desk.searches.iter().map(|s| (s.name.clone(), s.query.clone())).collect(),
        fields: config.desk.fields.clone(),
        book: setup::book(),
        first: setup::is_first_start(workspace),
        undo_ms: i64::try_from(config.undo_seconds.saturating_mul(1000)).unwrap_or(5_000),
        comfort: Comfort {
            // The table of keys has no other words.
            reads: ReadPolicy::of(&config.read_policy).unwrap_or_default(),
            title: config.title,
            tour: !config.paths.tour_seen().exists(),
            icons: Icons::of(&config.icons).unwrap_or_default(),
            notify: config.notify.clone(),
        },
        phone_region: config.phone_region.clone(),
        confirm_patterns: config.confirm_patterns.clone(),
    }
}

/// What is wrong with keys and macros of a configuration, with file and line.
pub fn desk_errors(config: &Config) -> Vec<String> {
    [ui::key_errors(&bindings(config)), ui::macro_errors(&macros_of(config))].concat()
}

fn macros_of(config: &Config) -> Vec<Macro> {
    let each = config.desk.macros.iter();
    each.map(|m| Macro { name: m.name.clone(), lines: m.lines.clone(), place: m.place.to_string() }).collect()
}

/// The keys of the configuration as the screen takes them, those of saved searches among them.
pub fn bindings(config: &Config) -> Vec<RawBinding> {
    let binding = |context: &str, key: &str, command: String, place: &Place, displaces| RawBinding {
        context: context.to_owned(),
        key: key.to_owned(),
        command,
        file: config.paths.config_file.display().to_string(),
        line: match place {
            Place::File { line, .. } => *line,
            Place::Default | Place::Env(_) | Place::Flag(_) => 0,
        },
        displaces,
    };
    let searches = config.desk.searches.iter().filter_map(|s| {
        let key = s.key.as_ref()?;
        Some(binding("panes", key, format!("list {}", s.query), &s.place, false))
    });
    let keys = config.keys.iter().map(|k| binding(&k.context, &k.chord, k.command.clone(), &k.place, true));
    keys.chain(searches).collect()
}

/// The themes that come with the program and those in files beside the configuration.
fn themes(config: &Config) -> Themes {
    let dir = config.paths.themes();
    let mut files: Vec<ThemeFile> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.strip_suffix(".toml")?.to_owned();
            check_name(&name).ok()?;
            let text = std::fs::read_to_string(&path).map_err(|e| e.to_string());
            Some(ThemeFile { name, file: path.display().to_string(), text })
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Themes::new(&config.theme, &config.origin("theme").to_string(), ground(), &files)
}

/// The ground of the terminal, from what rxvt and its followers tell; no query, which would delay the first paint.
fn ground() -> Ground {
    match std::env::var("COLORFGBG").ok().as_deref().and_then(|v| v.rsplit(';').next()?.parse::<u8>().ok()) {
        Some(7 | 9..=15) => Ground::Light,
        _ => Ground::Dark,
    }
}

fn colors() -> Colors {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let (color, term) = (of("COLORTERM"), of("TERM"));
    if color == "truecolor" || color == "24bit" || term.ends_with("-direct") {
        Colors::True
    } else if term.contains("256color") {
        Colors::Indexed
    } else {
        Colors::Ansi
    }
}
