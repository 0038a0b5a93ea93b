//! Changes of single entries: values, names, and entries that go. What is written around them stays.

use crate::config::edit::{below, change, put};
use crate::config::error::ConfigError;
use crate::config::{Config, Paths};
use crate::domain::change::{Change, To};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, Table, Value};

/// Changes entries of the file, all of them or none. `check` hears what the file says before and after, and says what is wrong with
/// that; then the file is as it was.
///
/// # Errors
/// [`ConfigError::Refused`] for what `check` says, and for another entry in the place of a new one; what is wrong with the file before
/// or after the change.
pub fn entries(
    paths: &Paths,
    changes: &[Change],
    check: impl FnOnce(&Config, &Config) -> Vec<String>,
) -> Result<(), ConfigError> {
    change(paths, |document| changes.iter().try_for_each(|change| apply(document, change)), check)
}

fn apply(document: &mut DocumentMut, change: &Change) -> Result<(), ConfigError> {
    let mut table = document.as_table_mut();
    for name in &change.table {
        if matches!(change.to, To::Gone) && !table.contains_key(name) {
            return Ok(());
        }
        table = below(table, name)?;
    }
    let value = match &change.to {
        To::Gone => {
            remove(table, &change.key);
            return Ok(());
        }
        To::Called(name) => return rename(table, &change.key, name),
        To::Text(text) => Value::from(text.as_str()),
        To::List(texts) => Value::Array(texts.iter().map(String::as_str).collect::<Array>()),
        To::Table(pairs) => {
            if let Some(old) = table.get_mut(&change.key).and_then(Item::as_table_mut) {
                // It is written as a table of its own: it stays one.
                old.retain(|key, _| pairs.iter().any(|(name, _)| name == key));
                pairs.iter().for_each(|(key, text)| put(old, key, text.as_str().into()));
                return Ok(());
            }
            let pairs = pairs.iter().map(|(key, text)| (key.as_str(), Value::from(text.as_str())));
            Value::InlineTable(pairs.collect::<InlineTable>())
        }
    };
    if table.get(&change.key).is_some_and(|item| !item.is_value()) {
        table.remove(&change.key);
    }
    // The table is written down now, even if it was only a part of the names of others.
    if !change.table.is_empty() {
        table.set_implicit(false);
    }
    put(table, &change.key, value);
    Ok(())
}

/// Takes an entry away, with the remark right above it. What stands further above, behind an empty line, goes to the next entry.
fn remove(table: &mut Table, key: &str) {
    let next = table.iter().map(|(name, _)| name.to_owned()).skip_while(|name| name != key).nth(1);
    let Some((old, _)) = table.remove_entry(key) else { return };
    let above = old.leaf_decor().prefix().and_then(|p| p.as_str()).unwrap_or_default();
    let Some(kept) = above.rfind("\n\n").map(|at| above[..at + 2].to_owned()) else { return };
    if let Some(mut next) = next.as_deref().and_then(|name| table.key_mut(name)) {
        let own = next.leaf_decor().prefix().and_then(|p| p.as_str()).unwrap_or_default().to_owned();
        next.leaf_decor_mut().set_prefix(format!("{kept}{}", own.trim_start_matches('\n')));
    }
}

/// Gives an entry another key where it stands.
fn rename(table: &mut Table, from: &str, to: &str) -> Result<(), ConfigError> {
    if from == to {
        return Ok(());
    }
    if !table.contains_key(from) {
        return Err(ConfigError::NotFound(format!("there is no \u{201c}{from}\u{201d} any more")));
    }
    if table.contains_key(to) {
        return Err(ConfigError::Refused(format!(
            "there is \u{201c}{to}\u{201d} already: choose another name"
        )));
    }
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        let Some((old, item)) = table.remove_entry(&name) else { continue };
        if name == from {
            let renamed = Key::new(to).with_leaf_decor(old.leaf_decor().clone());
            table.insert_formatted(&renamed, item);
        } else {
            table.insert_formatted(&old, item);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# our desk\n\ntheme = \"paper\" # light\n\n[macros]\n# the good ones\nvip = [\"label +vip\"] # often\nlater = [\"snooze mon 9:00\"]\n\n[searches.Refunds]\n# of this year\nquery = \"refund\"\nkey = \"g f\"\n\n[searches.Angry]\nquery = \"score:>80\"\n\n[keys.list]\n\"x\" = \"resolve\"\n";

    fn after(changes: &[Change]) -> Result<String, ConfigError> {
        let mut document: DocumentMut = FILE.parse().unwrap();
        changes.iter().try_for_each(|change| apply(&mut document, change))?;
        Ok(document.to_string())
    }

    fn text(text: &str) -> To {
        To::Text(text.into())
    }

    #[test]
    fn a_value_changes_alone() {
        let changed = after(&[
            Change::new(&[], "theme", text("linen")),
            Change::new(&["macros"], "vip", To::List(vec!["label +rich".into(), "assign me".into()])),
            Change::new(&["searches"], "Refunds", To::Table(vec![("query".into(), "money".into())])),
        ]);
        let want = FILE
            .replace("\"paper\"", "\"linen\"")
            .replace("[\"label +vip\"]", "[\"label +rich\", \"assign me\"]")
            .replace("query = \"refund\"\nkey = \"g f\"\n", "query = \"money\"\n");
        assert_eq!(changed.unwrap(), want);
    }

    #[test]
    fn entries_come_get_other_names_and_go() {
        let changed = after(&[
            Change::new(&["keys", "panes"], "g v", text("macro vip")),
            Change::new(&["fields"], "budget", text("what they can spend")),
            Change::new(&["macros"], "vip", To::Called("rich".into())),
            Change::new(&["searches"], "Refunds", To::Called("Money back".into())),
            Change::new(&["keys", "list"], "x", To::Gone),
            Change::new(&["agents"], "nobody@example.com", To::Gone),
        ]);
        let want = FILE
            .replace("vip = [", "rich = [")
            .replace("Refunds", "\"Money back\"")
            .replace("\"x\" = \"resolve\"\n", "");
        assert_eq!(
            changed.unwrap(),
            format!(
                "{want}\n[keys.panes]\n\"g v\" = \"macro vip\"\n\n[fields]\nbudget = \"what they can spend\"\n"
            )
        );
        let refused = |key: &str, to: &str| after(&[Change::new(&["macros"], key, To::Called(to.into()))]);
        assert!(matches!(refused("vip", "later"), Err(ConfigError::Refused(_))));
        assert!(matches!(refused("gone", "later2"), Err(ConfigError::NotFound(_))));
    }

    #[test]
    fn what_stands_above_an_entry_that_goes_stays_behind_an_empty_line() {
        let file = "# our desk\n\n# the look\ntheme = \"paper\"\ntitle = false\n";
        let mut document: DocumentMut = file.parse().unwrap();
        apply(&mut document, &Change::new(&[], "theme", To::Gone)).unwrap();
        assert_eq!(document.to_string(), "# our desk\n\ntitle = false\n");
    }

    #[test]
    fn a_refused_change_leaves_the_file_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::at_home(home.path());
        std::fs::write(&paths.config_file, FILE).unwrap();
        let write = |to: To, wrong: &str| {
            let wrong: Vec<String> = (!wrong.is_empty()).then(|| wrong.to_owned()).into_iter().collect();
            entries(&paths, &[Change::new(&[], "theme", to)], |_, _| wrong)
        };
        assert!(
            write(text("linen"), "the light is off").unwrap_err().to_string().contains("the light is off")
        );
        assert!(matches!(write(text("Not a name"), ""), Err(ConfigError::Wrong(_))));
        assert_eq!(std::fs::read_to_string(&paths.config_file).unwrap(), FILE);
        write(text("linen"), "").unwrap();
        assert!(std::fs::read_to_string(&paths.config_file).unwrap().contains("\"linen\" # light"));
    }
}
