//! The reference of the configuration, generated from the table of keys.

use crate::config::keys::KEYS;
use std::fmt::Write;

/// `docs/reference/configuration.md` as it has to be.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Configuration\n\n\
         <!-- Generated from the table of keys; `FRONTDESK_BLESS=1 cargo test` writes it anew. -->\n\n\
         Frontdesk runs without a configuration. What is configured is read in layers, later ones win:\n\
         defaults, `config.toml`, environment variables, flags. A key that is not known is refused with its line.\n\n\
         With `--home DIR` or `FRONTDESK_HOME` everything lives together: `DIR/config.toml`, `DIR/data/WORKSPACE/`, `DIR/log/`, and in `DIR/state/`\n\
         whether the tour has been seen.\n\
         Otherwise the platform's directories are used (`~/.config/frontdesk`, `~/.local/share/frontdesk` and\n\
         `~/.local/state/frontdesk` on Linux, `~/Library/Application Support/frontdesk` on macOS).\n\n\
         ## Keys\n\n\
         | key | takes | default | variable |\n|---|---|---|---|\n",
    );
    for k in KEYS {
        let default = if k.default.is_empty() { "–".to_owned() } else { format!("`{}`", k.default) };
        // Writing to a String cannot fail.
        let _ =
            writeln!(out, "| `{}` | {} | {default} | `{}` |", k.key, k.takes().replace('|', "\\|"), k.env);
    }
    for k in KEYS {
        let _ = write!(out, "\n**`{}`**: {}\n", k.key, k.help);
    }
    out.push_str(TABLES);
    out
}

const TABLES: &str = r##"
## Agents

`[agents]` names the others who answer, by e-mail address:

```toml
[agents]
"ben@example.com" = "Ben"
```

## Keys of the screen

`[keys.CONTEXT]` binds chords to commands. Contexts, chords and commands are listed by `?` on the screen:

```toml
[keys.list]
"x" = "resolve"
```

## Themes

`themes/NAME.toml`, beside `config.toml`, is a theme of your own: a base, and the colours that differ from it.
With `theme = "NAME"` it is used; `:theme` shows it among the others.

```toml
base = "harbor"          # graphite (the usual one), harbor, paper, linen or contrast
accent = "#ffb454"       # where the focus is, keys, what is unread
selected = "#20384f"     # the ground of the selected row
```

Words: `ink` (all that has no colour of its own), `dim`, `accent`, `inbound`, `outbound`, `note`, `good`, `bad`, `found` (what a search
has found). Hair lines: `faint`. Grounds: `ground`, `selected`, `marked` (selected in a pane without the focus), `note_ground`, `overlay`.
Terminals of sixteen colours keep their own.

## Channels

One table per channel and workspace; `frontdesk channel add|set|enable|disable|remove` edits them and keeps your comments.
Names take lower-case letters, digits, `-` and `_`.

```toml
[workspace.main.channel.support]
provider = "twilio"      # see `frontdesk channel add --help` for the providers and their settings
enabled = true           # the default
account_sid = "AC…"
from = "+15550100"

[workspace.main.channel.support.secrets]
auth_token = { keyring = true }
```

Every setting is text in quotes, a whole number, or true or false.

A secret is never written into the file. It says where the secret is kept:

| written | kept |
|---|---|
| `{ keyring = true }` | in the keyring of the operating system: service `frontdesk/WORKSPACE`, user `CHANNEL/KEY` |
| `{ env = "VARIABLE" }` | in an environment variable |
| `{ file = "PATH" }` | in a file with mode 0600; relative to `config.toml` |
| `{ command = "COMMAND" }` | it is what the command prints (run by `sh`, at most 10 seconds) |
"##;
