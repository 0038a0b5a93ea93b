//! Words that promise a file: who writes "attached" and attaches nothing is asked before the mail leaves.

/// Beginnings of words, in lower case, that say so in the languages that support is given in. A beginning stands for all forms of
/// its word. What is mostly an ordinary word is left out (German "Anlage") or stands with its neighbours.
const WORDS: &[&str] = &[
    "attach",     // English
    "enclosed",   // English
    "anhang",     // German
    "angehängt",  // German
    "beigefügt",  // German
    "beigelegt",  // German
    "anbei",      // German
    "bijlage",    // Dutch
    "bijgevoegd", // Dutch
    "bijgaand",   // Dutch
    "ci-joint",   // French
    "pièce jointe",
    "pièces jointes",
    "adjunt",   // Spanish
    "anexo",    // Portuguese
    "anexad",   // Portuguese
    "em anexo", // Portuguese
    "allegat",  // Italian
    "bifoga",   // Swedish
    "vedhæft",  // Danish
    "vedlegg",  // Norwegian
    "vedlagt",  // Danish, Norwegian
    "liitteen", // Finnish
    "załącz",   // Polish
    "w załączniku",
    "v příloze", // Czech
    "v prílohe", // Slovak
    "mellékel",  // Hungarian
    "csatolt",   // Hungarian
    "ekteki",    // Turkish
    "συνημμέν",  // Greek
    "επισυνάπτ", // Greek
    "во вложении",
    "прикреп", // Russian
    "прилага", // Russian
    "у вкладенні",
    "прикріп",
    "مرفق",  // Arabic
    "מצורף", // Hebrew
    "מצורפ",
    "附件", // Chinese
    "附上",
    "添付", // Japanese
    "첨부", // Korean
    "đính kèm",
    "แนบ",       // Thai
    "terlampir", // Indonesian
];

/// Words that begin like one of them and promise nothing.
const OTHERS: &[&str] = &["attaché", "allegation"];

/// The word of a text that promises a file, as it was written; none where there is none. Lines that quote somebody else promise
/// nothing.
pub fn file(text: &str) -> Option<&str> {
    text.lines().filter(|line| !line.trim_start().starts_with('>')).find_map(of_line)
}

fn of_line(line: &str) -> Option<&str> {
    // Letters whose lower case has another length would move the places: such a line is looked at as it stands.
    let lower = line.to_lowercase();
    let lower = if lower.len() == line.len() { lower } else { line.to_owned() };
    let found = WORDS.iter().filter_map(|word| {
        let (at, _) = lower.match_indices(word).find(|(at, _)| is_promise(&lower, *at, word))?;
        Some((at, word.len()))
    });
    let (at, length) = found.min_by_key(|(at, _)| *at)?;
    let rest = &line[at + length..];
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    // Scripts without blanks between words: only what was looked for.
    let end = if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c.is_lowercase()) { end } else { 0 };
    line.get(at..at + length + end)
}

fn is_promise(lower: &str, at: usize, word: &str) -> bool {
    let before = lower[..at].chars().next_back();
    // Where words stand apart, one does not begin in the middle of another ("reattach", "unattached").
    let is_apart = !word.starts_with(|c: char| c.is_alphabetic() && has_blanks(c))
        || before.is_none_or(|c| !c.is_alphanumeric());
    is_apart && !OTHERS.iter().any(|other| lower[at..].starts_with(other))
}

/// Whether the script of a letter has blanks between its words. Chinese, Japanese, Korean and Thai have none, or put endings and
/// prefixes to their words, as Arabic and Hebrew do.
const fn has_blanks(c: char) -> bool {
    matches!(c, 'a'..='z' | '\u{df}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promised_file_is_noticed_in_many_languages() {
        for (text, word) in [
            ("Please find attached the invoice.", Some("attached")),
            ("The ATTACHMENT has it all", Some("ATTACHMENT")),
            ("Rechnung anbei.", Some("anbei")),
            ("Im Anhang finden Sie", Some("Anhang")),
            ("zie bijlage", Some("bijlage")),
            ("Veuillez trouver ci-jointe la facture", Some("ci-jointe")),
            ("Le adjunto la factura", Some("adjunto")),
            ("segue em anexo", Some("em anexo")),
            ("In allegato la fattura", Some("allegato")),
            ("Faktura w załączniku", Some("w załączniku")),
            ("Счёт во вложении", Some("во вложении")),
            ("請見附件", Some("附件")),
            ("ファイルを添付します", Some("添付")),
            ("파일을 첨부합니다", Some("첨부")),
            ("Ana,\n> see the attachment\nthanks", None),
            ("unattached, reattach, attaché, allegations", None),
            ("", None),
            ("İ attached", Some("attached")),
        ] {
            assert_eq!(file(text), word, "{text}");
        }
    }
}
