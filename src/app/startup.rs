//! What the screen is told of the configuration: at its start, and anew whenever that changes.

use crate::app::setup;
use crate::app::workspace::Workspace;
use crate::config::names::check_name;
use crate::config::{Config, Place};
use crate::domain::clock::Ms;
use crate::ui;
use crate::ui::icons::Icons;
use crate::ui::reading::ReadPolicy;
use crate::ui::startup::{Colors, Comfort, Macro, RawBinding, Startup};
use crate::ui::theme::{Ground, ThemeFile, Themes};
use jiff::tz::TimeZone;

/// How a screen of this workspace starts.
pub fn of(workspace: &Workspace, tz: TimeZone, now: Ms) -> Startup {
    let config = &workspace.config;
    Startup {
        me: workspace.me.clone(),
        workspace: config.workspace.clone(),
        tz,
        now,
        themes: themes(config),
        colors: colors(),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
        keys: bindings(config),
        macros: macros_of(config),
        searches: config.desk.searches.iter().map(|s| (s.name.clone(), s.query.clone())).collect(),
        fields: config.desk.fields.iter().map(|f| (f.name.clone(), f.about.clone())).collect(),
        book: setup::book(),
        first: setup::is_first_start(workspace),
        undo_ms: i64::try_from(config.undo_seconds.saturating_mul(1000)).unwrap_or(5_000),
        comfort: Comfort {
            // The table of keys has no other words.
            reads: ReadPolicy::of(&config.read_policy).unwrap_or_default(),
            title: config.title,
            tour: !config.paths.tour_seen().exists(),
            icons: Icons::of(&config.icons).unwrap_or_default(),
            notify: config.notify.clone(),
        },
        phone_region: config.phone_region.clone(),
        confirm_patterns: config.confirm_patterns.clone(),
        sla: config.desk.sla(),
        later: Vec::new(),
    }
}

/// What is wrong with keys and macros of a configuration, with file and line.
pub fn desk_errors(config: &Config) -> Vec<String> {
    [ui::key_errors(&bindings(config)), ui::macro_errors(&macros_of(config))].concat()
}

fn macros_of(config: &Config) -> Vec<Macro> {
    let each = config.desk.macros.iter();
    each.map(|m| Macro { name: m.name.clone(), lines: m.lines.clone(), place: m.place.to_string() }).collect()
}

/// The keys of the configuration as the screen takes them, those of saved searches among them.
pub fn bindings(config: &Config) -> Vec<RawBinding> {
    let binding = |context: &str, key: &str, command: String, place: &Place, displaces| RawBinding {
        context: context.to_owned(),
        key: key.to_owned(),
        command,
        file: config.paths.config_file.display().to_string(),
        line: match place {
            Place::File { line, .. } => *line,
            Place::Default | Place::Env(_) | Place::Flag(_) => 0,
        },
        displaces,
    };
    let searches = config.desk.searches.iter().filter_map(|s| {
        let key = s.key.as_ref()?;
        Some(binding("panes", key, format!("list {}", s.query), &s.place, false))
    });
    let keys = config.keys.iter().map(|k| binding(&k.context, &k.chord, k.command.clone(), &k.place, true));
    keys.chain(searches).collect()
}

/// The themes that come with the program and those in files beside the configuration.
fn themes(config: &Config) -> Themes {
    let dir = config.paths.themes();
    let mut files: Vec<ThemeFile> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.strip_suffix(".toml")?.to_owned();
            check_name(&name).ok()?;
            let text = std::fs::read_to_string(&path).map_err(|e| e.to_string());
            Some(ThemeFile { name, file: path.display().to_string(), text })
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Themes::new(&config.theme, &config.origin("theme").to_string(), ground(), &files)
}

/// The ground of the terminal, from what rxvt and its followers tell; no query, which would delay the first paint.
fn ground() -> Ground {
    match std::env::var("COLORFGBG").ok().as_deref().and_then(|v| v.rsplit(';').next()?.parse::<u8>().ok()) {
        Some(7 | 9..=15) => Ground::Light,
        _ => Ground::Dark,
    }
}

fn colors() -> Colors {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let (color, term) = (of("COLORTERM"), of("TERM"));
    if color == "truecolor" || color == "24bit" || term.ends_with("-direct") {
        Colors::True
    } else if term.contains("256color") {
        Colors::Indexed
    } else {
        Colors::Ansi
    }
}
