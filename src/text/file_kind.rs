//! What a file is: by how it begins, and where that says nothing by how its name ends. Pure.

/// How many bytes of its beginning are enough to tell.
pub const HEAD: usize = 512;

/// Names end so, by media type. The first ending of a type is the one that files of it get.
const ENDINGS: &[(&str, &[&str])] = &[
    ("image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
    ("image/png", &["png"]),
    ("image/gif", &["gif"]),
    ("image/webp", &["webp"]),
    ("image/heic", &["heic"]),
    ("image/heif", &["heif"]),
    ("image/avif", &["avif"]),
    ("image/bmp", &["bmp"]),
    ("image/tiff", &["tif", "tiff"]),
    ("image/svg+xml", &["svg"]),
    ("audio/mpeg", &["mp3"]),
    ("audio/mp4", &["m4a"]),
    ("audio/aac", &["aac"]),
    ("audio/ogg", &["ogg", "oga", "opus"]),
    ("audio/amr", &["amr"]),
    ("audio/wav", &["wav"]),
    ("audio/flac", &["flac"]),
    ("video/mp4", &["mp4", "m4v"]),
    ("video/quicktime", &["mov", "qt"]),
    ("video/3gpp", &["3gp"]),
    ("video/webm", &["webm"]),
    ("video/mpeg", &["mpeg", "mpg"]),
    ("video/x-msvideo", &["avi"]),
    ("video/x-matroska", &["mkv"]),
    ("application/pdf", &["pdf"]),
    ("application/zip", &["zip"]),
    ("application/gzip", &["gz", "tgz"]),
    ("application/json", &["json"]),
    ("application/rtf", &["rtf"]),
    ("application/msword", &["doc"]),
    ("application/vnd.ms-excel", &["xls"]),
    ("application/vnd.ms-powerpoint", &["ppt"]),
    (WORD, &["docx"]),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]),
    ("application/vnd.oasis.opendocument.text", &["odt"]),
    ("application/vnd.oasis.opendocument.spreadsheet", &["ods"]),
    ("application/vnd.apple.pkpass", &["pkpass"]),
    ("application/epub+zip", &["epub"]),
    ("text/plain", &["txt", "log", "text"]),
    ("text/markdown", &["md"]),
    ("text/csv", &["csv"]),
    ("text/html", &["html", "htm"]),
    ("text/vcard", &["vcf", "vcard"]),
    ("text/calendar", &["ics"]),
];
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const UNKNOWN: &str = "application/octet-stream";

/// Files begin so, by media type.
const BEGINNINGS: &[(&str, &[u8])] = &[
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/gif", b"GIF87a"),
    ("image/gif", b"GIF89a"),
    ("image/tiff", b"II*\0"),
    ("image/tiff", b"MM\0*"),
    ("application/pdf", b"%PDF-"),
    ("application/gzip", b"\x1f\x8b"),
    ("application/rtf", b"{\\rtf"),
    ("audio/ogg", b"OggS"),
    ("audio/amr", b"#!AMR"),
    ("audio/flac", b"fLaC"),
    ("audio/mpeg", b"ID3"),
    ("audio/mpeg", b"\xff\xfb"),
    ("video/webm", b"\x1a\x45\xdf\xa3"),
];

/// Brands of the ISO media format (ISO/IEC 14496-12), at byte 8.
const BRANDS: &[(&str, &[u8])] = &[
    ("image/heic", b"hei"),
    ("image/heic", b"hev"),
    ("image/heif", b"mif"),
    ("image/heif", b"msf"),
    ("image/avif", b"avi"),
    ("audio/mp4", b"M4A"),
    ("video/quicktime", b"qt "),
    ("video/3gpp", b"3g"),
];

/// The media type of a file.
pub fn mime(name: &str, head: &[u8]) -> &'static str {
    let by_name = by_name(name);
    match by_content(head) {
        // Many formats are archives or containers of which only the name tells which.
        Some("application/zip") => {
            by_name.filter(|m| m.starts_with("application/")).unwrap_or("application/zip")
        }
        Some("video/webm") if by_name == Some("video/x-matroska") => "video/x-matroska",
        Some(found) => found,
        // A picture or a sound that does not begin as one is none, whatever it is called.
        None => by_name.filter(|m| !known_by_content(m)).unwrap_or_else(|| plain(head)),
    }
}

fn by_name(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    ENDINGS.iter().find(|(_, endings)| endings.contains(&ending.as_str())).map(|(mime, _)| *mime)
}

fn by_content(head: &[u8]) -> Option<&'static str> {
    let at = |from: usize, with: &[u8]| head.get(from..).is_some_and(|rest| rest.starts_with(with));
    if at(4, b"ftyp") {
        let brand = BRANDS.iter().find(|(_, brand)| at(8, brand));
        return Some(brand.map_or("video/mp4", |(mime, _)| *mime));
    }
    if at(0, b"RIFF") {
        let inside = [("image/webp", b"WEBP"), ("audio/wav", b"WAVE"), ("video/x-msvideo", b"AVI ")];
        return inside.iter().find(|(_, word)| at(8, *word)).map(|(mime, _)| *mime);
    }
    if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
        return Some("application/zip");
    }
    BEGINNINGS.iter().find(|(_, begins)| at(0, begins)).map(|(mime, _)| *mime)
}

/// Whether every file of this type can be told by how it begins.
fn known_by_content(mime: &str) -> bool {
    !matches!(mime, "audio/mpeg")
        && (BEGINNINGS.iter().any(|(known, _)| *known == mime)
            || matches!(mime, "image/webp" | "audio/wav" | "application/zip")
            || BRANDS.iter().any(|(known, _)| *known == mime && known.starts_with("image/")))
}

/// Text is what has no control bytes and is UTF-8, but for a character that the end of the head cuts.
fn plain(head: &[u8]) -> &'static str {
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    };
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x0c);
    if whole && !head.is_empty() && !head.iter().any(control) { "text/plain" } else { UNKNOWN }
}

/// Whether browsers show it as a picture and nothing else: it holds no script and no link.
pub fn is_safe_picture(mime: &str) -> bool {
    matches!(mime, "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/avif" | "image/bmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_believed_before_the_name() {
        for (name, head, want) in [
            ("a.jpg", b"\xff\xd8\xff\xe0".as_slice(), "image/jpeg"),
            ("a.jpg", b"\x89PNG\r\n\x1a\n", "image/png"),
            ("a.png", b"<script>", "text/plain"),
            ("a.png", b"\0\x01", "application/octet-stream"),
            ("photo", b"\x89PNG\r\n\x1a\n", "image/png"),
            ("a.docx", b"PK\x03\x04", WORD),
            ("a.zip", b"PK\x03\x04", "application/zip"),
            ("a.jpg", b"PK\x03\x04", "application/zip"),
            ("a.PDF", b"%PDF-1.7", "application/pdf"),
            ("a.heic", b"\0\0\0\x18ftypheic", "image/heic"),
            ("a.mp4", b"\0\0\0\x18ftypisom", "video/mp4"),
            ("a.m4a", b"\0\0\0\x18ftypM4A ", "audio/mp4"),
            ("a.mov", b"\0\0\0\x14ftypqt  ", "video/quicktime"),
            ("a.webp", b"RIFF\x01\0\0\0WEBPVP8 ", "image/webp"),
            ("a.mp3", b"\xff\xf3\x84", "audio/mpeg"),
            ("a.svg", b"<svg", "image/svg+xml"),
            ("a.csv", b"a,b\n", "text/csv"),
            ("notes", "caf\u{e9}".as_bytes(), "text/plain"),
            ("notes", b"caf\xc3", "text/plain"),
            ("noise", b"\0\0\0", "application/octet-stream"),
            ("empty", b"", "application/octet-stream"),
        ] {
            assert_eq!(mime(name, head), want, "{name}");
        }
    }

    #[test]
    fn what_can_hold_a_script_is_no_safe_picture() {
        assert!(is_safe_picture("image/png") && is_safe_picture("image/jpeg"));
        for other in ["image/svg+xml", "text/html", "application/pdf", "image/tiff", ""] {
            assert!(!is_safe_picture(other), "{other}");
        }
    }
}
