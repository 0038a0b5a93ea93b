//! What the variables of quick replies stand for, the same for the screen and the command line.

use crate::domain::row::ConversationRow;
use crate::text::format::first_name;

/// Every variable, with what it stands for: for help and the reference.
pub const VARIABLES: &[(&str, &str)] = &[
    ("contact.name", "the customer's name"),
    ("contact.first_name", "the customer's first name"),
    ("contact.address", "the customer's address on this channel"),
    ("agent.name", "your name"),
    ("agent.first_name", "your first name"),
    ("account.name", "the account's name"),
    ("conversation.id", "the conversation's number"),
    ("channel", "the medium, such as WhatsApp"),
    ("subject", "the subject of the conversation"),
];

/// The value of a variable in a conversation; none if it is unknown or empty. Names are as the customer gave them: foreign text.
pub fn value(name: &str, row: &ConversationRow, agent_name: &str) -> Option<String> {
    let value = match name {
        "contact.name" => row.known_name()?.to_owned(),
        "contact.first_name" => first_name(row.known_name()?),
        "contact.address" => row.theirs.clone(),
        "agent.name" => agent_name.to_owned(),
        "agent.first_name" => first_name(agent_name),
        "account.name" => row.account_name.clone(),
        "conversation.id" => row.id.to_string(),
        "channel" => row.channel.title().to_owned(),
        "subject" => row.subject.clone()?,
        _ => return None,
    };
    let value = crate::text::sanitize::line(&value).into_owned();
    (!value.is_empty()).then_some(value)
}
