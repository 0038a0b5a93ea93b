//! Escape sequences (ECMA-48) in foreign text: how much of it is one, so that it goes as a whole and leaves no debris.

/// Longest control string, in bytes: a title, a link, a small picture. What is longer is taken for text.
const LONGEST: usize = 4096;

/// Length in bytes of the control sequence (`CSI`) or control string (`OSC`, `DCS`, `SOS`, `PM`, `APC`) at the head of the
/// text, if it is a whole one. None = only the control character there is not text; what follows it is.
pub(super) fn sequence(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    // Each is ESC with a letter, or one character of C1.
    let kind = match chars.next()? {
        '\u{1B}' => chars.next()?,
        c @ '\u{80}'..='\u{9F}' => char::from_u32(c as u32 - 0x40)?,
        _ => return None,
    };
    let body = chars.as_str();
    let length = match kind {
        '[' => control_sequence(body)?,
        ']' => control_string(body, true)?,
        'P' | 'X' | '^' | '_' => control_string(body, false)?,
        _ => return None,
    };
    Some(text.len() - body.len() + length)
}

/// Parameters, intermediates and the final byte.
fn control_sequence(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let run = |from: usize, member: fn(&u8) -> bool| bytes[from..].iter().take_while(|b| member(b)).count();
    let parameters = run(0, |b| matches!(b, 0x30..=0x3F));
    let end = parameters + run(parameters, |b| matches!(b, 0x20..=0x2F));
    matches!(bytes.get(end), Some(0x40..=0x7E)).then_some(end + 1)
}

/// Anything on one line, up to the string terminator; terminals also take BEL for the end of an `OSC`.
fn control_string(body: &str, bell: bool) -> Option<usize> {
    let end = body.find(|c: char| c.is_control()).filter(|end| *end <= LONGEST)?;
    match &body[end..] {
        rest if rest.starts_with("\u{1B}\\") || rest.starts_with('\u{9C}') => Some(end + 2),
        rest if bell && rest.starts_with('\u{7}') => Some(end + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_sequences_are_measured() {
        for (text, length) in [
            ("\u{1b}[31mred", 5),
            ("\u{1b}[m", 3),
            ("\u{1b}[?1049h", 8),
            ("\u{1b}[1;2 q!", 7),
            ("\u{9b}2J", 4),
            ("\u{1b}]0;title\u{7}x", 10),
            ("\u{1b}]8;;https://a.example\u{1b}\\link", 24),
            ("\u{9d}0;ü\u{9c}x", 8),
            ("\u{1b}Pq#0\u{1b}\\x", 7),
            ("\u{1b}_app\u{9c}x", 7),
        ] {
            assert_eq!(sequence(text), Some(length), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_whole_sequence_is_left_alone() {
        for text in [
            "",
            "text",
            "\u{1b}",
            "\u{1b}[",
            "\u{1b}[31",
            "\u{1b}[3é1m",
            "\u{1b}hello",
            "\u{1b}\u{202e}",
            "\u{85}[31m",
            "\u{1b}]0;no end",
            "\u{1b}]0;next line\n\u{7}",
            "\u{1b}]0;another\u{1b}[31m\u{7}",
            "\u{1b}Pno bell\u{7}",
        ] {
            assert_eq!(sequence(text), None, "{text:?}");
        }
        let long = format!("\u{1b}]{}\u{7}", "x".repeat(LONGEST + 1));
        assert_eq!(sequence(&long), None);
    }
}
