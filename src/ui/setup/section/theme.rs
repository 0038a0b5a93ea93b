//! The look: the theme under the cursor is shown, Enter keeps it.

use crate::domain::change::{Change, To};
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen};

pub(super) static PART: Part = Part {
    title: "Theme",
    empty: "The theme is as it comes.",
    how: &[
        "The screen shows the one under the cursor. F2 goes on to the next one from anywhere, and keeps it as well.",
        "A theme of your own is a file themes/NAME.toml beside the configuration: a base, and the colours that differ from it.",
    ],
    table: "theme",
    width: 18,
    hints: |_| vec![(Press::Enter, "keep this one"), (Press::Letter('r'), "as it comes")],
    rows,
    first: |seen| seen.themes.chosen(),
    press,
};

fn rows(seen: &Seen<'_>) -> Vec<Row> {
    let place = seen.list(Section::Theme).first().map_or("", |theme| theme.place.as_str());
    let row = |(id, palette): (usize, &crate::ui::theme::Palette)| {
        let is_current = id == seen.themes.chosen();
        Row {
            id,
            name: palette.name.clone(),
            about: palette.about.clone(),
            place: if is_current { place.to_owned() } else { String::new() },
            is_current,
        }
    };
    seen.themes.all().iter().enumerate().map(row).collect()
}

fn press(_: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    let (to, said) = match (press, row) {
        (Press::Enter, Some(row)) => {
            (To::Text(row.name.clone()), format!("theme = \"{}\" is kept", row.name))
        }
        (Press::Letter('r'), _) => {
            (To::Gone, "the theme is as it comes: by the ground of the terminal".into())
        }
        _ => return Act::Foreign,
    };
    Act::Change { changes: vec![Change::new(&[], "theme", to)], said }
}
