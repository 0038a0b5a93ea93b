//! Where ratatui paints: one write a frame, and none at all when a frame changes nothing.

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// The bytes of the frame that is being painted. A flush keeps them: crossterm flushes in the middle of frames.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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
    inner: CrosstermBackend<Bytes>,
    bytes: Bytes,
    out: W,
    shown: Cursor,
    /// What the frame wants, told in up to two steps.
    wanted: Cursor,
}

impl<W: Write> Canvas<W> {
    /// A canvas over a terminal.
    pub fn new(out: W) -> Canvas<W> {
        let bytes = Bytes::default();
        Canvas {
            inner: CrosstermBackend::new(bytes.clone()),
            bytes,
            out,
            shown: Cursor::Anywhere,
            wanted: Cursor::Hidden,
        }
    }

    /// Writes out the frame, which the terminal shows whole or not at all.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn present(&mut self) -> io::Result<()> {
        if self.shown != self.wanted {
            match self.wanted {
                Cursor::At(at) => {
                    self.inner.set_cursor_position(at)?;
                    self.inner.show_cursor()?;
                }
                Cursor::Hidden | Cursor::Anywhere => self.inner.hide_cursor()?,
            }
            self.shown = self.wanted;
        }
        let mut frame = self.bytes.0.borrow_mut();
        if frame.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(frame.len() + 16);
        queue!(whole, BeginSynchronizedUpdate)?;
        whole.append(&mut frame);
        queue!(whole, EndSynchronizedUpdate)?;
        self.out.write_all(&whole)?;
        self.out.flush()
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
        self.inner.draw(content)
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
        self.forget();
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.forget();
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
