//! The terminal: taken over for the screen, and given back whatever happens.

use crate::app::AppError;
use crate::app::canvas::Canvas;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use std::io::{self, IsTerminal, Stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours now: the panic hook gives it back only then.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the terminal keeps a title for us that is to be put back.
static TITLED: AtomicBool = AtomicBool::new(false);

/// Has the terminal keep its title (XTWINOPS), and put it back. Terminals that keep none pass over it.
const KEEP_TITLE: &str = "\x1b[22;0t";
const PUT_TITLE_BACK: &str = "\x1b[23;0t";

/// The terminal while it is ours. Given back on drop.
pub struct Screen {
    terminal: Terminal<Canvas<Stdout>>,
    /// The title that we have given the terminal.
    title: Option<String>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// [`AppError::NoTerminal`] when there is none.
    pub fn take() -> Result<Screen, AppError> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(AppError::NoTerminal);
        }
        install_panic_hook();
        enter().map_err(AppError::io("the terminal cannot be set up"))?;
        let terminal = Terminal::new(Canvas::new(io::stdout()))
            .map_err(AppError::io("the terminal cannot be set up"))?;
        Ok(Screen { terminal, title: None })
    }

    /// The size in cells: width and height.
    ///
    /// # Errors
    /// When the terminal does not tell.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Paints one frame, which the terminal shows whole or not at all.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn paint(&mut self, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw)?;
        self.terminal.backend_mut().present()
    }

    /// Forgets what is on the terminal, so that the next frame paints all of it.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Sets the terminal's title; nothing is written where it is that already.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn title(&mut self, title: String) -> io::Result<()> {
        if self.title.as_ref() == Some(&title) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if !TITLED.swap(true, Ordering::SeqCst) {
            queue!(bytes, Print(KEEP_TITLE))?;
        }
        queue!(bytes, SetTitle(&title))?;
        self.title = Some(title);
        self.raw(&bytes)
    }

    /// Writes raw bytes (a bell, a clipboard sequence).
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.terminal.backend_mut().raw(bytes)
    }

    /// Gives the terminal to somebody else while `f` runs, then takes it back and paints anew.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn lend<T>(&mut self, f: impl FnOnce() -> T) -> io::Result<T> {
        leave();
        self.title = None;
        let answer = f();
        enter()?;
        self.terminal.clear()?;
        Ok(answer)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableMouseCapture,
        EnableFocusChange,
        cursor::Hide
    )?;
    if tells_keys_apart() {
        // Nobody is asked whether it is understood: who does not know it passes over it.
        execute!(
            io::stdout(),
            PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES)
        )?;
    }
    Ok(())
}

/// Whether the terminal may know kitty's keyboard protocol. The console of Linux takes its sequences for others.
fn tells_keys_apart() -> bool {
    !matches!(std::env::var("TERM").as_deref(), Err(_) | Ok("linux" | "dumb"))
}

fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Nothing better can be done if the terminal is gone.
    if tells_keys_apart() {
        let _ = execute!(io::stdout(), PopKeyboardEnhancementFlags);
    }
    if TITLED.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), Print(PUT_TITLE_BACK));
    }
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// A panic is told on a terminal that works again, and in the log.
fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            leave();
            // Where, not what: the words of a panic may quote a message.
            match info.location() {
                Some(at) => tracing::error!("panic at {at}"),
                None => tracing::error!("panic"),
            }
            before(info);
        }));
    });
}
