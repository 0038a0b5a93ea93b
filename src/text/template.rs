//! Variables in quick replies: `{{contact.first_name|there}}`, and `{{?question}}` for what only the agent knows.

/// Longest text between braces that is taken for a variable, in bytes.
const LONGEST: usize = 400;

/// A quick reply with its variables filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The text; what could not be filled in stands as `[name]` or `[question]`.
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
    Question(&'a str),
}

/// Fills in the variables of a quick reply.
///
/// `{{name}}` is what `lookup` knows, `{{name|text}}` else the text; `{{?question}}` is reported, unless `lookup`
/// answers it under the name `?question`. `{{{{` and the `}}}}` that closes it stand for plain double braces; braces
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
        return (!question.is_empty()).then_some((Variable::Question(question), length));
    }
    let named = !head.is_empty() && head.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    named.then_some((Variable::Name { name: head, fall_back }, length))
}

fn fill(variable: &Variable<'_>, lookup: &dyn Fn(&str) -> Option<String>, out: &mut Rendered) {
    let known = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    match *variable {
        Variable::Name { name, fall_back } => match (known(name), fall_back) {
            (Some(value), _) => out.text.push_str(&value),
            (None, Some(text)) => out.text.push_str(text),
            (None, None) => placeholder(name, &mut out.text, &mut out.missing),
        },
        Variable::Question(question) => match known(&format!("?{question}")) {
            Some(answer) => out.text.push_str(&answer),
            None => placeholder(question, &mut out.text, &mut out.questions),
        },
    }
}

fn placeholder(name: &str, text: &mut String, list: &mut Vec<String>) {
    text.push('[');
    text.push_str(name);
    text.push(']');
    if !list.iter().any(|known| known == name) {
        list.push(name.to_owned());
    }
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
        assert_eq!(got.text, "[order.id] [contact.empty] [order.id]");
        assert_eq!(got.missing, ["order.id", "contact.empty"]);
        assert!(!got.is_complete());
    }

    #[test]
    fn questions_wait_for_the_agent() {
        let got = rendered("Order {{?order number}} to {{?city}}");
        assert_eq!(got.text, "Order [order number] to Delft");
        assert_eq!(got.questions, ["order number"]);
        assert!(got.missing.is_empty());
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
