//! What is being typed, for whom, and whether it may be sent.

use crate::domain::attachment::{Enclosure, Written};
use crate::domain::availability::{SendContext, may_attach, may_say, may_send};
use crate::domain::capability::{ChannelCapabilities, Ownership};
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::mail::MailHead;
use crate::domain::row::bare_address;
use crate::text::{sanitize, variables};
use crate::ui::composer::face::Face;
use crate::ui::composer::files::FileStep;
use crate::ui::composer::head::Head;
use crate::ui::composer::mail::Aim;
use crate::ui::composer::send::Doubt;
use crate::ui::effect::{Effect, Need, Ticket};
use crate::ui::key::{Code, Key};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Context, Level};
use ratatui_textarea::{CursorMove, DataCursor, Input, Key as AreaKey, TextArea, WrapMode};

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
    /// Files that go along.
    pub(crate) files: Vec<Enclosure>,
    /// Files that are being copied, to go along.
    pub(crate) copying: usize,
    /// Its head, where it is a mail, once it is known what that follows from.
    pub(crate) head: Option<Head>,
    /// What the mail is to be, until it is.
    pub(super) aim: Option<Aim>,
    /// What the last change did to the files, while nothing else has changed.
    pub(super) step: Option<FileStep>,
    /// What is written, as the store has it.
    pub(super) saved: Written,
    /// When the text last changed, if it is not kept yet.
    pub(crate) dirty: Option<Ms>,
    /// Being sent: which ticket, and what.
    pub(crate) sending: Option<Ticket>,
    /// Whose draft the words were, until they are kept here.
    pub(super) carried: Option<ConversationId>,
    /// The stored draft has been looked at.
    pub(crate) restored: bool,
    /// The newest message when the draft began.
    pub(crate) since: Option<(Ms, MessageId)>,
    /// What was asked about this draft, and is to be sent all the same.
    pub(super) accepted: Vec<Doubt>,
    /// The last change put something in the place of a word: it is taken back as one.
    pub(super) swapped: bool,
    typing: Option<Ms>,
    pub(crate) face: Face,
}

pub(super) fn area_of(text: &str) -> TextArea<'static> {
    let clean = sanitize::clean(text);
    let mut area = TextArea::new(clean.split('\n').map(str::to_owned).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(ratatui::style::Style::new());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

impl Composer {
    fn new(conversation: ConversationId, mode: ComposeMode, since: Option<(Ms, MessageId)>) -> Composer {
        Composer {
            conversation,
            mode,
            area: area_of(""),
            files: Vec::new(),
            copying: 0,
            head: None,
            aim: None,
            step: None,
            saved: Written::default(),
            dirty: None,
            sending: None,
            carried: None,
            restored: false,
            since,
            accepted: Vec::new(),
            swapped: false,
            typing: None,
            face: Face::default(),
        }
    }

    /// What is typed.
    pub(crate) fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// What is typed, with the files that go along and what was said in the head.
    pub(crate) fn written(&self) -> Written {
        match &self.head {
            Some(head) if self.has_nothing(head) => Written::default(),
            head => Written {
                text: self.text(),
                files: self.files.clone(),
                mail: head.as_ref().map(|head| Box::new(head.said())),
            },
        }
    }

    /// The same as it is asked to be sent: a mail with its whole head.
    pub(crate) fn to_send(&self) -> Written {
        let mail = self.head.as_ref().map(|head| Box::new(head.to_send()));
        Written { text: self.text(), files: self.files.clone(), mail }
    }

    /// Whether there is nothing to send.
    pub(crate) fn is_blank(&self) -> bool {
        match &self.head {
            Some(head) => self.has_nothing(head),
            None => self.files.is_empty() && self.is_wordless(),
        }
    }

    fn is_wordless(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Whether nothing was typed or added to a mail with this head. The files of a mail that is passed on came by themselves.
    pub(super) fn has_nothing(&self, head: &Head) -> bool {
        let came = head.message.as_ref().filter(|_| head.manner.is_forward());
        let came = came.map_or(&[][..], |message| message.attachments.as_slice());
        let is_added = |file: &Enclosure| !came.iter().any(|with| with.name == file.name);
        self.is_wordless() && !head.is_said() && !self.files.iter().any(is_added)
    }

    /// Whether it writes this, there.
    pub(crate) fn is_of(&self, conversation: ConversationId, mode: ComposeMode) -> bool {
        (self.conversation, self.mode) == (conversation, mode)
    }

    /// Replaces all that is written.
    pub(crate) fn rewrite(&mut self, written: Written, now: Ms) {
        self.set(&written.text, now);
        self.files = written.files;
        self.say_head(written.mail.as_deref());
    }

    /// Has the head say what was kept of it.
    fn say_head(&mut self, kept: Option<&MailHead>) {
        match (&mut self.head, kept) {
            (Some(head), kept) => head.restore(kept),
            (None, Some(kept)) => self.head.get_or_insert_default().restore(Some(kept)),
            (None, None) => {}
        }
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

    /// The line up to the cursor.
    pub(crate) fn before_cursor(&self) -> &str {
        let DataCursor(row, column) = self.area.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let end = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        &line[..end]
    }

    /// The word that ends at the cursor; empty behind a blank.
    pub(crate) fn word_before(&self) -> &str {
        self.before_cursor().rsplit(char::is_whitespace).next().unwrap_or_default()
    }

    /// Puts text in the place of the word before the cursor; undo gives the word back.
    pub(crate) fn put_for(&mut self, word: &str, text: &str, now: Ms) {
        if !self.before_cursor().ends_with(word) {
            return self.insert(text, now);
        }
        self.area.cancel_selection();
        let length = word.chars().count();
        (0..length).for_each(|_| self.area.move_cursor(CursorMove::Back));
        self.area.delete_str(length);
        self.insert(text, now);
        self.swapped = true;
    }

    pub(super) fn touch(&mut self, now: Ms) {
        // Counted from the first change that is not kept, so that steady typing is kept too.
        self.dirty.get_or_insert(now);
        self.swapped = false;
        self.step = None;
    }

    /// Takes a key of the text field.
    pub(crate) fn key(&mut self, key: Key, now: Ms) {
        let code = match key.code {
            Code::Char(c) if key.types().is_some() => {
                return self.insert(c.encode_utf8(&mut [0; 4]), now);
            }
            Code::Char(c) => AreaKey::Char(c),
            Code::Enter => AreaKey::Enter,
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
            Code::Esc | Code::Tab | Code::Insert | Code::F(_) => return,
        };
        let changed = if key.ctrl && key.code == Code::Char('u') {
            // As in a shell; the field of the library would undo.
            self.area.delete_line_by_head()
        } else {
            self.area.input(Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift })
        };
        if changed {
            self.touch(now);
        }
    }

    /// Takes the last change back. Whether there was one.
    pub(crate) fn undo(&mut self, now: Ms) -> bool {
        if self.undo_file(now) {
            return true;
        }
        // What was put in the place of a word: two steps for the text field, one for who types.
        let twice = self.swapped && self.area.undo();
        let changed = self.area.undo() || twice;
        if changed {
            self.touch(now);
        }
        changed
    }

    /// Does again what was taken back. Whether there was anything.
    pub(crate) fn redo(&mut self, now: Ms) -> bool {
        let changed = self.area.redo();
        if changed {
            self.touch(now);
        }
        changed
    }

    /// The draft that is to be kept now, if it differs from what is kept.
    pub(super) fn unsaved(&mut self) -> Option<Action> {
        self.dirty = None;
        let text = self.written();
        if text == self.saved || self.sending.is_some() {
            return None;
        }
        self.saved.clone_from(&text);
        Some(Action::Draft { conversation: self.conversation, mode: self.mode, text })
    }

    /// Brings back what the store has kept. What was typed meanwhile stays behind it.
    pub(crate) fn restore(&mut self, draft: Option<&Written>, now: Ms) {
        if self.restored {
            return;
        }
        self.restored = true;
        let Some(draft) = draft.filter(|d| !d.is_nothing()) else {
            return;
        };
        let typed = self.written();
        if typed == Written::default() {
            self.area = area_of(&draft.text);
            self.files.clone_from(&draft.files);
            self.say_head(draft.mail.as_deref());
            self.saved = self.written();
            self.dirty = None;
        } else if typed != *draft {
            self.rewrite(draft.clone().before(typed), now);
        }
    }
}

/// The medium's capabilities of a conversation's account.
pub(super) fn channel(context: &Context) -> Option<&ChannelCapabilities> {
    context.account.capabilities.as_ref().and_then(|c| c.on(context.row.channel))
}

pub(super) fn send_context(context: &Context, now: Ms) -> SendContext<'_> {
    SendContext {
        account: &context.account,
        conversation: Some(&context.row),
        channel: channel(context),
        consent: context.consent.as_ref(),
        to: bare_address(&context.row.theirs),
        now,
    }
}

/// Why nothing can be written here, whatever it is. `written` = with this.
pub(crate) fn refusal(
    context: &Context,
    mode: ComposeMode,
    written: Option<&Written>,
    now: Ms,
) -> Option<String> {
    match (mode, written) {
        (ComposeMode::Reply, None) => may_send(&send_context(context, now)).err(),
        (ComposeMode::Reply, Some(written)) => {
            may_say(&send_context(context, now), written).err().or_else(|| variables::refusal(&written.text))
        }
        (ComposeMode::Note, _)
            if context.account.capabilities.as_ref().is_some_and(|c| c.notes == Ownership::Absent) =>
        {
            Some(format!("the account \u{201c}{}\u{201d} has no private notes", context.account.name))
        }
        (ComposeMode::Note, Some(written)) if written.is_blank() => Some("the note is empty".into()),
        (ComposeMode::Note, _) => None,
    }
}

/// Whether any file can go with an answer.
///
/// # Errors
/// Why none can.
pub(crate) fn attachable(context: &Context, now: Ms) -> Result<(), String> {
    may_attach(&send_context(context, now))
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
        // Another process may have made one; no frame waits for them.
        self.load_soon(Need::QuickReplies);
        self.show(conversation);
        self.thread.settle();
        let newest = self.thread.messages.last().map(|m| (m.sent_at, m.id));
        // What was begun earlier was begun before what has come since.
        let since = self.began.get(&conversation).copied().or(newest);
        let mut composer = Composer::new(conversation, mode, since);
        if let Some(draft) = self.drafts.get(&(conversation, mode)) {
            composer.restore(Some(&draft.clone()), self.now);
        }
        self.composer = Some(composer);
        self.restore_draft();
        self.focus = Focus::Composer;
    }

    /// Goes through what was typed, or says that there is nothing.
    pub(crate) fn retype(&mut self, step: fn(&mut Composer, Ms) -> bool, none: &str) {
        let now = self.now;
        match self.composer.as_mut().map(|composer| step(composer, now)) {
            // What was said of the step before holds no more.
            Some(true) => self.notice = None,
            Some(false) => self.say(Level::Info, none),
            None => {}
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

    pub(super) fn stop_typing(&mut self) {
        if let Some(composer) = &mut self.composer
            && composer.typing.take().is_some()
        {
            self.out.push(Effect::Typing { conversation: composer.conversation, on: false });
        }
    }
}
