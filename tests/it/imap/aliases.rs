//! Further addresses of ours: none of them is among those who get an answer.

use super::*;
use frontdesk::domain::attachment::Written;
use frontdesk::domain::command::Action;
use frontdesk::domain::mail::MailHead;
use frontdesk::store::{AccountSpec, Actor, Class, Store};

#[tokio::test]
async fn an_answer_to_all_goes_to_none_of_our_own_addresses() {
    let world = world().await;
    let to_all = "Cc: Help <help@example.test>, Bob <bob@example.net>, support+orders@example.test\r\n";
    world.deliver("INBOX", &mail("1", to_all), &[]);
    let imap = imap(&world, &[("aliases", "help@example.test")]);
    let (events, _) = pull_all(&imap, &Cursor::default()).await;

    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Arc::new(ManualClock::new(NOW))).unwrap();
    let spec = AccountSpec {
        name: "support".into(),
        provider: "imap".into(),
        channels: vec![Channel::Email],
        enabled: true,
        capabilities: Some(imap.capabilities()),
        from: vec![(Channel::Email, OURS.into())],
    };
    let ana = Actor { name: "Ana".into(), email: "ana@example.com".into() };
    let done = store.writer().call(Class::Durable, move |t| {
        t.agents_sync(&[("Ana".into(), "ana@example.com".into())])?;
        let account = t.account_upsert(&spec)?;
        let conversation = t.apply(account, &events)?.conversations[0];
        let head = MailHead { manner: Manner::ReplyAll, ..MailHead::default() };
        let text = Written { text: "Hello".into(), mail: Some(Box::new(head)), ..Written::default() };
        t.perform(&ana, &Action::Reply { conversation, text, undo_ms: 0, at: None })
    });
    let op = store.reader().unwrap().op(done.unwrap().op.unwrap()).unwrap().unwrap().0;
    let OpBody::Send { mail: Some(sent), .. } = op.body else { panic!("{op:?}") };
    let all: Vec<&str> = sent.mail.to.iter().chain(&sent.mail.cc).map(|one| one.address.as_str()).collect();
    assert_eq!(all, ["dana@example.net", "bob@example.net"]);
}
