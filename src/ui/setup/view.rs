//! Paints Setup: the sections at the left, at the right what is in one.

use crate::domain::account::Health;
use crate::text::wrap::truncate;
use crate::ui::input::Input;
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::paint::{Pen, folded};
use crate::ui::setup::entry::{Entry, What};
use crate::ui::setup::state::{Page, Setup};
use crate::ui::setup::{Book, ChannelInfo, Section, listing_view, wizard_view};
use crate::ui::sidebar::{health_glyph, health_word};
use crate::ui::theme::Role;
use ratatui::layout::Rect;
use std::ops::Range;

/// The width of the sections.
const SIDE: u16 = 16;
/// Below this width sections and content take turns.
const TWO: u16 = 60;
/// Words that have less room behind others stand below them.
const LEAST: u16 = 16;

/// What is typed in a line.
pub(super) enum Field<'a> {
    Open(&'a Input),
    /// So many letters that do not show.
    Hidden(usize),
}

/// A line of the content.
#[derive(Default)]
pub(super) struct Line<'a> {
    pieces: Vec<(String, Role)>,
    field: Option<Field<'a>>,
    is_chosen: bool,
}

/// The content, and which of its lines have to be seen.
#[derive(Default)]
pub(super) struct Sheet<'a> {
    lines: Vec<Line<'a>>,
    /// The lines under the cursor.
    cursor: Range<usize>,
    /// The first line, where nothing is under a cursor.
    pub(super) top: usize,
    width: u16,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(width: u16) -> Sheet<'a> {
        Sheet { width, ..Sheet::default() }
    }

    pub(super) fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    pub(super) fn line(&mut self, pieces: Vec<(String, Role)>) {
        self.lines.push(Line { pieces, ..Line::default() });
    }

    /// Words folded to the width, with so many cells before them.
    pub(super) fn words(&mut self, indent: u16, text: &str, role: Role) {
        let room = self.width.saturating_sub(indent).max(1);
        for line in folded(text, room, usize::MAX) {
            let pad = " ".repeat(usize::from(indent));
            self.line(vec![(pad, Role::Text), (line, role)]);
        }
    }

    /// Words behind a mark that hangs.
    pub(super) fn marked(&mut self, mark: &str, text: &str, role: Role) {
        for (n, line) in folded(text, self.width.saturating_sub(2).max(1), usize::MAX).into_iter().enumerate()
        {
            let mark = if n == 0 { mark } else { " " };
            self.line(vec![(format!("{mark} "), role), (line, role)]);
        }
    }

    /// A line in which something is typed.
    pub(super) fn field(&mut self, pieces: Vec<(String, Role)>, entry: &'a Entry) {
        let hidden = entry.is_hidden();
        let field = if hidden { Field::Hidden(entry.hidden.len()) } else { Field::Open(&entry.input) };
        self.lines.push(Line { pieces, field: Some(field), is_chosen: false });
    }

    /// A line in which something is typed openly.
    pub(super) fn typed(&mut self, pieces: Vec<(String, Role)>, input: &'a Input) {
        self.lines.push(Line { pieces, field: Some(Field::Open(input)), is_chosen: false });
    }

    /// Clean words behind others, folded below themselves.
    pub(super) fn columns(&mut self, before: Vec<(String, Role)>, text: &str, role: Role) {
        let indent: usize = before.iter().map(|(text, _)| crate::text::wrap::width(text)).sum();
        let indent = u16::try_from(indent).unwrap_or(u16::MAX);
        let room = self.width.saturating_sub(indent);
        if room < LEAST {
            self.line(before);
            return self.words(2, text, role);
        }
        let mut lines = folded(text, room, usize::MAX).into_iter();
        let first = lines.next().unwrap_or_default();
        self.line(before.into_iter().chain([(first, role)]).collect());
        for line in lines {
            self.line(vec![(" ".repeat(usize::from(indent)), Role::Text), (line, role)]);
        }
    }

    /// All lines since `from` are under the cursor.
    pub(super) fn choose(&mut self, from: usize) {
        for line in &mut self.lines[from..] {
            line.is_chosen = true;
        }
        self.cursor = from..self.lines.len();
    }

    /// All lines since `from` have to be seen with what is under the cursor.
    pub(super) fn reveal(&mut self, from: usize) {
        self.cursor = from..self.lines.len();
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Paints the lines that fit.
    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        let page = usize::from(area.height);
        let most = self.lines.len().saturating_sub(page);
        let top = if self.cursor.is_empty() {
            self.top.min(most)
        } else {
            self.cursor.end.saturating_sub(page).min(self.cursor.start)
        };
        for (y, line) in (area.top()..area.bottom()).zip(self.lines.iter().skip(top)) {
            if line.is_chosen {
                pen.ground(Rect::new(area.x, y, area.width, 1), Role::Selected);
                pen.glyph(area.x, y, "▌", Role::Accent);
            }
            let mut x = area.x + 1;
            for (text, role) in &line.pieces {
                let room = area.right().saturating_sub(x);
                let cut = truncate(text, usize::from(room));
                x = pen.verbatim(x, y, room, &cut, *role);
            }
            let room = area.right().saturating_sub(x);
            match &line.field {
                None => {}
                Some(Field::Open(input)) => input.draw(pen, x, y, room),
                Some(Field::Hidden(count)) => {
                    let shown = (*count).min(usize::from(room.saturating_sub(1)));
                    let end = pen.verbatim(x, y, room, &"•".repeat(shown), Role::Text);
                    pen.verbatim(end, y, area.right().saturating_sub(end), " ", Role::Cursor);
                }
            }
        }
        if top + page < self.lines.len() && area.height > 0 {
            pen.glyph(area.right().saturating_sub(1), area.bottom() - 1, "↓", Role::Dim);
        }
        if top > 0 {
            pen.glyph(area.right().saturating_sub(1), area.y, "↑", Role::Dim);
        }
    }
}

/// A word in a column: sanitised, cut or filled up to so many cells.
pub(super) fn column(text: &str, width: usize) -> String {
    let clean = crate::text::sanitize::line(text);
    let cut = truncate(&clean, width.saturating_sub(1)).into_owned();
    let pad = width.saturating_sub(crate::text::wrap::width(&cut));
    cut + &" ".repeat(pad)
}

/// Foreign words of one line.
pub(super) fn plain(text: &str) -> String {
    crate::text::sanitize::line(text).into_owned()
}

/// Paints Setup over the panes and their hair lines.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>, setup: &Setup) {
    let body = model.layout.body;
    let top = body.y.saturating_sub(u16::from(model.layout.header.is_some()));
    let bottom = body.bottom() + u16::from(model.layout.header.is_some());
    let area = Rect::new(body.x, top, body.width, bottom.saturating_sub(top));
    pen.clear(area, Role::Text);
    if model.layout.header.is_some() {
        pen.rule(area.x, area.y, area.width);
        pen.rule(area.x, area.bottom().saturating_sub(1), area.width);
    }
    let mut content = body;
    if body.width >= TWO || setup.on_sections {
        let side = if body.width >= TWO { SIDE } else { body.width };
        draw_sections(pen, setup, Rect::new(body.x, body.y, side, body.height));
        if body.width < TWO {
            return;
        }
        let x = body.x + side;
        (body.top()..body.bottom()).for_each(|y| pen.glyph(x, y, "│", Role::Faint));
        if model.layout.header.is_some() {
            pen.glyph(x, area.y, "┬", Role::Faint);
            pen.glyph(x, area.bottom().saturating_sub(1), "┴", Role::Faint);
        }
        content = Rect::new(x + 1, body.y, body.width - side - 1, body.height);
    }
    // A column of air at both sides.
    let inner = content.width.saturating_sub(2).min(100);
    let mut sheet = match setup.wizard() {
        Some(wizard) => wizard_view::sheet(model, setup, wizard, inner),
        None => sheet(model, setup, inner),
    };
    if setup.look.is_none() && setup.trouble.is_empty() {
        sheet = Sheet::new(inner);
        sheet.words(0, "reading…", Role::Dim);
    }
    content = match setup.wizard() {
        Some(wizard) => wizard.find.draw(pen, content),
        None if setup.section() != Section::Channels => setup.find.draw(pen, content),
        None => content,
    };
    let foot = foot(setup, inner);
    let lines = u16::try_from(foot.len()).unwrap_or(u16::MAX).min(content.height.saturating_sub(3));
    let split = content.bottom().saturating_sub(lines);
    sheet.draw(pen, Rect::new(content.x, content.y, inner + 2, split.saturating_sub(content.y)));
    foot.draw(pen, Rect::new(content.x, split, inner + 2, lines));
}

fn draw_sections(pen: &mut Pen<'_>, setup: &Setup, area: Rect) {
    for (y, section) in (area.top()..area.bottom()).zip(Section::ALL) {
        if section == setup.section() {
            let ground = if setup.on_sections { Role::Selected } else { Role::Marked };
            pen.ground(Rect::new(area.x, y, area.width, 1), ground);
            pen.glyph(area.x, y, "▌", if setup.on_sections { Role::Accent } else { Role::Faint });
        }
        let role = if section == setup.section() { Role::Strong } else { Role::Text };
        pen.text(area.x + 2, y, area.width.saturating_sub(2), section.part().title, role);
    }
}

/// What stands at the bottom: why the file cannot be read, what is asked, what became of the last change.
fn foot<'a>(setup: &Setup, width: u16) -> Sheet<'a> {
    let mut foot = Sheet::new(width);
    for why in &setup.trouble {
        foot.marked("✗", why, Role::Bad);
    }
    if let (Some(look), None) = (&setup.look, setup.wizard())
        && setup.section() != Section::Channels
    {
        listing_view::about(&mut foot, setup, look);
    }
    if let Some(sure) = &setup.sure {
        foot.marked("?", &sure.question, Role::Warn);
    }
    let words = setup.said.as_ref().filter(|_| setup.wizard().is_none());
    if let Some((level, words)) = words {
        let (mark, role) = match level {
            Level::Info => ("·", Role::Dim),
            Level::Good => ("✓", Role::Good),
            Level::Warn => ("!", Role::Warn),
            Level::Error => ("✗", Role::Bad),
        };
        words.iter().for_each(|line| foot.marked(mark, line, role));
    }
    if let (Some(name), None) = (setup.testing(), setup.wizard()) {
        foot.marked("…", &format!("{name}: asking the provider"), Role::Dim);
    }
    if setup.is_busy() {
        foot.marked("…", "writing", Role::Dim);
    }
    foot
}

/// What is in a section, or the page of a channel.
fn sheet<'a>(model: &Model, setup: &'a Setup, width: u16) -> Sheet<'a> {
    let mut sheet = Sheet::new(width);
    match (&setup.page, setup.channel(), setup.section()) {
        (Some(page), Some(channel), Section::Channels) => {
            channel_page(&mut sheet, &model.book, setup, page, channel);
        }
        (_, _, Section::Channels) => channels(&mut sheet, setup),
        _ => {
            if let Some(look) = &setup.look {
                return listing_view::sheet(model, setup, look, width);
            }
        }
    }
    sheet
}

fn channels(sheet: &mut Sheet<'_>, setup: &Setup) {
    if setup.channels().is_empty() {
        welcome(sheet);
        return;
    }
    for (at, channel) in setup.channels().iter().enumerate() {
        let from = sheet.len();
        head(sheet, channel);
        status(sheet, channel);
        addresses(sheet, channel);
        if at == setup.at && !setup.on_sections {
            sheet.choose(from);
        }
        sheet.gap();
    }
}

/// The first words to somebody who has connected nothing yet.
fn welcome(sheet: &mut Sheet<'_>) {
    sheet.line(vec![("Welcome to Frontdesk".into(), Role::Strong)]);
    sheet.gap();
    sheet.words(0, Section::Channels.part().empty, Role::Text);
    sheet.words(
        0,
        "Add an account, and its conversations come in here: a few questions, then Frontdesk asks the provider whether it works. A chat page of your own needs nothing but a name.",
        Role::Text,
    );
    sheet.gap();
    for (key, words) in [
        ("a", "adds an account, step by step"),
        ("Tab", "shows what else can be set up"),
        ("Esc", "looks around first; g c comes back here"),
    ] {
        sheet.line(vec![(column(key, 5), Role::Key), (words.into(), Role::Text)]);
    }
    sheet.gap();
    sheet.words(
        0,
        "In the shell, `frontdesk channel add --help` does the same, and `frontdesk demo` shows it all with made-up customers.",
        Role::Dim,
    );
}

/// Name, provider, media.
fn head(sheet: &mut Sheet<'_>, channel: &ChannelInfo) {
    let (glyph, role, _) = health_glyph(channel.health);
    let media: Vec<_> = channel.media.iter().map(|m| m.title()).collect();
    sheet.line(vec![
        (format!("{glyph} "), role),
        (plain(&channel.name), Role::Strong),
        (format!("  {} · {}", plain(&channel.provider), media.join(", ")), Role::Dim),
    ]);
}

/// How it is, in words.
fn status(sheet: &mut Sheet<'_>, channel: &ChannelInfo) {
    let (_, role, _) = health_glyph(channel.health);
    let word = health_word(channel.health);
    let words = match &channel.detail {
        Some(detail) => format!("{word}: {detail}"),
        None => word.to_owned(),
    };
    let role = if channel.health == Health::Ok { Role::Dim } else { role };
    sheet.words(2, &words, role);
}

fn addresses(sheet: &mut Sheet<'_>, channel: &ChannelInfo) {
    for url in &channel.hooks {
        sheet.words(2, &format!("webhook {url}"), Role::Accent);
    }
    match &channel.page_url {
        _ if !channel.hooks.is_empty() => {}
        Some(url) => sheet.words(2, &format!("page {url}"), Role::Accent),
        None if !channel.has_address => {}
        None => {
            sheet.words(2, "no address yet: the port is chosen when the engine starts", Role::Dim);
        }
    }
}

/// A channel with its settings and secrets.
fn channel_page<'a>(
    sheet: &mut Sheet<'a>,
    book: &Book,
    setup: &'a Setup,
    page: &'a Page,
    channel: &'a ChannelInfo,
) {
    head(sheet, channel);
    status(sheet, channel);
    sheet.gap();
    let rows = setup.rows(book);
    if rows.is_empty() {
        sheet.words(0, &format!("There is no provider {} in this version.", channel.provider), Role::Warn);
    }
    for (at, what) in rows.iter().enumerate() {
        let from = sheet.len();
        let label = (column(what.key(), 24), Role::Text);
        match page.edit.as_ref().filter(|_| at == page.at) {
            Some(entry) => {
                sheet.field(vec![label], entry);
                below_field(sheet, setup, entry);
                sheet.reveal(from);
            }
            None => {
                let (text, role) = value(channel, *what);
                sheet.columns(vec![label], &text, role);
                if at == page.at {
                    sheet.choose(from);
                    sheet.words(2, what.help(), Role::Dim);
                    sheet.reveal(from);
                }
            }
        }
    }
    sheet.gap();
    let from = sheet.len();
    sheet.line(vec![("How messages come in".into(), Role::Strong)]);
    channel.guide.iter().for_each(|line| sheet.marked("·", line, Role::Text));
    sheet.gap();
    sheet.words(0, &format!("written at {}", channel.place), Role::Dim);
    if page.at >= rows.len() {
        sheet.reveal(from);
    }
}

/// What a setting is, or where a secret is kept.
fn value(channel: &ChannelInfo, what: What) -> (String, Role) {
    let found = match what {
        What::Secret(spec) => channel.secrets.get(spec.key),
        What::Name | What::Setting(_) => channel.settings.get(what.key()),
    };
    match found {
        Some(value) if matches!(what, What::Secret(_)) => (plain(value), Role::Dim),
        Some(value) => (plain(value), Role::Accent),
        None => ("–".into(), Role::Faint),
    }
}

/// What there is to say about what is being typed.
pub(super) fn below_field(sheet: &mut Sheet<'_>, setup: &Setup, entry: &Entry) {
    if let Some(wrong) = &entry.wrong {
        sheet.marked("✗", wrong, Role::Bad);
    }
    sheet.words(2, entry.what.help(), Role::Dim);
    if entry.is_secret() {
        if let Some(Err(why)) = &setup.keyring {
            let why = format!(
                "no keyring can be used here: {why}. Keep it elsewhere: Tab goes from place to place"
            );
            sheet.marked("!", &why, Role::Warn);
        }
        sheet.words(2, &format!("Kept {}: type {}", entry.kept.words(), entry.kept.asks()), Role::Text);
    }
}
