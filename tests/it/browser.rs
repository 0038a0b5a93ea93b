//! The visitor's journey in a real browser against the real program. Needs node and Chromium, so `tests/run` asks for it.

use crate::support::Home;
use serde_json::Value;
use std::collections::HashSet;
use std::process::{Command, Stdio};

const CONFIG: &str = r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[workspace.main.channel.shop]
provider = "webchat"
title = "Northwind Support"
"#;

/// A picture of one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

#[test]
#[ignore = "needs node, `npm ci` in tests/browser, and Chromium"]
fn a_visitor_in_a_real_browser() {
    let home = Home::empty();
    home.configure(CONFIG);
    let serve = home.serve(0);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/webchat.mjs");
    let mut command = Command::new("node");
    command.args([script, &format!("{}/chat/shop", serve.base), "--answered"]);
    if let Some(dir) = std::env::var_os("BROWSER_SHOTS") {
        command.arg("--shots").arg(dir);
    }
    let mut browser = command.stdin(Stdio::null()).spawn().unwrap();
    let mut answered = HashSet::new();
    let status = loop {
        if let Some(status) = browser.try_wait().unwrap() {
            break status;
        }
        answer(&home, &mut answered);
    };
    assert!(status.success(), "the browser's journey failed: see above");
}

/// What an agent does: opens what is unread, and answers each message with its own words.
fn answer(home: &Home, answered: &mut HashSet<String>) {
    let text = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
    let files = [("pixel.png", PIXEL), ("page.html", b"<script>alert('no')</script>".as_slice())].map(
        |(name, bytes)| {
            let path = home.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        },
    );
    for row in home.run(&["list", "--json"]).ok().json() {
        if row["unread"] == 0 {
            continue;
        }
        let c = text(&row, "id");
        let shown = home.run(&["show", &c, "--json"]).ok().json().remove(0);
        home.run(&["read", &c]).ok();
        for m in shown["messages"].as_array().unwrap() {
            if m["direction"] == "inbound" && answered.insert(text(m, "id")) {
                let words = format!("echo: {}", text(m, "text"));
                let [pixel, page] = &files;
                let mut args = vec!["reply", c.as_str(), "-"];
                if words.contains("Send me files") {
                    args.extend(["--attach", pixel, "--attach", page]);
                }
                home.run_with(&args, &words).ok();
            }
        }
    }
}
