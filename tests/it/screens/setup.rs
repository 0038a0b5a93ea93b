//! What Setup is told of a world: its accounts as if they were configured.

use super::world::World;
use frontdesk::domain::account::{Channel, Health};
use frontdesk::domain::row::AccountRow;
use frontdesk::ui::setup::{Answer, Ask, ChannelInfo, Listed, Look, Section, Settings, Site};
use std::collections::BTreeMap;

const BASE: &str = "https://desk.example.com";

fn settings(pairs: &[(&str, &str)]) -> Settings {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn channel(n: usize, account: &AccountRow, site: &Site) -> ChannelInfo {
    let twilio = account.provider == "twilio";
    let kept = if twilio {
        settings(&[("account_sid", "AC00000000000000000000000000000001"), ("from", "+3120000000")])
    } else {
        settings(&[("title", "Northwind Support")])
    };
    let url = |path: &str| site.base.as_ref().map(|base| format!("{base}/{path}/{}", account.name));
    ChannelInfo {
        name: account.name.clone(),
        provider: account.provider.clone(),
        enabled: account.health != Health::Disabled,
        media: account.channels.clone(),
        health: account.health,
        detail: Some(account.detail.clone()).filter(|d| !d.is_empty()),
        guide: (frontdesk::app::setup::book().guide)(&account.provider, &account.name, &kept, site),
        settings: kept,
        secrets: twilio
            .then(|| {
                let place = format!("in the keyring (frontdesk/acme, {}/auth_token)", account.name);
                ("auth_token".to_owned(), place)
            })
            .into_iter()
            .collect(),
        hooks: url("hooks").filter(|_| twilio).into_iter().collect(),
        page_url: url("chat").filter(|_| account.channels == [Channel::Webchat]),
        has_address: true,
        place: format!("/srv/ana/config.toml:{}:1", 7 * n + 3),
    }
}

/// What else is configured or in use.
fn lists(labels: &[String]) -> BTreeMap<Section, Vec<Listed>> {
    let listed = |name: &str, about: &str, more: &[&str], line: usize| Listed {
        name: name.into(),
        about: about.into(),
        more: more.iter().map(|word| (*word).to_owned()).collect(),
        place: if line > 0 { format!("/srv/ana/config.toml:{line}:1") } else { String::new() },
    };
    BTreeMap::from([
        (
            Section::QuickReplies,
            vec![listed("/late", "Late parcel", &[], 0), listed("/thanks", "sms nl Bedankt", &[], 0)],
        ),
        (Section::Labels, labels.iter().map(|label| listed(label, "4 conversations", &[], 0)).collect()),
        (
            Section::Agents,
            vec![
                listed("Ana Sousa", "ana@acme.example, you", &["you", "ana@acme.example"], 4),
                listed("Tom Okafor", "tom@acme.example", &["agent", "tom@acme.example"], 8),
                listed("Billing desk", "a team", &["team"], 0),
            ],
        ),
        (
            Section::Sla,
            vec![
                listed(
                    "vip",
                    "label:vip: first reply within 15m, next reply within 1h, in the hours office",
                    &["policy", "label:vip", "15m", "1h", "office"],
                    21,
                ),
                listed(
                    "office",
                    "business hours: Mon\u{2013}Fri 9:00\u{2013}17:30 (Europe/Amsterdam)",
                    &["hours", "Europe/Amsterdam", "mon-fri 9:00-17:30"],
                    26,
                ),
            ],
        ),
        (
            Section::Macros,
            vec![
                listed("vip", "", &["label +vip", "priority high", "assign me"], 31),
                listed("later", "", &["snooze mon 9:00", "resolve.next"], 32),
            ],
        ),
        (
            Section::Searches,
            vec![
                listed("Refunds", "refund status:open", &["g f"], 36),
                listed("Angry and rich", "score:>80 priority:urgent", &[], 37),
            ],
        ),
        (
            Section::Fields,
            vec![
                listed("budget", "what they can spend", &[], 41),
                listed("deadline", "when they need it", &[], 42),
            ],
        ),
        (Section::Keys, vec![listed("g v", "macro vip", &["panes"], 45)]),
        (Section::Theme, vec![listed("theme", "graphite", &[], 2)]),
    ])
}

impl World {
    /// What Setup is answered.
    pub fn set_up(&self, ask: &Ask) -> Answer {
        match ask {
            Ask::Look => {
                let site = Site { base: Some(BASE.into()), public: true };
                let channels = self.accounts.iter().enumerate().map(|(n, a)| channel(n, a, &site)).collect();
                Answer::Look(Ok(Box::new(Look {
                    file: "/srv/ana/config.toml".into(),
                    channels,
                    site,
                    lists: lists(&self.labels),
                })))
            }
            Ask::Keyring => Answer::Keyring(Ok(())),
            Ask::Test(_) => Answer::Tested(Ok("Northwind Ltd (AC0000…0001)".into())),
            Ask::Add(_) | Ask::Set { .. } | Ask::Enable { .. } | Ask::Remove(_) => {
                Answer::Done(Ok(Vec::new()))
            }
        }
    }
}
