//! A support desk's mailbox made up: a Maildir with `Sent` and an archive, the same for the same number of mails.
//!
//! Its shape is that of real ones: a few kilobytes a mail (the median is about four), heads with the lines that servers add, words as
//! text and as HTML, answers that quote what they answer, a file with one mail in twelve, threads of some eight mails.
#![allow(dead_code, reason = "each bench uses a part")]

use crate::corpus::{DOMAINS, END, FIRST, LAST, Rng, SUBJECTS, Words, ascii, body, dir};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Our address.
pub const DESK: &str = "support@example.com";

/// One mail.
pub struct Made {
    /// Which folder it lies in, below the Maildir: empty, `.Sent`, `.Archive.2025`.
    pub folder: &'static str,
    /// When it came, seconds since 1970.
    pub at: i64,
    /// Its text, lines ending as on the wire.
    pub text: String,
}

struct Thread {
    name: String,
    mail: String,
    subject: String,
    ids: Vec<String>,
    last: String,
    last_from_us: bool,
    left: usize,
}

/// Makes mails, one after another.
pub struct Mailbox {
    rng: Rng,
    words: Words,
    open: Vec<Thread>,
    made: usize,
    all: usize,
    at: i64,
}

impl Mailbox {
    /// So many mails.
    pub fn new(all: usize) -> Mailbox {
        let mut rng = Rng(7);
        let words = Words::new(&mut rng);
        Mailbox { rng, words, open: Vec::new(), made: 0, all, at: END - 60 * all as i64 }
    }

    fn begin(&mut self) -> Thread {
        let rng = &mut self.rng;
        let customer = rng.below((self.all / 12).max(50));
        let mut own = Rng(customer as u64 + 1);
        let list = |names: &'static str| names.split_whitespace().collect::<Vec<_>>();
        let (first, last) = (own.pick(&list(FIRST)), own.pick(&list(LAST)));
        Thread {
            name: format!("{first} {last}"),
            mail: format!("{}.{}{customer}@{}", ascii(first), ascii(last), own.pick(&DOMAINS)),
            subject: format!("{} {}", rng.pick(&SUBJECTS), 100_000 + rng.below(900_000)),
            ids: Vec::new(),
            last: String::new(),
            last_from_us: true,
            left: 1 + rng.below(15),
        }
    }
}

impl Iterator for Mailbox {
    type Item = Made;

    fn next(&mut self) -> Option<Made> {
        if self.made == self.all {
            return None;
        }
        while self.open.len() < (self.all / 50).clamp(20, 2000) {
            let thread = self.begin();
            self.open.push(thread);
        }
        let place = self.rng.below(self.open.len());
        self.at += 1 + self.rng.below(119) as i64;
        let text = body(&mut self.rng, &self.words, self.made);
        let thread = &mut self.open[place];
        let ours = !thread.last_from_us && self.rng.unit() < 0.8;
        let id = format!("{:08}.{:012x}@mx.example.com", self.made, self.rng.next() >> 16);
        let made = Made {
            folder: match (ours, self.rng.below(10)) {
                (true, _) => ".Sent",
                (false, 0) => ".Archive.2025",
                (false, _) => "",
            },
            at: self.at,
            text: mail(&mut self.rng, thread, &id, ours, self.at, &text),
        };
        thread.ids.push(id);
        thread.last = text;
        thread.last_from_us = ours;
        thread.left -= 1;
        if thread.left == 0 {
            self.open.swap_remove(place);
        }
        self.made += 1;
        Some(made)
    }
}

fn date(at: i64) -> String {
    let at = jiff::Timestamp::from_second(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// A word as heads have it (RFC 2047).
fn word(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?UTF-8?B?{}?=", STANDARD.encode(text)) }
}

fn mail(rng: &mut Rng, thread: &Thread, id: &str, ours: bool, at: i64, text: &str) -> String {
    let (them, us) =
        (format!("{} <{}>", word(&thread.name), thread.mail), format!("Example Support <{DESK}>"));
    let (from, to) = if ours { (&us, &them) } else { (&them, &us) };
    let mut out = String::with_capacity(8192);
    let when = date(at);
    let mut line = |text: String| {
        out.push_str(&text);
        out.push_str("\r\n");
    };
    if !ours {
        let key: String = (0..6).map(|_| format!("{:016x}{:016x}\r\n\t", rng.next(), rng.next())).collect();
        line(format!("Return-Path: <{}>", thread.mail));
        line(format!("Delivered-To: {DESK}"));
        for (hop, by) in ["imap.example.com", "mx2.example.com", "out.mail.example.net"].iter().enumerate() {
            line(format!(
                "Received: from relay{}.example.net (relay{}.example.net [192.0.2.{}])\r\n\tby {by} (Postfix) with ESMTPS id \
                 {:012X}\r\n\tfor <{DESK}>; {when}",
                rng.below(90),
                rng.below(90),
                10 + hop,
                rng.next() >> 16
            ));
        }
        line(format!(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=s2048;\r\n\th=from:to:subject:date:message-id; \
             bh={:016x};\r\n\tb={key}",
            rng.next()
        ));
        line("Authentication-Results: mx2.example.com; dkim=pass header.d=example.net; spf=pass".to_owned());
    }
    line(format!("Message-ID: <{id}>"));
    line(format!("Date: {when}"));
    line(format!("From: {from}"));
    line(format!("To: {to}"));
    let subject =
        if thread.ids.is_empty() { thread.subject.clone() } else { format!("Re: {}", thread.subject) };
    line(format!("Subject: {subject}"));
    if let Some(last) = thread.ids.last() {
        line(format!("In-Reply-To: <{last}>"));
        let chain: Vec<String> = thread.ids.iter().map(|id| format!("<{id}>")).collect();
        line(format!("References: {}", chain.join("\r\n ")));
    }
    line("MIME-Version: 1.0".to_owned());
    line(format!("User-Agent: Mailer/{}.0", 100 + rng.below(30)));
    let quoted = if thread.last.is_empty() || rng.unit() < 0.3 { "" } else { &thread.last };
    let kind = rng.unit();
    if kind < 0.08 {
        let bytes: Vec<u8> = (0..400 + rng.below(4000)).flat_map(|_| rng.next().to_le_bytes()).collect();
        line("Content-Type: multipart/mixed; boundary=\"mixed\"\r\n\r\n--mixed".to_owned());
        words(&mut out, kind < 0.04, text, quoted, thread);
        let name = ["invoice.pdf", "photo.jpg", "label.png", "order.xlsx"][rng.below(4)];
        let _ = write!(
            out,
            "--mixed\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
        );
        for line in STANDARD.encode(bytes).as_bytes().chunks(76) {
            out.push_str(&String::from_utf8_lossy(line));
            out.push_str("\r\n");
        }
        out.push_str("--mixed--\r\n");
    } else {
        words(&mut out, kind < 0.7, text, quoted, thread);
    }
    out
}

/// The words: as text alone, or as text and as HTML.
fn words(out: &mut String, both: bool, text: &str, quoted: &str, thread: &Thread) {
    let mut plain = format!("{text}\n");
    if !quoted.is_empty() {
        let _ = writeln!(plain, "\nOn Monday {} wrote:", thread.name);
        for line in quoted.lines() {
            let _ = writeln!(plain, "> {line}");
        }
    }
    if both {
        out.push_str("Content-Type: multipart/alternative; boundary=\"both\"\r\n\r\n--both\r\n");
    }
    out.push_str(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    quoted_printable(out, &plain);
    if both {
        let paragraphs = |text: &str| {
            let lines = text
                .split("\n\n")
                .map(|p| format!("<p class=\"MsoNormal\">{}</p>\n", p.replace('\n', "<br>\n")));
            lines.collect::<String>()
        };
        let html = format!(
            "<html><head><meta charset=\"utf-8\"><style>p.MsoNormal {{ margin: 0; font-family: Arial, sans-serif; font-size: 11pt }}\
             </style></head>\n<body lang=\"EN\">\n<div>\n{}</div>\n<table border=\"0\"><tr><td><b>{}</b></td><td>\
             <a href=\"https://www.example.net/contact\">Contact</a></td></tr></table>\n<blockquote>{}</blockquote>\n</body></html>\n",
            paragraphs(text),
            thread.name,
            paragraphs(quoted)
        );
        out.push_str(
            "--both\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        );
        quoted_printable(out, &html);
        out.push_str("--both--\r\n");
    }
}

/// Lines of at most 76 letters (RFC 2045, section 6.7).
fn quoted_printable(out: &mut String, text: &str) {
    for line in text.lines() {
        let mut column = 0;
        for byte in line.bytes() {
            let plain = matches!(byte, b' '..=b'~') && byte != b'=';
            if column + if plain { 1 } else { 3 } > 75 {
                out.push_str("=\r\n");
                column = 0;
            }
            if plain {
                out.push(char::from(byte));
                column += 1;
            } else {
                let _ = write!(out, "={byte:02X}");
                column += 3;
            }
        }
        out.push_str("\r\n");
    }
}

/// The Maildir of so many mails below `target/bench`, made when it is not there yet.
pub fn maildir(all: usize) -> io::Result<PathBuf> {
    let root = dir()?.join(format!("maildir-{all}"));
    if root.join("cur").is_dir() {
        return Ok(root);
    }
    let part = dir()?.join(format!("maildir-{all}.part"));
    fs::remove_dir_all(&part).ok();
    for folder in ["", ".Sent", ".Archive.2025"] {
        for kind in ["cur", "new", "tmp"] {
            fs::create_dir_all(part.join(folder).join(kind))?;
        }
    }
    for (n, made) in Mailbox::new(all).enumerate() {
        let name = format!("{}.M{n}P1.mx.example.com,S={}:2,S", made.at, made.text.len());
        fs::write(part.join(made.folder).join("cur").join(name), &made.text)?;
    }
    fs::rename(&part, &root)?;
    Ok(root)
}

/// Reads all files of a directory once: whoever comes first finds them in the system's cache as well. Answers how many bytes
/// the mail in the middle has.
pub fn warm(root: &Path) -> io::Result<u64> {
    let mut sizes = Vec::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                dirs.push(entry.path());
            } else {
                sizes.push(io::copy(&mut fs::File::open(entry.path())?, &mut io::sink())?);
            }
        }
    }
    io::stdout().flush()?;
    sizes.sort_unstable();
    Ok(sizes.get(sizes.len() / 2).copied().unwrap_or(0))
}
