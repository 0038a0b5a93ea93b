//! Reads the terminal on a thread of its own. It can be asked to let go of standard input, for `$EDITOR` and Ctrl-Z.

use crossterm::event::{self, Event};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long one look at the terminal lasts: the longest time that letting go takes.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Gate {
    pause: bool,
    paused: bool,
}

/// The reader of the terminal.
pub struct Input {
    gate: Arc<(Mutex<Gate>, Condvar)>,
    stop: Arc<AtomicBool>,
}

impl Input {
    /// Starts to read. Every event goes to `out`, wrapped.
    pub fn start<M: Send + 'static>(
        out: Sender<M>,
        wrap: fn(Event) -> M,
        gone: fn() -> M,
    ) -> std::io::Result<Input> {
        let input = Input { gate: Arc::default(), stop: Arc::default() };
        let (gate, stop) = (input.gate.clone(), input.stop.clone());
        std::thread::Builder::new().name("input".into()).spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                wait_while_paused(&gate);
                let sent = match event::poll(LOOK) {
                    Ok(false) => continue,
                    Ok(true) => match event::read() {
                        Ok(event) => out.send(wrap(event)),
                        Err(_) => out.send(gone()),
                    },
                    Err(_) => out.send(gone()),
                };
                if sent.is_err() {
                    return;
                }
            }
        })?;
        Ok(input)
    }

    /// Runs `f` while nobody reads the terminal but `f`.
    pub fn without<T>(&self, f: impl FnOnce() -> T) -> T {
        let (lock, told) = &*self.gate;
        let mut gate = lock.lock().unwrap_or_else(PoisonError::into_inner);
        gate.pause = true;
        while !gate.paused {
            gate = told.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
        drop(gate);
        let answer = f();
        lock.lock().unwrap_or_else(PoisonError::into_inner).pause = false;
        told.notify_all();
        answer
    }
}

fn wait_while_paused(gate: &(Mutex<Gate>, Condvar)) {
    let (lock, told) = gate;
    let mut gate = lock.lock().unwrap_or_else(PoisonError::into_inner);
    while gate.pause {
        gate.paused = true;
        told.notify_all();
        gate = told.wait(gate).unwrap_or_else(PoisonError::into_inner);
    }
    gate.paused = false;
}

impl Drop for Input {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
