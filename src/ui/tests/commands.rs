//! Every command of the table: it is found by name, has its page, and answers where it cannot be done.

use super::*;
use crate::ui::command;

#[test]
fn every_command_is_found_documented_and_answers() {
    let reference = crate::ui::command_reference();
    for command in command::all() {
        assert!(reference.contains(&format!("`{}`", command.id)), "{}", command.id);
        // On an empty desk: nothing is done in silence.
        let mut desk = Desk::with(|d| d.rows.clear());
        let why = (command.available)(&desk.model).err();
        desk.model.run(command);
        desk.text(80, 24);
        if let Some(why) = why {
            assert!(!why.is_empty(), "{}", command.id);
            let said = desk.model.notice.as_ref().map(|n| n.text.clone()).unwrap_or_default();
            assert!(said.contains(&why), "{}: {said}", command.id);
            assert!(actions(std::mem::take(&mut desk.model.out)).is_empty(), "{}", command.id);
        }
        // Nine slots have their digits; the palette leaves them out.
        if command.id.ends_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        // In a full one it can be found in the palette by its title and by its id, and does not end the program.
        for typed in [command.title.trim_end_matches('\u{2026}'), command.id] {
            let mut desk = Desk::new();
            desk.model.run(command::find("palette").unwrap());
            desk.send(Msg::Paste(typed.to_owned()));
            let screen = desk.text(120, 40);
            assert!(screen.contains(command.title), "{typed}:\n{screen}");
        }
        for focus in [Focus::Sidebar, Focus::List, Focus::Thread, Focus::Composer] {
            let mut desk = Desk::new();
            if focus == Focus::Composer {
                desk.keys("r");
            } else {
                desk.model.focus_on(focus);
            }
            desk.model.run(command);
            desk.send(Msg::Tick(desk.model.now + 1));
            desk.text(80, 24);
        }
    }
}
