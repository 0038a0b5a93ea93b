//! Mails in the model: which one is answered or passed on, the keys of the head, and the files that come along.

use crate::domain::account::Channel;
use crate::domain::attachment::Enclosure;
use crate::domain::availability::may_pass_on_whole;
use crate::domain::capability::ChannelCapabilities;
use crate::domain::command::ComposeMode;
use crate::domain::contact::IdentityKind;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::mail::{Mailbox, Manner};
use crate::domain::message::Direction;
use crate::domain::reach::Recipient;
use crate::domain::row::{Fetch, MessageRow};
use crate::text::format;
use crate::text::mail::compose::head::answered;
use crate::text::mail::compose::original;
use crate::text::mail::mailboxes;
use crate::ui::composer::files::{FileLine, below_line, mail_line};
use crate::ui::composer::head::{Head, Place};
use crate::ui::composer::state::{Composer, send_context};
use crate::ui::effect::{AttachTo, Effect, Need};
use crate::ui::key::{Code, Key};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Context, Level};
use crate::ui::wanted::For;

/// What the mail that is begun is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aim {
    pub(crate) manner: Manner,
    /// The message that was pointed at; none = the one that is answered by itself.
    pub(crate) about: Option<MessageId>,
    /// To whom a new one goes, where that is more than one.
    pub(crate) to: Vec<Mailbox>,
}

/// The addresses of ours on the medium of a conversation.
fn medium(context: &Context) -> Option<&ChannelCapabilities> {
    context.account.capabilities.as_ref().and_then(|caps| caps.on(context.row.channel))
}

/// The addresses of the customer of a conversation.
fn customer(context: &Context) -> Vec<&str> {
    let known = context.contact.iter().flat_map(|contact| &contact.identities);
    let known = known.filter(|(identity, _)| identity.kind == IdentityKind::Email);
    std::iter::once(context.row.theirs.as_str()).chain(known.map(|(one, _)| one.value.as_str())).collect()
}

fn is_mail(message: &MessageRow) -> bool {
    message.mail.is_some() && matches!(message.direction, Direction::Inbound | Direction::Outbound)
}

impl Model {
    /// Whether what is written in a conversation is a mail.
    pub(crate) fn is_mail(&self, conversation: ConversationId) -> bool {
        self.row(conversation).is_some_and(|row| row.channel == Channel::Email)
    }

    /// The mail that a command means: the one under the cursor, if somebody has put it there; else the one that is answered.
    pub(crate) fn meant_mail(&self) -> Option<&MessageRow> {
        if self.thread.conversation != self.target() {
            return None;
        }
        self.pointed_mail().or_else(|| self.answered_mail())
    }

    /// The mail of the shown thread that is answered where none is pointed at.
    fn answered_mail(&self) -> Option<&MessageRow> {
        let customer = self.thread.context.as_ref().map(customer).unwrap_or_default();
        answered(&self.thread.messages, &customer)
    }

    fn pointed_mail(&self) -> Option<&MessageRow> {
        let is_pointed = self.focus == Focus::Thread && self.thread.is_pointed;
        self.thread.cursor_message().filter(|message| is_pointed && is_mail(message))
    }

    /// Writes to the customer. A mail answers the one that is meant, or passes it on.
    pub(crate) fn write_as(&mut self, manner: Manner) {
        let about = self.pointed_mail().map(|message| message.id);
        self.compose(ComposeMode::Reply);
        let Some(composer) = &mut self.composer else { return };
        composer.aim = Some(Aim { manner, about, to: Vec::new() });
        self.settle_head();
    }

    /// Gives a mail its head as soon as what it follows from is known.
    pub(crate) fn settle_head(&mut self) {
        let Some(mut composer) = self.composer.take() else { return };
        let id = composer.conversation;
        let is_here = self.thread.conversation == Some(id) && self.thread.loaded;
        if composer.mode == ComposeMode::Reply
            && is_here
            && composer.restored
            && let Some(context) = self.context(id).filter(|c| c.row.channel == Channel::Email)
        {
            let mut head = composer.head.take().unwrap_or_default();
            let said = match composer.aim.take() {
                Some(aim) => self.take_aim(&composer, &mut head, &aim, context),
                None => Ok(false),
            };
            if head.about.is_none() && !head.is_typed() {
                let found = self.answered_mail().filter(|_| !head.manner.is_forward());
                head.about = found.map(|message| message.id);
                let manner = if head.manner == Manner::New { Manner::Reply } else { head.manner };
                head.manner = if found.is_some() { manner } else { Manner::New };
            }
            if head.message.is_none() {
                let here = self.thread.messages.iter().find(|m| Some(m.id) == head.about);
                let kept = context.draft_about.as_deref().filter(|m| Some(m.id) == head.about);
                head.message = here.or(kept).cloned().map(Box::new);
            }
            head.fill(&context.row, medium(context));
            let forwards = matches!(said, Ok(true));
            composer.head = Some(head);
            self.composer = Some(composer);
            if let Err(why) = said {
                self.say(Level::Warn, why);
            }
            if forwards {
                self.bring_files();
            }
            return;
        }
        self.composer = Some(composer);
    }

    /// Makes of what is begun what was asked for. What is typed for one reader never goes to another by that. Answers whether a
    /// mail is passed on from now.
    ///
    /// # Errors
    /// Why it stays what it was.
    fn take_aim(
        &self,
        composer: &Composer,
        head: &mut Head,
        aim: &Aim,
        context: &Context,
    ) -> Result<bool, String> {
        if aim.manner == Manner::New {
            if !aim.to.is_empty() {
                head.address(&aim.to);
            }
            head.go(Some(Place::Subject));
            return Ok(false);
        }
        let empty = self.keymap.first_label("compose.clear");
        let is_begun = !composer.has_nothing(head);
        if !is_begun {
            let is_other = aim.about.is_some() && aim.about != head.about;
            if is_other || head.manner.is_forward() != aim.manner.is_forward() {
                (head.about, head.message) = (aim.about, None);
            }
            head.manner = aim.manner;
            head.restore(None);
            if aim.manner.is_forward() {
                head.about = head.about.or_else(|| self.answered_mail().map(|m| m.id));
                head.go(Some(Place::To));
            }
            return Ok(aim.manner.is_forward());
        }
        match (head.manner.is_forward(), aim.manner.is_forward()) {
            (true, false) => Err(format!("a forward is begun here: {empty} empties it")),
            (false, true) => Err(format!("an answer is begun here: {empty} empties it")),
            (true, true) if aim.about.is_some_and(|about| Some(about) != head.about) => {
                Err(format!("another mail's forward is begun here: {empty} empties it"))
            }
            (true, true) => Ok(false),
            (false, false) => {
                if aim.manner != head.manner && head.manner.is_answer() && aim.manner == Manner::ReplyAll {
                    head.switch(&context.row, medium(context));
                }
                if aim.about.is_some() && !head.is_typed() && aim.about != head.about {
                    (head.about, head.message) = (aim.about, None);
                }
                Ok(false)
            }
        }
    }

    /// Has the files of the mail that is passed on go along: those that are here are copied, the others asked for.
    fn bring_files(&mut self) {
        let Some(composer) = &self.composer else { return };
        let (conversation, mode) = (composer.conversation, composer.mode);
        let message = composer.head.as_ref().and_then(|head| head.message.clone());
        let files = message.map(|message| message.attachments).unwrap_or_default();
        let mut own = Vec::new();
        let mut copied = Vec::new();
        for file in files {
            match (Enclosure::of_row(&file), &file.path) {
                (Some(enclosure), _) => own.push(enclosure),
                (None, Some(_)) => copied.push(file.id),
                (None, None) if file.fetch == Fetch::No => {
                    self.say(Level::Warn, format!("{} is not here and does not go along", file.name));
                }
                (None, None) => self.want(&file, For::Enclose { conversation }),
            }
        }
        let now = self.now;
        if let Some(composer) = &mut self.composer {
            composer.enclose(own, now);
            composer.copying += usize::from(!copied.is_empty());
        }
        if !copied.is_empty() {
            self.out.push(Effect::Enclose { to: AttachTo::Draft { conversation, mode }, files: copied });
        }
    }

    /// Whether the mail that is being written can pass the other one on whole, as a file.
    ///
    /// # Errors
    /// Why it cannot.
    pub(crate) fn may_switch_whole(&self) -> Result<(), String> {
        let composer = self.composer.as_ref().ok_or("nothing is being written")?;
        let head = composer.head.as_ref().filter(|head| head.manner.is_forward());
        let head = head.ok_or("no mail is passed on here")?;
        if composer.copying > 0 {
            return Err("a file is still being copied, try again".into());
        }
        match self.context(composer.conversation).filter(|_| head.manner == Manner::Forward) {
            Some(context) => may_pass_on_whole(&send_context(context, self.now)),
            None => Ok(()),
        }
    }

    /// Passes the other mail on whole, as a file, instead of with its words and its files; or again with those.
    pub(crate) fn switch_whole(&mut self) {
        let now = self.now;
        let Some(composer) = &mut self.composer else { return };
        let conversation = composer.conversation;
        let Some(head) = &mut composer.head else { return };
        if head.manner == Manner::ForwardAttached {
            head.manner = Manner::Forward;
            composer.touch(now);
            self.say(Level::Info, "its words stand below yours");
            return self.bring_files();
        }
        head.manner = Manner::ForwardAttached;
        // Its files are in it already.
        let came = head.message.as_ref().map(|message| message.attachments.clone()).unwrap_or_default();
        composer.files.retain(|file| !came.iter().any(|with| with.name == file.name));
        composer.touch(now);
        came.iter().for_each(|file| self.forgo(file.id, conversation));
        self.say(Level::Good, "the mail goes along whole, with its files");
    }

    /// Switches between an answer to the sender and one to all.
    pub(crate) fn switch_all_or_one(&mut self) {
        let now = self.now;
        let Some(mut composer) = self.composer.take() else { return };
        if let (Some(head), Some(context)) = (&mut composer.head, self.context(composer.conversation)) {
            head.switch(&context.row, medium(context));
            composer.touch(now);
        }
        self.composer = Some(composer);
    }

    /// The head of the mail that is written, if one is.
    pub(crate) fn head(&self) -> Option<&Head> {
        self.composer.as_ref()?.head.as_ref()
    }

    /// Gives the keys to a field of the head, or to the text.
    pub(crate) fn go_in_head(&mut self, to: Option<Place>) {
        if let Some(head) = self.composer.as_mut().and_then(|c| c.head.as_mut()) {
            head.go(to);
        }
    }

    /// Shows Cc and Bcc, and goes to the first field in which nothing stands.
    pub(crate) fn show_copies(&mut self) {
        if let Some(head) = self.composer.as_mut().and_then(|c| c.head.as_mut()) {
            head.is_whole = true;
            let is_empty = |place: &Place| head.input(*place).text().trim().is_empty();
            let to = [Place::To, Place::Cc, Place::Bcc].into_iter().find(is_empty).unwrap_or(Place::Cc);
            head.go(Some(to));
        }
    }

    /// Goes back from the text to the last field of the head.
    pub(crate) fn back_to_head(&mut self) {
        self.go_in_head(Some(Place::Subject));
    }

    /// Whether a field of the head has the keys.
    pub(crate) fn is_in_head(&self) -> bool {
        self.focus == Focus::Composer && self.head().is_some_and(|head| head.at.is_some())
    }

    /// Gives a key to the field of the head that has the keys. False if it means nothing there.
    pub(crate) fn head_key(&mut self, key: Key) -> bool {
        if !self.is_in_head() {
            return false;
        }
        let now = self.now;
        let Some(composer) = &mut self.composer else { return false };
        let Some(head) = &mut composer.head else { return false };
        let is_bare = !key.ctrl && !key.alt;
        let offers = head.offers().len();
        match key.code {
            Code::Tab if key.shift => head.go(head.beside(-1)),
            Code::Enter | Code::Tab if is_bare && !key.shift => {
                if head.take_offer() {
                    composer.touch(now);
                } else {
                    head.go(head.beside(1));
                }
            }
            // A new line goes on to the next field.
            Code::Enter if !key.ctrl => head.go(head.beside(1)),
            Code::Char('j') if key.ctrl => head.go(head.beside(1)),
            Code::Down if offers > 0 => head.pick = (head.pick + 1) % offers,
            Code::Up if offers > 0 && head.pick > 0 => head.pick -= 1,
            Code::Down => head.go(head.beside(1)),
            Code::Up => head.go(head.beside(-1)),
            _ => {
                let Some((_, input)) = head.typing() else { return false };
                match input.key(key) {
                    Some(true) => self.head_typed(),
                    Some(false) => {}
                    None => return false,
                }
            }
        }
        true
    }

    /// Puts pasted text into the field that has the keys.
    pub(crate) fn head_paste(&mut self, text: &str) {
        if let Some((_, input)) =
            self.composer.as_mut().and_then(|c| c.head.as_mut()).and_then(|head| head.typing())
        {
            input.insert(text);
            self.head_typed();
        }
    }

    /// The field was changed: it is the agent's word from now on, and who fits it is asked for.
    fn head_typed(&mut self) {
        let now = self.now;
        let Some(composer) = &mut self.composer else { return };
        composer.touch(now);
        let Some(head) = &mut composer.head else { return };
        head.typed();
        let typed = head.piece().map(|(_, typed)| typed.to_owned());
        if let Some(typed) = typed {
            head.asked.clone_from(&typed);
            self.load(Need::Recipients { kind: IdentityKind::Email, typed });
        }
    }

    /// Takes in who fits what is typed in the head.
    pub(crate) fn offer(&mut self, typed: &str, found: Vec<Recipient>) {
        if let Some(head) = self.composer.as_mut().and_then(|c| c.head.as_mut()) {
            head.offer(typed, found);
        }
    }

    /// That an answer goes to others than the customer whose conversation it is.
    fn not_to_the_customer(&self, head: &Head) -> Option<String> {
        let context = self.thread.context.as_ref().filter(|_| !head.manner.is_forward())?;
        let (whole, customer) = (head.whole(), customer(context));
        let is_customer = |one: &Mailbox| customer.iter().any(|known| mailboxes::same(known, &one.address));
        if whole.to.is_empty() || whole.to.iter().any(is_customer) {
            return None;
        }
        let name = format::person(&context.row.contact_name, &context.row.theirs);
        Some(format!("! does not go to {name}, whose conversation this is"))
    }

    /// Which mail is passed on, and how.
    pub(super) fn passed_on(&self, head: &Head, width: u16) -> Option<FileLine> {
        let message = head.message.as_deref().filter(|_| head.manner.is_forward())?;
        let mail = message.mail.as_deref()?;
        if head.manner == Manner::ForwardAttached {
            return Some(mail_line(self.icons, &original::name(&mail.subject), width));
        }
        let from = mail.from.as_ref().map_or("", Mailbox::shown);
        let when = format::moment_within(message.sent_at, self.now, &self.tz);
        Some(below_line(&format!("{from}, {when}"), width))
    }

    /// Which mail is answered, where it is not the one that one would think of; and who wrote it and does not get the answer.
    pub(super) fn about_words(&self, head: &Head) -> Vec<(String, bool)> {
        let mut out = Vec::new();
        if head.is_html {
            out.push(("the words are HTML, as they were given".into(), false));
        }
        let Some(message) = head.message.as_deref() else {
            out.extend(self.not_to_the_customer(head).map(|words| (words, true)));
            return out;
        };
        let newest = self.answered_mail();
        if head.manner.is_answer()
            && newest.is_some_and(|m| (m.sent_at, m.id) > (message.sent_at, message.id))
        {
            let when = format::moment_within(message.sent_at, self.now, &self.tz);
            out.push((format!("answers the mail of {when}, not the newest"), false));
        }
        let whole = head.whole();
        let gets = |address: &str| {
            let all = [&whole.to, &whole.cc, &whole.bcc].into_iter().flatten();
            all.into_iter().any(|one| mailboxes::same(&one.address, address))
        };
        let from = message.mail.as_ref().and_then(|mail| mail.from.as_ref());
        if let Some(from) = from
            && head.manner.is_answer()
            && message.direction == Direction::Inbound
            && !gets(&from.address)
        {
            out.push((format!("! {}, who wrote it, does not get the answer", from.address), true));
        } else {
            out.extend(self.not_to_the_customer(head).map(|words| (words, true)));
        }
        out
    }
}
