//! What a provider can do, as data: the screen turns it into reasons before anyone presses send.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::op::Mark;
use serde::{Deserialize, Serialize};

/// Who owns a facet of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// The provider keeps it; we set it there and read it back.
    Remote,
    /// Only we keep it.
    Local,
    /// There is no such thing on this account.
    Absent,
}

/// How news of an account reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushKind {
    /// The provider calls our listener.
    Webhook,
    /// We hold a connection open.
    Stream,
    /// We have to ask.
    Poll,
    /// It is made here.
    Local,
}

/// What files a channel takes. By default none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AttachmentLimits {
    /// Media types, whole or as prefixes that end in a slash ("image/"). Empty = any.
    pub kinds: Vec<String>,
    /// Bytes of one file.
    pub bytes: u64,
    /// How many in one message. 0 = none at all.
    pub count: u32,
    /// Bytes of all files of one message together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Kinds of which one file has fewer bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub less: Vec<(String, u64)>,
    /// Kinds that no words go along with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wordless: Vec<String>,
    /// To whom files can be sent; none = to everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Recipients>,
    /// What the medium is called when it carries files, if that is not its own name ("MMS").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// Who fetches the files from us, and so has to reach our listener; none where they are handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<String>,
    /// Why no file can be sent as things are configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// To which addresses something goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipients {
    /// What the addresses begin with.
    pub begin: Vec<String>,
    /// What they do not begin with, all the same.
    pub except: Vec<String>,
    /// Who they are, in words: "numbers of the US and Canada".
    pub who: String,
}

impl Recipients {
    /// Whether an address is one of them.
    pub fn holds(&self, address: &str) -> bool {
        let begins = |with: &[String]| with.iter().any(|prefix| address.starts_with(prefix.as_str()));
        begins(&self.begin) && !begins(&self.except)
    }
}

/// Whether a media type is one of these kinds.
pub fn is_kind(mime: &str, kinds: &[String]) -> bool {
    kinds.iter().any(|kind| mime == kind || (kind.ends_with('/') && mime.starts_with(kind.as_str())))
}

/// What a medium makes of marks in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formatting {
    /// Nothing: they are shown as typed.
    #[default]
    None,
    /// They are shown as typed; links can be followed.
    Links,
    /// WhatsApp's: `*bold*`, `_italic_`, `~strike~`, `` `code` ``, lists and quotations.
    Whatsapp,
    /// Markdown, of which text and HTML are made (e-mail).
    Markdown,
}

/// What can be done with one channel of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelCapabilities {
    /// The medium.
    pub channel: Channel,
    /// Whether we can write at all; if not, why not.
    pub read_only: Option<String>,
    /// Our own addresses on it, where there may be several: none of them is among those who get an answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<String>,
    /// Addresses of the workspace's other accounts: who answers everybody does not write to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub house: Vec<String>,
    /// Longest text in characters.
    pub max_text: Option<usize>,
    /// Whether text is billed in SMS segments.
    pub segments: bool,
    /// For how long after the customer's last message we may write, in milliseconds.
    pub reply_window: Option<Ms>,
    /// Whether a new conversation can be started to an address.
    pub start: bool,
    /// Whether what has come can be had once more as it came: only then can a mail be passed on whole, as a file.
    #[serde(default)]
    pub originals: bool,
    /// What becomes of marks in a text.
    #[serde(default)]
    pub formatting: Formatting,
    /// Files.
    pub attachments: AttachmentLimits,
    /// Whether the customer is told that we type.
    pub typing: bool,
    /// Whether we hear that the customer has read.
    pub read_receipts: bool,
}

/// What an account can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Per medium it carries.
    pub channels: Vec<ChannelCapabilities>,
    /// The status.
    pub status: Ownership,
    /// The owner.
    pub assignee: Ownership,
    /// Labels.
    pub labels: Ownership,
    /// Priority.
    pub priority: Ownership,
    /// Private notes.
    pub notes: Ownership,
    /// Whether we have read.
    pub read_state: Ownership,
    /// What is shown there of our work on messages, where other programs look at the same ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Whether the provider promises that the same send, repeated with our token, is done once.
    pub idempotent_send: bool,
    /// How news reaches us.
    pub push: PushKind,
}

impl ChannelCapabilities {
    /// A medium that carries text to people who have written, and nothing more.
    pub fn text_only(channel: Channel) -> ChannelCapabilities {
        ChannelCapabilities {
            channel,
            read_only: None,
            own: Vec::new(),
            house: Vec::new(),
            max_text: None,
            segments: false,
            reply_window: None,
            start: false,
            originals: false,
            formatting: Formatting::None,
            attachments: AttachmentLimits::default(),
            typing: false,
            read_receipts: false,
        }
    }
}

impl Capabilities {
    /// An account whose provider carries messages and keeps nothing else: all facets are ours.
    pub fn messages_only(channels: Vec<ChannelCapabilities>, push: PushKind) -> Capabilities {
        Capabilities {
            channels,
            status: Ownership::Local,
            assignee: Ownership::Local,
            labels: Ownership::Local,
            priority: Ownership::Local,
            notes: Ownership::Local,
            read_state: Ownership::Local,
            marks: Vec::new(),
            idempotent_send: false,
            push,
        }
    }

    /// What can be done on `channel`.
    pub fn on(&self, channel: Channel) -> Option<&ChannelCapabilities> {
        self.channels.iter().find(|c| c.channel == channel)
    }

    /// The same, to be completed.
    pub fn on_mut(&mut self, channel: Channel) -> Option<&mut ChannelCapabilities> {
        self.channels.iter_mut().find(|c| c.channel == channel)
    }
}
