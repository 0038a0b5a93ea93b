//! Choices that are made of what is typed: a new label, a time, an address or several of them, a line that runs.

use crate::domain::account::Channel;
use crate::domain::facet;
use crate::domain::mail::Mailbox;
use crate::domain::order::Order;
use crate::text::mail::mailboxes;
use crate::text::{format, recipient, when};
use crate::ui::command::give;
use crate::ui::overlay::picker::{Choice, Item, Picker, PickerKind};

impl Picker {
    /// What is looked for: what is typed; of several recipients of a mail the last one.
    pub(crate) fn sought(&self) -> &str {
        let typed = self.input.text();
        match &self.beginning {
            Some(at) if at.channel == Channel::Email => &typed[mailboxes::piece_at(typed, typed.len())],
            _ => typed.trim(),
        }
    }

    /// The recipients of a mail that are typed before the one that is looked for.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn before_sought(&self) -> Result<Vec<Mailbox>, String> {
        let typed = self.input.text();
        match &self.beginning {
            Some(at) if at.channel == Channel::Email => {
                let before = &typed[..mailboxes::piece_at(typed, typed.len()).start];
                mailboxes::read(before).map_err(|wrong| wrong.why)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The choice that what is typed makes: a new word a new label, a time a snooze until then.
    pub(super) fn typed(&self, typed: &str) -> Option<Item> {
        match self.kind {
            PickerKind::Labels if !typed.is_empty() => {
                let is_known = self.items.iter().any(|i| i.label.to_lowercase() == typed.to_lowercase());
                let choice = Choice::Order(Order::Label(vec![(typed.to_owned(), true)]));
                let mut item = Item::new(choice, typed, "a new label");
                item.why = facet::label(typed, true).err();
                (!is_known).then_some(item)
            }
            PickerKind::Recipient => {
                let at = self.beginning.as_ref()?;
                let several = mailboxes::read(self.input.text()).ok().filter(|all| all.len() > 1);
                if let Some(all) = several.filter(|_| at.channel == Channel::Email) {
                    let line = mailboxes::line(&all);
                    return Some(Item::new(Choice::Mailboxes(all), line, "Enter writes to them"));
                }
                let read = recipient::read(typed, &at.account_name, &[at.channel], self.region.as_deref());
                match read {
                    Ok((_, to)) if self.items.iter().any(|i| i.is_address(&to)) => None,
                    Ok((_, to)) => Some(Item::new(Choice::Recipient(to.clone()), to, "Enter writes to it")),
                    // A name is looked for; what looks like an address is told what is wrong with it.
                    Err(e) => {
                        let is_address = typed.contains(|c: char| c.is_ascii_digit() || "@+:".contains(c));
                        let mut item = Item::new(Choice::Recipient(String::new()), typed, "");
                        item.why = Some(e.to_string());
                        is_address.then_some(item)
                    }
                }
            }
            PickerKind::Later => {
                let at = when::ahead(typed, self.now, &self.tz)?;
                Some(Item::new(Choice::SendAt(at), format::moment(at, self.now, &self.tz), ""))
            }
            PickerKind::Snooze | PickerKind::SendAndSnooze => {
                let until = when::ahead(typed, self.now, &self.tz)?;
                let order = Order::Snooze(Some(typed.to_owned()));
                Some(Item::new(Choice::Order(order), format::moment(until, self.now, &self.tz), ""))
            }
            // With its words it runs at once; a command that only has the same name is among the others.
            PickerKind::Commands if typed.contains(char::is_whitespace) => {
                let line = give::read_line(typed).ok()?;
                (!matches!(line, give::Line::Command(_)))
                    .then(|| Item::new(Choice::Line(typed.to_owned()), typed, "Enter does it"))
            }
            _ => None,
        }
    }
}
