//! Reads the bodies of webhooks: bounded in size and in time, and large ones in how many are held at once.

use crate::provider::HOOK_LIMIT;
use axum::body::{Body, to_bytes};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a caller may take to send what everybody may send.
const TIME: Duration = Duration::from_secs(10);
/// How long for a large body.
const LARGE_TIME: Duration = Duration::from_secs(60);
/// How long a large body waits for others to be done.
const PATIENCE: Duration = Duration::from_secs(5);
/// Mebibytes of large bodies that are held at once.
const ROOM: u32 = 128;

/// Where bodies are read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bodies(Arc<Semaphore>);

impl Default for Bodies {
    fn default() -> Self {
        Bodies(Arc::new(Semaphore::new(usize::try_from(ROOM).unwrap_or(0))))
    }
}

/// A body, with the room that it takes while it is held.
#[derive(Debug)]
pub struct Held {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Given back when dropped.
    pub room: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than the provider sends.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// There is no room for it now.
    Later,
}

impl Bodies {
    /// Reads a body of which this length is announced, at most `limit` bytes of it.
    ///
    /// # Errors
    /// [`Unread`].
    pub async fn read(&self, body: Body, announced: Option<u64>, limit: usize) -> Result<Held, Unread> {
        let announced = announced.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        if announced.is_some_and(|n| n > limit) {
            return Err(Unread::TooLarge);
        }
        // Who does not say how much comes is believed to send the most.
        let most = announced.unwrap_or(limit);
        let (room, time) = if most <= HOOK_LIMIT {
            (None, TIME)
        } else {
            let pieces = u32::try_from(most.div_ceil(1 << 20)).unwrap_or(u32::MAX).min(ROOM);
            let room = timeout(PATIENCE, self.0.clone().acquire_many_owned(pieces)).await;
            (Some(room.ok().and_then(Result::ok).ok_or(Unread::Later)?), LARGE_TIME)
        };
        match timeout(time, to_bytes(body, most)).await {
            Ok(Ok(bytes)) => Ok(Held { bytes: bytes.into(), room }),
            Ok(Err(_)) => Err(Unread::TooLarge),
            Err(_) => Err(Unread::TooSlow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    async fn read(
        bodies: &Bodies,
        size: usize,
        announced: Option<u64>,
        limit: usize,
    ) -> Result<Held, Unread> {
        bodies.read(Body::from(vec![b'x'; size]), announced, limit).await
    }

    #[tokio::test]
    async fn no_more_is_read_than_is_announced_and_than_the_provider_sends() {
        let bodies = Bodies::default();
        assert_eq!(read(&bodies, 3, Some(3), 5).await.unwrap().bytes, b"xxx");
        assert_eq!(read(&bodies, 3, None, 5).await.unwrap().bytes, b"xxx");
        assert_eq!(read(&bodies, 3, Some(6), 5).await.unwrap_err(), Unread::TooLarge);
        assert_eq!(read(&bodies, 6, None, 5).await.unwrap_err(), Unread::TooLarge);
        assert_eq!(read(&bodies, 6, Some(3), 9).await.unwrap_err(), Unread::TooLarge);
        assert_eq!(read(&bodies, 0, Some(u64::MAX), 5).await.unwrap_err(), Unread::TooLarge);
    }

    #[tokio::test]
    async fn large_bodies_share_the_room_and_small_ones_need_none() {
        tokio::time::pause();
        let bodies = Bodies::default();
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(read(&bodies, 2 * MIB, None, 32 * MIB).await.unwrap());
        }
        assert_eq!(read(&bodies, 2 * MIB, Some(2 * MIB as u64), 32 * MIB).await.unwrap_err(), Unread::Later);
        assert!(read(&bodies, MIB, Some(MIB as u64), 32 * MIB).await.unwrap().room.is_none());
        held.pop();
        for _ in 0..16 {
            held.push(read(&bodies, 2 * MIB, Some(2 * MIB as u64), 32 * MIB).await.unwrap());
        }
        assert!(held.iter().all(|one| one.room.is_some()));
    }
}
