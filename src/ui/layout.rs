//! Where the panes are: from the size of the terminal and the focus.

use crate::ui::model::Focus;
use ratatui::layout::{Position, Rect, Size};

/// From this width on all three panes are shown.
pub(crate) const THREE: u16 = 110;
/// From this width on what is known of the customer stands beside the thread.
pub(crate) const FOUR: u16 = 150;
/// Cells of that pane.
const ABOUT: u16 = 36;
/// From this width on two panes are shown.
pub(crate) const TWO: u16 = 80;

/// The areas of one frame. What is not shown has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) header: Option<Rect>,
    pub(crate) sidebar: Option<Rect>,
    pub(crate) list: Option<Rect>,
    pub(crate) thread: Option<Rect>,
    pub(crate) about: Option<Rect>,
    /// Columns of the vertical hair lines.
    pub(crate) lines: Vec<u16>,
    /// Where the panes are, hair lines included.
    pub(crate) body: Rect,
    pub(crate) bar: Option<Rect>,
    /// Where a click has just closed what lay above: the second half of a double click is not for what lay below.
    pub(crate) closed_at: Option<Position>,
}

impl Layout {
    /// Divides the screen. The bar is the last to go when there is no height, after the header.
    pub(crate) fn new(size: Size, focus: Focus, sidebar_shown: bool, about_shown: bool) -> Layout {
        let (width, height) = (size.width, size.height);
        let mut layout = Layout::default();
        if width == 0 || height == 0 {
            return layout;
        }
        let (mut top, mut bottom) = (0, height);
        if height >= 6 {
            layout.header = Some(Rect::new(0, 0, width, 1));
            // One line for the hair line below the header, one for that above the bar.
            top = 2;
            bottom = height - 2;
        }
        if height >= 2 {
            layout.bar = Some(Rect::new(0, height - 1, width, 1));
            bottom = bottom.min(height - 1);
        }
        let body = Rect::new(0, top, width, bottom.saturating_sub(top));
        layout.body = body;
        let pane = |x: u16, w: u16| Some(Rect::new(x, body.y, w, body.height));
        if width >= THREE {
            let list = (width * 3 / 10).clamp(36, 50);
            if sidebar_shown || focus == Focus::Sidebar {
                // Wide enough for "Unassigned" with a count of hundreds of thousands.
                let side = (width / 7).clamp(20, 24);
                layout.sidebar = pane(0, side);
                layout.list = pane(side + 1, list);
                layout.thread = pane(side + list + 2, width - side - list - 2);
                layout.lines = vec![side, side + list + 1];
            } else {
                layout.list = pane(0, list + 6);
                layout.thread = pane(list + 7, width - list - 7);
                layout.lines = vec![list + 6];
            }
            if let Some(thread) = layout.thread.as_mut().filter(|_| about_shown && width >= FOUR) {
                thread.width -= ABOUT + 1;
                let line = thread.right();
                layout.lines.push(line);
                layout.about = pane(line + 1, ABOUT);
            }
        } else if width >= TWO {
            let left = (width * 2 / 5).clamp(32, 40);
            if focus == Focus::Sidebar {
                layout.sidebar = pane(0, left);
            } else {
                layout.list = pane(0, left);
            }
            layout.thread = pane(left + 1, width - left - 1);
            layout.lines = vec![left];
        } else {
            match focus {
                Focus::Sidebar => layout.sidebar = pane(0, width),
                Focus::List => layout.list = pane(0, width),
                Focus::Thread | Focus::Composer => layout.thread = pane(0, width),
            }
        }
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_never_overlap_nor_leave_the_screen() {
        for width in 0..=240 {
            for height in [0, 1, 2, 5, 6, 24, 60] {
                for focus in [Focus::Sidebar, Focus::List, Focus::Thread, Focus::Composer] {
                    for shown in [false, true] {
                        let layout = Layout::new(Size::new(width, height), focus, shown, shown);
                        let screen = Rect::new(0, 0, width, height);
                        let panes: Vec<Rect> = [
                            layout.sidebar,
                            layout.list,
                            layout.thread,
                            layout.about,
                            layout.header,
                            layout.bar,
                        ]
                        .into_iter()
                        .flatten()
                        .collect();
                        for (i, a) in panes.iter().enumerate() {
                            assert_eq!(a.intersection(screen), *a, "{width}x{height}");
                            for b in &panes[i + 1..] {
                                assert!(!a.intersects(*b), "{width}x{height} {a} {b}");
                            }
                        }
                    }
                }
            }
        }
    }
}
