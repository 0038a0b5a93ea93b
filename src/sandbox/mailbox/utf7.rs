//! Names of folders as they travel: letters beyond ASCII in modified UTF-7 (RFC 3501, section 5.1.3).

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet::IMAP_MUTF7, engine::DecodePaddingMode};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// As it travels.
pub(super) fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut odd = String::new();
    let flush = |odd: &mut String, out: &mut String| {
        if !odd.is_empty() {
            let units: Vec<u8> = odd.encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push_str(&format!("&{}-", BASE64.encode(units)));
            odd.clear();
        }
    };
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut odd, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            odd.push(c);
        }
    }
    flush(&mut odd, &mut out);
    out
}

/// As it reads; none where it is no such name.
pub(super) fn decode(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = name;
    while let Some((plain, coded)) = rest.split_once('&') {
        out.push_str(plain);
        let (inner, after) = coded.split_once('-')?;
        if inner.is_empty() {
            out.push('&');
        } else {
            let bytes = BASE64.decode(inner).ok()?;
            let (units, []) = bytes.as_chunks::<2>() else { return None };
            let units: Vec<u16> = units.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            out.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    out.push_str(rest);
    out.chars().all(|c| !c.is_control()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_travel_both_ways() {
        // The second is the example of RFC 3501, section 5.1.3.
        for (name, coded) in [
            ("Sent & more", "Sent &- more"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Gelöschte 😀", "Gel&APY-schte &2D3eAA-"),
        ] {
            assert_eq!(encode(name), coded);
            assert_eq!(decode(coded).as_deref(), Some(name));
        }
        for bad in ["a&", "a&!-", "a&AP-", "a\u{7}"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }
}
