//! A place on disk that cannot be used: what was tried, why it did not succeed, and what to do next.

use std::io::{Error, ErrorKind};
use std::path::Path;

/// Says that what was `tried` (`read`, `make the directory`) cannot be done with `path`.
pub fn trouble(tried: &str, path: &Path, why: &Error) -> String {
    let next = match why.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "Mend the owner and permissions of the file and its directory, or choose"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "A file is where a directory is needed: choose"
        }
        ErrorKind::IsADirectory => "A directory is where a file is needed: move it away, or choose",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "Make room and try again, or choose",
        _ => "Choose",
    };
    format!(
        "cannot {tried} {}: {why}. {next} another place with --home DIR or FRONTDESK_HOME",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_names_the_place_the_cause_and_a_way_out() {
        for kind in [
            ErrorKind::PermissionDenied,
            ErrorKind::NotADirectory,
            ErrorKind::IsADirectory,
            ErrorKind::StorageFull,
            ErrorKind::NotFound,
            ErrorKind::Other,
        ] {
            let said = trouble("make the directory", Path::new("/a/b"), &kind.into());
            assert!(said.starts_with("cannot make the directory /a/b: "), "{said}");
            assert!(said.contains(&Error::from(kind).to_string()) && said.contains("--home DIR"), "{said}");
        }
    }
}
