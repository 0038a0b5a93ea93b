//! Calls the agent: by the terminal's own sequences, or by the desktop.

use crate::domain::notify::How;

/// What the terminal has to be sent for this call; none where the desktop is to do it, or nobody.
pub fn sequence(how: How, title: &str, text: &str, in_tmux: bool) -> Option<Vec<u8>> {
    // A semicolon separates the parts of a sequence, and makes others of them: `9;4` is a progress bar.
    let part = |text: &str| text.replace(';', ",");
    let sequence = match how {
        How::Off | How::Desktop => return None,
        How::Bell => return Some(vec![7]),
        How::Osc9 => format!("\x1b]9;{}: {}\x1b\\", part(title), part(text)),
        How::Osc777 => format!("\x1b]777;notify;{};{}\x1b\\", part(title), part(text)),
    };
    // What tmux does not know it keeps for itself, unless it is told to pass it on (`set -g allow-passthrough on`).
    let passed =
        if in_tmux { format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")) } else { sequence };
    Some(passed.into_bytes())
}

/// Has the desktop show it, without a sound.
///
/// # Errors
/// Why it cannot: no session bus, or nobody there who shows anything.
#[cfg(target_os = "linux")]
pub fn desktop(title: &str, text: &str) -> Result<(), String> {
    use std::collections::HashMap;
    use zbus::zvariant::Value;
    const NAME: &str = "org.freedesktop.Notifications";
    // Bodies may hold markup: customers' words are none.
    let body = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let hints: HashMap<&str, Value<'_>> =
        HashMap::from([("suppress-sound", Value::from(true)), ("category", Value::from("im.received"))]);
    let actions: [&str; 0] = [];
    let call = || -> zbus::Result<()> {
        let bus = zbus::blocking::Connection::session()?;
        let what = ("Frontdesk", 0u32, "", title, body.as_str(), actions.as_slice(), hints, -1i32);
        bus.call_method(Some(NAME), "/org/freedesktop/Notifications", Some(NAME), "Notify", &what)?;
        Ok(())
    };
    call().map_err(|e| e.to_string())
}

/// Elsewhere the terminal has to do.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn desktop(_title: &str, _text: &str) -> Result<(), String> {
    Err("only Linux has it".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_cannot_be_broken_out_of() {
        let text = |how, title: &str, in_tmux| {
            sequence(how, title, "a;b", in_tmux).map(|b| String::from_utf8(b).unwrap())
        };
        assert_eq!(text(How::Osc9, "4;3;100", false).unwrap(), "\x1b]9;4,3,100: a,b\x1b\\");
        assert_eq!(text(How::Osc777, "An;na", false).unwrap(), "\x1b]777;notify;An,na;a,b\x1b\\");
        assert_eq!(text(How::Osc9, "Anna", true).unwrap(), "\x1bPtmux;\x1b\x1b]9;Anna: a,b\x1b\x1b\\\x1b\\");
        assert_eq!(text(How::Bell, "Anna", true).unwrap(), "\x07");
        assert_eq!((text(How::Off, "Anna", false), text(How::Desktop, "Anna", false)), (None, None));
    }
}
