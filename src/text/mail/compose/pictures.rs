//! Pictures that are shown among the words: which of the files that go along are meant, and how they are named there.

use percent_encoding::percent_decode_str;

/// A file that goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attached<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its media type.
    pub mime: &'a str,
}

/// The files of a mail, and which of them its words show.
#[derive(Debug)]
pub(super) struct Pictures<'a> {
    files: &'a [Attached<'a>],
    message_id: &'a str,
    shown: Vec<usize>,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(files: &'a [Attached<'a>], message_id: &'a str) -> Pictures<'a> {
        Pictures { files, message_id, shown: Vec::new() }
    }

    /// The place among the files of the picture that words call by its name.
    pub(super) fn find(&self, called: &str) -> Option<usize> {
        let decoded = percent_decode_str(called).decode_utf8_lossy();
        let is = |file: &Attached<'_>, name: &str| {
            file.mime.starts_with("image/") && file.name.to_lowercase() == name.to_lowercase()
        };
        self.files
            .iter()
            .position(|file| is(file, called))
            .or_else(|| self.files.iter().position(|file| is(file, &decoded)))
    }

    /// The name of a file.
    pub(super) fn name(&self, at: usize) -> &'a str {
        self.files.get(at).map_or("", |file| file.name)
    }

    /// The `Content-ID` of a file (RFC 2392): made of the id of the mail, as nothing else in the world may have it.
    pub(super) fn cid(&self, at: usize) -> String {
        format!("{}.{}", at + 1, self.message_id)
    }

    /// From now on this one is shown.
    pub(super) fn show(&mut self, at: usize) {
        if !self.shown.contains(&at) {
            self.shown.push(at);
        }
    }

    /// Those that are shown, with their `Content-ID`.
    pub(super) fn shown(&self) -> Vec<(usize, String)> {
        let mut shown = self.shown.clone();
        shown.sort_unstable();
        shown.into_iter().map(|at| (at, self.cid(at))).collect()
    }

    /// How many files there are.
    pub(super) fn count(&self) -> usize {
        self.files.len()
    }
}
