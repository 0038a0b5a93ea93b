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
         No one has to open the file: Setup on the screen (`g c`) changes channels, agents, macros, searches, fields, keys and the theme,\n\
         says where each stands, and keeps your comments. A running screen and a running engine take a changed file in by themselves\n\
         (`themes/*.toml` as well), half a second after it was last written. A mistake changes nothing: what was good before still holds,\n\
         and the bar and `!` tell the file and the line until it is mended. A restart is needed for `listen`, `public_url`,\n\
         `default_workspace`, `agent.email` and `log_level`; the screen says so.\n\n\
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

`[agents]` names the others who answer, by e-mail address; `[agent]` with `name` and `email` is you:

```toml
[agents]
"ben@example.com" = "Ben"
```

## What is asked about before it is sent

`[confirm_patterns]` names regular expressions (of the crate `regex`, in single quotes). A message to a customer that has a match is
sent after a question on the screen, and on the command line with `--confirmed`. Numbers of payment cards are always asked about:

```toml
[confirm_patterns]
"an IBAN" = '\b[A-Z]{2}\d{2}( ?\w{4}){3,7}\b'
```

## Keys of the screen

`[keys.CONTEXT]` binds chords to commands. Contexts, chords and commands are listed by `?` on the screen:

```toml
[keys.list]
"x" = "resolve"
"g v" = "macro vip"
```

A chord runs a command by its id, a macro (`macro NAME`), or an order with its words (`priority urgent`, `label +vip`,
`snooze mon 9:00`); `none` takes the chord away. A line displaces whatever it would be ambiguous with.

## Macros

`[macros]` puts several lines under one name: orders, ids of commands, other macros. `,` picks one, `@` records one, and
`frontdesk macro run NAME CONVERSATION` runs one from a script.

```toml
[macros]
vip = ["label +vip", "priority high", "assign me"]
```

## Fields

`[fields]` names the free fields of the qualification, and says what they are for:

```toml
[fields]
budget = "what they can spend"
deadline = "when they need it"
```

## Searches

`[searches]` puts queries under names; they stand in the sidebar with their counts. A key is a chord of the panes.

```toml
[searches]
"Angry and rich" = "score:>80 priority:urgent"
"Refunds" = { query = "refund status:open", key = "g f" }
```

## Times for answers

`[sla.NAME]` says how soon customers are to be answered, `[hours.NAME]` when that time runs. Of several that fit, the first in the file
counts; one without `for` counts where no other fits. [../sla.md](../sla.md) tells what comes of it.

```toml
[sla.vip]
for = "label:vip"          # without it: all conversations
first_reply = "15m"        # to somebody who was never answered
next_reply = "1h"          # to everybody else; one of the two is enough
hours = "office"           # without it the time always runs

[sla.usual]
first_reply = "1h"
next_reply = "4h"
hours = "office"

[hours.office]
time_zone = "Europe/Amsterdam"       # without it: this machine's
mon-fri = "9:00-12:30, 13:00-17:30"
sat = "10:00-14:00"
```

`for` is a [query](queries.md) of what a conversation itself shows: `channel:`, `account:`, `label:`, `priority:`, `qualified:` and
`score:`. Times are written as `30m`, `2h`, `1d` or `1w`; a day has 24 hours, of business hours as well. Spans end on the day on which
they begin: a night is `22:00-24:00` and, on the next day, `0:00-6:00`.

## Spam

`[spam.NAME]` is a rule: the first message of somebody who has never been answered is spam if all holds that the rule says. The
thread tells which rule it was; the message is kept, and `X` takes the conversation out of the spam.

```toml
[spam.coins]
words = ["bitcoin", "forex"]       # one of them is in the text
links = 2                          # so many links at least
from = ["+1900*", "*@spam.example"]
channels = ["sms", "email"]        # without it: on all
```

## Themes

`themes/NAME.toml`, beside `config.toml`, is a theme of your own: a base, and the colours that differ from it.
With `theme = "NAME"` it is used; `:theme` and Setup show it among the others. What you choose there or with F2 is written here.

```toml
base = "harbor"          # graphite (the usual one), harbor, paper, linen or contrast
accent = "#ffb454"       # where the focus is, keys, what is unread
selected = "#20384f"     # the ground of the selected row
```

Words: `ink` (all that has no colour of its own), `dim`, `accent`, `inbound`, `outbound`, `note`, `good`, `bad`, `found` (what a search
has found). Hair lines: `faint`. Grounds: `ground`, `selected`, `marked` (selected in a pane without the focus), `note_ground`, `overlay`.
Terminals of sixteen colours keep their own.

## Channels

One table per channel and workspace; Setup on the screen (`g c`) and `frontdesk channel add|set|enable|disable|remove` edit them
and keep your comments.
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
