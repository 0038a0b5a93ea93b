//! Bytes to characters (RFC 2046, section 4.1.2), by what a mail says of itself and by what its bytes show.

use mail_parser::decoders::charsets::map::charset_decoder;
use std::str;

/// What bytes are taken for that are nothing else.
const LAST: &[u8] = b"windows-1252";

/// Reads text. What claims to be of a character set of one byte a character, or of none, and is well-formed UTF-8 is UTF-8:
/// senders mislabel it all the time, and by chance no text is. What claims to be UTF-8 and is not is Western European.
pub fn decode(label: Option<&str>, bytes: &[u8]) -> String {
    let label = label.map(normal).unwrap_or_default();
    if bytes.is_ascii() && !is_shifted(&label) && !bytes.contains(&0x1b) {
        return str::from_utf8(bytes).unwrap_or_default().to_owned();
    }
    match label.as_str() {
        "utf-8" => utf8(bytes),
        "iso-2022-kr" => shifted(bytes, &[0x0e], &[0x0f], b"euc-kr"),
        "hz-gb-2312" => shifted(bytes, b"~{", b"~}", b"gbk"),
        _ if is_single_byte(&label) && str::from_utf8(bytes).is_ok() && !bytes.is_ascii() => utf8(bytes),
        _ => match charset_decoder(label.as_bytes()).filter(|_| !label.is_empty()) {
            Some(decode) => without_mark(decode(bytes)),
            None => unlabelled(bytes),
        },
    }
}

/// The name in the form that it is looked up by.
fn normal(label: &str) -> String {
    let label =
        label.trim_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | ';'));
    let label = label.to_ascii_lowercase();
    match label.as_str() {
        "utf8" | "utf_8" | "unicode-1-1-utf-8" | "x-utf-8" | "utf8mb4" | "utf-8-strict" | "cp65001"
        | "65001" => "utf-8".into(),
        "euc-cn" | "gb2312-80" | "x-gb2312" | "csgb231280" => "gbk".into(),
        "euckr" | "cp949" | "ms949" | "uhc" | "x-windows-949" | "5601" => "euc-kr".into(),
        "cp932" | "x-ms-cp932" | "shift-jis" | "csshiftjis" => "shift_jis".into(),
        "cp950" | "x-cp950" | "big-5" => "big5".into(),
        "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-2004" | "iso-2022-jp-ms"
        | "jis" => "iso-2022-jp".into(),
        "csiso2022kr" => "iso-2022-kr".into(),
        "hz" => "hz-gb-2312".into(),
        "unicode-1-1-utf-7" | "utf7" => "utf-7".into(),
        "windows-1252http-equivcontent-type" | "ansi" | "western" | "iso-8859" => "windows-1252".into(),
        _ => label,
    }
}

/// Whether bytes below 128 may be other characters than those of ASCII.
fn is_shifted(label: &str) -> bool {
    label.starts_with("iso-2022")
        || label.starts_with("utf-7")
        || label.starts_with("utf-16")
        || label.starts_with("hz")
        || label.starts_with("ucs-2")
        || label.starts_with("unicode")
        || label.starts_with("utf16")
}

/// Whether each byte is a character: then what is well-formed UTF-8 is no accident. No label is such a label.
fn is_single_byte(label: &str) -> bool {
    const SINGLE: &[&str] = &[
        "iso-8859",
        "iso8859",
        "iso_8859",
        "iso88",
        "windows-125",
        "cp125",
        "cp85",
        "x-cp125",
        "latin",
        "koi8",
        "mac",
    ];
    matches!(label, "" | "us-ascii" | "ascii" | "ansi_x3.4-1968")
        || SINGLE.iter().any(|known| label.starts_with(known))
}

/// What nothing is known of: UTF-8, Japanese by its escapes, or Western European.
fn unlabelled(bytes: &[u8]) -> String {
    let is_japanese = bytes.is_ascii() && bytes.windows(2).any(|pair| pair == b"\x1b$");
    let label: &[u8] = if is_japanese { b"iso-2022-jp" } else { return utf8(bytes) };
    charset_decoder(label).map(|decode| decode(bytes)).unwrap_or_default()
}

/// UTF-8. Where more of it is wrong than right beyond ASCII it was never UTF-8; else only what is wrong is replaced.
fn utf8(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        return text.to_owned();
    }
    let (mut right, mut wrong) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    match charset_decoder(LAST).filter(|_| wrong > right) {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// ASCII with runs of another character set between two marks, whose bytes lack their highest bit (RFC 1557, RFC 1843).
fn shifted(bytes: &[u8], open: &[u8], close: &[u8], label: &[u8]) -> String {
    let Some(decode) = charset_decoder(label) else { return utf8(bytes) };
    // The announcement of RFC 1557 stands once, at the beginning of a line.
    const ANNOUNCED: &[u8] = b"\x1b$)C";
    let mut whole = Vec::with_capacity(bytes.len());
    let mut inside = false;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(ANNOUNCED) {
            rest = after;
        } else if let Some(after) = rest.strip_prefix(if inside { close } else { open }) {
            inside = !inside;
            rest = after;
        } else {
            // A line always begins in ASCII.
            inside &= *first != b'\n';
            whole.push(if inside { first | 0x80 } else { *first });
            rest = after;
        }
    }
    decode(&whole)
}

fn without_mark(text: String) -> String {
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_believed_where_the_bytes_allow() {
        for (label, bytes, want) in [
            (Some("iso-8859-1"), &b"caf\xe9"[..], "caf\u{e9}"),
            (Some("ISO-8859-1"), "caf\u{e9}".as_bytes(), "caf\u{e9}"),
            (Some("us-ascii"), "caf\u{e9}".as_bytes(), "caf\u{e9}"),
            (None, b"caf\xe9", "caf\u{e9}"),
            (Some("utf-8"), b"caf\xe9", "caf\u{e9}"),
            (Some("\"utf8\""), "\u{feff}caf\u{e9}".as_bytes(), "caf\u{e9}"),
            (Some("utf-8"), b"\xe4\xb8\xad\xe6\x96\x87\xe4\xb8", "\u{4e2d}\u{6587}\u{fffd}"),
            (Some("no-such-set"), "\u{4e2d}".as_bytes(), "\u{4e2d}"),
            (Some("koi8-r"), b"\xf0\xd2\xc9\xd7\xc5\xd4", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
            (Some("cp932"), b"\x93\xfa\x96{", "\u{65e5}\u{672c}"),
            (Some("gb2312"), b"\xc4\xe3\xba\xc3", "\u{4f60}\u{597d}"),
            (Some("iso-2022-jp"), b"\x1b$BF|K\\\x1b(B", "\u{65e5}\u{672c}"),
            (None, b"\x1b$BF|K\\\x1b(B", "\u{65e5}\u{672c}"),
            (Some("iso-2022-kr"), b"\x1b$)C\x0e0!\x0fa", "\u{ac00}a"),
            (Some("hz-gb-2312"), b"~{<:Ky2;~}!", "\u{5df1}\u{6240}\u{4e0d}!"),
            (Some("utf-7"), b"Hi Mom +Jjo-!", "Hi Mom \u{263a}!"),
            (Some("utf-16le"), b"h\0i\0", "hi"),
            (Some(""), b"plain", "plain"),
        ] {
            assert_eq!(decode(label, bytes), want, "{label:?} {bytes:?}");
        }
    }

    #[test]
    fn any_label_and_bytes_give_text() {
        let all: Vec<u8> = (0..=255).collect();
        for label in [
            "utf-7",
            "utf-16",
            "big5",
            "gb18030",
            "euc-kr",
            "iso-2022-kr",
            "hz",
            "x-user-defined",
            "\u{0}",
            "koi8-u",
        ] {
            for cut in 0..all.len() {
                decode(Some(label), &all[cut..]);
            }
        }
    }
}
