//! A folder that goes away with what needed it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::unix::make_private_folder;

/// A folder of the user's alone, removed with all it holds when this is dropped.
#[derive(Debug)]
pub struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// A new one where the system keeps such folders, of mode 0700.
    ///
    /// # Errors
    /// No folder can be made there.
    pub fn new() -> io::Result<Self> {
        let (process, number) = (std::process::id(), rand::random::<u64>());
        let path = std::env::temp_dir().join(format!("whmcsh-{process}-{number:016x}"));
        make_private_folder(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // The system clears away what cannot be removed.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_folder_is_the_users_own_and_goes_with_all_it_holds() {
        let folder = TemporaryFolder::new().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir(path.join("a")).unwrap();
        fs::write(path.join("a/b"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
