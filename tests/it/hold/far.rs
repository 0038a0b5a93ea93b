//! A far end that means harm: files from elsewhere, without end, with names that lead out.

use super::{CUSTOMER, list, messages, webhook, world};
use crate::support::{Home, until};
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode, header};
use axum::routing::get;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The names under which files come.
const NAMES: [&str; 5] = [
    "attachment; filename=\"../../../../etc/passwd\"",
    "attachment; filename*=UTF-8''%2Fetc%2Fshadow%00.txt",
    "attachment; filename*=UTF-8''%1B%5D0%3Bpwned%07%E2%80%AEgnp.exe",
    "attachment; filename=\"..\"",
    "attachment; filename*=UTF-8''CON%0A%0Dname.pdf",
];

async fn file(Path(which): Path<String>) -> Response<Body> {
    let answer = Response::builder().header(header::CONTENT_TYPE, "image/png\u{1}; x".replace('\u{1}', ""));
    if which == "declared" {
        // Says that it is larger than anything; never sends it.
        let stream = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        return answer
            .header(header::CONTENT_LENGTH, 3_000_000_000u64)
            .body(Body::from_stream(stream))
            .unwrap();
    }
    if which == "endless" {
        let piece = vec![0u8; 1 << 20];
        let stream = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
        return answer.body(Body::from_stream(stream)).unwrap();
    }
    match which.strip_prefix("name").and_then(|n| n.parse::<usize>().ok()) {
        Some(n) => answer.header(header::CONTENT_DISPOSITION, NAMES[n]).body(Body::from("content")).unwrap(),
        None => Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap(),
    }
}

/// A server on loopback, and how often it was asked for a file.
async fn serve(asked: Arc<AtomicUsize>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let counted = move |path: Path<String>| {
        asked.fetch_add(1, Ordering::SeqCst);
        file(path)
    };
    let router = Router::new().route("/media/{which}", get(counted));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn attachments(home: &Home) -> Vec<Value> {
    let rows = list(home);
    let Some(row) = rows.first() else { return Vec::new() };
    messages(home, row).iter().flat_map(|m| m["attachments"].as_array().unwrap().clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn absurd_files_are_refused_and_their_names_lead_nowhere() {
    let world = world().await;
    let (ours, foreign) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let base = serve(ours.clone()).await;
    let elsewhere = serve(foreign.clone()).await;
    let home = Home::with_accounts(&world);
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.configure(&config.replace(world.base_url(), &base));
    let engine = home.serve(0);
    let number = world.numbers()[0].clone();
    let send = |sid: &str, body: &str, media: &[String], count: &str| {
        let mut params = vec![
            ("MessageSid", sid),
            ("From", CUSTOMER),
            ("To", number.as_str()),
            ("Body", body),
            ("NumMedia", count),
        ];
        let keys: Vec<String> = (0..media.len()).map(|n| format!("MediaUrl{n}")).collect();
        params.extend(keys.iter().zip(media).map(|(k, v)| (k.as_str(), v.as_str())));
        assert_eq!(webhook(&world, &engine.base, &params).status, 200);
    };
    // A count that is a lie, and one that is no number.
    send("SM1", "", &[], "9999999");
    send("SM2", "words", &[], "-1");
    send("SM3", "words", &[], "99999999999999999999999999");
    // A thousand files in one message.
    let many: Vec<String> = (0..1_000).map(|n| format!("{base}/media/gone{n}")).collect();
    send("SM4", "many", &many, "1000");
    let names: Vec<String> = (0..NAMES.len()).map(|n| format!("{base}/media/name{n}")).collect();
    send("SM5", "names", &names, "5");
    let foreign_urls = [
        format!("{elsewhere}/media/name0"),
        "file:///etc/passwd".into(),
        "http://169.254.169.254/latest/meta-data".into(),
        format!("{base}@{}/media/name1", elsewhere.trim_start_matches("http://")),
        "javascript:alert(1)".into(),
        "\u{1b}]0;pwned\u{7}".into(),
    ];
    send("SM6", "foreign", &foreign_urls, "6");
    send("SM7", "large", &[format!("{base}/media/declared"), format!("{base}/media/endless")], "2");

    let all = until("every file has come to an end", || {
        let all = attachments(&home);
        let open = |a: &Value| a["path"].is_null() && a["error"].is_null();
        (all.len() == 30 + NAMES.len() + foreign_urls.len() + 2 && !all.iter().any(open)).then_some(all)
    });
    assert_eq!(foreign.load(Ordering::SeqCst), 0, "nobody else was asked");
    let kept: Vec<&Value> = all.iter().filter(|a| !a["path"].is_null()).collect();
    assert_eq!(kept.len(), NAMES.len(), "{kept:?}");
    let files = home.workspace().join("files").canonicalize().unwrap();
    for one in kept {
        let name = one["name"].as_str().unwrap();
        assert!(!name.contains(['/', '\\']) && !name.starts_with('.') && !name.is_empty(), "{name:?}");
        assert!(!name.chars().any(|c| c.is_control() || c == '\u{202e}'), "{name:?}");
        let path = std::path::Path::new(one["path"].as_str().unwrap()).canonicalize().unwrap();
        assert!(path.starts_with(&files), "{}", path.display());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "content");
        // Saving it puts it where it was asked for.
        let to = tempfile::tempdir().unwrap();
        home.run(&["attachment", "save", one["id"].as_str().unwrap(), to.path().to_str().unwrap()]).ok();
        assert_eq!(super::everything_below(to.path()).len(), 1);
    }
    assert!(engine.terminate().success());
    let below = super::everything_below(&files);
    assert_eq!(below.iter().filter(|p| p.is_file()).count(), NAMES.len(), "no halves: {below:?}");
    assert!(below.iter().all(|p| std::fs::metadata(p).unwrap().len() < 1 << 20));
}
