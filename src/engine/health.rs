//! How every account is: kept in the store when it changes, so that any process can show it.

use crate::domain::account::Health;
use crate::domain::clock::{Clock, Ms};
use crate::domain::ids::AccountId;
use crate::domain::signal::Signal;
use crate::engine::bus::Bus;
use crate::store::{Class, Store};
use crate::text::sanitize::mask;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::{info, warn};

/// The last known health of every account. Cheap to clone.
#[derive(Clone)]
pub struct HealthBoard {
    known: Arc<Mutex<HashMap<AccountId, (Health, String)>>>,
    /// Why the last request of an account failed.
    causes: Arc<Mutex<HashMap<AccountId, String>>>,
    store: Store,
    bus: Bus,
    clock: Arc<dyn Clock>,
}

impl HealthBoard {
    /// A board that knows nothing yet.
    pub fn new(store: Store, bus: Bus, clock: Arc<dyn Clock>) -> HealthBoard {
        HealthBoard { known: Arc::default(), causes: Arc::default(), store, bus, clock }
    }

    /// The account works. With a notice it does so, but not in every respect.
    pub fn well(&self, account: AccountId, notice: Option<&str>) {
        self.causes.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
        match notice {
            None => self.set(account, Health::Ok, ""),
            Some(notice) => self.set(account, Health::Limited, notice),
        }
    }

    /// A request of the account has failed. That alone makes it no worse; a pause that follows tells this cause.
    pub fn stumbled(&self, account: AccountId, cause: &str) {
        self.causes.lock().unwrap_or_else(PoisonError::into_inner).insert(account, cause.to_owned());
    }

    /// The account's breaker is open until then.
    pub fn paused(&self, account: AccountId, until: Ms) {
        let known = self.get(account).map(|(h, _)| h);
        if known == Some(Health::NeedsLogin) {
            return;
        }
        let seconds = until.saturating_sub(self.clock.now()).max(0) / 1000;
        let cause = self.causes.lock().unwrap_or_else(PoisonError::into_inner).get(&account).cloned();
        let cause = cause.map_or_else(String::new, |cause| format!("{cause}; "));
        self.set(
            account,
            Health::Limited,
            &format!("{cause}sending is paused for {seconds} s, then tried again"),
        );
    }

    /// What is known.
    pub fn get(&self, account: AccountId) -> Option<(Health, String)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&account).cloned()
    }

    /// Forgets what is known: the store may have been told otherwise, so the next word is written in any case.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes note of an account's health; writes it only when it has changed.
    pub fn set(&self, account: AccountId, health: Health, detail: &str) {
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let now = (health, detail.to_owned());
            if known.get(&account) == Some(&now) {
                return;
            }
            known.insert(account, now);
        }
        match health {
            Health::Ok | Health::Connecting | Health::Disabled => {
                info!("account {account}: {}", health.word())
            }
            Health::NeedsLogin | Health::Limited | Health::Failing => {
                warn!("account {account}: {}: {}", health.word(), mask(detail));
            }
        }
        let (bus, detail) = (self.bus.clone(), detail.to_owned());
        self.store.writer().submit(
            Class::Apply,
            move |t| t.account_health(account, health, &detail),
            move |result| {
                if let Err(e) = result {
                    warn!("an account's health could not be kept: {e}");
                }
                bus.bump();
                bus.signal(Signal::AccountHealth { account });
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;

    #[test]
    fn a_pause_tells_its_cause_first() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(1_000));
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let board = HealthBoard::new(store, Bus::new(), clock);
        let account = AccountId(1);
        board.stumbled(account, "the provider asks for patience");
        assert_eq!(board.get(account), None, "one failure is no illness");
        board.paused(account, 31_000);
        let told = "the provider asks for patience; sending is paused for 30 s, then tried again";
        assert_eq!(board.get(account), Some((Health::Limited, told.to_owned())));
        board.well(account, None);
        board.paused(account, 31_000);
        let told = "sending is paused for 30 s, then tried again";
        assert_eq!(board.get(account), Some((Health::Limited, told.to_owned())), "an old cause is none");
        board.well(account, Some("no copy was kept"));
        assert_eq!(board.get(account), Some((Health::Limited, "no copy was kept".to_owned())));
        board.well(account, None);
        assert_eq!(board.get(account), Some((Health::Ok, String::new())));
    }
}
