//! The accounts of this workspace that are connected in this process.

use crate::domain::ids::AccountId;
use crate::domain::spam::Rule;
use crate::engine::intake::pause;
use crate::provider::Provider;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// A configured account with its adapter.
pub struct Live {
    /// Its local id.
    pub id: AccountId,
    /// Its name: `channel NAME`, and the last part of its hook.
    pub name: String,
    /// Its vendor's name.
    pub vendor: &'static str,
    /// Its adapter; none if it could not be built (a secret is missing): `trouble` says why.
    pub provider: Option<Arc<dyn Provider>>,
    /// Why there is no adapter.
    pub trouble: Option<String>,
    /// Its settings, without secrets.
    pub settings: BTreeMap<String, String>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Told when it is to be pulled at once.
    pub due: Notify,
}

impl Live {
    /// The adapter of an account that is switched on.
    pub fn active(&self) -> Option<&Arc<dyn Provider>> {
        if self.enabled { self.provider.as_ref() } else { None }
    }
}

/// All connected accounts, and the rules against spam that hold for them. Cheap to clone; replaced as a whole when the configuration
/// changes.
#[derive(Clone, Default)]
pub struct Accounts(Arc<RwLock<Option<All>>>, Arc<RwLock<Arc<[Rule]>>>);

type All = Arc<Vec<Arc<Live>>>;

impl Accounts {
    /// Replaces all.
    pub fn replace(&self, all: Vec<Arc<Live>>) {
        let all = Some(Arc::new(all));
        match self.0.write() {
            Ok(mut slot) => *slot = all,
            // A panic elsewhere cannot leave a half-written list: it is swapped as a whole.
            Err(poisoned) => *poisoned.into_inner() = all,
        }
    }

    /// Replaces the rules.
    pub fn replace_rules(&self, rules: Vec<Rule>) {
        *self.1.write().unwrap_or_else(PoisonError::into_inner) = rules.into();
    }

    /// The rules against spam.
    pub fn rules(&self) -> Arc<[Rule]> {
        self.1.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All, in the order of the configuration.
    pub fn all(&self) -> All {
        self.slot().unwrap_or_default()
    }

    /// Whether it is known which accounts there are: not while the engine starts and a keyring is asked.
    pub fn are_known(&self) -> bool {
        self.slot().is_some()
    }

    fn slot(&self) -> Option<All> {
        match self.0.read() {
            Ok(slot) => slot.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Waits until they are known, but not beyond a stop. Answers whether it is time to stop.
    pub(super) async fn wait_until_known(&self, stop: &mut watch::Receiver<bool>) -> bool {
        while !self.are_known() {
            if pause(stop, Duration::from_millis(20)).await {
                return true;
            }
        }
        false
    }

    /// The account of that name.
    pub fn by_name(&self, name: &str) -> Option<Arc<Live>> {
        self.all().iter().find(|a| a.name == name).cloned()
    }

    /// The account of that id.
    pub fn by_id(&self, id: AccountId) -> Option<Arc<Live>> {
        self.all().iter().find(|a| a.id == id).cloned()
    }
}
