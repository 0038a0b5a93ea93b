//! Where ratatui paints: one write a frame, and none at all when a frame changes nothing.

mod encode;
mod order;
mod pen;

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{Command, cursor, terminal};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::io::{self, Write};

/// What the cursor looks like on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// Not known: it was moved by painting, or by somebody else.
    Anywhere,
    Hidden,
    At(Position),
}

/// A backend that collects a frame and hands it out whole.
pub struct Canvas<W: Write> {
    out: W,
    /// The frame that is being painted, after the opening of a synchronized update.
    frame: String,
    cells: encode::Shown,
    shown: Cursor,
    /// What the frame wants.
    wanted: Cursor,
}

impl<W: Write> Canvas<W> {
    /// A canvas over a terminal.
    pub fn new(out: W) -> Canvas<W> {
        Canvas {
            out,
            frame: String::new(),
            cells: encode::Shown::default(),
            shown: Cursor::Anywhere,
            wanted: Cursor::Hidden,
        }
    }

    /// The frame, begun if it is not yet.
    fn frame(&mut self) -> io::Result<&mut String> {
        if self.frame.is_empty() {
            ansi(&mut self.frame, BeginSynchronizedUpdate)?;
        }
        Ok(&mut self.frame)
    }

    /// Writes out the frame, which the terminal shows whole or not at all.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn present(&mut self) -> io::Result<()> {
        if self.shown != self.wanted {
            match self.wanted {
                Cursor::At(Position { x, y }) => {
                    let frame = self.frame()?;
                    ansi(frame, cursor::MoveTo(x, y))?;
                    ansi(frame, cursor::Show)?;
                }
                Cursor::Hidden | Cursor::Anywhere => ansi(self.frame()?, cursor::Hide)?,
            }
            self.shown = self.wanted;
        }
        if self.frame.is_empty() {
            return Ok(());
        }
        ansi(&mut self.frame, EndSynchronizedUpdate)?;
        let written = self.out.write_all(self.frame.as_bytes()).and_then(|()| self.out.flush());
        self.frame.clear();
        written
    }

    /// Writes bytes that are no part of a frame.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }

    /// Somebody else has had the terminal.
    pub fn forget(&mut self) {
        self.shown = Cursor::Anywhere;
        self.cells.forget();
    }
}

impl<W: Write> Backend for Canvas<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        if self.shown != Cursor::Hidden {
            self.shown = Cursor::Anywhere;
        }
        self.frame()?;
        self.cells.encode(&mut self.frame, content);
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted = Cursor::Hidden;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        // Comes with its position, before or after.
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would delay the paint; nobody needs to know.
        Ok(match self.wanted {
            Cursor::At(at) => at,
            Cursor::Hidden | Cursor::Anywhere => Position::ORIGIN,
        })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted = Cursor::At(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.forget();
        let region = match region {
            ClearType::All => terminal::ClearType::All,
            ClearType::AfterCursor => terminal::ClearType::FromCursorDown,
            ClearType::BeforeCursor => terminal::ClearType::FromCursorUp,
            ClearType::CurrentLine => terminal::ClearType::CurrentLine,
            ClearType::UntilNewLine => terminal::ClearType::UntilNewLine,
        };
        ansi(self.frame()?, terminal::Clear(region))
    }

    fn size(&self) -> io::Result<Size> {
        // Of the terminal that we paint on: crossterm would open /dev/tty anew at each frame.
        match rustix::termios::tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                Ok(Size { width: size.ws_col, height: size.ws_row })
            }
            _ => crossterm::terminal::size().map(|(width, height)| Size { width, height }),
        }
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn ansi(out: &mut String, command: impl Command) -> io::Result<()> {
    command.write_ansi(out).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    #[derive(Clone, Default)]
    struct Seen(Rc<RefCell<Vec<Vec<u8>>>>);

    impl Write for Seen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn paint(terminal: &mut Terminal<Canvas<Seen>>, words: &str, cursor: Option<(u16, u16)>) {
        terminal
            .draw(|frame| {
                frame.render_widget(words, frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            })
            .unwrap();
        terminal.backend_mut().present().unwrap();
    }

    #[test]
    fn a_frame_is_one_write_and_nothing_new_is_none() {
        let seen = Seen::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 20, 2)) };
        let mut terminal = Terminal::with_options(Canvas::new(seen.clone()), options).unwrap();
        let writes = || {
            let all: Vec<String> =
                seen.0.borrow_mut().drain(..).map(|b| String::from_utf8_lossy(&b).into_owned()).collect();
            all
        };
        paint(&mut terminal, "hello", None);
        let first = writes();
        assert_eq!(first.len(), 1);
        assert!(first[0].starts_with("\x1b[?2026h") && first[0].ends_with("\x1b[?2026l"), "{first:?}");
        assert!(first[0].contains("hello") && first[0].contains("\x1b[?25l"), "{first:?}");
        paint(&mut terminal, "hello", None);
        assert_eq!(writes(), Vec::<String>::new(), "nothing has changed");
        // A cursor alone is a change, once.
        paint(&mut terminal, "hello", Some((3, 0)));
        let moved = writes();
        assert!(moved.len() == 1 && moved[0].contains("\x1b[1;4H\x1b[?25h"), "{moved:?}");
        paint(&mut terminal, "hello", Some((3, 0)));
        assert_eq!(writes(), Vec::<String>::new());
        // What painting has moved is put back.
        paint(&mut terminal, "help!", Some((3, 0)));
        let put_back = writes();
        assert!(put_back[0].ends_with("\x1b[1;4H\x1b[?25h\x1b[?2026l"), "{put_back:?}");
        paint(&mut terminal, "help!", None);
        assert!(writes()[0].contains("\x1b[?25l"));
    }
}
