//! Performs the effects of the screen. Nothing else in the program does what a key asks for.

use crate::app::bulk;
use crate::app::call;
use crate::app::files;
use crate::app::loader::{Loader, Pressing};
use crate::app::scribe::Scribe;
use crate::app::setup;
use crate::app::workspace::Workspace;
use crate::config::Overrides;
use crate::domain::ids::AttachmentId;
use crate::domain::notify::How;
use crate::domain::row::Fetch;
use crate::domain::signal::Signal;
use crate::store::{Actor, Class};
use crate::ui::effect::Effect;
use crate::ui::msg::{Level, Msg};
use base64::Engine as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::warn;

/// What performing needs.
pub struct Effects<S: Fn(Msg) + Clone + Send + 'static> {
    /// The open workspace.
    pub workspace: Workspace,
    /// What the command line says: the configuration is read again with it.
    pub overrides: Overrides,
    /// Who reads.
    pub loader: Loader,
    /// Who writes the configuration.
    pub scribe: Scribe,
    /// Where answers go.
    pub send: S,
    /// Passes a signal to the engine, wherever it runs.
    pub signal: Arc<dyn Fn(Signal) + Send + Sync>,
    /// The desktop shows nothing: the terminal has to.
    pub no_desktop: Arc<AtomicBool>,
}

/// What only the owner of the terminal can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForTerminal {
    /// Write these bytes.
    Raw(Vec<u8>),
    /// Let the user edit this text.
    Edit(String),
    /// Stop until the shell continues us.
    Suspend,
    /// Paint anew.
    Redraw,
    /// Leave.
    Quit,
}

impl<S: Fn(Msg) + Clone + Send + 'static> Effects<S> {
    /// Performs one effect; answers with what only the owner of the terminal can do.
    pub fn perform(&self, effect: Effect) -> Option<ForTerminal> {
        match effect {
            Effect::Load(need) => self.loader.ask(need, Pressing::Now),
            Effect::LoadSoon(need) => self.loader.ask(need, Pressing::Soon),
            Effect::Perform { ticket, action } => {
                let me = &self.workspace.me;
                let actor = Actor { name: me.name.clone(), email: me.email.clone() };
                let send = self.send.clone();
                self.workspace.store.writer().submit(
                    Class::Durable,
                    move |t| t.perform(&actor, &action),
                    move |result| send(Msg::Done { ticket, result: result.map_err(|e| e.to_string()) }),
                );
                (self.signal)(Signal::Wake);
            }
            Effect::Bulk { ticket, work } => {
                bulk::start(&self.workspace, ticket, work, self.send.clone(), self.signal.clone());
            }
            Effect::Setup { ticket, ask } => {
                setup::start(&self.workspace, &self.overrides, ticket, ask, self.send.clone());
            }
            Effect::Configure { ticket, changes } => self.scribe.write(ticket, changes),
            Effect::Typing { conversation, on } => {
                let agent = self.workspace.me.name.clone();
                (self.signal)(Signal::AgentTyping { conversation, agent, on });
            }
            Effect::Browse { dir } => files::browse(dir, self.send.clone()),
            Effect::Attach { to, paths, pasted } => {
                files::attach(&self.workspace, to, paths, pasted, self.send.clone());
            }
            Effect::Enclose { to, files } => files::enclose(&self.workspace, to, files, self.send.clone()),
            Effect::OpenAttachment(id) => self.report(self.open(id)),
            Effect::SaveAttachment { id, to } => self.report(self.save(id, to.as_deref())),
            Effect::Copy(text) => {
                let coded = base64::engine::general_purpose::STANDARD.encode(text);
                return Some(ForTerminal::Raw(format!("\x1b]52;c;{coded}\x07").into_bytes()));
            }
            Effect::Notify { how, title, text } => return self.notify(how, title, text),
            Effect::TourDone => self.tour_seen(),
            Effect::Beep => return Some(ForTerminal::Raw(vec![7])),
            Effect::EditExternally(text) => return Some(ForTerminal::Edit(text)),
            Effect::Suspend => return Some(ForTerminal::Suspend),
            Effect::Redraw => return Some(ForTerminal::Redraw),
            Effect::Quit => return Some(ForTerminal::Quit),
        }
        None
    }

    /// Remembers that the tour has been seen. Where that cannot be kept, it begins again next time: no reason to trouble anybody.
    fn tour_seen(&self) {
        let paths = &self.workspace.config.paths;
        let kept = crate::config::paths::private_dir(&paths.state)
            .map_err(|e| e.to_string())
            .and_then(|()| std::fs::write(paths.tour_seen(), "").map_err(|e| e.to_string()));
        if let Err(e) = kept {
            warn!("that the tour has been seen cannot be kept: {e}");
        }
    }

    fn notify(&self, how: How, title: String, text: String) -> Option<ForTerminal> {
        let how = match how {
            How::Desktop if !cfg!(target_os = "linux") || self.no_desktop.load(Ordering::Relaxed) => {
                How::Osc9
            }
            how => how,
        };
        if how == How::Desktop {
            let (send, fails) = (self.send.clone(), self.no_desktop.clone());
            // A bus may take its time.
            std::thread::spawn(move || {
                if let Err(why) = call::desktop(&title, &text)
                    && !fails.swap(true, Ordering::Relaxed)
                {
                    let said = format!(
                        "the desktop shows no notification ({why}): from now on the terminal is asked to"
                    );
                    send(Msg::Notice(Level::Warn, said));
                }
            });
            return None;
        }
        let in_tmux = std::env::var_os("TMUX").is_some();
        call::sequence(how, &title, &text, in_tmux).map(ForTerminal::Raw)
    }

    fn report(&self, result: Result<String, String>) {
        (self.send)(match result {
            Ok(good) => Msg::Notice(Level::Good, good),
            Err(why) => Msg::Notice(Level::Error, why),
        });
    }

    fn open(&self, id: AttachmentId) -> Result<String, String> {
        let (path, name) = self.kept(id)?;
        let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let mut opening = Command::new(program)
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("{program} cannot be started ({e}): save the file with w instead"))?;
        let (send, what) = (self.send.clone(), name.clone());
        // Some viewers keep it waiting until they are closed.
        let waiting = std::thread::Builder::new().name("open".into()).spawn(move || {
            if let Ok(ended) = opening.wait()
                && !ended.success()
            {
                let why =
                    format!("{program} found nothing to open {what} with ({ended}): save it with w instead");
                send(Msg::Notice(Level::Error, why));
            }
        });
        waiting.map_err(|e| format!("{name} may be open, but nobody waits for its viewer: {e}"))?;
        Ok(format!("opening {name}"))
    }

    fn save(&self, id: AttachmentId, to: Option<&str>) -> Result<String, String> {
        let (path, name) = self.kept(id)?;
        let target = match to {
            Some(to) => PathBuf::from(to),
            None => downloads().join(&name),
        };
        let target = copy_new(&path, &target).map_err(|e| format!("{name} cannot be saved: {e}"))?;
        Ok(format!("saved {}", target.display()))
    }

    /// Where a file is kept and what it is called.
    fn kept(&self, id: AttachmentId) -> Result<(PathBuf, String), String> {
        let row = self
            .workspace
            .store
            .reader()
            .and_then(|r| r.attachment(id))
            .map_err(|e| e.to_string())?
            .ok_or("there is no such file any more")?;
        match (row.path, row.error) {
            (Some(path), _) => Ok((self.workspace.store.dir().join(path), row.name)),
            (None, Some(why)) => Err(format!("{} is not here: {why}", row.name)),
            (None, None) if row.fetch == Fetch::No => {
                Err(format!("{} was left in the imported file", row.name))
            }
            (None, None) => Err(format!("{} is still being fetched", row.name)),
        }
    }
}

fn downloads() -> PathBuf {
    directories::UserDirs::new()
        .and_then(|d| d.download_dir().filter(|d| d.is_dir()).map(Path::to_path_buf))
        .or_else(|| std::env::current_dir().ok())
        .unwrap_or_default()
}

/// Copies a file to a name that is not taken: `photo.jpg`, `photo (2).jpg`. Nothing is ever overwritten.
///
/// # Errors
/// When it cannot be copied.
pub fn copy_new(from: &Path, to: &Path) -> std::io::Result<PathBuf> {
    let target = if to.is_dir() { to.join(from.file_name().unwrap_or_default()) } else { to.to_path_buf() };
    let stem = target.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = target.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    let mut candidate = target.clone();
    for n in 2..1_000 {
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&candidate) {
            Ok(mut file) => {
                std::io::copy(&mut std::fs::File::open(from)?, &mut file)?;
                return Ok(candidate);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                candidate = target.with_file_name(format!("{stem} ({n}){extension}"));
            }
            Err(e) => return Err(e),
        }
    }
    Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists))
}

/// Lets the user edit a text in `$VISUAL` or `$EDITOR`. None if it ended badly or the text cannot be read back.
pub fn edit(text: &str) -> Option<String> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".into());
    let dir = std::env::temp_dir().join(format!("frontdesk-{}", uuid::Uuid::new_v4()));
    let done = (|| {
        private(&dir)?;
        let file = dir.join("message.txt");
        std::fs::write(&file, text)?;
        // Through the shell, as people write `EDITOR="code --wait"`.
        let status =
            Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(&file).status()?;
        if !status.success() {
            return Ok(None);
        }
        std::fs::read_to_string(&file).map(|t| Some(t.trim_end_matches('\n').to_owned()))
    })();
    // What the customer wrote does not stay behind.
    let _ = std::fs::remove_dir_all(&dir);
    match done {
        Ok(text) => text,
        Err(e) => {
            let e: std::io::Error = e;
            warn!("the editor: {e}");
            None
        }
    }
}

fn private(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("7-photo.jpg");
        std::fs::write(&from, b"new").unwrap();
        let to = dir.path().join("photo.jpg");
        std::fs::write(&to, b"old").unwrap();
        let saved = copy_new(&from, &to).unwrap();
        assert_eq!(saved.file_name().unwrap(), "photo (2).jpg");
        assert_eq!(std::fs::read(&to).unwrap(), b"old");
        assert_eq!(std::fs::read(saved).unwrap(), b"new");
    }
}
