//! Laws of the text module: what holds for every string, and that its search form agrees with SQLite and its widths with ratatui.

use frontdesk::domain::account::Channel;
use frontdesk::domain::quick_reply::QuickReply;
use frontdesk::text::index::{Term, highlight, index_form, match_expr, snippet};
use frontdesk::text::sanitize::{clean, escape_json, file_name, is_clean, line, mask};
use frontdesk::text::segments::{Encoding, look_alikes, offenders, segments};
use frontdesk::text::wrap::{pad, truncate, width, wrap};
use frontdesk::text::{address, format, fuzzy::Fuzzy, replies, template};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

/// Strings of the characters that trouble makes of, mixed with anything.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9 .,!?@+-]{0,12}",
        2 => "\\PC{0,8}",
        1 => any::<char>().prop_map(String::from),
        3 => proptest::sample::select(vec![
            "\n", "\r\n", "\t", "\x1b[31m", "\u{9b}", "\u{7f}", "\u{202E}", "\u{2066}", "\u{200D}", "\u{200C}", "\u{FE0F}",
            "\u{FEFF}", "\u{AD}", "\u{2028}", "\u{E0067}", "\u{E007F}", "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "👩‍👩‍👧‍👦", "❤️", "🇳🇱", "👍🏽", "e\u{301}", "\u{301}\u{302}\u{303}\u{304}\u{305}", "中文字", "「北京」", "한국어", "ไปกันนะ",
            "क\u{94D}क\u{94D}", "ा", "ｶﾞ", "\u{A0}", "\u{3000}", "\"", "\\", "/", "..", "{{a|b}}", "{{?q}}", "CON", "€", "{",
            "日本語カナ", "မြန်မာ", "\u{3099}", "\u{600}", "é", "ß",
        ]).prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() }
}

/// What a buffer row holds and how far it advanced when the text is drawn on one line.
fn drawn(text: &str) -> usize {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 2000, 1));
    usize::from(buffer.set_stringn(0, 0, text, 2000, Style::default()).0)
}

fn terms(words: &[String]) -> Vec<Term> {
    words
        .iter()
        .enumerate()
        .map(|(n, word)| match n % 3 {
            0 => Term::Prefix(word.clone()),
            1 => Term::Word(word.clone()),
            _ => Term::Phrase(word.clone()),
        })
        .collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn cleaned_text_is_clean_and_stays(text in nasty()) {
        let once = clean(&text);
        prop_assert!(is_clean(&once), "{:?}", once);
        prop_assert_eq!(clean(&once), once.clone());
        prop_assert_eq!(is_clean(&text), once == text);
        prop_assert!(!once.chars().any(|c| c.is_control() && c != '\n'));
    }

    #[test]
    fn escape_sequences_go_whole_and_take_nothing_else(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "\x1b", "[", "]", "P", "\\", "\u{7}", "\u{9b}", "\u{9c}", "\u{9d}", "\u{90}", "31", ";", "m", "hello", " ", "\n", "é", "?",
        ]), 0..30),
        words in "[ -~àé中\n]{0,60}",
    ) {
        let text = pieces.concat();
        let once = clean(&text);
        prop_assert!(!once.chars().any(|c| c.is_control() && c != '\n'), "{:?} of {:?}", once, text);
        prop_assert_eq!(clean(&once), once.clone());
        // Without a control character there is no sequence.
        prop_assert_eq!(clean(&words), words.as_str());
        // A string without an end takes nothing with it, and a whole one nothing but itself.
        let (open, whole) = (format!("\x1b]{words}"), format!("{words}\x1b[1;31m{words}\x1b]0;title\x07"));
        prop_assert_eq!(clean(&open), format!("]{words}"));
        prop_assert_eq!(clean(&whole), format!("{words}{words}"));
    }

    #[test]
    fn a_line_is_one_line(text in nasty()) {
        let once = line(&text);
        prop_assert!(is_clean(&once), "{:?}", once);
        prop_assert_eq!(line(&once), once.clone());
        prop_assert!(!once.contains(['\n', '\t']) && !once.contains("  ") && once.trim() == once);
    }

    #[test]
    fn file_names_are_safe_everywhere(text in nasty()) {
        let name = file_name(&text);
        prop_assert!(!name.is_empty() && name.len() <= 120, "{name:?}");
        prop_assert!(is_clean(&name) && !name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|', '\n']), "{name:?}");
        prop_assert!(!name.starts_with(['.', '-']) && !name.ends_with('.') && name.trim() == name, "{name:?}");
        prop_assert_eq!(file_name(&name), name);
    }

    #[test]
    fn escaped_json_means_the_same(text in nasty()) {
        let json = serde_json::to_string(&text).unwrap();
        let escaped = escape_json(&json);
        prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        let bidi = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!escaped.chars().any(|c| c.is_control() || bidi(c)));
    }

    #[test]
    fn wrapping_covers_all_and_fits(text in nasty(), columns in 0_usize..30) {
        let lines = wrap(&text, columns);
        prop_assert!(!lines.is_empty());
        let mut at = 0;
        for range in &lines {
            prop_assert!(range.start >= at && range.end >= range.start && range.end <= text.len());
            prop_assert!(text[at..range.start].chars().all(char::is_whitespace), "lost {:?}", &text[at..range.start]);
            at = range.end;
            let shown = &text[range.clone()];
            prop_assert!(!shown.contains('\n'));
            let single = shown.graphemes(true).filter(|g| width(g) > 0).count() <= 1;
            prop_assert!(width(shown) <= columns || single, "{shown:?} at {columns}");
        }
        prop_assert!(text[at..].chars().all(char::is_whitespace));
    }

    #[test]
    fn cutting_fits_and_keeps_graphemes(text in nasty(), columns in 0_usize..30) {
        let cut = truncate(&text, columns);
        prop_assert!(width(&cut) <= columns);
        prop_assert!(cut == text || cut.is_empty() || cut.ends_with('…'));
        if width(&text) <= columns {
            prop_assert_eq!(&cut, &text);
        }
        prop_assert_eq!(width(&pad(&text, columns)), columns);
    }

    #[test]
    fn widths_are_those_of_the_screen(text in nasty()) {
        prop_assume!(width(&text) < 2000);
        prop_assert_eq!(width(&text), drawn(&text));
    }

    #[test]
    fn segments_hold(text in nasty()) {
        let got = segments(&text);
        let single = got.segments == 1;
        prop_assert_eq!(got.encoding == Encoding::Ucs2, !offenders(&text).is_empty());
        prop_assert!(got.segments >= 1);
        if single {
            prop_assert_eq!(got.units + got.left, got.encoding.single());
        } else {
            let room = got.segments * got.encoding.part();
            prop_assert!(got.units + got.left <= room && got.left < got.encoding.part());
            prop_assert!(got.units > got.encoding.single());
        }
        prop_assert!(segments(&look_alikes(&text)).segments <= got.segments.max(1) * 3);
    }

    #[test]
    fn searching_never_panics_and_hits_lie_in_the_text(text in nasty(), words in proptest::collection::vec(nasty(), 0..4), columns in 0_usize..60) {
        let terms = terms(&words);
        let _ = index_form(&text);
        let _ = match_expr(&terms);
        for (shown, hits) in [(text.clone(), highlight(&text, &terms)), snippet(&text, &terms, columns)] {
            let mut at = 0;
            for hit in hits {
                prop_assert!(hit.start >= at && hit.end > hit.start && shown.get(hit.clone()).is_some());
                at = hit.end;
            }
        }
        let (excerpt, _) = snippet(&text, &terms, columns);
        prop_assert!(width(&excerpt) <= columns.max(1) && is_clean(&excerpt), "{excerpt:?}");
    }

    #[test]
    fn the_rest_never_panics(text in nasty(), other in nasty()) {
        let masked = mask(&text);
        prop_assert!(masked.len() <= text.len() * 9 + 16);
        let _ = Fuzzy::new(&other).score(&text);
        let _ = template::render(&text, &|_| Some(other.clone()));
        let _ = (format::initials(&text), format::first_name(&text), format::parse_when(&text, 0, &jiff::tz::TimeZone::UTC));
        let _ = (address::digits(&text), address::vendor_phone(&text));
        if let Some(email) = address::email(&text) {
            prop_assert!(is_clean(&email.kept));
            prop_assert_eq!(address::email(&email.kept), Some(email));
        }
    }

    #[test]
    fn a_typed_number_is_refused_or_e164(text in "[+0-9 ().-]{0,22}", region in proptest::sample::select(vec![None, Some("US"), Some("NL"), Some("DE"), Some("IT"), Some("zz")])) {
        if let Some(number) = address::typed_phone(&text, region) {
            prop_assert_eq!(address::vendor_phone(&number), Some(number.clone()));
            prop_assert_eq!(address::typed_phone(&number, None), Some(number));
        }
    }

    #[test]
    fn a_template_without_braces_is_itself(text in nasty()) {
        let plain = text.replace(['{', '}'], "");
        prop_assert_eq!(template::render(&plain, &|_| None).text, plain);
    }

    #[test]
    fn what_sqlite_finds_is_highlighted_and_parses(text in nasty(), words in proptest::collection::vec(nasty(), 1..4)) {
        let terms = terms(&words);
        if let Some(expr) = match_expr(&terms) {
            // Any expression is valid for FTS5, whatever was typed.
            prop_assert!(found(&[&text], &expr).is_ok(), "{expr}");
        }
    }
}

/// Row numbers of the texts that the expression matches in an FTS5 table set up as the store's.
fn found(texts: &[&str], expr: &str) -> rusqlite::Result<Vec<usize>> {
    let db = rusqlite::Connection::open_in_memory()?;
    db.execute_batch(
        "CREATE VIRTUAL TABLE t USING fts5(body, content='', contentless_delete=1, prefix='1 2 3', \
         tokenize='unicode61 remove_diacritics 2');",
    )?;
    for (n, text) in texts.iter().enumerate() {
        db.execute(
            "INSERT INTO t(rowid, body) VALUES (?1, ?2)",
            rusqlite::params![n as i64, index_form(text)],
        )?;
    }
    let mut query = db.prepare("SELECT rowid FROM t WHERE t MATCH ?1 ORDER BY rowid")?;
    query.query_map([expr], |row| row.get::<_, i64>(0).map(|n| n as usize))?.collect()
}

#[test]
fn sqlite_finds_what_was_meant() {
    let texts = [
        "Where is my order #1234?",
        "Reordered the café table",
        "我爱北京天安门",
        "北方 京都",
        "iPhone手机壳 ok",
        "한국어를 배워요",
        "ไปกันนะ ผู้หญิง",
        "カタカナ と 漢字",
        "字",
        "CAFE\u{301}",
    ];
    let find = |term: Term| {
        let terms = [term];
        let rows = found(&texts, &match_expr(&terms).unwrap()).unwrap();
        for row in &rows {
            assert!(
                !highlight(texts[*row], &terms).is_empty(),
                "found but not shown: {} {terms:?}",
                texts[*row]
            );
        }
        rows
    };
    let word = |text: &str| Term::Word(text.to_owned());
    let prefix = |text: &str| Term::Prefix(text.to_owned());
    let phrase = |text: &str| Term::Phrase(text.to_owned());
    assert_eq!(find(word("order")), [0]);
    assert_eq!(find(prefix("reord")), [1]);
    assert_eq!(find(word("reord")), [0_usize; 0]);
    assert_eq!(find(word("cafe")), [1, 9]);
    assert_eq!(find(phrase("my order 1234")), [0]);
    assert_eq!(find(word("北京")), [2]);
    assert_eq!(find(word("爱北京天")), [2]);
    assert_eq!(find(prefix("京")), [2, 3]);
    assert_eq!(find(word("门")), [2]);
    assert_eq!(find(word("字")), [7, 8]);
    assert_eq!(find(word("手机壳")), [4]);
    assert_eq!(find(prefix("iphone手机")), [4]);
    assert_eq!(find(phrase("手机壳 ok")), [4]);
    assert_eq!(find(word("한국어")), [5]);
    assert_eq!(find(word("กัน")), [6]);
    assert_eq!(find(word("หญิง")), [6]);
    assert_eq!(find(word("タカナ")), [7]);
    assert_eq!(find(prefix("北京 AND body:x OR \"*")), [0_usize; 0]);
}

#[test]
fn large_hostile_texts_take_linear_time() {
    // Quadratic work on any of these would not end within the patience of a test run.
    for piece in [
        "-",
        "1_",
        "a.",
        "{{a",
        "\u{301}",
        "क\u{94D}",
        "👩\u{200D}",
        "字",
        "@",
        "🏴\u{E0067}",
        " ",
        "+",
        "(",
        "\u{600}",
        "\u{1b}]a",
        "\u{1b}[1",
        "\u{9d}",
    ] {
        let text = piece.repeat(300_000 / piece.len());
        let terms = [Term::Phrase("1 1 1".to_owned()), Term::Prefix("字字".to_owned())];
        let _ =
            (clean(&text), line(&text), file_name(&text), mask(&text), wrap(&text, 40), truncate(&text, 40));
        let _ = (index_form(&text), highlight(&text, &terms), snippet(&text, &terms, 40), segments(&text));
        let _ = (
            template::render(&text, &|_| None),
            address::email(&text),
            address::typed_phone(&text, Some("NL")),
        );
    }
}

/// Quick replies in their final form, no two of the same name, no slot given twice.
fn quick_replies() -> impl Strategy<Value = Vec<QuickReply>> {
    let one = (
        "[a-zA-Z0-9_-]{1,8}",
        proptest::option::of(proptest::sample::select(Channel::ALL.to_vec())),
        proptest::option::of(proptest::sample::select(vec!["nl", "en", "pt-br"])),
        nasty(),
        nasty(),
    )
        .prop_filter_map("a text", |(shortcut, channel, language, title, body)| {
            let language = language.map(str::to_owned);
            replies::checked(QuickReply {
                shortcut,
                channel,
                language,
                slot: None,
                title,
                body,
                files: Vec::new(),
            })
            .ok()
        });
    proptest::collection::vec(one, 0..12).prop_map(|mut all| {
        all.sort();
        all.dedup_by(|a, b| a.key() == b.key());
        for (reply, slot) in all.iter_mut().zip([None, Some(1), None, Some(9)]) {
            reply.slot = slot;
        }
        all
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn quick_replies_come_back_as_they_were_written(all in quick_replies()) {
        for format in [replies::Format::Toml, replies::Format::Csv] {
            let text = replies::write(&all, format);
            prop_assert_eq!(replies::read(&text, format), Ok(all.clone()), "{}", text);
        }
    }

    #[test]
    fn reading_quick_replies_never_fails_badly(text in nasty()) {
        for format in [replies::Format::Toml, replies::Format::Csv] {
            if let Err(problems) = replies::read(&text, format) {
                prop_assert!(problems.iter().all(|p| p.line >= 1 && p.line <= text.lines().count().max(1) + 1));
            }
        }
    }
}
