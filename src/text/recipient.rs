//! To whom a new conversation goes, as people type it: one reading for the screen and the command line.

use crate::domain::account::Channel;
use crate::domain::contact::IdentityKind;
use crate::text::address;

/// Why nobody can be written to so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// The account does not carry the medium.
    #[error("{0}")]
    Channel(String),
    /// It is no address of the medium.
    #[error("{0}")]
    Address(String),
}

/// The medium and the normalised address of what somebody typed, for an account that carries these media. The medium may stand
/// before the address (`whatsapp:+31…`); else it is the first one.
///
/// # Errors
/// What is wrong with it, and how it is written.
pub fn read(
    typed: &str,
    account: &str,
    carries: &[Channel],
    region: Option<&str>,
) -> Result<(Channel, String), RecipientError> {
    let (wanted, rest) = match typed.split_once(':') {
        Some((medium, rest)) if medium.parse::<Channel>().is_ok() => (medium.parse::<Channel>().ok(), rest),
        _ => (None, typed),
    };
    let channel = match wanted {
        Some(medium) if !carries.contains(&medium) => {
            let medium = medium.title();
            return Err(RecipientError::Channel(format!("the channel {account} does not carry {medium}")));
        }
        Some(medium) => medium,
        None => *carries
            .first()
            .ok_or_else(|| RecipientError::Channel(format!("the channel {account} carries no medium")))?,
    };
    let address = match kind_of(channel) {
        Some(IdentityKind::Phone) => phone(rest, region)?,
        Some(IdentityKind::Email) => {
            let none = || RecipientError::Address(format!("{typed} is not an e-mail address"));
            address::email(rest).ok_or_else(none)?.kept
        }
        _ => rest.trim().to_owned(),
    };
    if address.is_empty() {
        return Err(RecipientError::Address("the address is empty".into()));
    }
    Ok((channel, address))
}

/// What kind of address a medium writes to, where people type it.
pub const fn kind_of(channel: Channel) -> Option<IdentityKind> {
    match channel {
        Channel::Sms | Channel::Whatsapp => Some(IdentityKind::Phone),
        Channel::Email => Some(IdentityKind::Email),
        _ => None,
    }
}

fn phone(typed: &str, region: Option<&str>) -> Result<String, RecipientError> {
    address::vendor_phone(typed.trim()).or_else(|| address::typed_phone(typed, region)).ok_or_else(|| {
        let how = if region.is_some() {
            ""
        } else {
            ": write it with + and the country code, or set `phone_region`"
        };
        RecipientError::Address(format!("{typed} is not a telephone number{how}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_read_as_people_type_them() {
        let read = |typed: &str, region| read(typed, "support", &[Channel::Sms, Channel::Whatsapp], region);
        assert_eq!(read("+15550100123", None), Ok((Channel::Sms, "+15550100123".into())));
        assert_eq!(read("whatsapp:+31 6 12345678", None), Ok((Channel::Whatsapp, "+31612345678".into())));
        assert_eq!(read("06 12345678", Some("NL")), Ok((Channel::Sms, "+31612345678".into())));
        let Err(RecipientError::Address(why)) = read("06 12345678", None) else { panic!("no region") };
        assert!(why.contains("phone_region"), "{why}");
        assert!(matches!(read("email:a@example.com", None), Err(RecipientError::Channel(_))));
    }
}
