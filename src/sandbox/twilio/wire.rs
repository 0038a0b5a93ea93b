//! The shapes that Twilio puts on the wire: message resources, errors, dates, status words.

use super::log::{Direction, Record, Status};
use crate::domain::clock::Ms;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The version in every path.
pub(super) const API: &str = "2010-04-01";

/// A time as the REST API writes it (RFC 2822, always UTC).
pub(super) fn rfc2822(at: Ms) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(at) => at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        Err(_) => String::new(),
    }
}

/// A time as carriers write it in delivery receipts (`YYMMDDhhmm`, UTC).
pub(super) fn receipt_date(at: Ms) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(at) => at.strftime("%y%m%d%H%M").to_string(),
        Err(_) => String::new(),
    }
}

/// The word for a status on the wire.
pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Accepted => "accepted",
        Status::Queued => "queued",
        Status::Sent => "sent",
        Status::Delivered => "delivered",
        Status::Read => "read",
        Status::Undelivered => "undelivered",
        Status::Failed => "failed",
        Status::Received => "received",
    }
}

/// One message as `Messages.json` and `Messages/{Sid}.json` show it. Counts are strings, dates RFC 2822 or null.
pub(super) fn message(account: &str, record: &Record) -> Value {
    let uri = format!("/{API}/Accounts/{account}/Messages/{}.json", record.sid);
    let media = format!("/{API}/Accounts/{account}/Messages/{}/Media.json", record.sid);
    let direction = match record.direction {
        Direction::Inbound => "inbound",
        Direction::Api => "outbound-api",
        Direction::Reply => "outbound-reply",
    };
    json!({
        "body": record.body,
        "num_segments": record.segments.to_string(),
        "direction": direction,
        "from": record.from,
        "to": record.to,
        "date_updated": rfc2822(record.updated),
        "price": null,
        "error_message": record.error_code.map(explain),
        "uri": uri,
        "account_sid": account,
        "num_media": record.num_media.to_string(),
        "status": status_word(record.status),
        "messaging_service_sid": record.service,
        "sid": record.sid,
        "date_sent": record.sent.map(rfc2822),
        "date_created": rfc2822(record.created),
        "error_code": record.error_code,
        "price_unit": "USD",
        "api_version": API,
        "subresource_uris": { "media": media },
    })
}

/// A JSON answer.
pub(super) fn json_answer(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json;charset=utf-8")], value.to_string()).into_response()
}

/// An error as Twilio words it.
pub(super) fn error(status: u16, code: u32) -> Response {
    let http = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_answer(
        http,
        &json!({
            "code": code,
            "message": explain(code),
            "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
            "status": status,
        }),
    )
}

/// What Twilio says about a code. Clients must not branch on it.
pub(super) fn explain(code: u32) -> &'static str {
    match code {
        12300 => "Invalid Content-Type",
        20003 => "Authenticate",
        20006 => "Page number out of range",
        20404 => "The requested resource was not found",
        20429 => "Too Many Requests",
        20500 => "An internal server error has occurred",
        21211 => "Invalid 'To' Phone Number",
        21408 => "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
        21602 => "Message body is required.",
        21603 => "A 'From' phone number is required.",
        21604 => "A 'To' phone number is required.",
        21606 => {
            "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination/account"
        }
        21609 => "The 'StatusCallback' URL is not a valid URL.",
        21610 => "Attempt to send to unsubscribed recipient",
        21614 => "'To' number is not a valid mobile number",
        21617 => "The concatenated message body exceeds the 1600 character limit",
        21623 => "Number of media files exceeds allowed limit",
        21910 => "Invalid From and To pair. From and To should be of the same channel",
        30003 => "Unreachable destination handset",
        30004 => "Message blocked",
        30005 => "Unknown destination handset",
        30006 => "Landline or unreachable carrier",
        30007 => "Message filtered",
        30008 => "Unknown error",
        63007 => "Twilio could not find a Channel with the specified From address",
        63016 => "Failed to send freeform message because you are outside the allowed window",
        63019 => "Media failed to download",
        _ => "The request could not be processed",
    }
}

/// How many SMS the body takes: GSM 03.38 septets (160, 153 in parts) or UTF-16 units (70, 67). Near enough for
/// the resource; escapes and surrogates at the edge of a part are not looked at.
pub(super) fn segments(body: &str) -> usize {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENDED: &str = "^{}\\[]~|€\u{c}";
    let mut septets = 0;
    for c in body.chars() {
        if BASIC.contains(c) {
            septets += 1;
        } else if EXTENDED.contains(c) {
            septets += 2;
        } else {
            let units = body.encode_utf16().count();
            return if units <= 70 { 1 } else { units.div_ceil(67) };
        }
    }
    if septets <= 160 { 1 } else { usize::div_ceil(septets, 153) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_segments_as_twilio_has_them() {
        assert_eq!(rfc2822(1_692_853_305_000), "Thu, 24 Aug 2023 05:01:45 +0000");
        assert_eq!(receipt_date(1_692_853_305_000), "2308240501");
        let cases = [("a", 160, 1), ("a", 161, 2), ("a", 307, 3), ("€", 81, 2), ("ж", 70, 1), ("😀", 36, 2)];
        for (part, times, want) in cases {
            assert_eq!(segments(&part.repeat(times)), want, "{times} × {part}");
        }
    }
}
