//! How a customer of the cast speaks and hears: through the chat page's API, through his telephone, or by mail.

use super::mail::MailVoice;
use super::mind::Utterance;
use super::people::{Person, Via};
use super::{CastOptions, pause, photo};
use crate::sandbox::random::Random;
use crate::sandbox::twilio::{Extra, Hook, Location, Medium, Sent, TwilioWorld};
use crate::sandbox::visitor::{Claims, Heard, Listening, Visitor, VisitorError};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// One person's way to us.
pub(super) enum Voice {
    Chat(Box<ChatVoice>),
    Phone(Box<PhoneVoice>),
    Mail(Box<MailVoice>),
}

pub(super) struct ChatVoice {
    visitor: Visitor,
    /// None once the chat wants nothing more of this visitor.
    listening: Option<Listening>,
    seen: HashSet<String>,
    random: Random,
}

pub(super) struct PhoneVoice {
    world: Arc<TwilioWorld>,
    hook: Hook,
    own: String,
    ours: String,
    deliveries: broadcast::Receiver<Sent>,
    extra: Extra,
    person: Person,
    photos: u64,
}

/// Tries of one chat message before the visitor gives up.
const TRIES: u32 = 6;

impl Voice {
    /// Opens the way. A chat that is not there yet is tried again until it is.
    pub(super) async fn find(options: &CastOptions, person: Person, random: Random) -> Voice {
        match person.via {
            Via::Chat { email } => {
                let name = (!person.name.is_empty()).then(|| person.name.to_owned());
                let claims = Claims { name, email: email.map(str::to_owned) };
                let base = options.chat_base.as_str();
                let visitor = loop {
                    match Visitor::arrive(base, &claims).await {
                        Ok(visitor) => break visitor,
                        Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
                    }
                };
                let again = options.paced(Duration::from_secs(1)).max(Duration::from_millis(50));
                let listening = Some(visitor.listen("", again));
                Voice::Chat(Box::new(ChatVoice { visitor, listening, seen: HashSet::new(), random }))
            }
            Via::Mail { address, subject } => {
                let world = options.mailbox.clone();
                Voice::Mail(Box::new(MailVoice::new(world, person, address, subject, random)))
            }
            Via::Sms(number) => Voice::phone(options, person, number.to_owned(), options.sms_hook()),
            Via::WhatsApp(number) => {
                Voice::phone(options, person, format!("whatsapp:{number}"), options.whatsapp_hook())
            }
        }
    }

    fn phone(options: &CastOptions, person: Person, own: String, hook: Hook) -> Voice {
        let whatsapp = own.starts_with("whatsapp:");
        let numbers = options.twilio.numbers();
        let ours = numbers.iter().find(|number| number.starts_with("whatsapp:") == whatsapp);
        let extra = Extra { profile_name: Some(person.name.to_owned()), ..Extra::default() };
        Voice::Phone(Box::new(PhoneVoice {
            world: options.twilio.clone(),
            hook,
            own,
            ours: ours.cloned().unwrap_or_default(),
            deliveries: options.twilio.deliveries(),
            extra,
            person,
            photos: 0,
        }))
    }

    /// The next words of an agent. Safe to be dropped while it waits.
    pub(super) async fn hear(&mut self) -> String {
        match self {
            Voice::Chat(chat) => chat.hear().await,
            Voice::Phone(phone) => phone.hear().await,
            Voice::Mail(mail) => mail.hear().await,
        }
    }

    /// Says something.
    pub(super) async fn say(&mut self, options: &CastOptions, said: &Utterance) {
        match self {
            Voice::Chat(chat) => chat.say(options, said).await,
            Voice::Phone(phone) => phone.say(said).await,
            Voice::Mail(mail) => mail.say(said),
        }
    }
}

impl ChatVoice {
    async fn hear(&mut self) -> String {
        loop {
            let Some(listening) = &mut self.listening else { return std::future::pending().await };
            match listening.next().await {
                Some(Heard::Message(message)) => {
                    if message.direction == "outbound" && self.seen.insert(message.id.clone()) {
                        // The receipts run beside: a call dropped here must not lose the words.
                        let visitor = self.visitor.clone();
                        tokio::spawn(async move {
                            let _ = visitor.delivered(&message.id).await;
                            let _ = visitor.read(&message.id).await;
                        });
                        return message.text;
                    }
                }
                Some(Heard::Connected { .. } | Heard::Typing { .. } | Heard::Lost) => {}
                Some(Heard::Refused(_)) | None => self.listening = None,
            }
        }
    }

    async fn say(&mut self, options: &CastOptions, said: &Utterance) {
        let typing =
            options.paced(Duration::from_millis(400 + 25 * said.text.chars().count().min(80) as u64));
        if !typing.is_zero() {
            let _ = self.visitor.typing(true).await;
            pause(typing).await;
        }
        let id = self.random.uuid();
        for attempt in 1..=TRIES {
            match self.visitor.say_as(id, &said.text).await {
                Ok(_) => break,
                // Not ours to repeat: the words themselves were refused.
                Err(VisitorError::Refused { status: 400..=428, .. }) => break,
                Err(_) => pause(Duration::from_millis(300 * u64::from(attempt))).await,
            }
        }
        if !typing.is_zero() {
            let _ = self.visitor.typing(false).await;
        }
    }
}

impl PhoneVoice {
    async fn hear(&mut self) -> String {
        loop {
            match self.deliveries.recv().await {
                Ok(sent) if sent.to == self.own => return sent.body,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
            }
        }
    }

    async fn say(&mut self, said: &Utterance) {
        let mut extra = self.extra.clone();
        if said.photo {
            self.photos += 1;
            let bytes = photo::broken_parcel(self.photos);
            extra.media.push(Medium { content_type: "image/png".into(), bytes });
        }
        if said.place {
            extra.location = self.person.place.map(|(latitude, longitude, address, label)| Location {
                latitude: latitude.into(),
                longitude: longitude.into(),
                address: address.into(),
                label: label.into(),
            });
        }
        self.world.inbound(&self.hook, &self.own, &self.ours, &said.text, extra).await;
    }
}
