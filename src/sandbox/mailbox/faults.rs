//! What goes wrong at a mail server, and when.

/// How one IMAP command goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImapFault {
    /// It is refused, in these words (`[UNAVAILABLE] later`).
    No(String),
    /// It is not understood.
    Bad,
    /// The server says goodbye in these words and hangs up.
    Bye(String),
    /// The answer breaks off after so many bytes, and the server hangs up.
    Cut(usize),
    /// Nothing is answered.
    Silent,
    /// This line comes before the answer.
    Line(String),
    /// The mails that are asked for are not described as they should be: no client can read that.
    Garbled,
    /// This item is left out of what is told of mails (`RFC822.SIZE`).
    Without(&'static str),
    /// The bytes of mails are told as NIL.
    Nil,
}

/// A step of a sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The server's first words.
    Greeting,
    /// `EHLO`.
    Ehlo,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The mail, while it is handed over.
    Body,
    /// The final dot.
    Dot,
}

/// How one step goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtpFault {
    /// It is answered so, and not done.
    Reply(u16, String),
    /// Not done, and the server hangs up.
    Cut,
    /// Done, and the server hangs up without an answer.
    CutDone,
    /// Not done, and nothing is answered.
    Silent,
    /// Done, and nothing is answered.
    SilentDone,
}
