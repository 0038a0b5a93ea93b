//! Which addresses are ours, where answers go, and how the token in them is found again.

use crate::domain::ids::OpId;
use crate::domain::mail::{Mailbox, as_reply_token, reply_token};
use crate::text::address;

/// Who we are on an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    /// From whom mails go out.
    pub from: Mailbox,
    /// Other addresses of ours, folded for matching.
    pub also: Vec<String>,
    /// The address that answers go to, without a token, folded; none = they go to `from`, and carry no token.
    pub reply: Option<String>,
}

impl Own {
    /// Whether an address is one of ours, whatever stands behind its plus; so is every address of a domain that is there for answers
    /// alone.
    pub fn is_ours(&self, address: &str) -> bool {
        let Some(folded) = folded(address) else { return false };
        let bare = without_tag(&folded);
        self.addresses().any(|own| own == folded || own == bare)
            || self.reply_domain().is_some_and(|ours| domain(&folded) == Some(ours))
    }

    /// The domain of answers, where nobody else has an address in it.
    fn reply_domain(&self) -> Option<&str> {
        let reply = self.reply.as_deref().and_then(domain)?;
        let is_apart = |own: &str| domain(own).is_none_or(|shared| !shared.eq_ignore_ascii_case(reply));
        (is_apart(&self.from.address) && self.also.iter().all(|own| is_apart(own))).then_some(reply)
    }

    /// All our addresses: none of them is among those who get an answer.
    pub fn all(&self) -> Vec<String> {
        self.addresses().collect()
    }

    /// Our addresses, folded.
    fn addresses(&self) -> impl Iterator<Item = String> + '_ {
        let reply = self.reply.iter().cloned();
        folded(&self.from.address).into_iter().chain(self.also.iter().cloned()).chain(reply)
    }

    /// The address of ours that a mail with these recipients was sent to; where that cannot be said, the one we send from.
    pub fn addressed<'a>(&self, recipients: impl Iterator<Item = &'a str>) -> String {
        let from = folded(&self.from.address);
        for to in recipients.filter_map(folded) {
            let bare = without_tag(&to);
            if from.as_ref().is_some_and(|from| *from == to || *from == bare) {
                break;
            }
            if let Some(own) = self.also.iter().find(|own| **own == to || **own == bare) {
                return own.clone();
            }
        }
        self.from.address.clone()
    }

    /// The domain of what we send: that of our message ids.
    pub fn domain(&self) -> &str {
        domain(&self.from.address).unwrap_or("localhost")
    }

    /// Where answers to what an op sends go, so that they are known even where they name no mail (RFC 5233: what stands behind the plus
    /// is for the owner of the address alone). None = to the sender.
    pub fn reply_to(&self, op: OpId) -> Option<Mailbox> {
        let (local, domain) = self.reply.as_deref()?.rsplit_once('@')?;
        Some(Mailbox {
            name: self.from.name.clone(),
            address: format!("{local}+{}@{domain}", reply_token(op)),
        })
    }

    /// The reply token in an address of ours.
    pub fn token_in(&self, address: &str) -> Option<String> {
        if !self.is_ours(address) {
            return None;
        }
        let (local, _) = address.trim().rsplit_once('@')?;
        local.rsplit('+').next().filter(|tag| *tag != local).and_then(as_reply_token)
    }
}

/// The form in which addresses are compared.
pub fn folded(address: &str) -> Option<String> {
    address::email(address).map(|email| email.folded)
}

fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

/// An address without what stands behind its plus.
fn without_tag(address: &str) -> String {
    match address.rsplit_once('@').and_then(|(local, domain)| Some((local.split_once('+')?.0, domain))) {
        Some((local, domain)) => format!("{local}@{domain}"),
        None => address.to_owned(),
    }
}

/// The reply token in a subject: `[#abcdefghabcdefgh]`.
pub fn token_in_subject(subject: &str) -> Option<String> {
    subject.split("[#").skip(1).find_map(|rest| as_reply_token(rest.split(']').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        Own {
            from: Mailbox::named("Example", "Support@example.com"),
            also: vec!["hello@example.org".into()],
            reply: Some("support@parse.example.com".into()),
        }
    }

    #[test]
    fn ours_are_our_addresses_with_any_tag_and_the_domain_of_answers() {
        for ours in [
            "support@EXAMPLE.com",
            "support+tag@example.com",
            "Hello@example.org",
            "anything@parse.example.com",
            "Example <support@example.com>",
        ] {
            assert!(own().is_ours(ours), "{ours}");
        }
        for theirs in ["dana@example.com", "support@example.net", "support@evil.parse.example.com", "", "@"] {
            assert!(!own().is_ours(theirs), "{theirs}");
        }
    }

    #[test]
    fn others_at_our_own_domain_are_others() {
        let own = Own {
            from: Mailbox::bare("shop@Mail.example"),
            also: Vec::new(),
            reply: Some("shop@mail.example".into()),
        };
        assert!(own.is_ours("shop+abc@mail.example"));
        assert!(!own.is_ours("anna@mail.example"));
        let parse =
            Own { from: Mailbox::bare("shop@example.com"), also: vec!["x@mail.example".into()], ..own };
        assert!(!parse.is_ours("anna@mail.example"));
    }

    #[test]
    fn a_token_leaves_with_the_answer_address_and_comes_back() {
        let op = OpId(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_1234_5678_9abc));
        let to = own().reply_to(op).unwrap();
        assert_eq!(to.shown(), "Example");
        assert!(to.address.starts_with("support+") && to.address.ends_with("@parse.example.com"));
        assert_eq!(own().token_in(&to.address), Some(reply_token(op)));
        assert_eq!(own().token_in(&to.address.to_uppercase()), Some(reply_token(op)));
        let token = reply_token(op);
        assert_eq!(own().token_in(&format!("support+{token}@example.com")), Some(token.clone()));
        assert_eq!(own().token_in(&format!("support+{token}@example.net")), None, "not ours");
        assert_eq!(own().token_in("support@parse.example.com"), None);
        assert_eq!(own().token_in(&format!("{token}@parse.example.com")), None, "no plus");
        assert_eq!(token_in_subject(&format!("AW: Order [#12] [#{token}]")), Some(token));
        assert_eq!(token_in_subject("Re: Order [#4471]"), None);
        assert_eq!(Own { reply: None, ..own() }.reply_to(op), None);
    }
}
