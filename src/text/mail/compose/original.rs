//! A mail that is passed on whole, as it came: what the file is called that it goes along as.

use crate::text::mail::subject::base;
use crate::text::sanitize::file_name;

/// The media type of a mail as a file (RFC 2046, section 5.2.1).
pub const MEDIA_TYPE: &str = "message/rfc822";

/// The name of the file that a mail with this subject is, without marks of answers.
pub fn name(subject: &str) -> String {
    let subject = base(subject);
    // What looks like the name of a folder is a part of the subject.
    let subject = subject.replace(['/', '\\'], "_");
    file_name(&format!("{}.eml", if subject.is_empty() { "mail" } else { &subject }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_called_by_its_subject() {
        for (subject, wanted) in [
            ("Broken lamp", "Broken lamp.eml"),
            ("Re: Order 7/12", "Order 7_12.eml"),
            (" ", "mail.eml"),
            ("../../etc\u{202e}\u{1b}", "_.._etc.eml"),
        ] {
            assert_eq!(name(subject), wanted, "{subject}");
        }
        assert!(name(&"long ".repeat(100)).len() <= 130);
    }
}
