//! Quick replies: made, changed, removed, counted.

use crate::domain::command::Performed;
use crate::domain::ids::QuickReplyId;
use crate::domain::quick_reply::QuickReply;
use crate::store::actions::Actor;
use crate::store::error::StoreError;
use crate::store::media;
use crate::store::tx::Tx;
use crate::text::replies;
use rusqlite::params;
use serde_json::json;

impl Tx<'_> {
    pub(super) fn quick_reply_used(&mut self, id: QuickReplyId) -> Result<Performed, StoreError> {
        let sql = "UPDATE quick_reply SET uses = uses + 1, used_at = ?2 WHERE id = ?1";
        match self.exec(sql, [id.0, self.now])? {
            0 => Err(StoreError::NotFound("quick reply")),
            _ => Ok(changed()),
        }
    }

    pub(super) fn quick_reply_save(
        &mut self,
        actor: &Actor,
        id: Option<QuickReplyId>,
        reply: &QuickReply,
    ) -> Result<Performed, StoreError> {
        let reply = replies::checked(reply.clone()).map_err(StoreError::Refused)?;
        // None is the empty word, so that the key is unique there too.
        let channel = reply.channel.map_or("", |channel| channel.word());
        let language = reply.language.as_deref().unwrap_or_default();
        let sql = "SELECT id FROM quick_reply WHERE shortcut = ?1 AND channel = ?2 AND language = ?3";
        let found: Option<i64> = self.one(sql, params![reply.shortcut, channel, language], |r| r.get(0))?;
        if id.is_some() && found.is_some_and(|found| id != Some(QuickReplyId(found))) {
            return Err(StoreError::Refused(format!("there is a quick reply {} already", reply.name())));
        }
        // A slot holds one; its variants share it.
        self.exec(
            "UPDATE quick_reply SET slot = NULL WHERE slot = ?1 AND shortcut <> ?2",
            params![reply.slot, reply.shortcut],
        )?;
        let id = id.map(|id| id.0).or(found);
        let sql = match id {
            Some(_) => {
                "UPDATE quick_reply SET shortcut = ?1, channel = ?2, language = ?3, slot = ?4, title = ?5, body = ?6,
                   files = ?8
                 WHERE id = ?7"
            }
            None => {
                "INSERT INTO quick_reply(shortcut, channel, language, slot, title, body, id, files)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            }
        };
        let (shortcut, title, body) = (&reply.shortcut, &reply.title, &reply.body);
        let files = media::column(&reply.files)?;
        if self.exec(sql, params![shortcut, channel, language, reply.slot, title, body, id, files])? == 0 {
            return Err(StoreError::NotFound("quick reply"));
        }
        self.audit(actor, "quick-reply save", None, None, json!({ "shortcut": reply.shortcut }))?;
        Ok(changed())
    }

    pub(super) fn quick_reply_remove(
        &mut self,
        actor: &Actor,
        id: QuickReplyId,
    ) -> Result<Performed, StoreError> {
        if self.exec("DELETE FROM quick_reply WHERE id = ?1", [id.0])? == 0 {
            return Err(StoreError::NotFound("quick reply"));
        }
        self.audit(actor, "quick-reply remove", None, None, json!({ "id": id.to_string() }))?;
        Ok(changed())
    }
}

fn changed() -> Performed {
    Performed { changed: true, ..Performed::default() }
}
