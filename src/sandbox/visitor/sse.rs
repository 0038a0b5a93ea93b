//! Server-sent events, parsed as the HTML standard says (section 9.2.6), byte by byte as they come.

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SseEvent {
    /// The last id that the stream gave, this event's or an earlier one.
    pub id: String,
    /// Its type; `message` when none was given.
    pub event: String,
    /// Its data, lines joined with `\n`.
    pub data: String,
}

/// The state between two pieces of a stream.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    /// The last byte was CR: an LF right after it belongs to the same line end.
    after_cr: bool,
    started: bool,
    id: String,
    event: String,
    data: String,
    has_data: bool,
    retry: Option<u64>,
}

impl SseParser {
    /// A parser for a stream that resumes after the event `last_id` (empty for none).
    pub fn resuming(last_id: &str) -> SseParser {
        SseParser { id: last_id.to_owned(), ..SseParser::default() }
    }

    /// Milliseconds to wait before connecting again, if the stream said so.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Takes the next bytes and gives the events that are complete with them.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<SseEvent> {
        let mut events = Vec::new();
        for &byte in bytes {
            let joined = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
            if joined {
                continue;
            }
            if byte == b'\r' || byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                events.extend(self.end_of_line(&line));
            } else {
                self.line.push(byte);
            }
        }
        events
    }

    fn end_of_line(&mut self, line: &[u8]) -> Option<SseEvent> {
        let text = String::from_utf8_lossy(line);
        let mut line: &str = &text;
        if !std::mem::replace(&mut self.started, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event = value.to_owned(),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => self.id = value.to_owned(),
            "retry" => {
                if let Ok(ms) = value.parse() {
                    self.retry = Some(ms);
                }
            }
            // A comment has an empty field name; unknown fields are ignored.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<SseEvent> {
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        if !std::mem::take(&mut self.has_data) {
            return None;
        }
        let event = if event.is_empty() { "message".to_owned() } else { event };
        Some(SseEvent { id: self.id.clone(), event, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, event: &str, data: &str) -> SseEvent {
        SseEvent { id: id.into(), event: event.into(), data: data.into() }
    }

    const STREAM: &str = "\u{feff}: hello\r\nretry: 250\r\n\r\nid: 7\nevent: message\ndata: {\"text\":\"配達 😀\"}\n\n\
                          : ping\n\ndata:one\rdata: two\r\revent: typing\nid: 8\n\ndata\n\nevent: lost\ndata: half";

    #[test]
    fn all_line_ends_comments_ids_and_empty_events() {
        let mut parser = SseParser::default();
        let want = vec![
            event("7", "message", "{\"text\":\"配達 😀\"}"),
            event("7", "message", "one\ntwo"),
            event("8", "message", ""),
        ];
        assert_eq!(parser.push(STREAM.as_bytes()), want);
        assert_eq!(parser.retry(), Some(250));
    }

    #[test]
    fn any_cut_of_the_stream_gives_the_same() {
        let mut whole = SseParser::default();
        let want = whole.push(STREAM.as_bytes());
        for size in 1..9 {
            let mut parser = SseParser::default();
            let got: Vec<_> = STREAM.as_bytes().chunks(size).flat_map(|piece| parser.push(piece)).collect();
            assert_eq!(got, want, "in pieces of {size}");
        }
    }

    #[test]
    fn a_resumed_stream_keeps_its_id() {
        let mut parser = SseParser::resuming("41");
        assert_eq!(parser.push(b"data: x\n\n"), vec![event("41", "message", "x")]);
    }
}
