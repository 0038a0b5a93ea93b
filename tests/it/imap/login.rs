//! Logging in, TLS, and that whatever fails is told with its step.

use super::*;
use frontdesk::domain::failure::Failure;
use frontdesk::provider::Again;
use frontdesk::provider::imap::VENDOR;
use frontdesk::sandbox::mailbox::{ImapFault, SmtpFault, Step};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/mail-cert.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/mail-key.pem");

pub fn tls() -> Arc<rustls::ServerConfig> {
    let certificates = CertificateDer::pem_file_iter(CERTIFICATE).unwrap().map(Result::unwrap).collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, PrivateKeyDer::from_pem_file(KEY).unwrap())
        .unwrap();
    Arc::new(config)
}

/// By STARTTLS at both servers.
const STARTTLS: &[(&str, &str)] =
    &[("imap_security", "starttls"), ("smtp_security", "starttls"), ("ca_file", CERTIFICATE)];

async fn refused(setup: &Setup) -> Failure {
    provider(setup, HASTY).probe().await.unwrap_err()
}

#[tokio::test]
async fn the_mailbox_is_a_provider_of_the_registry() {
    let world = world().await;
    let setup = setup(&world, &[]);
    assert_eq!(frontdesk::provider::vendor("imap").map(|v| v.name), Some("imap"));
    assert_eq!((VENDOR.check)(&setup.settings), Ok(()));
    assert!((VENDOR.check)(&Default::default()).is_err());
    let built = (VENDOR.build)(&setup, &http()).unwrap();
    assert_eq!(built.probe().await.unwrap().who, OURS);
    let can = (VENDOR.capabilities)(&setup.settings).unwrap();
    assert!(can.on(Channel::Email).is_some_and(|email| email.start));
    assert_eq!((VENDOR.addresses)(&setup.settings), [(Channel::Email, OURS.to_owned())]);
    let nothing = Setup { secrets: Default::default(), ..setup };
    assert!(matches!((VENDOR.build)(&nothing, &http()), Err(Failure::Auth { .. })));
}

#[tokio::test]
async fn every_way_to_log_in() {
    for (imap, mechanisms, secret) in [
        (vec!["SASL-IR"], vec!["PLAIN"], "password"),
        (vec![], vec!["PLAIN"], "password"),
        (vec![], vec!["LOGIN"], "password"),
        (vec!["SASL-IR"], vec!["XOAUTH2", "PLAIN"], "token"),
        (vec![], vec!["XOAUTH2"], "token"),
        (vec!["SASL-IR"], vec!["OAUTHBEARER"], "token"),
        (vec![], vec!["OAUTHBEARER"], "token"),
    ] {
        let told = format!("{imap:?} {mechanisms:?} {secret}");
        let options = MailboxOptions { imap, mechanisms, tokens: vec!["t0ken".into()], ..options() };
        let world = MailboxWorld::start(options).await.unwrap();
        let mut good = setup(&world, &[]);
        if secret == "token" {
            good.secrets.insert("token".into(), Secret::new("t0ken".into()));
        }
        assert_eq!(provider(&good, PATIENT).probe().await.map(|l| l.who), Ok(OURS.into()), "{told}");
        let mut bad = good.clone();
        bad.secrets.insert(secret.into(), Secret::new("wrong".into()));
        match provider(&bad, PATIENT).probe().await {
            Err(Failure::Auth { human }) => {
                assert!(human.starts_with("logging in to 127.0.0.1 as support@"), "{told}: {human}");
                assert!(human.contains("Authentication failed"), "{told}: {human}");
            }
            other => panic!("{told}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_old_way_is_taken_where_the_new_one_is_missing_or_not_understood() {
    let world = MailboxWorld::start(MailboxOptions { mechanisms: vec![], ..old_server(&[]) }).await.unwrap();
    let (imap_only, cursor) = (imap(&world, &[]), Cursor::default());
    pull(&imap_only, &cursor).await;
    assert!(world.happened().imap.iter().any(|line| line.contains(" LOGIN ")));
    let world = super::world().await;
    world.plan_imap("AUTHENTICATE", ImapFault::Bad);
    pull(&imap(&world, &[]), &cursor).await;
    assert!(world.happened().imap.iter().any(|line| line.contains(" LOGIN ")));
}

#[tokio::test]
async fn a_password_is_not_sent_where_the_server_says_so() {
    let options = MailboxOptions { mechanisms: vec![], ..old_server(&["LOGINDISABLED"]) };
    let world = MailboxWorld::start(options).await.unwrap();
    let told = refused(&setup(&world, &[])).await;
    assert!(matches!(&told, Failure::Auth { human } if human.contains("LOGINDISABLED")), "{told:?}");
    assert!(!world.happened().imap.iter().any(|line| line.contains("LOGIN")), "{:?}", world.happened());
}

#[tokio::test]
async fn starttls_hears_nothing_that_was_said_before() {
    for injected in ["", "F2 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] done\r\n", "250 AUTH PLAIN\r\n"] {
        let world =
            MailboxWorld::start(MailboxOptions { tls: Some(tls()), injected, ..options() }).await.unwrap();
        let probed = provider(&setup(&world, STARTTLS), PATIENT).probe().await;
        if injected.is_empty() {
            assert_eq!(probed.unwrap().who, OURS);
        } else {
            // Either it is dropped with what was read, or it spoils the handshake: it is never believed.
            match probed {
                Ok(login) => assert_eq!(login.who, OURS),
                Err(failure) => assert!(failure.to_string().contains("TLS"), "{failure}"),
            }
        }
        let before = world.happened().imap.iter().take_while(|line| !line.contains("STARTTLS")).count();
        assert!(before <= 1, "nothing but questions before TLS: {:?}", world.happened().imap);
    }
}

#[tokio::test]
async fn without_tls_nothing_is_said_that_matters() {
    // No STARTTLS offered.
    let world = super::world().await;
    let told = refused(&setup(&world, STARTTLS)).await;
    assert!(told.to_string().contains("offers no STARTTLS"), "{told}");
    // Open before TLS.
    let world = MailboxWorld::start(MailboxOptions { tls: Some(tls()), ..options() }).await.unwrap();
    world.plan_imap("GREETING", ImapFault::Line("* PREAUTH welcome".into()));
    let told = refused(&setup(&world, STARTTLS)).await;
    assert!(matches!(told, Failure::Rejected { .. }), "{told:?}");
    // A certificate of nobody that is known.
    let unknown: Vec<_> = STARTTLS.iter().copied().filter(|(key, _)| *key != "ca_file").collect();
    let told = refused(&setup(&world, &unknown)).await.to_string();
    assert!(told.starts_with("TLS with 127.0.0.1") && told.contains("ca_file"), "{told}");
    // Not TLS at all.
    let told = refused(&setup(&world, &[("imap_security", "tls")])).await.to_string();
    assert!(told.starts_with("TLS with 127.0.0.1") && told.contains("without TLS"), "{told}");
}

#[tokio::test]
async fn what_fails_is_told_with_its_step() {
    let world = super::world().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let gone = nobody.to_string();
    let told = refused(&setup(&world, &[("imap_port", &gone)])).await;
    assert_eq!(
        told,
        Failure::transient(format!("connecting to 127.0.0.1:{gone}: nobody listens at 127.0.0.1:{gone}"))
    );
    let told = refused(&setup(&world, &[("smtp_port", &gone)])).await.to_string();
    assert!(told.starts_with("SMTP: connecting to 127.0.0.1:"), "{told}");
    let told = refused(&setup(&world, &[("folders", "INBOX, Orders")])).await.to_string();
    assert!(told.starts_with("opening Orders: there is no folder"), "{told}");

    world.plan_imap("GREETING", ImapFault::Bye("Too many connections".into()));
    let told = refused(&setup(&world, &[])).await;
    assert!(matches!(&told, Failure::Transient { human, .. } if human.contains("Too many")), "{told:?}");
    world.plan_imap("GREETING", ImapFault::Silent);
    let told = refused(&setup(&world, &[])).await.to_string();
    assert!(told.starts_with("greeting of 127.0.0.1:") && told.contains("too long"), "{told}");
    world.plan_imap("AUTHENTICATE", ImapFault::No("[UNAVAILABLE] The directory is down".into()));
    let told = refused(&setup(&world, &[])).await;
    assert!(matches!(&told, Failure::Transient { human, .. } if human.contains("directory")), "{told:?}");
    world.plan_smtp(Step::Greeting, SmtpFault::Reply(554, "5.7.1 not you".into()));
    let told = refused(&setup(&world, &[])).await;
    assert!(
        matches!(&told, Failure::Rejected { reason, .. } if reason.human.contains("not you")),
        "{told:?}"
    );
    world.plan_smtp(Step::Auth, SmtpFault::Reply(535, "5.7.8 app password required".into()));
    let told = refused(&setup(&world, &[])).await;
    assert!(matches!(&told, Failure::Auth { human } if human.starts_with("SMTP: logging in")), "{told:?}");
    world.plan_smtp(Step::Auth, SmtpFault::Reply(454, "4.7.0 later".into()));
    assert!(matches!(refused(&setup(&world, &[])).await, Failure::Transient { .. }));
}

#[tokio::test]
async fn an_access_token_is_asked_for_at_every_login() {
    let tokens = vec!["first".into(), "second".into(), "third".into()];
    let options = MailboxOptions { tokens, mechanisms: vec!["XOAUTH2"], ..options() };
    let world = MailboxWorld::start(options).await.unwrap();
    let mut setup = setup(&world, &[]);
    setup.secrets.insert("token".into(), Secret::new("first".into()));
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = asked.clone();
    setup.again = Again::new(move |name| {
        assert_eq!(name, "token");
        let n = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(Secret::new(["second", "third"][n].into()))
    });
    let imap = provider(&setup, PATIENT);
    // The mailbox, then sending: two logins.
    imap.probe().await.unwrap();
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    let page = pull(&imap, &Cursor::default()).await;
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
    // A connection that is kept needs none.
    pull(&imap, &page.cursor).await;
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
}
