//! Arguments of `new`, `reply` and `note`.

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
    /// The address: a telephone number in any format, whatsapp:NUMBER, or an e-mail address.
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
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

/// `reply`
#[derive(Debug, Clone, Args)]
pub struct ReplyArgs {
    /// Where and what.
    #[command(flatten)]
    pub words: WordsArgs,
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
