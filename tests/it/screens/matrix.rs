//! Every pane and every dialog in each size and in each state of the desk: laws that hold on all of these screens, and what each
//! dialog looks like.

use super::mails::with_mails;
use super::screen::{Screen, startup};
use super::world::{self, MIN, World, conversation, message};
use crate::ui_laws::is_harmful;
use frontdesk::domain::account::Channel;
use frontdesk::domain::capability::AttachmentLimits;
use frontdesk::domain::ids::{AccountId, AttachmentId, ContactId, ConversationId};
use frontdesk::domain::message::Direction;
use frontdesk::domain::reach::Way;
use frontdesk::domain::row::AttachmentRow;
use frontdesk::ui::Startup;
use frontdesk::ui::startup::Macro;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];
const STATES: [&str; 4] = ["busy", "failing", "offline", "empty"];
/// Where what is known of the customer stands beside the thread instead of above it.
const BESIDE: u16 = 150;

/// Something that can be on the screen.
struct Scene {
    name: &'static str,
    /// The top of the stack of overlays as `Debug` tells it; nothing = no overlay.
    above: &'static str,
    /// What stands in its frame or, without one, somewhere on the screen.
    title: &'static str,
    keys: &'static str,
    /// It is there without any conversation.
    is_always: bool,
    /// Its pictures are here; else they are among the other ones of the screen.
    is_kept: bool,
    /// The desk has a mailbox.
    has_mails: bool,
}

const fn pane(name: &'static str, title: &'static str, keys: &'static str) -> Scene {
    Scene { name, above: "", title, keys, is_always: false, is_kept: false, has_mails: false }
}

const fn dialog(name: &'static str, above: &'static str, title: &'static str, keys: &'static str) -> Scene {
    Scene { name, above, title, keys, is_always: false, is_kept: true, has_mails: false }
}

impl Scene {
    const fn always(mut self) -> Scene {
        self.is_always = true;
        self
    }

    /// Before a mailbox.
    const fn mails(mut self) -> Scene {
        self.has_mails = true;
        self
    }

    /// Its pictures are elsewhere.
    const fn seen(mut self) -> Scene {
        self.is_kept = false;
        self
    }
}

const THREE: &str = "rHere is *all* of it.<a-a>par<enter><a-a>Ter<enter><a-a>unb<enter>";

fn scenes() -> Vec<Scene> {
    vec![
        pane("list", "All open", "").always(),
        pane("views", "Mine", "<s-tab>").always(),
        pane("thread", "Anna de Vries", "<enter>"),
        pane("failed messages", "Bob Chen", "j<enter>"),
        pane("chord", "Unassigned", "g"),
        pane("count", "31 open", "3"),
        pane("marks", "2 marked", "<space><space>"),
        pane("reply", "PUBLIC to Anna", "rI am looking into it,<c-j>one moment please."),
        pane("note", "only agents read it", "nShe is cross."),
        pane("new conversation", "PUBLIC to", "c<enter>+31600000001<enter>Good morning"),
        pane("reply with files", "parcel.jpg", THREE),
        pane("preview", "will look like this", "rIt is *on its way*:<c-j>- `NL-1`<a-p>"),
        pane("files and preview", "will look like this", "rIt is *on its way*.<a-a>par<enter><a-p>"),
        pane("parts of an SMS", "1  ", "jrThank you for your patience, \u{2013} it left today.<a-p>"),
        pane("closed composer", "opted out", "jj"),
        pane("mail thread", "Cc Karin Holm", "<enter>").mails(),
        pane("mail unfolded", "Karin Holm <karin@", "<enter>v").mails(),
        pane("machines", "answering machine", "jj<enter>gg").mails(),
        pane("mail answer", "PUBLIC to Petra", "rDear Petra").mails(),
        pane("mail answer to all", "to all: Petra", "bDear Petra").mails(),
        pane("wrong address", "is no address", "rDear Petra<s-tab><up><end>, bo<tab>").mails(),
        pane("known people", "▸ Omar Haddad", "rDear Petra<a-h>Om").mails(),
        pane("copies", "Bcc", "rDear Petra<a-h>karin@insurance.example").mails(),
        pane("forward", "forward to nobody yet", "F").mails(),
        pane("recording", "recording", "@").always(),
        pane("tour", "Look around", ":tour<enter>").always(),
        dialog("commands", "Picker(Picker { kind: Commands", "Commands", ":").always(),
        dialog("macros", "Picker(Picker { kind: Macros", "Run a macro", ",").always(),
        dialog("others", "Picker(Picker { kind: Others", "Other conversations of this customer", "I"),
        dialog("agents", "Picker(Picker { kind: Agents", "Assign to", "a"),
        dialog("priority", "Picker(Picker { kind: Priority", "Priority", "p"),
        dialog("labels", "Picker(Picker { kind: Labels", "Labels", "L"),
        dialog("qualification", "Picker(Picker { kind: Qualification", "Qualify as", "Q"),
        dialog("snooze", "Picker(Picker { kind: Snooze", "Snooze until", "s"),
        dialog("later", "Picker(Picker { kind: Later", "Send at", "rSee you<a-l>"),
        dialog(
            "send and snooze",
            "Picker(Picker { kind: SendAndSnooze",
            "Send, and snooze until",
            "rSee you<a-s>",
        ),
        dialog("account", "Picker(Picker { kind: Account", "Write on", "c"),
        dialog("recipient", "Picker(Picker { kind: Recipient", "Write to", "c<enter>"),
        dialog("way", "Picker(Picker { kind: Way", "Answer by", "rSo sorry<a-c>"),
        dialog("quick replies", "Picker(Picker { kind: QuickReplies", "Quick replies", ";"),
        dialog("emoji", "Picker(Picker { kind: Emoji", "Emoji", "r:smi<tab>"),
        dialog("open a file", "Picker(Picker { kind: Files { save: false", "Open which file", "jjjo"),
        dialog("save a file", "Picker(Picker { kind: Files { save: true", "Save which file", "jjjw"),
        dialog(
            "detach",
            "Picker(Picker { kind: Enclosed",
            "Which file does not go along",
            "rHere is *all* of it.<a-a>par<enter><a-a>Ter<enter><a-a>unb<enter><a-k>",
        ),
        dialog("themes", "Picker(Picker { kind: Themes", "Theme", ":theme\u{2026}<enter>").always(),
        dialog("help pages", "Picker(Picker { kind: Pages", "Help", ":help pages<enter>").always(),
        dialog("search", "Search(Search {", "Search", "/order").always(),
        dialog("filter", "Prompt(Prompt { kind: Filter", "Filter the list", "f").always(),
        dialog("save as", "Prompt(Prompt { kind: SaveFile", "Save the file as", "w"),
        dialog("disqualify", "Prompt(Prompt { kind: Disqualify", "Disqualified because", "Qdis<enter>"),
        dialog("score", "Prompt(Prompt { kind: Score", "Score", "Qscore<enter>"),
        dialog("field", "Prompt(Prompt { kind: Field", "budget", "Qbudget<enter>"),
        dialog("name of a macro", "Prompt(Prompt { kind: NameMacro", "Name of the macro", "@p1@"),
        dialog("attach", "Browse(Browse {", "Attach a file", "rLook<a-a>"),
        dialog("confirm", "Confirm(Confirm {", "Please confirm", "t"),
        dialog("question", "Asking(Asking {", "late", "r/late<tab>3S"),
        dialog(
            "doubts of a mail",
            "Doubts(Doubts {",
            "Send it all the same?",
            "rIt is attached.<s-tab><c-u><c-s>",
        )
        .mails(),
        dialog(
            "recipients of a mail",
            "Picker(Picker { kind: Recipient",
            "Write to",
            "c<enter>x@y.example, Pet",
        )
        .mails(),
        dialog("doubts", "Doubts(Doubts {", "Send it all the same?", "r4111 1111 1111 1111 {{x}}<enter>"),
        dialog("keys", "Help(Help {", "Keys", "?").always(),
        dialog("help page", "Page {", "Searching", ":help search<enter>").always(),
        dialog("manage quick replies", "Canned(Canned {", "Quick replies", ":manage<enter>").always(),
        dialog("status", "Status {", "Engine and channels", "!").always(),
        dialog("about", "About {", "About the customer", "i"),
        dialog("outbox", "Outbox {", "Outbox", "O").always(),
        dialog("delivery", "Delivery {", "Delivery", "j<enter>d"),
        dialog("setup channels", "Setup(", "Channels", "gc").always().seen(),
        dialog("setup account", "Setup(", "Channels", "gc<enter>").always().seen(),
        dialog("setup providers", "Setup(", "Add an account", "gca").always().seen(),
        dialog("setup wizard", "Setup(", "step", "gca/twilio<enter><enter>sales<enter>AC1<enter>")
            .always()
            .seen(),
        dialog("setup quick replies", "Setup(", "Quick replies", "gc<tab>j<enter>").always().seen(),
        dialog("setup labels", "Setup(", "Labels", "gc<tab>jj<enter>").always().seen(),
        dialog("setup agents", "Setup(", "Agents", "gc<tab>jjj<enter>").always().seen(),
        dialog("setup sla", "Setup(", "SLA", "gc<tab>jjjj<enter>").always().seen(),
        dialog("setup macros", "Setup(", "Macros", "gc<tab>jjjjj<enter>").always().seen(),
        dialog("setup searches", "Setup(", "Searches", "gc<tab>jjjjjj<enter>").always().seen(),
        dialog("setup fields", "Setup(", "Fields", "gc<tab>jjjjjjj<enter>").always().seen(),
        dialog("setup keys", "Setup(", "Keys", "gc<tab>jjjjjjjj<enter>").always().seen(),
        dialog("setup theme", "Setup(", "Theme", "gc<tab>jjjjjjjjj<enter>").always().seen(),
        dialog("setup form", "Setup(", "SLA", "gc<tab>jjjj<enter>a").always().seen(),
    ]
}

/// WhatsApp takes some kinds of files.
pub fn limit_files(world: &mut World) {
    let caps = world.accounts.first_mut().and_then(|account| account.capabilities.as_mut()).unwrap();
    caps.channels[0].attachments = AttachmentLimits {
        kinds: vec!["image/jpeg".into(), "image/png".into(), "video/".into(), "application/pdf".into()],
        bytes: 16_000_000,
        count: 3,
        ..AttachmentLimits::default()
    };
}

/// The desk in a state, with something for every dialog.
fn desk(state: &str) -> World {
    let mut world = match state {
        "busy" => World::busy(),
        "failing" => World::failing(),
        "offline" => World::offline(),
        _ => return World::empty(),
    };
    limit_files(&mut world);
    let mut again = conversation(31, "Anna de Vries", Channel::Sms, "hotline", 400 * MIN, "And my invoice?");
    again.contact = ContactId(1);
    world.rows.push(again);
    world.steps = World::failing().steps;
    if state != "failing" {
        world.messages.push(message(2, 202, Direction::Outbound, "Ana Sousa", 12 * MIN, "It is on its way."));
    }
    for visitors in world.messages.iter_mut().filter(|m| m.conversation == ConversationId(4)) {
        visitors.attachments = ["receipt.pdf", "Photograph of the parcel as it lay before my door.jpg"]
            .into_iter()
            .zip(41..)
            .map(|(name, id)| AttachmentRow {
                id: AttachmentId(id),
                name: name.into(),
                mime: None,
                size: Some(80_000),
                caption: None,
                path: Some("files/2".into()),
                error: None,
                fetch: Default::default(),
            })
            .collect();
    }
    world.ways = vec![Way {
        account: AccountId(2),
        account_name: "hotline".into(),
        channel: Channel::Sms,
        to: "+31612345678".into(),
        conversation: Some(ConversationId(31)),
        last_inbound_at: Some(world::NOW - 50 * MIN),
        last_message_at: Some(world::NOW - 50 * MIN),
        window_left: None,
        preferred: true,
        why_not: None,
    }];
    world
}

fn settings(no_color: bool) -> Startup {
    let lines = ["label +vip", "priority high", "assign me"].map(str::to_owned).to_vec();
    Startup {
        macros: vec![Macro { name: "vip".into(), lines, place: "config.toml:31".into() }],
        searches: vec![("Refunds".into(), "refund status:open".into())],
        fields: vec![("budget".into(), "what they can spend".into())],
        no_color,
        ..startup()
    }
}

/// A scene as it is drawn.
struct Shown {
    buffer: Buffer,
    /// It lies above the panes.
    is_above: bool,
    /// Whether it is what it should be, and not only what was there before.
    is_open: bool,
}

fn show(scene: &Scene, state: &str, (width, height): (u16, u16), no_color: bool) -> Shown {
    let world = match desk(state) {
        world if scene.has_mails && state != "empty" => with_mails(world),
        world => world,
    };
    let mut screen = Screen::begin(settings(no_color), world, width, height).keys(scene.keys);
    let told = format!("{:?}", screen.model);
    let above = told.split_once("overlays: [").map_or("", |(_, rest)| rest);
    let is_above = !scene.above.is_empty() && (scene.name != "about" || width < BESIDE);
    let is_open = if is_above { above.contains(scene.above) } else { above.starts_with(']') };
    Shown { buffer: screen.buffer(), is_above, is_open }
}

/// The words of a part of the screen, a line for each row.
fn words(buffer: &Buffer, area: Rect) -> Vec<String> {
    let row = |y: u16| {
        let mut line = String::new();
        let mut x = area.x;
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(symbol.width()).unwrap_or(1).max(1);
        }
        line.trim_end().to_owned()
    };
    (area.y..area.bottom()).map(row).collect()
}

/// The frame with this title.
fn framed(buffer: &Buffer, title: &str) -> Option<Rect> {
    let all = buffer.area;
    let is_here = |x: u16, y: u16| {
        buffer[(x, y)].symbol() == "╭"
            && words(buffer, Rect::new(x, y, all.width - x, 1))[0].contains(&format!("─ {title}"))
    };
    let (x, y) =
        (0..all.height).flat_map(|y| (0..all.width).map(move |x| (x, y))).find(|at| is_here(at.0, at.1))?;
    let right = (x..all.width).find(|right| buffer[(*right, y)].symbol() == "╮")?;
    let bottom = (y..all.height).find(|bottom| buffer[(x, *bottom)].symbol() == "╰")?;
    Some(Rect::new(x, y, right - x + 1, bottom - y + 1))
}

/// What a scene must never do; in words.
fn broken(scene: &Scene, state: &str, size: (u16, u16)) -> Vec<String> {
    let mut out = Vec::new();
    let Shown { buffer, is_above, is_open } = show(scene, state, size, false);
    let rows = words(&buffer, buffer.area);
    let last = rows.last().cloned().unwrap_or_default();
    for (y, row) in rows.iter().enumerate() {
        if row.chars().any(is_harmful) {
            out.push(format!("something harmful in row {y}: {row:?}"));
        }
        if row.width() > usize::from(size.0) {
            out.push(format!("row {y} is wider than the screen: {row}"));
        }
    }
    // Hair lines are faint, and nothing else that is to be read.
    let faint = buffer.content.iter().find(|cell| cell.symbol() == "─").map(|cell| cell.fg);
    let is_word = |cell: &&Cell| cell.symbol().chars().all(char::is_alphanumeric);
    let faded: String =
        buffer.content.iter().filter(is_word).filter(|c| Some(c.fg) == faint).map(Cell::symbol).collect();
    if !faded.is_empty() {
        out.push(format!("hardly to be read: {faded:?}"));
    }
    let is_expected = scene.is_always || state != "empty";
    if is_expected && !is_open {
        out.push(format!("not open; the last line says: {last}"));
    }
    let ways_out: &[&str] = match scene.above {
        _ if !is_above || !is_open => &["keys", "Esc "],
        "Confirm(Confirm {" | "Doubts(Doubts {" => &["n no"],
        _ => &["Esc "],
    };
    if !ways_out.iter().any(|way| last.contains(way)) {
        out.push(format!("no way out in the last line: {last}"));
    }
    if is_open && (is_above || state != "empty") {
        let title = if scene.name == "about" && !is_above { "Anna de Vries" } else { scene.title };
        if !rows.iter().any(|row| row.contains(title)) {
            out.push(format!("{title:?} is nowhere to be read"));
        }
    }
    if is_open && is_above {
        let frame = framed(&buffer, scene.title);
        if scene.is_kept && frame.is_none() {
            out.push("it has no frame".into());
        }
        let inside = frame.map(|area| words(&buffer, area)).unwrap_or_default();
        out.extend(inside.iter().filter_map(|row| cut(row)).map(|row| format!("cut: {row}")));
    }
    let bare = show(scene, state, size, true).buffer;
    if words(&bare, bare.area) != rows {
        out.push("other words without colours".into());
    }
    let is_plain = |color: Color| color == Color::Reset;
    if !bare.content.iter().all(|cell| is_plain(cell.fg) && is_plain(cell.bg)) {
        out.push("colours although there should be none".into());
    }
    let named = |fault: String| format!("{} {state} {}x{}: {fault}", scene.name, size.0, size.1);
    out.into_iter().map(named).collect()
}

/// What may be longer than there is room for, or only looks as if it was.
const LONG: &[&str] = &[
    // What others wrote: told whole under the cursor, or in its thread.
    "Photograph of the parcel",
    "Terms and conditions",
    "Hello, I have ordered",
    // Why an account cannot be chosen: told whole under the cursor.
    "a conversation cannot be started on WhatsApp",
    // They ask further.
    "score",
    "budget",
];

/// A row in which a word was cut off.
fn cut(row: &str) -> Option<String> {
    let is_cut = row.match_indices('…').any(|(at, _)| {
        let before = &row[..at];
        before.ends_with(char::is_alphanumeric) && !LONG.iter().any(|long| before.contains(long))
    });
    is_cut.then(|| row.trim().to_owned())
}

fn laws(state: &str) {
    let mut faults = Vec::new();
    for scene in scenes() {
        for size in SIZES {
            faults.extend(broken(&scene, state, size));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_scene_of_a_busy_desk() {
    laws("busy");
}

#[test]
fn every_scene_of_a_failing_desk() {
    laws("failing");
}

#[test]
fn every_scene_of_a_desk_that_is_offline() {
    laws("offline");
}

#[test]
fn every_scene_of_an_empty_desk() {
    laws("empty");
}

/// The names of the variants of an enum, from its source.
fn variants<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
    let (_, rest) = source.split_once(&format!("enum {name} {{\n")).unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    let is_name = |line: &&str| line.starts_with("    ") && line[4..].starts_with(char::is_uppercase);
    let name = |line: &'a str| line.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    body.lines().filter(is_name).map(name).collect()
}

/// A dialog that is added is added here too.
#[test]
fn no_dialog_is_forgotten() {
    let overlays = include_str!("../../../src/ui/overlay/mod.rs");
    let pickers = include_str!("../../../src/ui/overlay/picker.rs");
    let scenes = scenes();
    let mut wanted: Vec<String> = Vec::new();
    wanted.extend(variants(overlays, "Overlay").into_iter().map(str::to_owned));
    wanted
        .extend(variants(overlays, "PromptKind").iter().map(|kind| format!("Prompt(Prompt {{ kind: {kind}")));
    wanted
        .extend(variants(pickers, "PickerKind").iter().map(|kind| format!("Picker(Picker {{ kind: {kind}")));
    assert!(wanted.len() > 35, "{wanted:?}");
    for above in wanted {
        let is_of = |scene: &Scene| {
            let rest = scene.above.strip_prefix(above.as_str());
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        assert!(scenes.iter().any(is_of), "{above} is in no scene");
    }
}

/// Each dialog, cut out, in each size and state; where several look the same, once.
#[test]
fn every_dialog() {
    for scene in scenes().iter().filter(|scene| scene.is_kept) {
        let mut seen: Vec<(String, Vec<String>)> = Vec::new();
        for size in SIZES {
            for state in STATES {
                let Shown { buffer, is_open, .. } = show(scene, state, size, false);
                let Some(frame) = framed(&buffer, scene.title).filter(|_| is_open) else { continue };
                let all = buffer.area;
                let mut picture = words(&buffer, frame);
                // Room for more rows is told by one of them.
                picture.dedup();
                picture.extend(words(&buffer, Rect::new(0, all.height - 1, all.width, 1)));
                let name = format!("{}x{} {state}", size.0, size.1);
                match seen.iter_mut().find(|(_, other)| *other == picture) {
                    Some((names, _)) => {
                        let _ = write!(names, ", {name}");
                    }
                    None => seen.push((name, picture)),
                }
            }
        }
        let parts: Vec<String> =
            seen.iter().map(|(names, rows)| format!("{names}\n{}", rows.join("\n"))).collect();
        let name = scene.name.replace(' ', "_");
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("dialog_{name}"), parts.join("\n\n"));
        });
    }
}
