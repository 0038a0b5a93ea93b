//! Everything that the screen knows, and the few ways in which it asks for things.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::attachment::Written;
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::conversation::Assignee;
use crate::domain::facet::Owner;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::order::Order;
use crate::domain::quick_reply::QuickReplyRow;
use crate::domain::reach::{Recipient, Way};
use crate::domain::row::{AgentRow, ConversationRow, MessageRow, TeamRow};
use crate::text::format;
use crate::text::guard::Guard;
use crate::ui::ahead::Ahead;
use crate::ui::composer::Composer;
use crate::ui::effect::{Effect, Need, ThreadAt, Ticket};
use crate::ui::hints::Hint;
use crate::ui::icons::Icons;
use crate::ui::key::Key;
use crate::ui::keymap::Keymap;
use crate::ui::layout::Layout;
use crate::ui::list::{List, Marks};
use crate::ui::msg::{Context, EngineStatus, Level};
use crate::ui::notify::Calls;
use crate::ui::overlay::Overlay;
use crate::ui::reading::{Opened, ReadPolicy};
use crate::ui::reconfigure;
use crate::ui::setup::Book;
use crate::ui::sidebar::Sidebar;
use crate::ui::startup::{Colors, Macro, Startup};
pub(crate) use crate::ui::steps::{Back, Bulk, Purpose, Undo};
use crate::ui::theme::{Theme, Themes};
use crate::ui::thread::{End, Thread};
use crate::ui::wanted::Wanted;
use jiff::tz::TimeZone;
use ratatui::layout::Size;

/// Which pane the keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Focus {
    /// Views and channels.
    Sidebar,
    /// Conversations.
    List,
    /// Messages.
    Thread,
    /// The text field below them.
    Composer,
}

/// A line in the status bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) level: Level,
    pub(crate) text: String,
    pub(crate) until: Ms,
}

const UNDO_DEPTH: usize = 50;
/// Unread messages that the first look at a thread takes at most.
const MOST_UNREAD: usize = 1_000;

/// Everything that the screen knows.
#[derive(Debug)]
pub struct Model {
    pub(crate) me: AgentRow,
    pub(crate) workspace: String,
    pub(crate) tz: TimeZone,
    pub(crate) now: Ms,
    pub(crate) undo_ms: Ms,
    pub(crate) guard: Guard,
    pub(crate) themes: Themes,
    /// The place of the theme that is painted: the chosen one, or the one under the cursor of its picker.
    pub(crate) theme_shown: usize,
    pub(crate) colors: Colors,
    pub(crate) no_color: bool,
    pub(crate) theme: Theme,
    pub(crate) icons: Icons,
    pub(crate) keymap: Keymap,
    pub(crate) size: Size,
    pub(crate) layout: Layout,
    pub(crate) focus: Focus,
    pub(crate) sidebar_shown: bool,
    pub(crate) about_shown: bool,
    pub(crate) attended: bool,
    pub(crate) reads: ReadPolicy,
    pub(crate) opened: Option<Opened>,
    pub(crate) titled: bool,
    pub(crate) calls: Calls,
    /// Which hint of the tour is shown.
    pub(crate) tour: Option<usize>,
    pub(crate) sidebar: Sidebar,
    pub(crate) list: List,
    pub(crate) thread: Thread,
    pub(crate) ahead: Ahead,
    pub(crate) composer: Option<Composer>,
    /// Whether the composer shows how it will look.
    pub(crate) previews: bool,
    pub(crate) overlays: Vec<Overlay>,
    /// What was left with words in it.
    pub(crate) left: Option<Overlay>,
    /// What `$EDITOR` was given: whose words, and of which kind.
    pub(crate) edited: Option<(ConversationId, ComposeMode)>,
    pub(crate) chord: Vec<Key>,
    /// Keys for a list whose rows have not come yet.
    pub(crate) early: VecDeque<Key>,
    /// How often commands were run.
    pub(crate) uses: BTreeMap<&'static str, u32>,
    /// Whose conversations the agent was asked about and writes in knowingly.
    pub(crate) known_owners: BTreeMap<ConversationId, Assignee>,
    pub(crate) notice: Option<Notice>,
    pub(crate) hints: Vec<Hint>,
    pub(crate) status: EngineStatus,
    pub(crate) agents: Vec<AgentRow>,
    pub(crate) teams: Vec<TeamRow>,
    pub(crate) labels: Vec<String>,
    pub(crate) quick_replies: Vec<QuickReplyRow>,
    pub(crate) undo: Vec<Undo>,
    pub(crate) waiting: BTreeMap<Ticket, Purpose>,
    pub(crate) tickets: Ticket,
    /// Changes of many conversations that are under way.
    pub(crate) bulks: BTreeMap<Ticket, Bulk>,
    pub(crate) marks: Marks,
    /// The number typed before a command; none = none.
    pub(crate) count: Option<usize>,
    /// What `repeat` gives again.
    pub(crate) last_order: Option<Order>,
    /// The lines of the macro that is being recorded.
    pub(crate) recording: Option<Vec<String>>,
    /// The lines that were recorded and have no name yet.
    pub(crate) recorded: Vec<String>,
    pub(crate) macros: Vec<Macro>,
    /// Free fields of the qualification: names, and what they are for.
    pub(crate) fields: Vec<(String, String)>,
    /// What is known of providers.
    pub(crate) book: Book,
    /// Until when a customer counts as typing.
    pub(crate) typing: BTreeMap<ConversationId, Ms>,
    /// Until when which colleague counts as typing an answer.
    pub(crate) colleagues: BTreeMap<(ConversationId, String), Ms>,
    /// What was typed in this session; wins over what the store said earlier.
    pub(crate) drafts: BTreeMap<(ConversationId, ComposeMode), Written>,
    /// Drafts of conversations that are part of another one by now which stand in the draft of that one; the store may still have them.
    pub(crate) adopted: BTreeSet<(ConversationId, ComposeMode)>,
    /// A conversation that is part of another one by now, while something of its composer is on its way.
    pub(crate) put_off: Option<Box<(ConversationId, Context)>>,
    /// The newest message when an answer was begun that is not sent yet.
    pub(crate) began: BTreeMap<ConversationId, (Ms, MessageId)>,
    /// Conversations that were begun and in which nothing was said yet, with what was selected before.
    pub(crate) fresh: BTreeMap<ConversationId, Option<ConversationId>>,
    /// The region of telephone numbers.
    pub(crate) phone_region: Option<String>,
    /// Who fits what is typed as a recipient.
    pub(crate) recipients: Vec<Recipient>,
    /// Files that are waited for.
    pub(crate) wanted: Vec<Wanted>,
    /// Whose other ways are asked for.
    pub(crate) asked_ways: Option<ConversationId>,
    /// The other ways of the customer of a conversation.
    pub(crate) ways: Vec<Way>,
    /// The directory from which a file was last attached, as typed.
    pub(crate) attach_from: String,
    /// The query of the last search, to be found again.
    pub(crate) last_search: String,
    /// When saved searches are to be counted anew; none = not.
    pub(crate) count_at: Option<Ms>,
    /// What is wrong with the configuration.
    pub(crate) mistakes: Vec<String>,
    /// What of the configuration counts from the next start on.
    pub(crate) later: Vec<String>,
    /// Changes of the configuration that are being written, with what is said once they are.
    pub(crate) writing: BTreeMap<Ticket, String>,
    pub(crate) out: Vec<Effect>,
}

impl Model {
    /// The model of a starting screen; configuration errors become a notice.
    pub(crate) fn new(startup: Startup) -> Model {
        let themes = Themes::default();
        let mut model = Model {
            theme: Theme::new(&themes.all()[themes.chosen()], startup.colors, startup.no_color),
            sidebar: Sidebar::new(startup.me.id),
            list: List::new(startup.me.id),
            me: startup.me.clone(),
            workspace: startup.workspace.clone(),
            tz: startup.tz.clone(),
            now: startup.now,
            undo_ms: 0,
            guard: Guard::default(),
            theme_shown: themes.chosen(),
            themes,
            colors: startup.colors,
            no_color: startup.no_color,
            icons: Icons::default(),
            keymap: Keymap::default(),
            size: Size::new(0, 0),
            layout: Layout::default(),
            focus: Focus::List,
            sidebar_shown: true,
            about_shown: true,
            attended: true,
            reads: ReadPolicy::default(),
            opened: None,
            titled: false,
            tour: startup.comfort.tour.then_some(0),
            calls: Calls::default(),
            thread: Thread::default(),
            ahead: Ahead::default(),
            composer: None,
            previews: false,
            overlays: Vec::new(),
            left: None,
            edited: None,
            chord: Vec::new(),
            early: VecDeque::new(),
            uses: BTreeMap::new(),
            known_owners: BTreeMap::new(),
            notice: None,
            hints: Vec::new(),
            status: EngineStatus::default(),
            agents: Vec::new(),
            teams: Vec::new(),
            labels: Vec::new(),
            quick_replies: Vec::new(),
            undo: Vec::new(),
            waiting: BTreeMap::new(),
            tickets: 0,
            bulks: BTreeMap::new(),
            marks: Marks::default(),
            count: None,
            last_order: None,
            recording: None,
            recorded: Vec::new(),
            macros: Vec::new(),
            fields: Vec::new(),
            book: startup.book.clone(),
            typing: BTreeMap::new(),
            colleagues: BTreeMap::new(),
            drafts: BTreeMap::new(),
            adopted: BTreeSet::new(),
            put_off: None,
            began: BTreeMap::new(),
            fresh: BTreeMap::new(),
            phone_region: None,
            recipients: Vec::new(),
            wanted: Vec::new(),
            asked_ways: None,
            ways: Vec::new(),
            attach_from: "~/".into(),
            last_search: String::new(),
            count_at: None,
            mistakes: Vec::new(),
            later: Vec::new(),
            writing: BTreeMap::new(),
            out: Vec::new(),
        };
        let first = startup.first;
        let mistakes = reconfigure::mistakes(&startup);
        model.configure(startup);
        model.mistaken("", mistakes);
        model.load(Need::Sidebar);
        model.load_list();
        model.load(Need::Agents);
        model.load_soon(Need::QuickReplies);
        model.count_searches();
        if first {
            model.open_setup();
        }
        model.look_for_arrivals();
        model
    }

    /// Says something in the status bar. Errors stay longer.
    pub(crate) fn say(&mut self, level: Level, text: impl Into<String>) {
        let stay = if level >= Level::Warn { 12_000 } else { 4_000 };
        self.notice = Some(Notice { level, text: text.into(), until: self.now.saturating_add(stay) });
    }

    /// Asks for something to be read.
    pub(crate) fn load(&mut self, need: Need) {
        self.out.push(Effect::Load(need));
    }

    /// Asks for something to be read that may be asked for next.
    pub(crate) fn load_soon(&mut self, need: Need) {
        self.out.push(Effect::LoadSoon(need));
    }

    /// Asks for something to be done.
    pub(crate) fn perform(&mut self, action: Action, purpose: Purpose) -> Ticket {
        if let Action::Unread { conversation } = &action {
            self.unread_by_hand(*conversation);
        }
        self.tickets += 1;
        self.waiting.insert(self.tickets, purpose);
        self.out.push(Effect::Perform { ticket: self.tickets, action });
        self.tickets
    }

    /// Asks for a change that can be undone, and says it once it is done.
    pub(crate) fn change(&mut self, action: Action, said: impl Into<String>) {
        let inverse = self.inverse(&action);
        self.perform(action, Purpose::Change { inverse, said: said.into() });
    }

    /// What takes an action back that is about to be done.
    pub(crate) fn inverse(&self, action: &Action) -> Vec<Action> {
        let before = match action {
            Action::Set { conversation, .. }
            | Action::Read { conversation }
            | Action::Unread { conversation }
            | Action::Block { conversation, .. } => self.row(*conversation),
            _ => None,
        };
        before.map(|row| action.inverse(row, self.owner_of(row))).unwrap_or_default()
    }

    /// Remembers how to go back.
    pub(crate) fn remember(&mut self, undo: Undo) {
        if self.undo.len() >= UNDO_DEPTH {
            self.undo.remove(0);
        }
        self.undo.push(undo);
    }

    /// Whose a conversation is, in the terms of [`Owner`].
    pub(crate) fn owner_of(&self, row: &ConversationRow) -> Option<Owner> {
        match row.assignee? {
            Assignee::Agent(id) if id == self.me.id => Some(Owner::Agent(self.me.email.clone())),
            Assignee::Agent(id) => {
                self.agents.iter().find(|a| a.id == id).map(|a| Owner::Agent(a.email.clone()))
            }
            Assignee::Team(id) => self.teams.iter().find(|t| t.id == id).map(|t| Owner::Team(t.name.clone())),
        }
    }

    /// The conversation that commands are about: what is open, or in the list what is selected.
    pub(crate) fn target(&self) -> Option<ConversationId> {
        match self.focus {
            Focus::Sidebar | Focus::List => self.list.selected,
            Focus::Thread => self.thread.wanted.or(self.thread.conversation),
            Focus::Composer => self.composer.as_ref().map(|c| c.conversation),
        }
    }

    /// What is known about a conversation.
    pub(crate) fn row(&self, id: ConversationId) -> Option<&ConversationRow> {
        let listed = || self.list.rows.iter().find(|row| row.id == id);
        self.context(id).map(|context| &context.row).or_else(listed)
    }

    /// The row of the target.
    pub(crate) fn target_row(&self) -> Option<&ConversationRow> {
        self.target().and_then(|id| self.row(id))
    }

    /// The message that commands are about: the one under the cursor, or in the list the newest for which `fits` holds.
    pub(crate) fn target_message(&self, fits: impl Fn(&MessageRow) -> bool) -> Option<&MessageRow> {
        if self.thread.conversation != self.target() {
            return None;
        }
        let under = self.thread.cursor_message().filter(|_| self.focus == Focus::Thread);
        match under {
            Some(message) if fits(message) => Some(message),
            _ => self.thread.messages.iter().rev().find(|m| fits(m)),
        }
    }

    /// Goes to an end of the thread.
    pub(crate) fn go_in_thread(&mut self, end: End) {
        if let Some(need) = self.thread.go(end) {
            self.load(need);
        }
    }

    /// The message that a command changes: the one under the cursor; in the list the only one for which `fits` holds, if its
    /// thread is on screen. Nothing is ever done to a message that nobody has pointed at.
    ///
    /// # Errors
    /// Why there is none; `none` where nothing fits at all.
    pub(crate) fn pointed_at(
        &self,
        fits: impl Fn(&MessageRow) -> bool,
        none: &str,
    ) -> Result<&MessageRow, String> {
        if self.thread.conversation != self.target() {
            return Err(none.to_owned());
        }
        let mut fitting = self.thread.messages.iter().filter(|m| fits(m));
        let (first, second) = (fitting.next(), fitting.next());
        let Some(first) = first else { return Err(none.to_owned()) };
        if self.focus == Focus::Thread {
            let under = self.thread.cursor_message().filter(|m| fits(m));
            return under.ok_or_else(|| "it is for another message here: go to that one first".to_owned());
        }
        match second {
            None if self.layout.thread.is_some() => Ok(first),
            None => Err("open the conversation to see which message it is for".into()),
            Some(_) => Err("there are several: open the conversation and go to the one".into()),
        }
    }

    /// Wants the thread of a conversation. What is shown stays until the other has come.
    pub(crate) fn show(&mut self, id: ConversationId) {
        if self.thread.wanted.or(self.thread.conversation) == Some(id) {
            return;
        }
        self.leave_bare();
        self.close_composer();
        self.thread.wanted = (self.thread.conversation != Some(id)).then_some(id);
        self.thread.stash = None;
        self.thread.jump = None;
        if self.thread.wanted.is_some() && !self.show_ahead(id) {
            self.load(Need::Thread { conversation: id, at: ThreadAt::Latest, limit: self.first_limit(id) });
            self.load(Need::Context { conversation: id });
        }
    }

    /// How many messages the first look at a thread takes: a screen and a half, and all that is unread, so that the marker of what
    /// is new stands where it begins.
    pub(crate) fn first_limit(&self, id: ConversationId) -> usize {
        let unread = self.row(id).map_or(0, |row| usize::try_from(row.unread).unwrap_or(0));
        // One more, to see that what is before it is not new.
        self.thread.first_limit().max((unread + 1).min(MOST_UNREAD))
    }

    /// Shows what is selected in the list.
    pub(crate) fn follow(&mut self) {
        match self.list.selected {
            Some(id) => self.show(id),
            // Beside a list of nothing stands nothing.
            None if self.list.loaded && self.list.rows.is_empty() => self.thread.clear(),
            None => {}
        }
    }

    /// Gives the keys to a pane; the thread is then surely the one that is meant.
    pub(crate) fn focus_on(&mut self, focus: Focus) {
        if focus != Focus::Composer {
            self.close_composer();
        }
        if matches!(focus, Focus::Thread | Focus::Composer) {
            self.thread.settle();
        }
        self.focus = focus;
        if focus == Focus::List {
            self.list.settle();
            self.follow();
        }
    }

    /// Asks for the window of the list that is on screen.
    pub(crate) fn load_list(&mut self) {
        let need = self.list.need();
        self.load(need);
    }

    /// Has the saved searches counted, which nobody waits for.
    pub(crate) fn count_searches(&mut self) {
        self.count_at = None;
        let queries = self.sidebar.queries();
        if !queries.is_empty() {
            self.load_soon(Need::Searches { queries });
        }
    }

    /// Lists something else.
    pub(crate) fn list_from(&mut self, source: crate::ui::effect::ListSource) {
        if self.list.source != source {
            self.marks.clear();
            self.list.start(source);
        } else {
            self.list.go_top();
        }
        self.load_list();
    }

    /// Whether the customer is typing.
    pub(crate) fn is_typing(&self, id: ConversationId) -> bool {
        self.typing.get(&id).is_some_and(|until| *until > self.now)
    }

    /// Which colleagues are typing an answer in a conversation, in words; none if nobody is.
    pub(crate) fn colleagues_typing(&self, id: ConversationId) -> Option<String> {
        let names: Vec<String> = self
            .colleagues
            .iter()
            .filter(|((at, _), until)| *at == id && **until > self.now)
            .map(|((_, name), _)| format::called(name))
            .collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} is typing\u{2026}")),
            _ => Some(format!("{} are typing\u{2026}", names.join(" and "))),
        }
    }
}
