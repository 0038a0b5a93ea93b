//! Calls by the desktop: on a session bus of its own, with somebody there who shows notifications, and without.
#![cfg(target_os = "linux")]

use crate::keyring::Ring;
use crate::support::pty::Pty;
use crate::support::{Home, until};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use zbus::zvariant::OwnedValue;

/// What a notification said: title, text, whether a sound was forbidden.
type Shown = Arc<Mutex<Vec<(String, String, bool)>>>;

/// Who shows notifications.
struct Desktop(Shown);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desktop {
    #[allow(clippy::too_many_arguments, reason = "the interface has so many")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        title: &str,
        text: &str,
        _actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        let silent = hints.get("suppress-sound").is_some_and(|v| bool::try_from(v).unwrap_or(false));
        self.0.lock().unwrap().push((title.to_owned(), text.to_owned(), silent));
        1
    }
}

/// A screen that nobody looks at, and to which a customer has written.
fn called(home: &Home, bus: &Ring) -> Pty {
    home.configure(
        "listen = \"127.0.0.1:0\"\n[notify]\nhow = \"desktop\"\nviews = \"all\"\n[workspace.main.channel.shop]\nprovider = \"webchat\"\n",
    );
    let mut screen = Pty::start_with(home, &[], 120, 40, &[("DBUS_SESSION_BUS_ADDRESS", &bus.address())]);
    let shown = screen.wait("/chat/shop");
    let page = shown.split_whitespace().find(|w| w.ends_with("/chat/shop")).unwrap().to_owned();
    screen.send("\x1b[O");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use frontdesk::sandbox::visitor::{Claims, Visitor};
        let visitor = Visitor::arrive(&page, &Claims::default()).await.unwrap();
        visitor.say("is <b>this</b> & that in stock?").await.unwrap();
    });
    screen
}

#[test]
fn the_desktop_shows_the_call_without_a_sound() {
    let (home, bus, shown) = (Home::empty(), Ring::bus(), Shown::default());
    let address = bus.address();
    let _desktop = zbus::blocking::connection::Builder::address(address.as_str())
        .and_then(|b| b.name("org.freedesktop.Notifications"))
        .and_then(|b| b.serve_at("/org/freedesktop/Notifications", Desktop(shown.clone())))
        .and_then(|b| b.build())
        .unwrap();
    let screen = called(&home, &bus);
    let (_, text, silent) = until("the notification", || shown.lock().unwrap().first().cloned());
    // What is shown may be markup: the customer's is none.
    assert_eq!(text, "Web chat: is &lt;b&gt;this&lt;/b&gt; &amp; that in stock?");
    assert!(silent);
    assert!(!String::from_utf8_lossy(&screen.raw()).contains("\x1b]9;"));
}

#[test]
fn a_desktop_that_shows_nothing_is_told_once() {
    let (home, bus) = (Home::empty(), Ring::bus());
    let screen = called(&home, &bus);
    screen.wait("the desktop shows no notification");
}
