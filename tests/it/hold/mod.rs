//! How it holds: full and broken disks, hostile input, silence of the log, workspaces apart, clean ends. Helpers here.

mod apart;
mod clock;
mod disk;
mod far;
mod flood;
mod hostile;
mod private;
mod reload;
mod screens;
mod stop;

use crate::support::Home;
use frontdesk::sandbox::twilio::{TwilioOptions, TwilioWorld, sign};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A customer's number.
const CUSTOMER: &str = "+15558675310";

/// A far end where all goes well.
async fn world() -> TwilioWorld {
    TwilioWorld::start(TwilioOptions::default()).await.unwrap()
}

/// An answer, as it came over the wire.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

/// Sends bytes over a connection of their own and reads to its end.
fn exchange(base: &str, request: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The other side may have answered and closed before all of it was sent.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    // A reset after the answer is an end as well.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Reply { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// A POST with these further header lines.
fn post(base: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut bytes = (request + "\r\n").into_bytes();
    bytes.extend_from_slice(body);
    exchange(base, &bytes)
}

/// A signed form for the hook `support`.
fn webhook(world: &TwilioWorld, base: &str, params: &[(&str, &str)]) -> Reply {
    let params: Vec<(String, String)> =
        params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let url = format!("{base}/hooks/support");
    let signature = sign::signature(world.auth_token(), &url, &params);
    signed(base, &signature, sign::form(&params).as_bytes())
}

/// A form for the hook `support` with this signature.
fn signed(base: &str, signature: &str, body: &[u8]) -> Reply {
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", signature)];
    post(base, "/hooks/support", &headers, body)
}

/// The conversations, newest first.
fn list(home: &Home) -> Vec<Value> {
    home.run(&["list", "--json"]).ok().json()
}

/// Every message of a conversation.
fn messages(home: &Home, conversation: &Value) -> Vec<Value> {
    let id = conversation["id"].as_str().unwrap();
    let shown = home.run(&["show", id, "--json", "--limit", "10000"]).ok().json();
    shown[0]["messages"].as_array().unwrap().clone()
}

/// Every file below a directory, and the directories, as they are.
pub fn everything_below(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(everything_below(&path));
        }
        out.push(path);
    }
    out
}
