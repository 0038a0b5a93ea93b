//! A mail that is ready to go as the bytes that travel (RFC 5322, MIME). Hidden recipients stand nowhere in it.

use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::domain::mail::Mailbox;
use crate::provider::mail::send::Ready;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::message_id::MessageId;

/// Writes a mail. `now` is its date.
///
/// # Errors
/// [`Failure::Rejected`] where it cannot be written.
pub fn written(ready: &Ready, now: Ms) -> Result<Vec<u8>, Failure> {
    let mail = &ready.mail;
    let mut builder = MessageBuilder::new()
        .date(now / 1000)
        .message_id(mail.message_id.clone())
        .subject(mail.subject.clone())
        .to(addresses(&mail.to));
    if let Some(from) = &mail.from {
        builder = builder.from(address(from));
    }
    if !mail.cc.is_empty() {
        builder = builder.cc(addresses(&mail.cc));
    }
    if !mail.reply_to.is_empty() {
        builder = builder.reply_to(addresses(&mail.reply_to));
    }
    if !mail.in_reply_to.is_empty() {
        builder = builder.in_reply_to(MessageId::from(mail.in_reply_to.clone()));
    }
    if !mail.references.is_empty() {
        builder = builder.references(MessageId::from(mail.references.clone()));
    }
    builder = builder.text_body(ready.text.clone());
    if let Some(html) = &ready.html {
        builder = builder.html_body(html.clone());
    }
    for file in &ready.files {
        builder = builder.attachment(file.mime.clone(), file.name.clone(), file.bytes.clone());
    }
    builder.write_to_vec().map_err(|e| Failure::rejected(None, format!("the mail cannot be written: {e}")))
}

fn address(one: &Mailbox) -> Address<'static> {
    Address::new_address(one.name.clone(), one.address.clone())
}

fn addresses(all: &[Mailbox]) -> Address<'static> {
    Address::new_list(all.iter().map(address).collect())
}
