//! One cell each for media, views and files: of every font, or of Nerd Fonts.

use crate::domain::account::Channel;
use crate::domain::row::View;

/// Which glyphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Icons {
    /// Those that every font has.
    #[default]
    Plain,
    /// Those of Nerd Fonts.
    Nerd,
}

impl Icons {
    /// The icons of that word of the configuration.
    pub fn of(word: &str) -> Option<Icons> {
        match word {
            "plain" => Some(Icons::Plain),
            "nerd" => Some(Icons::Nerd),
            _ => None,
        }
    }

    /// What stands for a view.
    pub(crate) fn view(self, view: &View) -> &'static str {
        let (plain, nerd) = match view {
            View::Mine(_) => ("◉", "\u{f007}"),
            View::Unassigned => ("○", "\u{f21b}"),
            View::Open => ("◇", "\u{f01c}"),
            View::Waiting => ("◔", "\u{f017}"),
            View::Overdue => ("!", "\u{f071}"),
            View::Pending => ("…", "\u{f28b}"),
            View::Snoozed => ("☾", "\u{f186}"),
            View::Resolved => ("✓", "\u{f00c}"),
            View::Spam => ("⊘", "\u{f05e}"),
            View::Archived => ("▤", "\u{f187}"),
            View::Mentions(_) => ("@", "\u{f1fa}"),
            View::Channel(channel) => return self.channel(*channel),
            View::Account(_) => ("●", "●"),
            View::Label(_) => ("#", "\u{f02b}"),
        };
        self.either(plain, nerd)
    }

    /// What stands for a medium.
    pub(crate) const fn channel(self, channel: Channel) -> &'static str {
        let (plain, nerd) = match channel {
            Channel::Email => ("@", "\u{f0e0}"),
            Channel::Whatsapp => ("✆", "\u{f232}"),
            Channel::Sms => ("≡", "\u{f10b}"),
            Channel::Linkedin => ("∷", "\u{f0e1}"),
            Channel::Messenger => ("∿", "\u{f09a}"),
            Channel::Instagram => ("◎", "\u{f16d}"),
            Channel::Telegram => ("➤", "\u{f1d8}"),
            Channel::Webchat => ("▢", "\u{f075}"),
            Channel::Other => ("·", "·"),
        };
        self.either(plain, nerd)
    }

    /// What stands for a saved search.
    pub(crate) const fn search(self) -> &'static str {
        self.either("⌕", "\u{f002}")
    }

    /// What stands for a file.
    pub(crate) const fn file(self) -> &'static str {
        self.either("▣", "\u{f0c6}")
    }

    const fn either(self, plain: &'static str, nerd: &'static str) -> &'static str {
        match self {
            Icons::Plain => plain,
            Icons::Nerd => nerd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AccountId, AgentId};

    #[test]
    fn icons_take_one_cell_and_reach_it() {
        let mut all = vec![View::Account(AccountId(1)), View::Label("x".into()), View::Mine(AgentId(1))];
        all.extend([
            View::Unassigned,
            View::Open,
            View::Waiting,
            View::Overdue,
            View::Pending,
            View::Snoozed,
        ]);
        all.extend([View::Resolved, View::Spam, View::Archived, View::Mentions(AgentId(1))]);
        all.extend(Channel::ALL.map(View::Channel));
        for icons in [Icons::Plain, Icons::Nerd] {
            for icon in all.iter().map(|view| icons.view(view)).chain([icons.file(), icons.search()]) {
                assert_eq!(crate::text::wrap::width(icon), 1, "{icon:?}");
                assert!(crate::text::sanitize::is_clean(icon), "{icon:?}");
            }
        }
    }
}
