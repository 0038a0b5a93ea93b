//! Examples of attaching: by path, by paste, taken away, taken back, and said why not.

use super::*;
use crate::domain::attachment::{Enclosure, Written};
use crate::domain::capability::AttachmentLimits;
use crate::ui::effect::AttachTo;
use crate::ui::msg::FileEntry;

fn file(name: &str, mime: &str, size: u64) -> Enclosure {
    let path = format!("files/own/{}/{name}", "0123456789abcdef".repeat(4));
    Enclosure { name: name.into(), mime: mime.into(), size, path }
}

fn png(name: &str) -> Enclosure {
    file(name, "image/png", 184_000)
}

fn entry(name: &str, is_dir: bool) -> FileEntry {
    FileEntry { name: name.into(), is_dir, size: 184_000 }
}

/// A desk whose account takes two pictures of a megabyte.
fn desk() -> Desk {
    Desk::with(|d| {
        d.context = Box::new(|id| {
            let mut context = fixture::context(id);
            if let Some(caps) = &mut context.account.capabilities {
                caps.channels[0].attachments = AttachmentLimits {
                    kinds: vec!["image/png".into(), "image/jpeg".into()],
                    bytes: 1_000_000,
                    count: 2,
                    called: Some("MMS".into()),
                    ..AttachmentLimits::default()
                };
            }
            context
        });
    })
}

fn draft() -> AttachTo {
    AttachTo::Draft { conversation: id(1), mode: ComposeMode::Reply }
}

fn names(desk: &Desk) -> Vec<String> {
    desk.model.composer.as_ref().unwrap().files.iter().map(|f| f.name.clone()).collect()
}

fn attached(desk: &mut Desk, files: &[Enclosure]) {
    desk.send(Msg::Attached { to: draft(), result: Ok(files.to_vec()), pasted: None });
}

fn typed(desk: &Desk) -> String {
    desk.model.composer.as_ref().unwrap().text()
}

fn sent(text: &str, files: &[Enclosure]) -> Action {
    let text = Written { text: text.into(), files: files.to_vec(), mail: None };
    Action::Reply { conversation: id(1), text, undo_ms: 5_000, at: None }
}

fn attach(paths: &[&str], pasted: Option<&str>) -> Effect {
    Effect::Attach {
        to: draft(),
        paths: paths.iter().map(|p| (*p).to_owned()).collect(),
        pasted: pasted.map(str::to_owned),
    }
}

fn browse(dir: &str) -> Effect {
    Effect::Browse { dir: dir.into() }
}

#[test]
fn a_path_is_completed_and_its_file_goes_along() {
    let mut d = desk();
    assert_eq!(d.keys("r<a-a>"), [browse("~/")]);
    let home = vec![entry("Pictures", true), entry(".ssh", true), entry("plan.txt", false)];
    d.send(Msg::Browsed { dir: "~/".into(), found: Ok(home) });
    let text = d.text(80, 24);
    assert!(text.contains("Pictures/") && text.contains("plan.txt") && !text.contains(".ssh"), "{text}");
    // One fits: the whole name, and what is in it is asked for.
    assert_eq!(d.keys("pic<tab>"), [browse("~/Pictures/")]);
    // A late answer to another question is dropped.
    d.send(Msg::Browsed { dir: "~/".into(), found: Ok(vec![entry("late", false)]) });
    let found = vec![entry("IMG_1.png", false), entry("IMG_2.png", false), entry("notes.txt", false)];
    d.send(Msg::Browsed { dir: "~/Pictures/".into(), found: Ok(found) });
    // Several fit: what they have in common, then the next with each Tab.
    assert_eq!(d.keys("img<tab>"), []);
    assert!(d.text(80, 24).contains("~/Pictures/IMG_"), "{}", d.text(80, 24));
    assert_eq!(d.keys("<tab><enter>"), [attach(&["~/Pictures/IMG_2.png"], None)]);
    // While it is copied nothing is sent.
    assert_eq!(actions(d.keys("see<enter>")), []);
    attached(&mut d, &[png("IMG_2.png")]);
    assert_eq!(names(&d), ["IMG_2.png"]);
    let text = d.text(80, 24);
    assert!(text.contains("▣ IMG_2.png  PNG · 184 kB") && text.contains("MMS · 1 file"), "{text}");
    assert_eq!(actions(d.keys("<enter>")), [sent("see", &[png("IMG_2.png")])]);
    // The prompt begins where the last file was.
    let mut d = desk();
    d.keys("r<a-a>");
    d.send(Msg::Browsed { dir: "~/".into(), found: Ok(vec![entry("a.png", false)]) });
    d.keys("<enter><a-a>");
    assert!(d.text(80, 24).contains("~/"));
}

#[test]
fn hidden_names_are_offered_only_where_a_dot_is_typed_and_a_root_begins_anew() {
    let mut d = desk();
    d.keys("r<a-a>");
    d.send(Msg::Browsed { dir: "~/".into(), found: Ok(vec![entry(".hidden.png", false)]) });
    assert!(d.text(80, 24).contains("Nothing fits"));
    assert_eq!(d.keys("<enter>"), []);
    assert!(d.model.notice.as_ref().unwrap().text.contains("there is no file"));
    d.keys(".");
    assert!(d.text(80, 24).contains(".hidden.png"));
    assert_eq!(d.keys("<backspace>/"), [browse("/")]);
    d.send(Msg::Browsed { dir: "/".into(), found: Err("/ cannot be read: denied".into()) });
    assert!(d.text(80, 24).contains("cannot be read: denied"));
    assert_eq!(d.keys("<esc>"), []);
    assert!(d.model.overlays.is_empty());
}

#[test]
fn files_alone_are_sent_and_come_back_with_undo() {
    let mut d = desk();
    d.keys("r");
    attached(&mut d, &[png("a.png"), png("b.png")]);
    assert_eq!(actions(d.keys("<enter>")), [sent("", &[png("a.png"), png("b.png")])]);
    let ticket = d.model.tickets;
    d.done(ticket, Ok(Performed { message: Some(MessageId(20)), ..Performed::default() }));
    assert!(d.model.composer.is_none());
    assert_eq!(actions(d.keys("u")), [Action::Cancel { message: MessageId(20) }]);
    let ticket = d.model.tickets;
    d.done(ticket, Ok(Performed::default()));
    assert!(d.model.notice.as_ref().unwrap().text.contains("the files are in the draft"));
    d.keys("r");
    assert_eq!(names(&d), ["a.png", "b.png"]);
}

#[test]
fn what_the_medium_does_not_take_is_told_beside_the_file_and_not_sent() {
    let mut d = desk();
    d.keys("rhi");
    attached(&mut d, &[png("a.png"), file("v.mp4", "video/mp4", 32_000_000)]);
    let text = d.text(120, 40);
    assert!(text.contains("✗ v.mp4 cannot be sent (MP4); MMS takes PNG, JPEG"), "{text}");
    assert!(!text.contains("✗ cannot be sent:"), "said once: {text}");
    assert_eq!(actions(d.keys("<enter>")), []);
    assert!(d.model.notice.as_ref().unwrap().text.starts_with("not sent: v.mp4 cannot be sent"));
    // Several: which one is asked, the last one first.
    d.keys("<a-k>");
    assert!(d.text(120, 40).contains("Which file does not go along"));
    d.keys("<enter>");
    assert_eq!(names(&d), ["a.png"]);
    // Alt-U brings it back, and only then takes words.
    d.keys("<a-u>");
    assert_eq!((names(&d).len(), typed(&d)), (2, "hi".to_owned()));
    assert!(d.model.notice.is_none(), "it goes along again: {:?}", d.model.notice);
    d.keys("<a-k><enter>");
    assert_eq!(actions(d.keys("<enter>")), [sent("hi", &[png("a.png")])]);
    // Where the medium takes none, the key says so.
    let mut d = Desk::new();
    assert_eq!(d.keys("r<a-a>"), []);
    assert!(d.model.notice.as_ref().unwrap().text.contains("files cannot be sent on SMS"));
}

#[test]
fn a_pasted_path_becomes_its_file_and_one_step_makes_it_text_again() {
    let mut d = desk();
    d.keys("rsee ");
    d.out.clear();
    d.send(Msg::Paste("'/tmp/my photo.png' ".into()));
    assert_eq!(d.out, [attach(&["/tmp/my photo.png"], Some("'/tmp/my photo.png' "))]);
    let pasted = Some("'/tmp/my photo.png' ".to_owned());
    d.send(Msg::Attached { to: draft(), result: Ok(vec![png("my photo.png")]), pasted });
    assert_eq!((names(&d), typed(&d)), (vec!["my photo.png".to_owned()], "see ".to_owned()));
    d.keys("<a-u>");
    assert_eq!((names(&d).len(), typed(&d)), (0, "see '/tmp/my photo.png' ".to_owned()));
    // Where there is no such file it is text, and so is everything else.
    let mut d = desk();
    d.keys("r");
    d.send(Msg::Paste("/tmp/none".into()));
    let pasted = Some("/tmp/none".to_owned());
    d.send(Msg::Attached { to: draft(), result: Err("there is no file".into()), pasted });
    d.send(Msg::Paste(" is /not/ a path".into()));
    assert_eq!(typed(&d), "/tmp/none is /not/ a path");
}

#[test]
fn files_are_part_of_the_draft() {
    let mut d = desk();
    d.keys("r");
    attached(&mut d, &[png("a.png")]);
    d.out.clear();
    let kept = actions(d.keys("<esc>"));
    let text = Written { files: vec![png("a.png")], ..Written::default() };
    assert_eq!(kept, [Action::Draft { conversation: id(1), mode: ComposeMode::Reply, text }]);
    assert!(d.text(120, 40).contains("✎ draft Attachment: a.png"));
    // What comes after the composer was closed is not lost.
    attached(&mut d, &[png("b.png")]);
    d.keys("r");
    assert_eq!(names(&d).len(), 2);
    // The same file goes along once.
    attached(&mut d, &[png("a.png")]);
    assert_eq!(names(&d).len(), 2);
    // Emptied, and brought back.
    d.keys("<c-delete><esc>u");
    d.keys("r");
    assert_eq!(names(&d).len(), 2);
}

#[test]
fn many_files_leave_room_for_words() {
    let mut d = Desk::new();
    d.keys("rn<c-t>");
    let files: Vec<Enclosure> = (0..9).map(|n| png(&format!("{n}.png"))).collect();
    let to = AttachTo::Draft { conversation: id(1), mode: ComposeMode::Note };
    d.send(Msg::Attached { to, result: Ok(files), pasted: None });
    d.keys("words");
    let text = d.text(80, 24);
    assert!(text.contains("and 6 more files") && text.contains("words"), "{text}");
}

#[test]
fn a_quick_reply_brings_its_files() {
    let mut d = desk();
    let reply = QuickReply {
        shortcut: "map".into(),
        channel: None,
        language: None,
        slot: Some(1),
        title: "The way".into(),
        body: "This is the way".into(),
        files: vec![png("map.png")],
    };
    let row = QuickReplyRow { id: QuickReplyId(1), reply: reply.clone(), uses: 0 };
    d.send(Msg::Loaded(Box::new(Loaded::QuickReplies(vec![row]))));
    d.keys("r/map<tab>");
    assert_eq!((names(&d), typed(&d).as_str()), (vec!["map.png".to_owned()], "This is the way"));
    // In the list of all, a key adds one.
    let mut d = desk();
    let row = QuickReplyRow { id: QuickReplyId(1), reply: reply.clone(), uses: 0 };
    d.send(Msg::Loaded(Box::new(Loaded::QuickReplies(vec![row]))));
    d.keys(":manage quick<enter>");
    assert!(d.text(120, 40).contains("Attachment: map.png"), "{}", d.text(120, 40));
    assert_eq!(d.keys("f"), [browse("~/")]);
    d.send(Msg::Browsed { dir: "~/".into(), found: Ok(vec![entry("b.png", false)]) });
    let to = AttachTo::QuickReply { id: Some(QuickReplyId(1)), reply: reply.clone() };
    let asked = Effect::Attach { to: to.clone(), paths: vec!["~/b.png".into()], pasted: None };
    assert_eq!(d.keys("<enter>"), [asked]);
    d.out.clear();
    d.send(Msg::Attached { to, result: Ok(vec![png("b.png")]), pasted: None });
    let files = vec![png("map.png"), png("b.png")];
    let saved = Action::QuickReplySave { id: Some(QuickReplyId(1)), reply: QuickReply { files, ..reply } };
    assert_eq!(actions(std::mem::take(&mut d.out)), [saved]);
}
