//! What does not go as it should is told to who can help: in `channel list`, in `doctor`, on the screen.

use super::*;
use crate::support::pty::Pty;
use crate::support::{Home, until, write_private};
use frontdesk::sandbox::mailbox::ImapFault;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_could_not_be_kept_is_told_where_the_account_is_looked_at() {
    // The program runs by the time of this machine.
    let world = MailboxWorld::start(MailboxOptions::default()).await.unwrap();
    let home = Home::empty();
    let password = home.path().join("password");
    write_private(&password, &MailboxOptions::default().password);
    home.configure(&format!(
        r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[workspace.main.channel.desk]
provider = "imap"
address = "{OURS}"
imap_host = "127.0.0.1"
imap_port = {}
imap_security = "plain"
smtp_host = "127.0.0.1"
smtp_port = {}
smtp_security = "plain"

[workspace.main.channel.desk.secrets]
password = {{ file = {:?} }}
"#,
        world.imap().port(),
        world.smtp().port(),
        password.display().to_string(),
    ));
    let _serve = home.serve(0);
    for _ in 0..9 {
        world.plan_imap("APPEND", ImapFault::No("[OVERQUOTA] the mailbox is full".into()));
    }
    let sent =
        ["new", "--channel", "desk", "--to", "dana@example.net", "--subject", "Hello", "Hi", "--wait", "20"];
    home.run(&sent).ok();
    let channel = || home.run(&["channel", "list", "--json"]).ok().json().remove(0);
    let told = until("it is told", || {
        let channel = channel();
        (channel["status"] == "limited").then(|| channel["detail"].as_str().unwrap_or_default().to_owned())
    });
    assert!(told.starts_with("1 mail was sent, but no copy of it could be put"), "{told}");
    assert!(told.contains("the mailbox is full"), "{told}");
    let doctor = home.run(&["doctor", "--json"]);
    let notes: Vec<_> = doctor.json().into_iter().filter(|check| check["status"] == "note").collect();
    assert!(notes.iter().any(|note| note["detail"].as_str().is_some_and(|d| d.contains(&told))), "{notes:?}");
    let screen = Pty::start(&home, &[], 120, 40);
    screen.wait("limited");
    assert_eq!(world.handed().len(), 1);
}
