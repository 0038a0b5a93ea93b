//! What an agent writes, and what the customer's mail program gets: text and HTML side by side, in snapshots.

use frontdesk::domain::mail::{Mail, Mailbox, Manner, Outgoing, Quoted};
use frontdesk::text::mail::compose::body::{Attached, Body, Letter, body, plain};
use frontdesk::text::mail::compose::build::{FilePart, Identity, build};
use frontdesk::text::mail::compose::quote::Quoting;
use jiff::tz::TimeZone;

const ID: &str = "fd.01@acme.example";

const FILES: [Attached<'static>; 3] = [
    Attached { name: "Screen shot.png", mime: "image/png" },
    Attached { name: "terms.pdf", mime: "application/pdf" },
    Attached { name: "logo.png", mime: "image/png" },
];

fn quoted() -> Quoted {
    Quoted {
        from: Some(Mailbox::named("Ana de Vries", "ana@b.example")),
        to: vec![Mailbox::named("Acme Support", "support@acme.example")],
        cc: Vec::new(),
        subject: "Where is my order?".into(),
        at: 1_795_166_100_000,
        text: "Hello,\nwhere is <my> order?\n\n> We have sent it.\n>> Please send it.\n\nAna\n".into(),
    }
}

/// With these besides the words.
fn with(words: &str, change: impl FnOnce(&mut Letter<'_>)) -> Body {
    let zone = TimeZone::fixed(jiff::tz::offset(1));
    let quoted = quoted();
    let mut letter = Letter {
        message_id: ID,
        manner: Manner::Reply,
        files: &FILES,
        signature: "",
        logo: None,
        quoted: Some(&quoted),
        quoting: Quoting::None,
        zone: &zone,
    };
    change(&mut letter);
    body(words, false, &letter)
}

/// Text, then what stands in the document, then which files it shows.
fn shown(body: &Body) -> String {
    let (head, rest) = body.html.split_once("line-height:1.5\">\n").unwrap();
    assert!(head.starts_with(
        "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"></head>\n<body>\n<div style=\""
    ));
    let html = rest.strip_suffix("</div>\n</body>\n</html>\n").unwrap();
    let mut out = format!("{}---------- html\n{html}", body.text);
    for (at, cid) in &body.inline {
        out.push_str(&format!("---------- shows {}: {cid}\n", FILES[*at].name));
    }
    out
}

fn words(words: &str) -> String {
    shown(&with(words, |_| {}))
}

#[test]
fn lines_and_paragraphs() {
    insta::assert_snapshot!(words(
        "Hello Ana,\nthank you for   your mail.\n\n\nIt is <here> & \"there\".\n\nBye\n"
    ));
}

#[test]
fn marks() {
    insta::assert_snapshot!(words(
        "**bold**, *italic*, __bold__, _italic_, ***both***, ~~gone~~, `a  <code>`\nsnake_case 2*3*4 C:\\new\\.ssh \\*kept\\*"
    ));
}

#[test]
fn headings_and_lines() {
    insta::assert_snapshot!(words("# One\n## Two ##\n### Three\nwords\n---\nmore\n===\n--\nTom"));
}

#[test]
fn lists() {
    insta::assert_snapshot!(words(
        "Please\n- open the *app*\n- tap\n  - Settings\n  - Sign out\n\n3. wait\n4. sign in\nThanks"
    ));
}

#[test]
fn quotations() {
    insta::assert_snapshot!(words("> You said\n> > He said\n> two lines\nMy answer"));
}

#[test]
fn fences() {
    insta::assert_snapshot!(words(
        "Run:\n```sh\nls  -l | grep \"<a>\"\n  # **not bold**\n```\ndone\n\n    set in\n      twice"
    ));
}

#[test]
fn links() {
    insta::assert_snapshot!(words(
        "See https://shop.example/a_b_c?x=1&y=\"2\" (https://b.example/_x_), [our page](https://shop.example/very/long?utm=1 \"t\") \
         or <https://c.example>, write to help@acme.example or [call](tel:+31201234567)."
    ));
}

#[test]
fn links_that_lead_nowhere() {
    insta::assert_snapshot!(words(
        "[a](javascript:alert(1)) [b](data:text/html,x) [c](JAVASCRIPT:x) [d](vbscript:x) <javascript:x> [e](file.html) [f](//g.example)\n\
         [1]: https://a.example"
    ));
}

#[test]
fn html_is_no_html() {
    insta::assert_snapshot!(words(
        "<script>alert(1)</script> <b onclick=\"x\">b</b> &lt;i&gt; &amp;\n\n<div>\n<img src=x onerror=alert(1)>\n</div>\n\n<!-- gone? -->"
    ));
}

#[test]
fn pictures() {
    insta::assert_snapshot!(words(
        "![The page](<screen shot.png>) and again ![](Screen%20shot.png)\n![not a picture](terms.pdf) ![not there](x.png) \
         ![elsewhere](https://a.example/x.png) ![\"quoted\"](logo.png)"
    ));
}

#[test]
fn signature_and_logo() {
    let found = with("Hello", |letter| {
        letter.signature = "**Ana** · Acme\n[acme.example](https://acme.example)\n";
        letter.logo = Some("https://acme.example/logo.png?a=1&b=\"2\"");
    });
    insta::assert_snapshot!(shown(&found));
    let found = with("Hello", |letter| letter.logo = Some("javascript:alert(1)"));
    assert!(!found.html.contains("javascript") && !found.html.contains("<img"));
}

#[test]
fn an_answer_with_history() {
    insta::assert_snapshot!(shown(&with("It is on its way.", |letter| {
        letter.signature = "Ana";
        letter.quoting = Quoting::Below;
    })));
}

#[test]
fn an_answer_below_its_history() {
    insta::assert_snapshot!(shown(&with("It is on its way.", |letter| {
        letter.signature = "Ana";
        letter.quoting = Quoting::Above;
    })));
}

#[test]
fn what_is_passed_on() {
    insta::assert_snapshot!(shown(&with("Can you look?", |letter| {
        letter.signature = "Ana";
        letter.manner = Manner::Forward;
    })));
    let without_words = with("", |letter| letter.manner = Manner::Forward);
    assert!(without_words.text.starts_with("---------- Forwarded message ----------\nFrom: Ana"));
}

#[test]
fn right_to_left_and_far_eastern() {
    insta::assert_snapshot!(words(
        "مرحبا **أنا**\u{200f}!\n\n「https://a.example」を **ご覧** ください。\n👍🏽"
    ));
}

#[test]
fn html_that_is_given_is_cleaned() {
    let quoted = quoted();
    let zone = TimeZone::UTC;
    let letter = Letter {
        message_id: ID,
        manner: Manner::Reply,
        files: &FILES,
        signature: "Ana",
        logo: None,
        quoted: Some(&quoted),
        quoting: Quoting::None,
        zone: &zone,
    };
    let given = "<html><head><title>t</title><style>p{color:red}</style></head><body onload=\"x()\">\n\
        <p style=\"color:#c00;position:fixed;background-image:url(https://t.example/p)\">Hello <b>Ana</b></p>\n\
        <script>alert(1)</script><iframe src=\"https://t.example\"></iframe><form action=\"https://t.example\"><input></form>\n\
        <a href=\"javascript:alert(1)\">bad</a> <a href=\"https://a.example/?a=1&amp;b=2\" onclick=\"x\">good</a>\n\
        <img src=\"Screen%20shot.png\" onerror=\"x\" alt=\"The page\"><img src=\"data:image/png;base64,AA\"><img src=\"other.png\">\n\
        <table border=\"1\"><tr><td colspan=\"2\">cell</td></tr></table>\n\
        <ul><li>one</li><li>two</li></ul></body></html>";
    insta::assert_snapshot!(shown(&body(given, true, &letter)));
    // As it would stand in a mail.
    let named = body("<p>x</p><img src=\"cid:logo.png\"><img src=\"cid:none.png\">", true, &letter);
    assert_eq!(named.inline.len(), 1, "{}", named.html);
    assert!(named.html.contains(&format!("<img src=\"cid:{}\">", named.inline[0].1)), "{}", named.html);
}

#[test]
fn without_marks() {
    assert_eq!(
        plain("**Hello**,\nsee [our page](https://a.example) or <https://b.example>:\n- `one`\n> two"),
        "Hello,\nsee our page (https://a.example) or https://b.example:\n\u{2022} one\n\u{258e} two"
    );
}

#[test]
fn the_whole_mail() {
    let found = with("Hello Jörg,\nsee ![it](logo.png)", |letter| letter.signature = "Ana");
    let mail = Outgoing {
        mail: Mail {
            message_id: ID.into(),
            in_reply_to: vec!["b@c.example".into()],
            references: vec!["a@c.example".into(), "b@c.example".into()],
            subject: "Re: Größe".into(),
            to: vec![Mailbox::named("Jörg, M.", "j@bücher.example")],
            cc: vec![Mailbox::bare("d@d.example"), Mailbox::named("E", "e@e.example")],
            bcc: vec![Mailbox::bare("secret@s.example")],
            ..Mail::default()
        },
        manner: Manner::Reply,
        quoted: None,
        is_html: false,
    };
    let identity = Identity {
        from: Mailbox::named("Acme Support", "support@acme.example"),
        reply_to: Some(Mailbox::bare("support+tok@acme.example")),
    };
    let files = FILES.map(|file| FilePart {
        name: file.name,
        mime: file.mime,
        bytes: file.name.as_bytes(),
        cid: None,
    });
    let raw =
        build(&mail, &found, &identity, &files, 1_795_166_100_000, &[("Auto-Submitted", "no")]).unwrap();
    insta::assert_snapshot!(String::from_utf8(raw).unwrap().replace("\r\n", "\n"));
}
