//! Arguments of `new`, `reply`, `forward` and `note`.

use clap::Args;
use std::path::PathBuf;

/// How long to wait for the outcome.
#[derive(Debug, Clone, Args)]
pub struct Wait {
    /// Wait this long until the message is accepted, failed or in doubt.
    #[arg(long, value_name = "SECS")]
    pub wait: Option<u64>,
}

/// `new`
#[derive(Debug, Clone, Args)]
pub struct NewArgs {
    /// The channel to write on, by its name.
    #[arg(long, value_name = "NAME")]
    pub channel: String,
    /// The address: a telephone number in any format, whatsapp:NUMBER, or an e-mail address; by e-mail several, separated by commas.
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
    /// E-mail.
    #[command(flatten)]
    pub mail: MailArgs,
    /// The words; - reads them from standard input.
    #[arg(value_name = "TEXT|-", required_unless_present = "attach")]
    pub text: Option<String>,
    /// A file that goes along; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// When.
    #[command(flatten)]
    pub later: Later,
    /// Guards.
    #[command(flatten)]
    pub guarded: Guarded,
    /// Waiting.
    #[command(flatten)]
    pub wait: Wait,
}

/// When it is sent.
#[derive(Debug, Clone, Args)]
pub struct Later {
    /// Send it then: 30m, 2h, 14:30, tonight, tomorrow, mon 9:00, next week, 2026-12-01, or an RFC 3339 time. The engine has to run then; else it is sent as soon as one does.
    #[arg(long, value_name = "WHEN", conflicts_with = "wait")]
    pub at: Option<String>,
}

/// What is asked about on the screen.
#[derive(Debug, Clone, Args)]
pub struct Guarded {
    /// Send it although it looks like a card number or something of `[confirm_patterns]`.
    #[arg(long)]
    pub confirmed: bool,
}

/// What a mail is besides its words and files.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "E-mail")]
pub struct MailArgs {
    /// The subject; an answer has that of the mail it answers.
    #[arg(long, value_name = "WORDS")]
    pub subject: Option<String>,
    /// Who gets a copy, seen by all; several times, or separated by commas.
    #[arg(long, value_name = "ADDRESS")]
    pub cc: Vec<String>,
    /// Who gets a copy that nobody else sees.
    #[arg(long, value_name = "ADDRESS")]
    pub bcc: Vec<String>,
    /// The words are HTML, not text with marks.
    #[arg(long)]
    pub html: bool,
}

impl MailArgs {
    /// Whether anything is said that only a mail has.
    pub fn is_used(&self) -> bool {
        self.subject.is_some() || !self.cc.is_empty() || !self.bcc.is_empty() || self.html
    }
}

/// `forward`
#[derive(Debug, Clone, Args)]
pub struct ForwardArgs {
    /// The message's id: a mail.
    pub message: String,
    /// To whom; several times, or separated by commas.
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub to: Vec<String>,
    /// Words above it; - reads them from standard input.
    #[arg(value_name = "TEXT|-")]
    pub text: Option<String>,
    /// A further file that goes along; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// Leave its files out.
    #[arg(long)]
    pub without_files: bool,
    /// Pass it on whole, as a file, with all its headers and files; instead of its words below yours. Needs an account that has its mails as they came: imap.
    #[arg(long, conflicts_with = "without_files")]
    pub as_attachment: bool,
    /// E-mail.
    #[command(flatten)]
    pub mail: MailArgs,
    /// When.
    #[command(flatten)]
    pub later: Later,
    /// Guards.
    #[command(flatten)]
    pub guarded: Guarded,
    /// Waiting.
    #[command(flatten)]
    pub wait: Wait,
}

/// `reply`
#[derive(Debug, Clone, Args)]
pub struct ReplyArgs {
    /// Where and what.
    #[command(flatten)]
    pub words: WordsArgs,
    /// E-mail: answer everybody, not the sender alone.
    #[arg(long, help_heading = "E-mail")]
    pub all: bool,
    /// E-mail: to whom, instead of the sender; several times, or separated by commas.
    #[arg(long, value_name = "ADDRESS", help_heading = "E-mail")]
    pub to: Vec<String>,
    /// E-mail: which mail is answered, by its id; else the newest that the customer of the conversation wrote. Who else wrote is answered by this alone.
    #[arg(long, value_name = "MESSAGE", help_heading = "E-mail")]
    pub about: Option<String>,
    /// E-mail.
    #[command(flatten)]
    pub mail: MailArgs,
    /// When.
    #[command(flatten)]
    pub later: Later,
    /// Guards.
    #[command(flatten)]
    pub guarded: Guarded,
}

/// `note`
#[derive(Debug, Clone, Args)]
pub struct WordsArgs {
    /// The conversation's id.
    pub conversation: String,
    /// The words; - reads them from standard input.
    #[arg(value_name = "TEXT|-", required_unless_present = "attach")]
    pub text: Option<String>,
    /// A file that goes along; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// Waiting.
    #[command(flatten)]
    pub wait: Wait,
}
