//! What the sidebar offers, in which order, and what is selected in it.

use std::collections::HashMap;

use crate::domain::account::{Channel, Health};
use crate::domain::ids::AgentId;
use crate::domain::row::{AccountRow, View, ViewCount};
use crate::ui::due::OVERDUE;
use crate::ui::effect::ListSource;
use crate::ui::theme::Role;

/// One line of the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An empty line.
    Gap,
    /// A view that can be opened.
    View(View),
    /// A saved search: its name and its query.
    Search(String, String),
}

/// The sidebar.
#[derive(Debug, Clone)]
pub(crate) struct Sidebar {
    me: AgentId,
    /// Whether times for answers are configured.
    pub(crate) has_due: bool,
    pub(crate) accounts: Vec<AccountRow>,
    pub(crate) counts: HashMap<View, ViewCount>,
    /// Saved searches: names and queries.
    searches: Vec<(String, String)>,
    /// How many conversations each query finds; `true` = there are more.
    pub(crate) found: HashMap<String, (u64, bool)>,
    pub(crate) entries: Vec<Entry>,
    /// Place of the cursor in `entries`.
    pub(crate) at: usize,
    /// First entry on screen.
    pub(crate) top: usize,
    /// Entries that fit on the screen.
    pub(crate) page: usize,
}

/// The views whose counts the sidebar shows, in its order.
pub(crate) fn views(me: AgentId, has_due: bool, accounts: &[AccountRow], labels: &[String]) -> Vec<View> {
    entries(me, has_due, accounts, labels, &[])
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::View(view) => Some(view),
            Entry::Gap | Entry::Search(..) => None,
        })
        .collect()
}

fn fixed(me: AgentId, has_due: bool) -> Vec<View> {
    let mut views = vec![
        View::Mine(me),
        View::Unassigned,
        View::Open,
        View::Waiting,
        View::Mentions(me),
        View::Pending,
        View::Snoozed,
        View::Resolved,
        View::Spam,
        View::Archived,
    ];
    if has_due {
        views.insert(4, View::Overdue);
    }
    views
}

fn entries(
    me: AgentId,
    has_due: bool,
    accounts: &[AccountRow],
    labels: &[String],
    searches: &[(String, String)],
) -> Vec<Entry> {
    let mut out: Vec<Entry> = fixed(me, has_due).into_iter().map(Entry::View).collect();
    if !searches.is_empty() {
        out.push(Entry::Gap);
        out.extend(searches.iter().map(|(name, query)| Entry::Search(name.clone(), query.clone())));
    }
    let carried: Vec<Channel> =
        Channel::ALL.into_iter().filter(|c| accounts.iter().any(|a| a.channels.contains(c))).collect();
    if !carried.is_empty() {
        out.push(Entry::Gap);
        out.extend(carried.into_iter().map(|c| Entry::View(View::Channel(c))));
    }
    if !accounts.is_empty() {
        out.push(Entry::Gap);
        out.extend(accounts.iter().map(|a| Entry::View(View::Account(a.id))));
    }
    if !labels.is_empty() {
        out.push(Entry::Gap);
        out.extend(labels.iter().map(|l| Entry::View(View::Label(l.clone()))));
    }
    out
}

impl Sidebar {
    /// The sidebar before anything is known: the fixed views.
    pub(crate) fn new(me: AgentId) -> Sidebar {
        Sidebar {
            me,
            has_due: false,
            entries: entries(me, false, &[], &[], &[]),
            searches: Vec::new(),
            found: HashMap::new(),
            accounts: Vec::new(),
            counts: HashMap::new(),
            at: 2,
            top: 0,
            page: 1,
        }
    }

    /// Takes news in. The cursor stays on its view. A label that is on nothing open takes no room, unless one is just there.
    pub(crate) fn take(
        &mut self,
        accounts: Vec<AccountRow>,
        labels: &[String],
        counts: Vec<(View, ViewCount)>,
    ) {
        // Asked for where it is offered.
        self.has_due = counts.iter().any(|(view, _)| *view == View::Overdue);
        self.accounts = accounts;
        self.counts = counts.into_iter().collect();
        self.arrange(labels);
    }

    /// Takes other saved searches in. The cursor stays on its view.
    pub(crate) fn search_for(&mut self, searches: Vec<(String, String)>, labels: &[String]) {
        self.searches = searches;
        self.arrange(labels);
    }

    fn arrange(&mut self, labels: &[String]) {
        let current = self.entries.get(self.at).cloned();
        let is_shown = |label: &&String| {
            let view = View::Label((*label).clone());
            self.count(&view).total > 0 || current == Some(Entry::View(view))
        };
        let labels: Vec<String> = labels.iter().filter(is_shown).cloned().collect();
        self.entries = entries(self.me, self.has_due, &self.accounts, &labels, &self.searches);
        if let Some(at) = current.and_then(|entry| self.entries.iter().position(|e| *e == entry)) {
            self.at = at;
            self.reveal();
        }
        self.at = self.at.min(self.entries.len().saturating_sub(1));
    }

    /// What the entry under the cursor lists.
    pub(crate) fn current(&self) -> Option<ListSource> {
        match self.entries.get(self.at)? {
            Entry::View(view) => Some(ListSource::View(view.clone())),
            Entry::Search(_, query) => Some(ListSource::Query(query.clone())),
            Entry::Gap => None,
        }
    }

    /// The queries that are counted: those of the saved searches, and what is overdue.
    pub(crate) fn queries(&self) -> Vec<String> {
        let overdue = self.has_due.then(|| OVERDUE.to_owned());
        self.searches.iter().map(|(_, query)| query.clone()).chain(overdue).collect()
    }

    /// How many are overdue; `true` = there are more.
    pub(crate) fn overdue(&self) -> (u64, bool) {
        self.found.get(OVERDUE).copied().filter(|_| self.has_due).unwrap_or_default()
    }

    /// The name under which a query is saved.
    pub(crate) fn saved(&self, query: &str) -> Option<&str> {
        self.searches.iter().find(|(_, saved)| saved == query).map(|(name, _)| name.as_str())
    }

    /// Puts the cursor on a view, if it is there.
    pub(crate) fn go_to(&mut self, view: &View) {
        if let Some(at) = self.entries.iter().position(|e| matches!(e, Entry::View(v) if v == view)) {
            self.at = at;
            self.reveal();
        }
    }

    /// Moves the cursor by lines, over the gaps.
    pub(crate) fn step(&mut self, by: isize) {
        let last = self.entries.len().saturating_sub(1);
        let mut to = self.at.saturating_add_signed(by).min(last);
        if self.entries.get(to) == Some(&Entry::Gap) {
            to = to.saturating_add_signed(by.signum()).min(last);
        }
        self.at = to;
        self.reveal();
    }

    /// Scrolls so that the cursor is on screen.
    pub(crate) fn reveal(&mut self) {
        let page = self.page.max(1);
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top + page {
            self.top = self.at + 1 - page;
        }
    }

    /// The count of a view.
    pub(crate) fn count(&self, view: &View) -> ViewCount {
        self.counts.get(view).copied().unwrap_or_default()
    }
}

/// The name of a view.
pub(crate) fn view_title(view: &View, accounts: &[AccountRow]) -> String {
    match view {
        View::Mine(_) => "Mine".into(),
        View::Unassigned => "Unassigned".into(),
        View::Open => "All open".into(),
        View::Waiting => "Waiting".into(),
        View::Overdue => "Overdue".into(),
        View::Pending => "Pending".into(),
        View::Snoozed => "Snoozed".into(),
        View::Resolved => "Resolved".into(),
        View::Spam => "Spam".into(),
        View::Archived => "Archived".into(),
        View::Mentions(_) => "Mentions".into(),
        View::Channel(channel) => channel.title().into(),
        View::Account(id) => {
            accounts.iter().find(|a| a.id == *id).map_or_else(|| format!("account {id}"), |a| a.name.clone())
        }
        View::Label(label) => label.clone(),
    }
}

/// The health of an account as glyph, role and word (none when there is nothing to say).
pub(crate) const fn health_glyph(health: Health) -> (&'static str, Role, Option<&'static str>) {
    match health {
        Health::Ok => ("●", Role::Good, None),
        Health::Connecting => ("◌", Role::Dim, Some("connecting")),
        Health::NeedsLogin => ("✗", Role::Bad, Some("needs login")),
        Health::Limited => ("◐", Role::Warn, Some("limited")),
        Health::Failing => ("✗", Role::Bad, Some("failing")),
        Health::Disabled => ("○", Role::Dim, Some("disabled")),
    }
}

/// How an account is, in words.
pub(crate) fn health_word(health: Health) -> &'static str {
    health_glyph(health).2.unwrap_or("ok")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    #[test]
    fn the_cursor_skips_gaps_and_stays_on_its_view() {
        let mut sidebar = Sidebar::new(AgentId(1));
        let some = |label: &str| (View::Label(label.into()), ViewCount { total: 1, unread: 0 });
        sidebar.take(vec![fixture::account()], &["vip".into()], vec![some("vip")]);
        sidebar.page = 4;
        sidebar.at = 9;
        sidebar.step(1);
        assert_eq!(sidebar.current(), Some(ListSource::View(View::Channel(Channel::Sms))));
        sidebar.take(vec![fixture::account()], &[], Vec::new());
        assert_eq!(sidebar.current(), Some(ListSource::View(View::Channel(Channel::Sms))));
        sidebar.step(100);
        assert!(sidebar.current().is_some());
        assert!(sidebar.at >= sidebar.top && sidebar.at < sidebar.top + sidebar.page);
    }

    #[test]
    fn a_label_that_is_on_nothing_open_takes_no_room_once_one_has_left_it() {
        let mut sidebar = Sidebar::new(AgentId(1));
        let labels = ["old".to_owned(), "vip".to_owned()];
        let count = |label: &str, total| (View::Label(label.into()), ViewCount { total, unread: 0 });
        let shown = |sidebar: &Sidebar| {
            let label = |e: &Entry| if let Entry::View(View::Label(l)) = e { Some(l.clone()) } else { None };
            sidebar.entries.iter().filter_map(label).collect::<Vec<_>>()
        };
        sidebar.take(Vec::new(), &labels, vec![count("old", 0), count("vip", 1)]);
        assert_eq!(shown(&sidebar), ["vip"]);
        sidebar.go_to(&View::Label("vip".into()));
        sidebar.take(Vec::new(), &labels, vec![count("old", 0), count("vip", 0)]);
        assert_eq!(shown(&sidebar), ["vip"], "who looks at it stays there");
        sidebar.go_to(&View::Open);
        sidebar.take(Vec::new(), &labels, vec![count("old", 0), count("vip", 0)]);
        assert_eq!(shown(&sidebar), [""; 0]);
    }
}
