//! What the composer says about itself: to whom and how, how long, what stands in the way.

use crate::domain::attachment::{Enclosure, Written};
use crate::domain::availability::window_left;
use crate::domain::capability::{ChannelCapabilities, Formatting};
use crate::domain::command::ComposeMode;
use crate::domain::row::ConversationRow;
use crate::text::segments::{self, Encoding};
use crate::text::{format, markup, sanitize, wrap};
use crate::ui::composer::NAME;
use crate::ui::composer::files::{FileLine, file_lines};
use crate::ui::composer::head_view::{self, HeadLine};
use crate::ui::composer::preview;
use crate::ui::composer::state::{Composer, channel, refusal};
use crate::ui::model::Model;
use crate::ui::msg::Context;
use crate::ui::paint::{cells, folded};
use crate::ui::theme::Role;
use ratatui_textarea::TextArea;

/// Lines that files take at most; where there are more, the last one tells how many.
const FILES: usize = 4;
/// Lines that one warning takes at most.
const WARNING: usize = 4;

/// What the composer says about itself. Made in `prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Face {
    /// PUBLIC or NOTE.
    pub(crate) badge: &'static str,
    /// To whom and how, and what else there is room for.
    pub(crate) to: String,
    /// Length, segments.
    pub(crate) size: String,
    /// The size needs a look.
    pub(crate) size_role: Option<Role>,
    /// The head, where it is a mail.
    pub(crate) mail: Vec<HeadLine>,
    /// What stands in the way, or should be known first.
    pub(crate) warnings: Vec<(String, Role)>,
    /// Lines of the files that go along, as far as there is room for them.
    pub(crate) files: Vec<FileLine>,
    /// Files beyond those.
    pub(crate) more_files: usize,
    /// Rows that the text wants.
    pub(crate) rows: u16,
    /// How it will look, where that is wanted.
    pub(crate) preview: Vec<preview::Line>,
}

/// To whom and how. Where there is no room for that the name is cut, and goes at last: the medium stays.
pub(crate) fn addressed(row: &ConversationRow, room: u16) -> String {
    let name = format::person(&row.contact_name, &row.theirs);
    let by = format!("by {}", row.channel.title());
    let left = room.saturating_sub(cells("to ") + 1 + cells(&by));
    if left < NAME.min(cells(&name)) {
        return by;
    }
    format!("to {} {by}", wrap::truncate(&name, usize::from(left)))
}

impl Model {
    /// Makes the composer's words about itself, for a pane of this size.
    pub(crate) fn face(&self, composer: &Composer, width: u16, height: u16) -> Face {
        let text = composer.text();
        let mut face = Face { rows: rows(&composer.area, width), ..Face::default() };
        let context = self.context(composer.conversation);
        match (composer.mode, context) {
            (ComposeMode::Note, _) => {
                face.badge = "NOTE";
                face.to = "private, only agents read it".into();
            }
            (ComposeMode::Reply, None) => {
                face.badge = "PUBLIC";
                face.to = "reading the conversation…".into();
            }
            (ComposeMode::Reply, Some(context)) => {
                face.badge = "PUBLIC";
                let caps = channel(context);
                let mut sizes =
                    caps.map(|caps| measure(&mut face, caps, composer, &text)).unwrap_or_default();
                let alarm = self.alarm(composer);
                if let Some((words, role)) = &alarm {
                    // What a colleague does comes before how long it is.
                    if let Some(size) = sizes.first() {
                        face.warnings.push((size.clone(), face.size_role.unwrap_or(Role::Dim)));
                    }
                    sizes.clone_from(words);
                    face.size_role = Some(*role);
                }
                let left = caps
                    .and_then(|caps| caps.reply_window)
                    .map(|window| window_left(window, context.row.last_inbound_at, self.now))
                    .filter(|left| *left > 0)
                    .map(crate::ui::thread::words::span);
                let room = width.saturating_sub(cells("PUBLIC "));
                match &composer.head {
                    Some(head) => {
                        let whole = head.whole();
                        face.head(context, left, &sizes, room, &|room| head_view::addressed(&whole, room));
                        face.mail = head_view::lines(head, width, usize::from(height * 2 / 5));
                        face.warnings.extend(
                            self.about_words(head)
                                .into_iter()
                                .map(|(words, is_odd)| (words, if is_odd { Role::Warn } else { Role::Dim })),
                        );
                    }
                    None => face.head(context, left, &sizes, room, &|room| addressed(&context.row, room)),
                }
                if let (Some((words, role)), true) = (alarm, face.size.is_empty()) {
                    face.warnings.extend(words.into_iter().next().map(|words| (words, role)));
                }
                if let Some(whose) = self.colleagues_own(composer.conversation) {
                    face.warnings.push((format!("! the conversation is {whose}'s"), Role::Warn));
                }
            }
        }
        let Some(context) = context else {
            return face;
        };
        let reasons = composer.file_reasons(context, self.now);
        let mut files: Vec<_> = composer.files.iter().zip(&reasons).collect();
        // What is said of a file by itself is said beside it.
        let fine = files.iter().filter(|(_, why)| why.is_none());
        let rest = Written {
            text: text.clone(),
            files: fine.map(|(file, _)| (*file).clone()).collect(),
            mail: composer.head.as_ref().map(|head| Box::new(head.said())),
        };
        if files.len() > FILES {
            // Those with which something is wrong are seen in any case.
            files.sort_by_key(|(_, why)| why.is_none());
            face.more_files = files.len() - (FILES - 1);
            files.truncate(FILES - 1);
        }
        let lines = |(file, why): (&Enclosure, &Option<String>)| {
            file_lines(self.icons, file, why.as_deref(), width.saturating_sub(2))
        };
        let passed_on = composer.head.as_ref().and_then(|head| self.passed_on(head, width.saturating_sub(2)));
        face.files = passed_on.into_iter().chain(files.into_iter().flat_map(lines)).collect();
        if let Some(why) = refusal(context, composer.mode, (!rest.is_blank()).then_some(&rest), self.now) {
            face.warnings.push((format!("✗ cannot be sent: {why}"), Role::Bad));
        }
        if let (ComposeMode::Note, Some(colleagues)) =
            (composer.mode, self.colleagues_typing(composer.conversation))
        {
            face.warnings.push((colleagues, Role::Accent));
        }
        if let (ComposeMode::Reply, Some(caps)) = (composer.mode, channel(context)) {
            face.warnings.extend(self.formatting_words(context, caps, &text, width));
            if self.previews {
                face.preview = preview::lines(caps, &text, !composer.files.is_empty(), width);
            }
        }
        for wanted in self.awaited(composer.conversation) {
            face.warnings.push((format!("… {} is being fetched", wanted.name), Role::Dim));
        }
        if composer.copying > 0 {
            face.warnings.push(("… a file is being copied".into(), Role::Dim));
        }
        if composer.sending.is_some() {
            face.warnings.push(("… being stored".into(), Role::Dim));
        }
        let lines = |(text, role): &(String, Role)| {
            let role = *role;
            folded(text, width.max(8), WARNING).into_iter().map(move |line| (line, role))
        };
        face.warnings = face.warnings.iter().flat_map(lines).collect();
        face
    }
}

impl Model {
    /// What a colleague has done or does about the same customer: for the first line, in ever fewer words.
    fn alarm(&self, composer: &Composer) -> Option<(Vec<String>, Role)> {
        if let Some((who, ..)) = self.answered_meanwhile(composer) {
            let who = sanitize::line(&who).into_owned();
            let long = format!("! {who} has answered since you began");
            let short = format!("! {} has answered", format::called(&who));
            return Some((vec![long, short, "! answered".into()], Role::Warn));
        }
        let typing = self.colleagues_typing(composer.conversation)?;
        Some((vec![typing, "! typing\u{2026}".into()], Role::Accent))
    }
}

impl Model {
    /// What the medium makes of marks: said before anything is typed, and where marks are.
    fn formatting_words(
        &self,
        context: &Context,
        caps: &ChannelCapabilities,
        text: &str,
        width: u16,
    ) -> Option<(String, Role)> {
        let knows = matches!(caps.formatting, Formatting::Whatsapp | Formatting::Markdown);
        // What is typed for a medium that knows none are, mostly, the marks of the others.
        let marks = if knows { caps.formatting } else { Formatting::Whatsapp };
        let has_marks = !markup::format(marks, text).marks.is_empty();
        if !has_marks && !text.trim().is_empty() && !self.previews {
            return None;
        }
        let is_lost = has_marks && !knows;
        let role = if is_lost { Role::Warn } else { Role::Dim };
        let title = context.row.channel.title();
        let [long, short] = markup::words(caps.formatting).map(|words| format!("{title}: {words}"));
        let key = format!(" · {} previews", self.keymap.first_label("compose.preview"));
        let forms = if self.previews {
            vec![long]
        } else {
            vec![format!("{long}{key}"), format!("{short}{key}"), long]
        };
        // One line: the text needs the others.
        let words = forms.into_iter().find(|form| cells(form) <= width).unwrap_or(short);
        Some((words, role))
    }
}

impl Face {
    /// Fills the first line. What there is no room for goes in the order of what it tells: first the account, then the window
    /// (which gets a line of its own), then the words of the size, then the end of the name, then the size.
    fn head(
        &mut self,
        context: &Context,
        left: Option<String>,
        sizes: &[String],
        room: u16,
        whom: &dyn Fn(u16) -> String,
    ) {
        let row = &context.row;
        let whole = whom(u16::MAX);
        let account = format!(" · {}", sanitize::line(&context.account.name));
        let window = left.as_ref().map_or_else(String::new, |left| format!(" · window {left}"));
        let beside = |size: &str| if size.is_empty() { room } else { room.saturating_sub(cells(size) + 2) };
        let longest = sizes.first().map_or("", String::as_str);
        let full = [format!("{whole}{account}{window}"), format!("{whole}{window}")];
        if let Some(form) = full.into_iter().find(|form| cells(form) <= beside(longest)) {
            (self.to, self.size) = (form, longest.to_owned());
            return;
        }
        if let Some(left) = left {
            self.warnings.push((format!("window: {left} left to answer"), Role::Dim));
        }
        let least = cells("to  by ") + NAME + cells(row.channel.title());
        let size = sizes
            .iter()
            .find(|size| cells(&whole) <= beside(size))
            .or_else(|| sizes.last().filter(|size| least <= beside(size)));
        self.size = size.cloned().unwrap_or_default();
        self.to = whom(beside(&self.size));
    }
}

/// Length and segments, in words and in short.
fn measure(face: &mut Face, caps: &ChannelCapabilities, composer: &Composer, text: &str) -> Vec<String> {
    if let (Some(called), false) = (&caps.attachments.called, composer.files.is_empty()) {
        let count = composer.files.len();
        let plural = if count == 1 { "" } else { "s" };
        return vec![format!("{called} · {count} file{plural}"), called.clone()];
    }
    if caps.segments {
        let count = segments::segments(text);
        let plural = if count.segments == 1 { "" } else { "s" };
        let mut words = format!("{} SMS segment{plural} · {} left", count.segments, count.left);
        if count.encoding == Encoding::Ucs2 {
            let odd: String = segments::offenders(text).into_iter().take(8).collect();
            let odd = sanitize::line(&odd).into_owned();
            if segments::look_alikes(text) != text {
                face.warnings.push((
                    format!("{odd} make it Unicode, 70 a segment: Ctrl-G for plain ones"),
                    Role::Warn,
                ));
            } else {
                words.push_str(" · Unicode");
            }
        }
        if count.segments > 3 {
            face.size_role = Some(Role::Warn);
        }
        let short = format!("{} SMS", count.segments);
        return vec![words, format!("{short} · {} left", count.left), short];
    }
    let length = text.chars().count();
    match caps.max_text {
        Some(max) if length * 10 >= max * 8 => {
            face.size_role = Some(if length > max { Role::Bad } else { Role::Warn });
            vec![format!("{length} of {max}"), format!("{length}/{max}")]
        }
        _ => Vec::new(),
    }
}

/// Screen rows that the text takes, as far as it matters.
fn rows(area: &TextArea<'_>, width: u16) -> u16 {
    let width = usize::from(width.saturating_sub(1)).max(1);
    let rows: usize = area.lines().iter().take(100).map(|line| wrap::width(line) / width + 1).sum();
    u16::try_from(rows).unwrap_or(u16::MAX)
}
