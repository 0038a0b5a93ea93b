//! What a mail has besides words and files: signatures, encryption, invitations; found, and told in words.

use super::mime::parts::Part;
use super::parsed::Feature;

/// A feature in plain words, for a line below the message.
pub fn feature_line(feature: &Feature) -> String {
    match feature {
        Feature::Cut { is_kept: true } => {
            "This mail is longer than what is shown of it: the whole of it is among its files".into()
        }
        Feature::Cut { is_kept: false } => {
            "Only the beginning of this mail could be read: see the rest of it in another mail program".into()
        }
        Feature::SmimeSigned => "Signed with S/MIME (not checked)".into(),
        Feature::SmimeEncrypted => "Encrypted with S/MIME: it cannot be read here".into(),
        Feature::PgpSigned => "Signed with OpenPGP (not checked)".into(),
        Feature::PgpEncrypted => "Encrypted with OpenPGP: it cannot be read here".into(),
        Feature::Calendar { method, summary, start, end: _, place } => {
            let what = match method.as_str() {
                "REQUEST" => "Invitation",
                "CANCEL" => "Cancelled",
                "REPLY" => "Answer to an invitation",
                "COUNTER" => "Another time is proposed",
                "DECLINECOUNTER" => "The proposed time was declined",
                _ => "Calendar",
            };
            let said: Vec<&str> = [summary, start, place].into_iter().filter_map(Option::as_deref).collect();
            if said.is_empty() { what.to_owned() } else { format!("{what}: {}", said.join(", ")) }
        }
    }
}

/// What a multipart says of its own security (RFC 1847).
pub(super) fn of_multipart(part: &Part<'_>) -> Option<Feature> {
    let protocol = part.kind.get("protocol").unwrap_or_default().to_ascii_lowercase();
    match part.kind.value.as_str() {
        "multipart/signed" if protocol.contains("pkcs7") => Some(Feature::SmimeSigned),
        "multipart/signed" => Some(Feature::PgpSigned),
        "multipart/encrypted" => Some(Feature::PgpEncrypted),
        _ => None,
    }
}

/// Whether a part is nothing but the signature of another, or says nothing but how another is encrypted.
pub(super) fn is_seal(part: &Part<'_>) -> bool {
    matches!(
        part.kind.value.as_str(),
        "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-encrypted"
    )
}

/// What a file of S/MIME is (RFC 8551, section 3.2): by what it is said to be, else by its first bytes.
pub(super) fn of_smime(part: &Part<'_>, bytes: &[u8]) -> Option<Feature> {
    if !matches!(part.kind.value.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime") {
        return None;
    }
    let said = part.kind.get("smime-type").unwrap_or_default().to_ascii_lowercase();
    let start = &bytes[..bytes.len().min(64)];
    let has = |id: &[u8]| start.windows(id.len()).any(|window| window == id);
    // The object identifiers of CMS (RFC 5652): signed data is 1.2.840.113549.1.7.2.
    let is_signed = has(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02");
    match said.as_str() {
        "signed-data" | "signed-receipt" => Some(Feature::SmimeSigned),
        "certs-only" | "compressed-data" => None,
        "" if is_signed => Some(Feature::SmimeSigned),
        _ => Some(Feature::SmimeEncrypted),
    }
}

/// What armour within the words says (RFC 9580, section 6), and the words without the armour of a signature.
pub(super) fn of_armour(text: &str) -> Option<(Feature, Option<String>)> {
    const MESSAGE: &str = "-----BEGIN PGP MESSAGE-----";
    const SIGNED: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
    const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
    const END: &str = "-----END PGP SIGNATURE-----";
    let begins = |mark: &str| text.lines().any(|line| line == mark);
    if begins(MESSAGE) {
        return Some((Feature::PgpEncrypted, None));
    }
    if !begins(SIGNED) || !begins(SIGNATURE) {
        return None;
    }
    let mut out: Vec<&str> = Vec::new();
    let (mut in_head, mut in_signature) = (false, false);
    for line in text.lines() {
        match line {
            SIGNED => in_head = true,
            SIGNATURE => in_signature = true,
            END => in_signature = false,
            // The hash is named up to a blank line.
            _ if in_head => in_head = !line.is_empty(),
            _ if in_signature => {}
            // Lines that begin with a hyphen are escaped (section 7.2).
            _ => out.push(line.strip_prefix("- ").unwrap_or(line)),
        }
    }
    Some((Feature::PgpSigned, Some(out.join("\n").trim_end().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_told_in_words() {
        let planning = Feature::Calendar {
            method: "REQUEST".into(),
            summary: Some("Planning".into()),
            start: Some("2026-12-01 10:00 Europe/Amsterdam".into()),
            end: None,
            place: Some("Room 4".into()),
        };
        assert_eq!(
            feature_line(&planning),
            "Invitation: Planning, 2026-12-01 10:00 Europe/Amsterdam, Room 4"
        );
        let bare =
            Feature::Calendar { method: String::new(), summary: None, start: None, end: None, place: None };
        assert_eq!(feature_line(&bare), "Calendar");
        assert_eq!(feature_line(&Feature::SmimeSigned), "Signed with S/MIME (not checked)");
        assert_eq!(feature_line(&Feature::PgpEncrypted), "Encrypted with OpenPGP: it cannot be read here");
    }

    #[test]
    fn armour_within_words() {
        let signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- \nAna\n-----BEGIN PGP SIGNATURE-----\n\n\
                      abc\n-----END PGP SIGNATURE-----\nfooter";
        assert_eq!(of_armour(signed), Some((Feature::PgpSigned, Some("Hello\n-- \nAna\nfooter".into()))));
        assert_eq!(of_armour("x\n-----BEGIN PGP MESSAGE-----\nabc"), Some((Feature::PgpEncrypted, None)));
        assert_eq!(of_armour("see > -----BEGIN PGP MESSAGE-----"), None);
        assert_eq!(of_armour("-----BEGIN PGP SIGNED MESSAGE-----\nnever signed"), None);
    }
}
