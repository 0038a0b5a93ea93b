//! Polling Twilio: the list in both directions, its end, history, and how a doubt is settled.

use crate::conformance::{Case, NOW, context, op};
use crate::far_end::{Answer, FarEnd};
use crate::twilio::{ACCOUNT, OURS, THEIRS, TwilioCase, entry, list, message, sid, twilio};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::message::{Author, AuthorKind, MessageKind};
use frontdesk::provider::{Cursor, Provider, Scope};
use serde_json::{Value, json};

#[tokio::test]
async fn the_list_tells_both_directions_files_and_prices() {
    let far = FarEnd::start().await;
    let provider = twilio(&far.base, &[]);
    let sent = json!({"direction": "outbound-api", "from": OURS, "to": THEIRS, "status": "delivered", "price": "-0.00750"});
    let picture = json!({"num_media": "1"});
    let foreign = json!({"to": "+15550000000"});
    far.answer(list(
        &[entry("3", "", picture), entry("2", "elsewhere", foreign), entry("1", "out", sent)],
        None,
    ));
    let media = json!({"sid": "ME9", "content_type": "image/jpeg", "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}/Media/ME9.json", sid("3"))});
    far.answer(Answer::json(200, json!({"media_list": [media]})));
    let page = provider.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let asked = far.asked();
    assert_eq!(
        asked[0].query(),
        [("DateSent>".into(), "2026-10-21".into()), ("PageSize".into(), "200".into())]
    );
    assert!(asked[0].query.starts_with("DateSent%3E=2026-10-21"), "{}", asked[0].query);
    let facts: Vec<_> = page.events.iter().map(|e| message(std::slice::from_ref(e))).collect();
    assert_eq!(facts.len(), 2, "another number's message is not ours");
    let report = facts[0].delivery.as_ref().unwrap();
    assert_eq!((report.state, report.price.as_deref()), (Delivery::Delivered, Some("0.00750 USD")));
    assert_eq!(facts[0].author, Author::system());
    assert_eq!((facts[1].author.kind, facts[1].kind), (AuthorKind::Contact, MessageKind::Attachment));
    assert_eq!(facts[1].sent_at, NOW - 59_000);
    let file = facts[1].attachments[0].media.as_ref().unwrap();
    assert_eq!(file.0, format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages/{}/Media/ME9", far.base, sid("3")));
    // Asked again within the day's overlap, the files are known.
    far.answer(list(&[entry("3", "", json!({"num_media": "1"}))], None));
    let again = provider.pull(page.cursor, Scope::Since, NOW).await.unwrap();
    assert_eq!(message(&again.events).attachments, facts[1].attachments);
    let asked = far.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].query()[0].1, "2026-11-19");
}

#[tokio::test]
async fn a_message_whose_files_cannot_be_listed_holds_back_no_other() {
    let far = FarEnd::start().await;
    let provider = twilio(&far.base, &[]);
    let rows =
        || list(&[entry("2", "hello", json!({})), entry("1", "look", json!({"num_media": "1"}))], None);
    for trouble in [
        Answer::json(500, json!({})),
        Answer::json(404, json!({"code": 20404})),
        Answer::json(200, json!({"media_list": []})),
    ] {
        far.answer(rows());
        far.answer(trouble);
        let page = provider.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
        let facts: Vec<_> = page.events.iter().map(|e| message(std::slice::from_ref(e))).collect();
        assert_eq!(facts.iter().map(|f| f.text.as_str()).collect::<Vec<_>>(), ["look\n[file]", "hello"]);
        // What the webhook has told of it counts for more.
        assert_eq!((facts[0].rev.rank, facts[1].rev.rank), (0, 2));
    }
    // With the next pull it is asked again.
    far.answer(rows());
    far.answer(Answer::json(200, json!({"media_list": [{"sid": "ME9", "content_type": "image/jpeg"}]})));
    let page = provider.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let first = message(std::slice::from_ref(&page.events[0]));
    assert_eq!((first.text.as_str(), first.attachments.len(), first.rev.rank), ("look", 1, 2));
}

#[tokio::test]
async fn a_list_that_turns_in_circles_ends_and_strangers_are_not_followed() {
    let far = FarEnd::start().await;
    let provider = twilio(&far.base, &[]);
    let mut cursor = Cursor::default();
    let mut pages = 0;
    loop {
        far.answer(list(&[entry("1", "x", json!({}))], Some("Page=1&PageToken=PA")));
        let page = provider.pull(cursor, Scope::Since, NOW).await.unwrap();
        (cursor, pages) = (page.cursor, pages + 1);
        if !page.more {
            break;
        }
    }
    assert_eq!(pages, 2);
    far.asked();
    far.answer(Answer::json(200, json!({"messages": [], "next_page_uri": "https://evil.example/next"})));
    assert!(matches!(
        provider.pull(Cursor::default(), Scope::Recent, NOW).await,
        Err(Failure::Rejected { .. })
    ));
}

#[tokio::test]
async fn history_counts_as_seen_and_yesterday_does_not() {
    let far = FarEnd::start().await;
    let provider = twilio(&far.base, &[]);
    let old = json!({"date_sent": "Tue, 10 Nov 2026 09:00:00 +0000"});
    far.answer(list(&[entry("2", "new", json!({})), entry("1", "old", old)], None));
    let page = provider.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let seen: Vec<_> = page.events.iter().map(|e| message(std::slice::from_ref(e)).history).collect();
    assert_eq!(seen, [true, false]);
}

#[tokio::test]
async fn a_doubt_is_settled_by_exactly_one_candidate() {
    let far = FarEnd::start().await;
    let provider = twilio(&far.base, &[]);
    let asked_for = op(&TwilioCase, "hello");
    let out = |id: &str, body: &str, more: Value| {
        let mut base = json!({"direction": "outbound-api", "from": OURS, "to": THEIRS, "status": "queued", "date_sent": null,
            "date_created": "Fri, 20 Nov 2026 09:15:03 +0000"});
        base.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        entry(id, body, base)
    };
    let earlier = json!({"date_created": "Fri, 20 Nov 2026 09:12:00 +0000"});
    let cases: [(&str, Vec<Value>, Option<&str>); 5] = [
        ("one", vec![out("1", "hello", json!({})), out("2", "other", json!({}))], Some("1")),
        ("none", vec![out("2", "Hello", json!({}))], None),
        ("two", vec![out("1", "hello", json!({})), out("2", "hello", json!({}))], None),
        ("too early", vec![out("1", "hello", earlier)], None),
        (
            "inbound",
            vec![entry("1", "hello", json!({"date_created": "Fri, 20 Nov 2026 09:15:03 +0000"}))],
            None,
        ),
    ];
    for (name, entries, want) in cases {
        far.answer(list(&entries, None));
        let page = provider
            .pull(Cursor(Some("kept".into())), Scope::Lookup(Box::new(asked_for.clone())), NOW)
            .await
            .unwrap();
        assert_eq!(page.cursor.0.as_deref(), Some("kept"), "{name}");
        match want {
            Some(id) => {
                let m = message(&page.events);
                assert_eq!((m.external_id.clone(), m.token), (sid(id), Some(asked_for.id)), "{name}");
            }
            None => assert!(page.events.is_empty(), "{name}: {:?}", page.events),
        }
    }
    assert_eq!(far.asked()[0].query()[0], ("To".into(), THEIRS.into()));

    // The same words twice: what is known to be the first one's is not taken for the second.
    let provider = twilio(&far.base, &[]);
    far.answer(TwilioCase.sent("1"));
    provider.push(&op(&TwilioCase, "hello"), &context()).await.unwrap();
    for (entries, want) in [
        (vec![out("1", "hello", json!({}))], None),
        (vec![out("4", "hello", json!({})), out("1", "hello", json!({}))], Some(sid("4"))),
    ] {
        far.answer(list(&entries, None));
        let scope = Scope::Lookup(Box::new(asked_for.clone()));
        let page = provider.pull(Cursor::default(), scope, NOW).await.unwrap();
        assert_eq!(page.events.first().map(|e| message(std::slice::from_ref(e)).external_id.clone()), want);
    }
}

#[tokio::test]
async fn one_message_is_asked_for_by_its_sid() {
    let far = FarEnd::start().await;
    let provider = twilio(&far.base, &[]);
    let read = json!({"direction": "outbound-api", "from": OURS, "to": THEIRS, "status": "undelivered", "error_code": 30005});
    far.answer(Answer::json(200, entry("1", "x", read)));
    let page = provider.pull(Cursor::default(), Scope::Object(sid("1")), NOW).await.unwrap();
    let report = message(&page.events).delivery.clone().unwrap();
    assert_eq!((report.state, report.reason.unwrap().code.as_deref()), (Delivery::Failed, Some("30005")));
    assert_eq!(far.asked()[0].path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}.json", sid("1")));
    far.answer(Answer::json(404, json!({"code": 20404, "status": 404})));
    assert!(provider.pull(Cursor::default(), Scope::Object(sid("1")), NOW).await.unwrap().events.is_empty());
    let bad = provider.pull(Cursor::default(), Scope::Object("../x".into()), NOW).await;
    assert!(matches!(bad, Err(Failure::Rejected { .. })));
}
