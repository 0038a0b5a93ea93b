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

/// After a pause of sending has ended, its trouble is told this long: until the first request after it has shown how things are.
const PROBED: Ms = 10_000;

/// What is known of an account, each side told by those who see it.
#[derive(Default)]
struct Known {
    /// How asking the provider goes, or the configuration.
    asking: Option<Told>,
    /// Why sending is paused, and until when.
    pause: Pause,
    /// Why its last request to send failed.
    cause: Option<Told>,
    /// What the store has.
    kept: Option<(Told, Pause)>,
}

type Told = (Health, String);
type Pause = Option<(Told, Ms)>;

impl Known {
    /// What holds of the account as a whole: a poll that works does not make a pause of sending undone.
    fn now(&self, now: Ms) -> Option<Told> {
        let pause =
            self.pause.as_ref().filter(|(_, until)| now < until.saturating_add(PROBED)).map(|(told, _)| told);
        match (&self.asking, pause) {
            (Some(asking), Some(pause)) if rank(asking.0) >= rank(pause.0) => Some(asking.clone()),
            (_, Some(pause)) => Some(pause.clone()),
            (asking, None) => asking.clone(),
        }
    }
}

/// Which of two troubles is told.
const fn rank(health: Health) -> u8 {
    match health {
        Health::Ok => 0,
        Health::Connecting => 1,
        Health::Limited => 2,
        Health::Failing => 3,
        Health::NeedsLogin => 4,
        Health::Disabled => 5,
    }
}

/// The last known health of every account. Cheap to clone.
#[derive(Clone)]
pub struct HealthBoard {
    known: Arc<Mutex<HashMap<AccountId, Known>>>,
    store: Store,
    bus: Bus,
    clock: Arc<dyn Clock>,
}

impl HealthBoard {
    /// A board that knows nothing yet.
    pub fn new(store: Store, bus: Bus, clock: Arc<dyn Clock>) -> HealthBoard {
        HealthBoard { known: Arc::default(), store, bus, clock }
    }

    /// Asking the provider works. With a notice it does so, but not in every respect.
    pub fn well(&self, account: AccountId, notice: Option<&str>) {
        match notice {
            None => self.set(account, Health::Ok, ""),
            Some(notice) => self.set(account, Health::Limited, notice),
        }
    }

    /// Sending works. What asking has told of trouble is for asking to take back.
    pub fn sends(&self, account: AccountId, notice: Option<&str>) {
        self.change(account, |known| {
            (known.cause, known.pause) = (None, None);
            if known.asking.as_ref().is_none_or(|(health, _)| rank(*health) <= rank(Health::Limited)) {
                known.asking = Some(match notice {
                    None => (Health::Ok, String::new()),
                    Some(notice) => (Health::Limited, notice.to_owned()),
                });
            }
        });
    }

    /// A request to send has failed, in a way that makes the account `health` should a pause follow. Alone it makes it no worse.
    pub fn stumbled(&self, account: AccountId, health: Health, cause: &str) {
        self.change(account, |known| known.cause = Some((health, cause.to_owned())));
    }

    /// The account's breaker is open until then.
    pub fn paused(&self, account: AccountId, until: Ms) {
        let seconds = until.saturating_sub(self.clock.now()).max(0) / 1000;
        self.change(account, |known| {
            let (health, cause) = known.cause.clone().unwrap_or((Health::Limited, String::new()));
            let cause = if cause.is_empty() { cause } else { format!("{cause}; ") };
            let told = format!("{cause}sending is paused for {seconds} s, then tried again");
            known.pause = Some(((health, told), until));
        });
    }

    /// The account's breaker is closed by hand, or because the account was connected anew.
    pub fn resumed(&self, account: AccountId) {
        self.change(account, |known| known.pause = None);
    }

    /// What is known.
    pub fn get(&self, account: AccountId) -> Option<(Health, String)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&account).and_then(|known| known.now(self.clock.now()))
    }

    /// Forgets what asking has told: the store may have been told otherwise, so the next word is written in any case.
    pub fn forget(&self) {
        for known in self.known.lock().unwrap_or_else(PoisonError::into_inner).values_mut() {
            (known.asking, known.kept) = (None, None);
        }
    }

    /// Takes note of how asking an account's provider goes; writes it only when that changes how the account is.
    pub fn set(&self, account: AccountId, health: Health, detail: &str) {
        self.change(account, |known| known.asking = Some((health, detail.to_owned())));
    }

    fn change(&self, account: AccountId, change: impl FnOnce(&mut Known)) {
        // Held until the job is handed over: of two changes the later one is written last.
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(account).or_default();
        change(known);
        let Some(now) = known.now(self.clock.now()) else { return };
        let now = (now, known.pause.clone());
        if known.kept.as_ref() == Some(&now) {
            return;
        }
        known.kept = Some(now.clone());
        let ((health, detail), pause) = now;
        match health {
            Health::Ok | Health::Connecting | Health::Disabled => {
                info!("account {account}: {}", health.word())
            }
            Health::NeedsLogin | Health::Limited | Health::Failing => {
                warn!("account {account}: {}: {}", health.word(), mask(&detail));
            }
        }
        let bus = self.bus.clone();
        self.store.writer().submit(
            Class::Apply,
            move |t| {
                let pause = pause.as_ref().map(|((_, why), until)| (*until, why.as_str()));
                t.account_health(account, health, &detail, pause)
            },
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

    fn board() -> (tempfile::TempDir, Arc<ManualClock>, HealthBoard) {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(1_000));
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        (dir, clock.clone(), HealthBoard::new(store, Bus::new(), clock))
    }

    #[test]
    fn a_pause_tells_its_cause_first() {
        let (_dir, _, board) = board();
        let account = AccountId(1);
        board.stumbled(account, Health::Limited, "the provider asks for patience");
        assert_eq!(board.get(account), None, "one failure is no illness");
        board.paused(account, 31_000);
        let told = "the provider asks for patience; sending is paused for 30 s, then tried again";
        assert_eq!(board.get(account), Some((Health::Limited, told.to_owned())));
        board.sends(account, None);
        board.paused(account, 31_000);
        let told = "sending is paused for 30 s, then tried again";
        assert_eq!(board.get(account), Some((Health::Limited, told.to_owned())), "an old cause is none");
        board.sends(account, Some("no copy was kept"));
        assert_eq!(board.get(account), Some((Health::Limited, "no copy was kept".to_owned())));
        board.well(account, None);
        assert_eq!(board.get(account), Some((Health::Ok, String::new())));
    }

    #[test]
    fn a_poll_that_works_does_not_hide_that_sending_is_paused() {
        let (_dir, clock, board) = board();
        let account = AccountId(1);
        board.well(account, None);
        board.stumbled(account, Health::NeedsLogin, "the login is refused");
        board.paused(account, 301_000);
        let told = "the login is refused; sending is paused for 300 s, then tried again";
        for now in [2_000, 300_000, 301_500] {
            clock.set(now);
            board.well(account, None);
            assert_eq!(board.get(account), Some((Health::NeedsLogin, told.to_owned())), "at {now}");
        }
        // Nothing waits any more, so nothing was tried: the pause is over.
        clock.set(312_000);
        board.well(account, None);
        assert_eq!(board.get(account), Some((Health::Ok, String::new())));
        board.paused(account, 400_000);
        board.resumed(account);
        assert_eq!(board.get(account), Some((Health::Ok, String::new())), "closed by hand");
    }

    #[test]
    fn sending_that_works_does_not_hide_that_asking_fails() {
        let (_dir, _, board) = board();
        let account = AccountId(1);
        board.set(account, Health::Failing, "no answer");
        board.paused(account, 31_000);
        assert_eq!(
            board.get(account),
            Some((Health::Failing, "no answer".to_owned())),
            "the worse one is told"
        );
        board.sends(account, None);
        assert_eq!(board.get(account), Some((Health::Failing, "no answer".to_owned())));
        board.well(account, None);
        assert_eq!(board.get(account), Some((Health::Ok, String::new())));
    }
}
