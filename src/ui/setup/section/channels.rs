//! Channels, which have pages and a wizard of their own.

use crate::ui::setup::section::Part;

pub(super) static PART: Part =
    Part { title: "Channels", empty: "No channel is connected yet.", ..Part::BARE };
