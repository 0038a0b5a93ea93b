//! How a customer thinks: what to say first, how to react to an agent, and what to do when nobody answers. Pure.

use super::people::{Line, Person, Via};
use super::phrases::{self, Phrases};
use crate::sandbox::random::Random;
use std::time::Duration;

/// Something to be said, after a pause at the natural pace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The pause before it.
    pub after: Duration,
    /// The words.
    pub text: String,
    /// With a photo.
    pub photo: bool,
    /// With the place.
    pub place: bool,
}

/// The state of one customer's mind.
#[derive(Debug)]
pub struct Mind {
    person: Person,
    random: Random,
    told_order: bool,
    greeted: bool,
    /// Rules of the person's own that were used up.
    used: Vec<usize>,
    /// An agent has answered what was said last.
    answered: bool,
    closed: bool,
    nags: usize,
    later: usize,
    /// Replies left until the next story, so that two machines do not talk for ever.
    breath: u32,
    silent: bool,
}

/// Reactions of one story.
const BREATH: u32 = 8;

impl Mind {
    /// The mind of a person; `branch` tells people of one seed apart.
    pub fn new(person: Person, seed: u64, branch: u64) -> Mind {
        Mind {
            person,
            random: Random::fork(seed, 0x6d69_6e64 + branch),
            told_order: false,
            greeted: false,
            used: Vec::new(),
            answered: false,
            closed: false,
            nags: 0,
            later: 0,
            breath: BREATH,
            silent: false,
        }
    }

    /// What is written first.
    pub fn opening(&mut self) -> Vec<Utterance> {
        let mut said = Vec::new();
        for (i, line) in self.person.opening.iter().enumerate() {
            let after = if i == 0 { Duration::ZERO } else { self.random.millis(2500, 7000) };
            said.push(self.say(after, *line));
        }
        // Whoever wrote STOP wants nothing any more.
        self.silent = self.person.opening.contains(&Line::Text("STOP"));
        said
    }

    /// An agent wrote.
    pub fn hears(&mut self, text: &str) -> Vec<Utterance> {
        self.answered = true;
        if self.silent || self.breath == 0 {
            return Vec::new();
        }
        self.breath -= 1;
        let Some(line) = self.reaction(&text.to_lowercase()) else { return Vec::new() };
        // Reading takes time, and so does typing.
        let reading = 900 + 18 * text.chars().count().min(200) as u64;
        let after = self.random.millis(reading, reading + 2600);
        vec![self.say(after, line)]
    }

    fn reaction(&mut self, text: &str) -> Option<Line> {
        let phrases = self.person.language.phrases();
        let own = self.person.rules.iter().enumerate().find(|(i, (words, line))| {
            !self.used.contains(i) && has(text, words) && (*line != Line::Place || self.can_share_place())
        });
        if let Some((i, (_, line))) = own {
            self.used.push(i);
            return Some(*line);
        }
        if self.closed {
            return None;
        }
        if has(text, phrases::REFUND) {
            return self.one_of(phrases.refund);
        }
        if has(text, phrases::ORDER) && !self.told_order {
            self.told_order = true;
            return self.one_of(phrases.order);
        }
        if has(text, phrases::CLOSING) {
            self.closed = true;
            return self.one_of(phrases.thanks);
        }
        if has(text, phrases::ADDRESS) {
            return self.one_of(phrases.address);
        }
        if has(text, phrases::SORRY) {
            return self.one_of(phrases.softened);
        }
        if has(text, phrases::GREETINGS) && !self.greeted {
            self.greeted = true;
            return self.one_of(phrases.greet);
        }
        self.rest(text, phrases)
    }

    /// Nothing in particular was understood.
    fn rest(&mut self, text: &str, phrases: &Phrases) -> Option<Line> {
        if text.contains(['?', '？', '؟']) {
            return self.one_of(phrases.again);
        }
        // The second thing that asks for nothing ends the talk.
        if self.breath + 1 < BREATH {
            self.closed = true;
            return self.one_of(phrases.thanks);
        }
        self.one_of(phrases.ack)
    }

    /// Nobody answered for as long as the person's patience lasts.
    pub fn ignored(&mut self) -> Option<Utterance> {
        if self.answered || self.silent {
            return None;
        }
        let nag = self.person.nags.get(self.nags)?;
        self.nags += 1;
        Some(self.say(Duration::ZERO, Line::Text(nag)))
    }

    /// Whether another word is to be expected if nobody answers, and after how long.
    pub fn patience(&mut self) -> Option<Duration> {
        let waiting = !self.answered && !self.silent && self.nags < self.person.nags.len();
        let base = self.person.patience * 1000;
        waiting.then(|| self.random.millis(base * 8 / 10, base * 13 / 10))
    }

    /// How long until the person comes back with something else; never, for one who wants nothing any more.
    pub fn absence(&mut self) -> Option<Duration> {
        // What they come back with takes up what was said to them: who was never answered has nothing to come back to.
        let back = self.answered && !self.silent && !self.person.later.is_empty();
        back.then(|| self.random.millis(240_000, 600_000))
    }

    /// The person comes back with something else.
    pub fn later(&mut self) -> Option<Utterance> {
        let line = self.person.later.get(self.later % self.person.later.len().max(1))?;
        self.later += 1;
        self.answered = false;
        self.closed = false;
        self.breath = BREATH;
        Some(self.say(Duration::ZERO, Line::Text(line)))
    }

    fn can_share_place(&self) -> bool {
        self.person.place.is_some() && matches!(self.person.via, Via::WhatsApp(_))
    }

    fn one_of(&mut self, sentences: &[&'static str]) -> Option<Line> {
        self.random.pick(sentences).map(Line::Text)
    }

    fn say(&self, after: Duration, line: Line) -> Utterance {
        let (text, photo, place) = match line {
            Line::Text(text) => (text, false, false),
            Line::Photo(text) => (text, true, false),
            Line::Place => ("", false, true),
        };
        Utterance { after, text: text.replace("{order}", self.person.order), photo, place }
    }
}

/// Whether a lower-case text has one of the words. A word of Latin letters must begin where a word begins
/// ("hi" is not in "this"); the shortest must also end there.
fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return true;
            }
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|tail| tail.chars().next());
            let begins = !before.is_some_and(char::is_alphanumeric);
            begins && (word.len() > 3 || !after.is_some_and(char::is_alphanumeric))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::people::PEOPLE;
    use super::*;

    fn mind(name: &str) -> Mind {
        let at = PEOPLE.iter().position(|person| person.name == name).unwrap();
        Mind::new(PEOPLE[at], 7, at as u64)
    }

    fn answer(mind: &mut Mind, text: &str) -> String {
        mind.hears(text).iter().map(|said| said.text.clone()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn words_are_words() {
        assert!(has("hi there", &["hi"]));
        assert!(!has("this is late", &["hi"]));
        assert!(has("we apologise", &["apolog"]));
        assert!(has("ご注文の番号", &["番号"]));
    }

    #[test]
    fn a_customer_answers_what_is_asked_and_ends_the_talk() {
        let mut maya = mind("Maya Lindqvist");
        assert_eq!(maya.opening().len(), 2);
        assert!(answer(&mut maya, "Hello Maya!").contains('!') || maya.greeted);
        assert!(answer(&mut maya, "Could you give me the order number?").contains("48213"));
        assert!(!answer(&mut maya, "I have asked for a refund.").is_empty());
        assert!(!answer(&mut maya, "Is there anything else?").is_empty());
        assert_eq!(answer(&mut maya, "Fine."), "");
    }

    #[test]
    fn whatsapp_shares_photo_and_place_once() {
        let mut zoe = mind("Zoë Ünal");
        assert!(zoe.opening().iter().any(|said| said.photo));
        assert!(zoe.hears("Where shall we send the new cup?")[0].place);
        assert!(zoe.hears("May I have another picture?")[0].photo);
        assert!(!zoe.hears("And another picture, please?")[0].photo);
    }

    #[test]
    fn the_angry_one_follows_up_until_answered_and_the_stopped_one_stays_silent() {
        let mut marcus = mind("Marcus Hale");
        marcus.opening();
        assert!(marcus.patience().is_some());
        assert!(marcus.ignored().is_some());
        marcus.hears("I am looking into it.");
        assert_eq!(marcus.patience(), None);
        assert_eq!(marcus.ignored(), None);
        assert!(marcus.absence().is_some());
        let mut unheard = mind("Marcus Hale");
        unheard.opening();
        while unheard.ignored().is_some() {}
        assert_eq!(unheard.absence(), None, "no thanks for what nobody did");
        let mut grace = mind("Grace Kim");
        assert_eq!(grace.opening().last().unwrap().text, "STOP");
        assert!(grace.hears("Sorry about that").is_empty());
        assert_eq!(grace.absence(), None);
    }

    #[test]
    fn two_machines_fall_silent() {
        for (i, person) in PEOPLE.iter().enumerate() {
            let mut mind = Mind::new(*person, 1, i as u64);
            mind.opening();
            let replies: usize = (0..100).map(|_| mind.hears("What can I do for you?").len()).sum();
            assert!(replies <= BREATH as usize, "{} replied {replies} times", person.name);
        }
    }

    #[test]
    fn the_same_seed_says_the_same() {
        for (i, person) in PEOPLE.iter().enumerate() {
            let tale = |mut mind: Mind| {
                let mut said = mind.opening();
                said.extend(mind.hears("hello"));
                said.extend(mind.hears("sorry, your order number?"));
                said.extend(mind.later());
                said
            };
            assert_eq!(tale(Mind::new(*person, 3, i as u64)), tale(Mind::new(*person, 3, i as u64)));
        }
    }
}
