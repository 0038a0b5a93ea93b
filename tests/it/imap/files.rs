//! Files of mails: named at once, fetched when somebody wants them, wherever the mail has gone meanwhile.

use super::*;
use frontdesk::domain::failure::Failure;
use frontdesk::domain::message::MediaRef;

/// A mail with a file of so many bytes, each a fresh letter.
fn with_file(id: &str, bytes: usize) -> (Vec<u8>, Vec<u8>) {
    use base64::Engine as _;
    let file: Vec<u8> = (0..bytes).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    let coded = base64::engine::general_purpose::STANDARD.encode(&file);
    let lines: Vec<&str> =
        (0..coded.len()).step_by(76).map(|at| &coded[at..coded.len().min(at + 76)]).collect();
    let more = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
         See the file\r\n--b\r\nContent-Type: application/pdf; name=\"offer.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"offer.pdf\"\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    );
    (mail(id, &more), file)
}

async fn media(imap: &Imap) -> MediaRef {
    let (events, _) = pull_all(imap, &Cursor::default()).await;
    let fact = facts(&events)[0].clone();
    let [file] = fact.attachments.as_slice() else { panic!("{fact:?}") };
    assert!(file.on_demand && file.path.is_none());
    file.media.clone().unwrap()
}

#[tokio::test]
async fn of_a_large_mail_the_words_are_read_and_its_file_in_one_piece() {
    let world = world().await;
    let (mail, bytes) = with_file("1", 3_000_000);
    world.deliver("INBOX", &mail, &[]);
    let imap = imap(&world, &[]);
    let media = media(&imap).await;
    let asked = world.happened().imap;
    assert!(asked.iter().any(|line| line.contains("BODY.PEEK[1]<0.")), "{asked:?}");
    assert!(
        !asked.iter().any(|line| line.contains("BODY.PEEK[]") || line.contains("BODY.PEEK[2]")),
        "{asked:?}"
    );
    let got = imap.fetch(&media, 5_000_000).await.unwrap();
    assert!(got.bytes == bytes, "{} bytes", got.bytes.len());
    assert_eq!(got.mime.as_deref(), Some("application/pdf"));
    match imap.fetch(&media, 2_999_999).await {
        Err(Failure::Rejected { reason, .. }) => assert_eq!(reason.code.as_deref(), Some("too-large")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_is_found_where_its_mail_has_gone_and_told_where_it_is_gone() {
    let world = world().await;
    let (mail, bytes) = with_file("1", 900_000);
    let uid = world.deliver("INBOX", &mail, &[]);
    let imap = imap(&world, &[]);
    let media = media(&imap).await;
    // Other numbers, then another folder.
    world.recount("INBOX");
    assert!(imap.fetch(&media, 1_000_000).await.unwrap().bytes == bytes);
    world.remove("INBOX", world.mails("INBOX")[0].0);
    world.deliver("Archive", &mail, &[]);
    assert!(imap.fetch(&media, 1_000_000).await.unwrap().bytes == bytes);
    world.remove("Archive", world.mails("Archive")[0].0);
    match imap.fetch(&media, 1_000_000).await {
        Err(Failure::Rejected { reason, .. }) => assert_eq!(reason.code.as_deref(), Some("gone")),
        other => panic!("{other:?} {uid}"),
    }
    for odd in ["", "{}", "https://example.com/x", r#"{"f":"INBOX","v":1,"u":1,"p":"1] x","id":""}"#] {
        let odd = imap.fetch(&MediaRef(odd.into()), 10).await;
        assert!(matches!(odd, Err(Failure::Rejected { .. })), "{odd:?}");
    }
}
