//! Mails from the shell: passing one on, with its words or whole.

use super::world::World;
use frontdesk::domain::ids::MessageId;
use frontdesk::domain::mail::{Manner, Outgoing};
use frontdesk::domain::op::OpBody;
use serde_json::Value;
use std::str::FromStr;

/// What is on its way since a command printed this.
fn outgoing(world: &World, printed: &[Value]) -> Outgoing {
    let message = MessageId::from_str(printed[0]["message"].as_str().unwrap()).unwrap();
    let store = world.store();
    let reader = store.reader().unwrap();
    let op = reader.message(message).unwrap().unwrap().op.unwrap();
    match reader.op(op).unwrap().unwrap().0.body {
        OpBody::Send { mail: Some(mail), .. } => *mail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_is_passed_on_with_its_words_or_whole() {
    let world = World::new();
    let id = world.mail_comes("Broken lamp", "It flickers.");
    let forward = |more: &[&str]| {
        let all =
            [&["forward", id.as_str(), "--to", "courier@example.com", "please look"][..], more].concat();
        outgoing(&world, &world.json(&all))
    };
    let inline = forward(&[]);
    assert_eq!((inline.manner, inline.mail.subject.as_str()), (Manner::Forward, "Fwd: Broken lamp"));
    assert_eq!(inline.quoted.unwrap().text, "It flickers.");
    let whole = forward(&["--as-attachment"]);
    assert_eq!((whole.manner, whole.quoted), (Manner::ForwardAttached, None));
    assert_eq!(whole.mail.about(), Some("1@example.net"));
    let both = world.run(&["forward", &id, "--to", "x@example.com", "--as-attachment", "--without-files"]);
    assert_eq!(both.code, 2, "{both:?}");
}

#[test]
fn an_answer_says_to_whom_it_goes_and_never_to_ourselves() {
    let world = World::new();
    let id = world.mail_comes("Broken lamp", "It flickers.");
    let store = world.store();
    let message = store.reader().unwrap().message(MessageId::from_str(&id).unwrap()).unwrap().unwrap();
    let conversation = message.conversation.to_string();
    let run = world.run(&["reply", &conversation, "We look into it.", "--about", &id]);
    assert!(run.code == 0 && run.out.contains("queued, to dana@example.net"), "{run:?}");
    let out = outgoing(&world, &world.json(&["reply", &conversation, "And again."]));
    assert_eq!(out.mail.about(), Some("1@example.net"));
    let none = world.run(&["reply", &conversation, "Hello", "--about", "17"]);
    assert_eq!(none.code, 3, "{none:?}");
    for more in
        [["--to", "support@example.com"], ["--cc", "SUPPORT@example.com"], ["--bcc", "support+x@example.com"]]
    {
        let run = world.run(&[&["reply", conversation.as_str(), "Hello"][..], &more].concat());
        assert!(run.code != 0 && run.err.contains("is an address of ours"), "{run:?}");
    }
}
