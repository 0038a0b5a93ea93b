//! What stands for something longer: `/shortcut` and Tab, the slots of Alt-1 to Alt-9, and `:name:` for an emoji.

use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::{ConversationId, QuickReplyId};
use crate::domain::quick_reply::{self, QuickReply, QuickReplyRow};
use crate::domain::row::AgentRow;
use crate::text::template::{self, Rendered};
use crate::text::variables::Scene;
use crate::ui::input::Input;
use crate::ui::model::{Focus, Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, Picker};

/// A quick reply on its way into the composer.
#[derive(Debug, Clone)]
pub(crate) struct Insertion {
    pub(crate) conversation: ConversationId,
    pub(crate) id: QuickReplyId,
    pub(crate) reply: QuickReply,
    /// What is typed before the cursor, and goes.
    pub(crate) word: Option<String>,
}

/// The questions of a quick reply, asked one after another.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) insertion: Insertion,
    pub(crate) questions: Vec<String>,
    pub(crate) answers: Vec<String>,
    pub(crate) input: Input,
}

impl Asking {
    /// The question that waits.
    pub(crate) fn question(&self) -> &str {
        self.questions.get(self.answers.len()).map_or("", String::as_str)
    }

    /// What can be done about it.
    pub(crate) fn how(&self) -> &'static str {
        if template::is_optional(&self.insertion.reply.body, self.question()) {
            "Enter goes on, also with nothing; Esc leaves the quick reply out"
        } else {
            "Enter goes on; Esc leaves the quick reply out"
        }
    }
}

/// Whether a word can be the name of an emoji, or the beginning of one.
fn is_emoji_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_+-".contains(&b))
}

/// The emoji of a `:name:` at the end of a line, and how it is written there.
fn emoji_at_end(line: &str) -> Option<(&'static str, &str)> {
    let inside = line.strip_suffix(':')?;
    let at = inside.rfind(':')?;
    let name = &inside[at + 1..];
    // A time of day (10:30:) and a row of colons are no names.
    let apart = inside[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != ':');
    let found = emojis::get_by_shortcode(name).filter(|_| apart && is_emoji_name(name))?;
    Some((found.as_str(), &line[at..]))
}

impl Model {
    /// A quick reply with what is known of a conversation filled in.
    pub(crate) fn filled_in(
        &self,
        reply: &QuickReply,
        conversation: ConversationId,
        answers: &[(String, String)],
    ) -> Rendered {
        let row = self.row(conversation);
        template::render(&reply.body, &|name| {
            let asked = name.strip_prefix('?');
            let answer = answers.iter().find(|(question, _)| Some(question.as_str()) == asked);
            answer.map(|(_, answer)| answer.clone()).or_else(|| {
                Scene { row: row?, agent: &self.me.name, now: self.now, tz: &self.tz }.value(name)
            })
        })
    }

    /// Whether the word before the cursor stands for something.
    pub(crate) fn completes(&self) -> bool {
        self.composer.as_ref().is_some_and(|composer| {
            let word = composer.word_before();
            (word.starts_with('@') && composer.mode == ComposeMode::Note)
                || word.starts_with('/')
                || word.strip_prefix(':').is_some_and(is_emoji_name)
        })
    }

    /// Tab: puts what the word before the cursor stands for in its place; else indents.
    pub(crate) fn complete(&mut self) {
        let now = self.now;
        let Some(composer) = &mut self.composer else {
            return;
        };
        let word = composer.word_before().to_owned();
        if composer.mode == ComposeMode::Note
            && let Some(begun) = word.strip_prefix('@')
        {
            return self.name_agent(&begun.to_lowercase(), &word);
        }
        if let Some(shortcut) = word.strip_prefix('/') {
            let shortcut = shortcut.to_owned();
            return self.expand(&shortcut, word);
        }
        match word.strip_prefix(':').filter(|name| is_emoji_name(name)) {
            None => composer.insert("    ", now),
            Some(name) => match emojis::get_by_shortcode(name) {
                Some(found) => self.put_emoji(found.as_str(), &word),
                None => {
                    let mut fits =
                        emojis::iter().filter(|e| e.shortcodes().any(|code| code.starts_with(name)));
                    match (fits.next(), fits.next()) {
                        (None, _) => self.say(Level::Warn, format!("no emoji begins with {word}")),
                        (Some(only), None) => self.put_emoji(only.as_str(), &word),
                        _ => {
                            let picker = Picker::emojis(self, &word);
                            self.overlays.push(Overlay::Picker(Box::new(picker)));
                        }
                    }
                }
            },
        }
    }

    /// Puts the whole name of an agent in the place of its beginning.
    fn name_agent(&mut self, begun: &str, word: &str) {
        let local = |email: &str| email.split('@').next().unwrap_or(email).to_owned();
        let fits = |agent: &&AgentRow| {
            let name = agent.name.to_lowercase();
            agent.active && (local(&agent.email).starts_with(begun) || name.starts_with(begun))
        };
        let found: Vec<String> =
            self.agents.iter().filter(fits).map(|a| format!("@{}", local(&a.email))).collect();
        match found.as_slice() {
            [] => self.say(Level::Warn, format!("no agent is called {word}")),
            [one] => {
                let (one, now) = (format!("{one} "), self.now);
                if let Some(composer) = &mut self.composer {
                    composer.put_for(word, &one, now);
                }
            }
            several => self.say(Level::Info, format!("which one: {}", several.join(", "))),
        }
    }

    /// Puts an emoji in the place of the word before the cursor.
    pub(crate) fn put_emoji(&mut self, emoji: &str, word: &str) {
        let now = self.now;
        if let Some(composer) = &mut self.composer {
            composer.put_for(word, emoji, now);
        }
    }

    /// After a typed colon: `:name:` becomes the emoji, if there is one of that name.
    pub(crate) fn close_emoji(&mut self) {
        let Some(composer) = &self.composer else {
            return;
        };
        if let Some((emoji, written)) = emoji_at_end(composer.before_cursor()) {
            let written = written.to_owned();
            self.put_emoji(emoji, &written);
            let undo = self.keymap.label("compose.undo", Focus::Composer).unwrap_or_default();
            self.say(Level::Info, format!("{undo} makes it {written} again"));
        }
    }

    /// Puts the quick reply of a shortcut in the place of the word, if it is the only one meant.
    fn expand(&mut self, shortcut: &str, word: String) {
        let Some(conversation) = self.composer.as_ref().map(|c| c.conversation) else {
            return;
        };
        let typed = shortcut.to_lowercase();
        let mut meant: Vec<&str> = quick_reply::ranked(&self.quick_replies);
        meant.retain(|name| name.to_lowercase().starts_with(&typed));
        let exact = meant.iter().find(|name| name.to_lowercase() == typed);
        match (exact, meant.as_slice()) {
            (Some(one), _) | (None, [one]) => {
                let one = (*one).to_owned();
                self.insert_best(conversation, &one, Some(word));
            }
            (None, []) => {
                let keys = self.keymap.label("quick-reply", self.focus).unwrap_or_default();
                self.say(Level::Warn, format!("no quick reply begins with {word}: {keys} shows all"));
            }
            (None, _) => {
                let picker = Picker::quick_replies(self, Some(word));
                self.overlays.push(Overlay::Picker(Box::new(picker)));
            }
        }
    }

    /// Inserts the variant of a quick reply that fits best, or says why none does.
    pub(crate) fn insert_best(&mut self, conversation: ConversationId, shortcut: &str, word: Option<String>) {
        let Some(row) = self.row(conversation) else {
            return self.say(Level::Warn, "the conversation is still being read");
        };
        let variants = self.quick_replies.iter().filter(|q| q.reply.shortcut == shortcut);
        match quick_reply::fitting(variants, row).first() {
            Some(best) => {
                let QuickReplyRow { id, reply, .. } = (*best).clone();
                self.insert_quick_reply(Insertion { conversation, id, reply, word });
            }
            None => {
                let channel = row.channel.title();
                self.say(Level::Warn, format!("{shortcut} has no variant for {channel}"));
            }
        }
    }

    /// Inserts a quick reply; what only the agent knows is asked first.
    pub(crate) fn insert_quick_reply(&mut self, insertion: Insertion) {
        let open = self.filled_in(&insertion.reply, insertion.conversation, &[]).questions;
        if open.is_empty() {
            return self.put_quick_reply(&insertion, &[]);
        }
        // Answers that were left unfinished go on where they were.
        let is_same = |left: &mut Overlay| {
            matches!(left, Overlay::Asking(asking) if asking.questions == open
                && (asking.insertion.id, asking.insertion.conversation) == (insertion.id, insertion.conversation))
        };
        let asking = match self.left.take_if(is_same) {
            Some(Overlay::Asking(left)) => Asking { insertion, ..*left },
            _ => Asking { insertion, questions: open, answers: Vec::new(), input: Input::default() },
        };
        self.overlays.push(Overlay::Asking(Box::new(asking)));
    }

    /// Takes the answer that is typed, and asks the next question or inserts.
    pub(crate) fn answered(&mut self) {
        let Some(Overlay::Asking(asking)) = self.overlays.last_mut() else {
            return;
        };
        let answer = asking.input.text().trim().to_owned();
        if answer.is_empty() && !template::is_optional(&asking.insertion.reply.body, asking.question()) {
            return self.say(Level::Warn, "an answer is needed; Esc leaves the quick reply out");
        }
        asking.answers.push(answer);
        asking.input = Input::default();
        if asking.answers.len() < asking.questions.len() {
            return;
        }
        if let Some(Overlay::Asking(asking)) = self.overlays.pop() {
            let Asking { insertion, questions, answers, .. } = *asking;
            let answers: Vec<(String, String)> = questions.into_iter().zip(answers).collect();
            self.put_quick_reply(&insertion, &answers);
        }
    }

    /// Puts a quick reply in at the cursor, and counts it.
    fn put_quick_reply(&mut self, insertion: &Insertion, answers: &[(String, String)]) {
        let Insertion { conversation, id, reply, word } = insertion;
        if self.composer.as_ref().is_none_or(|c| c.conversation != *conversation) {
            if self.target() != Some(*conversation) {
                return self.say(Level::Warn, "another conversation is open now");
            }
            self.compose(ComposeMode::Reply);
        }
        let done = self.filled_in(reply, *conversation, answers);
        let now = self.now;
        if let Some(composer) = &mut self.composer {
            match word {
                Some(word) => composer.put_for(word, &done.text, now),
                None => composer.insert(&done.text, now),
            }
            composer.enclose_along(&reply.files, now);
            // It stands in the text, and there one goes on.
            if let Some(head) = &mut composer.head {
                head.go(None);
            }
        }
        self.perform(Action::QuickReplyUsed { id: *id }, Purpose::Quiet);
        let same = self.quick_replies.iter().filter(|q| q.reply.shortcut == reply.shortcut).count();
        if !done.missing.is_empty() {
            let open: Vec<String> = done.missing.iter().map(|name| format!("{{{{{name}}}}}")).collect();
            self.say(Level::Warn, format!("still to fill in: {}", open.join(", ")));
        } else if same > 1 || !reply.variant().is_empty() {
            let variant = match reply.variant() {
                variant if variant.is_empty() => "the one for everything".to_owned(),
                variant => format!("the one for {variant}"),
            };
            self.say(Level::Info, format!("{}: {variant}", reply.shortcut));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_emoji_are_told_from_other_colons() {
        assert_eq!(emoji_at_end("so :smile:"), Some(("😄", ":smile:")));
        assert_eq!(emoji_at_end("(:+1:"), Some(("👍", ":+1:")));
        for other in
            ["10:30:", "::", ":smile", ":no_such_thing:", "x:smile:", "::smile:", "a: smile:", ":Smile:"]
        {
            assert_eq!(emoji_at_end(other), None, "{other}");
        }
    }
}
