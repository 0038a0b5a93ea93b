//! Text within HTML.

/// Appends text so that it is shown as it is: nothing of it is HTML, and runs of blanks stay.
pub(super) fn escape(text: &str, out: &mut String) {
    // At the beginning of a line HTML shows no blank; behind an element that ends it does.
    let mut after_blank = out.is_empty() || out.ends_with('\n') || out.ends_with("\">");
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
