//! What can be typed after `frontdesk`: every command with its arguments. Help texts become the reference and the man pages.

mod manage;
mod order;
mod say;

pub use order::{DoArgs, MacroCommand, ManyArgs, OrderArgs};
pub use say::{ForwardArgs, Guarded, Later, MailArgs, NewArgs, ReplyArgs, Wait, WordsArgs};

pub use manage::{
    AttachmentCommand, ChannelAdd, ChannelCommand, ChannelSet, ImportArgs, ImportFormat, OneChannel,
    QuickReplyCommand, QuickReplyEdit, QuickReplyExport, QuickReplyFormat, QuickReplyImport, QuickReplyOne,
    QuickReplyText, QuickReplyUse, QuickReplyVariant, SecretArgs, WebhooksCommand, WorkspaceCommand,
};

use crate::domain::query::reference::HELP;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// The unified support inbox that lives in the terminal.
///
/// Without a command the screen opens. Every command that a key can do, a script can do.
///
/// Exit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 refused with a reason, 5 store or lock, 6 --wait ran out.
#[derive(Debug, Parser)]
#[command(name = "frontdesk", version, max_term_width = 100, disable_help_subcommand = false)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do; none = open the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What applies to every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Globals {
    /// The workspace to use [default: `default_workspace` of the configuration, or main].
    #[arg(long, global = true, value_name = "NAME")]
    pub workspace: Option<String>,
    /// Keep configuration, data and log together in this directory [env: FRONTDESK_HOME].
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print JSON: one object a line, times in UTC, ids as strings, absent values as null.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try it out: a throw-away workspace with a cast of customers who write and answer.
    Demo(Demo),
    /// Run the engine without a screen, for a machine that stays up. The first line printed is `ready http://ADDR:PORT`.
    Serve(Serve),
    /// List conversations, newest first: all but spam and archived, or those a query finds.
    #[command(after_help = HELP)]
    List(ListArgs),
    /// Show a conversation with its messages.
    Show(ShowArgs),
    /// Find messages, newest first.
    #[command(after_help = HELP)]
    Search(SearchArgs),
    /// Write to an address: in the conversation that exists with it, or a new one.
    New(NewArgs),
    /// Answer the customer.
    Reply(ReplyArgs),
    /// Pass a mail on to somebody else.
    Forward(ForwardArgs),
    /// Leave a private note: only agents see it.
    Note(WordsArgs),
    /// Give a conversation to somebody, or to nobody.
    Assign(AssignArgs),
    /// Judge a conversation as business.
    Qualify(QualifyArgs),
    /// Set the status of a conversation.
    Status(StatusArgs),
    /// Set the priority of a conversation.
    Priority(PriorityArgs),
    /// Add and take away labels.
    Label(LabelArgs),
    /// Mark all messages of a conversation as read.
    Read(OneConversation),
    /// Mark a conversation as unread.
    Unread(OneConversation),
    /// Resolve a conversation.
    Resolve(OneConversation),
    /// Open a conversation again.
    Reopen(OneConversation),
    /// Set a conversation aside until something else happens.
    Pending(OneConversation),
    /// Put a conversation to sleep: until a time, or until the customer writes.
    Snooze(OrderArgs),
    /// Mark a conversation as spam.
    Spam(OneConversation),
    /// Take a conversation out of the spam.
    NotSpam(OneConversation),
    /// Put a conversation away until the customer writes again.
    Archive(OneConversation),
    /// Take a conversation out of the archive.
    Unarchive(OneConversation),
    /// Mute a conversation: what the customer writes calls nobody and brings nothing back.
    Mute(OneConversation),
    /// Hear a muted conversation again.
    Unmute(OneConversation),
    /// Block the customer's address: what it writes anew is spam.
    Block(OneConversation),
    /// Accept a blocked address again.
    Unblock(OneConversation),
    /// Say what a customer is worth: 0 to 100, or none.
    Score(OrderArgs),
    /// Fill a free field of a conversation, NAME=VALUE; without a value it is emptied.
    Field(OrderArgs),
    /// Give one order to many conversations: `do "label +vip" 12 13`, `do resolve --matching "refund before:7d"`.
    Do(DoArgs),
    /// Several orders under one name, from the configuration.
    #[command(subcommand)]
    Macro(MacroCommand),
    /// Opt the customer of a conversation out of messages, or in again.
    Consent(ConsentArgs),
    /// Canned answers with variables.
    #[command(subcommand)]
    QuickReply(QuickReplyCommand),
    /// List what is not done yet: queued, on its way, parked, or in doubt.
    Outbox(Limit),
    /// Send a message again that is failed, parked, retrying or in doubt.
    Retry(OneMessage),
    /// Give a message up that was not sent, or take back a note of yours.
    Discard(OneMessage),
    /// Answer a doubt: the message was sent, or it was not.
    Settle(SettleArgs),
    /// Files of messages.
    #[command(subcommand)]
    Attachment(AttachmentCommand),
    /// Read history into read-only accounts `import/CHANNEL`: JSON Lines, or mails (mbox, Maildir).
    Import(ImportArgs),
    /// Connect accounts of providers, and change or remove them.
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Webhooks as they arrived.
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Workspaces: tenants that share nothing.
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Check configuration, keyring, store, engine and channels, and say what to do.
    Doctor,
    /// Print the keys of the screen, your own included.
    Keys,
    /// Print a help page of the screen, or which there are.
    Guide {
        /// The topic, such as searching.
        #[arg(value_name = "TOPIC")]
        topic: Vec<String>,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands into a directory.
    Man {
        /// Write the pages here.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// `demo`
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// Repeat the same story.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How fast the story goes; 2 is twice as fast.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = positive)]
    pub speed: f64,
    /// Preload a history of this many messages.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub messages: u64,
    /// Keep the workspace in this directory: `frontdesk --home DIR` opens it later.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `serve`
#[derive(Debug, Clone, Default, Args)]
pub struct Serve {
    /// Where to listen for webhooks and visitors; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// What vendors see and sign.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
}

/// How many rows.
#[derive(Debug, Clone, Args)]
pub struct Limit {
    /// At most this many, 1 or more.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = at_least_one)]
    pub limit: usize,
}

/// `list`
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Words, "phrases" and filters such as status:open assignee:me -label:vip.
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// How many.
    #[command(flatten)]
    pub limit: Limit,
}

/// `search`
#[derive(Debug, Clone, Args)]
pub struct SearchArgs {
    /// Words, "phrases" and filters such as from:anna before:2026-01-01 has:attachment.
    #[arg(value_name = "QUERY", required = true)]
    pub query: Vec<String>,
    /// How many.
    #[command(flatten)]
    pub limit: Limit,
}

/// `show`
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Its id.
    pub conversation: String,
    /// Only the newest N messages, 1 or more [default: all].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub limit: Option<usize>,
}

/// `assign`
#[derive(Debug, Clone, Args)]
pub struct AssignArgs {
    /// The conversation's id.
    pub conversation: String,
    /// me, none, an agent's e-mail or name, or team:NAME.
    #[arg(value_name = "me|none|AGENT")]
    pub to: String,
}

/// `qualify`
#[derive(Debug, Clone, Args)]
pub struct QualifyArgs {
    /// The conversation's id.
    pub conversation: String,
    /// lead, qualified, disqualified, or none.
    #[arg(value_name = "STATE", value_parser = ["lead", "qualified", "disqualified", "none"])]
    pub state: String,
    /// Why; needed for disqualified.
    #[arg(long, value_name = "R", required_if_eq("state", "disqualified"))]
    pub reason: Option<String>,
}

/// `status`
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// The conversation's id.
    pub conversation: String,
    /// The new status.
    #[arg(value_name = "STATUS", value_parser = ["open", "pending", "snoozed", "resolved", "spam"])]
    pub status: String,
    /// When a snooze ends: 30m, 2h, 3d, 14:30, tonight, tomorrow, mon 9:00, next week, 2026-12-01, or an RFC 3339 time. Without it: when the customer writes.
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

/// `priority`
#[derive(Debug, Clone, Args)]
pub struct PriorityArgs {
    /// The conversation's id.
    pub conversation: String,
    /// The new priority.
    #[arg(value_name = "P", value_parser = ["none", "low", "medium", "high", "urgent"])]
    pub priority: String,
}

/// `label`
#[derive(Debug, Clone, Args)]
pub struct LabelArgs {
    /// The conversation's id.
    pub conversation: String,
    /// +NAME adds, -NAME takes away.
    #[arg(value_name = "+LABEL|-LABEL", required = true)]
    pub changes: Vec<String>,
}

/// A conversation.
#[derive(Debug, Clone, Args)]
pub struct OneConversation {
    /// The conversation's id.
    pub conversation: String,
}

/// A message.
#[derive(Debug, Clone, Args)]
pub struct OneMessage {
    /// The message's id.
    pub message: String,
}

/// `consent`
#[derive(Debug, Clone, Args)]
pub struct ConsentArgs {
    /// The conversation's id.
    pub conversation: String,
    /// What the customer wants.
    pub state: ConsentWord,
}

/// What a customer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConsentWord {
    /// No more messages.
    OptOut,
    /// Messages again.
    OptIn,
}

/// `settle`
#[derive(Debug, Clone, Args)]
pub struct SettleArgs {
    /// The message's id.
    pub message: String,
    /// What happened.
    pub what: SettleWord,
}

/// What happened to a message in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SettleWord {
    /// The customer has it.
    Sent,
    /// The customer does not have it.
    NotSent,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() && x > 0.0 => Ok(x),
        _ => Err("a number above 0 is needed".into()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse::<u32>() {
        Ok(n) if n > 0 => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
        _ => Err(format!("a whole number from 1 to {} is needed", u32::MAX)),
    }
}

/// Stands before a word that begins with a hyphen and is no option: `-label:vip`, `label 5 -vip`.
const HYPHEN_WORD: char = '\u{1}';

/// Marks the words of `list`, `search` and `label` that begin with one hyphen, so that they are not taken for options.
pub fn mark_hyphen_words(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut out = Vec::new();
    let mut command: Option<bool> = None;
    let mut value_of_option = false;
    for (i, arg) in args.into_iter().enumerate() {
        let text = arg.to_str().unwrap_or("");
        let takes_words = command == Some(true);
        if i > 0 && command.is_none() && !value_of_option && !text.starts_with('-') {
            command = Some(matches!(text, "list" | "search" | "label"));
        }
        value_of_option = !value_of_option && matches!(text, "--workspace" | "--home");
        let word = text.starts_with('-') && !text.starts_with("--") && !matches!(text, "-" | "-h");
        out.push(if takes_words && word { format!("{HYPHEN_WORD}{text}").into() } else { arg });
    }
    out
}

impl Cli {
    /// Takes the marks of [`mark_hyphen_words`] off again.
    pub fn unmark(mut self) -> Cli {
        let words = match &mut self.command {
            Some(Command::Label(args)) => &mut args.changes,
            Some(Command::List(args)) => &mut args.query,
            Some(Command::Search(args)) => &mut args.query,
            _ => return self,
        };
        for word in words {
            if let Some(plain) = word.strip_prefix(HYPHEN_WORD) {
                *word = plain.to_owned();
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Cli {
        let args = std::iter::once("frontdesk").chain(line.split_whitespace()).map(OsString::from);
        Cli::try_parse_from(mark_hyphen_words(args)).unwrap_or_else(|e| panic!("{line}: {e}")).unmark()
    }

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_may_begin_with_a_hyphen_where_that_means_something() {
        let cli = parse("--workspace w label 5 +vip -old --json");
        assert!(cli.globals.json);
        assert!(matches!(cli.command, Some(Command::Label(a)) if a.changes == ["+vip", "-old"]));
        let cli = parse("list status:open -label:vip --limit 3 --workspace label");
        assert_eq!(cli.globals.workspace.as_deref(), Some("label"));
        assert!(
            matches!(cli.command, Some(Command::List(a)) if a.query == ["status:open", "-label:vip"] && a.limit.limit == 3)
        );
        let args = ["frontdesk", "reply", "5", "-x"].map(OsString::from);
        assert!(
            Cli::try_parse_from(mark_hyphen_words(args)).is_err(),
            "an option that is none is never sent"
        );
    }

    #[test]
    fn what_belongs_together_is_asked_for() {
        let fails = |line: &str| {
            let args = std::iter::once("frontdesk").chain(line.split_whitespace());
            Cli::try_parse_from(args).is_err()
        };
        assert!(fails("qualify 5 disqualified"));
        assert!(fails("qualify 5 maybe"));
        assert!(fails("webhooks replay"));
        assert!(fails("demo --speed 0"));
        assert!(!fails("qualify 5 disqualified --reason spam"));
        assert!(!fails("webhooks replay --quarantined"));
        assert!(!fails("reply 5 - --wait 3 --json"));
    }
}
