//! Hides the data from other users of the machine. The database has the secrets of second factors and the hashes of
//! passwords, and the tarballs may be private.

use std::{
    fs::{DirBuilder, Permissions},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::base::failure::{Failure, other};

/// The bits of a mode that give access to users other than the owner.
const OTHERS: u32 = 0o077;

/// From now on, only the user who runs the program has access to the files and folders that the program creates.
pub(crate) fn restrict_new_files() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OTHERS));
}

/// Creates the folder unless it exists, and checks that only its owner has access to it.
///
/// # Errors
/// The folder cannot be created, or other users have access to it.
pub(crate) fn private_folder(folder: &Path) -> Result<(), Failure> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(other)?;
    check(folder)
}

/// Checks that only the owner has access to the file of an SQLite database and to the two files that SQLite keeps beside
/// it. This program creates a missing file without access for other users.
///
/// # Errors
/// Other users have access to one of the files.
pub(crate) fn check_database(file: &Path) -> Result<(), Failure> {
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        let path = PathBuf::from(path);
        if path.exists() {
            check(&path)?;
        }
    }
    Ok(())
}

/// Checks that only the owner has access to the file or folder.
///
/// # Errors
/// Other users have access to it.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let permissions: Permissions = std::fs::metadata(path).map_err(other)?.permissions();
    let mode = permissions.mode() & 0o777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(other(format!(
        "other users of this machine have access to `{path}` (mode {mode:04o}): run `chmod -R go= {path}`"
    )))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use super::{check_database, private_folder};

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_to_which_others_have_access_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data");
        private_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for mode in [0o755, 0o750, 0o701, 0o720] {
            set_mode(&folder, mode);
            let refused = private_folder(&folder).unwrap_err().to_string();
            assert!(refused.contains("chmod -R go= ") && refused.contains(&format!("{mode:04o}")), "{refused}");
        }
        set_mode(&folder, 0o500);
        private_folder(&folder).unwrap();
    }

    #[test]
    fn a_database_to_which_others_have_access_is_refused_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("registry.sqlite");
        check_database(&database).unwrap();
        for name in ["registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm"] {
            let file = folder.path().join(name);
            fs::write(&file, "").unwrap();
            set_mode(&file, 0o640);
            assert!(check_database(&database).is_err(), "{name}");
            set_mode(&file, 0o600);
            check_database(&database).unwrap();
        }
    }
}
