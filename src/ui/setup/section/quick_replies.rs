//! Quick replies, which have a place of their own.

use crate::ui::setup::section::{Act, Part, Press, Section};

pub(super) static PART: Part = Part {
    title: "Quick replies",
    empty: "No quick reply yet.",
    how: &[
        "Enter makes, changes and removes them. In an answer, the key ; puts one in.",
        "They are kept with the conversations: `frontdesk quick-reply import` and `export` move them.",
    ],
    hints: |_| vec![(Press::Enter, "make and change")],
    rows: |seen| seen.rows(Section::QuickReplies),
    press: |_, _, press| if press == Press::Enter { Act::QuickReplies } else { Act::Foreign },
    ..Part::BARE
};
