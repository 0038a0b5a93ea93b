//! Pulls: closes the gaps that pushes leave, and settles doubts. Sync is the truth, webhooks are hints.

use crate::domain::account::Health;
use crate::domain::clock::{Clock, Ms};
use crate::domain::event::Event;
use crate::domain::failure::Failure;
use crate::domain::ids::{AccountId, OpId};
use crate::domain::op::OpState;
use crate::engine::accounts::{Accounts, Live};
use crate::engine::health::HealthBoard;
use crate::engine::intake::pause;
use crate::engine::news::News;
use crate::engine::write::Writes;
use crate::net::backoff::Backoff;
use crate::provider::{Cursor, Page, Progress, Provider, Scope};
use crate::store::{Class, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tracing::{debug, info, warn};

const STREAM: &str = "main";
const BACKOFF: Backoff = Backoff { base: Duration::from_secs(5), max: Duration::from_secs(900) };
/// Pages of one pull, against a server that never ends.
const PAGES: usize = 2_000;
/// When to look for a send in doubt, after it came into doubt.
const LOOKS: [Duration; 7] = [
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(600),
    Duration::from_secs(3_600),
    Duration::from_secs(14_400),
];

/// What pulling needs.
#[derive(Clone)]
pub struct Sync {
    /// Where cursors are.
    pub store: Store,
    /// Where rows go.
    pub writes: Writes,
    /// Who can be asked.
    pub accounts: Accounts,
    /// How accounts are.
    pub health: HealthBoard,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Told when files wait to be fetched.
    pub media: Arc<Notify>,
}

/// Why a pull did not come to its end.
enum Trouble {
    Provider(Failure),
    Store(StoreError),
}

impl Sync {
    /// Checks the login of one account, then pulls as often as it wishes, until `stop` says so or the account is replaced.
    pub async fn account(self, live: Arc<Live>, mut stop: watch::Receiver<bool>) {
        let Some(provider) = live.active().cloned() else { return };
        let mut news = News::new(provider.as_ref(), &live.name);
        let mut stopped = stop.clone();
        let mut failures = 0u32;
        let mut probed = false;
        let mut due = false;
        while !*stop.borrow() {
            let ask = async {
                match provider.poll_every() {
                    _ if due => self.pull(&live, provider.as_ref()).await,
                    Some(_) => self.pull(&live, provider.as_ref()).await,
                    None if probed => Ok(()),
                    None => provider.probe().await.map(|_| ()).map_err(Trouble::Provider),
                }
            };
            // A provider that does not answer must not hold the end: a page is kept whole or not at all.
            let outcome = tokio::select! {
                outcome = ask => outcome,
                _ = stopped.wait_for(|s| *s) => return,
            };
            let wait = match outcome {
                Ok(()) => {
                    probed = true;
                    failures = 0;
                    due = false;
                    self.health.well(live.id, provider.notice().as_deref());
                    // Without polling there is nothing more to ask.
                    provider.poll_every().unwrap_or(Duration::from_secs(24 * 3_600))
                }
                Err(trouble) => {
                    failures += 1;
                    let jitter = (failures % 10) as f64 / 10.0;
                    let own = BACKOFF.delay(failures, jitter);
                    match trouble {
                        Trouble::Provider(Failure::Auth { human }) => {
                            self.health.set(live.id, Health::NeedsLogin, &human);
                            own.max(Duration::from_secs(60))
                        }
                        Trouble::Provider(Failure::Transient { retry_after: Some(after), human }) => {
                            self.health.set(live.id, Health::Limited, &human);
                            own.max(after)
                        }
                        Trouble::Provider(failure) => {
                            self.health.set(live.id, Health::Failing, &failure.to_string());
                            own
                        }
                        Trouble::Store(e) => {
                            warn!("a pull of \u{201c}{}\u{201d} could not be kept: {e}", live.name);
                            own
                        }
                    }
                }
            };
            let ended = tokio::select! {
                ended = pause(&mut stop, wait) => ended,
                () = news.heard(), if failures == 0 => false,
                // A hint that comes while the account is in trouble is kept for the time after.
                () = live.due.notified(), if failures == 0 => {
                    due = true;
                    false
                }
            };
            if ended {
                return;
            }
        }
    }

    /// Pulls until there is no more. Each page is kept together with its cursor.
    async fn pull(&self, live: &Live, provider: &dyn Provider) -> Result<(), Trouble> {
        let begun = self.clock.now();
        let mut cursor =
            Cursor(self.store.reader().and_then(|r| r.cursor(live.id, STREAM)).map_err(Trouble::Store)?);
        let mut scope = if cursor.0.is_none() { Scope::Recent } else { Scope::Since };
        for _ in 0..PAGES {
            let page =
                provider.pull(cursor, scope.clone(), self.clock.now()).await.map_err(Trouble::Provider)?;
            let more = page.more;
            if let Some(progress) = page.progress {
                self.health.set(live.id, Health::Connecting, &told(progress));
            }
            debug!("pull of \u{201c}{}\u{201d}: {} events, more: {more}", live.name, page.events.len());
            cursor = page.cursor.clone();
            self.keep(live, page, begun, true).await.map_err(Trouble::Store)?;
            if !more {
                return Ok(());
            }
            if scope == Scope::Recent && cursor.0.is_some() {
                scope = Scope::Since;
            }
        }
        warn!("a pull of \u{201c}{}\u{201d} was ended after {PAGES} pages", live.name);
        Ok(())
    }

    async fn keep(&self, live: &Live, page: Page, begun: Ms, cursor: bool) -> Result<(), StoreError> {
        let account = live.id;
        let rules = self.accounts.rules();
        let mut events = page.events;
        // Judged once the whole page is here: an answer that comes with the question makes it no stranger's.
        let mut begun_here = Vec::new();
        // Small jobs: a webhook must not wait behind a page of a thousand messages.
        while events.len() > 64 {
            let rest = events.split_off(64);
            let chunk = std::mem::replace(&mut events, rest);
            let applied = self.writes.run(Class::Apply, move |t| t.apply(account, &chunk)).await?;
            begun_here.extend(applied.begun);
            if applied.media_due {
                self.media.notify_one();
            }
        }
        let (covered, next, now) = (page.covered, page.cursor.0, self.clock.now());
        let applied = self
            .writes
            .run(Class::Apply, move |t| {
                let applied = t.apply(account, &events)?;
                begun_here.extend_from_slice(&applied.begun);
                t.judge_new(&begun_here, &rules)?;
                t.pull_covered(account, &covered, begun)?;
                if cursor {
                    t.cursor_set(account, STREAM, next.as_deref())?;
                }
                t.settle_accepted(now)?;
                Ok(applied)
            })
            .await?;
        if applied.media_due {
            self.media.notify_one();
        }
        Ok(())
    }

    /// Looks for sends whose fate is unknown, again and again at growing distances, until they are settled.
    pub async fn doubts(self, mut told: mpsc::UnboundedReceiver<OpId>, mut stop: watch::Receiver<bool>) {
        let mut stopped = stop.clone();
        if self.accounts.wait_until_known(&mut stop).await {
            return;
        }
        let mut looks: BTreeMap<OpId, usize> = BTreeMap::new();
        let mut due: BTreeSet<(Ms, OpId)> = BTreeSet::new();
        let now = self.clock.now();
        match self.store.reader().and_then(|r| r.ops_in_doubt()) {
            Ok(ids) => {
                for id in ids {
                    due.insert((now, id));
                    looks.insert(id, 0);
                }
            }
            Err(e) => warn!("sends in doubt cannot be read: {e}"),
        }
        loop {
            let now = self.clock.now();
            let wait = due.first().map_or(Duration::from_secs(3_600), |(at, _)| {
                Duration::from_millis(u64::try_from(at.saturating_sub(now)).unwrap_or(0))
            });
            tokio::select! {
                _ = stop.changed() => return,
                id = told.recv() => {
                    let Some(id) = id else { return };
                    looks.insert(id, 0);
                    due.insert((now + millis(LOOKS[0]), id));
                }
                () = tokio::time::sleep(wait) => {
                    let now = self.clock.now();
                    let ripe: Vec<_> = due.range(..=(now, OpId(uuid::Uuid::max()))).copied().collect();
                    for key in ripe {
                        due.remove(&key);
                        let id = key.1;
                        let settled = tokio::select! {
                            settled = self.look(id) => settled,
                            _ = stopped.wait_for(|s| *s) => return,
                        };
                        if settled {
                            looks.remove(&id);
                            continue;
                        }
                        let n = looks.entry(id).or_insert(0);
                        *n += 1;
                        let next = LOOKS.get(*n).copied().unwrap_or(Duration::from_secs(86_400));
                        due.insert((now + millis(next), id));
                    }
                }
            }
        }
    }

    /// Drops what is known to be the message of another op: two texts alike must not settle each other's doubts.
    async fn not_of_others(
        &self,
        account: AccountId,
        op: OpId,
        events: Vec<Event>,
    ) -> Result<Vec<Event>, StoreError> {
        self.writes
            .run_quietly(Class::Apply, move |t| {
                let mut own = Vec::with_capacity(events.len());
                for event in events {
                    let other = match &event {
                        Event::Message(m) => t.is_of_another_op(account, &m.external_id, op)?,
                        _ => false,
                    };
                    if !other {
                        own.push(event);
                    }
                }
                Ok(own)
            })
            .await
    }

    /// Looks once. Answers whether the op is no longer in doubt.
    async fn look(&self, id: OpId) -> bool {
        let found = match self.store.reader().and_then(|r| r.op(id)) {
            Ok(found) => found,
            Err(e) => {
                warn!("op {id} cannot be read: {e}");
                return false;
            }
        };
        let Some((op, OpState::Unknown, _)) = found else { return true };
        let Some(live) = self.accounts.by_id(op.account) else { return false };
        let Some(provider) = live.active().cloned() else { return false };
        let now = self.clock.now();
        match provider.pull(Cursor(None), Scope::Lookup(Box::new(op)), now).await {
            Ok(mut page) => {
                page.events = match self.not_of_others(live.id, id, page.events).await {
                    Ok(events) => events,
                    Err(e) => {
                        warn!("op {id}: what was found could not be checked: {e}");
                        return false;
                    }
                };
                if !page.events.is_empty() {
                    info!("op {id}: it was sent, the provider has it");
                }
                if let Err(e) = self.keep(&live, page, now, false).await {
                    warn!("op {id}: what was found could not be kept: {e}");
                }
            }
            Err(Failure::Unsupported) => return true,
            Err(failure) => debug!("op {id}: not looked up: {failure}"),
        }
        matches!(self.store.reader().and_then(|r| r.op(id)), Ok(Some((_, state, _))) if state != OpState::Unknown)
    }
}

/// How far reading the history is, for a person. In hundredths, so that not every page is a change.
fn told(progress: Progress) -> String {
    let Progress { done, total } = progress;
    let hundredths = (done.min(total) * 100).checked_div(total).unwrap_or(100);
    format!("reading the history: {hundredths} % of {total} messages; new ones come in meanwhile")
}

fn millis(d: Duration) -> Ms {
    Ms::try_from(d.as_millis()).unwrap_or(Ms::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Channel;
    use crate::domain::clock::ManualClock;
    use crate::domain::contact::{Identity, IdentityKind, Party};
    use crate::domain::conversation::Status;
    use crate::domain::event::{ConversationFact, ConversationKey, MessageFact};
    use crate::domain::message::{Author, Direction, MessageKind};
    use crate::domain::rev::Rev;
    use crate::domain::spam::Rule;
    use crate::engine::bus::Bus;
    use crate::store::AccountSpec;

    #[tokio::test]
    async fn rules_against_spam_see_all_that_a_large_page_begins() {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(1_700_000_000_000));
        let store = Store::open(&dir.path().join("w"), clock.clone()).unwrap();
        let spec = AccountSpec {
            name: "support".into(),
            provider: "twilio".into(),
            channels: vec![Channel::Sms],
            enabled: true,
            capabilities: None,
            from: Vec::new(),
        };
        let id = store.writer().call(Class::Durable, move |t| t.account_upsert(&spec)).unwrap();
        let bus = Bus::new();
        let accounts = Accounts::default();
        accounts.replace_rules(vec![Rule {
            name: "coins".into(),
            words: vec!["bitcoin".into()],
            ..Rule::default()
        }]);
        let sync = Sync {
            store: store.clone(),
            writes: Writes::new(store.clone(), bus.clone()),
            accounts,
            health: HealthBoard::new(store.clone(), bus, clock.clone()),
            clock,
            media: Arc::default(),
        };
        let live = Live {
            id,
            name: "support".into(),
            vendor: "twilio",
            provider: None,
            trouble: None,
            settings: BTreeMap::new(),
            enabled: true,
            due: Notify::new(),
        };
        let texts = (0..70).map(|n| if n % 69 == 0 { "Bitcoin for you" } else { "hello" });
        let events = (0..).zip(texts).map(|(n, text)| inbound(n, text)).collect();
        sync.keep(&live, Page { events, ..Page::default() }, 0, false).await.unwrap();
        let reader = store.reader().unwrap();
        let rows = reader
            .conversation_ids()
            .unwrap()
            .into_iter()
            .map(|id| reader.conversation(id).unwrap().unwrap());
        let spam: Vec<_> = rows.filter(|row| row.status == Status::Spam).map(|row| row.theirs).collect();
        assert_eq!(spam, ["+15550000", "+15550069"], "the first and the last");
    }

    /// A text from a number of its own.
    fn inbound(n: i64, text: &str) -> Event {
        let theirs = format!("+155500{n:02}");
        let party = Party {
            identities: vec![Identity::new(IdentityKind::Phone, theirs.clone())],
            name: None,
            claims: Vec::new(),
            said: None,
        };
        Event::Message(Box::new(MessageFact {
            conversation: ConversationFact {
                key: ConversationKey(theirs.clone()),
                channel: Channel::Sms,
                party,
                ours: "+15559999".into(),
                theirs,
                facets: Vec::new(),
            },
            external_id: format!("SM{n}"),
            token: None,
            direction: Direction::Inbound,
            kind: MessageKind::Text,
            author: Author::contact(None),
            text: text.into(),
            sent_at: 1_700_000_000_000 + n,
            attachments: Vec::new(),
            metadata: serde_json::Value::Null,
            mail: None,
            delivery: None,
            history: false,
            rev: Rev::at(1_700_000_000_000 + n),
        }))
    }

    #[test]
    fn progress_is_told_in_hundredths() {
        let of = |done, total| told(Progress { done, total });
        assert!(of(0, 50_000).starts_with("reading the history: 0 % of 50000 messages"));
        assert_eq!(of(25_100, 50_000), of(25_499, 50_000), "a page is no change");
        assert!(of(9, 3).contains("100 %") && of(0, 0).contains("100 %"));
    }
}
