//! Sending: what stands in the way is said, and what is doubtful is asked about once.

use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::conversation::Assignee;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::mail::Manner;
use crate::domain::order::Order;
use crate::text::mail::promised;
use crate::text::{sanitize, template};
use crate::ui::composer::state::{Composer, refusal};
use crate::ui::effect::Effect;
use crate::ui::model::{Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::overlay::Overlay;

/// A reason to look twice before something is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It looks like something that is not to be sent.
    Pattern(String),
    /// A variable that is none of ours stands in it.
    Variable(String),
    /// The conversation is somebody else's.
    Owner(String),
    /// A colleague has answered since the draft began.
    Answered { who: String, message: MessageId, text: String },
    /// A colleague is typing an answer.
    Typing(String),
    /// A mail without a subject.
    NoSubject,
    /// Words that promise a file, and no file goes along.
    NoFile(String),
    /// A mail goes to very many, or to more than there is room for above its text: how many, and who.
    Many(usize, String),
}

/// From so many people on it is asked whether a mail goes to all of them.
const MANY: usize = 11;
/// Lines that one doubt takes at most.
const LINES: usize = 4;

impl Doubt {
    /// In words, for the question.
    pub(crate) fn words(&self) -> String {
        match self {
            Doubt::Pattern(name) => format!("It looks like {name}."),
            Doubt::Variable(name) => format!("{name} stands in it."),
            Doubt::Owner(whose) => format!("The conversation is assigned to {whose}, not to you."),
            Doubt::Answered { who, text, .. } => {
                format!("{who} has answered since you began: \u{201c}{}\u{201d}", sanitize::line(text))
            }
            Doubt::Typing(said) => format!("{}.", said.trim_end_matches('\u{2026}')),
            Doubt::NoSubject => "The mail has no subject.".into(),
            Doubt::NoFile(word) => {
                format!("\u{201c}{}\u{201d} stands in it, but no file goes along.", sanitize::line(word))
            }
            Doubt::Many(count, all) => format!("It goes to {count} people: {all}"),
        }
    }

    /// How many lines it takes at most: who gets a mail is told to the end.
    pub(crate) const fn most_lines(&self) -> usize {
        match self {
            Doubt::Many(..) => usize::MAX,
            _ => LINES,
        }
    }
}

/// How something is sent, and what is done once it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sending {
    /// When it is to leave; none = soon.
    pub(crate) at: Option<Ms>,
    pub(crate) then: Option<Then>,
}

/// What is done once something is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Then {
    /// An order to its conversation.
    Order(Order),
    /// Going to the next conversation of the list.
    Next,
}

impl Sending {
    /// Sent soon, and then this.
    pub(crate) fn and(then: Then) -> Sending {
        Sending { then: Some(then), ..Sending::default() }
    }
}

/// A question before something is sent.
#[derive(Debug)]
pub(crate) struct Doubts {
    pub(crate) conversation: ConversationId,
    pub(crate) mode: ComposeMode,
    pub(crate) all: Vec<Doubt>,
    pub(crate) how: Sending,
}

impl Model {
    /// Whose a conversation is, if it is a colleague's.
    pub(crate) fn colleagues_own(&self, conversation: ConversationId) -> Option<String> {
        let row = self.row(conversation)?;
        match row.assignee? {
            Assignee::Agent(id) if id != self.me.id => {
                let name = row.assignee_name.clone().filter(|name| !name.trim().is_empty());
                Some(name.unwrap_or_else(|| "a colleague".into()))
            }
            _ => None,
        }
    }

    /// Conversations that have another owner now are asked about again.
    pub(crate) fn owners_seen(&mut self) {
        let mut known = std::mem::take(&mut self.known_owners);
        known.retain(|id, owner| self.row(*id).is_none_or(|row| row.assignee == Some(*owner)));
        self.known_owners = known;
    }

    /// The answer of a colleague since the draft began: who, which and what.
    pub(super) fn answered_meanwhile(&self, composer: &Composer) -> Option<(String, MessageId, String)> {
        if composer.mode == ComposeMode::Note || self.thread.conversation != Some(composer.conversation) {
            return None;
        }
        let row = self.thread.answered_since(composer.since?, &self.me.name)?;
        let who = row.author_name.clone().unwrap_or_else(|| "a colleague".into());
        Some((who, row.id, row.text.clone()))
    }

    /// What makes one look twice before this is sent.
    fn doubts(&self, composer: &Composer, text: &str) -> Vec<Doubt> {
        if composer.mode == ComposeMode::Note {
            return Vec::new();
        }
        let conversation = composer.conversation;
        let mut doubts: Vec<Doubt> = self.guard.hits(text).into_iter().map(Doubt::Pattern).collect();
        doubts.extend(template::standing(text).into_iter().map(|name| Doubt::Variable(name.to_owned())));
        let owner = self.row(conversation).and_then(|row| row.assignee);
        if owner != self.known_owners.get(&conversation).copied() {
            doubts.extend(self.colleagues_own(conversation).map(Doubt::Owner));
        }
        doubts.extend(self.answered_meanwhile(composer).map(|(who, message, text)| Doubt::Answered {
            who,
            message,
            text,
        }));
        doubts.extend(self.colleagues_typing(conversation).map(Doubt::Typing));
        if let Some(head) = &composer.head {
            let whole = head.whole();
            if whole.subject.is_empty() {
                doubts.push(Doubt::NoSubject);
            }
            if composer.files.is_empty() && whole.manner != Manner::ForwardAttached {
                doubts.extend(promised::file(text).map(|word| Doubt::NoFile(word.to_owned())));
            }
            let all: Vec<&str> = [&whole.to, &whole.cc, &whole.bcc]
                .into_iter()
                .flatten()
                .map(|one| one.address.as_str())
                .collect();
            // Who is not seen above the text is told before it goes.
            let is_cut = composer.face.mail.iter().any(|line| line.is_cut);
            if all.len() >= MANY || is_cut {
                doubts.push(Doubt::Many(all.len(), sanitize::line(&all.join(", ")).into_owned()));
            }
        }
        doubts
    }

    /// Why a mail cannot go as its head stands: the keys go to the field that is to be mended.
    fn head_refused(&mut self) -> Option<String> {
        let head = self.composer.as_mut().and_then(|c| c.head.as_mut())?;
        let wrong = head.wrong().into_iter().next()?;
        head.go(Some(wrong.at));
        Some(wrong.why)
    }

    /// Sends what is typed, unless something stands in the way.
    pub(crate) fn send(&mut self, how: Sending) {
        let Some(composer) = &self.composer else {
            return;
        };
        let (conversation, mode, text) = (composer.conversation, composer.mode, composer.to_send());
        if composer.sending.is_some() {
            return;
        }
        if composer.copying > 0 {
            return self.say(Level::Warn, "not sent: a file is still being copied, try again");
        }
        if let Some(wanted) = self.awaited(conversation).first().filter(|_| mode == ComposeMode::Reply) {
            let (name, away) = (wanted.name.clone(), self.keymap.first_label("detach"));
            return self
                .say(Level::Warn, format!("not sent: {name} is still being fetched; {away} leaves it out"));
        }
        let is_unread = mode == ComposeMode::Reply && self.is_mail(conversation) && composer.head.is_none();
        let Some(context) = self.context(conversation).filter(|_| !is_unread) else {
            return self.say(Level::Warn, "not sent: the conversation is still being read, try again");
        };
        if let Some(why) = refusal(context, mode, Some(&text), self.now) {
            self.out.push(Effect::Beep);
            return self.say(Level::Error, format!("not sent: {why}"));
        }
        if let Some(why) = self.head_refused() {
            self.out.push(Effect::Beep);
            return self.say(Level::Error, format!("not sent: {why}"));
        }
        let Some(composer) = &self.composer else {
            return;
        };
        let all = self.doubts(composer, &text.text);
        if all.iter().any(|doubt| !composer.accepted.contains(doubt)) {
            self.out.push(Effect::Beep);
            self.overlays.push(Overlay::Doubts(Doubts { conversation, mode, all, how }));
            return;
        }
        let action = match mode {
            ComposeMode::Reply => {
                Action::Reply { conversation, text: text.clone(), undo_ms: self.undo_ms, at: how.at }
            }
            ComposeMode::Note => Action::Note { conversation, text: text.clone() },
        };
        let ticket = self.perform(action, Purpose::Send { conversation, mode, text, how });
        if let Some(composer) = &mut self.composer {
            composer.sending = Some(ticket);
            composer.dirty = None;
        }
        self.stop_typing();
    }

    /// The doubts are known, and it is sent all the same. What has come up meanwhile is asked about as well.
    pub(crate) fn send_knowingly(&mut self, doubts: Doubts) {
        let is_same = |c: &&mut Composer| (c.conversation, c.mode) == (doubts.conversation, doubts.mode);
        let owner = self.row(doubts.conversation).and_then(|row| row.assignee);
        if let Some(composer) = self.composer.as_mut().filter(is_same) {
            // It is asked once of a conversation, while it stays with the same colleague.
            if let Some(owner) = owner.filter(|_| doubts.all.iter().any(|d| matches!(d, Doubt::Owner(_)))) {
                self.known_owners.insert(doubts.conversation, owner);
            }
            composer.accepted.extend(doubts.all);
            self.send(doubts.how);
        }
    }
}
