//! What a script sees of conversations: asked for again until it is there.

use super::{Home, until};
use serde_json::Value;

impl Home {
    /// All conversations, as `list` tells them.
    pub fn conversations(&self) -> Vec<Value> {
        self.run(&["list", "--json"]).ok().json()
    }

    /// The only conversation, once there is one.
    #[track_caller]
    pub fn conversation(&self) -> String {
        let row = until("a conversation", || self.conversations().into_iter().next());
        row["id"].as_str().unwrap().to_owned()
    }

    /// The messages of a conversation, as `show` tells them.
    pub fn messages(&self, conversation: &str) -> Vec<Value> {
        self.run(&["show", conversation, "--json"]).ok().json()[0]["messages"].as_array().unwrap().clone()
    }

    /// Waits for a number of messages.
    #[track_caller]
    pub fn some(&self, conversation: &str, count: usize) -> Vec<Value> {
        until(&format!("{count} messages"), || {
            Some(self.messages(conversation)).filter(|all| all.len() >= count)
        })
    }

    /// Waits until the last message that left has this state.
    #[track_caller]
    pub fn delivery(&self, conversation: &str, wanted: &str) -> Value {
        until(&format!("delivery {wanted}"), || {
            let mut all = self.messages(conversation).into_iter();
            all.rfind(|m| m["direction"] == "outbound").filter(|m| m["delivery"] == wanted)
        })
    }
}
