//! People: addresses lead to contacts, and addresses that a channel proves to be one person's lead to one contact.

use crate::domain::contact::{Identity, Party};
use crate::domain::ids::ContactId;
use crate::domain::rev::Rev;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;

impl Tx<'_> {
    /// An address, if it is known, with its contact.
    pub(super) fn identity(&self, identity: &Identity) -> Result<Option<(i64, ContactId)>, StoreError> {
        self.one(
            "SELECT id, contact_id FROM identity WHERE value = ?1 AND kind = ?2",
            params![identity.value, identity.kind.code()],
            |r| Ok((r.get(0)?, ContactId(r.get(1)?))),
        )
    }

    /// The contact of a party: found by any of its proved addresses, made where none is known, merged where several are.
    /// `known` is whom the conversation already belongs to. Answers the first address as well: where an answer goes.
    pub(super) fn contact(
        &mut self,
        party: &Party,
        known: Option<ContactId>,
        rev: Rev,
    ) -> Result<(ContactId, Option<i64>), StoreError> {
        let mut fresh = Vec::new();
        let mut first_identity = None;
        let mut found: Vec<ContactId> = known.into_iter().collect();
        for (at, identity) in party.identities.iter().enumerate() {
            match self.identity(identity)? {
                Some((id, contact)) => {
                    found.push(contact);
                    if at == 0 {
                        first_identity = Some(id);
                    }
                }
                None => fresh.push((at, identity)),
            }
        }
        found.sort();
        found.dedup();
        let contact = match found.first() {
            Some(first) => *first,
            None => {
                self.exec("INSERT INTO contact(created_at) VALUES (?1)", [self.now])?;
                ContactId(self.conn.last_insert_rowid())
            }
        };
        let mut renamed = false;
        for other in found.iter().skip(1) {
            self.merge_contacts(contact, *other)?;
            renamed = true;
        }
        for (at, identity) in fresh {
            // The same address may stand twice in one statement.
            let new = self.exec(
                "INSERT OR IGNORE INTO identity(kind, value, contact_id, verified, created_at) VALUES (?1, ?2, ?3, 1, ?4)",
                params![identity.kind.code(), identity.value, contact.0, self.now],
            )?;
            renamed |= new > 0 && !found.is_empty();
            if at == 0 {
                first_identity = Some(self.conn.last_insert_rowid());
            }
        }
        for claim in &party.claims {
            renamed |= self.exec(
                "INSERT OR IGNORE INTO claim(contact_id, kind, value, at) VALUES (?1, ?2, ?3, ?4)",
                params![contact.0, claim.kind.code(), claim.value, rev.at],
            )? > 0;
        }
        if let Some(name) = party.name.as_deref().map(str::trim).filter(|n| !n.is_empty()) {
            renamed |= self.name_contact(contact, name, rev)? && !found.is_empty();
        }
        if renamed {
            self.reindex_contact(contact)?;
        }
        Ok((contact, first_identity))
    }

    /// Names a contact, if this is the latest word on it.
    fn name_contact(&mut self, contact: ContactId, name: &str, rev: Rev) -> Result<bool, StoreError> {
        let before =
            self.one("SELECT name_at, name_rank, name FROM contact WHERE id = ?1", [contact.0], |r| {
                Ok((Rev { at: r.get(0)?, rank: r.get(1)? }, r.get::<_, String>(2)?))
            })?;
        let Some((before_rev, before_name)) = before else { return Ok(false) };
        if !before_name.is_empty() && (before_rev, before_name.as_str()) >= (rev, name) {
            return Ok(false);
        }
        self.exec(
            "UPDATE contact SET name = ?2, name_at = ?3, name_rank = ?4 WHERE id = ?1",
            params![contact.0, name, rev.at, rev.rank],
        )?;
        Ok(before_name != name)
    }

    /// Two contacts turn out to be one person: the older one stays, everything of the other becomes theirs.
    fn merge_contacts(&mut self, keep: ContactId, gone: ContactId) -> Result<(), StoreError> {
        let (rev, name) = self
            .one("SELECT name_at, name_rank, name FROM contact WHERE id = ?1", [gone.0], |r| {
                Ok((Rev { at: r.get(0)?, rank: r.get(1)? }, r.get::<_, String>(2)?))
            })?
            .unwrap_or((Rev::at(0), String::new()));
        if !name.is_empty() {
            self.name_contact(keep, &name, rev)?;
        }
        let both = params![keep.0, gone.0];
        self.exec("UPDATE identity SET contact_id = ?1 WHERE contact_id = ?2", both)?;
        self.exec("UPDATE conversation SET contact_id = ?1 WHERE contact_id = ?2", params![keep.0, gone.0])?;
        self.exec(
            "INSERT OR IGNORE INTO claim(contact_id, kind, value, at) SELECT ?1, kind, value, at FROM claim WHERE contact_id = ?2",
            params![keep.0, gone.0],
        )?;
        self.exec("DELETE FROM claim WHERE contact_id = ?1", [gone.0])?;
        self.exec(
            "UPDATE contact SET merged_into = ?1 WHERE id = ?2 OR merged_into = ?2",
            params![keep.0, gone.0],
        )?;
        Ok(())
    }

    /// The names of a contact have changed: its conversations are found by the new ones.
    fn reindex_contact(&mut self, contact: ContactId) -> Result<(), StoreError> {
        let ids: Vec<i64> =
            self.all("SELECT id FROM conversation WHERE contact_id = ?1", [contact.0], |r| r.get(0))?;
        for id in ids {
            self.index_names(id, true);
        }
        Ok(())
    }

    /// The id of an agent by e-mail. One that only a provider speaks of is kept as not active.
    pub(in crate::store) fn agent(&mut self, email: &str) -> Result<i64, StoreError> {
        let email = email.trim().to_lowercase();
        if let Some(id) = self.agents.get(&email) {
            return Ok(*id);
        }
        let id = match self.one("SELECT id FROM agent WHERE email = ?1", [&email], |r| r.get(0))? {
            Some(id) => id,
            None => {
                self.exec("INSERT INTO agent(name, email, active) VALUES (?1, ?1, 0)", [&email])?;
                self.conn.last_insert_rowid()
            }
        };
        self.agents.insert(email, id);
        Ok(id)
    }

    /// The id of a team by name.
    pub(in crate::store) fn team(&mut self, name: &str) -> Result<i64, StoreError> {
        if let Some(id) = self.one("SELECT id FROM team WHERE name = ?1", [name], |r| r.get(0))? {
            return Ok(id);
        }
        self.exec("INSERT INTO team(name) VALUES (?1)", [name])?;
        Ok(self.conn.last_insert_rowid())
    }
}
