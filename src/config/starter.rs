//! The quick replies that come with the program.

use crate::domain::quick_reply::QuickReply;
use crate::text::replies::{self, Format};

/// The quick replies to begin with.
pub fn starter_quick_replies() -> Vec<QuickReply> {
    // The asset is compiled in and read by a test: it cannot be wrong here.
    replies::read(include_str!("../../assets/quick_replies.toml"), Format::Toml).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asset_is_read_and_has_no_double() {
        let all = starter_quick_replies();
        assert!(all.len() >= 8);
        let mut shortcuts: Vec<&str> = all.iter().map(|r| r.shortcut.as_str()).collect();
        shortcuts.sort_unstable();
        shortcuts.dedup();
        assert_eq!(shortcuts.len(), all.len());
        assert!(all.iter().all(|r| !r.body.trim().is_empty() && !r.title.is_empty()));
    }

    #[test]
    fn none_waits_for_a_name_that_nobody_knows() {
        let agent = |name: &str| name.starts_with("agent.").then(|| "Ana".to_owned());
        for reply in starter_quick_replies() {
            let done = crate::text::template::render(&reply.body, &agent);
            assert!(done.missing.is_empty(), "{}: {}", reply.shortcut, done.text);
        }
    }
}
