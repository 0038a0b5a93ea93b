//! The walls of the house, checked on the source itself: who may import whom, how long a file is, what is nowhere written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each part may import besides `domain` and `text`. The composition roots at the end.
const WALLS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("text", &[]),
    ("store", &[]),
    ("net", &[]),
    ("config", &[]),
    ("ui", &[]),
    ("sandbox", &[]),
    ("provider", &["net"]),
    ("engine", &["provider", "store", "net"]),
    ("app", &["store", "net", "config", "ui", "sandbox", "provider", "engine"]),
    ("cli", &["app", "config"]),
];

/// Longest file, in lines outside of its tests.
const LONGEST: usize = 500;

/// Files that may be longer, each with its reason. Empty is the aim.
const LONGER: &[(&str, &str)] = &[];

/// Folders beside the adapters that are none: what several of them share.
const COMMON: &[&str] = &["mail"];

/// What is nowhere written in the sources, with the reason. Texts are split so that this file does not find itself.
const NOWHERE: &[(&str, &str)] = &[
    (concat!("println", "!("), "output goes through cli/output.rs, which writes to a handle"),
    (concat!("eprint", "ln!("), "messages go through cli/output.rs or the log"),
    (concat!("dbg", "!("), "a left-over"),
    (concat!("to", "do!("), "unfinished"),
    (concat!("unimple", "mented!("), "unfinished"),
    (concat!("allow(dead", "_code)"), "what nobody uses is removed"),
    (concat!("\"/ho", "me/"), "a path of one machine"),
    (concat!("\"/ro", "ot/"), "a path of one machine"),
    (concat!("\"/wo", "rk/"), "a path of one machine"),
];

/// What some parts must not know.
const STRANGERS: &[(&str, &[&str])] = &[
    ("domain", &["tokio", "rusqlite", "reqwest", "ratatui", "axum", "crossterm"]),
    ("text", &["tokio", "rusqlite", "reqwest", "ratatui", "axum", "crossterm"]),
    ("ui", &["tokio", "rusqlite", "reqwest", "axum", "std::fs", "std::net", "std::process", "std::thread"]),
    ("sandbox", &["rusqlite", "ratatui"]),
    ("store", &["tokio", "reqwest", "axum", "ratatui"]),
    ("provider", &["rusqlite", "ratatui", "axum"]),
];

struct Source {
    /// Below `src`, with `/`.
    path: String,
    /// The first directory or file stem: `domain`, `main`.
    part: String,
    /// Everything.
    text: String,
    /// Without comments and without the tests at its end.
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut paths = Vec::new();
    files(&src, &mut paths);
    paths.sort();
    let all: Vec<Source> = paths
        .iter()
        .map(|p| {
            let path = p.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
            let part = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(p).unwrap();
            let code = code_of(&text);
            Source { path, part, text, code }
        })
        .collect();
    assert!(all.len() > 30, "the sources were not found");
    all
}

/// Drops whole-line comments and everything from the first `#[cfg(test)]` on (tests stand at the end of a file), unless
/// that is a single declaration such as `mod tests;`.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let lines: Vec<&str> = text.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        let next = lines.get(i + 1).copied().unwrap_or("");
        if line.trim_start() == "#[cfg(test)]" && next.trim_start().starts_with("mod ") && next.ends_with('{')
        {
            break;
        }
        if !line.trim_start().starts_with("//") {
            code.push_str(line);
        }
        code.push('\n');
    }
    code
}

/// The parts of ours that some code names after `crate::`, also within `use crate::{a::…, b::…}`.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for marker in ["crate::", "frontdesk::"] {
        for (at, _) in code.match_indices(marker) {
            // `$crate::` of a macro counts; `other_crate::` does not.
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &code[at + marker.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                found.extend(group_heads(group));
            } else {
                found.push(word(rest));
            }
        }
    }
    found
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first words of each entry of a `{…}` group, its inner groups skipped.
fn group_heads(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut heads = vec![word(group)];
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(&group[i + 1..])),
            _ => {}
        }
    }
    heads.retain(|h| !h.is_empty());
    heads
}

fn report(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn everyone_imports_only_what_the_design_allows() {
    let walls: BTreeMap<&str, &[&str]> = WALLS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        if source.part == "main" || source.part == "lib" {
            continue;
        }
        let Some(allowed) = walls.get(source.part.as_str()) else {
            wrong.push(format!("src/{}: a part that the design does not know", source.path));
            continue;
        };
        for import in imports(&source.code) {
            let ours = walls.contains_key(import.as_str());
            let common = match source.part.as_str() {
                "domain" => false,
                "text" => import == "domain",
                _ => import == "domain" || import == "text",
            };
            if ours && import != source.part && !common && !allowed.contains(&import.as_str()) {
                wrong.push(format!("src/{}: `{}` may not import `{import}`", source.path, source.part));
            }
        }
    }
    report(wrong);
}

#[test]
fn adapters_do_not_import_one_another() {
    let mut wrong = Vec::new();
    let all = sources();
    let folders: Vec<&str> = all
        .iter()
        .filter_map(|s| s.path.strip_prefix("provider/").and_then(|p| p.split_once('/')).map(|(f, _)| f))
        .collect();
    for source in &all {
        let Some((folder, _)) = source.path.strip_prefix("provider/").and_then(|p| p.split_once('/')) else {
            continue;
        };
        for other in folders.iter().filter(|f| **f != folder && !COMMON.contains(f)) {
            for marker in ["crate::provider::", "super::super::", "super::"] {
                let direct = marker == "super::" && !source.path.ends_with("/mod.rs");
                if !direct && source.code.contains(&format!("{marker}{other}::")) {
                    wrong.push(format!("src/{}: imports the adapter `{other}`", source.path));
                }
            }
        }
    }
    report(wrong);
}

#[test]
fn pure_parts_know_no_strangers() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (_, strangers) in STRANGERS.iter().filter(|(part, _)| *part == source.part) {
            for stranger in *strangers {
                let found = source.code.match_indices(&format!("{stranger}::")).any(|(at, _)| {
                    !source.code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
                });
                if found || source.code.contains(&format!("use {stranger};")) {
                    wrong.push(format!("src/{}: `{}` may not know `{stranger}`", source.path, source.part));
                }
            }
        }
    }
    report(wrong);
}

#[test]
fn every_file_says_its_one_reason_and_stays_short() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            wrong.push(format!("src/{}: does not open with `//!`", source.path));
        }
        let lines = source.code.lines().count();
        if lines > LONGEST && !LONGER.iter().any(|(path, _)| *path == source.path) {
            wrong.push(format!("src/{}: {lines} lines, {LONGEST} are the most", source.path));
        }
    }
    for (path, _) in LONGER {
        if !root().join("src").join(path).exists() {
            wrong.push(format!("src/{path} is excused and does not exist"));
        }
    }
    report(wrong);
}

#[test]
fn some_things_are_nowhere_written() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (text, why) in NOWHERE {
            if source.code.contains(text) {
                wrong.push(format!("src/{}: `{text}`: {why}", source.path));
            }
        }
        let colour = source.code.match_indices("Color::").any(|(at, _)| {
            // `crossterm::style::Color::` and the like count too; `ThemeColor::` does not.
            !source.code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
        });
        // The pen of the canvas spells out whichever colour it is given; it chooses none.
        if colour && !source.path.starts_with("ui/theme/") && source.path != "app/canvas/pen.rs" {
            wrong.push(format!("src/{}: names a colour: colours exist only in ui/theme", source.path));
        }
    }
    report(wrong);
}

#[test]
fn the_checks_themselves_see() {
    assert_eq!(imports("use crate::{store::{A, B}, domain, net::http};"), ["store", "domain", "net"]);
    assert_eq!(imports("crate::ui::x(); my_crate::store::y(); $crate::app::z"), ["ui", "app"]);
    let text = "//! x\ncode\n// crate::ui\n#[cfg(test)]\nmod tests {\n crate::ui::x();\n}\n";
    assert_eq!(imports(&code_of(text)), Vec::<String>::new());
    assert!(code_of("#[cfg(test)]\nmod tests;\nlater\n").contains("later"));
}

/// Fails where a committed, generated file is not what the code generates; `FRONTDESK_BLESS=1` writes it anew.
pub fn same_as_committed(path: &str, want: &str) {
    let file = root().join(path);
    if std::env::var_os("FRONTDESK_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, want).unwrap();
        return;
    }
    let have = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        have == want,
        "{path} is not what the code generates: run `FRONTDESK_BLESS=1 cargo test` and commit it"
    );
}
