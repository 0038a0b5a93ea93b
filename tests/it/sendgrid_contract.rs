//! Every request that the adapter makes, checked against SendGrid's own OpenAPI document, where that document is at hand: in
//! `../shared/specs` beside the checkout, or below `FRONTDESK_SHARED`. The project keeps no copy of it.

use crate::conformance::{Case, context, file, op};
use crate::far_end::{Asked, FarEnd};
use crate::sendgrid::{SendGridCase, sendgrid};
use frontdesk::domain::mail::Mailbox;
use frontdesk::domain::op::OpBody;
use frontdesk::provider::{Provider, PushContext};
use serde_json::{Value, json};
use std::path::PathBuf;

fn document() -> Option<Value> {
    let shared = std::env::var_os("FRONTDESK_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let text = std::fs::read_to_string(shared.join("specs/tsg_mail_v3.json")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Whether a value is of a schema. A field that the schema does not know is a mistake of ours.
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let schema = resolve(document, schema);
    let wrong = |why: String| Err(format!("{place}: {why}"));
    for all in schema["allOf"].as_array().into_iter().flatten() {
        fits(document, all, value, place)?;
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return wrong(format!("{value} is none of {words:?}"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let is_of = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !(types.contains(&is_of) || is_of == "integer" && types.contains(&"number")) {
        return wrong(format!("{value} is no {types:?}"));
    }
    match value {
        Value::Object(all) => {
            for required in schema["required"].as_array().into_iter().flatten() {
                if !all.contains_key(required.as_str().unwrap()) {
                    return wrong(format!("{required} is missing"));
                }
            }
            for (key, value) in all {
                match (schema["properties"].get(key), schema.get("additionalProperties")) {
                    (Some(schema), _) => fits(document, schema, value, &format!("{place}.{key}"))?,
                    (None, Some(Value::Object(any))) => {
                        let any = Value::Object(any.clone());
                        fits(document, &any, value, &format!("{place}.{key}"))?;
                    }
                    (None, Some(Value::Bool(true))) => {}
                    // An object of which nothing is said takes anything.
                    (None, _) if schema.get("properties").is_none() => {}
                    (None, _) => return wrong(format!("unknown field {key}")),
                }
            }
        }
        Value::Array(all) => {
            if let Some(most) = schema["maxItems"].as_u64()
                && all.len() as u64 > most
            {
                return wrong(format!("more than {most}"));
            }
            for (n, one) in all.iter().enumerate() {
                fits(document, &schema["items"], one, &format!("{place}[{n}]"))?;
            }
        }
        Value::String(text) => {
            if let Some(least) = schema["minLength"].as_u64()
                && (text.chars().count() as u64) < least
            {
                return wrong("too short".into());
            }
            if schema["format"] == "email" && !text.contains('@') {
                return wrong(format!("{text} is no address"));
            }
        }
        _ => {}
    }
    Ok(())
}

fn check(document: &Value, asked: &Asked) -> Result<(), String> {
    let path = document["paths"].get(&asked.path).ok_or(format!("no such path: {}", asked.path))?;
    let operation = &path[asked.method.to_lowercase()];
    if operation.is_null() {
        return Err(format!("{} is not for {}", asked.method, asked.path));
    }
    let body = resolve(document, &operation["requestBody"]);
    let schema = &body["content"]["application/json"]["schema"];
    assert!(!schema.is_null(), "the document tells of the body");
    let body: Value = serde_json::from_slice(&asked.body).map_err(|e| e.to_string())?;
    fits(document, schema, &body, "body")
}

/// Makes the adapter send in all its ways.
async fn everything() -> Vec<Asked> {
    let far = FarEnd::start().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(file().path.unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"\x89PNG12345").unwrap();
    let provider = sendgrid(&far.base, &[("reply_domain", "parse.example.com"), ("signature", "Example")]);
    let plain = op(&SendGridCase, "hello");
    let mut full = op(&SendGridCase, "hello **you**\n\n* one\n* two");
    if let OpBody::Send { mail: Some(mail), attachments, .. } = &mut full.body {
        mail.mail.cc = vec![Mailbox::named("Boss, the", "boss@example.net")];
        mail.mail.bcc = vec![Mailbox::bare("archive@example.com")];
        attachments.push(file());
    }
    let mut hidden = op(&SendGridCase, "");
    if let OpBody::Send { mail: Some(mail), .. } = &mut hidden.body {
        mail.mail.bcc = std::mem::take(&mut mail.mail.to);
        mail.mail.subject = String::new();
    }
    let ctx = PushContext { dir: dir.path().to_owned(), ..context() };
    for op in [plain, full, hidden] {
        far.answer(SendGridCase.sent("1"));
        provider.push(&op, &ctx).await.unwrap();
    }
    far.asked()
}

#[tokio::test]
async fn requests_are_as_the_document_says() {
    let asked = everything().await;
    assert_eq!(asked.len(), 3);
    let Some(document) = document() else {
        println!(
            "skipped: SendGrid's OpenAPI document is not beside the checkout (../shared/specs or FRONTDESK_SHARED)"
        );
        return;
    };
    for asked in &asked {
        assert!(asked.header("authorization").is_some_and(|a| a.starts_with("Bearer ")));
        if let Err(why) = check(&document, asked) {
            panic!("{} {}: {why}", asked.method, asked.path);
        }
    }
    // The check itself would notice.
    let good: Value = serde_json::from_slice(&asked[1].body).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        Asked { body: body.to_string().into_bytes(), ..asked[1].clone() }
    };
    for (what, change) in [
        ("method", Asked { method: "PUT".into(), ..asked[1].clone() }),
        ("path", Asked { path: "/v3/mail/sent".into(), ..asked[1].clone() }),
        ("field", with("/personalizations/0", json!({"to": [{"email": "a@b.example"}], "too": []}))),
        ("required", with("/personalizations/0", json!({"cc": [{"email": "a@b.example"}]}))),
        ("type", with("/subject", json!(7))),
        ("disposition", with("/attachments/0/disposition", json!("elsewhere"))),
    ] {
        assert!(check(&document, &change).is_err(), "{what}");
    }
}
