//! Files of messages: what became of fetching them.

use crate::domain::clock::Ms;
use crate::domain::ids::AttachmentId;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;

impl Tx<'_> {
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

    /// An agent asks for a file that was given up.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn attachment_again(&mut self, id: AttachmentId) -> Result<(), StoreError> {
        self.exec(
            "UPDATE attachment SET error = NULL, due_at = ?2, attempts = 0 WHERE id = ?1 AND path IS NULL AND media IS NOT NULL",
            params![id.0, self.now],
        )?;
        self.attachment_changed(id)
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
