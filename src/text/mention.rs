//! Who is meant by the `@` words of a note.

use crate::domain::ids::AgentId;

/// The `@` words of a text, without the `@`: `@ana`, `@tom.baker@acme.example`. In code and e-mail addresses nobody is called.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut before = None;
    text.char_indices().filter_map(move |(at, c)| {
        let starts = c == '@' && before.is_none_or(|b: char| !b.is_alphanumeric() && b != '@' && b != '/');
        before = Some(c);
        let rest = starts.then(|| &text[at + 1..])?;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+')));
        let word = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', '-', '@']);
        (!word.is_empty()).then_some(word)
    })
}

/// The agents that a text calls, each once, by e-mail, by its part before the `@`, or by the first name where only one has it.
/// `agents` are ids, names and e-mails (lower case).
pub fn agents(text: &str, agents: &[(AgentId, String, String)]) -> Vec<AgentId> {
    let mut out = Vec::new();
    for word in words(text) {
        let word = word.to_lowercase();
        let local = |email: &str| email.split('@').next() == Some(&word);
        let first = |name: &str| name.to_lowercase().split_whitespace().next() == Some(&word);
        let joined = |name: &str| name.to_lowercase().split_whitespace().collect::<String>() == word;
        let whole = agents.iter().find(|(_, name, email)| *email == word || local(email) || joined(name));
        let mut named = agents.iter().filter(|(_, name, _)| first(name));
        let found = whole.or_else(|| named.next().filter(|_| named.next().is_none()));
        if let Some((id, ..)) = found
            && !out.contains(id)
        {
            out.push(*id);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(text: &str) -> Vec<i64> {
        let all = [
            (AgentId(1), "Ana Sousa".to_owned(), "ana@acme.example".to_owned()),
            (AgentId(2), "Tom Baker".to_owned(), "tb@acme.example".to_owned()),
            (AgentId(3), "Tom Cook".to_owned(), "cook@acme.example".to_owned()),
            (AgentId(4), "Jürgen".to_owned(), "jk@acme.example".to_owned()),
        ];
        agents(text, &all).into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn agents_are_called_by_name_or_address() {
        assert_eq!(called("@ana please call, cc @TB and (@jürgen)."), [1, 2, 4]);
        assert_eq!(called("@ana@acme.example, @ana."), [1]);
        assert_eq!(called("@TomBaker @cook"), [2, 3]);
        assert_eq!(called("@tom"), [0; 0], "two are called so");
    }

    #[test]
    fn what_only_looks_like_a_call_calls_nobody() {
        for text in
            ["ana", "mail ana@acme.example", "x@ana", "@", "@@ana", "https://x.example/@ana", "@nobody"]
        {
            assert_eq!(called(text), [0; 0], "{text}");
        }
    }
}
