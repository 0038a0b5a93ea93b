//! Which folder is for what: as the settings name it, as the server says (RFC 6154), else by the names that programs usually give.

use super::session::Listed;
use super::settings::Named;
use crate::text::mail::folder;

pub use crate::text::mail::folder::Role;

/// The server's word for what a folder is for (RFC 6154), in lower case.
const fn attribute(role: Role) -> &'static str {
    match role {
        Role::Sent => "\\sent",
        Role::Drafts => "\\drafts",
        Role::Archive => "\\archive",
        Role::Junk => "\\junk",
        Role::Trash => "\\trash",
    }
}

/// The name that a folder for that is made under where there is none.
const fn made(role: Role) -> &'static str {
    match role {
        Role::Sent => "Sent",
        Role::Drafts => "Drafts",
        Role::Archive => "Archive",
        Role::Junk => "Junk",
        Role::Trash => "Trash",
    }
}

/// The folders of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folders {
    listed: Vec<Listed>,
    named: Named,
}

impl Folders {
    /// The folders of a list, some of which the settings name.
    pub fn new(listed: Vec<Listed>, named: &Named) -> Folders {
        Folders { listed, named: named.clone() }
    }

    fn named(&self, role: Role) -> Option<&str> {
        match role {
            Role::Sent => self.named.sent.as_deref(),
            Role::Archive => self.named.archive.as_deref(),
            Role::Junk => self.named.junk.as_deref(),
            Role::Trash => self.named.trash.as_deref(),
            Role::Drafts => None,
        }
    }

    /// Whether there is a folder of that name that mail can be in.
    pub fn has(&self, name: &str) -> bool {
        name == "INBOX" || self.usable().any(|folder| folder.name == name)
    }

    fn usable(&self) -> impl Iterator<Item = &Listed> {
        let closed = ["\\noselect", "\\nonexistent"];
        self.listed.iter().filter(move |f| !closed.iter().any(|word| f.attributes.contains(*word)))
    }

    /// The folder that is for that, if there is one.
    pub fn of(&self, role: Role) -> Option<String> {
        if let Some(named) = self.named(role) {
            return self.has(named).then(|| named.to_owned());
        }
        let by_word = self.usable().find(|f| f.attributes.contains(attribute(role)));
        // To put away is, where all mail is in one place, to take out of the inbox.
        let all = || self.all_mail().filter(|_| role == Role::Archive);
        let name = by_word.map(|folder| folder.name.clone()).or_else(all);
        name.or_else(|| self.by_usual_name(role))
    }

    fn by_usual_name(&self, role: Role) -> Option<String> {
        let last = |folder: &Listed| {
            let name = folder.name.to_lowercase();
            match folder.delimiter.as_deref() {
                Some(delimiter) if !delimiter.is_empty() => {
                    name.rsplit(delimiter).next().unwrap_or_default().to_owned()
                }
                _ => name,
            }
        };
        // The most usual name first, and of one name the shortest path.
        let fitting = |usual: &str| {
            let all = self.usable().filter(|folder| folder.name != "INBOX" && last(folder) == usual);
            all.map(|folder| &folder.name).min_by_key(|name| name.len()).cloned()
        };
        folder::usual(role).find_map(fitting)
    }

    /// The folder that shows every mail, where there is one (Gmail).
    pub fn all_mail(&self) -> Option<String> {
        self.usable().find(|folder| folder.attributes.contains("\\all")).map(|folder| folder.name.clone())
    }

    /// The name under which a folder for that is to be made: some servers have everything below the inbox.
    pub fn to_make(&self, role: Role) -> String {
        if let Some(named) = self.named(role) {
            return named.to_owned();
        }
        let others: Vec<&Listed> = self.usable().filter(|folder| folder.name != "INBOX").collect();
        let delimiter = self.listed.iter().find_map(|folder| folder.delimiter.as_deref()).unwrap_or("/");
        let below = format!("INBOX{delimiter}");
        if !others.is_empty() && others.iter().all(|folder| folder.name.starts_with(&below)) {
            format!("{below}{}", made(role))
        } else {
            made(role).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(listed: &[(&str, &str)], named: Named) -> Folders {
        let folder = |(name, words): &(&str, &str)| Listed {
            name: (*name).to_owned(),
            delimiter: Some("/".into()),
            attributes: words.split_whitespace().map(str::to_owned).collect(),
        };
        Folders::new(listed.iter().map(folder).collect(), &named)
    }

    #[test]
    fn the_servers_word_goes_before_usual_names_and_the_settings_before_both() {
        let listed = [
            ("INBOX", ""),
            ("Sent", ""),
            ("Gesendet", "\\sent"),
            ("Old/Spam", ""),
            ("Spam", ""),
            ("[Gmail]", "\\noselect"),
            ("[Gmail]/All Mail", "\\all"),
        ];
        let all = folders(&listed, Named::default());
        assert_eq!(all.of(Role::Sent).as_deref(), Some("Gesendet"));
        assert_eq!(all.of(Role::Junk).as_deref(), Some("Spam"));
        assert_eq!(all.of(Role::Archive).as_deref(), Some("[Gmail]/All Mail"));
        assert_eq!(all.of(Role::Trash), None);
        assert!(all.has("INBOX") && !all.has("[Gmail]"));
        let own = folders(&listed, Named { sent: Some("Sent".into()), ..Named::default() });
        assert_eq!(own.of(Role::Sent).as_deref(), Some("Sent"));
        let gone = folders(&listed, Named { sent: Some("Gone".into()), ..Named::default() });
        assert_eq!((gone.of(Role::Sent), gone.to_make(Role::Sent)), (None, "Gone".into()));
    }

    #[test]
    fn a_new_folder_is_where_the_others_are() {
        let below = folders(&[("INBOX", ""), ("INBOX/Sent", "")], Named::default());
        assert_eq!(below.to_make(Role::Archive), "INBOX/Archive");
        let beside = folders(&[("INBOX", ""), ("Sent", "")], Named::default());
        assert_eq!(beside.to_make(Role::Archive), "Archive");
        assert_eq!(folders(&[("INBOX", "")], Named::default()).to_make(Role::Junk), "Junk");
    }
}
