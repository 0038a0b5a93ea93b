//! What becomes of a mail after it was taken, and the signed webhooks that tell of it.

use super::faults::{Outcome, Told};
use super::{Push, Sent, Shared};
use serde_json::{Map, Value, json};

impl Shared {
    /// Leads a mail to its end, and tells of it.
    pub(super) async fn progress(&self, sent: Sent, outcome: Outcome, told: Told) {
        let first = sent.list("to").into_iter().next().unwrap_or_default();
        let is_suppressed = self.far.state().suppressed.contains(&first);
        let steps = if is_suppressed { suppressed() } else { steps(&outcome) };
        if matches!(outcome, Outcome::Bounced(_) | Outcome::Returned | Outcome::Complained) {
            self.far.state().suppressed.insert(first);
        }
        if let Some((last, _)) = steps.last()
            && let Some(kept) = self.far.state().sent.iter_mut().find(|kept| kept.id == sent.id)
        {
            kept.last_event = (*last).to_owned();
        }
        let all: Vec<Value> = steps.into_iter().map(|(kind, own)| self.event(&sent, kind, own)).collect();
        let all: Vec<(Value, Push)> = match told {
            Told::Lost => Vec::new(),
            Told::InOrder => all.into_iter().map(|one| (one, Push::Signed)).collect(),
            Told::Reversed => all.into_iter().rev().map(|one| (one, Push::Signed)).collect(),
            Told::Twice => all.into_iter().map(|one| (one, Push::Twice)).collect(),
        };
        for (event, push) in all {
            self.tell(&event, push).await;
        }
        self.far.bump();
    }

    /// One event: what is common to all, and what is its own.
    fn event(&self, sent: &Sent, kind: &str, own: Value) -> Value {
        let mut data = Map::new();
        data.insert("email_id".into(), json!(sent.id));
        data.insert("message_id".into(), json!(format!("<{}>", sent.message_id)));
        data.insert("created_at".into(), json!(self.written(sent.at)));
        data.insert("from".into(), sent.body["from"].clone());
        data.insert("to".into(), json!(sent.list("to")));
        data.insert("subject".into(), sent.body["subject"].clone());
        let tags = sent.body["tags"].as_array().into_iter().flatten();
        let tags: Map<String, Value> =
            tags.filter_map(|tag| Some((tag["name"].as_str()?.to_owned(), tag["value"].clone()))).collect();
        data.insert("tags".into(), Value::Object(tags));
        data.extend(own.as_object().cloned().unwrap_or_default());
        json!({"type": format!("email.{kind}"), "created_at": self.written(self.options.clock.now()), "data": data})
    }
}

/// What happens to a mail, as far as each event differs from the others.
fn steps(outcome: &Outcome) -> Vec<(&'static str, Value)> {
    let sent = ("sent", json!({}));
    let delivered = ("delivered", json!({}));
    let bounced = |words: &str| {
        let bounce = json!({
            "type": "Permanent", "subType": "General", "diagnosticCode": [format!("smtp; {words}")],
            "message": "The recipient's email provider sent a hard bounce message.",
        });
        ("bounced", json!({"bounce": bounce}))
    };
    match outcome {
        Outcome::Silence => Vec::new(),
        Outcome::Delivered => vec![sent, delivered],
        Outcome::Opened => vec![sent, delivered, ("opened", json!({}))],
        Outcome::Delayed => vec![sent, ("delivery_delayed", json!({})), delivered],
        Outcome::Bounced(words) => vec![sent, bounced(words)],
        Outcome::Returned => vec![sent, delivered, bounced("550 5.1.1 unknown user")],
        Outcome::Complained => vec![sent, delivered, ("complained", json!({}))],
        Outcome::Failed(reason) => vec![("failed", json!({"failed": {"reason": reason}}))],
    }
}

fn suppressed() -> Vec<(&'static str, Value)> {
    let why = json!({
        "type": "OnAccountSuppressionList", "reason": "previous_bounce", "diagnosticCode": [],
        "message": "Resend has suppressed sending to this address",
    });
    vec![("suppressed", json!({"suppressed": why}))]
}
