//! The query language in words: one source for the page of the documentation and the help of the command line.

use super::KEYS;
use super::values::expected;

/// What every query is made of, in a few lines of plain text.
pub const HELP: &str = "\
A query holds words, filters, or both; all of them must be true.
  order           a whole word, in the text, the subject, a name or an address
  ord*            the beginning of a word (while you type, the last word is one)
  \"my order\"      words that follow one another
  06 1234 5678    a telephone number, in any format
  key:value       a filter; key:a,b takes either
  -word -key:v    what must not be
Filters: channel: account: status: assignee: label: priority: qualified: score: field: unread: archived:
  overdue: due: from: contact: identity: before: after: has:
docs/reference/queries.md tells what each takes.";

/// `docs/reference/queries.md` as it has to be.
pub fn page() -> String {
    let mut page = String::from(
        "# Queries\n\n<!-- Generated from the query language; `FRONTDESK_BLESS=1 cargo test` writes it anew. -->\n\n\
         `frontdesk list QUERY` and `f` answer with conversations, `frontdesk search QUERY` and `/` with messages, the newest first.\n\n```\n",
    );
    page.push_str(HELP.rsplit_once('\n').map_or(HELP, |(before, _)| before));
    page.push_str(
        "\n```\n\nCase, accents and punctuation do not matter. Text without blanks between words (Chinese, Japanese, Thai) is found by any two\n\
         neighbouring characters. A word counts where it stands in the message or among the names of its conversation, so `anna refund`\n\
         finds what Anna wrote about refunds. A value with blanks goes in quotation marks: `label:\"big deal\"`.\n\n\
         | filter | takes |\n|---|---|\n",
    );
    for key in KEYS {
        page.push_str(&format!("| `{key}:` | {} |\n", expected(key)));
    }
    page.push_str(
        "\n`before:` and `after:` are about the message; a day is its beginning in the time zone of the machine. `has:` and `from:` are about\n\
         the message where messages are looked for, and about any message of the conversation else. `overdue:` and `due:` go by\n\
         the [times for answers](../sla.md) of the configuration; nothing is due without them.\n",
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_filter() {
        assert!(KEYS.iter().all(|key| HELP.contains(&format!("{key}:"))));
        assert!(HELP.lines().all(|line| line.chars().count() < 130));
    }
}
