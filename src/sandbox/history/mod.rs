//! A made-up past of any size, as the JSON Lines that `import` reads; repeatable, and in flat memory.

mod words;

use crate::domain::clock::Ms;
use crate::sandbox::random::Random;
use serde::Serialize;
use std::io::{self, Read};
use words::{
    AGENTS, ANSWERS, CLOSINGS, COURIERS, DAYS, DETAILS, DOMAINS, EMOJI, FIRST, FOLLOW_UPS, FOREIGN, LAST,
    QUALITIES, THINGS, TOPICS, TOWNS, Topic,
};

/// Conversations that are open at the same time, at most.
const MAX_OPEN: usize = 2000;
/// Messages of one conversation, at most.
const MAX_LENGTH: u64 = 16;
/// Ids that a message refers back to, at most.
const MAX_REFERENCES: usize = 10;

/// The lines, oldest message first. Every thousandth message has a word of its own, `zqxrare0`, `zqxrare1`, …;
/// `chargeback` is in about 0.5 %, the phrase "tracking number shows" in 1 %, and `order` is common.
#[derive(Debug, Clone)]
pub struct History {
    random: Random,
    seed: u64,
    total: u64,
    next: u64,
    /// The end, in UTC seconds.
    end: i64,
    /// Mean seconds between two messages.
    spacing: u64,
    open: Vec<Talk>,
    max_open: usize,
    opened: u64,
}

/// A conversation that is going on.
#[derive(Debug, Clone)]
struct Talk {
    key: String,
    channel: &'static str,
    name: String,
    email: String,
    phone: String,
    topic: &'static Topic,
    subject: String,
    agent: usize,
    order: u64,
    thing: String,
    town: &'static str,
    left: u64,
    ids: Vec<String>,
    begun: bool,
}

/// Who wrote.
#[derive(Serialize)]
struct Party<'a> {
    name: &'a str,
    address: &'a str,
}

/// The customer of the conversation.
#[derive(Serialize)]
struct Customer<'a> {
    name: &'a str,
    email: &'a str,
    phone: &'a str,
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    seq: u64,
    conversation: &'a str,
    channel: &'a str,
    direction: &'a str,
    from: Party<'a>,
    to: &'a str,
    customer: Customer<'a>,
    subject: &'a str,
    text: &'a str,
    /// UTC seconds.
    ts: i64,
    in_reply_to: Option<&'a str>,
    references: &'a [String],
}

impl History {
    /// `messages` lines whose last ones are just before `end_ms` (UTC milliseconds). A small history covers about
    /// ninety days, a large one has a message every twenty seconds.
    pub fn new(messages: u64, seed: u64, end_ms: Ms) -> History {
        const NINETY_DAYS: u64 = 90 * 86_400;
        let fifty = usize::try_from(messages / 50).unwrap_or(MAX_OPEN);
        History {
            random: Random::fork(seed, 0x6869_7374),
            seed,
            total: messages,
            next: 0,
            end: end_ms.div_euclid(1000),
            spacing: (NINETY_DAYS / messages.max(1)).clamp(20, 1800),
            open: Vec::new(),
            max_open: fifty.clamp(20, MAX_OPEN),
            opened: 0,
        }
    }

    /// The same as a stream of bytes, a line feed after each line.
    pub fn into_read(self) -> HistoryReader {
        HistoryReader { history: self, rest: Vec::new(), at: 0 }
    }

    /// Somebody writes about something new.
    fn open_talk(&mut self) {
        let customers = (self.total / 12).max(50);
        let who = self.random.below(customers);
        // The person is a function of the number, so that the same person comes again.
        let mut own = Random::fork(self.seed, 0x7065_7273_0000_0000 + who);
        let first = own.pick(FIRST).unwrap_or_default();
        let last = own.pick(LAST).unwrap_or_default();
        let plain: String = format!("{first}.{last}{who}")
            .to_lowercase()
            .chars()
            .filter(|c| c.is_ascii() && *c != '\'')
            .collect();
        let email = format!("{plain}@{}", own.pick(DOMAINS).unwrap_or_default());
        let phone = format!("+{}{:09}", own.between(1, 98), own.below(1_000_000_000));
        let random = &mut self.random;
        let order = random.between(100_000, 999_999);
        let quality = random.pick(QUALITIES).unwrap_or_default();
        let thing = format!("{quality} {}", random.pick(THINGS).unwrap_or_default());
        let Some(topic) = TOPICS.get(random.index(TOPICS.len())) else { return };
        let subject =
            capital(&topic.subject.replace("{order}", &order.to_string()).replace("{thing}", &thing));
        let channel = match random.below(10) {
            0..=4 => "email",
            5 | 6 => "whatsapp",
            7 => "sms",
            8 => "chat",
            _ => "instagram",
        };
        // Mean of about eight messages, many short ones and a long tail.
        let mut left = 1;
        while left < MAX_LENGTH && random.per_mille(880) {
            left += 1;
        }
        let agent = random.index(AGENTS.len());
        let town = random.pick(TOWNS).unwrap_or_default();
        let key = format!("c{:07}", self.opened);
        self.opened += 1;
        let name = format!("{first} {last}");
        let (ids, begun) = (Vec::new(), false);
        self.open.push(Talk {
            key,
            channel,
            name,
            email,
            phone,
            topic,
            subject,
            agent,
            order,
            thing,
            town,
            left,
            ids,
            begun,
        });
    }

    /// What is written.
    fn text(&mut self, talk: &Talk, inbound: bool) -> String {
        let random = &mut self.random;
        let mut parts: Vec<&'static str> = Vec::with_capacity(6);
        let short = talk.channel != "email";
        if inbound && !talk.begun {
            parts.push(talk.topic.opening);
            for _ in 0..random.between(u64::from(!short), if short { 1 } else { 3 }) {
                parts.extend(random.pick(DETAILS));
            }
            parts.extend(random.pick(CLOSINGS));
        } else if inbound {
            let of_topic = random.per_mille(600);
            parts.extend(random.pick(if of_topic { talk.topic.follow_ups } else { FOLLOW_UPS }));
            for _ in 0..random.below(if short { 2 } else { 3 }) {
                parts.extend(random.pick(DETAILS));
            }
        } else {
            if random.per_mille(if short { 300 } else { 700 }) {
                parts.extend(random.pick(ANSWERS));
            }
            parts.extend(random.pick(talk.topic.answers));
            if !short {
                parts.extend(random.pick(ANSWERS));
            }
        }
        // Nobody says the same sentence twice in one message.
        let mut said: Vec<&str> = Vec::with_capacity(parts.len());
        parts.retain(|part| {
            let new = !said.contains(part);
            said.push(part);
            new
        });
        let mut text = String::with_capacity(400);
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                text.push_str(if i % 3 == 0 { "\n\n" } else { " " });
            }
            fill(&mut text, part, talk, random);
        }
        let chance = random.below(1000);
        if chance < 60 {
            text.push(' ');
            text.push_str(random.pick(EMOJI).unwrap_or_default());
        }
        if (40..100).contains(&chance) {
            text.push(' ');
            text.push_str(random.pick(FOREIGN).unwrap_or_default());
        }
        if (200..205).contains(&chance) {
            text.push_str(if inbound {
                " Otherwise I ask my bank for a chargeback."
            } else {
                " There is no need for a chargeback."
            });
        }
        if (300..310).contains(&chance) {
            text.push_str(" The tracking number shows no movement at all.");
        }
        if chance > 850 {
            text.push_str(&format!(" (ref {})", random.between(1_000_000, 9_999_999)));
        }
        if self.next % 1000 == 500 {
            text.push_str(&format!(" (case zqxrare{})", self.next / 1000));
        }
        if !inbound && !short {
            text.push_str(&format!("\n\nAgent {}\nCustomer Care", AGENTS.get(talk.agent).unwrap_or(&"")));
        }
        text
    }

    /// The moment of message number `i`: evenly spread, with a little play, never backwards and never after the end.
    fn moment(&mut self, i: u64) -> i64 {
        let back = (self.total - i) * self.spacing;
        let play = self.random.below(self.spacing);
        self.end - i64::try_from(back - play).unwrap_or(0)
    }
}

/// Appends a template with its places filled.
fn fill(text: &mut String, template: &str, talk: &Talk, random: &mut Random) {
    let start = text.len();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (place, tail) = after.split_once('}').unwrap_or((after, ""));
        match place {
            "order" => text.push_str(&talk.order.to_string()),
            "thing" => text.push_str(&talk.thing),
            "town" => text.push_str(talk.town),
            "day" => text.push_str(random.pick(DAYS).unwrap_or_default()),
            "courier" => text.push_str(random.pick(COURIERS).unwrap_or_default()),
            "amount" => text.push_str(&format!("{}.{:02} EUR", random.between(5, 240), random.below(100))),
            "serial" => text.push_str(&format!("{:08X}", random.below(1 << 32))),
            _ => {}
        }
        rest = tail;
    }
    text.push_str(rest);
    let sentence = text.split_off(start);
    text.push_str(&capital(&sentence));
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

impl Iterator for History {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.next >= self.total {
            return None;
        }
        while self.open.len() < self.max_open {
            self.open_talk();
        }
        let which = self.random.index(self.open.len());
        // Taken out, so that the text can be made with the talk and the dice in hand; put back unless it is over.
        let mut talk = self.open.swap_remove(which);
        let inbound = !talk.begun || self.random.below(100) < 55;
        let text = self.text(&talk, inbound);
        let ts = self.moment(self.next);
        let id = format!("{:08}.{:012x}@mx.example.com", self.next, self.random.below(1 << 48));
        let agent = AGENTS.get(talk.agent).copied().unwrap_or_default();
        let agent = (format!("Agent {agent}"), format!("agent{}@support.example.com", talk.agent));
        let mail = talk.channel == "email";
        let subject = if talk.begun { format!("Re: {}", talk.subject) } else { talk.subject.clone() };
        let (from, to) = if inbound {
            let address: &str = if mail { &talk.email } else { &talk.phone };
            (Party { name: &talk.name, address }, "support@example.com")
        } else {
            (Party { name: &agent.0, address: &agent.1 }, talk.email.as_str())
        };
        let line = Line {
            id: &id,
            seq: self.next,
            conversation: &talk.key,
            channel: talk.channel,
            direction: if inbound { "in" } else { "out" },
            from,
            to,
            customer: Customer { name: &talk.name, email: &talk.email, phone: &talk.phone },
            subject: &subject,
            text: &text,
            ts,
            in_reply_to: talk.ids.last().map(String::as_str),
            references: &talk.ids,
        };
        // Text and numbers always serialise; an empty line would be the least harm.
        let json = serde_json::to_string(&line).unwrap_or_default();
        self.next += 1;
        talk.begun = true;
        talk.left -= 1;
        if talk.left > 0 {
            if talk.ids.len() == MAX_REFERENCES {
                talk.ids.remove(0);
            }
            talk.ids.push(id);
            self.open.push(talk);
        }
        Some(json)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.total - self.next).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

/// A history as bytes.
#[derive(Debug)]
pub struct HistoryReader {
    history: History,
    rest: Vec<u8>,
    at: usize,
}

impl Read for HistoryReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.rest.len() {
            let Some(line) = self.history.next() else { return Ok(0) };
            self.rest = line.into_bytes();
            self.rest.push(b'\n');
            self.at = 0;
        }
        let ready = self.rest.get(self.at..).unwrap_or_default();
        let size = ready.len().min(into.len());
        if let (Some(into), Some(ready)) = (into.get_mut(..size), ready.get(..size)) {
            into.copy_from_slice(ready);
        }
        self.at += size;
        Ok(size)
    }
}
