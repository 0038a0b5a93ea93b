//! Files that go along with what is typed: added, taken away, and taken back.

use crate::domain::attachment::{Enclosure, Written, bytes, kind};
use crate::domain::availability::may_enclose;
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::ConversationId;
use crate::text::{file_path, sanitize, wrap};
use crate::ui::composer::state::{Composer, send_context};
use crate::ui::effect::{AttachTo, Effect};
use crate::ui::icons::Icons;
use crate::ui::model::{Focus, Model, Purpose};
use crate::ui::msg::{Context, Level};
use crate::ui::overlay::{Browse, Overlay, Picker};
use crate::ui::paint::{cells, folded};
use crate::ui::theme::Role;

/// A line of pieces, each with its role.
pub(crate) type FileLine = Vec<(String, Role)>;

/// What the last change did to the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileStep {
    /// So many were added behind the others.
    Added(usize),
    /// A pasted text became so many files.
    Pasted(String, usize),
    /// One was taken away.
    Removed(usize, Enclosure),
}

impl Composer {
    /// Has files go along. Those that do already are left out; answers how many are new.
    pub(crate) fn enclose(&mut self, files: Vec<Enclosure>, now: Ms) -> usize {
        let before = self.files.len();
        for file in files {
            if !self.files.contains(&file) {
                self.files.push(file);
            }
        }
        let count = self.files.len() - before;
        if count > 0 {
            self.touch(now);
            self.step = Some(FileStep::Added(count));
        }
        count
    }

    /// Has files go along with words that were put in: what takes the words back leaves the files.
    pub(super) fn enclose_along(&mut self, files: &[Enclosure], now: Ms) {
        let swapped = self.swapped;
        self.enclose(files.to_vec(), now);
        self.step = None;
        self.swapped = swapped;
    }

    /// Takes a file away.
    pub(crate) fn detach(&mut self, at: usize, now: Ms) -> Option<Enclosure> {
        if at >= self.files.len() {
            return None;
        }
        let file = self.files.remove(at);
        self.touch(now);
        self.step = Some(FileStep::Removed(at, file.clone()));
        Some(file)
    }

    /// Takes the last change back, if it was one of the files.
    pub(super) fn undo_file(&mut self, now: Ms) -> bool {
        match self.step.take() {
            None => return false,
            Some(FileStep::Added(count)) => self.drop_last(count),
            Some(FileStep::Pasted(text, count)) => {
                self.drop_last(count);
                self.insert(&text, now);
            }
            Some(FileStep::Removed(at, file)) => self.files.insert(at.min(self.files.len()), file),
        }
        self.touch(now);
        true
    }

    fn drop_last(&mut self, count: usize) {
        self.files.truncate(self.files.len().saturating_sub(count));
    }

    /// Why each file cannot be sent, where it cannot.
    pub(super) fn file_reasons(&self, context: &Context, now: Ms) -> Vec<Option<String>> {
        let ctx = send_context(context, now);
        let why = |file| may_enclose(&ctx, file).err().filter(|_| self.mode == ComposeMode::Reply);
        self.files.iter().map(why).collect()
    }
}

/// Lines that one reason takes at most.
const REASON: usize = 3;

/// A file as the composer shows it: its name, and behind it what it is; or why it cannot be sent, to the end.
pub(super) fn file_lines(icons: Icons, file: &Enclosure, why: Option<&str>, width: u16) -> Vec<FileLine> {
    let icon = format!("{} ", icons.file());
    let room = width.saturating_sub(cells(&icon)).max(8);
    if let Some(why) = why {
        // The reason names the file itself.
        let lines = folded(&format!("✗ {why}"), room, REASON).into_iter().enumerate();
        return lines
            .map(|(at, line)| {
                let before = if at == 0 { icon.clone() } else { " ".repeat(usize::from(cells(&icon))) };
                vec![(before, Role::Accent), (line, Role::Bad)]
            })
            .collect();
    }
    let about = format!("  {} · {}", kind(&file.mime), bytes(file.size));
    let name = sanitize::line(&file.name);
    let name = wrap::truncate(&name, usize::from(room.saturating_sub(cells(&about)).max(6))).into_owned();
    vec![vec![(icon, Role::Accent), (name, Role::Text), (about, Role::Dim)]]
}

/// A whole mail that goes along, as the composer shows it.
pub(super) fn mail_line(icons: Icons, name: &str, width: u16) -> FileLine {
    let (icon, about) = (format!("{} ", icons.file()), "  the whole mail");
    let room = width.saturating_sub(cells(&icon) + cells(about)).max(6);
    let name = wrap::truncate(&sanitize::line(name), usize::from(room)).into_owned();
    vec![(icon, Role::Accent), (name, Role::Text), (about.to_owned(), Role::Dim)]
}

/// The mail whose words stand below those that are typed, as the composer shows it.
pub(super) fn below_line(whose: &str, width: u16) -> FileLine {
    let lead = ("\u{22ef} ".to_owned(), "below: ".to_owned());
    let room = width.saturating_sub(cells(&lead.0) + cells(&lead.1)).max(6);
    let whose = wrap::truncate(&sanitize::line(whose), usize::from(room)).into_owned();
    vec![(lead.0, Role::Accent), (lead.1, Role::Dim), (whose, Role::Text)]
}

impl Model {
    /// Asks for files that are to go along with what is typed, here or in a new reply.
    pub(crate) fn attach(&mut self) {
        if self.composer.is_none() {
            self.compose(ComposeMode::Reply);
        }
        if let Some(composer) = &self.composer {
            let (conversation, mode) = (composer.conversation, composer.mode);
            self.browse(AttachTo::Draft { conversation, mode });
        }
    }

    /// Opens the prompt for a path.
    pub(crate) fn browse(&mut self, to: AttachTo) {
        let browse = Browse::new(to, &self.attach_from);
        self.out.push(Effect::Browse { dir: browse.dir().to_owned() });
        self.overlays.push(Overlay::Browse(Box::new(browse)));
    }

    /// Takes a file away: the only one, or the one that is picked.
    pub(crate) fn detach(&mut self) {
        let awaited = |c: &Composer| self.awaited(c.conversation).len();
        match self.composer.as_ref().map_or(0, |c| c.files.len() + awaited(c)) {
            0 => {}
            1 => self.detach_at(0),
            _ => {
                let picker = Picker::enclosed(self);
                self.overlays.push(Overlay::Picker(Box::new(picker)));
            }
        }
    }

    /// Takes the file at a place away.
    pub(crate) fn detach_at(&mut self, at: usize) {
        let now = self.now;
        if let Some(file) = self.composer.as_mut().and_then(|c| c.detach(at, now)) {
            return self.say(Level::Info, format!("{} does not go along: Alt-U brings it back", file.name));
        }
        // Behind those that are here come those that are waited for.
        let Some((conversation, here)) = self.composer.as_ref().map(|c| (c.conversation, c.files.len()))
        else {
            return;
        };
        let behind = at.checked_sub(here);
        if let Some(wanted) = behind.and_then(|at| self.awaited(conversation).get(at).copied().cloned()) {
            self.forgo(wanted.file, conversation);
            self.say(Level::Info, format!("{} does not go along", wanted.name));
        }
    }

    /// Has files copied into the workspace, to go along.
    pub(crate) fn copy_in(&mut self, to: AttachTo, paths: Vec<String>, pasted: Option<String>) {
        if let AttachTo::Draft { conversation, mode } = &to
            && let Some(composer) =
                self.composer.as_mut().filter(|c| (c.conversation, c.mode) == (*conversation, *mode))
        {
            composer.copying += 1;
        }
        self.out.push(Effect::Attach { to, paths, pasted });
    }

    /// Takes a pasted text: the files of which it is the paths go along, everything else is typed.
    pub(crate) fn paste(&mut self, text: &str) {
        let now = self.now;
        if self.is_in_head() {
            return self.head_paste(text);
        }
        let Some(composer) = self.composer.as_mut().filter(|_| self.focus == Focus::Composer) else {
            return self.say(Level::Info, "r writes a reply; then paste");
        };
        match file_path::pasted(text) {
            Some(paths) => {
                let to = AttachTo::Draft { conversation: composer.conversation, mode: composer.mode };
                self.copy_in(to, paths, Some(text.to_owned()));
            }
            None => composer.insert(text, now),
        }
    }

    /// Files have been copied, or could not be.
    pub(crate) fn attached(
        &mut self,
        to: AttachTo,
        result: Result<Vec<Enclosure>, String>,
        pasted: Option<String>,
    ) {
        let (conversation, mode) = match to {
            AttachTo::Draft { conversation, mode } => (conversation, mode),
            AttachTo::QuickReply { id, mut reply } => {
                return match result {
                    Ok(files) => {
                        let new: Vec<_> = files.into_iter().filter(|f| !reply.files.contains(f)).collect();
                        reply.files.extend(new);
                        self.save_canned(id, reply);
                    }
                    Err(why) => self.say(Level::Error, why),
                };
            }
        };
        self.files_copied(conversation, mode, result, pasted);
        self.joined_after_all();
    }

    fn files_copied(
        &mut self,
        conversation: ConversationId,
        mode: ComposeMode,
        result: Result<Vec<Enclosure>, String>,
        pasted: Option<String>,
    ) {
        let now = self.now;
        let open = self.composer.as_mut().filter(|c| (c.conversation, c.mode) == (conversation, mode));
        match (result, open, pasted) {
            (Ok(files), Some(composer), pasted) => {
                composer.copying = composer.copying.saturating_sub(1);
                let names: Vec<String> = files.iter().map(|f| f.name.clone()).collect();
                let count = composer.enclose(files, now);
                let before = composer.files.len() - count;
                let names = names.join(", ");
                if count == 0 {
                    return self.say(Level::Info, format!("{names} goes along already"));
                }
                let how = match pasted {
                    Some(text) => {
                        composer.step = Some(FileStep::Pasted(text, count));
                        "Alt-U writes its path instead".to_owned()
                    }
                    None => format!("{} takes it away", self.keymap.first_label("detach")),
                };
                let away = self.keymap.first_label("detach");
                match self.reasons_of_files().into_iter().skip(before).flatten().next() {
                    Some(why) => self.say(Level::Warn, format!("{away} takes it away: {why}")),
                    None => self.say(Level::Good, format!("{names} goes along: {how}")),
                }
            }
            // The composer was closed meanwhile.
            (Ok(files), None, _) => {
                self.put_back(conversation, mode, Written { files, ..Written::default() })
            }
            // What was pasted is no path of a file: it is text.
            (Err(_), Some(composer), Some(text)) => {
                composer.copying = composer.copying.saturating_sub(1);
                composer.insert(&text, now);
            }
            (Err(_), None, Some(text)) => self.put_back(conversation, mode, text.into()),
            (Err(why), open, None) => {
                if let Some(composer) = open {
                    composer.copying = composer.copying.saturating_sub(1);
                }
                self.say(Level::Error, format!("not attached: {why}"));
            }
        }
    }

    /// Why each file of the draft cannot be sent, where it cannot.
    fn reasons_of_files(&self) -> Vec<Option<String>> {
        let composer = self.composer.as_ref();
        let context = composer.and_then(|c| self.context(c.conversation));
        composer.zip(context).map(|(c, context)| c.file_reasons(context, self.now)).unwrap_or_default()
    }

    /// Keeps a quick reply as it is now.
    pub(crate) fn save_canned(
        &mut self,
        id: Option<crate::domain::ids::QuickReplyId>,
        reply: crate::domain::quick_reply::QuickReply,
    ) {
        let old = self.quick_replies.iter().find(|q| Some(q.id) == id);
        let inverse =
            old.map(|old| Action::QuickReplySave { id, reply: old.reply.clone() }).into_iter().collect();
        let said = format!("{} {}", if id.is_some() { "changed" } else { "added" }, reply.name());
        self.perform(Action::QuickReplySave { id, reply }, Purpose::Change { inverse, said });
    }
}
