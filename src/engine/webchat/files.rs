//! `GET …/files/ID`: a file of an answer, for the visitor whom it was sent to and nobody else.

use super::api::caller;
use super::gate::Asker;
use super::problem::Problem;
use super::view::{own_files, shown};
use super::{Chat, Shared, history};
use crate::domain::ids::AttachmentId;
use crate::engine::handout;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;

pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    Extension(Asker(_)): Extension<Asker>,
    Path(path): Path<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visitor = caller(&shared, &chat, &headers).await?;
    let id: AttachmentId = path.get("file").and_then(|id| id.parse().ok()).ok_or(Problem::NotFound)?;
    let (account, names) = (chat.account.id, chat.names(&shared.engine));
    let found = shared
        .readers
        .read(move |reader| {
            let Some(conversation) = history::conversation(reader, account, &visitor)? else {
                return Ok(None);
            };
            let Some(message) = reader.attachment_message(id)? else { return Ok(None) };
            // Another visitor's file, and one that can still be taken back, are not there.
            let theirs = message.conversation == conversation && shown(&message, &names).is_some();
            Ok(if theirs { own_files(&message).find(|(of, _)| *of == id).map(|(_, f)| f) } else { None })
        })
        .await?
        .ok_or(Problem::NotFound)?;
    Ok(handout::answer(shared.engine.store.dir(), &found).await)
}
