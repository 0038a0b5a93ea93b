//! Macros without a screen: their orders, one after another.

use crate::config::Config;
use crate::domain::order::Order;

/// Macros within macros that are followed.
const DEEPEST: usize = 16;

/// The orders of a macro of the configuration, those of macros in it included.
///
/// # Errors
/// There is none of that name, or a line of it only makes sense on the screen.
pub fn orders(config: &Config, name: &str) -> Result<Vec<Order>, String> {
    let mut out = Vec::new();
    expand(config, name, DEEPEST, &mut out)?;
    Ok(out)
}

fn expand(config: &Config, name: &str, left: usize, out: &mut Vec<Order>) -> Result<(), String> {
    let macros = &config.desk.macros;
    let Some(found) = macros.iter().find(|m| m.name == name) else {
        let known: Vec<&str> = macros.iter().map(|m| m.name.as_str()).collect();
        return Err(if known.is_empty() {
            format!(
                "there is no macro \u{201c}{name}\u{201d}: the configuration has none, write them under [macros]"
            )
        } else {
            format!("there is no macro \u{201c}{name}\u{201d}: use one of {}", known.join(", "))
        });
    };
    for line in &found.lines {
        if let Some(other) = line.trim().strip_prefix("macro ") {
            if left == 0 {
                return Err(format!("{}: the macro \u{201c}{name}\u{201d} calls itself", found.place));
            }
            expand(config, other.trim(), left - 1, out)?;
            continue;
        }
        let order = line.parse().map_err(|e| {
            format!("{}: \u{201c}{}\u{201d} can be done on the screen only: {e}", found.place, line.trim())
        })?;
        out.push(order);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Env, Overrides, Paths};

    fn config(text: &str) -> Config {
        let paths = Paths::at_home(std::path::Path::new("/nowhere"));
        Config::from_text(paths, text, &Overrides::default(), &Env::default()).unwrap()
    }

    #[test]
    fn macros_may_hold_macros_but_not_themselves() {
        let config = config(
            "[macros]\nrich = [\"label +vip\", \"macro mine\"]\nmine = [\"assign me\"]\nloop = [\"macro loop\"]\nlook = [\"go.mine\"]\n",
        );
        let words: Vec<String> = orders(&config, "rich").unwrap().iter().map(Order::to_string).collect();
        assert_eq!(words, ["label +vip", "assign me"]);
        assert!(orders(&config, "loop").unwrap_err().contains("calls itself"));
        assert!(orders(&config, "look").unwrap_err().contains("on the screen only"));
        assert!(orders(&config, "poor").unwrap_err().contains("use one of rich, mine, loop, look"));
    }
}
