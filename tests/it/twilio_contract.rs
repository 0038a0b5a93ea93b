//! Every request that the adapter makes, checked against Twilio's own OpenAPI document, where that document is at hand:
//! in `../shared/specs` beside the checkout, or below `FRONTDESK_SHARED`. The project keeps no copy of it.

use crate::conformance::{Case, NOW, context, file, op};
use crate::far_end::{Answer, Asked, FarEnd};
use crate::twilio::{ACCOUNT, TwilioCase, entry, list, twilio};
use frontdesk::domain::account::Channel;
use frontdesk::domain::op::OpBody;
use frontdesk::provider::{Cursor, Provider, PushContext, Scope};
use serde_json::{Value, json};
use std::path::PathBuf;

fn document() -> Option<Value> {
    let shared = std::env::var_os("FRONTDESK_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let text = std::fs::read_to_string(shared.join("specs/twilio_api_v2010.json")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Whether a value is of the form that a schema asks for: SIDs, hex digits and numbers are all that is used here.
fn fits(schema: &Value, value: &str) -> bool {
    if let Some(pattern) = schema["pattern"].as_str() {
        let inner = pattern.trim_start_matches('^').trim_end_matches('$');
        let (prefixes, rest) = inner.split_once("[0-9a-fA-F]{32}").unwrap_or_else(|| panic!("{pattern}"));
        assert!(rest.is_empty(), "{pattern}");
        let hex = value.get(2..).unwrap_or_default();
        let prefix = value.get(..2).unwrap_or_default();
        if !prefixes.trim_matches(['(', ')']).split('|').any(|p| p == prefix)
            || hex.len() != 32
            || !hex.bytes().all(|b| b.is_ascii_hexdigit())
        {
            return false;
        }
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.iter().any(|w| w == value)
    {
        return false;
    }
    match schema["type"].as_str() {
        Some("integer") => value.parse::<i64>().is_ok(),
        Some("boolean") => matches!(value, "true" | "false"),
        _ => match schema["format"].as_str() {
            Some("uri") => url::Url::parse(value).is_ok(),
            // Twilio documents a day as enough.
            Some("date-time") => value.parse::<jiff::civil::Date>().is_ok(),
            _ => true,
        },
    }
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn check(document: &Value, asked: &Asked) -> Result<(), String> {
    let parts: Vec<_> = asked.path.split('/').collect();
    let mut found: Option<(usize, Vec<&str>, &Value)> = None;
    for (template, operations) in document["paths"].as_object().unwrap() {
        let wanted: Vec<_> = template.split('/').collect();
        let holds = |(want, got): (&&str, &&str)| want == got || want.contains('{');
        if wanted.len() == parts.len() && wanted.iter().zip(&parts).all(holds) {
            // A literal segment beats a parameter.
            let literal = wanted.iter().filter(|w| !w.contains('{')).count();
            if found.as_ref().is_none_or(|(best, ..)| literal > *best) {
                found = Some((literal, wanted, operations));
            }
        }
    }
    let (_, wanted, operations) = found.ok_or(format!("no such path: {}", asked.path))?;
    let operation = &operations[asked.method.to_lowercase()];
    if operation.is_null() {
        return Err(format!("{} is not for {}", asked.method, asked.path));
    }
    let parameters: Vec<&Value> =
        operation["parameters"].as_array().into_iter().flatten().map(|p| resolve(document, p)).collect();
    let schema_of = |place: &str, name: &str| {
        parameters
            .iter()
            .find(|p| p["in"] == place && p["name"] == name)
            .map(|p| resolve(document, &p["schema"]))
    };
    for (want, got) in wanted.iter().zip(&parts).filter(|(want, _)| want.contains('{')) {
        let (name, tail) = want.trim_start_matches('{').split_once('}').unwrap();
        let got = got.strip_suffix(tail).ok_or(format!("{got} lacks {tail}"))?;
        let schema = schema_of("path", name).ok_or(format!("no parameter {name}"))?;
        if !fits(schema, got) {
            return Err(format!("{name}={got} does not fit {schema}"));
        }
    }
    for (key, value) in asked.query() {
        let schema = schema_of("query", &key).ok_or(format!("unknown query key {key}"))?;
        if !fits(schema, &value) {
            return Err(format!("{key}={value} does not fit {schema}"));
        }
    }
    let body = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    if body.is_null() {
        return if asked.body.is_empty() { Ok(()) } else { Err("a body where none belongs".into()) };
    }
    let sent = asked.form();
    for required in body["required"].as_array().into_iter().flatten() {
        if !sent.iter().any(|(k, _)| required == k) {
            return Err(format!("{required} is missing"));
        }
    }
    for (key, value) in &sent {
        let schema = resolve(document, &body["properties"][key]);
        if schema.is_null() || !fits(schema, value) {
            return Err(format!("{key}={value} does not fit {schema}"));
        }
    }
    Ok(())
}

/// Makes the adapter ask everything it can ask.
async fn everything() -> Vec<Asked> {
    let far = FarEnd::start().await;
    let sid = "MM00000000000000000000000000000003";
    let provider = twilio(&far.base, &[("messaging_service_sid", "MG33333333333333333333333333333333")]);
    far.answer(TwilioCase.login());
    provider.probe().await.unwrap();
    far.answer(TwilioCase.sent("1")).answer(TwilioCase.sent("2"));
    let mut send = op(&TwilioCase, "hello");
    provider.push(&send, &context()).await.unwrap();
    if let OpBody::Send { channel, .. } = &mut send.body {
        *channel = Channel::Whatsapp;
    }
    provider.push(&send, &context()).await.unwrap();
    let mut files = send.clone();
    if let OpBody::Send { attachments, .. } = &mut files.body {
        *attachments = vec![file(), file()];
    }
    let urls = vec!["https://inbox.example.com/media/T/a.png".to_owned(); 2];
    far.answer(TwilioCase.sent("4"));
    provider.push(&files, &PushContext { files: urls, ..context() }).await.unwrap();
    let picture = entry("3", "", json!({"sid": sid, "num_media": "1"}));
    let media = Answer::json(200, json!({"media_list": [{"sid": "ME00000000000000000000000000000009"}]}));
    far.answer(list(&[picture], Some("PageSize=200&Page=1&PageToken=PASM0"))).answer(media);
    let page = provider.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    far.answer(list(&[], None)).answer(list(&[], None));
    let page = provider.pull(page.cursor, Scope::Since, NOW).await.unwrap();
    provider.pull(page.cursor, Scope::Since, NOW).await.unwrap();
    far.answer(Answer::json(404, json!({"code": 20404}))).answer(list(&[], None));
    provider.pull(Cursor::default(), Scope::Object(sid.into()), NOW).await.unwrap();
    provider.pull(Cursor::default(), Scope::Lookup(Box::new(send)), NOW).await.unwrap();
    far.asked()
}

#[tokio::test]
async fn requests_are_as_the_document_says() {
    let asked = everything().await;
    assert_eq!(asked.len(), 10, "{asked:#?}");
    let Some(document) = document() else {
        println!(
            "skipped: Twilio's OpenAPI document is not beside the checkout (../shared/specs or FRONTDESK_SHARED)"
        );
        return;
    };
    for asked in &asked {
        assert!(asked.header("authorization").is_some_and(|a| a.starts_with("Basic ")));
        if let Err(why) = check(&document, asked) {
            panic!("{} {}?{}: {why}", asked.method, asked.path, asked.query);
        }
    }
    // The check itself would notice.
    let post = asked.iter().find(|a| a.method == "POST").unwrap();
    for (what, change) in [
        ("method", Asked { method: "PUT".into(), ..post.clone() }),
        ("path", Asked { path: post.path.replace(ACCOUNT, "AC1"), ..post.clone() }),
        ("field", Asked { body: b"To=%2B1&Body=x&Form=%2B1".to_vec(), ..post.clone() }),
        ("required", Asked { body: b"From=%2B1&Body=x".to_vec(), ..post.clone() }),
    ] {
        assert!(check(&document, &change).is_err(), "{what}");
    }
}
