//! The loop: keys and news in, frames out. Nothing in it waits for disk or network.

use crate::app::effects::{Effects, ForTerminal, edit};
use crate::app::frames::FrameClock;
use crate::app::input::Input;
use crate::app::loader::{Loader, Met, Reading};
use crate::app::reload::{Follow, News};
use crate::app::scribe::Scribe;
use crate::app::station::Station;
use crate::app::terminal::Screen;
use crate::app::workspace::Workspace;
use crate::app::{AppError, api, logs, startup};
use crate::config::{Config, Overrides};
use crate::domain::op::OpState;
use crate::ui::effect::Effect;
use crate::ui::msg::{Level, Msg};
use crate::ui::{self, Model};
use jiff::tz::TimeZone;
use std::sync::Arc;
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
    /// The configuration has changed.
    News(News),
    /// A polite request to end.
    Stop,
}

/// Runs the screen until the agent leaves.
///
/// Answers how many messages are left that nobody sends until an engine runs again.
///
/// # Errors
/// When there is no terminal, or the store cannot be read.
pub fn run(workspace: &Workspace, overrides: Overrides, extra: Extra) -> Result<usize, AppError> {
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
    let startup = startup::of(workspace, tz, workspace.clock.now());
    let (model, first) = ui::start(startup.clone());
    let mut screen = Screen::take()?;
    let input = Input::start(tx.clone(), Arrival::Terminal, || Arrival::Gone)
        .map_err(AppError::io("the terminal cannot be read"))?;
    let follow = Follow::start(workspace.clone(), overrides.clone(), startup, {
        let tx = tx.clone();
        move |news| {
            let _ = tx.send(Arrival::News(news));
        }
    })
    .map_err(AppError::io("the configuration cannot be followed"))?;
    let scribe = Scribe::start(workspace, &overrides, send.clone(), follow.changed())
        .map_err(AppError::io("the configuration cannot be written"))?;
    let (configs, config) = tokio::sync::watch::channel(config);
    let station = Station::start(workspace.clone(), config, overrides.clone(), extra, send.clone(), {
        let tx = tx.clone();
        move || {
            let _ = tx.send(Arrival::Stop);
        }
    })?;
    let signal = station.signals();
    let no_desktop = Arc::default();
    let effects =
        Effects { workspace: workspace.clone(), overrides, loader, scribe, send, signal, no_desktop };
    let mut run = Loop {
        model,
        effects,
        frames: FrameClock::default(),
        later: Vec::new(),
        waiting: 0,
        keyed: false,
        key_at: None,
        stale: false,
        reread: Instant::now(),
        clock: workspace.clock.clone(),
        terminal: Vec::new(),
        configs,
    };
    run.take(first);
    run.frames.request(true);
    let result = run.run(&mut screen, &input, &rx);
    drop(input);
    drop(screen);
    run.effects.scribe.finish();
    station.stop();
    result?;
    left(workspace)
}

/// Messages that wait for an engine, where none runs.
fn left(workspace: &Workspace) -> Result<usize, AppError> {
    if api::engine_runs(workspace.store.dir()) {
        return Ok(0);
    }
    let waiting = workspace.store.reader()?.outbox(MOST_LEFT, workspace.clock.now())?;
    Ok(waiting.iter().filter(|op| op.kind == "send" && WAITING.contains(&op.state)).count())
}

/// So many are counted.
const MOST_LEFT: usize = 999;
/// What an engine would go on with by itself.
const WAITING: [OpState; 2] = [OpState::Queued, OpState::Retrying];

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
    /// What is asked for once the frame is out.
    later: Vec<Effect>,
    /// Needs that are not yet answered.
    waiting: usize,
    /// A key has asked for some of them, itself or by what its frame brought into view: its frame is not whole before they are met.
    keyed: bool,
    /// When the last key came.
    key_at: Option<Instant>,
    /// The store has moved and what is on screen was not read again yet.
    stale: bool,
    reread: Instant,
    clock: Arc<dyn crate::domain::clock::Clock>,
    terminal: Vec<ForTerminal>,
    /// The configuration that holds, for the engine's place.
    configs: tokio::sync::watch::Sender<Arc<Config>>,
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
            if grace.is_none() {
                self.ask_later();
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
                            Arrival::News(news) => {
                                self.configured(news);
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

    fn configured(&mut self, news: News) {
        match news {
            News::Configured(startup, workspace) => {
                workspace.store.set_sla(workspace.config.desk.sla());
                self.configs.send_replace(workspace.config.clone());
                self.effects.workspace = workspace;
                self.message(Msg::Configured(startup));
            }
            News::Wrong(why) => self.message(Msg::Misconfigured(why)),
        }
    }

    fn message(&mut self, msg: Msg) {
        let effects = ui::update(&mut self.model, msg);
        self.take(effects);
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::LoadSoon(_) => {
                    self.later.push(effect);
                    continue;
                }
                Effect::Load(_) => {
                    self.waiting += 1;
                    self.keyed |= self.key_at.is_some_and(|at| at.elapsed() < KEY_TIME);
                }
                _ => {}
            }
            self.terminal.extend(self.effects.perform(effect));
        }
    }

    /// Asks for what nobody waits for: it would take the processor from the frame that somebody waits for.
    fn ask_later(&mut self) {
        for effect in std::mem::take(&mut self.later) {
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
