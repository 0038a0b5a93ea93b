//! What becomes of a mail after it was accepted, and the signed batches of events that tell of it.

use super::faults::{Outcome, Told};
use super::{Push, Sent, Shared};
use serde_json::{Map, Value, json};

impl Shared {
    /// Leads a mail to its end, and tells of it.
    pub(super) async fn progress(&self, sent: Sent, outcome: Outcome, told: Told) {
        let mut all: Vec<Value> = Vec::new();
        for (n, to) in sent.recipients().iter().enumerate() {
            let outcome = if self.far.state().suppressed.contains(to) {
                Outcome::Dropped("Bounced Address")
            } else {
                outcome.clone()
            };
            if matches!(outcome, Outcome::Bounced { .. } | Outcome::Returned) {
                self.far.state().suppressed.insert(to.clone());
            }
            all.extend(steps(&outcome).into_iter().map(|step| self.event(&sent, n, to, step)));
        }
        let batches: Vec<Vec<Value>> = match told {
            Told::Lost => Vec::new(),
            Told::Together => vec![all],
            Told::InOrder => all.into_iter().map(|one| vec![one]).collect(),
            Told::Reversed => all.into_iter().rev().map(|one| vec![one]).collect(),
            Told::Twice => all.into_iter().flat_map(|one| [vec![one.clone()], vec![one]]).collect(),
        };
        for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
            self.tell(&batch).await;
        }
    }

    /// One event: what is common to all, the token of the sender at the top, and what is its own.
    fn event(&self, sent: &Sent, recipient: usize, to: &str, own: Value) -> Value {
        let mut all = Map::new();
        let id = {
            let mut state = self.far.state();
            state.serial += 1;
            format!("ZXZ0{:08x}", state.serial)
        };
        all.insert("email".into(), json!(to));
        all.insert("timestamp".into(), json!(self.options.clock.now() / 1000));
        all.insert("smtp-id".into(), json!(sent.header("Message-ID").unwrap_or_default()));
        all.insert("sg_event_id".into(), json!(id));
        all.insert("sg_message_id".into(), json!(format!("{}.recvd-7c-{}.0", sent.id, recipient + 1)));
        all.extend(sent.custom_args());
        all.extend(own.as_object().cloned().unwrap_or_default());
        Value::Object(all)
    }

    /// Posts a batch of events, signed. The raw body ends with a line break that belongs to it.
    pub(super) async fn tell(&self, batch: &[Value]) -> Option<u16> {
        let url = self.far.state().events_url.clone()?;
        let lines: Vec<String> = batch.iter().map(Value::to_string).collect();
        let body = format!("[{}]\r\n", lines.join(",\r\n")).into_bytes();
        let answer = self.post(&url, "application/json", body, &self.events_key, Push::Signed).await;
        let mut state = self.far.state();
        for event in batch {
            state.told.push((event.clone(), answer));
        }
        drop(state);
        self.far.bump();
        answer
    }
}

/// What happens to a mail, as far as each event differs from the others.
fn steps(outcome: &Outcome) -> Vec<Value> {
    let processed = json!({"event": "processed"});
    let delivered = json!({"event": "delivered", "response": "250 2.0.0 OK", "tls": 1});
    let returned = |status: &str, reason: &str| {
        json!({
            "event": "bounce", "type": "bounce", "status": status, "reason": reason,
            "bounce_classification": "Invalid Address",
        })
    };
    match outcome {
        Outcome::Silence => Vec::new(),
        Outcome::Delivered => vec![processed, delivered],
        Outcome::Opened => vec![
            processed,
            delivered,
            json!({"event": "open", "sg_machine_open": false, "useragent": "Mozilla/5.0", "ip": "192.0.2.7"}),
        ],
        Outcome::OpenedByMachine => {
            vec![processed, delivered, json!({"event": "open", "sg_machine_open": true})]
        }
        Outcome::Deferred => {
            vec![
                processed,
                json!({"event": "deferred", "attempt": "1", "response": "451 try later"}),
                delivered,
            ]
        }
        Outcome::Bounced { status, reason } => vec![processed, returned(status, reason)],
        Outcome::Blocked => vec![
            processed,
            json!({"event": "bounce", "type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 blocked"}),
        ],
        Outcome::Returned => vec![processed, delivered, returned("5.1.1", "550 5.1.1 unknown user")],
        Outcome::Dropped(reason) => vec![json!({"event": "dropped", "reason": reason, "status": "5.0.0"})],
        Outcome::SpamReport => vec![processed, delivered, json!({"event": "spamreport"})],
        Outcome::Unsubscribed => vec![processed, delivered, json!({"event": "unsubscribe"})],
    }
}
