//! Arguments of orders: to one conversation, to many, as macros.

use crate::cli::args::OneConversation;
use clap::{Args, Subcommand};

/// An order with words behind the conversation.
#[derive(Debug, Clone, Args)]
pub struct OrderArgs {
    /// The conversation's id.
    pub conversation: String,
    /// What the order takes: for `snooze` a time such as +7d or mon 9:00 (none = until they reply), for `score` a number, for
    /// `field` NAME=VALUE.
    #[arg(value_name = "WORDS")]
    pub words: Vec<String>,
}

impl OneConversation {
    /// As an order that takes no words.
    pub fn plain(&self) -> OrderArgs {
        OrderArgs { conversation: self.conversation.clone(), words: Vec::new() }
    }
}

/// Which conversations.
#[derive(Debug, Clone, Args)]
pub struct ManyArgs {
    /// Ids of conversations.
    #[arg(value_name = "CONVERSATION", required_unless_present = "matching")]
    pub conversations: Vec<String>,
    /// All conversations that a query finds, instead of ids.
    #[arg(long, value_name = "QUERY", conflicts_with = "conversations")]
    pub matching: Option<String>,
    /// Change nothing: print how many conversations it would be given to, and which.
    #[arg(long)]
    pub dry_run: bool,
}

/// `do`
#[derive(Debug, Clone, Args)]
pub struct DoArgs {
    /// The order: assign, resolve, reopen, pending, snooze, spam, not-spam, priority, label, qualify, score, field, read, unread,
    /// archive, unarchive, mute, unmute, block, unblock or note, with its words, in quotes.
    #[arg(value_name = "ORDER")]
    pub order: String,
    /// To whom.
    #[command(flatten)]
    pub on: ManyArgs,
}

/// `macro`
#[derive(Debug, Clone, Subcommand)]
pub enum MacroCommand {
    /// List the macros of the configuration.
    List,
    /// Run a macro.
    Run {
        /// Its name.
        name: String,
        /// On which conversations.
        #[command(flatten)]
        on: ManyArgs,
    },
}
