//! What becomes of a mail after it was taken, and what the topic tells of it.

use super::faults::{Outcome, Told};
use super::{Push, Sent, Shared, iso};
use serde_json::{Value, json};

impl Shared {
    /// Leads a mail to its end, and tells of it.
    pub(super) async fn progress(&self, sent: Sent, outcome: Outcome, told: Told) {
        let mut all: Vec<Value> = Vec::new();
        for to in sent.recipients() {
            let listed = self.far.state().suppressed.contains(&to);
            if matches!(outcome, Outcome::Bounced | Outcome::Returned | Outcome::Complaint) {
                self.far.state().suppressed.insert(to.clone());
            }
            let at = iso(self.options.clock.now());
            let steps = if listed { not_tried(&to, &at) } else { steps(outcome, &to, &at) };
            all.extend(steps.into_iter().map(|step| self.event(&sent, step)));
        }
        let all: Vec<Value> = match told {
            Told::Lost => Vec::new(),
            Told::InOrder => all,
            Told::Reversed => all.into_iter().rev().collect(),
            Told::Twice => all.into_iter().flat_map(|one| [one.clone(), one]).collect(),
        };
        for event in all {
            self.tell(&event).await;
        }
    }

    /// One event: what is common to all, and what is its own.
    fn event(&self, sent: &Sent, own: Value) -> Value {
        let tags: serde_json::Map<String, Value> =
            sent.tags().into_iter().map(|(name, value)| (name, json!([value]))).collect();
        let mut event = json!({
            "mail": {
                "timestamp": iso(sent.at), "source": "support@example.com", "messageId": sent.id,
                "sendingAccountId": "123456789012", "destination": sent.recipients(), "headersTruncated": false,
                "headers": [{"name": "From", "value": "support@example.com"}], "tags": tags,
            },
        });
        if let (Some(all), Some(own)) = (event.as_object_mut(), own.as_object()) {
            all.extend(own.clone());
        }
        event
    }

    /// Publishes an event.
    pub(super) async fn tell(&self, event: &Value) -> Option<u16> {
        let hook = self.far.state().hook.clone()?;
        let answer =
            self.publish(&hook, (&self.id(), "Notification"), &event.to_string(), Push::Signed).await;
        let answer = answer.first().copied().flatten();
        self.far.state().told.push((event.clone(), answer));
        self.far.bump();
        answer
    }
}

/// What happens to a mail, as far as each event differs from the others.
fn steps(outcome: Outcome, to: &str, at: &str) -> Vec<Value> {
    let send = json!({"eventType": "Send", "send": {}});
    let delivered = json!({
        "eventType": "Delivery",
        "delivery": {
            "timestamp": at, "processingTimeMillis": 7_000, "recipients": [to], "smtpResponse": "250 2.6.0 OK",
            "reportingMTA": "mta.example.net",
        },
    });
    let bounce = |kind: &str, sub: &str, one: Value| {
        json!({
            "eventType": "Bounce",
            "bounce": {
                "bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [one], "timestamp": at,
                "feedbackId": "0102-f", "reportingMTA": "dsn; mta.example.net",
            },
        })
    };
    let unknown = json!({
        "emailAddress": to, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    });
    match outcome {
        Outcome::Silence => Vec::new(),
        Outcome::Delivered => vec![send, delivered],
        Outcome::Opened => vec![
            send,
            delivered,
            json!({"eventType": "Open", "open": {"ipAddress": "192.0.2.1", "timestamp": at, "userAgent": "Mozilla/5.0"}}),
        ],
        Outcome::Delayed => vec![
            send,
            json!({
                "eventType": "DeliveryDelay",
                "deliveryDelay": {
                    "timestamp": at, "delayType": "TransientCommunicationFailure", "expirationTime": at,
                    "delayedRecipients": [
                        {"emailAddress": to, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect"},
                    ],
                },
            }),
            delivered,
        ],
        Outcome::Bounced => vec![send, bounce("Permanent", "General", unknown)],
        Outcome::Returned => vec![send, delivered, bounce("Permanent", "General", unknown)],
        Outcome::Full => vec![send, bounce("Transient", "MailboxFull", json!({"emailAddress": to}))],
        Outcome::Absent => vec![send, delivered, bounce("Transient", "General", json!({"emailAddress": to}))],
        Outcome::Complaint => vec![
            send,
            delivered,
            json!({
                "eventType": "Complaint",
                "complaint": {
                    "complainedRecipients": [{"emailAddress": to}], "timestamp": at, "feedbackId": "0102-c",
                    "complaintFeedbackType": "abuse", "userAgent": "Mail Loop",
                },
            }),
        ],
        Outcome::Rejected => vec![send, json!({"eventType": "Reject", "reject": {"reason": "Bad content"}})],
    }
}

/// What is told of an address on the list of those that are not tried.
fn not_tried(to: &str, at: &str) -> Vec<Value> {
    let one = json!({
        "emailAddress": to, "action": "failed", "status": "5.1.1",
        "diagnosticCode": "Amazon SES did not send the message to this address because it is on the suppression list for your account.",
    });
    let bounce = json!({
        "bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList", "bouncedRecipients": [one],
        "timestamp": at, "feedbackId": "0102-s", "reportingMTA": "dns; amazonses.com",
    });
    vec![json!({"eventType": "Send", "send": {}}), json!({"eventType": "Bounce", "bounce": bounce})]
}
