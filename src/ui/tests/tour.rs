//! Examples of the tour: it shows itself, and takes no key away.

use super::*;

fn desk() -> Desk {
    let mut startup = fixture::startup();
    startup.comfort.tour = true;
    Desk::with(|d| d.model = start(startup).0)
}

/// The hint on the screen.
fn hint(desk: &mut Desk) -> Option<usize> {
    let text = desk.text(120, 40);
    (1..=5).find(|n| text.contains(&format!("{n} of 5")))
}

#[test]
fn who_is_new_is_shown_about_and_others_are_not() {
    assert_eq!(hint(&mut Desk::new()), None);
    let mut desk = desk();
    desk.send(Msg::Changed);
    assert_eq!(hint(&mut desk), Some(1));
    // Doing what it says goes on, and the key does what it always does.
    desk.keys("<enter>");
    assert_eq!((hint(&mut desk), desk.model.focus()), (Some(2), Focus::Thread));
    // Nothing lies over what is being written.
    desk.keys("rhello");
    assert_eq!(hint(&mut desk), None);
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
    desk.keys("<esc>");
    assert_eq!(hint(&mut desk), Some(2), "Esc in the composer only leaves it");
    // Another key than that of the hint, for whoever knows it already.
    assert_eq!(desk.keys("<f3><f3><f3>"), []);
    assert_eq!(hint(&mut desk), Some(5));
    assert_eq!(desk.keys("?"), [Effect::TourDone], "the last one was understood, too");
    desk.keys("<esc>");
    assert_eq!(hint(&mut desk), None);
}

#[test]
fn esc_ends_it_for_good_and_a_command_begins_it_again() {
    let mut desk = desk();
    desk.send(Msg::Changed);
    assert_eq!(desk.keys("<enter><esc>"), [], "in the thread Esc goes back, as ever");
    assert_eq!((hint(&mut desk), desk.model.focus()), (Some(2), Focus::List));
    assert_eq!(desk.keys("<esc>"), [Effect::TourDone]);
    assert_eq!(hint(&mut desk), None);
    assert_eq!(desk.keys("<esc><f3>"), []);
    desk.keys(":tour<enter>");
    assert_eq!(hint(&mut desk), Some(1));
    assert_eq!(desk.keys("<f3><f3><f3><f3><f3>"), [Effect::TourDone]);
}

#[test]
fn esc_that_goes_back_from_something_leaves_the_tour() {
    let mut desk = desk();
    desk.send(Msg::Changed);
    assert_eq!(desk.keys("<space><esc>"), [], "it took the marks");
    assert!(desk.model.marks.is_empty());
    assert_eq!(desk.keys("3<esc>"), [], "it took the number");
    assert_eq!(desk.keys("fhello<enter><esc>"), [], "it took the filter");
    assert_eq!(hint(&mut desk), Some(1));
    assert_eq!(desk.keys("<esc>"), [Effect::TourDone]);
}

#[test]
fn a_small_screen_has_no_room_for_it() {
    let mut desk = desk();
    desk.send(Msg::Changed);
    assert!(desk.text(80, 24).contains("1 of 5"));
    assert!(!desk.text(50, 24).contains("1 of 5") && !desk.text(80, 12).contains("1 of 5"));
}
