//! Examples of what is known of a customer.

use super::*;

fn desk() -> Desk {
    Desk::with(|d| {
        d.context = Box::new(|n| {
            let mut other = fixture::conversation(7);
            other.preview = "an older question".into();
            Context { others: vec![other], ..fixture::context(n) }
        });
        d.rows[0].score = Some(80);
        d.rows[0].fields = vec![("budget".into(), "10k".into())];
    })
}

#[test]
fn it_stands_beside_the_thread_where_there_is_room_and_above_it_elsewhere() {
    let mut desk = desk();
    let wide = desk.text(160, 40);
    for words in ["Judgement", "score", "80", "budget", "10k", "Elsewhere", "an older"] {
        assert!(wide.contains(words), "{words}:\n{wide}");
    }
    desk.text(120, 40);
    desk.keys("i");
    let narrow = desk.text(80, 24);
    assert!(narrow.contains("About the customer") && narrow.contains("10k"), "{narrow}");
    desk.keys("i");
    assert!(desk.model.overlays.is_empty());
    desk.text(160, 40);
    let key = keys("i").unwrap()[0];
    update(&mut desk.model, Msg::Key(key));
    assert!(!desk.text(160, 40).contains("Judgement"), "the same key hides it");
}

#[test]
fn another_conversation_of_the_customer_is_one_key_away() {
    let mut desk = desk();
    desk.keys("Iolder<enter>");
    assert_eq!((desk.model.shown(), desk.model.focus()), (Some(id(7)), Focus::Thread));
    let mut alone = Desk::new();
    alone.keys("I");
    assert!(alone.model.notice.as_ref().unwrap().text.contains("no other conversation"));
}
