//! Large mails: their words are read wherever they stand among the files, and what is left of them is told.

use super::*;
use frontdesk::sandbox::mailbox::ImapFault;

/// A file of so many bytes, as it travels.
fn photo(bytes: usize) -> String {
    let line = "QUJD".repeat(19);
    let lines = vec![line.as_str(); bytes / 76 + 1];
    format!(
        "Content-Type: image/jpeg; name=\"IMG_2041.jpeg\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: inline; filename=\"IMG_2041.jpeg\"\r\n\r\n{}",
        lines.join("\r\n")
    )
}

/// A part of words.
fn words(kind: &str, text: &str) -> String {
    format!("Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}")
}

/// A mail of these parts.
fn of_parts(id: &str, kind: &str, parts: &[String]) -> Vec<u8> {
    let parts: String = parts.iter().map(|part| format!("--Apple-Mail=_1\r\n{part}\r\n")).collect();
    let more = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=\"Apple-Mail=_1\"\r\n\r\n{parts}--Apple-Mail=_1--\r\n"
    );
    let whole = mail(id, &more);
    // What stands behind the parts is for nobody.
    whole.strip_suffix(format!("\r\nHello {id}\r\n").as_bytes()).unwrap().to_vec()
}

/// The only mail of a world, read.
async fn read(world: &MailboxWorld) -> (Imap, MessageFact) {
    let imap = imap(world, &[]);
    let (events, _) = pull_all(&imap, &Cursor::default()).await;
    let [fact] = facts(&events)[..] else { panic!("{events:?}") };
    let fact = fact.clone();
    (imap, fact)
}

fn sentence(words: usize) -> String {
    (0..words).map(|n| format!("word{n}{}", if n % 12 == 11 { "\r\n" } else { " " })).collect()
}

#[tokio::test]
async fn words_behind_a_photo_are_read() {
    let world = world().await;
    let parts = [
        words("text/plain", "Look at this:"),
        photo(2_000_000),
        words("text/plain", "It came broken. Grüße"),
        photo(900_000),
        words("text/plain", "Sent from my iPhone"),
    ];
    world.deliver("INBOX", &of_parts("1", "mixed", &parts), &[]);
    let (imap, fact) = read(&world).await;
    assert_eq!(fact.external_id, "1@example.net");
    assert_eq!(fact.text, "Look at this:\n\nIt came broken. Grüße\n\nSent from my iPhone");
    let files: Vec<_> =
        fact.attachments.iter().map(|f| (f.external_id.as_str(), f.name.as_deref().unwrap())).collect();
    assert_eq!(files, [("2", "IMG_2041.jpeg"), ("4", "IMG_2041.jpeg")]);
    assert!(fact.attachments[0].size.unwrap() > 1_400_000);
    let got = imap.fetch(fact.attachments[1].media.as_ref().unwrap(), 5_000_000).await.unwrap();
    assert_eq!(&got.bytes[..6], b"ABCABC");
    let is_read = world.happened().imap.iter().any(|line| line.contains("BODY.PEEK[2]"));
    assert!(!is_read, "only the photo that was wanted");
}

#[tokio::test]
async fn a_long_text_is_read_whole() {
    for kind in ["text/plain", "text/html"] {
        let world = world().await;
        let text = sentence(80_000) + "the end";
        let head = format!("MIME-Version: 1.0\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{text}");
        let mail = mail("1", &head);
        assert!(mail.len() > 600_000);
        world.deliver("INBOX", &mail, &[]);
        let (_, fact) = read(&world).await;
        assert!(fact.text.contains("word79999") && fact.text.contains("the end"), "{kind}");
        assert!(!fact.text.contains("longer than what is shown"), "{kind}");
        assert!(fact.attachments.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn words_without_end_are_cut_told_of_and_kept_as_a_file() {
    let world = world().await;
    let long = sentence(200_000);
    world.deliver("INBOX", &of_parts("1", "mixed", &[words("text/plain", &long), photo(1_000)]), &[]);
    let (imap, fact) = read(&world).await;
    assert!(fact.text.len() < 1_200_000 && fact.text.contains("word50000"));
    assert!(
        fact.text.ends_with("the whole of it is among its files"),
        "{}",
        &fact.text[fact.text.len() - 90..]
    );
    let text = fact.attachments.iter().find(|file| file.external_id == "1").unwrap();
    assert_eq!(text.name.as_deref(), Some("text.txt"));
    let got = imap.fetch(text.media.as_ref().unwrap(), 50_000_000).await.unwrap();
    assert_eq!(String::from_utf8(got.bytes).unwrap(), long);
}

#[tokio::test]
async fn the_better_form_of_the_words_is_chosen_and_pictures_stay_in_their_place() {
    let world = world().await;
    let page = "<p>Hello <b>Ana</b>, see <img src=\"cid:a@x\"></p>";
    let forms = format!(
        "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n{}\r\n--i\r\n{}\r\n--i--",
        words("text/plain", "Hello Ana, see"),
        words("text/html", page)
    );
    let shown = photo(800_000).replace("Content-Disposition", "Content-ID: <a@x>\r\nContent-Disposition");
    world.deliver("INBOX", &of_parts("1", "related", &[forms, shown]), &[]);
    let (_, fact) = read(&world).await;
    assert_eq!(fact.text, "Hello Ana, see");
    assert!(fact.mail.unwrap().html.unwrap().contains("<b>Ana</b>"));
    assert_eq!(fact.attachments.len(), 1);
}

#[tokio::test]
async fn a_mail_that_the_server_does_not_describe_is_read_at_its_beginning() {
    let world = world().await;
    let parts = [words("text/plain", "Look at this:"), photo(900_000), words("text/plain", "Bye")];
    world.deliver("INBOX", &of_parts("1", "mixed", &parts), &[]);
    world.plan_imap("UID FETCH", ImapFault::Line("* OK heads".into()));
    world.plan_imap("UID FETCH", ImapFault::Garbled);
    let (_, fact) = read(&world).await;
    assert!(fact.text.starts_with("Look at this:\n\nOnly the beginning"), "{}", fact.text);
    assert_eq!(fact.attachments.len(), 1);
    assert_eq!(fact.attachments[0].size, None, "nobody knows");
}
