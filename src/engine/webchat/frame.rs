//! The framing of server-sent events (HTML Living Standard, section 9.2). Pure.

/// What a connection begins with: how long to wait before coming back, in milliseconds, and that it stands.
pub const HELLO: &str = "retry: 2000\n\n: connected\n\n";

/// A sign of life. A comment, so no page ever sees it.
pub const PING: &str = ": ping\n\n";

/// One event. `id` is the cursor to resume from.
pub fn event(name: &str, id: &str, data: &str) -> String {
    let mut out = format!("event: {}\nid: {}\n", one_line(name), one_line(id));
    // The field is ended by any line end, so each line of the data needs a field of its own.
    for line in data.split(['\n', '\r']) {
        out.push_str("data: ");
        out.push_str(line);
        out.push('\n');
    }
    out.push('\n');
    out
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\n' | '\r' | '\0')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inside_an_event_can_end_it() {
        assert_eq!(event("message", "A1", "{}"), "event: message\nid: A1\ndata: {}\n\n");
        assert_eq!(
            event("m\n", "A\r\n\ndata: x", "a\nb\r"),
            "event: m\nid: Adata: x\ndata: a\ndata: b\ndata: \n\n"
        );
    }
}
