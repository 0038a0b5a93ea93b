//! What is true of an account: how it is, under which addresses it is reached, and what to do so that messages come in.

use crate::app::api::{engine_away, seen_url};
use crate::app::workspace::Workspace;
use crate::config::ChannelConfig;
use crate::domain::account::{Channel, Health};
use crate::domain::capability::PushKind;
use crate::domain::clock::Ms;
use crate::domain::row::AccountRow;
use crate::provider::{Vendor, vendor};
use crate::store::StoreError;
use crate::text::format::age;
use std::collections::BTreeMap;

/// What is known of the engine that serves the channels.
pub struct Seen {
    /// What vendors and visitors see of its listener; none where the port is chosen at its start.
    pub base: Option<String>,
    /// Whether a public address is configured.
    pub public: bool,
    /// Since when none runs; see [`engine_away`].
    away: Option<Option<Ms>>,
    now: Ms,
}

/// What is true of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The media it carries.
    pub media: Vec<Channel>,
    /// How it is.
    pub health: Health,
    /// What there is to say about that.
    pub detail: Option<String>,
    /// Where its hook lies; none where it has none, or the port is chosen at start.
    pub webhook_url: Option<String>,
    /// What to give to the vendor: the hook, or what lies below it.
    pub hooks: Vec<String>,
    /// The page for visitors.
    pub page_url: Option<String>,
    /// Whether it has an address at all, known or not yet.
    pub has_address: bool,
}

impl Seen {
    /// What is known now.
    ///
    /// # Errors
    /// Those of the store.
    pub fn of(workspace: &Workspace) -> Result<Seen, StoreError> {
        let (base, away) = (seen_url(workspace)?, engine_away(workspace)?);
        Ok(Seen { base, public: workspace.config.public_url.is_some(), away, now: workspace.clock.now() })
    }

    /// What is true of an account's health: without an engine nobody knows whether it still is as it was.
    fn health(&self, last: Health, detail: Option<String>) -> (Health, Option<String>) {
        let Some(ended) = self.away else { return (last, detail) };
        let away = "no engine is running";
        let since = match ended.map(|at| age(at, self.now)) {
            None => String::new(),
            Some(age) if age == "now" => " a moment ago".to_owned(),
            Some(age) => format!(" {age} ago"),
        };
        match last {
            Health::Ok | Health::Limited => {
                (Health::Connecting, Some(format!("{away}; last seen {}{since}", last.word())))
            }
            Health::Connecting => (last, Some(away.to_owned())),
            Health::NeedsLogin | Health::Failing | Health::Disabled => {
                let detail = detail.map(|d| format!("{d}; ")).unwrap_or_default();
                (last, Some(format!("{detail}{away}")))
            }
        }
    }

    /// What is true of a channel.
    pub fn channel(&self, channel: &ChannelConfig, row: Option<&AccountRow>) -> Shown {
        let vendor = vendor(&channel.provider);
        let capabilities = vendor.and_then(|v| (v.capabilities)(&channel.settings).ok());
        let push = capabilities.as_ref().map(|c| c.push);
        let trouble = match vendor {
            None => Some(format!("there is no provider {}", channel.provider)),
            Some(vendor) => (vendor.check)(&channel.settings).err().map(|w| w.human),
        };
        let (status, detail) = match (row, trouble) {
            _ if !channel.enabled => (Health::Disabled, None),
            (_, Some(trouble)) => (Health::Failing, Some(trouble)),
            (Some(row), None) => (row.health, Some(row.detail.clone()).filter(|d| !d.is_empty())),
            (None, None) => (Health::Connecting, None),
        };
        let (health, detail) = self.health(status, detail);
        let media = match (capabilities, vendor) {
            (Some(c), _) => c.channels.iter().map(|c| c.channel).collect(),
            (None, Some(vendor)) => vendor.channels.to_vec(),
            (None, None) => Vec::new(),
        };
        let at = |path: &str| self.base.as_deref().map(|base| address(base, path, &channel.name));
        let webhook_url = if push == Some(PushKind::Webhook) { at("hooks") } else { None };
        let hooks = match (&webhook_url, vendor) {
            (Some(hook), Some(vendor)) => called(hook, vendor),
            _ => Vec::new(),
        };
        Shown {
            media,
            health,
            detail,
            webhook_url,
            hooks,
            page_url: if channel.provider == "webchat" { at("chat") } else { None },
            has_address: channel.provider == "webchat" || push == Some(PushKind::Webhook),
        }
    }
}

fn address(base: &str, path: &str, name: &str) -> String {
    format!("{base}/{path}/{name}")
}

/// The addresses at which a vendor calls.
fn called(hook: &str, vendor: &Vendor) -> Vec<String> {
    match vendor.guide.below {
        [] => vec![hook.to_owned()],
        below => below.iter().map(|path| format!("{hook}/{path}")).collect(),
    }
}

/// What to do so that messages come in through a channel with these settings: addresses, then step by step.
pub fn guide(
    vendor: &Vendor,
    name: &str,
    settings: &BTreeMap<String, String>,
    base: Option<&str>,
    public: bool,
) -> Vec<String> {
    let push = (vendor.capabilities)(settings).ok().map(|c| c.push);
    if matches!(push, Some(PushKind::Stream | PushKind::Poll)) {
        // Nobody calls us: there is no address to tell.
        return vendor.guide.private.iter().map(|step| (*step).to_owned()).collect();
    }
    let Some(base) = base else {
        return vec![
            "its address is not known yet: `listen` has port 0, so the port is chosen when `frontdesk` or `frontdesk serve` starts, and `frontdesk channel list` tells it while that runs. Give `listen` a port, or set `public_url`, to have one that stays".into(),
        ];
    };
    let (hook, page) = (address(base, "hooks", name), address(base, "chat", name));
    let mut lines = Vec::new();
    if push == Some(PushKind::Webhook) {
        let of = |at: String| format!("webhook for the provider's console: {at}");
        lines.extend(called(&hook, vendor).into_iter().map(of));
    }
    if vendor.name == "webchat" {
        lines.push(format!("page for visitors: {page}"));
    }
    if !public && push == Some(PushKind::Webhook) {
        lines.push("no public_url is configured: vendors cannot reach this address".into());
    }
    let asks = settings.get("poll_seconds").is_none_or(|every| every.trim() != "0");
    let steps: [&[&str]; 2] = match (public, vendor.guide.asked) {
        (true, _) => [&[], vendor.guide.public],
        (false, []) => [&[], vendor.guide.private],
        (false, asked) if asks => [asked, vendor.guide.private],
        (false, _) => {
            lines.push("poll_seconds is 0, so the provider is not asked either: nothing comes in until that or public_url is set".into());
            [&[], vendor.guide.private]
        }
    };
    let steps = steps.into_iter().flatten();
    lines.extend(steps.map(|step| step.replace("{hook}", &hook).replace("{page}", &page)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::vendor;

    #[test]
    fn who_is_not_asked_and_not_reached_is_told_that_nothing_comes_in() {
        let told = |poll: &str, public| {
            let sid = format!("AC{}", "5e".repeat(16));
            let settings = [("account_sid", sid.as_str()), ("from", "+15557122661"), ("poll_seconds", poll)];
            let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
            let twilio = vendor("twilio").unwrap();
            guide(twilio, "support", &settings, Some("http://127.0.0.1:4000"), public).join("\n")
        };
        assert!(told("30", false).contains("Nothing to paste"));
        let silent = told("0", false);
        assert!(!silent.contains("Nothing to paste") && silent.contains("poll_seconds is 0"), "{silent}");
        assert!(!told("0", true).contains("poll_seconds is 0"), "it is called instead");
    }
}
