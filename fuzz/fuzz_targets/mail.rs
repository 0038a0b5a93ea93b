//! Feeds the reading of mails: a whole mail, and the same bytes as HTML and as text of a thread.

#![no_main]

use frontdesk::text::mail::{fold, html, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let read = parse::parse(raw);
    assert!(read.text.len() <= 24 * raw.len() + 64);
    whole(&read.text);
    let text = String::from_utf8_lossy(raw);
    whole(&html::to_text(&text));
    whole(&text);
});

/// A text is taken apart without a gap.
fn whole(text: &str) {
    let mut at = 0;
    for piece in fold::split(text) {
        assert_eq!(piece.range.start, at);
        at = piece.range.end;
    }
    assert_eq!(at, text.len());
    fold::own(text);
}
