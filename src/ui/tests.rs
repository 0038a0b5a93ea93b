//! update() by example: keys in, effects out.

use crate::domain::command::{Action, ComposeMode, Performed, set};
use crate::domain::contact::ConsentState;
use crate::domain::conversation::{Assignee, Priority, Qualification, QualificationState, Status};
use crate::domain::delivery::Delivery;
use crate::domain::facet::Owner;
use crate::domain::ids::{AgentId, ConversationId, MessageId, QuickReplyId};
use crate::domain::message::Direction;
use crate::domain::row::{ConsentRow, ConversationRow, MessageRow, QuickReplyRow, SearchHit, View};
use crate::ui::fixture::{self, NOW};
use crate::ui::{
    Context, Effect, Focus, Found, ListSource, Loaded, Model, Msg, Need, ThreadAt, keys, prepare, start,
    update, wake_at,
};
use ratatui::layout::Size;

/// A screen of 120×40 before a small store of three conversations.
struct Desk {
    model: Model,
    rows: Vec<ConversationRow>,
    messages: Vec<MessageRow>,
    context: Box<dyn Fn(i64) -> Context>,
    /// What was asked for besides reading.
    out: Vec<Effect>,
    loads: Vec<Need>,
}

impl Desk {
    fn new() -> Desk {
        Desk::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Desk)) -> Desk {
        let (model, effects) = start(fixture::startup());
        let mut desk = Desk {
            model,
            rows: (1..=3).map(fixture::conversation).collect(),
            messages: vec![fixture::message(10, Direction::Inbound, "hello")],
            context: Box::new(fixture::context),
            out: Vec::new(),
            loads: Vec::new(),
        };
        change(&mut desk);
        prepare(&mut desk.model, Size::new(120, 40));
        desk.perform(effects);
        desk.loads.clear();
        desk
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Load(need) = effect else {
                self.out.push(effect);
                continue;
            };
            self.loads.push(need.clone());
            let loaded = match need {
                Need::List { source, anchor, .. } => {
                    Loaded::List { source, anchor, rows: Ok(self.rows.clone()), above: false, below: false }
                }
                Need::Thread { conversation, at, .. } => {
                    let messages =
                        self.messages.iter().cloned().map(|m| MessageRow { conversation, ..m }).collect();
                    Loaded::Thread { conversation, at, messages, older: false, newer: false }
                }
                Need::Context { conversation } => {
                    let mut context = (self.context)(conversation.0);
                    if let Some(row) = self.rows.iter().find(|r| r.id == conversation) {
                        context.row = row.clone();
                    }
                    Loaded::Context(context)
                }
                _ => continue,
            };
            self.send(Msg::Loaded(Box::new(loaded)));
        }
    }

    fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        prepare(&mut self.model, Size::new(120, 40));
        self.perform(effects);
    }

    /// Types, and returns what was asked for besides reading.
    fn keys(&mut self, text: &str) -> Vec<Effect> {
        self.out.clear();
        for key in keys(text).unwrap() {
            self.send(Msg::Key(key));
        }
        std::mem::take(&mut self.out)
    }

    fn done(&mut self, ticket: u64, result: Result<Performed, String>) {
        self.send(Msg::Done { ticket, result });
    }
}

/// The actions among effects.
fn actions(effects: Vec<Effect>) -> Vec<Action> {
    effects
        .into_iter()
        .filter_map(|e| match e {
            Effect::Perform { action, .. } => Some(action),
            _ => None,
        })
        .collect()
}

fn id(n: i64) -> ConversationId {
    ConversationId(n)
}

fn status(n: i64, to: Status) -> Action {
    Action::Set { conversation: id(n), facet: set::status(to) }
}

fn reply(n: i64, text: &str) -> Action {
    Action::Reply { conversation: id(n), text: text.into(), undo_ms: 5_000 }
}

#[test]
fn it_starts_with_what_is_on_screen() {
    let (_, effects) = start(fixture::startup());
    assert_eq!(
        effects,
        [
            Effect::Load(Need::Sidebar),
            Effect::Load(Need::List { source: ListSource::View(View::Open), anchor: None, limit: 200 }),
            Effect::Load(Need::Agents),
        ]
    );
}

#[test]
fn moving_never_marks_read_and_opening_does() {
    let mut desk = Desk::with(|d| d.rows[1].unread = 2);
    assert_eq!(desk.keys("j"), []);
    assert_eq!((desk.model.selected(), desk.model.shown()), (Some(id(2)), Some(id(2))));
    assert_eq!(actions(desk.keys("<enter>")), [Action::Read { conversation: id(2) }]);
    assert_eq!(desk.model.focus(), Focus::Thread);
    assert_eq!(actions(desk.keys("<esc>j<enter>")), [], "nothing unread there");
}

#[test]
fn a_reply_goes_where_it_was_begun() {
    let mut desk = Desk::new();
    let sent = desk.keys("jrhello<enter>");
    assert_eq!(actions(sent), [reply(2, "hello")]);
    // The list has turned upside down meanwhile; the words still belong to the second customer.
    let mut desk = Desk::new();
    desk.keys("jr");
    desk.rows.reverse();
    desk.rows.remove(1);
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("hello<enter>")), [reply(2, "hello")]);
}

#[test]
fn words_go_only_when_they_are_stored() {
    let mut desk = Desk::new();
    desk.keys("rhello<enter>");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
    desk.done(1, Err("the disk is full".into()));
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("the disk is full"));
    assert_eq!(actions(desk.keys("<enter>")), [reply(1, "hello")]);
    desk.done(2, Ok(Performed { message: Some(MessageId(77)), ..Performed::default() }));
    assert!(desk.model.composer.is_none());
    assert_eq!(desk.model.focus(), Focus::Thread);
}

#[test]
fn enter_twice_sends_once_and_later_words_stay() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys("rhello<enter><enter>")).len(), 1);
    desk.keys("<c-j>and more");
    desk.done(1, Ok(Performed::default()));
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "and more");
}

#[test]
fn a_send_that_fails_after_leaving_keeps_the_words_as_draft() {
    let mut desk = Desk::new();
    desk.keys("rhello<enter><esc><esc>j");
    desk.out.clear();
    desk.done(1, Err("refused".into()));
    let draft = Action::Draft { conversation: id(1), mode: ComposeMode::Reply, text: "hello".into() };
    assert_eq!(actions(std::mem::take(&mut desk.out)), [draft]);
    desk.keys("kr");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
}

#[test]
fn a_paste_never_sends_and_is_made_harmless() {
    let mut desk = Desk::new();
    desk.keys("r");
    desk.send(Msg::Paste("one\ntwo\x1b[31m\u{202e}\r\n".into()));
    assert_eq!(desk.out, []);
    assert_eq!(actions(desk.keys("<enter>")), [reply(1, "one\ntwo[31m\n")]);
}

#[test]
fn drafts_are_kept_while_typing_and_at_leaving() {
    let mut desk = Desk::new();
    assert_eq!(desk.keys("rhel"), [Effect::Typing { conversation: id(1), on: true }]);
    assert_eq!(wake_at(&desk.model), Some(NOW + 300));
    desk.send(Msg::Tick(NOW + 299));
    assert_eq!(desk.out, []);
    desk.send(Msg::Tick(NOW + 300));
    let draft =
        |text: &str| Action::Draft { conversation: id(1), mode: ComposeMode::Reply, text: text.into() };
    assert_eq!(actions(std::mem::take(&mut desk.out)), [draft("hel")]);
    let left = desk.keys("lo<esc>");
    assert_eq!(
        left,
        [
            Effect::Perform { ticket: 2, action: draft("hello") },
            Effect::Typing { conversation: id(1), on: false }
        ]
    );
    assert_eq!(actions(desk.keys("r<c-q>")), [], "nothing new to keep");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
}

#[test]
fn a_stored_draft_comes_back() {
    let mut desk = Desk::with(|d| {
        d.context = Box::new(|n| Context { draft_reply: Some("half a".into()), ..fixture::context(n) });
    });
    assert_eq!(actions(desk.keys("r word<enter>")), [reply(1, "half a word")]);
}

#[test]
fn bare_letters_are_typed_while_composing() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys("rejEmq;/:?<esc>")).len(), 1);
    assert_eq!(desk.model.drafts.values().next().unwrap(), "ejEmq;/:?");
}

#[test]
fn why_nothing_can_be_sent_is_said_and_the_words_stay() {
    let mut desk = Desk::with(|d| {
        d.context = Box::new(|n| {
            let consent = ConsentRow { state: ConsentState::OptedOut, at: NOW, said: "STOP".into() };
            Context { consent: Some(consent), ..fixture::context(n) }
        });
    });
    assert_eq!(actions(desk.keys("rhello<enter>")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("opted out"));
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");
}

#[test]
fn a_colleagues_answer_is_shown_before_a_second_one_goes() {
    let mut desk = Desk::new();
    desk.keys("rhello");
    let mut other = fixture::message(11, Direction::Outbound, "done");
    other.author_name = Some("Tom Baker".into());
    desk.messages.push(other);
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("<enter>")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("Tom Baker"));
    assert_eq!(actions(desk.keys("<enter>")), [reply(1, "hello")]);
}

#[test]
fn triage_from_list_and_thread_alike() {
    for open in ["", "<enter>"] {
        let mut desk = Desk::new();
        desk.keys(open);
        let mine = Action::Set {
            conversation: id(1),
            facet: set::owner(Some(Owner::Agent("ana@acme.example".into()))),
        };
        assert_eq!(actions(desk.keys("m")), std::slice::from_ref(&mine));
        assert_eq!(actions(desk.keys("e")), [status(1, Status::Resolved)]);
        let urgent = Action::Set { conversation: id(1), facet: set::priority(Priority::Urgent) };
        assert_eq!(actions(desk.keys("p4")), std::slice::from_ref(&urgent));
        assert_eq!(actions(desk.keys("purg<enter>")), [urgent]);
        let vip = Action::Set { conversation: id(1), facet: set::label("vip", true) };
        assert_eq!(actions(desk.keys("Lvip<enter>")), [vip]);
        let judged =
            Qualification { state: QualificationState::Disqualified, reason: Some("a robot".into()) };
        let judged = Action::Set { conversation: id(1), facet: set::qualification(Some(judged)) };
        assert_eq!(actions(desk.keys("Qdis<enter>a robot<enter>")), [judged]);
        assert_eq!(actions(desk.keys("U")), [Action::Unread { conversation: id(1) }]);
        assert_eq!(actions(desk.keys("ame<enter>")), [mine]);
    }
}

#[test]
fn resolve_and_go_on() {
    let mut desk = Desk::with(|d| d.rows[1].unread = 1);
    let done = desk.keys("<enter>E");
    assert_eq!(actions(done), [status(1, Status::Resolved), Action::Read { conversation: id(2) }]);
    assert_eq!((desk.model.shown(), desk.model.focus()), (Some(id(2)), Focus::Thread));
    desk.keys("<esc>G");
    assert_eq!(actions(desk.keys("E")), [status(3, Status::Resolved)]);
    assert_eq!(desk.model.selected(), Some(id(2)), "the last one gives way to the one before");
}

#[test]
fn undo_brings_back_what_was() {
    let mut desk = Desk::with(|d| {
        d.rows[0].priority = Priority::Low;
        d.rows[0].assignee = Some(Assignee::Agent(AgentId(1)));
    });
    desk.keys("p4");
    desk.done(1, Ok(Performed { changed: true, ..Performed::default() }));
    desk.keys("anone<enter>");
    desk.done(2, Ok(Performed { changed: true, ..Performed::default() }));
    let owner =
        Action::Set { conversation: id(1), facet: set::owner(Some(Owner::Agent("ana@acme.example".into()))) };
    assert_eq!(actions(desk.keys("u")), [owner]);
    let low = Action::Set { conversation: id(1), facet: set::priority(Priority::Low) };
    assert_eq!(actions(desk.keys("u")), [low]);
    assert_eq!(actions(desk.keys("u")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("nothing to undo"));
}

#[test]
fn a_send_can_be_taken_back_and_its_words_are_the_draft_again() {
    let mut desk = Desk::new();
    desk.keys("rhello<enter>");
    desk.done(1, Ok(Performed { message: Some(MessageId(77)), ..Performed::default() }));
    assert_eq!(actions(desk.keys("u")), [Action::Cancel { message: MessageId(77) }]);
    desk.done(2, Ok(Performed::default()));
    desk.keys("r");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello");

    let mut desk = Desk::new();
    desk.keys("rhello<enter>");
    desk.done(1, Ok(Performed { message: Some(MessageId(77)), ..Performed::default() }));
    desk.send(Msg::Tick(NOW + 5_000));
    assert_eq!(actions(desk.keys("u")), [], "it has left");
}

#[test]
fn failed_and_doubtful_messages_have_their_keys() {
    let state = |delivery| {
        Desk::with(|d| {
            let mut message = fixture::message(11, Direction::Outbound, "there");
            message.delivery = Some(delivery);
            d.messages.push(message);
        })
    };
    assert_eq!(actions(state(Delivery::Failed).keys("s")), [Action::Retry { message: MessageId(11) }]);
    let mut unknown = state(Delivery::Unknown);
    assert_eq!(actions(unknown.keys("s")), [], "not by the ordinary key");
    assert!(unknown.model.notice.as_ref().unwrap().text.contains("S sends it again"));
    assert_eq!(actions(unknown.keys("S")), [Action::Retry { message: MessageId(11) }]);
    assert_eq!(actions(unknown.keys("T")), [Action::Settle { message: MessageId(11), sent: true }]);
    let mut failed = state(Delivery::Failed);
    assert_eq!(actions(failed.keys("x")), [Action::Discard { message: MessageId(11) }]);
    failed.done(1, Ok(Performed::default()));
    failed.keys("r");
    assert_eq!(failed.model.composer.as_ref().unwrap().text(), "there");
}

#[test]
fn opting_out_asks_first() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys("t<enter>n")), []);
    let out = Action::Consent { conversation: id(1), state: ConsentState::OptedOut };
    assert_eq!(actions(desk.keys("ty")), [out]);
}

#[test]
fn quick_replies_are_filled_in_at_the_cursor_and_counted() {
    let mut desk = Desk::new();
    desk.send(Msg::Loaded(Box::new(Loaded::QuickReplies(vec![QuickReplyRow {
        id: QuickReplyId(5),
        shortcut: "hi".into(),
        title: "Greeting".into(),
        body: "Hi {{contact.name}}, {{agent.first_name}} here.".into(),
        uses: 0,
    }]))));
    let used = Action::QuickReplyUsed { id: QuickReplyId(5) };
    assert_eq!(actions(desk.keys(";hi<enter>")), std::slice::from_ref(&used));
    assert_eq!(actions(desk.keys("!<enter>")), [reply(1, "Hi Customer 1, Ana here.!")]);
    let mut desk2 = Desk::new();
    desk2.model.quick_replies = desk.model.quick_replies.clone();
    desk2.keys("nfirst <c-o>");
    desk2.keys("<enter>");
    assert_eq!(desk2.model.composer.as_ref().unwrap().text(), "first Hi Customer 1, Ana here.");
}

#[test]
fn search_asks_with_every_letter_and_drops_old_answers() {
    let mut desk = Desk::new();
    desk.keys("/or");
    let asked: Vec<_> = desk.loads.drain(..).collect();
    let need = |ticket, text: &str| Need::Search { ticket, text: text.into(), limit: 100 };
    assert_eq!(asked, [need(1, "o"), need(2, "or")]);
    let hit = SearchHit {
        conversation: id(3),
        message: MessageId(10),
        channel: crate::domain::account::Channel::Sms,
        contact: crate::domain::ids::ContactId(3),
        contact_name: "Customer 3".into(),
        direction: Direction::Inbound,
        sent_at: NOW,
        text: "order".into(),
    };
    let answer = |ticket, hits| {
        let found = Ok(Found { hits, ..Found::default() });
        Msg::Loaded(Box::new(Loaded::Search { ticket, found }))
    };
    desk.send(answer(2, vec![hit]));
    desk.send(answer(1, Vec::new()));
    desk.keys("<enter>");
    assert_eq!((desk.model.shown(), desk.model.focus()), (Some(id(3)), Focus::Thread));
    let around = ThreadAt::Around { sent_at: NOW, id: MessageId(10) };
    assert!(desk.loads.iter().any(|n| matches!(n, Need::Thread { at, .. } if *at == around)));
}

#[test]
fn views_have_their_chords() {
    let mut desk = Desk::new();
    desk.keys("gw");
    let waiting = Need::List { source: ListSource::View(View::Waiting), anchor: None, limit: 200 };
    assert_eq!(desk.loads[0], waiting);
    desk.keys("gq");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no such key"));
    desk.keys("3");
    assert_eq!(desk.model.selected(), Some(id(3)));
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut desk = Desk::with(|d| d.rows.clear());
    assert_eq!(desk.keys("e"), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no conversation is selected"));
}

#[test]
fn the_palette_runs_commands_by_name() {
    let mut desk = Desk::new();
    assert_eq!(desk.keys(":quit<enter>"), [Effect::Quit]);
    assert_eq!(actions(desk.keys("<c-k>resolve or<enter>")), [status(1, Status::Resolved)]);
}

#[test]
fn a_picker_stays_with_its_conversation() {
    let mut desk = Desk::new();
    desk.keys("p");
    desk.rows.remove(0);
    desk.send(Msg::Changed);
    let got = actions(desk.keys("4"));
    assert_eq!(got, [Action::Set { conversation: id(1), facet: set::priority(Priority::Urgent) }]);
}

#[test]
fn a_change_reads_again_what_is_on_screen_and_nothing_else() {
    let mut desk = Desk::new();
    desk.send(Msg::Changed);
    let kinds: Vec<_> = desk
        .loads
        .iter()
        .map(|n| match n {
            Need::Sidebar => "sidebar",
            Need::List { .. } => "list",
            Need::Thread { .. } => "thread",
            Need::Context { .. } => "context",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["sidebar", "list", "thread", "context"]);
    assert!(desk.model.is_idle());
}

#[test]
fn the_screen_wakes_for_countdowns() {
    let mut desk = Desk::with(|d| {
        let mut message = fixture::message(11, Direction::Outbound, "there");
        message.delivery = Some(Delivery::Queued);
        message.due_at = Some(NOW + 2_500);
        d.messages.push(message);
    });
    assert_eq!(wake_at(&desk.model), Some(NOW + 500));
    desk.send(Msg::Tick(NOW + 2_600));
    assert_eq!(wake_at(&desk.model), Some(NOW + 60_000));
}
