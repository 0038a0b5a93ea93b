//! A support desk's history made up: the same seed gives the same JSON Lines, in the form that `frontdesk import` reads.
//!
//! Its shape is that of a real inbox, as far as size and search are concerned: some eight messages a conversation, many
//! conversations interleaved in time, words by Zipf's law, about 6 % of the messages with emoji, accents or scripts without
//! blanks, and words of known frequency: `order` (in nearly half of all messages), `chargeback` (0.5 %),
//! the phrase `tracking number shows` (1 %), and `zqxrareN` (once each).
#![allow(dead_code, reason = "each bench uses a part")]

use frontdesk::domain::clock::SystemClock;
use frontdesk::engine::import::{ImportOptions, import_jsonl};
use frontdesk::store::{Class, Store};
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[path = "support/rest.rs"]
mod rest;

const ENGLISH: &str = "the to a and I order of is in it you for my on have this that was be with your not me are can \
    please refund account we from an if but at get will has do no so or just when would as been what how they there know \
    out still any need help time one up back did email card payment now day shipping address received customer number \
    check item new same only after why sent week see could make our us about who which again then because than too more \
    two them last also where try price change link login password reset delivery package arrived broken wrong size colour \
    replacement invoice subscription cancel renewed charged twice bank transfer days waiting reply answer support agent \
    team manager thank thanks hello hi regards best sorry inconvenience looking into issue problem error screen app \
    website page update version device phone tablet browser button click loading crash freeze attach screenshot photo \
    above below confirm verify identity birth postal code street city country express standard courier label return box \
    tape open closed store gift voucher discount coupon promo expired valid until month year annual plan upgrade feature \
    request feedback survey rating stars happy unhappy great excellent terrible slow fast";
/// First names.
pub const FIRST: &str = "Ana Ben Chloé Dmitri Elif Farah George Hana Ivan José Kaito Lena Mohamed Nina Oscar Priya Quentin Rosa \
    Søren Tariq Uma Victor Wei Ximena Yusuf Zoë Aisha Björn Carla Diego Emma Felix Grace Hugo Ines Jonas Keiko Liam Maya Noah";
/// Last names.
pub const LAST: &str = "Smith García Müller Rossi Tanaka Nguyen Kowalski Ivanov Okafor Haddad Silva Jensen Dubois Yılmaz Patel \
    Kim Chen Brown Novák O'Brien Andersson Costa Fischer Moreau Santos Lopez Walker Young Baker Hill";
/// Where they have their mailboxes.
pub const DOMAINS: [&str; 4] = ["example.com", "mail.example.net", "post.example.org", "corp.example.net"];
const OTHER: [&str; 20] = [
    "😀",
    "🙏",
    "📦",
    "👍",
    "🚚",
    "⚠️",
    "👩‍💻",
    "🇩🇪",
    "façade",
    "naïve",
    "Straße",
    "größer",
    "señor",
    "ありがとう",
    "配達",
    "注文番号",
    "Спасибо",
    "заказ",
    "شكرا",
    "café",
];
/// What people write about.
pub const SUBJECTS: [&str; 8] = [
    "Where is my order",
    "Refund for order",
    "Cannot log in to account",
    "Invoice is wrong:",
    "Damaged item received:",
    "Change of delivery address",
    "Cancel my subscription",
    "Charged twice for",
];
const CHANNELS: [&str; 10] =
    ["email", "email", "email", "email", "email", "whatsapp", "whatsapp", "sms", "chat", "instagram"];
const ONSETS: &str =
    "b c d f g h j k l m n p r s t v w z br ch cl cr dr fl fr gl gr pl pr sh sk sl sp st str sw th tr";
const VOWELS: &str = "a e i o u ai ea ee ie oa ou";
const CODAS: &str = "b ck d g l ll m n nd ng nt p r rd rk rt s ss st t th x";

/// The last second of the corpus: 2026-11-01.
pub const END: i64 = 1_793_491_200;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
pub struct Rng(pub u64);

impl Rng {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    /// A number in 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    /// One of a list.
    pub fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }
    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Words by how often they are said.
pub struct Words {
    list: Vec<String>,
    cumulative: Vec<f64>,
}

impl Words {
    /// The words of a seed.
    pub fn new(rng: &mut Rng) -> Words {
        let mut list: Vec<String> = ENGLISH.split_whitespace().map(str::to_owned).collect();
        let (onsets, vowels, codas): (Vec<_>, Vec<_>, Vec<_>) = (
            ONSETS.split(' ').collect::<Vec<_>>(),
            VOWELS.split(' ').collect::<Vec<_>>(),
            CODAS.split(' ').collect::<Vec<_>>(),
        );
        let mut seen: std::collections::HashSet<String> = list.iter().cloned().collect();
        while list.len() < 30_000 {
            let mut word = String::new();
            for _ in 0..[1, 2, 2, 2, 3, 3][rng.below(6)] {
                word.push_str(onsets[rng.below(onsets.len())]);
                word.push_str(vowels[rng.below(vowels.len())]);
                if rng.unit() < 0.6 {
                    word.push_str(codas[rng.below(codas.len())]);
                }
            }
            if word.len() > 2 && seen.insert(word.clone()) {
                list.push(word);
            }
        }
        let mut sum = 0.0;
        let cumulative = (0..list.len())
            .map(|rank| {
                sum += 1.0 / (rank as f64 + 2.7).powf(1.07);
                sum
            })
            .collect();
        Words { list, cumulative }
    }

    fn draw(&self, rng: &mut Rng) -> &str {
        let at = rng.unit() * self.cumulative[self.cumulative.len() - 1];
        let n = self.cumulative.partition_point(|c| *c < at).min(self.list.len() - 1);
        &self.list[n]
    }
}

struct Open {
    key: String,
    channel: &'static str,
    name: String,
    mail: String,
    phone: String,
    subject: String,
    agent: usize,
    left: usize,
    last: Option<String>,
}

/// The letters and digits of a name that an address can have.
pub fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// Writes `n` messages as JSON Lines.
pub fn write(out: &mut impl Write, n: usize, seed: u64) -> std::io::Result<()> {
    let mut rng = Rng(seed);
    let words = Words::new(&mut rng);
    let (first, last): (Vec<_>, Vec<_>) =
        (FIRST.split_whitespace().collect(), LAST.split_whitespace().collect());
    let customers = (n / 12).max(50);
    let open_at_once = (n / 50).clamp(20, 2000);
    let mut open: Vec<Open> = Vec::new();
    let mut started = 0;
    let mut second = END - 20 * n as i64;
    for i in 0..n {
        while open.len() < open_at_once {
            let customer = rng.below(customers);
            let mut own = Rng(seed.wrapping_mul(1_000_003).wrapping_add(customer as u64));
            let (f, l) = (own.pick(&first), own.pick(&last));
            let mail = format!("{}.{}{customer}@{}", ascii(f), ascii(l), own.pick(&DOMAINS));
            let phone = format!("+{}{}", 1 + own.below(99), 100_000_000 + own.next() % 9_900_000_000);
            open.push(Open {
                key: format!("c{started:07}"),
                channel: rng.pick(&CHANNELS),
                name: format!("{f} {l}"),
                mail,
                phone,
                subject: format!("{} {}", rng.pick(&SUBJECTS), 100_000 + rng.below(900_000)),
                agent: rng.below(6),
                left: (1 + (-rng.unit().max(1e-12).ln() * 7.5) as usize).min(16),
                last: None,
            });
            started += 1;
        }
        let at = rng.below(open.len());
        second += 1 + rng.below(39) as i64;
        let (text, mid) =
            (body(&mut rng, &words, i), format!("{i:08}.{:012x}@mx.example.com", rng.next() >> 16));
        let c = &mut open[at];
        let inbound = c.last.is_none() || rng.unit() < 0.55;
        let agent = ["Alice", "Bob", "Carol", "Dan", "Erin", "Frank"][c.agent];
        let address = if c.channel == "email" { &c.mail } else { &c.phone };
        let (from, to, text) = if inbound {
            (json!({"name": c.name, "address": address}), "support@example.com".to_owned(), text)
        } else {
            let from = json!({"name": format!("Agent {agent}"), "address": format!("agent{}@support.example.com", c.agent)});
            (from, c.mail.clone(), format!("{text}\n\nAgent {agent}\nCustomer Care"))
        };
        let subject = if c.last.is_some() { format!("Re: {}", c.subject) } else { c.subject.clone() };
        let line = json!({
            "id": mid, "seq": i, "conversation": c.key, "channel": c.channel, "direction": if inbound { "in" } else { "out" },
            "from": from, "to": to, "customer": {"name": c.name, "email": c.mail, "phone": c.phone},
            "subject": subject, "text": text, "ts": second, "in_reply_to": c.last, "references": [],
        });
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
        c.last = Some(mid);
        c.left -= 1;
        if c.left == 0 {
            open.swap_remove(at);
        }
    }
    Ok(())
}

/// What somebody writes in the message of that number.
pub fn body(rng: &mut Rng, words: &Words, i: usize) -> String {
    let count = (3.9 + 0.55 * rng.normal()).exp().clamp(20.0, 200.0) as usize;
    let mut list: Vec<&str> = (0..count).map(|_| words.draw(rng)).collect();
    let x = rng.unit();
    if x < 0.06 {
        let at = rng.below(list.len());
        list.insert(at, rng.pick(&OTHER));
    }
    if (0.20..0.205).contains(&x) {
        list.push("chargeback");
    }
    if (0.30..0.31).contains(&x) {
        list.splice(3..3, ["tracking", "number", "shows"]);
    }
    let reference = format!("ref {}", 1_000_000 + rng.below(9_000_000));
    if x > 0.85 {
        list.push(&reference);
    }
    let rare = format!("zqxrare{}", i / 1000);
    if i % 1000 == 500 {
        list.push(&rare);
    }
    let mut out = String::with_capacity(count * 7);
    let (mut at, mut sentence) = (0, 0);
    while at < list.len() {
        let end = (at + 6 + rng.below(11)).min(list.len());
        out.push_str(&list[at..end].join(" "));
        out.push_str(if sentence % 4 == 3 { ".\n\n" } else { ". " });
        (at, sentence) = (end, sentence + 1);
    }
    out.trim_end().to_owned()
}

/// The corpus of `n` messages as a file below `target/bench`, written when it is not there yet.
pub fn file(n: usize) -> std::io::Result<PathBuf> {
    let path = dir()?.join(format!("corpus-{n}.jsonl"));
    if !path.exists() {
        let part = path.with_extension("part");
        let mut out = BufWriter::new(File::create(&part)?);
        write(&mut out, n, 1)?;
        out.flush()?;
        std::fs::rename(&part, &path)?;
    }
    Ok(path)
}

/// The workspace into which the corpus of `n` messages was imported; imports it when that has not been done.
pub fn workspace(n: usize) -> Result<Store, Box<dyn std::error::Error>> {
    let home = dir()?.join(format!("workspace-{n}"));
    let there = home.join("frontdesk.db").exists();
    let store = Store::open(&home, Arc::new(SystemClock))?;
    let rows = if there { store.reader()?.list_all(1, None)?.len() } else { 0 };
    if rows == 0 {
        let reader = BufReader::with_capacity(1 << 20, File::open(file(n)?)?);
        import_jsonl(&store, reader, &ImportOptions::default(), &mut |_| {})?;
    }
    store.writer().call(Class::Apply, |t| {
        t.index_tidy();
        Ok(())
    })?;
    rest::rest(&home)?;
    Ok(store)
}

/// Where benches keep what is dear to make.
pub fn dir() -> std::io::Result<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join("bench");
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// The number of messages: the first argument that is a number, else `FRONTDESK_BENCH_MESSAGES`, else 20,000.
pub fn size() -> usize {
    std::env::args()
        .skip(1)
        .chain(std::env::var("FRONTDESK_BENCH_MESSAGES"))
        .find_map(|a| a.replace(['_', ','], "").parse().ok())
        .unwrap_or(20_000)
}
