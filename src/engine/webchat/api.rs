//! The chat API, the live stream aside: what a visitor can do and ask. `docs/webchat.md` is its reference.

use super::cursor::{KEEP, Known};
use super::gate::Asker;
use super::limits::Ask;
use super::problem::Problem;
use super::token::{self, Visitor};
use super::view::Shown;
use super::{Chat, Shared, history};
use crate::domain::clock::Ms;
use crate::domain::delivery::Delivery;
use crate::domain::ids::ConversationId;
use crate::domain::message::Direction;
use crate::domain::row::MessageRow;
use crate::domain::signal::Signal;
use crate::provider::webchat::MAX_TEXT;
use crate::provider::webchat::wire::{Deed, Profile, Said, Seen};
use crate::store::ReceiptOutcome;
use crate::text::{address, format, sanitize};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::Arc;

type Body = Result<Bytes, BytesRejection>;
type Answer = Result<Response, Problem>;

const MAX_NAME: usize = 80;
const MAX_ID: usize = 64;

#[derive(Deserialize)]
struct ProfileAsked {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct SayAsked {
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct TypingAsked {
    on: bool,
}

#[derive(Deserialize)]
struct ReceiptAsked {
    delivered: Option<String>,
    read: Option<String>,
}

/// What `GET …/messages` can be asked.
#[derive(Deserialize)]
pub(super) struct MessagesAsked {
    after: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
}

/// Whose request it is, counted as one of their calls.
pub(super) async fn caller(shared: &Shared, chat: &Chat, headers: &HeaderMap) -> Result<Visitor, Problem> {
    let visitor = bearer(shared, chat, headers).await?;
    shared.limit(|l, now| l.call(visitor.hash(), now))?;
    Ok(visitor)
}

async fn bearer(shared: &Shared, chat: &Chat, headers: &HeaderMap) -> Result<Visitor, Problem> {
    let header = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let token = header
        .and_then(|h| h.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Problem::Unauthorized)?;
    let key = shared.key(&chat.account.name).await?;
    token::check(&key, token).ok_or(Problem::Unauthorized)
}

fn read<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let body = body.map_err(|rejected| match rejected.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        _ => Problem::Bad("the body could not be read".into()),
    })?;
    // serde_json refuses what is nested deeper than 128 levels.
    let value: serde_json::Value = serde_json::from_slice(&body)
        .map_err(|e| Problem::Bad(format!("this is no JSON: line {}, column {}", e.line(), e.column())))?;
    if !value.is_object() {
        return Err(Problem::Bad("a JSON object is expected".into()));
    }
    serde_json::from_value(value)
        .map_err(|_| Problem::Bad("a field is missing or of another kind: see the chat's API".into()))
}

fn profile_of(asked: ProfileAsked) -> Result<Profile, Problem> {
    let name = asked.name.map(|n| sanitize::line(&n).into_owned()).filter(|n| !n.is_empty());
    if name.as_ref().is_some_and(|n| n.chars().count() > MAX_NAME) {
        return Err(Problem::Bad(format!("a name has at most {MAX_NAME} characters")));
    }
    let email = match asked.email.as_deref().map(str::trim).filter(|e| !e.is_empty()) {
        None => None,
        Some(text) => {
            let email = address::email(text);
            Some(email.ok_or_else(|| Problem::Bad("this is no e-mail address".into()))?.folded)
        }
    };
    Ok(Profile { name, email })
}

fn profile_key(chat: &Chat, visitor: &Visitor) -> String {
    format!("webchat-profile:{}:{}", chat.account.name, visitor.hash())
}

async fn keep_profile(
    shared: &Shared,
    chat: &Chat,
    visitor: &Visitor,
    profile: &Profile,
) -> Result<(), Problem> {
    let (key, value) = (profile_key(chat, visitor), json!(profile).to_string());
    Ok(shared.write(move |tx| tx.meta_set(&key, &value)).await?)
}

/// Hands a deed to the durable inbox.
async fn take_in(shared: &Shared, chat: &Chat, visitor: &Visitor, deed: Deed) -> Result<Taken, Problem> {
    let now = shared.engine.clock.now();
    let provider = chat.account.active().ok_or(Problem::NotFound)?;
    let push = deed
        .push(&chat.account.name, visitor.hash(), now)
        .map_err(|_| Problem::Bad("this cannot be stored".into()))?;
    let key = provider.verify(&push).map_err(|_| Problem::Bad("this cannot be stored".into()))?;
    let outcome = shared.engine.inbox.accept(chat.account.id, key, push).await?;
    Ok(Taken { outcome, at: now })
}

/// The visitor who asks for something that is kept in the inbox: as often as they may write.
async fn writer(shared: &Shared, chat: &Chat, headers: &HeaderMap) -> Result<Visitor, Problem> {
    let visitor = bearer(shared, chat, headers).await?;
    shared.limit(|l, now| l.message(visitor.hash(), chat.message_quota(), now))?;
    Ok(visitor)
}

/// A visitor's conversation; none before the first message.
async fn conversation_of(
    shared: &Shared,
    chat: &Chat,
    visitor: &Visitor,
) -> Result<Option<ConversationId>, Problem> {
    let (account, visitor) = (chat.account.id, visitor.clone());
    Ok(shared.readers.read(move |r| history::conversation(r, account, &visitor)).await?)
}

struct Taken {
    outcome: ReceiptOutcome,
    at: Ms,
}

/// `POST …/visitor`: a token for somebody new.
pub(super) async fn visitor(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    Extension(Asker(address)): Extension<Asker>,
    body: Body,
) -> Answer {
    shared.limit(|l, now| l.address(address, Ask::Visitor, now))?;
    let profile = profile_of(read(body)?)?;
    let key = shared.key(&chat.account.name).await?;
    let (token, visitor) = token::mint(&key);
    if profile != Profile::default() {
        keep_profile(&shared, &chat, &visitor, &profile).await?;
    }
    Ok((StatusCode::CREATED, Json(json!({ "token": token, "visitor": visitor.short() }))).into_response())
}

/// `POST …/messages`: the visitor says something. Answered once it is on the disk.
pub(super) async fn say(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let visitor = writer(&shared, &chat, &headers).await?;
    let SayAsked { id, text } = read(body)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.is_empty() || id.len() > MAX_ID || !id.chars().all(plain) {
        return Err(Problem::Bad(format!("id: 1 to {MAX_ID} letters, digits, '-', '_' or '.'")));
    }
    if sanitize::clean(&text).trim().is_empty() {
        return Err(Problem::Bad("the message is empty".into()));
    }
    let length = text.chars().count();
    if length > MAX_TEXT {
        return Err(Problem::Bad(format!("the message has {length} characters, {MAX_TEXT} are allowed")));
    }
    let key = profile_key(&chat, &visitor);
    let kept = shared.readers.read(move |r| r.meta(&key)).await?;
    let profile = kept.and_then(|k| serde_json::from_str(&k).ok()).unwrap_or_default();
    let said = Said { id: id.clone(), text, profile };
    let taken = take_in(&shared, &chat, &visitor, Deed::Said(said)).await?;
    let (status, at) = match taken.outcome {
        ReceiptOutcome::New(_) => (StatusCode::CREATED, taken.at),
        ReceiptOutcome::Duplicate(receipt) => {
            let first = shared.readers.read(move |r| r.receipt(receipt)).await?;
            (StatusCode::OK, first.map_or(taken.at, |(row, _)| row.received_at))
        }
    };
    Ok((status, Json(json!({ "id": id, "sent_at": format::stamp(at) }))).into_response())
}

/// `GET …/messages`: the conversation so far, or what is new since a cursor.
pub(super) async fn messages(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    headers: HeaderMap,
    asked: Result<Query<MessagesAsked>, QueryRejection>,
) -> Answer {
    let visitor = caller(&shared, &chat, &headers).await?;
    let Query(asked) = asked.map_err(|_| Problem::Bad("limit is a number".into()))?;
    let limit = asked.limit.unwrap_or(50).clamp(1, KEEP);
    let (account, names) = (chat.account.id, chat.names(&shared.engine));
    let part = shared
        .readers
        .read(move |reader| {
            let Some(conversation) = history::conversation(reader, account, &visitor)? else {
                return Ok(asked.before.is_none().then(history::Part::default));
            };
            // A cursor of another version counts as none: the page is told everything once more.
            match asked.after.as_deref().and_then(Known::decode) {
                Some(known) => history::since(reader, conversation, known, &names, limit).map(Some),
                None => history::newest(reader, conversation, asked.before.as_deref(), &names, limit),
            }
        })
        .await?
        .ok_or_else(|| Problem::Bad("before: there is no such message".into()))?;
    Ok(Json(json!({ "messages": part.messages, "cursor": part.known.encode(), "more": part.more }))
        .into_response())
}

/// `POST …/typing`: the visitor types, or has stopped. Never stored.
pub(super) async fn typing(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let visitor = caller(&shared, &chat, &headers).await?;
    let TypingAsked { on } = read(body)?;
    let found = conversation_of(&shared, &chat, &visitor).await?;
    // Before the first message there is nobody whom an agent could see typing.
    if let Some(conversation) = found {
        shared.engine.bus.signal(Signal::ContactTyping { conversation, on });
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST …/receipt`: the visitor's page has our messages, or the visitor has read them, up to and including one.
pub(super) async fn receipt(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let visitor = caller(&shared, &chat, &headers).await?;
    let (id, state) = match read(body)? {
        ReceiptAsked { read: Some(id), .. } => (id, Delivery::Read),
        ReceiptAsked { delivered: Some(id), .. } => (id, Delivery::Delivered),
        ReceiptAsked { .. } => return Err(Problem::Bad("say which message: delivered or read".into())),
    };
    let (account, names, whose) = (chat.account.id, chat.names(&shared.engine), visitor.clone());
    let messages = shared
        .readers
        .read(move |reader| match history::conversation(reader, account, &whose)? {
            Some(conversation) => {
                history::all_up_to(reader, conversation, &id, &names, |(row, _)| !is_less(row, state))
            }
            None => Ok(Vec::new()),
        })
        .await?;
    if messages.is_empty() {
        return Err(Problem::Bad("there is no such message".into()));
    }
    // Named one by one, so that nothing is called read that the visitor was never shown.
    let ids: Vec<String> = messages.into_iter().filter_map(|m| lacks(m, state)).collect();
    if !ids.is_empty() {
        let seen = match state {
            Delivery::Read => Seen { read: ids, ..Seen::default() },
            _ => Seen { delivered: ids, ..Seen::default() },
        };
        take_in(&shared, &chat, &visitor, Deed::Seen(seen)).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The external id of an answer that is not yet so far.
fn lacks((row, shown): (MessageRow, Shown), state: Delivery) -> Option<String> {
    if is_less(&row, state) { shown.external_id } else { None }
}

/// Whether an answer is not yet so far.
fn is_less(row: &MessageRow, state: Delivery) -> bool {
    row.direction == Direction::Outbound && row.delivery.is_none_or(|d| d < state)
}

/// `POST …/profile`: what the visitor says about themselves. A claim; replaces the last one.
pub(super) async fn profile(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let visitor = writer(&shared, &chat, &headers).await?;
    let profile = profile_of(read(body)?)?;
    keep_profile(&shared, &chat, &visitor, &profile).await?;
    let found = conversation_of(&shared, &chat, &visitor).await?;
    // Before the first message there is no conversation, and a name alone makes none.
    if found.is_some() {
        take_in(&shared, &chat, &visitor, Deed::Profile(profile)).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
