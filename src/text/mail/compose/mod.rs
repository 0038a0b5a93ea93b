//! What becomes of an agent's words on their way into a mail: to whom, about what, with which history, in which bytes.

pub mod body;
pub mod build;
mod given;
pub mod head;
mod html;
mod markdown;
pub mod original;
mod pictures;
pub mod quote;
pub mod recipients;
pub mod subject;

/// Text of ours as it may leave: line ends are `\n`, other control characters go. Marks of direction stay, they are typed on purpose.
fn outgoing(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
