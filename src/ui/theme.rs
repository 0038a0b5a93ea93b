//! The look: what every role is painted with. The only file that knows colours.

use crate::ui::startup::{Colors, ThemeChoice};
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

/// Colours of one role: on dark and light grounds as 24 bits, and of the sixteen.
struct Paint(u32, u32, Color, Color);

const fn paint(role: Role) -> Option<Paint> {
    Some(match role {
        Role::Text | Role::Strong | Role::Cursor => return None,
        Role::Dim => Paint(0x8d_95_a3, 0x63_6b_78, Color::Gray, Color::DarkGray),
        Role::Faint => Paint(0x45_4c_59, 0xc3_c8_d1, Color::DarkGray, Color::Gray),
        Role::Accent | Role::Key | Role::Unread => {
            Paint(0x7d_a6_f5, 0x1f_55_c4, Color::LightBlue, Color::Blue)
        }
        Role::Inbound => Paint(0x5f_b3_b3, 0x0c_72_80, Color::Cyan, Color::Cyan),
        Role::Outbound => Paint(0x7d_86_96, 0x7a_83_91, Color::Gray, Color::DarkGray),
        Role::Note | Role::Private | Role::Warn => {
            Paint(0xd9_a8_55, 0x8a_5a_00, Color::Yellow, Color::Magenta)
        }
        Role::Good | Role::Public => Paint(0x8d_bf_7c, 0x2b_76_2f, Color::Green, Color::Green),
        Role::Bad => Paint(0xe5_73_7b, 0xb3_26_1e, Color::LightRed, Color::Red),
        Role::Match => Paint(0xe8_c5_6b, 0x8a_5a_00, Color::LightYellow, Color::Magenta),
        Role::Selected => Paint(0x2b_34_45, 0xdf_e7_f6, Color::Reset, Color::Reset),
        Role::Marked => Paint(0x24_29_33, 0xee_f0_f4, Color::Reset, Color::Reset),
        Role::NoteGround => Paint(0x2c_28_1f, 0xfb_f3_dd, Color::Reset, Color::Reset),
        Role::Overlay => Paint(0x20_24_2c, 0xf4_f5_f8, Color::Reset, Color::Reset),
    })
}

/// A style for every role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
    /// What everything is painted upon. The terminal's own, where only its sixteen colours or none are used.
    ground: Style,
}

impl Theme {
    /// The theme for these circumstances.
    pub fn new(choice: ThemeChoice, colors: Colors, no_color: bool) -> Theme {
        let mut theme = Theme::each(|role| {
            let style = Style::new().add_modifier(role.modifier());
            if no_color {
                return match role {
                    Role::Dim | Role::Faint | Role::Outbound => style.add_modifier(Modifier::DIM),
                    Role::Overlay | Role::NoteGround | Role::Marked | Role::Selected => style,
                    _ => style,
                };
            }
            let Some(Paint(dark, light, dark16, light16)) = paint(role) else {
                return style;
            };
            let is_dark = choice == ThemeChoice::Dark;
            let color = match colors {
                Colors::Ansi if is_dark => dark16,
                Colors::Ansi => light16,
                Colors::Indexed => nearest(if is_dark { dark } else { light }),
                Colors::True => rgb(if is_dark { dark } else { light }),
            };
            if role.is_ground() { style.bg(color) } else { style.fg(color) }
        });
        // Ink and ground together: a light theme on a dark terminal has to be as legible as the other way round.
        let (ink, ground) =
            if choice == ThemeChoice::Dark { (0xd6_da_e0, 0x14_17_1c) } else { (0x1f_24_30, 0xff_ff_ff) };
        theme.ground = match colors {
            _ if no_color => Style::new(),
            Colors::Ansi => Style::new(),
            Colors::Indexed => Style::new().fg(nearest(ink)).bg(nearest(ground)),
            Colors::True => Style::new().fg(rgb(ink)).bg(rgb(ground)),
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

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
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
        for choice in [ThemeChoice::Dark, ThemeChoice::Light] {
            let theme = Theme::new(choice, Colors::True, true);
            for role in Role::ALL {
                assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None));
            }
        }
    }

    #[test]
    fn sixteen_colours_use_only_the_named_ones() {
        let theme = Theme::new(ThemeChoice::Light, Colors::Ansi, false);
        for role in Role::ALL {
            for color in [theme.style(role).fg, theme.style(role).bg].into_iter().flatten() {
                assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{role:?}");
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
}
