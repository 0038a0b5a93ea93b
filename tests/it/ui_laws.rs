//! Laws of the screen: whatever happens, at whatever size, it neither panics nor shows what could harm a terminal.

use crate::screens::mails::with_mails;
use crate::screens::screen::{Screen, startup};
use crate::screens::world::{self, NOW, World};
use frontdesk::domain::account::{Channel, Health};
use frontdesk::domain::command::Performed;
use frontdesk::domain::delivery::{Delivery, Reason};
use frontdesk::domain::ids::{AttachmentId, ConversationId, MessageId};
use frontdesk::domain::mail::{Mail, Mailbox};
use frontdesk::domain::message::{Direction, MessageKind};
use frontdesk::domain::row::{AttachmentRow, Fetch};
use frontdesk::domain::signal::Signal;
use frontdesk::ui::setup::{Answer, Ask, Fail, Spot};
use frontdesk::ui::{self, Effect, Key, Level, Loaded, Model, Mouse, MouseKind, Msg, RawBinding};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Keys(&'static str),
    Key(char),
    Mouse(u8, u16, u16),
    Paste(String),
    Resize(u16, u16),
    Tick(i64),
    Changed,
    /// The store answers what it was asked; late, or never for some.
    Answer(usize),
    Done(bool),
    /// What Setup has asked for.
    SetUp(bool),
    /// The configuration has changed: so many searches and keys.
    Configured(u8),
    /// A conversation comes, goes or moves.
    Shuffle(u8),
    Typing(i64),
    Edited(Option<String>),
    Fail,
}

/// What strangers write.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\u{1b}[2J\u{1b}]0;owned\u{7}".to_owned()),
        Just("\u{202e}gnp.exe\u{2066}\u{200f}".to_owned()),
        Just("a\u{0}b\u{9b}31mc\u{85}d\u{2028}e".to_owned()),
        Just("👩‍👩‍👧‍👦👍🏽🇳🇱 e\u{301}\u{301}\u{301} 中文字 ｶﾞ".to_owned()),
        Just("نص عربي و עברית".to_owned()),
        Just("x".repeat(3_000)),
        Just("\n\n\n\t\r\n".to_owned()),
        Just(String::new()),
        Just("\u{feff}\u{200b}\u{e0041}\u{fe0f}".to_owned()),
        "\\PC{0,40}",
        any::<String>(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let keys = prop::sample::select(vec![
        "j",
        "k",
        "<enter>",
        "<esc>",
        "<tab>",
        "<s-tab>",
        "h",
        "l",
        "gg",
        "G",
        "<pagedown>",
        "<pageup>",
        "<c-d>",
        "<c-u>",
        "r",
        "n",
        ";",
        "a",
        "e",
        "E",
        "p",
        "L",
        "Q",
        "U",
        "u",
        "s",
        "S",
        "T",
        "N",
        "x",
        "o",
        "w",
        "y",
        "d",
        "O",
        "/",
        "?",
        "!",
        ":",
        "t",
        "z",
        "]",
        "[",
        "f",
        "gm",
        "gw",
        "gc",
        "gca<enter>sales<enter>",
        "gc<tab>jj<enter>",
        "gc<tab>jjjj<enter>a",
        "gc<tab>jjjjj<enter><enter>",
        "gc<tab>jjjjjjj<enter><enter>",
        "gc<tab>jjjjjjjj<enter>",
        "<tab>",
        "<c-s>",
        "ga",
        "1",
        "9",
        "<f2>",
        "<c-k>",
        "<c-o>",
        "<c-t>",
        "<a-enter>",
        "<c-g>",
        "<backspace>",
        "<delete>",
        "<left>",
        "<up>",
        "<home>",
        "<end>",
        "<c-w>",
        "y",
        "q",
        "/order<enter>",
        "rhello<enter>",
        "Lnew<enter>",
        "Qdis<enter>why<enter>",
        "fAnna<enter>",
        "<a-e>",
        "<a-1>",
        "<tab>",
        "r/he<tab>",
        "r/late<tab>7<enter>",
        "r:smi<tab>",
        ":smile:",
        ":manage<enter>",
        "r4111111111111111<enter>",
        "rhello<a-l>2h<enter>",
        "rhello<a-r>",
        "rhello<a-s><enter>",
        "rhello<a-n>",
        "c<enter>+31612345678<enter>",
        "cAn",
        "C",
        "<a-c>",
        "b",
        "F",
        "v",
        "bhello<s-tab>",
        "<s-tab>",
        "<a-h>An",
        "<a-t>",
        "<c-a>x, ",
        "c<enter>a@b.example; c@d.example<enter>",
        "OR",
        "Ox",
        "y",
        "<enter>>",
    ]);
    prop_oneof![
        8 => keys.prop_map(Step::Keys),
        2 => any::<char>().prop_map(Step::Key),
        2 => (0..3u8, 0..300u16, 0..100u16).prop_map(|(k, x, y)| Step::Mouse(k, x, y)),
        1 => hostile().prop_map(Step::Paste),
        1 => (1..=300u16, 1..=100u16).prop_map(|(w, h)| Step::Resize(w, h)),
        1 => (1..=12u16, 1..=8u16).prop_map(|(w, h)| Step::Resize(w, h)),
        1 => prop_oneof![0..5_000i64, Just(-86_400_000i64), Just(86_400_000i64)].prop_map(Step::Tick),
        2 => Just(Step::Changed),
        8 => (0..6usize).prop_map(Step::Answer),
        2 => any::<bool>().prop_map(Step::Done),
        4 => any::<bool>().prop_map(Step::SetUp),
        1 => (0..5u8).prop_map(Step::Configured),
        2 => any::<u8>().prop_map(Step::Shuffle),
        1 => (1..8i64).prop_map(Step::Typing),
        1 => prop::option::of(hostile()).prop_map(Step::Edited),
        1 => Just(Step::Fail),
    ]
}

/// A desk whose customers, agents and files have the given names and words.
fn hostile_world(words: &[String]) -> World {
    let mut world = with_mails(World::failing());
    let mut next = words.iter().cycle().cloned();
    let mut word = || next.next().unwrap_or_default();
    for row in &mut world.rows {
        row.contact_name = word();
        row.preview = word();
        row.theirs = word();
        row.account_name = word();
        row.assignee_name = row.assignee_name.as_ref().map(|_| word());
        row.labels = row.labels.iter().map(|_| word()).collect();
        row.subject = Some(word());
    }
    for (n, message) in world.messages.iter_mut().enumerate() {
        message.text = word();
        message.author_name = Some(word());
        // Whoever wrote the mail chose these: none of them has to be an address.
        let mut boxes = |count: usize| -> Vec<Mailbox> {
            (0..count).map(|_| Mailbox { name: Some(word()), address: word() }).collect()
        };
        let (from, to, cc, bcc) = (boxes(1).pop(), boxes(n % 5), boxes(n % 3), boxes(n % 2));
        let reply_to = boxes(n % 2);
        let subject = word();
        message.mail = Some(Box::new(Mail { subject, from, reply_to, to, cc, bcc, ..Mail::default() }));
        message.kind = MessageKind::ALL[n % MessageKind::ALL.len()];
        if n % 2 == 0 {
            message.attachments.push(AttachmentRow {
                id: AttachmentId(n as i64),
                name: word(),
                mime: Some(word()),
                size: Some(u64::MAX),
                caption: Some(word()),
                path: (n % 4 == 0).then(|| "x".into()),
                error: (n % 3 == 0).then(&mut word),
                fetch: [Fetch::No, Fetch::OnDemand, Fetch::Due][n % 3],
            });
        }
        if message.direction == Direction::Outbound {
            message.delivery = Some(Delivery::ALL[n % Delivery::ALL.len()]);
            message.reason = Some(Reason { code: Some(word()), human: word() });
        }
    }
    for account in &mut world.accounts {
        account.name = word();
        account.detail = word();
    }
    world.labels = (0..3).map(|_| word()).collect();
    for reply in &mut world.quick_replies {
        (reply.reply.shortcut, reply.reply.title) = (word(), word());
        reply.reply.body.push_str(&word());
    }
    world.drafts = vec![(ConversationId(1), word())];
    world.status.chat = vec![(word(), word())];
    world.status.warnings.push(word());
    world
}

/// A configuration as it is read again: good, wrong in a way that the screen sees, or not to be read at all.
fn configured(n: u8) -> Msg {
    if n == 4 {
        return Msg::Misconfigured(vec!["/srv/config.toml:1:1: no \u{1b}[31m way".into()]);
    }
    let mut startup = startup();
    startup.searches = (0..n).map(|i| (format!("s{i}"), format!("label:l{i}"))).collect();
    let command = if n == 3 { "reslove" } else { "resolve" };
    startup.keys = (0..n)
        .map(|i| RawBinding {
            context: "panes".into(),
            key: format!("g {i}"),
            command: command.into(),
            file: "/srv/config.toml".into(),
            line: usize::from(i),
            displaces: true,
        })
        .collect();
    Msg::Configured(Box::new(startup))
}

struct Run {
    model: Model,
    world: World,
    size: Size,
    now: i64,
    asked: Vec<Effect>,
}

impl Run {
    fn new(world: World, size: Size) -> Run {
        let screen = Screen::new(world, size.width, size.height);
        Run { model: screen.model, world: screen.world, size, now: NOW, asked: screen.asked }
    }

    fn send(&mut self, msg: Msg) {
        let effects = ui::update(&mut self.model, msg);
        self.asked.extend(effects);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Keys(text) => {
                for key in ui::keys(text).unwrap() {
                    self.send(Msg::Key(key));
                }
            }
            Step::Key(c) => self.send(Msg::Key(Key::char(c))),
            Step::Mouse(kind, x, y) => {
                let kind = [MouseKind::Click, MouseKind::ScrollUp, MouseKind::ScrollDown][usize::from(kind)];
                self.send(Msg::Mouse(Mouse { kind, x, y }));
            }
            Step::Paste(text) => self.send(Msg::Paste(text)),
            Step::Resize(width, height) => {
                self.size = Size::new(width, height);
                self.send(Msg::Resize(width, height));
            }
            Step::Tick(by) => {
                self.now += by;
                self.send(Msg::Tick(self.now));
            }
            Step::Changed => self.send(Msg::Changed),
            Step::Answer(nth) => {
                let loads: Vec<usize> = (0..self.asked.len())
                    .filter(|i| matches!(self.asked[*i], Effect::Load(_) | Effect::LoadSoon(_)))
                    .collect();
                if let Some(at) = loads.get(nth % loads.len().max(1))
                    && let Effect::Load(need) | Effect::LoadSoon(need) = self.asked.remove(*at)
                    && let Some(mut loaded) = self.world.answer(&need)
                {
                    // Windows have more around them now and then.
                    if let Loaded::Thread { older, newer, .. } = &mut loaded {
                        (*older, *newer) = (nth % 2 == 1, nth % 3 == 1);
                    }
                    if let Loaded::List { above, below, .. } = &mut loaded {
                        (*above, *below) = (nth % 2 == 1, nth % 3 == 1);
                    }
                    self.send(Msg::Loaded(Box::new(loaded)));
                }
            }
            Step::Done(ok) => {
                let at = self.asked.iter().position(|e| matches!(e, Effect::Perform { .. }));
                if let Some(at) = at
                    && let Effect::Perform { ticket, .. } = self.asked.remove(at)
                {
                    let done = Performed { message: Some(MessageId(107)), ..Performed::default() };
                    let result = if ok { Ok(done) } else { Err("no \u{1b}[31m way".into()) };
                    self.send(Msg::Done { ticket, result });
                }
            }
            Step::Configured(n) => self.send(configured(n)),
            Step::SetUp(ok) => {
                if let Some(at) = self.asked.iter().position(|e| matches!(e, Effect::Configure { .. }))
                    && let Effect::Configure { ticket, .. } = self.asked.remove(at)
                {
                    let fail = Fail { words: vec!["no \u{1b}[31m way".into()], at: None };
                    let answer = Answer::Done(if ok { Ok(Vec::new()) } else { Err(fail) });
                    self.send(Msg::Setup { ticket, answer });
                }
                let at = self.asked.iter().position(|e| matches!(e, Effect::Setup { .. }));
                if let Some(at) = at
                    && let Effect::Setup { ticket, ask } = self.asked.remove(at)
                {
                    let hostile = || vec!["no \u{1b}[31m way\u{202e}".to_owned()];
                    let answer = match (ok, &ask) {
                        (true, _) => self.world.set_up(&ask),
                        (false, Ask::Look) => Answer::Look(Err(hostile())),
                        (false, Ask::Keyring) => Answer::Keyring(Err(hostile().remove(0))),
                        (false, Ask::Test(_)) => {
                            Answer::Tested(Err((Health::NeedsLogin, hostile().remove(0))))
                        }
                        (false, _) => {
                            let at = Some(Spot::Setting("auth_token".into()));
                            Answer::Done(Err(Fail { words: hostile(), at }))
                        }
                    };
                    self.send(Msg::Setup { ticket, answer });
                }
            }
            Step::Shuffle(seed) => {
                let count = self.world.rows.len();
                match seed % 4 {
                    0 if count > 1 => self.world.rows.rotate_left(usize::from(seed) % count),
                    1 if count > 0 => drop(self.world.rows.remove(usize::from(seed) % count)),
                    2 => {
                        let id = 1_000 + i64::from(seed);
                        if !self.world.rows.iter().any(|r| r.id.0 == id) {
                            self.world.rows.insert(
                                0,
                                world::conversation(id, "New \u{202e}one", Channel::Webchat, "site", 0, "hi"),
                            );
                        }
                    }
                    _ => self.world.messages.push(world::message(
                        1 + i64::from(seed % 4),
                        10_000 + self.world.messages.len() as i64,
                        Direction::Inbound,
                        "Anna",
                        0,
                        "one more",
                    )),
                }
            }
            Step::Typing(id) => {
                let (conversation, on) = (ConversationId(id), id % 2 == 0);
                self.send(Msg::Signal(Signal::ContactTyping { conversation, on }));
                let agent = "Tom \u{202e}\u{1b}[2J".to_owned();
                self.send(Msg::Signal(Signal::AgentTyping { conversation, agent, on }));
            }
            Step::Edited(text) => self.send(Msg::Edited(text)),
            Step::Fail => {
                self.send(Msg::LoadFailed("the database is locked".into()));
                self.send(Msg::Notice(Level::Error, "a\u{1b}b".into()));
            }
        }
    }

    /// Draws, and checks what must always hold.
    fn check(&mut self) -> Result<(), TestCaseError> {
        ui::prepare(&mut self.model, self.size);
        let mut terminal = Terminal::new(TestBackend::new(self.size.width, self.size.height)).unwrap();
        terminal.draw(|frame| ui::draw(&self.model, frame)).unwrap();
        for cell in &terminal.backend().buffer().content {
            let bad = cell.symbol().chars().find(|c| is_harmful(*c));
            prop_assert!(bad.is_none(), "{:?} in a cell", cell.symbol());
        }
        let wake = ui::wake_at(&self.model);
        prop_assert!(wake.is_some_and(|at| at > self.now), "{wake:?} is not after {}", self.now);
        Ok(())
    }
}

pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_breaks_the_screen(
        words in prop::collection::vec(hostile(), 1..12),
        steps in prop::collection::vec(step(), 1..60),
        width in 1..=300u16,
        height in 1..=100u16,
    ) {
        let mut run = Run::new(hostile_world(&words), Size::new(width, height));
        run.check()?;
        for step in steps {
            run.step(step);
            run.check()?;
        }
    }

    #[test]
    fn a_reply_never_changes_its_customer(
        before in prop::collection::vec(step(), 0..20),
        during in prop::collection::vec(prop_oneof![
            Just(Step::Changed), (0..6usize).prop_map(Step::Answer), any::<u8>().prop_map(Step::Shuffle), Just(Step::Tick(400)),
        ], 0..20),
    ) {
        let mut run = Run::new(World::busy(), Size::new(120, 40));
        for step in before {
            run.step(step);
            run.check()?;
        }
        run.step(Step::Keys("<esc><esc><esc><esc>"));
        let Some(meant) = run.model.selected().filter(|_| run.model.focus() == ui::Focus::List) else {
            return Ok(());
        };
        run.asked.clear();
        run.step(Step::Keys("n"));
        for step in during {
            run.step(step);
            run.check()?;
        }
        run.step(Step::Keys("for you only<enter>"));
        for effect in &run.asked {
            if let Effect::Perform { action: frontdesk::domain::command::Action::Note { conversation, .. }, .. } = effect {
                prop_assert_eq!(*conversation, meant);
            }
        }
    }
}
