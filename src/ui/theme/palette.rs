//! The palettes that come with the program: what the roles are painted with, as 24 bits.

use crate::ui::theme::Role;

/// What a palette is painted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ground {
    /// Light words on a dark ground.
    #[default]
    Dark,
    /// Dark words on a light ground.
    Light,
}

impl Ground {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Ground::Dark => "dark",
            Ground::Light => "light",
        }
    }
}

/// Colours, each as `0xRRGGBB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    /// Its name in configuration.
    pub name: String,
    /// What it is like, in a few words.
    pub about: String,
    /// Which of the sixteen colours fit where there are no more.
    pub kind: Ground,
    pub(super) ink: u32,
    pub(super) ground: u32,
    dim: u32,
    faint: u32,
    accent: u32,
    inbound: u32,
    outbound: u32,
    note: u32,
    good: u32,
    bad: u32,
    found: u32,
    selected: u32,
    marked: u32,
    note_ground: u32,
    overlay: u32,
}

/// The colours that a file can name, in the order of the reference.
pub const NAMES: [&str; 15] = [
    "ink",
    "ground",
    "dim",
    "faint",
    "accent",
    "inbound",
    "outbound",
    "note",
    "good",
    "bad",
    "found",
    "selected",
    "marked",
    "note_ground",
    "overlay",
];

impl Palette {
    /// The palettes that come with the program; the first is the usual one.
    pub fn built_in() -> Vec<Palette> {
        vec![
            Palette {
                name: "graphite".into(),
                about: "dark, calm".into(),
                kind: Ground::Dark,
                ink: 0xd6_da_e0,
                ground: 0x14_17_1c,
                dim: 0x9a_a2_af,
                faint: 0x4e_55_63,
                accent: 0x8a_b0_f7,
                inbound: 0x62_b6_b6,
                outbound: 0x98_a0_ae,
                note: 0xd9_a8_55,
                good: 0x8d_bf_7c,
                bad: 0xf0_85_8c,
                found: 0xe8_c5_6b,
                selected: 0x2b_34_45,
                marked: 0x24_29_33,
                note_ground: 0x2c_28_1f,
                overlay: 0x20_24_2c,
            },
            Palette {
                name: "harbor".into(),
                about: "dark, blue".into(),
                kind: Ground::Dark,
                ink: 0xcf_d9_e6,
                ground: 0x0b_16_22,
                dim: 0x93_a5_ba,
                faint: 0x41_54_6b,
                accent: 0x6c_c4_f5,
                inbound: 0x63_c3_b0,
                outbound: 0x93_a5_ba,
                note: 0xe0_b0_60,
                good: 0x86_cc_96,
                bad: 0xff_8f_88,
                found: 0xf0_d0_80,
                selected: 0x1b_33_50,
                marked: 0x14_26_3a,
                note_ground: 0x26_26_1c,
                overlay: 0x12_20_2f,
            },
            Palette {
                name: "paper".into(),
                about: "light, white".into(),
                kind: Ground::Light,
                ink: 0x1f_24_30,
                ground: 0xff_ff_ff,
                dim: 0x56_5e_6b,
                faint: 0xc3_c8_d1,
                accent: 0x1d_50_ba,
                inbound: 0x0b_66_72,
                outbound: 0x56_5e_6b,
                note: 0x7d_50_00,
                good: 0x27_6a_2b,
                bad: 0xa8_20_19,
                found: 0x7d_50_00,
                selected: 0xdf_e7_f6,
                marked: 0xee_f0_f4,
                note_ground: 0xfb_f3_dd,
                overlay: 0xf4_f5_f8,
            },
            Palette {
                name: "linen".into(),
                about: "light, warm".into(),
                kind: Ground::Light,
                ink: 0x33_29_1f,
                ground: 0xfa_f4_e8,
                dim: 0x5f_52_3f,
                faint: 0xd3_c6_ae,
                accent: 0x8a_3d_12,
                inbound: 0x1a_60_60,
                outbound: 0x5f_52_3f,
                note: 0x76_50_0a,
                good: 0x3c_64_20,
                bad: 0xa3_23_1d,
                found: 0x76_50_0a,
                selected: 0xf0_e0_c4,
                marked: 0xf3_ea_db,
                note_ground: 0xf8_ec_c6,
                overlay: 0xf5_ed_dd,
            },
            Palette {
                name: "contrast".into(),
                about: "dark, high contrast".into(),
                kind: Ground::Dark,
                ink: 0xff_ff_ff,
                ground: 0x00_00_00,
                dim: 0xe4_e4_e4,
                faint: 0x8c_8c_8c,
                accent: 0xff_ff_55,
                inbound: 0x5f_ff_ff,
                outbound: 0xe4_e4_e4,
                note: 0xff_d7_5f,
                good: 0x87_ff_87,
                bad: 0xff_c0_c0,
                found: 0xff_e0_60,
                selected: 0x00_00_87,
                marked: 0x26_26_26,
                note_ground: 0x30_26_00,
                overlay: 0x12_12_12,
            },
        ]
    }

    /// The colour of a role; none where it is that of all words.
    pub(super) const fn color(&self, role: Role) -> Option<u32> {
        Some(match role {
            Role::Text | Role::Strong | Role::Cursor => return None,
            Role::Dim => self.dim,
            Role::Faint => self.faint,
            Role::Accent | Role::Key | Role::Unread => self.accent,
            Role::Inbound => self.inbound,
            Role::Outbound => self.outbound,
            Role::Note | Role::Private | Role::Warn => self.note,
            Role::Good | Role::Public => self.good,
            Role::Bad => self.bad,
            Role::Match => self.found,
            Role::Selected => self.selected,
            Role::Marked => self.marked,
            Role::NoteGround => self.note_ground,
            Role::Overlay => self.overlay,
        })
    }

    /// The colour of a name of [`NAMES`], to be changed.
    pub(super) fn named(&mut self, name: &str) -> Option<&mut u32> {
        Some(match name {
            "ink" => &mut self.ink,
            "ground" => &mut self.ground,
            "dim" => &mut self.dim,
            "faint" => &mut self.faint,
            "accent" => &mut self.accent,
            "inbound" => &mut self.inbound,
            "outbound" => &mut self.outbound,
            "note" => &mut self.note,
            "good" => &mut self.good,
            "bad" => &mut self.bad,
            "found" => &mut self.found,
            "selected" => &mut self.selected,
            "marked" => &mut self.marked,
            "note_ground" => &mut self.note_ground,
            "overlay" => &mut self.overlay,
            _ => return None,
        })
    }
}
