//! The words within a signature of S/MIME (RFC 8551, section 3.5.2): where they lie in its data (RFC 5652, section 5). The
//! signature itself is not looked at.

/// Pieces of the content that are put together.
const PIECES: usize = 100_000;

/// `1.2.840.113549.1.7.2`, signed data.
const SIGNED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
/// `1.2.840.113549.1.7.1`, plain data.
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

const OBJECT: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const EXPLICIT: u8 = 0xa0;

/// The content of signed data. None where there is none, or where it is not what it says.
pub(super) fn content(bytes: &[u8]) -> Option<Vec<u8>> {
    let (info, _) = value(bytes, SEQUENCE)?;
    let (kind, rest) = value(info, OBJECT)?;
    let (signed, _) = value(rest, EXPLICIT).filter(|_| kind == SIGNED)?;
    let (signed, _) = value(signed, SEQUENCE)?;
    // The version and the digests come first.
    let (_, rest) = any(signed)?;
    let (_, rest) = any(rest)?;
    let (inner, _) = value(rest, SEQUENCE)?;
    let (kind, rest) = value(inner, OBJECT)?;
    let (octets, _) = value(rest, EXPLICIT).filter(|_| kind == DATA)?;
    if let Some((whole, _)) = value(octets, OCTETS) {
        return Some(whole.to_vec());
    }
    let (mut pieces, _) = value(octets, OCTETS_IN_PIECES)?;
    let mut out = Vec::new();
    for _ in 0..PIECES {
        let Some((piece, rest)) = value(pieces, OCTETS) else { break };
        out.extend_from_slice(piece);
        pieces = rest;
    }
    Some(out)
}

/// The value at the beginning, if it is of this kind, and what is behind it.
fn value(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    any(bytes).filter(|_| bytes.first() == Some(&kind))
}

/// The value at the beginning, and what is behind it (X.690, section 8.1). One of unknown length is taken up to the end of what
/// holds it: what is looked for lies at its beginning.
fn any(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    // Kinds of several bytes do not occur here.
    if kind & 0x1f == 0x1f {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    match first {
        0x80 => Some((rest, &rest[rest.len()..])),
        0..=0x7f => rest.split_at_checked(usize::from(*first)),
        _ => {
            let (length, rest) =
                rest.split_at_checked(usize::from(first & 0x7f)).filter(|(l, _)| l.len() <= 4)?;
            let length = length.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
            // Cut off: what is there.
            Some(rest.split_at(length.min(rest.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
        let mut out = vec![kind, 0x82];
        out.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        out.extend_from_slice(value);
        out
    }

    fn signed(octets: &[u8]) -> Vec<u8> {
        let inner = tlv(SEQUENCE, &[tlv(OBJECT, DATA), tlv(EXPLICIT, octets)].concat());
        let data = tlv(SEQUENCE, &[tlv(0x02, &[1]), tlv(0x31, &[]), inner].concat());
        tlv(SEQUENCE, &[tlv(OBJECT, SIGNED), tlv(EXPLICIT, &data)].concat())
    }

    #[test]
    fn content_is_found() {
        assert_eq!(content(&signed(&tlv(OCTETS, b"words"))).as_deref(), Some(&b"words"[..]));
        let pieces = tlv(OCTETS_IN_PIECES, &[tlv(OCTETS, b"wo"), tlv(OCTETS, b"rds")].concat());
        assert_eq!(content(&signed(&pieces)).as_deref(), Some(&b"words"[..]));
        // Of unknown length, as Outlook writes it.
        let endless = [&[OCTETS_IN_PIECES, 0x80][..], &tlv(OCTETS, b"words"), &[0, 0]].concat();
        assert_eq!(content(&signed(&endless)).as_deref(), Some(&b"words"[..]));
    }

    #[test]
    fn anything_else_is_none() {
        let whole = signed(&tlv(OCTETS, b"words"));
        for end in 0..whole.len() - 5 {
            assert!(content(&whole[..end]).is_none_or(|found| found.is_empty()), "{end}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            content(&changed);
        }
        assert_eq!(content(b"0\x84\xff\xff\xff\xff"), None);
    }
}
