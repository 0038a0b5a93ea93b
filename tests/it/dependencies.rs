//! What we depend on: every licence allowed, every source the public registry, nothing that is not wanted. The rules are `deny.toml`'s.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn rules() -> toml_edit::DocumentMut {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// A package of this machine's build.
struct Package {
    name: String,
    licence: String,
    /// Where it comes from, if not from the public registry.
    elsewhere: Option<String>,
}

/// The packages of this machine's build, tests and benches included, with the features that are on.
fn packages() -> Vec<Package> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--no-dedupe", "-e", "normal,build,dev"])
        .args(["--format", "{p}|{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: BTreeSet<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let all: Vec<Package> = lines
        .iter()
        .filter_map(|l| l.split_once('|'))
        .map(|(package, licence)| {
            // `name v1.2.3`, then `(proc-macro)`, and in brackets where it comes from if that is not the public registry.
            let package = package.replace(" (proc-macro)", "");
            let (name, rest) = package.split_once(' ').unwrap();
            let elsewhere = rest.split_once(" (").map(|(_, place)| place.trim_end_matches(')').to_owned());
            Package { name: name.to_owned(), licence: licence.to_owned(), elsewhere }
        })
        .filter(|p| p.name != "frontdesk")
        .collect();
    assert!(all.len() > 100, "cargo tree told of {} packages only", all.len());
    all
}

/// Whether an SPDX expression is satisfied by allowed licences. Handles AND, OR, WITH, brackets, and the old `A/B` for OR.
fn satisfied(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let result = any_of(&words, &mut at, allowed);
    result && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut result = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        result |= all_of(words, at, allowed);
    }
    result
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut result = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        result &= one(words, at, allowed);
    }
    result
}

fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let result = any_of(words, at, allowed);
        *at += 1;
        return result;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or("");
        *at += 2;
        let whole = format!("{word} WITH {exception}");
        return allowed.contains(&whole.as_str());
    }
    allowed.contains(word)
}

#[test]
fn licences_sources_and_crates_are_those_we_want() {
    let rules = rules();
    let words = |item: &toml_edit::Item| -> Vec<String> {
        item.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let allowed = words(&rules["licenses"]["allow"]);
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    let unwanted: Vec<&str> = rules["bans"]["deny"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_inline_table().unwrap().get("crate").unwrap().as_str().unwrap())
        .collect();
    let mut wrong = Vec::new();
    for package in packages() {
        let Package { name, licence, elsewhere } = package;
        if !satisfied(&licence, &allowed) {
            wrong.push(format!("{name}: the licence {licence:?} is not allowed"));
        }
        if let Some(place) = elsewhere {
            wrong.push(format!("{name}: comes from {place}"));
        }
        if unwanted.contains(&name.as_str()) {
            wrong.push(format!("{name}: is not wanted (deny.toml says why)"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "MIT/GPL-2.0",
        "(MIT OR GPL-3.0) AND Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(satisfied(good, &allowed), "{good}");
    }
    for bad in
        ["GPL-3.0", "MIT AND GPL-3.0", "", "MIT WITH GCC-exception", "MIT MIT", "(MIT AND GPL-3.0) OR ISC"]
    {
        assert!(!satisfied(bad, &allowed), "{bad}");
    }
}
