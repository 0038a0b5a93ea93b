//! Why an agent cannot send here and now: the reason shown before anyone presses send, and given to scripts.

use crate::domain::account::Health;
use crate::domain::attachment::{Enclosure, Written, bytes, kind};
use crate::domain::capability::{AttachmentLimits, ChannelCapabilities, is_kind};
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::mail::Manner;
use crate::domain::row::{AccountRow, ConsentRow, ConversationRow};

/// All that decides whether a public message may be sent in a conversation.
#[derive(Debug, Clone, Copy)]
pub struct SendContext<'a> {
    /// The account.
    pub account: &'a AccountRow,
    /// The conversation, or none for a new one.
    pub conversation: Option<&'a ConversationRow>,
    /// What can be done with its medium.
    pub channel: Option<&'a ChannelCapabilities>,
    /// What the customer has said about being written to.
    pub consent: Option<&'a ConsentRow>,
    /// Their address; empty where it is not known.
    pub to: &'a str,
    /// Now.
    pub now: Ms,
}

/// Why nothing can be sent, whatever the words.
///
/// # Errors
/// The reason, as a sentence that says what to do.
pub fn may_send(ctx: &SendContext<'_>) -> Result<(), String> {
    if ctx.account.health == Health::Disabled {
        return Err(format!(
            "the account \u{201c}{name}\u{201d} is disabled: enable it with `frontdesk channel enable {name}`",
            name = ctx.account.name
        ));
    }
    let Some(channel) = ctx.channel else {
        return Err(format!("the account \u{201c}{}\u{201d} cannot send on this channel", ctx.account.name));
    };
    if let Some(why) = &channel.read_only {
        return Err(why.clone());
    }
    if let Some(consent) = ctx.consent
        && consent.state == ConsentState::OptedOut
    {
        let id = ctx.conversation.map_or("ID".to_owned(), |row| row.id.to_string());
        // A code is the provider's word, not the customer's.
        let is_code = consent.said.bytes().all(|b| b.is_ascii_digit());
        let by = if is_code {
            "the provider says so".to_owned()
        } else {
            format!("\u{201c}{}\u{201d}", consent.said)
        };
        return Err(format!(
            "the customer has opted out ({by}): sending is blocked until they write START, or ask for it in another way and you \
             opt them in (t on the screen, `consent {id} opt-in` in the shell)"
        ));
    }
    // Where nothing was said yet, the first word begins the conversation. Notes are said to nobody.
    let begun = ctx.conversation.filter(|row| row.last_inbound_at.is_some() || row.answered_at.is_some());
    if let (Some(window), Some(row)) = (channel.reply_window, begun) {
        let left = window_left(window, row.last_inbound_at, ctx.now);
        if left <= 0 {
            return Err(format!(
                "the {} h reply window is closed: the customer has to write first, or an approved template be sent",
                window / 3_600_000
            ));
        }
    }
    if begun.is_none() && !channel.start {
        return Err(format!(
            "a conversation cannot be started on {}: the customer writes first",
            channel.channel.title()
        ));
    }
    Ok(())
}

/// Why this cannot be sent where something else could.
///
/// # Errors
/// The reason, as a sentence that says what to do.
pub fn may_say(ctx: &SendContext<'_>, written: &Written) -> Result<(), String> {
    may_send(ctx)?;
    if written.is_blank() && !written.passes_on() {
        return Err("the message is empty".into());
    }
    if written.mail.as_ref().is_some_and(|head| head.manner == Manner::ForwardAttached) {
        may_pass_on_whole(ctx)?;
    }
    if let Some(max) = ctx.channel.and_then(|c| c.max_text) {
        let length = written.text.chars().count();
        if length > max {
            return Err(format!(
                "the message has {length} characters, {max} are allowed: shorten it by {}",
                length - max
            ));
        }
    }
    match written.files.iter().find_map(|file| may_enclose(ctx, file).err()) {
        Some(why) => Err(why),
        None => may_enclose_all(ctx, written),
    }
}

/// Why a mail cannot be passed on whole, as a file.
///
/// # Errors
/// The reason, as a sentence that says what to do.
pub fn may_pass_on_whole(ctx: &SendContext<'_>) -> Result<(), String> {
    match ctx.channel {
        Some(channel) if !channel.originals => Err(format!(
            "the account \u{201c}{}\u{201d} has the words and the files of its mails, but not the mails as they came: forward it with \
             its words instead",
            ctx.account.name
        )),
        _ => Ok(()),
    }
}

/// What the medium is called where it carries files.
fn carrier(channel: &ChannelCapabilities) -> &str {
    channel.attachments.called.as_deref().unwrap_or_else(|| channel.channel.title())
}

/// Why no file at all can go along.
///
/// # Errors
/// The reason, as a sentence that says what to do.
pub fn may_attach(ctx: &SendContext<'_>) -> Result<(), String> {
    let Some(channel) = ctx.channel else { return Ok(()) };
    let limits = &channel.attachments;
    if let Some(why) = &limits.refused {
        return Err(why.clone());
    }
    if limits.count == 0 {
        return Err(format!("files cannot be sent on {}", channel.channel.title()));
    }
    match &limits.to {
        Some(to) if !ctx.to.is_empty() && !to.holds(ctx.to) => Err(format!(
            "{} carries files to {} only: send a link instead, or answer on another channel",
            carrier(channel),
            to.who
        )),
        _ => Ok(()),
    }
}

/// Why a file cannot go along, for its kind or its size.
///
/// # Errors
/// The reason, as a sentence.
pub fn may_enclose(ctx: &SendContext<'_>, file: &Enclosure) -> Result<(), String> {
    let Some(channel) = ctx.channel else { return Ok(()) };
    let limits = &channel.attachments;
    if limits.count == 0 || limits.refused.is_some() {
        // What holds for all files is said once.
        return Ok(());
    }
    let (name, carrier) = (&file.name, carrier(channel));
    if !limits.kinds.is_empty() && !is_kind(&file.mime, &limits.kinds) {
        return Err(format!(
            "{name} cannot be sent ({}); {carrier} takes {}",
            kind(&file.mime),
            takes(limits, &file.mime)
        ));
    }
    if file.size == 0 {
        return Err(format!("{name} is empty"));
    }
    let of_kind = limits.less.iter().find(|(of, _)| is_kind(&file.mime, std::slice::from_ref(of)));
    let (most, what) = match of_kind {
        Some((of, most)) => (*most, if of.starts_with("image/") { " for images" } else { " for such files" }),
        None => (limits.bytes, ""),
    };
    if file.size > most {
        return Err(format!(
            "{name} is {}; {carrier} takes {}{what}",
            rounded_up(file.size, most),
            bytes(most)
        ));
    }
    Ok(())
}

/// Why files that could go each by itself cannot go together, or with these words.
///
/// # Errors
/// The reason, as a sentence that says what to do.
pub fn may_enclose_all(ctx: &SendContext<'_>, written: &Written) -> Result<(), String> {
    let files = &written.files;
    let (Some(channel), false) = (ctx.channel, files.is_empty()) else { return Ok(()) };
    may_attach(ctx)?;
    let (limits, carrier) = (&channel.attachments, carrier(channel));
    if files.len() > usize::try_from(limits.count).unwrap_or(usize::MAX) {
        let many = if limits.count == 1 { "one".to_owned() } else { limits.count.to_string() };
        return Err(format!("{} files are attached; {carrier} takes {many} in a message", files.len()));
    }
    let sum: u64 = files.iter().map(|file| file.size).sum();
    if let Some(total) = limits.total.filter(|total| sum > *total) {
        let sum = rounded_up(sum, total);
        return Err(format!("the files are {sum} together; {carrier} takes {}", bytes(total)));
    }
    let wordless = files.iter().find(|file| is_kind(&file.mime, &limits.wordless));
    match wordless.filter(|_| !written.text.trim().is_empty()) {
        Some(file) => {
            Err(format!("{} cannot carry words on {carrier}: send the words by themselves", file.name))
        }
        None => Ok(()),
    }
}

/// A size that is over a limit never reads like the limit.
fn rounded_up(size: u64, most: u64) -> String {
    let words = bytes(size);
    if words == bytes(most) { format!("{size} bytes") } else { words }
}

/// What is taken, in words: of the same sort where there is some, else all sorts.
fn takes(limits: &AttachmentLimits, mime: &str) -> String {
    let sort = |of: &str| of.split('/').next().unwrap_or_default().to_owned();
    let mut words: Vec<String> = Vec::new();
    let same: Vec<&String> = limits.kinds.iter().filter(|k| sort(k) == sort(mime)).collect();
    let all = if same.is_empty() { limits.kinds.iter().collect() } else { same };
    for one in all {
        let word = match one.as_str() {
            "image/" => "images".to_owned(),
            "audio/" => "audio".to_owned(),
            "video/" => "video".to_owned(),
            "text/" => "text".to_owned(),
            whole => kind(whole),
        };
        // What has no short name would fill the line.
        if !words.contains(&word) && !word.contains('/') {
            words.push(word);
        }
    }
    words.join(", ")
}

/// Milliseconds left of a reply window; none of it when the customer never wrote.
pub fn window_left(window: Ms, last_inbound_at: Option<Ms>, now: Ms) -> Ms {
    last_inbound_at.map_or(0, |at| at.saturating_add(window).saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Channel;
    use crate::domain::capability::Recipients;
    use crate::ui::fixture;

    fn file(name: &str, mime: &str, size: u64) -> Enclosure {
        Enclosure { name: name.into(), mime: mime.into(), size, path: String::new() }
    }

    fn refusal(limits: AttachmentLimits, to: &str, text: &str, files: Vec<Enclosure>) -> Option<String> {
        let account = fixture::account();
        let row = fixture::conversation(1);
        let channel = ChannelCapabilities {
            start: true,
            attachments: limits,
            ..ChannelCapabilities::text_only(Channel::Whatsapp)
        };
        let ctx = SendContext {
            account: &account,
            conversation: Some(&row),
            channel: Some(&channel),
            consent: None,
            to,
            now: 0,
        };
        may_say(&ctx, &Written { text: text.into(), files, mail: None }).err()
    }

    #[test]
    fn a_file_that_is_not_taken_is_told_why() {
        let limits = || AttachmentLimits {
            kinds: ["image/jpeg", "image/png", "video/", "audio/", "application/pdf"]
                .map(str::to_owned)
                .into(),
            bytes: 16_000_000,
            count: 1,
            less: vec![("image/".into(), 5_000_000)],
            wordless: vec!["audio/".into()],
            ..AttachmentLimits::default()
        };
        let say = |text: &str, files| refusal(limits(), "", text, files);
        let pdf = || file("a.pdf", "application/pdf", 10);
        assert_eq!(say("", vec![pdf()]), None, "no words are needed");
        assert_eq!(say("", vec![]).unwrap(), "the message is empty");
        assert_eq!(
            say("", vec![file("video.mp4", "video/mp4", 32_000_000)]).unwrap(),
            "video.mp4 is 32 MB; WhatsApp takes 16 MB"
        );
        assert_eq!(
            say("", vec![file("a.mp4", "video/mp4", 16_000_001)]).unwrap(),
            "a.mp4 is 16000001 bytes; WhatsApp takes 16 MB"
        );
        assert_eq!(
            say("", vec![file("a.png", "image/png", 6_000_000)]).unwrap(),
            "a.png is 6 MB; WhatsApp takes 5 MB for images"
        );
        assert_eq!(
            say("", vec![file("a.gif", "image/gif", 9)]).unwrap(),
            "a.gif cannot be sent (GIF); WhatsApp takes JPEG, PNG"
        );
        assert_eq!(
            say("", vec![file("a.csv", "text/csv", 9)]).unwrap(),
            "a.csv cannot be sent (CSV); WhatsApp takes JPEG, PNG, video, audio, PDF"
        );
        assert_eq!(
            say("", vec![pdf(), pdf()]).unwrap(),
            "2 files are attached; WhatsApp takes one in a message"
        );
        assert_eq!(say("", vec![file("a.pdf", "application/pdf", 0)]).unwrap(), "a.pdf is empty");
        let voice = || file("a.ogg", "audio/ogg", 9);
        assert_eq!(say("", vec![voice()]), None);
        assert!(say("hi", vec![voice()]).unwrap().contains("cannot carry words on WhatsApp"));
    }

    #[test]
    fn files_go_only_where_the_medium_carries_them() {
        let to = Recipients {
            begin: vec!["+1".into()],
            except: vec!["+1242".into()],
            who: "numbers of the US and Canada".into(),
        };
        let limits = || AttachmentLimits {
            bytes: 5_000_000,
            count: 10,
            total: Some(5_000_000),
            to: Some(to.clone()),
            called: Some("MMS".into()),
            ..AttachmentLimits::default()
        };
        let png = |size| file("a.png", "image/png", size);
        assert_eq!(refusal(limits(), "+15550001", "", vec![png(9)]), None);
        for other in ["+31612345678", "+12425550001"] {
            let why = refusal(limits(), other, "hi", vec![png(9)]).unwrap();
            assert!(why.starts_with("MMS carries files to numbers of the US and Canada only"), "{why}");
            assert_eq!(refusal(limits(), other, "hi", vec![]), None, "words go everywhere");
        }
        let both = vec![png(3_000_000), png(3_000_000)];
        assert_eq!(
            refusal(limits(), "+15550001", "", both).unwrap(),
            "the files are 6 MB together; MMS takes 5 MB"
        );
        let none = refusal(AttachmentLimits::default(), "", "hi", vec![png(9)]).unwrap();
        assert_eq!(none, "files cannot be sent on WhatsApp");
        let refused = AttachmentLimits { refused: Some("set public_url".into()), ..limits() };
        assert_eq!(refusal(refused, "+15550001", "hi", vec![png(9)]).unwrap(), "set public_url");
    }
}
