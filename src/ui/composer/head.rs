//! The head of a mail that is written: to whom and about what, in fields of their own. What is not typed follows from the mail
//! that is answered.

use crate::domain::capability::ChannelCapabilities;
use crate::domain::ids::MessageId;
use crate::domain::mail::{MailHead, Mailbox, Manner};
use crate::domain::reach::Recipient;
use crate::domain::row::{ConversationRow, MessageRow};
use crate::text::mail::compose::head::{self, Whole};
use crate::text::mail::compose::recipients::{Own, recipients};
use crate::text::mail::mailboxes::{self, Among};
use crate::ui::input::Input;
use std::ops::Range;

/// Recipients offered at a time.
pub(crate) const OFFERS: usize = 4;

/// A field of the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    To,
    Cc,
    Bcc,
    Subject,
}

impl Place {
    pub(crate) const ALL: [Place; 4] = [Place::To, Place::Cc, Place::Bcc, Place::Subject];

    /// Its name on the screen.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Place::To => "To",
            Place::Cc => "Cc",
            Place::Bcc => "Bcc",
            Place::Subject => "Subject",
        }
    }

    /// Whether addresses stand in it.
    pub(crate) const fn has_addresses(self) -> bool {
        !matches!(self, Place::Subject)
    }
}

/// What stands in a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Field {
    input: Input,
    /// The agent has said it; else it follows.
    is_own: bool,
}

impl Field {
    fn follow(&mut self, text: &str) {
        if !self.is_own && self.input.text() != text {
            self.input = Input::new(text);
        }
    }

    fn say(&mut self, text: &str) {
        *self = Field { input: Input::new(text), is_own: true };
    }

    fn boxes(&self) -> Vec<Mailbox> {
        mailboxes::loosely(self.input.text())
    }
}

/// Why a mail cannot go as its head stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) at: Place,
    /// The piece of the field, in bytes.
    pub(crate) range: Range<usize>,
    pub(crate) why: String,
}

/// The head of the mail that is being written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    pub(crate) manner: Manner,
    /// The mail that is answered or passed on.
    pub(crate) about: Option<MessageId>,
    /// That mail, once it is known.
    pub(super) message: Option<Box<MessageRow>>,
    to: Field,
    cc: Field,
    bcc: Field,
    subject: Field,
    /// Who gets a copy besides those who follow.
    more_cc: Vec<Mailbox>,
    /// The words are HTML already: they were given so from the shell.
    pub(super) is_html: bool,
    /// Cc and Bcc are shown although nothing stands in them.
    pub(super) is_whole: bool,
    /// The field that has the keys; none = the text has them.
    pub(crate) at: Option<Place>,
    /// Our addresses.
    own: Own,
    /// Who gets it by itself.
    follows: Vec<Mailbox>,
    /// For what recipients were asked for.
    pub(super) asked: String,
    /// Who fits that.
    offers: Vec<Recipient>,
    /// The one that is taken.
    pub(super) pick: usize,
}

impl Head {
    fn field(&self, place: Place) -> &Field {
        match place {
            Place::To => &self.to,
            Place::Cc => &self.cc,
            Place::Bcc => &self.bcc,
            Place::Subject => &self.subject,
        }
    }

    fn field_mut(&mut self, place: Place) -> &mut Field {
        match place {
            Place::To => &mut self.to,
            Place::Cc => &mut self.cc,
            Place::Bcc => &mut self.bcc,
            Place::Subject => &mut self.subject,
        }
    }

    /// What stands in a field, with its cursor.
    pub(crate) fn input(&self, place: Place) -> &Input {
        &self.field(place).input
    }

    /// The field that has the keys, to be typed in.
    pub(super) fn typing(&mut self) -> Option<(Place, &mut Input)> {
        let place = self.at?;
        Some((place, &mut self.field_mut(place).input))
    }

    /// The field that has the keys was changed.
    pub(super) fn typed(&mut self) {
        if let Some(place) = self.at {
            self.field_mut(place).is_own = true;
        }
        (self.pick, self.offers) = (0, Vec::new());
    }

    /// Fills in what follows, from what is known of the conversation.
    pub(crate) fn fill(&mut self, row: &ConversationRow, medium: Option<&ChannelCapabilities>) {
        self.own = head::ours(row, medium);
        let bare = MailHead {
            manner: self.manner,
            about: self.about,
            more_cc: self.more_cc.clone(),
            ..MailHead::default()
        };
        let whole = head::whole(row, &self.own, &bare, self.message.as_deref());
        self.to.follow(&mailboxes::line(&whole.to));
        self.cc.follow(&mailboxes::line(&whole.cc));
        self.subject.follow(&whole.subject);
        self.follows = whole.answered();
    }

    /// The fields that are shown, from above.
    pub(crate) fn places(&self) -> Vec<Place> {
        let is_shown = |place: &Place| match place {
            Place::To | Place::Subject => true,
            Place::Cc | Place::Bcc => {
                self.is_whole || self.at == Some(*place) || !self.input(*place).text().trim().is_empty()
            }
        };
        Place::ALL.into_iter().filter(is_shown).collect()
    }

    /// Whether anything stands in it that does not follow.
    pub(crate) fn is_said(&self) -> bool {
        self.is_typed() || !self.more_cc.is_empty()
    }

    /// Whether the agent has typed in one of its fields.
    pub(super) fn is_typed(&self) -> bool {
        Place::ALL.into_iter().any(|place| self.field(place).is_own)
    }

    /// What the agent has said, to be kept: what is no address yet is kept as it stands.
    pub(crate) fn said(&self) -> MailHead {
        let boxes = |field: &Field| field.is_own.then(|| field.boxes());
        MailHead {
            manner: self.manner,
            about: self.about,
            subject: self.subject.is_own.then(|| self.subject.input.text().to_owned()),
            to: boxes(&self.to),
            cc: boxes(&self.cc),
            // Once the field is typed in, all of them stand there.
            more_cc: if self.cc.is_own { Vec::new() } else { self.more_cc.clone() },
            bcc: self.bcc.boxes(),
            html: self.is_html,
        }
    }

    /// Says again what was kept; with nothing kept all of it follows.
    pub(crate) fn restore(&mut self, kept: Option<&MailHead>) {
        let follows = Head { manner: self.manner, about: self.about, ..Head::default() };
        let before = std::mem::replace(self, follows);
        (self.own, self.follows) = (before.own, before.follows);
        (self.is_whole, self.at) = (before.is_whole, before.at);
        let Some(kept) = kept else {
            self.message = before.message;
            return;
        };
        // What is passed on is never another mail than the one that was chosen.
        let stays = before.about.filter(|_| !kept.manner.is_forward());
        (self.manner, self.about) = (kept.manner, kept.about.or(stays));
        self.message = before.message.filter(|m| Some(m.id) == self.about);
        self.is_html = kept.html;
        if let Some(to) = &kept.to {
            self.to.say(&mailboxes::as_typed(to));
        }
        match &kept.cc {
            Some(cc) => {
                let all = mailboxes::once(cc.iter().chain(&kept.more_cc).cloned());
                self.cc.say(&mailboxes::as_typed(&all));
            }
            None => self.more_cc.clone_from(&kept.more_cc),
        }
        if !kept.bcc.is_empty() {
            self.bcc.say(&mailboxes::as_typed(&kept.bcc));
        }
        if let Some(subject) = &kept.subject {
            self.subject.say(subject);
        }
    }

    /// Sends it to these.
    pub(super) fn address(&mut self, to: &[Mailbox]) {
        self.to.say(&mailboxes::line(to));
    }

    /// The head as it is shown: what is sent. Each address once.
    pub(crate) fn whole(&self) -> Whole {
        Whole {
            manner: self.manner,
            subject: self.subject.input.text().trim().to_owned(),
            to: self.to.boxes(),
            cc: self.cc.boxes(),
            bcc: self.bcc.boxes(),
        }
        .once()
    }

    /// The same as it is asked to be sent: nothing is left to follow, so that what was shown is what leaves.
    pub(crate) fn to_send(&self) -> MailHead {
        let Whole { manner, subject, to, cc, bcc } = self.whole();
        MailHead {
            manner,
            about: self.about,
            subject: Some(subject),
            to: Some(to),
            cc: Some(cc),
            bcc,
            html: self.is_html,
            ..MailHead::default()
        }
    }

    /// What is wrong with the addresses, field by field; first of all that there are none.
    pub(crate) fn wrong(&self) -> Vec<Wrong> {
        let mut found = Vec::new();
        let mut count = 0;
        for at in Place::ALL.into_iter().filter(|place| place.has_addresses()) {
            let text = self.input(at).text();
            match mailboxes::read(text) {
                Ok(boxes) => count += boxes.len(),
                Err(wrong) => {
                    count += 1;
                    found.push(Wrong { at, range: wrong.range, why: wrong.why });
                }
            }
            found.extend(self.ours(at));
        }
        if count == 0 {
            let why = "say to whom: the mail has no recipient".into();
            found.push(Wrong { at: Place::To, range: 0..0, why });
        }
        found
    }

    /// An address of ours that the agent has typed.
    fn ours(&self, at: Place) -> Option<Wrong> {
        let field = self.field(at);
        let text = field.input.text();
        let all = if field.is_own { field.boxes() } else { Vec::new() };
        let (one, why) = head::to_ourselves(&self.own, &self.follows, &all)?;
        let from = text.find(one.address.as_str())?;
        Some(Wrong { at, range: from..from + one.address.len(), why })
    }

    /// Whether what is wrong is only not typed to its end yet.
    pub(super) fn is_being_typed(&self, wrong: &Wrong) -> bool {
        self.at == Some(wrong.at) && {
            let input = self.input(wrong.at);
            let piece = mailboxes::piece_at(input.text(), input.cursor());
            wrong.range.is_empty() || (piece.start <= wrong.range.start && wrong.range.end <= piece.end)
        }
    }

    /// Goes to a field, or to the text.
    pub(crate) fn go(&mut self, to: Option<Place>) {
        self.tidy();
        self.at = to;
        (self.pick, self.offers) = (0, Vec::new());
        if let Some((_, input)) = self.typing() {
            input.go_to_end();
        }
    }

    /// Writes the addresses of the field that is left as they will be sent.
    fn tidy(&mut self) {
        let Some((place, input)) = self.typing() else { return };
        if place.has_addresses()
            && let Ok(boxes) = mailboxes::read(input.text())
        {
            *input = Input::new(mailboxes::line(&boxes));
        }
    }

    /// The field by so many further down, the text behind the last one.
    pub(super) fn beside(&self, by: isize) -> Option<Place> {
        let places = self.places();
        let at = self.at.and_then(|at| places.iter().position(|p| *p == at)).unwrap_or(places.len());
        places.get(at.saturating_add_signed(by)).copied()
    }

    /// The piece of an address that is being typed, where others could be meant.
    pub(super) fn piece(&self) -> Option<(Range<usize>, &str)> {
        let input = self.input(self.at.filter(|at| at.has_addresses())?);
        let range = mailboxes::piece_at(input.text(), input.cursor());
        let typed = &input.text()[range.clone()];
        (!typed.is_empty() && mailboxes::read(typed).is_err()).then_some((range, typed))
    }

    /// Takes in who fits what was typed. Who gets it already is not offered.
    pub(super) fn offer(&mut self, typed: &str, found: Vec<Recipient>) {
        if self.piece().is_none_or(|(_, piece)| piece != typed) || self.asked != typed {
            return;
        }
        let whole = self.whole();
        let known = Among::of(whole.to.iter().chain(&whole.cc).chain(&whole.bcc));
        let is_new = |one: &Recipient| !known.has(&one.identity.value);
        self.offers = found.into_iter().filter(is_new).take(OFFERS).collect();
        self.pick = self.pick.min(self.offers.len().saturating_sub(1));
    }

    /// Who is offered for what is being typed.
    pub(crate) fn offers(&self) -> &[Recipient] {
        if self.piece().is_some() { &self.offers } else { &[] }
    }

    /// Puts the chosen one in the place of what is typed. Whether there was one.
    pub(super) fn take_offer(&mut self) -> bool {
        let Some(one) = self.offers().get(self.pick) else { return false };
        let name = Some(one.name.clone()).filter(|name| !name.trim().is_empty());
        let written = mailboxes::line(&[Mailbox { name, address: one.identity.value.clone() }]);
        let Some((range, _)) = self.piece() else { return false };
        if let Some((_, input)) = self.typing() {
            let is_last = input.text()[range.end..].trim().is_empty();
            input.replace(range, &if is_last { format!("{written}, ") } else { written });
        }
        self.typed();
        true
    }

    /// Whether an answer to all goes to others than one to the sender.
    pub(crate) fn has_others(&self) -> bool {
        let mail = self.message.as_ref().and_then(|m| Some((m.direction, m.mail.as_deref()?)));
        mail.is_some_and(|(direction, mail)| {
            let of = |manner| recipients(mail, direction, &self.own, manner);
            of(Manner::Reply) != of(Manner::ReplyAll)
        })
    }

    /// Answers the sender instead of all, or all instead of the sender. What was typed stays: who is only among all comes and goes.
    pub(super) fn switch(&mut self, row: &ConversationRow, medium: Option<&ChannelCapabilities>) {
        let of = |manner, head: &Head| {
            let bare = MailHead { manner, about: head.about, ..MailHead::default() };
            head::whole(row, &head.own, &bare, head.message.as_deref())
        };
        let (one, all) = (of(Manner::Reply, self), of(Manner::ReplyAll, self));
        let to_all = self.manner == Manner::Reply;
        self.manner = if to_all { Manner::ReplyAll } else { Manner::Reply };
        for (field, all, one) in [(&mut self.to, all.to, one.to), (&mut self.cc, all.cc, one.cc)] {
            if !field.is_own {
                continue;
            }
            let mut boxes = field.boxes();
            if to_all {
                boxes.extend(all);
                boxes = mailboxes::once(boxes);
            } else {
                let (all, one) = (Among::of(&all), Among::of(&one));
                boxes.retain(|b| !all.has(&b.address) || one.has(&b.address));
            }
            field.input = Input::new(mailboxes::as_typed(&boxes));
        }
        self.fill(row, medium);
    }
}
