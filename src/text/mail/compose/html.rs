//! Text within HTML.

/// Appends text so that it is shown as it is: nothing of it is HTML, and blanks stay that HTML would not show, those at the
/// beginning of a line and in runs.
pub(super) fn escape(text: &str, begins_line: bool, out: &mut String) {
    let mut after_blank = begins_line || out.ends_with(' ');
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            ' ' if after_blank => out.push_str("&nbsp;"),
            _ => out.push(c),
        }
        after_blank = c == ' ';
    }
}

/// Text as it stands in an attribute, between double quotation marks, or between fences.
pub(super) fn verbatim(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
