//! Arguments of the commands that manage: quick replies, files, channels, webhooks, workspaces.

use super::{Guarded, Limit, Wait};
use crate::domain::account::Channel;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `quick-reply …`
#[derive(Debug, Subcommand)]
pub enum QuickReplyCommand {
    /// List them with their variants.
    List,
    /// Make one, or a variant of one.
    Add(QuickReplyText),
    /// Change one.
    Edit(QuickReplyEdit),
    /// Answer a conversation with the variant that fits it best; its use is counted.
    Use(QuickReplyUse),
    /// Remove one.
    Remove(QuickReplyOne),
    /// Read them from a file: new ones are added, those that differ are changed, the others stay.
    Import(QuickReplyImport),
    /// Write all into a file, or print them.
    Export(QuickReplyExport),
}

/// For which conversations a variant is.
#[derive(Debug, Clone, Args)]
pub struct QuickReplyVariant {
    /// The variant for this medium [default: any].
    #[arg(long, value_name = "MEDIUM")]
    pub channel: Option<Channel>,
    /// The variant in this language, such as nl or pt-br [default: any]. A label lang:nl says which one a conversation has.
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
}

/// `quick-reply remove`
#[derive(Debug, Clone, Args)]
pub struct QuickReplyOne {
    /// What is typed to find it.
    pub shortcut: String,
    /// Which variant.
    #[command(flatten)]
    pub variant: QuickReplyVariant,
}

/// `quick-reply add`
#[derive(Debug, Clone, Args)]
pub struct QuickReplyText {
    /// What is typed to find it.
    pub shortcut: String,
    /// The text with variables such as {{contact.first_name}}; - reads it from standard input.
    #[arg(value_name = "TEXT|-")]
    pub text: String,
    /// Its title [default: the shortcut].
    #[arg(long)]
    pub title: Option<String>,
    /// The slot it is fixed to: Alt and this number puts it in.
    #[arg(long, value_name = "1-9", value_parser = clap::value_parser!(u8).range(1..=9))]
    pub slot: Option<u8>,
    /// A file that goes along; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// Which variant.
    #[command(flatten)]
    pub variant: QuickReplyVariant,
}

/// `quick-reply edit`
#[derive(Debug, Clone, Args)]
pub struct QuickReplyEdit {
    /// What is typed to find it.
    pub shortcut: String,
    /// The new text; - reads it from standard input.
    #[arg(value_name = "TEXT|-", required_unless_present_any = ["title", "slot", "attach", "no_files"])]
    pub text: Option<String>,
    /// The new title.
    #[arg(long)]
    pub title: Option<String>,
    /// The slot it is fixed to; 0 = none.
    #[arg(long, value_name = "0-9", value_parser = clap::value_parser!(u8).range(0..=9))]
    pub slot: Option<u8>,
    /// A further file that goes along; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// Take the files away that go along so far.
    #[arg(long)]
    pub no_files: bool,
    /// Which variant.
    #[command(flatten)]
    pub variant: QuickReplyVariant,
}

/// The forms of a file with quick replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QuickReplyFormat {
    /// A table `[[quick_reply]]` for each.
    Toml,
    /// A line for each, below a line with the names of the columns.
    Csv,
}

/// `quick-reply import`
#[derive(Debug, Clone, Args)]
pub struct QuickReplyImport {
    /// The file; - reads standard input.
    pub file: PathBuf,
    /// Its form [default: as its name ends].
    #[arg(long)]
    pub format: Option<QuickReplyFormat>,
    /// Only say what would be done.
    #[arg(long)]
    pub dry_run: bool,
}

/// `quick-reply export`
#[derive(Debug, Clone, Args)]
pub struct QuickReplyExport {
    /// The file, which must not be there yet [default: print them]. Files that go along are copied into a directory beside it.
    pub file: Option<PathBuf>,
    /// Its form [default: as its name ends, else toml].
    #[arg(long)]
    pub format: Option<QuickReplyFormat>,
    /// Replace a file that is there.
    #[arg(long)]
    pub force: bool,
}

/// `quick-reply use`
#[derive(Debug, Clone, Args)]
pub struct QuickReplyUse {
    /// What is typed to find it.
    pub shortcut: String,
    /// The conversation's id.
    pub conversation: String,
    /// Answers a variable or question of the text.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Only print the finished text.
    #[arg(long)]
    pub print: bool,
    /// Guards.
    #[command(flatten)]
    pub guarded: Guarded,
    /// Waiting.
    #[command(flatten)]
    pub wait: Wait,
}

/// `attachment …`
#[derive(Debug, Subcommand)]
pub enum AttachmentCommand {
    /// Save a file of a message. One that is not here yet is asked for and waited for.
    Save {
        /// The attachment's id, as `show` prints it.
        attachment: String,
        /// Where: a file or a directory [default: here, under its own name].
        path: Option<PathBuf>,
        /// Replace a file that is there.
        #[arg(long)]
        force: bool,
        /// Wait up to SECS seconds for a file that is not here yet.
        #[arg(long, value_name = "SECS", default_value_t = 30)]
        wait: u64,
    },
}

/// What `import` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// Messages of any medium, one a line.
    Jsonl,
    /// Mails, one behind the other.
    Mbox,
    /// Mails, each in a file of its own.
    Maildir,
}

/// `import`
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file, or the directory of a Maildir; - reads standard input.
    pub file: PathBuf,
    /// What it is [default: it is recognised].
    #[arg(long)]
    pub format: Option<ImportFormat>,
    /// Leave the conversations open, and unread what nobody has read [default: resolved and read].
    #[arg(long)]
    pub open: bool,
    /// Mails: an address of yours, so that what it wrote went out; can be given several times [default: it is guessed].
    #[arg(long, value_name = "ADDRESS")]
    pub own: Vec<String>,
    /// Mails: spam and what was thrown away as well.
    #[arg(long)]
    pub all: bool,
    /// Mails: keep their files; else they are only named.
    #[arg(long)]
    pub files: bool,
}

/// `channel …`
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// Connect an account. Does not contact the provider: `channel test` does.
    Add(ChannelAdd),
    /// Change settings (an empty value removes one) and secrets.
    Set(ChannelSet),
    /// List the channels of the workspace and how they are.
    List,
    /// Ask the provider whether the login works.
    Test(OneChannel),
    /// Switch a channel on.
    Enable(OneChannel),
    /// Switch a channel off.
    Disable(OneChannel),
    /// Remove a channel and its secrets. Its conversations stay.
    Remove(OneChannel),
}

/// A channel.
#[derive(Debug, Clone, Args)]
pub struct OneChannel {
    /// Its name.
    pub name: String,
}

/// Where secrets come from and go to.
#[derive(Debug, Clone, Default, Args)]
pub struct SecretArgs {
    /// Ask for a secret (without echo; or one line each of standard input, in order) and keep it in the keyring.
    #[arg(long = "secret", value_name = "KEY")]
    pub keyring: Vec<String>,
    /// The secret is in an environment variable.
    #[arg(long = "secret-env", value_name = "KEY=VAR", value_parser = pair)]
    pub env: Vec<(String, String)>,
    /// The secret is in a file of mode 0600.
    #[arg(long = "secret-file", value_name = "KEY=PATH", value_parser = pair)]
    pub file: Vec<(String, String)>,
    /// The secret is what a command prints.
    #[arg(long = "secret-command", value_name = "KEY=CMD", value_parser = pair)]
    pub command: Vec<(String, String)>,
}

/// `channel add`
#[derive(Debug, Clone, Args)]
pub struct ChannelAdd {
    /// The provider.
    pub provider: String,
    /// The channel's name: lower-case letters, digits, - and _.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// A setting.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Secrets.
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// `channel set`
#[derive(Debug, Clone, Args)]
pub struct ChannelSet {
    /// The channel's name.
    pub name: String,
    /// A setting; an empty value removes it.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Secrets.
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// `webhooks …`
#[derive(Debug, Subcommand)]
pub enum WebhooksCommand {
    /// List the newest, or those that could not be read.
    List {
        /// Only those that could not be read.
        #[arg(long)]
        quarantined: bool,
        /// How many.
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one as it arrived.
    Show {
        /// Its id.
        webhook: String,
    },
    /// Read one again, or all that could not be read.
    Replay {
        /// Its id.
        #[arg(required_unless_present = "quarantined")]
        webhook: Option<String>,
        /// All that could not be read.
        #[arg(long, conflicts_with = "webhook")]
        quarantined: bool,
    },
}

/// `workspace …`
#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// List them.
    List,
    /// Make one.
    Create {
        /// Its name.
        name: String,
    },
    /// Remove one with all its messages, channels and secrets.
    Remove {
        /// Its name.
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".into()),
    }
}
