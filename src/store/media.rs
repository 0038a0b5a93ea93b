//! Files of messages: those that go out with them, and what became of fetching those that came.

use crate::domain::attachment::{Enclosure, OWN_ID, is_own};
use crate::domain::clock::Ms;
use crate::domain::command::Performed;
use crate::domain::ids::{AttachmentId, MessageId};
use crate::store::error::StoreError;
use crate::store::reader::rows;
use crate::store::tx::Tx;
use rusqlite::params;

/// Whether a message has files of ours, by its id.
pub(super) const HAS_OWN: &str =
    "SELECT 1 FROM attachment WHERE message_id = ?1 AND external_id GLOB 'own:*' LIMIT 1";

/// Files of ours, as a column keeps them.
pub(super) fn column(files: &[Enclosure]) -> Result<Option<String>, StoreError> {
    Ok(if files.is_empty() { None } else { Some(serde_json::to_string(files)?) })
}

impl Tx<'_> {
    /// Has files of ours go out with a message.
    pub(super) fn enclose(&mut self, message: MessageId, files: &[Enclosure]) -> Result<(), StoreError> {
        for (at, file) in files.iter().enumerate() {
            if !is_own(&file.path) {
                return Err(StoreError::Refused(format!("{} is not kept in this workspace", file.name)));
            }
            self.exec(
                "INSERT INTO attachment(message_id, external_id, name, mime, size, path, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    message.0,
                    format!("{OWN_ID}{at:02}"),
                    file.name,
                    file.mime,
                    i64::try_from(file.size).unwrap_or(i64::MAX),
                    file.path,
                    i64::try_from(at).unwrap_or(i64::MAX)
                ],
            )?;
        }
        Ok(())
    }

    /// The files of ours that went out with a message.
    pub(super) fn enclosed(&self, message: MessageId) -> Result<Vec<Enclosure>, StoreError> {
        let sql = format!(
            "{} WHERE message_id = ?1 AND external_id GLOB 'own:*' ORDER BY external_id",
            rows::ATTACHMENT
        );
        let rows = self.all(&sql, [message.0], rows::attachment)?;
        Ok(rows.iter().filter_map(Enclosure::of_row).collect())
    }

    /// A file is kept now, at `path` below the workspace.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn attachment_fetched(
        &mut self,
        id: AttachmentId,
        path: &str,
        size: u64,
        mime: Option<&str>,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE attachment SET path = ?2, size = ?3, mime = coalesce(?4, mime),
                    name = CASE WHEN name = '' THEN coalesce(?5, name) ELSE name END, error = NULL, due_at = NULL,
                    attempts = attempts + 1
             WHERE id = ?1",
            params![id.0, path, i64::try_from(size).unwrap_or(i64::MAX), mime, name],
        )?;
        self.attachment_changed(id)
    }

    /// A file could not be fetched. It is tried again at a moment, or never.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn attachment_failed(
        &mut self,
        id: AttachmentId,
        error: &str,
        retry_at: Option<Ms>,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE attachment SET error = ?2, due_at = ?3, attempts = attempts + 1 WHERE id = ?1",
            params![id.0, error, retry_at],
        )?;
        self.attachment_changed(id)
    }

    /// An agent asks for a file that is fetched on demand, or was given up.
    pub(super) fn attachment_again(&mut self, id: AttachmentId) -> Result<Performed, StoreError> {
        let due = self.exec(
            "UPDATE attachment SET error = NULL, due_at = ?2, attempts = 0
             WHERE id = ?1 AND path IS NULL AND media IS NOT NULL AND due_at IS NULL",
            params![id.0, self.now],
        )?;
        self.attachment_changed(id)?;
        self.settle()?;
        Ok(Performed { changed: due > 0, ..Performed::default() })
    }

    /// Layouts of the message are cached by its revision, and the list may show the file's name.
    fn attachment_changed(&mut self, id: AttachmentId) -> Result<(), StoreError> {
        let place: Option<(i64, i64)> = self.one(
            "SELECT m.id, m.conversation_id FROM attachment a JOIN message m ON m.id = a.message_id WHERE a.id = ?1",
            [id.0],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let (message, conversation) = place.ok_or(StoreError::NotFound("attachment"))?;
        self.exec("UPDATE message SET revision = revision + 1 WHERE id = ?1", [message])?;
        self.touch(conversation).newest = true;
        Ok(())
    }
}
