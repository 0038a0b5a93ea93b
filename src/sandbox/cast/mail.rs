//! How a customer of the cast writes mails and reads ours: through the mail server of our mailbox, as everybody's server does.

use super::mind::Utterance;
use super::people::Person;
use super::photo;
use crate::sandbox::letter::{File, Letter, bare};
use crate::sandbox::mailbox::{Handed, MailboxWorld};
use crate::sandbox::random::Random;
use crate::text::mail::parse::parse;
use std::sync::Arc;

/// One person's mail program.
pub(super) struct MailVoice {
    world: Arc<MailboxWorld>,
    /// Who writes: `Name <address>`.
    from: String,
    /// To whom.
    ours: String,
    subject: String,
    random: Random,
    /// Mails of ours that were looked at.
    heard: usize,
    /// The names of the mails of the thread, the first one first.
    thread: Vec<String>,
    /// The words that are answered.
    answered: Option<String>,
    photos: u64,
}

impl MailVoice {
    pub(super) fn new(
        world: Arc<MailboxWorld>,
        person: Person,
        address: &str,
        subject: &str,
        random: Random,
    ) -> MailVoice {
        let ours = world.address().to_owned();
        MailVoice {
            world,
            from: format!("{} <{address}>", person.name),
            ours,
            subject: subject.to_owned(),
            random,
            heard: 0,
            thread: Vec::new(),
            answered: None,
            photos: 0,
        }
    }

    /// The next words of an agent. Safe to be dropped while it waits.
    pub(super) async fn hear(&mut self) -> String {
        loop {
            let handed = self.world.handed();
            while let Some(mail) = handed.get(self.heard) {
                self.heard += 1;
                if let Some(words) = self.read(mail) {
                    return words;
                }
            }
            let heard = self.heard;
            self.world.until(|world| world.handed().len() > heard).await;
        }
    }

    fn read(&mut self, handed: &Handed) -> Option<String> {
        let own = bare(&self.from);
        if !handed.to.iter().any(|to| to.eq_ignore_ascii_case(own)) {
            return None;
        }
        let read = parse(&handed.mail);
        self.thread.push(read.mail.message_id);
        let words = above(&read.text);
        self.answered = Some(words.clone());
        Some(words)
    }

    /// Writes a mail: the first one of a matter, or an answer with ours below it.
    pub(super) fn say(&mut self, said: &Utterance) {
        let id = format!("{}@mail.example", self.random.uuid().simple());
        let mut words = said.text.clone();
        if let Some(answered) = &self.answered {
            let day = jiff::Zoned::now().strftime("%a, %d %b %Y");
            words.push_str(&format!("\n\nOn {day}, {} wrote:\n", self.ours));
            words.extend(answered.lines().map(|line| format!("> {line}\n")));
        }
        let subject =
            if self.thread.is_empty() { self.subject.clone() } else { format!("Re: {}", self.subject) };
        let mut letter = Letter {
            in_reply_to: self.thread.last().cloned(),
            references: self.thread.clone(),
            ..Letter::new(&id, &self.from, &self.ours, &subject, &words)
        };
        if said.photo {
            self.photos += 1;
            letter.files.push(File {
                name: format!("parcel-{}.png", self.photos),
                mime: "image/png".into(),
                bytes: photo::broken_parcel(self.photos),
                content_id: None,
            });
        }
        self.world.deliver("INBOX", &letter.raw(), &[]);
        self.thread.push(id);
    }
}

/// The words above what is quoted.
fn above(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().take_while(|line| !line.starts_with('>')).collect();
    if lines.len() < text.lines().count() {
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        // Who wrote it.
        if lines.last().is_some_and(|line| line.trim_end().ends_with(':')) {
            lines.pop();
        }
    }
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_not_heard() {
        assert_eq!(above("Hello,\n\nit comes tomorrow.\n"), "Hello,\n\nit comes tomorrow.");
        assert_eq!(above("Yes.\n\nOn Monday Dana wrote:\n\n> where?\n> x"), "Yes.");
        assert_eq!(above("> only"), "");
        assert_eq!(above("Please send:\nthe label"), "Please send:\nthe label");
    }
}
