//! What a server writes when a mail could not be delivered (RFC 3462, RFC 3464).

use super::state::Sent;
use crate::domain::clock::Ms;

/// `Mon, 16 Nov 2026 14:02:00 +0000`.
pub(super) fn date(at: Ms) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The report, with the head of the mail that it is about.
pub(super) fn bounce(sent: &Sent, to: &str, status: &str, words: &str, at: Ms) -> Vec<u8> {
    let raw = String::from_utf8_lossy(&sent.raw).into_owned();
    let head = raw.split_once("\r\n\r\n").map_or(raw.as_str(), |(head, _)| head);
    let lost: String = sent.to.iter().map(|lost| format!("  {lost}\r\n    {words}\r\n")).collect();
    let each = |lost: &String| {
        format!(
            "Final-Recipient: rfc822; {lost}\r\nAction: failed\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; {words}\r\n\r\n"
        )
    };
    let fields: String = sent.to.iter().map(each).collect();
    format!(
        "Return-Path: <>\r\n\
         From: Mail Delivery System <MAILER-DAEMON@mail.example.test>\r\n\
         To: <{to}>\r\n\
         Subject: Undelivered Mail Returned to Sender\r\n\
         Date: {date}\r\n\
         Message-ID: <{at}.bounce@mail.example.test>\r\n\
         Auto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"bounce/{at}\"\r\n\r\n\
         --bounce/{at}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         A message that you sent could not be delivered to:\r\n\r\n{lost}\r\n\
         --bounce/{at}\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mail.example.test\r\n\r\n{fields}\
         --bounce/{at}\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n\r\n\
         --bounce/{at}--\r\n",
        date = date(at),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_who_did_not_get_what() {
        let sent = Sent {
            from: "support@example.test".into(),
            parameters: Vec::new(),
            to: vec!["dana@example.net".into()],
            raw: b"Message-ID: <a@b>\r\n\r\nsecret text".as_slice().into(),
            login: None,
            at: 0,
        };
        let report = bounce(&sent, "support@example.test", "5.1.1", "550 nobody", 1_794_837_720_000);
        let report = String::from_utf8(report).unwrap();
        for line in [
            "Date: Mon, 16 Nov 2026 14:02:00 +0000",
            "Final-Recipient: rfc822; dana@example.net",
            "Status: 5.1.1",
            "Message-ID: <a@b>",
        ] {
            assert!(report.contains(&format!("{line}\r\n")), "{line} in {report}");
        }
        assert!(!report.contains("secret text"));
        assert!(report.split("\r\n").all(|line| !line.contains('\n')));
    }
}
