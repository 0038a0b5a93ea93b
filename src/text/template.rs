//! Variables in quick replies: `{{contact.first_name|there}}`, and `{{?question}}` for what only the agent knows.

/// Longest text between braces that is taken for a variable, in bytes.
const LONGEST: usize = 400;

/// A quick reply with its variables filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The text; what could not be filled in stands there as it was written, without its blanks.
    pub text: String,
    /// Names that were unknown or empty and had no fall-back; each once, in order.
    pub missing: Vec<String>,
    /// Questions that the agent has yet to answer; each once, in order.
    pub questions: Vec<String>,
}

impl Rendered {
    /// Whether nothing is left to fill in.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.questions.is_empty()
    }
}

enum Variable<'a> {
    Name { name: &'a str, fall_back: Option<&'a str> },
    Question { question: &'a str, fall_back: Option<&'a str> },
}

/// Fills in the variables of a quick reply.
///
/// `{{name}}` is what `lookup` knows, `{{name|text}}` else the text; `{{?question}}` is reported, unless `lookup`
/// answers it under the name `?question` (an empty answer to `{{?question|text}}` is the text). `{{{{` and the `}}}}` that closes it stand for plain double braces; braces
/// that are none of this stay as they are. A substituted value is never expanded again.
pub fn render(body: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Rendered {
    let mut out = Rendered::default();
    let mut rest = body;
    let mut escapes = 0_usize;
    while let Some(at) = rest.find(['{', '}']) {
        out.text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{{{{") {
            out.text.push_str("{{");
            escapes += 1;
            rest = after;
        } else if escapes > 0 && rest.starts_with("}}}}") {
            out.text.push_str("}}");
            escapes -= 1;
            rest = &rest[4..];
        } else if let Some((variable, length)) = variable(rest) {
            fill(&variable, lookup, &mut out);
            rest = &rest[length..];
        } else {
            out.text.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.text.push_str(rest);
    out
}

/// The variable at the head of the text and its length in bytes, braces included.
fn variable(text: &str) -> Option<(Variable<'_>, usize)> {
    let inner = text.strip_prefix("{{")?;
    // Up to the first brace or line end only, so that no body makes the search quadratic.
    let end = inner.find(['{', '}', '\n']).filter(|end| *end <= LONGEST)?;
    let inside = &inner[..end];
    if !inner[end..].starts_with("}}") {
        return None;
    }
    let length = end + 4;
    let (head, fall_back) = match inside.split_once('|') {
        Some((head, text)) => (head.trim(), Some(text.trim())),
        None => (inside.trim(), None),
    };
    if let Some(question) = head.strip_prefix('?') {
        let question = question.trim();
        return (!question.is_empty()).then_some((Variable::Question { question, fall_back }, length));
    }
    let named =
        !head.is_empty() && head.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+'));
    named.then_some((Variable::Name { name: head, fall_back }, length))
}

fn fill(variable: &Variable<'_>, lookup: &dyn Fn(&str) -> Option<String>, out: &mut Rendered) {
    let known = |value: Option<String>| value.filter(|value| !value.trim().is_empty());
    let value = match *variable {
        Variable::Name { name, fall_back } => match (known(lookup(name)), fall_back) {
            (None, None) => Err((name, "", &mut out.missing)),
            (value, text) => Ok(value.unwrap_or_else(|| text.unwrap_or_default().to_owned())),
        },
        Variable::Question { question, fall_back } => {
            let answer = lookup(&format!("?{question}"));
            // Asked and left empty is answered, where there is something to fall back on.
            match (answer.is_some(), known(answer), fall_back) {
                (_, Some(answer), _) => Ok(answer),
                (true, None, Some(text)) => Ok(text.to_owned()),
                _ => Err((question, "?", &mut out.questions)),
            }
        }
    };
    match value {
        Ok(value) => out.text.push_str(&value),
        Err((name, mark, list)) => {
            out.text.push_str(&format!("{{{{{mark}{name}}}}}"));
            if !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        }
    }
}

/// Whether a question can be left without an answer: it has a text to fall back on wherever it stands.
pub fn is_optional(body: &str, question: &str) -> bool {
    let empty = |name: &str| (name.strip_prefix('?') == Some(question)).then(String::new);
    !render(body, &empty).questions.iter().any(|open| open == question)
}

/// The variables and questions that stand in a text, as they are written; each once, in order.
pub fn standing(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        rest = &rest[at..];
        // Of more than two braces the last two open.
        let step = match variable(rest) {
            Some((_, length)) => {
                if !found.contains(&&rest[..length]) {
                    found.push(&rest[..length]);
                }
                length
            }
            None => 1,
        };
        rest = &rest[step..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(body: &str) -> Rendered {
        render(body, &|name| match name {
            "contact.first_name" => Some("Anna".to_owned()),
            "agent.name" => Some("{{contact.first_name}}".to_owned()),
            "contact.empty" => Some("  ".to_owned()),
            "?city" => Some("Delft".to_owned()),
            _ => None,
        })
    }

    fn text(body: &str) -> String {
        rendered(body).text
    }

    #[test]
    fn values_and_fall_backs() {
        assert_eq!(text("Hi {{contact.first_name}}!"), "Hi Anna!");
        assert_eq!(text("Hi {{ contact.first_name | there }}!"), "Hi Anna!");
        assert_eq!(text("Hi {{contact.nick|there}}!"), "Hi there!");
        assert_eq!(text("Hi{{contact.nick|}}!"), "Hi!");
    }

    #[test]
    fn missing_ones_are_seen_and_listed_once() {
        let got = rendered("{{order.id}} {{contact.empty}} {{order.id}}");
        assert_eq!(got.text, "{{order.id}} {{contact.empty}} {{order.id}}");
        assert_eq!(got.missing, ["order.id", "contact.empty"]);
        assert!(!got.is_complete());
    }

    #[test]
    fn questions_wait_for_the_agent() {
        let got = rendered("Order {{?order number}} to {{?city}}");
        assert_eq!(got.text, "Order {{?order number}} to Delft");
        assert_eq!(got.questions, ["order number"]);
        assert!(got.missing.is_empty());
    }

    #[test]
    fn a_question_with_a_text_to_fall_back_on_can_be_left_open() {
        let body = "{{?when|soon}}, {{?where}}";
        assert_eq!(rendered(body).questions, ["when", "where"]);
        assert!(is_optional(body, "when") && !is_optional(body, "where"));
        let got = render(body, &|name| Some(if name == "?when" { "" } else { "here" }.to_owned()));
        assert_eq!((got.text.as_str(), got.is_complete()), ("soon, here", true));
    }

    #[test]
    fn what_still_stands_in_a_text_is_found() {
        let text = "{{{contact.name}} {{ order.id|7 }} {{?when}} {{contact.name}} {{}} {{ {a} }} {{";
        assert_eq!(standing(text), ["{{contact.name}}", "{{ order.id|7 }}", "{{?when}}"]);
    }

    #[test]
    fn values_are_not_expanded_again() {
        assert_eq!(text("{{agent.name}}"), "{{contact.first_name}}");
    }

    #[test]
    fn escapes_and_malformed_braces_stay() {
        assert_eq!(text("{{{{contact.first_name}}}}"), "{{contact.first_name}}");
        for body in [
            "{",
            "}}",
            "{{",
            "{{}}",
            "{{a b}}",
            "{{a\nb}}",
            "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}",
            "{{?}}",
            "{{ }}",
        ] {
            assert_eq!(text(body), body);
        }
        assert_eq!(text("{{{contact.first_name}}}"), "{Anna}");
        assert_eq!(text("{{ {{contact.first_name}}"), "{{ Anna");
    }
}
