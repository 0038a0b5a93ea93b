//! What is being typed, for whom, and whether it may be sent.

use crate::domain::availability::{SendContext, may_say, may_send};
use crate::domain::capability::{ChannelCapabilities, Ownership};
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::{ConversationId, MessageId};
use crate::text::sanitize;
use crate::ui::composer::face::Face;
use crate::ui::effect::{Effect, Ticket};
use crate::ui::key::{Code, Key};
use crate::ui::model::{Focus, Model, Purpose};
use crate::ui::msg::{Context, Level};
use crate::ui::thread::End;
use ratatui_textarea::{Input, Key as AreaKey, TextArea, WrapMode};

/// How long typing rests before the draft is kept, milliseconds.
pub(crate) const REST: Ms = 300;
/// How often others are told that we type, milliseconds.
const TYPING_EVERY: Ms = 4_000;

/// The composer. There is one at a time, and it never changes its conversation.
#[derive(Debug)]
pub(crate) struct Composer {
    pub(crate) conversation: ConversationId,
    pub(crate) mode: ComposeMode,
    pub(crate) area: TextArea<'static>,
    /// The text as the store has it.
    saved: String,
    /// When the text last changed, if it is not kept yet.
    pub(crate) dirty: Option<Ms>,
    /// Being sent: which ticket, and what.
    pub(crate) sending: Option<Ticket>,
    /// The stored draft has been looked at.
    pub(crate) restored: bool,
    /// The newest message when the draft began.
    pub(crate) since: Option<(Ms, MessageId)>,
    /// A warning was shown; the next send goes through.
    armed: bool,
    /// What a quick reply left to be filled in, as it stands in the text.
    open: Vec<String>,
    typing: Option<Ms>,
    pub(crate) face: Face,
}

fn area_of(text: &str) -> TextArea<'static> {
    let clean = sanitize::clean(text);
    let mut area = TextArea::new(clean.split('\n').map(str::to_owned).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(ratatui::style::Style::new());
    area.move_cursor(ratatui_textarea::CursorMove::Bottom);
    area.move_cursor(ratatui_textarea::CursorMove::End);
    area
}

impl Composer {
    fn new(conversation: ConversationId, mode: ComposeMode, since: Option<(Ms, MessageId)>) -> Composer {
        Composer {
            conversation,
            mode,
            area: area_of(""),
            saved: String::new(),
            dirty: None,
            sending: None,
            restored: false,
            since,
            armed: false,
            open: Vec::new(),
            typing: None,
            face: Face::default(),
        }
    }

    /// What is typed.
    pub(crate) fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether nothing is typed.
    pub(crate) fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Replaces all that is typed.
    pub(crate) fn set(&mut self, text: &str, now: Ms) {
        self.area = area_of(text);
        self.touch(now);
    }

    /// Puts text in at the cursor.
    pub(crate) fn insert(&mut self, text: &str, now: Ms) {
        let clean = sanitize::clean(text);
        if !clean.is_empty() {
            self.area.insert_str(clean.as_ref());
            self.touch(now);
        }
    }

    /// Remembers what a quick reply left to be filled in: `[name]` for each of these.
    pub(crate) fn expect(&mut self, names: &[String]) {
        self.open.extend(names.iter().map(|name| format!("[{name}]")));
    }

    /// What is still to be filled in.
    fn still_open(&self) -> Option<String> {
        let text = self.text();
        self.open.iter().find(|name| text.contains(name.as_str())).cloned()
    }

    fn touch(&mut self, now: Ms) {
        // Counted from the first change that is not kept, so that steady typing is kept too.
        self.dirty.get_or_insert(now);
        self.armed = false;
    }

    /// Takes a key of the text field.
    pub(crate) fn key(&mut self, key: Key, now: Ms) {
        let code = match key.code {
            Code::Char(c) if key.types().is_some() => {
                return self.insert(c.encode_utf8(&mut [0; 4]), now);
            }
            Code::Char(c) => AreaKey::Char(c),
            Code::Enter => AreaKey::Enter,
            Code::Tab => return self.insert("    ", now),
            Code::Backspace => AreaKey::Backspace,
            Code::Delete => AreaKey::Delete,
            Code::Up => AreaKey::Up,
            Code::Down => AreaKey::Down,
            Code::Left => AreaKey::Left,
            Code::Right => AreaKey::Right,
            Code::Home => AreaKey::Home,
            Code::End => AreaKey::End,
            Code::PageUp => AreaKey::PageUp,
            Code::PageDown => AreaKey::PageDown,
            Code::Esc | Code::Insert | Code::F(_) => return,
        };
        let input = Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift };
        if self.area.input(input) {
            self.touch(now);
        }
    }

    /// The draft that is to be kept now, if it differs from what is kept.
    fn unsaved(&mut self) -> Option<Action> {
        self.dirty = None;
        let text = self.text();
        if text == self.saved || self.sending.is_some() {
            return None;
        }
        self.saved.clone_from(&text);
        Some(Action::Draft { conversation: self.conversation, mode: self.mode, text })
    }

    /// Brings back what the store has kept. What was typed meanwhile stays behind it.
    pub(crate) fn restore(&mut self, draft: Option<&str>, now: Ms) {
        if self.restored {
            return;
        }
        self.restored = true;
        let Some(draft) = draft.filter(|d| !d.trim().is_empty()) else {
            return;
        };
        let typed = self.text();
        if typed.is_empty() {
            self.area = area_of(draft);
            self.saved = self.text();
            self.dirty = None;
        } else if typed != draft {
            self.set(&format!("{draft}\n{typed}"), now);
        }
    }
}

/// The medium's capabilities of a conversation's account.
pub(super) fn channel(context: &Context) -> Option<&ChannelCapabilities> {
    context.account.capabilities.as_ref().and_then(|c| c.on(context.row.channel))
}

fn send_context(context: &Context, now: Ms) -> SendContext<'_> {
    SendContext {
        account: &context.account,
        conversation: Some(&context.row),
        channel: channel(context),
        consent: context.consent.as_ref(),
        now,
    }
}

/// Why nothing can be written here, whatever the words. `text` = with these words.
pub(crate) fn refusal(context: &Context, mode: ComposeMode, text: Option<&str>, now: Ms) -> Option<String> {
    match (mode, text) {
        (ComposeMode::Reply, None) => may_send(&send_context(context, now)).err(),
        (ComposeMode::Reply, Some(text)) => may_say(&send_context(context, now), text).err(),
        (ComposeMode::Note, _)
            if context.account.capabilities.as_ref().is_some_and(|c| c.notes == Ownership::Absent) =>
        {
            Some(format!("the account \u{201c}{}\u{201d} has no private notes", context.account.name))
        }
        (ComposeMode::Note, Some(text)) if text.trim().is_empty() => Some("the note is empty".into()),
        (ComposeMode::Note, _) => None,
    }
}

impl Model {
    /// The context of a conversation, if it has come.
    pub(crate) fn context(&self, id: ConversationId) -> Option<&Context> {
        [&self.thread.context, &self.thread.stash].into_iter().flatten().find(|c| c.row.id == id)
    }

    /// Opens the composer on the target.
    pub(crate) fn compose(&mut self, mode: ComposeMode) {
        let Some(conversation) = self.target() else {
            return;
        };
        if self.composer.as_ref().is_some_and(|c| c.conversation == conversation && c.mode == mode) {
            return self.focus_on(Focus::Composer);
        }
        self.close_composer();
        self.show(conversation);
        self.thread.settle();
        let since = self.thread.messages.last().map(|m| (m.sent_at, m.id));
        let mut composer = Composer::new(conversation, mode, since);
        if let Some(draft) = self.drafts.get(&(conversation, mode)) {
            composer.restore(Some(&draft.clone()), self.now);
        }
        self.composer = Some(composer);
        self.restore_draft();
        self.focus = Focus::Composer;
    }

    /// Gives the open composer the stored draft, once its context is there.
    pub(crate) fn restore_draft(&mut self) {
        let Some(mut composer) = self.composer.take() else {
            return;
        };
        if let Some(context) = self.context(composer.conversation) {
            let stored = match composer.mode {
                ComposeMode::Reply => context.draft_reply.as_deref(),
                ComposeMode::Note => context.draft_note.as_deref(),
            };
            // Where this session has typed, its own words count.
            let known = self.drafts.contains_key(&(composer.conversation, composer.mode));
            composer.restore(stored.filter(|_| !known), self.now);
        }
        self.composer = Some(composer);
    }

    /// Keeps what is typed, if it is not kept yet.
    pub(crate) fn save_draft(&mut self) {
        let Some(action) = self.composer.as_mut().and_then(Composer::unsaved) else {
            return;
        };
        if let Action::Draft { conversation, mode, text } = &action {
            self.drafts.insert((*conversation, *mode), text.clone());
        }
        self.perform(action, Purpose::Quiet);
    }

    /// Closes the composer; what is typed is kept.
    pub(crate) fn close_composer(&mut self) {
        self.save_draft();
        self.stop_typing();
        if self.composer.take().is_some() && self.focus == Focus::Composer {
            self.focus = Focus::Thread;
        }
    }

    /// Tells colleagues and the customer that we type an answer, now and then.
    pub(crate) fn tell_typing(&mut self) {
        let now = self.now;
        if let Some(composer) = &mut self.composer
            && composer.mode == ComposeMode::Reply
            && !composer.is_blank()
            && composer.typing.is_none_or(|at| now - at >= TYPING_EVERY || now < at)
        {
            composer.typing = Some(now);
            self.out.push(Effect::Typing { conversation: composer.conversation, on: true });
        }
    }

    fn stop_typing(&mut self) {
        if let Some(composer) = &mut self.composer
            && composer.typing.take().is_some()
        {
            self.out.push(Effect::Typing { conversation: composer.conversation, on: false });
        }
    }

    /// Sends what is typed, unless something stands in the way.
    pub(crate) fn send(&mut self) {
        let Some(composer) = &self.composer else {
            return;
        };
        let (conversation, mode, text) = (composer.conversation, composer.mode, composer.text());
        if composer.sending.is_some() {
            return;
        }
        let Some(context) = self.context(conversation) else {
            return self.say(Level::Warn, "not sent: the conversation is still being read, try again");
        };
        if let Some(why) = refusal(context, mode, Some(&text), self.now) {
            self.out.push(Effect::Beep);
            return self.say(Level::Error, format!("not sent: {why}"));
        }
        let doubt = match (composer.armed, composer.still_open(), self.colleague()) {
            (true, ..) | (_, None, None) => None,
            (_, Some(open), _) => Some(format!("still to fill in: {open}; Enter again sends it as it is")),
            (_, _, Some(who)) => {
                Some(format!("{who} has answered meanwhile: read it, then Enter again to send"))
            }
        };
        if let Some(doubt) = doubt {
            if let Some(composer) = &mut self.composer {
                composer.armed = true;
            }
            self.out.push(Effect::Beep);
            return self.say(Level::Warn, doubt);
        }
        let action = match mode {
            ComposeMode::Reply => Action::Reply { conversation, text: text.clone(), undo_ms: self.undo_ms },
            ComposeMode::Note => Action::Note { conversation, text: text.clone() },
        };
        let ticket = self.perform(action, Purpose::Send { conversation, mode, text });
        if let Some(composer) = &mut self.composer {
            composer.sending = Some(ticket);
            composer.dirty = None;
        }
        self.stop_typing();
    }

    /// The name of a colleague who has answered since the draft began.
    pub(super) fn colleague(&self) -> Option<String> {
        let composer = self.composer.as_ref().filter(|c| c.mode == ComposeMode::Reply)?;
        let row = self.thread.answered_since(composer.since?, &self.me.name)?;
        Some(row.author_name.clone().unwrap_or_else(|| "a colleague".into()))
    }

    /// A send has ended: the words go only now, and only those that were sent.
    pub(crate) fn sent(&mut self, conversation: ConversationId, mode: ComposeMode, text: &str, ok: bool) {
        let now = self.now;
        let is_open =
            self.composer.as_ref().is_some_and(|c| c.conversation == conversation && c.mode == mode);
        if !is_open {
            if !ok {
                self.drafts.insert((conversation, mode), text.to_owned());
                self.perform(Action::Draft { conversation, mode, text: text.to_owned() }, Purpose::Quiet);
            } else if self.drafts.get(&(conversation, mode)).is_some_and(|d| d == text) {
                self.drafts.insert((conversation, mode), String::new());
            }
            return;
        }
        let Some(composer) = &mut self.composer else {
            return;
        };
        composer.sending = None;
        if !ok {
            composer.touch(now);
            return;
        }
        composer.saved.clear();
        self.drafts.insert((conversation, mode), String::new());
        let typed = composer.text();
        let rest = typed.strip_prefix(text).unwrap_or(&typed).trim_start_matches('\n').to_owned();
        if rest.trim().is_empty() {
            composer.area = area_of("");
            composer.dirty = None;
            self.thread.clear_unread(&self.tz);
            self.go_in_thread(End::Newest);
            self.close_composer();
        } else {
            composer.set(&rest, now);
        }
    }
}
