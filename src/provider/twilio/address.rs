//! Addresses as Twilio writes them: numbers, senders and channel addresses, and the conversation that two of them make.

use crate::domain::account::Channel;
use crate::domain::contact::{Identity, IdentityKind, Party};
use crate::domain::event::{ConversationFact, ConversationKey};
use crate::text::address::vendor_phone;

/// The prefix of WhatsApp addresses.
const WHATSAPP: &str = "whatsapp:";

/// The medium of an address, and the address without the medium's prefix.
pub fn split(address: &str) -> (Channel, &str) {
    if let Some(bare) = address.strip_prefix(WHATSAPP) {
        return (Channel::Whatsapp, bare);
    }
    if let Some(bare) = address.strip_prefix("messenger:") {
        return (Channel::Messenger, bare);
    }
    match address.split_once(':') {
        Some((_, bare)) => (Channel::Other, bare),
        None => (Channel::Sms, address),
    }
}

/// An address with the prefix of its medium, put there if it is missing.
pub fn on_channel(channel: Channel, address: &str) -> String {
    match channel {
        Channel::Whatsapp if !address.starts_with(WHATSAPP) => format!("{WHATSAPP}{address}"),
        Channel::Messenger if !address.contains(':') => format!("messenger:{address}"),
        _ => address.to_owned(),
    }
}

/// What kind of identity an address is, by syntax alone: no library is asked, and short codes get no region.
pub fn identity(address: &str) -> Identity {
    let (channel, bare) = split(address);
    match (vendor_phone(bare), channel) {
        (Some(phone), _) => Identity::new(IdentityKind::Phone, phone),
        (None, Channel::Whatsapp) => Identity::new(IdentityKind::Whatsapp, bare),
        (None, Channel::Sms) => Identity::new(IdentityKind::Sender, bare),
        (None, _) => Identity::new(IdentityKind::Handle, address),
    }
}

/// Which addresses are ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    /// Our number or sender, without a prefix.
    pub from: Option<String>,
    /// Our messaging service, MG….
    pub service: Option<String>,
}

impl Own {
    /// Our side of a conversation. An account that is a messaging service without a number of its own is that service,
    /// whichever of its numbers it uses: a new conversation and the answer to it are then one.
    pub fn side(&self, channel: Channel, told: Option<&str>) -> String {
        let own = match (&self.from, &self.service) {
            (None, Some(service)) => Some(service),
            (from, _) => match told {
                Some(told) if !told.is_empty() => return told.to_owned(),
                _ => from.as_ref(),
            },
        };
        own.map(|own| on_channel(channel, own)).unwrap_or_default()
    }

    /// Whether a message of the vendor's list, which holds those of all numbers, is this account's.
    pub fn concerns(&self, ours: Option<&str>, service: Option<&str>, inbound: bool) -> bool {
        let by_service = self.service.is_some() && service == self.service.as_deref();
        match (&self.from, ours.map(|ours| split(ours).1)) {
            (Some(from), Some(ours)) => ours == from || by_service,
            (Some(_), None) => by_service,
            // The list does not always name the service of what came in.
            (None, _) => by_service || (inbound && service.is_none()),
        }
    }
}

/// The conversation between one of our addresses and one of theirs.
///
/// `user_id` is WhatsApp's id of a user (`whatsapp:CC.…`), told besides the number or instead of it.
pub fn conversation(
    ours: String,
    theirs: &str,
    user_id: Option<&str>,
    name: Option<String>,
) -> ConversationFact {
    let mut identities = vec![identity(theirs)];
    if let Some(user_id) = user_id {
        let bare = user_id.strip_prefix(WHATSAPP).unwrap_or(user_id);
        let second = Identity::new(IdentityKind::Whatsapp, bare);
        if !identities.contains(&second) {
            identities.push(second);
        }
    }
    ConversationFact {
        key: ConversationKey(format!("{ours}|{theirs}")),
        channel: split(theirs).0,
        party: Party { identities, name, claims: Vec::new(), said: None },
        ours,
        theirs: theirs.to_owned(),
        facets: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_stays_opaque() {
        for (address, kind, value) in [
            ("+15558675310", IdentityKind::Phone, "+15558675310"),
            ("whatsapp:+4915112345678", IdentityKind::Phone, "+4915112345678"),
            ("whatsapp:ES.20000000000000000002", IdentityKind::Whatsapp, "ES.20000000000000000002"),
            ("24273", IdentityKind::Sender, "24273"),
            ("ACME Ltd", IdentityKind::Sender, "ACME Ltd"),
            ("messenger:123", IdentityKind::Handle, "messenger:123"),
        ] {
            assert_eq!(identity(address), Identity::new(kind, value), "{address}");
        }
    }

    #[test]
    fn a_service_without_a_number_is_one_side_whatever_number_it_uses() {
        let service = Own { from: None, service: Some("MG1".into()) };
        assert_eq!(service.side(Channel::Sms, Some("+15557122661")), "MG1");
        assert_eq!(service.side(Channel::Whatsapp, None), "whatsapp:MG1");
        let number = Own { from: Some("+15557122661".into()), service: Some("MG1".into()) };
        assert_eq!(number.side(Channel::Sms, Some("+15550000000")), "+15550000000");
        assert_eq!(number.side(Channel::Whatsapp, None), "whatsapp:+15557122661");
    }

    #[test]
    fn the_list_of_all_numbers_is_narrowed_to_ours() {
        let own = Own { from: Some("+15557122661".into()), service: None };
        assert!(own.concerns(Some("whatsapp:+15557122661"), None, true));
        assert!(!own.concerns(Some("+15550000000"), None, true));
        assert!(!own.concerns(None, Some("MG1"), false));
        let own = Own { from: None, service: Some("MG1".into()) };
        assert!(own.concerns(Some("+15550000000"), Some("MG1"), false));
        assert!(own.concerns(Some("+15550000000"), None, true));
        assert!(!own.concerns(Some("+15550000000"), None, false));
        assert!(!own.concerns(Some("+15550000000"), Some("MG2"), true));
    }
}
