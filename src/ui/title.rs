//! The terminal's title: how many conversations are unread, and whose desk this is.

use crate::domain::row::View;
use crate::text::sanitize;
use crate::ui::model::Model;

impl Model {
    /// The title that the terminal is to have; none where it is not ours to set.
    pub fn title(&self) -> Option<String> {
        if !self.titled {
            return None;
        }
        let workspace = sanitize::line(&self.workspace);
        Some(match self.sidebar.count(&View::Open).unread {
            0 => format!("Frontdesk · {workspace}"),
            unread => format!("({unread}) Frontdesk · {workspace}"),
        })
    }
}
