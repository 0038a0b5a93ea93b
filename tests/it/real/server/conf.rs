//! What Dovecot and Exim are told: everything below one directory, loopback alone, no right of root.

use super::{DOMAIN, MAIL_HOST, Ports, USERS, password};
use std::path::Path;

/// As whom the servers run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub user: String,
    pub group: String,
    pub uid: u32,
    pub gid: u32,
}

/// Users for Dovecot: who they are, with what password, where their mail is.
pub fn dovecot_users(dir: &Path, owner: &Owner) -> String {
    let line = |user: &str| {
        let (Owner { uid, gid, .. }, home) = (owner, dir.join("mail").join(user));
        format!("{user}@{DOMAIN}:{{PLAIN}}{}:{uid}:{gid}::{}::\n", password(user), home.display())
    };
    USERS.iter().map(|user| line(user)).collect()
}

/// Users for Exim: a line with name and password each.
pub fn exim_users() -> String {
    USERS.iter().map(|user| format!("{user}@{DOMAIN}: {}\n", password(user))).collect()
}

/// Who is asked whether a token is good, and the logins by token that are offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Asked with `Authorization: Bearer …`; answers whose it is (RFC 7662), or 401.
    pub url: String,
    /// `xoauth2 oauthbearer`, or one of them.
    pub mechanisms: &'static str,
}

/// What Dovecot is told of tokens, in a file of its own.
pub fn dovecot_tokens(tokens: &Tokens) -> String {
    format!(
        "introspection_url = {}
introspection_mode = auth
username_attribute = email
username_format = %u
active_attribute = active
active_value = true
",
        tokens.url
    )
}

/// The configuration of Dovecot. Version 2.4 took new names for much of it.
pub fn dovecot(
    dir: &Path,
    owner: &Owner,
    ports: &Ports,
    version: (u32, u32),
    tokens: Option<&Tokens>,
) -> String {
    let d = dir.display();
    let mechanisms = tokens.map_or(String::new(), |tokens| format!(" {}", tokens.mechanisms));
    let by_token = match tokens {
        None => String::new(),
        Some(tokens) if version >= (2, 4) => format!(
            "oauth2 {{
  introspection_url = {}
  introspection_mode = auth
  username_attribute = email
  active_attribute = active
  active_value = true
}}
passdb oauth2 {{
  mechanisms_filter = xoauth2 oauthbearer
}}
",
            tokens.url
        ),
        Some(_) => format!(
            "passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {d}/tokens.dovecot
}}
"
        ),
    };
    let Owner { user, group, .. } = owner;
    let version = if version >= (2, 4) {
        format!(
            "dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
ssl_server_cert_file = {d}/cert.pem
ssl_server_key_file = {d}/key.pem
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = ~/Maildir
mailbox_list_layout = maildir++
{by_token}passdb passwd-file {{
  passwd_file_path = {d}/users.dovecot
}}
userdb passwd-file {{
  passwd_file_path = {d}/users.dovecot
}}
"
        )
    } else {
        format!(
            "ssl_cert = <{d}/cert.pem
ssl_key = <{d}/key.pem
disable_plaintext_auth = no
auth_username_format = %Lu
mail_location = maildir:~/Maildir
{by_token}passdb {{
  driver = passwd-file
  mechanisms = plain login none
  args = username_format=%u {d}/users.dovecot
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {d}/users.dovecot
}}
"
        )
    };
    // A wrong password costs nobody seconds here: neither itself nor, by the penalty for its address, the next login.
    format!(
        "{version}base_dir = {d}/run
state_dir = {d}/state
instance_name = test
log_path = {d}/log/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
auth_mechanisms = plain login{mechanisms}
auth_failure_delay = 0
mail_fsync = never
mail_max_userip_connections = 200
lmtp_add_received_header = no
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0600
  }}
}}
namespace inbox {{
  inbox = yes
{folders}}}
",
        imap = ports.imap,
        imaps = ports.imaps,
        folders = ["Sent", "Drafts", "Trash", "Archive", "Junk"].map(special).concat(),
    )
}

/// A folder that says what it is for (RFC 6154).
fn special(name: &str) -> String {
    format!("  mailbox {name} {{\n    special_use = \\{name}\n    auto = subscribe\n  }}\n")
}

/// The configuration of Exim: takes mail for the users, hands it to Dovecot by LMTP, and tells senders what could not be.
pub fn exim(dir: &Path, owner: &Owner, ports: &Ports) -> String {
    let d = dir.display();
    let Owner { uid, gid, .. } = owner;
    let Ports { smtp, smtps, submission, .. } = ports;
    let known = USERS.join(" : ");
    format!(
        "primary_hostname = {MAIL_HOST}
exim_path = {d}/exim
exim_user = {uid}
exim_group = {gid}
never_users =
keep_environment =
deliver_drop_privilege = true
spool_directory = {d}/spool
log_file_path = {d}/log/exim_%s.log
pid_file_path = {d}/exim.pid
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = {smtp} : {smtps} : {submission}
tls_on_connect_ports = {smtps}
tls_certificate = {d}/cert.pem
tls_privatekey = {d}/key.pem
tls_advertise_hosts = *
auth_advertise_hosts = *
host_lookup =
rfc1413_hosts =
message_size_limit = 40M
smtp_accept_max = 200
smtp_accept_max_per_host = 200
no_local_from_check
untrusted_set_sender = *
ignore_bounce_errors_after = 1m
bounce_return_size_limit = 20K
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
begin acl
acl_rcpt:
  deny  condition = ${{if eq{{$received_port}}{{{submission}}}}}
        !authenticated = *
        message = 5.7.0 Authentication required
  deny  local_parts = reject
        message = 5.1.1 No such user here
  defer local_parts = tempfail
        message = 4.3.2 Try again later
  deny  domains = !{DOMAIN}
        message = 5.7.1 Relaying denied
  accept
acl_data:
  accept
begin routers
known:
  driver = accept
  domains = {DOMAIN}
  local_parts = {known}
  local_part_suffix = +*
  local_part_suffix_optional
  transport = lmtp
unknown:
  driver = redirect
  domains = {DOMAIN}
  allow_fail
  data = :fail: 5.1.1 mailbox unknown
begin transports
lmtp:
  driver = lmtp
  socket = {d}/run/lmtp
  batch_max = 20
  return_path_add
  envelope_to_add
  delivery_date_add
begin retry
*  *  F,10m,5s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_set_id = $auth2
  server_condition = {plain}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_set_id = $auth1
  server_condition = {login}
",
        plain = condition(dir, "$auth2", "$auth3"),
        login = condition(dir, "$auth1", "$auth2"),
    )
}

/// True where that password is not empty and the one of that user.
fn condition(dir: &Path, user: &str, password: &str) -> String {
    let known = format!("${{lookup{{{user}}}lsearch{{{}/users.exim}}{{$value}}}}", dir.display());
    format!("${{if and{{{{!eq{{{password}}}{{}}}}{{eq{{{password}}}{{{known}}}}}}}}}")
}
