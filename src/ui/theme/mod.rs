//! The look: what every role is painted with. Only this folder knows colours.

mod custom;
mod palette;
mod shown;

pub use custom::ThemeFile;
pub use palette::{Ground, Palette};

use crate::text::markup::Look;
use crate::ui::startup::Colors;
use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means. Views name roles, never colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary words.
    Text,
    /// Names and titles.
    Strong,
    /// Secondary words: times, counts, explanations.
    Dim,
    /// Hair lines and marks that should hardly be seen.
    Faint,
    /// The one accent: where the focus is, what can be pressed.
    Accent,
    /// A key in a hint.
    Key,
    /// The customer's side.
    Inbound,
    /// Our side.
    Outbound,
    /// Private notes.
    Note,
    /// It worked.
    Good,
    /// It needs a look.
    Warn,
    /// It did not work.
    Bad,
    /// What nobody has seen.
    Unread,
    /// PUBLIC: the customer will read it.
    Public,
    /// NOTE: the customer will not.
    Private,
    /// What a search has found.
    Match,
    /// Ground of the selected row in the focused pane.
    Selected,
    /// Ground of the selected row elsewhere.
    Marked,
    /// Ground of notes.
    NoteGround,
    /// Ground of what lies above the panes.
    Overlay,
    /// The cursor in a text field.
    Cursor,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 21] = [
        Role::Text,
        Role::Strong,
        Role::Dim,
        Role::Faint,
        Role::Accent,
        Role::Key,
        Role::Inbound,
        Role::Outbound,
        Role::Note,
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Unread,
        Role::Public,
        Role::Private,
        Role::Match,
        Role::Selected,
        Role::Marked,
        Role::NoteGround,
        Role::Overlay,
        Role::Cursor,
    ];

    const fn is_ground(self) -> bool {
        matches!(self, Role::Selected | Role::Marked | Role::NoteGround | Role::Overlay)
    }

    /// What stays when there is no colour.
    const fn modifier(self) -> Modifier {
        match self {
            Role::Strong | Role::Key | Role::Unread | Role::Public => Modifier::BOLD,
            Role::Private | Role::Bad => Modifier::BOLD,
            Role::Match => Modifier::UNDERLINED,
            Role::Cursor => Modifier::REVERSED,
            _ => Modifier::empty(),
        }
    }
}

/// The role's colour among the sixteen, on dark and on light grounds.
const fn of_sixteen(role: Role, ground: Ground) -> Option<Color> {
    let (dark, light) = match role {
        Role::Text | Role::Strong | Role::Cursor => return None,
        // There is no shade between black and white to set them apart: their marks do.
        Role::Selected | Role::Marked | Role::NoteGround | Role::Overlay => return None,
        Role::Dim | Role::Outbound => (Color::Gray, Color::DarkGray),
        Role::Faint => (Color::DarkGray, Color::Gray),
        Role::Accent | Role::Key | Role::Unread => (Color::LightBlue, Color::Blue),
        // On white, cyan and green of the sixteen are too pale for words.
        Role::Inbound => (Color::Cyan, Color::Blue),
        Role::Note | Role::Private | Role::Warn => (Color::Yellow, Color::Magenta),
        Role::Good | Role::Public => (Color::Green, Color::Blue),
        Role::Bad => (Color::LightRed, Color::Red),
        Role::Match => (Color::LightYellow, Color::Magenta),
    };
    Some(match ground {
        Ground::Dark => dark,
        Ground::Light => light,
    })
}

/// A style for every role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
    /// What everything is painted upon. The terminal's own, where no colours are used.
    ground: Style,
}

impl Theme {
    /// A palette under these circumstances.
    pub fn new(palette: &Palette, colors: Colors, no_color: bool) -> Theme {
        let shade = |hex| if colors == Colors::Indexed { nearest(hex) } else { rgb(hex) };
        let mut theme = Theme::each(|role| {
            let style = Style::new().add_modifier(role.modifier());
            if no_color {
                return match role {
                    Role::Dim | Role::Faint | Role::Outbound => style.add_modifier(Modifier::DIM),
                    _ => style,
                };
            }
            let color = match colors {
                Colors::Ansi => of_sixteen(role, palette.kind),
                Colors::Indexed | Colors::True => palette.color(role).map(shade),
            };
            match color {
                Some(color) if role.is_ground() => style.bg(color),
                Some(color) => style.fg(color),
                None => style,
            }
        });
        // Ink and ground together: a light theme on a dark terminal has to be as legible as the other way round.
        theme.ground = match colors {
            Colors::Indexed | Colors::True if !no_color => {
                Style::new().fg(shade(palette.ink)).bg(shade(palette.ground))
            }
            Colors::Ansi if !no_color => match palette.kind {
                Ground::Dark => Style::new().fg(Color::White).bg(Color::Black),
                Ground::Light => Style::new().fg(Color::Black).bg(Color::White),
            },
            _ => Style::new(),
        };
        theme
    }

    /// What everything is painted upon.
    pub fn ground(&self) -> Style {
        self.ground
    }

    /// A theme for tests in which every role has a colour of its own: [`Theme::role_of`] reads it back.
    pub fn probe() -> Theme {
        Theme::each(|role| {
            let color = Color::Indexed(role as u8);
            if role.is_ground() { Style::new().bg(color) } else { Style::new().fg(color) }
        })
    }

    /// The roles that a cell was painted with under [`Theme::probe`]: foreground and ground.
    pub fn role_of(fg: Color, bg: Color) -> (Option<Role>, Option<Role>) {
        let role = |color| match color {
            Color::Indexed(n) => Role::ALL.get(usize::from(n)).copied(),
            _ => None,
        };
        (role(fg), role(bg))
    }

    fn each(style: impl Fn(Role) -> Style) -> Theme {
        Theme { styles: Role::ALL.map(style), ground: Style::new() }
    }

    /// The style of words that look otherwise than plain; legible without colour.
    pub fn look(&self, look: Look) -> Style {
        let role = match look {
            Look { sign: true, .. } => Role::Dim,
            Look { mono: true, .. } | Look { link: true, .. } => Role::Accent,
            _ => Role::Text,
        };
        let modifiers = [
            (look.bold, Modifier::BOLD),
            (look.italic, Modifier::ITALIC),
            (look.strike, Modifier::CROSSED_OUT),
            (look.link, Modifier::UNDERLINED),
        ];
        let wanted = modifiers.into_iter().filter(|(is, _)| *is);
        self.style(role).add_modifier(wanted.map(|(_, modifier)| modifier).collect())
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

/// The palettes there are, and the chosen one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Themes {
    all: Vec<Palette>,
    at: usize,
    /// What is wrong with the wish or with files, by file and line.
    pub errors: Vec<String>,
}

impl Default for Themes {
    fn default() -> Themes {
        Themes { all: Palette::built_in(), at: 0, errors: Vec::new() }
    }
}

impl Themes {
    /// The palettes that come with the program and those of files, and of them the one that is wished for; `auto` is that for the
    /// ground of the terminal. `place` is where the wish is written.
    pub fn new(wish: &str, place: &str, ground: Ground, files: &[ThemeFile]) -> Themes {
        let mut themes = Themes::default();
        for file in files {
            match custom::read(file) {
                Ok(palette) => {
                    // One's own of a name that there is takes its place.
                    themes.all.retain(|p| p.name != palette.name);
                    themes.all.push(palette);
                }
                Err(errors) => themes.errors.extend(errors),
            }
        }
        let name = match (wish, ground) {
            ("auto", Ground::Dark) | ("dark", _) => "graphite",
            ("auto", Ground::Light) | ("light", _) => "paper",
            (name, _) => name,
        };
        let broken = files.iter().any(|f| f.name == name);
        match themes.all.iter().position(|p| p.name == name) {
            Some(at) => themes.at = at,
            // What is wrong with its file is told already.
            None if broken => {}
            None => {
                let known: Vec<&str> = themes.all.iter().map(|p| p.name.as_str()).collect();
                themes.errors.insert(
                    0,
                    format!("{place}: unknown theme \u{201c}{name}\u{201d}: there are {}", known.join(", ")),
                );
            }
        }
        themes
    }

    /// All palettes.
    pub fn all(&self) -> &[Palette] {
        &self.all
    }

    /// The place of the chosen one.
    pub fn chosen(&self) -> usize {
        self.at
    }

    /// Chooses one by its place.
    pub fn choose(&mut self, at: usize) {
        self.at = at.min(self.all.len() - 1);
    }

    /// Goes on to the next.
    pub fn next(&mut self) {
        self.at = (self.at + 1) % self.all.len();
    }
}

const fn rgb(hex: u32) -> Color {
    Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The nearest of the 6×6×6 cube and the grey ramp of xterm's 256 colours.
fn nearest(hex: u32) -> Color {
    let parts = [(hex >> 16) & 255, (hex >> 8) & 255, hex & 255].map(i64::from);
    const STEPS: [i64; 6] = [0, 95, 135, 175, 215, 255];
    let step = |v: i64| (0..6).min_by_key(|i| (STEPS[*i] - v).abs()).unwrap_or(0);
    let cube = parts.map(step);
    let distance = |other: [i64; 3]| (0..3).map(|i| (other[i] - parts[i]).pow(2)).sum::<i64>();
    let grey = ((parts.iter().sum::<i64>() / 3 - 8 + 5) / 10).clamp(0, 23);
    let level = 8 + 10 * grey;
    if distance([level; 3]) < distance(cube.map(|i| STEPS[i])) {
        Color::Indexed((232 + grey) as u8)
    } else {
        Color::Indexed((16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_coloured() {
        for palette in Themes::default().all() {
            let theme = Theme::new(palette, Colors::True, true);
            for role in Role::ALL {
                assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None));
            }
        }
    }

    #[test]
    fn sixteen_colours_use_only_the_named_ones() {
        for palette in Themes::default().all() {
            let theme = Theme::new(palette, Colors::Ansi, false);
            for role in Role::ALL {
                for color in [theme.style(role).fg, theme.style(role).bg].into_iter().flatten() {
                    assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{role:?}");
                }
            }
        }
    }

    #[test]
    fn the_nearest_of_256() {
        assert_eq!(nearest(0x00_00_00), Color::Indexed(16));
        assert_eq!(nearest(0xff_ff_ff), Color::Indexed(231));
        assert_eq!(nearest(0x80_80_80), Color::Indexed(244));
    }

    #[test]
    fn roles_have_the_place_of_their_number() {
        for (place, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(place, role as usize);
        }
    }

    /// The relative luminance of WCAG 2.
    fn luminance(color: Color) -> f64 {
        let (r, g, b) = match color {
            Color::Rgb(r, g, b) => (r, g, b),
            Color::Indexed(n @ 232..) => (8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232)),
            Color::Indexed(n) => {
                let step = |n: u8| [0, 95, 135, 175, 215, 255][usize::from(n % 6)];
                let n = n - 16;
                (step(n / 36), step(n / 6), step(n))
            }
            // The sixteen as xterm has them.
            Color::Black => (0, 0, 0),
            Color::Red => (205, 0, 0),
            Color::Green => (0, 205, 0),
            Color::Yellow => (205, 205, 0),
            Color::Blue => (0, 0, 238),
            Color::Magenta => (205, 0, 205),
            Color::Cyan => (0, 205, 205),
            Color::Gray => (229, 229, 229),
            Color::DarkGray => (127, 127, 127),
            Color::LightRed => (255, 0, 0),
            Color::LightBlue => (92, 92, 255),
            Color::LightYellow => (255, 255, 0),
            Color::White => (255, 255, 255),
            other => panic!("{other:?}"),
        };
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn words_can_be_read_on_every_ground_of_every_theme() {
        let mut wrong = Vec::new();
        for palette in Themes::default().all() {
            let is_high = palette.name == "contrast";
            // The nearest of 256 colours is a little off.
            for (colors, least) in [
                (Colors::True, if is_high { 7.0 } else { 4.5 }),
                (Colors::Indexed, if is_high { 7.0 } else { 3.6 }),
            ] {
                let theme = Theme::new(palette, colors, false);
                let (ink, ground) = (theme.ground().fg.unwrap(), theme.ground().bg.unwrap());
                let grounds = Role::ALL.into_iter().filter(|r| r.is_ground());
                let grounds: Vec<Color> =
                    grounds.map(|r| theme.style(r).bg.unwrap()).chain([ground]).collect();
                // Hair lines and marks are no words.
                for role in Role::ALL.into_iter().filter(|r| !r.is_ground() && *r != Role::Faint) {
                    let word = theme.style(role).fg.unwrap_or(ink);
                    for ground in &grounds {
                        let found = contrast(word, *ground);
                        if found < least {
                            wrong.push(format!(
                                "{} {colors:?} {role:?} on {ground:?}: {found:.2}",
                                palette.name
                            ));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    #[test]
    fn sixteen_colours_can_be_read_on_black_and_on_white() {
        for palette in Themes::default().all() {
            let (ink, ground) = match palette.kind {
                Ground::Dark => (Color::White, Color::Black),
                Ground::Light => (Color::Black, Color::White),
            };
            let theme = Theme::new(palette, Colors::Ansi, false);
            for role in Role::ALL.into_iter().filter(|r| !r.is_ground() && *r != Role::Faint) {
                let found = contrast(theme.style(role).fg.unwrap_or(ink), ground);
                assert!(found >= 3.6, "{} {role:?}: {found:.2}", palette.name);
            }
        }
    }

    #[test]
    fn there_are_dark_light_and_high_contrast_themes() {
        let themes = Themes::default();
        let count = |kind| themes.all().iter().filter(|p| p.kind == kind && p.name != "contrast").count();
        assert!(count(Ground::Dark) >= 2 && count(Ground::Light) >= 2);
        let name = |wish: &str, ground| {
            let themes = Themes::new(wish, "config.toml:3", ground, &[]);
            (themes.all()[themes.chosen()].name.clone(), themes.errors)
        };
        assert_eq!(name("auto", Ground::Light), ("paper".into(), vec![]));
        assert_eq!(name("dark", Ground::Light), ("graphite".into(), vec![]));
        assert_eq!(name("contrast", Ground::Light), ("contrast".into(), vec![]));
        let (chosen, errors) = name("blue", Ground::Dark);
        assert_eq!(chosen, "graphite");
        assert!(
            errors[0].starts_with("config.toml:3: unknown theme") && errors[0].contains("harbor"),
            "{errors:?}"
        );
    }
}
