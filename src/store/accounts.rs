//! Accounts and agents as the configuration names them, and the small facts kept under `meta`.

use crate::domain::account::{Channel, Health};
use crate::domain::capability::Capabilities;
use crate::domain::clock::Ms;
use crate::domain::ids::{AccountId, AgentId};
use crate::store::actions::from_key;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;

/// An account as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSpec {
    /// Its name: `channel NAME`.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// The media it carries.
    pub channels: Vec<Channel>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// What can be done with it, once the provider has said so.
    pub capabilities: Option<Capabilities>,
    /// From which address it sends, by medium: needed to begin a conversation under the key that the provider will use.
    pub from: Vec<(Channel, String)>,
}

impl Tx<'_> {
    /// Makes an account, or brings the one of that name up to date.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account_upsert(&mut self, spec: &AccountSpec) -> Result<AccountId, StoreError> {
        let channels = serde_json::to_string(&spec.channels)?;
        let capabilities = spec.capabilities.as_ref().map(serde_json::to_string).transpose()?;
        let health = if spec.enabled { Health::Connecting } else { Health::Disabled };
        self.exec(
            "INSERT INTO account(name, provider, channels, enabled, health, since, capabilities)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (name) DO UPDATE SET provider = excluded.provider, channels = excluded.channels,
               health = CASE WHEN enabled = excluded.enabled AND removed_at IS NULL THEN health ELSE excluded.health END,
               enabled = excluded.enabled, removed_at = NULL, capabilities = coalesce(excluded.capabilities, capabilities)
             WHERE provider <> excluded.provider OR channels <> excluded.channels OR enabled <> excluded.enabled
                OR removed_at IS NOT NULL OR coalesce(excluded.capabilities, '') NOT IN ('', coalesce(capabilities, ''))",
            params![spec.name, spec.provider, channels, spec.enabled, health.word(), self.now, capabilities],
        )?;
        for (channel, address) in &spec.from {
            let key = from_key(&spec.name, *channel);
            if self.meta(&key)?.as_deref() != Some(address) {
                self.meta_set(&key, address)?;
            }
        }
        self.one("SELECT id FROM account WHERE name = ?1", [&spec.name], |r| Ok(AccountId(r.get(0)?)))?
            .ok_or(StoreError::NotFound("account"))
    }

    /// Keeps how an account is; with a pause, until when it sends nothing, and why.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account_health(
        &mut self,
        id: AccountId,
        health: Health,
        detail: &str,
        pause: Option<(Ms, &str)>,
    ) -> Result<(), StoreError> {
        let (until, why) = pause.unzip();
        self.exec(
            "UPDATE account SET health = ?2, detail = ?3, paused_until = ?4, paused_why = ?5
             WHERE id = ?1 AND (health, detail, paused_until, paused_why) IS NOT (?2, ?3, ?4, ?5)",
            params![id.0, health.word(), detail, until, why],
        )?;
        Ok(())
    }

    /// Accounts that the configuration does not name any more: their history stays, nothing is done with them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn accounts_prune(&mut self, keep: &[String]) -> Result<(), StoreError> {
        let known: Vec<(i64, String)> =
            self.all("SELECT id, name FROM account WHERE removed_at IS NULL", [], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?;
        for (id, _) in known.into_iter().filter(|(_, name)| !keep.contains(name)) {
            self.exec(
                "UPDATE account SET removed_at = ?2, enabled = 0, health = 'disabled' WHERE id = ?1",
                [id, self.now],
            )?;
        }
        Ok(())
    }

    /// Brings the agents in line with the configuration: `(name, e-mail)`. Others stay known but do not answer any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn agents_sync(&mut self, agents: &[(String, String)]) -> Result<Vec<AgentId>, StoreError> {
        let mut out = Vec::with_capacity(agents.len());
        for (name, email) in agents {
            let id = self.agent(email)?;
            self.exec(
                "UPDATE agent SET name = ?2, active = 1, since = ?3 WHERE id = ?1 AND (name <> ?2 OR active <> 1)",
                params![id, name, self.now],
            )?;
            out.push(AgentId(id));
        }
        let active: Vec<i64> = self.all("SELECT id FROM agent WHERE active = 1", [], |r| r.get(0))?;
        for id in active.into_iter().filter(|id| !out.contains(&AgentId(*id))) {
            self.exec("UPDATE agent SET active = 0, since = ?2 WHERE id = ?1", [id, self.now])?;
        }
        Ok(out)
    }

    /// A small fact of the workspace.
    ///
    /// # Errors
    /// Those of the database.
    pub fn meta_get(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        self.meta(key)
    }

    pub(super) fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.one("SELECT value FROM meta WHERE key = ?1", [key], |r| r.get(0))
    }

    /// Keeps a small fact of the workspace.
    ///
    /// # Errors
    /// Those of the database.
    pub fn meta_set(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO meta(key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [key, value],
        )?;
        Ok(())
    }
}
