//! `completions`, `man` and the reference of all commands: all made from the definitions of the arguments.

use crate::app::api::REGISTRY;
use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::domain::setting::login_words;
use clap::{Command, CommandFactory};
use std::fmt::Write;
use std::path::Path;

/// The definitions of all arguments, with what only the registry knows: the providers and their settings.
pub fn definitions() -> Command {
    let mut text = String::from("Providers:\n");
    for vendor in REGISTRY {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {}: {}\n", vendor.name, vendor.summary);
        for spec in vendor.settings {
            let option = if spec.is_secret() { "--secret" } else { "--set" };
            let needed = if spec.required { " (needed)" } else { "" };
            let written = format!("{option} {}", spec.key);
            let _ = writeln!(text, "    {written:<32} {}{needed}", spec.help);
        }
        if let Some(words) = login_words(vendor.logins) {
            let _ = writeln!(text, "    To log in it takes {words}.");
        }
    }
    Cli::command().mut_subcommand("channel", |c| c.mut_subcommand("add", |a| a.after_help(text)))
}

/// Prints a completion script.
///
/// # Errors
/// When nobody takes the output.
pub fn completions(ctx: &mut Context, shell: clap_complete::Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definitions(), "frontdesk", &mut script);
    Ok(ctx.out.raw(&script)?)
}

/// Prints the manual page, or writes those of all commands.
///
/// # Errors
/// When nobody takes the output, or the directory cannot be written.
pub fn man(ctx: &mut Context, dir: Option<&Path>) -> Result<(), CliError> {
    match dir {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            clap_mangen::generate_to(definitions(), dir)?;
            Ok(ctx.out.line(&format!("the pages are in {}", dir.display()))?)
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(definitions()).render(&mut page)?;
            Ok(ctx.out.raw(&page)?)
        }
    }
}

/// `docs/reference/commands.md` as it has to be.
pub fn markdown() -> String {
    let mut root = definitions().term_width(100);
    root.build();
    let mut out = String::from(
        "# Commands\n\n\
         <!-- Generated from the definitions of the arguments; `FRONTDESK_BLESS=1 cargo test` writes it anew. -->\n\n\
         `--workspace NAME`, `--home DIR` and `--json` work with every command.\n",
    );
    section(&mut out, &root, "frontdesk", 2);
    out.push_str(NOTES);
    out
}

fn section(out: &mut String, command: &Command, name: &str, depth: usize) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(out, "\n{} {name}\n\n{}\n", "#".repeat(depth), about.trim());
    let usage = command.clone().render_usage().to_string();
    let _ = write!(out, "\n```\n{}\n```\n", usage.trim_start_matches("Usage: ").trim());
    let arguments: Vec<String> = command
        .get_arguments()
        .filter(|a| !a.is_global_set() || depth == 2)
        .filter(|a| !matches!(a.get_id().as_str(), "help" | "version") && !a.is_hide_set())
        .map(argument)
        .collect();
    if !arguments.is_empty() {
        let _ = write!(out, "\n{}\n", arguments.join("\n"));
    }
    if name == "frontdesk channel add" {
        providers(out);
    }
    for sub in command.get_subcommands().filter(|s| s.get_name() != "help") {
        section(out, sub, &format!("{name} {}", sub.get_name()), depth + 1);
    }
}

fn providers(out: &mut String) {
    for vendor in REGISTRY {
        let _ = write!(
            out,
            "\nThe provider `{}`, {}:\n\n| setting | | |\n|---|---|---|\n",
            vendor.name, vendor.summary
        );
        for spec in vendor.settings {
            let kind = match (spec.is_secret(), spec.required) {
                (true, _) => "secret",
                (false, true) => "needed",
                (false, false) => "",
            };
            let _ = writeln!(out, "| `{}` | {kind} | {} |", spec.key, spec.help.replace('|', "\\|"));
        }
        if let Some(words) = login_words(vendor.logins) {
            let _ = writeln!(out, "\nTo log in it takes {words}.");
        }
    }
}

fn argument(argument: &clap::Arg) -> String {
    let names: Vec<String> =
        argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let value = if argument.get_action().takes_values() { names.join(" ") } else { String::new() };
    let written = match argument.get_long() {
        Some(long) if value.is_empty() => format!("--{long}"),
        Some(long) => format!("--{long} {value}"),
        None => value,
    };
    let mut help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|v| format!("`{}`", v.get_name()))
        .collect();
    if !words.is_empty() {
        help = format!("{help}: {}", words.join(", "));
    }
    let default: Vec<String> =
        argument.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if !default.is_empty() && argument.get_action().takes_values() {
        help = format!("{help} [default: {}]", default.join(" "));
    }
    format!("- `{written}`: {help}")
}

const NOTES: &str = r#"
## Output for programs

With `--json` each command prints one object a line. Times are RFC 3339 in UTC with milliseconds, ids are strings that
can be used as arguments, what is absent is `null`, and characters that could harm a terminal are `\u` escapes.
Without it the output is for people: aligned, and foreign text in it is made harmless. Messages go to standard error.

| command | fields |
|---|---|
| `list` | `id, channel, account, external_id, contact{id,name}, address, subject, status, snoozed_until, priority, assignee, labels, qualification, qualification_reason, unread, waiting_since, last_message_at, answer_at, preview, draft, troubled` |
| `show` | the fields of `list`, and `messages[]{id, external_id, kind, direction, author{kind,name}, text, sent_at, delivery, error{code,human}, due_at, metadata, attachments[]{id,name,mime,size,caption,path,error}}` |
| `search` | `conversation, message, channel, contact{id,name}, direction, sent_at, snippet` |
| `new`, `reply`, `note`, and all that change something | `op, message, conversation, delivery, changed` |
| `outbox` | `op, message, conversation, kind, state, reason, code, attempts, not_before` |
| `channel list` | `name, provider, channels[], status, detail, webhook_url, page_url` |
| `quick-reply list` | `shortcut, channel, language, slot, title, body, uses` |
| `quick-reply import` | `shortcut, channel, language, outcome`: `added`, `changed` or `unchanged` |
| `webhooks list` | `id, account, received_at, state, error, dedupe_key, size` |
| `keys` | `command, keys[], title, help` |
| `guide` | `topic, title`, of one page also `text` |
| `workspace list` | `name, selected, directory, channels` |
| `doctor` | `check, status, detail` |

`assignee` is an agent's e-mail or `team:NAME`. `direction` is `inbound`, `outbound`, `note` or `activity`. `delivery` is `queued`,
`sending`, `retrying`, `parked`, `unknown`, `cancelled`, `accepted`, `failed`, `delivered` or `read`.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failure |
| 2 | usage: it was asked for in a way that makes no sense |
| 3 | not found |
| 4 | refused with a reason |
| 5 | store or lock |
| 6 | `--wait` ran out |
"#;
