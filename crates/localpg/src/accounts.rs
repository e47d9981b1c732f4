//! The uids of an instance, and the names by which the server knows them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The first uid that Kiavi uses: far from what distributions and container engines hand out.
pub const UID_BASE: u32 = 1_900_000_000;
/// The gateway's uid.
pub const GATEWAY_UID: u32 = UID_BASE + 1;
/// The control plane's uid.
pub const CONTROL_UID: u32 = UID_BASE + 2;
/// The uid of the process that talks to the outside.
pub const OUTBOUND_UID: u32 = UID_BASE + 3;
/// The database server's uid.
pub const POSTGRES_UID: u32 = UID_BASE + 4;
/// Tenants have uids from here on, each used once.
pub const FIRST_TENANT_UID: u32 = UID_BASE + 1_000;

/// PostgreSQL's limit for names (NAMEDATALEN - 1).
const MAX_NAME_LENGTH: usize = 63;

/// Why a uid got no name.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not 1 to 63 characters of `a-z 0-9 _`.
    #[error("not a name for an account")]
    Name,
    /// The name or the uid is taken by another account.
    #[error("the account's name or uid is taken")]
    Taken,
    /// The list could not be read or written.
    #[error("the list of accounts could not be changed")]
    Io(#[from] io::Error),
}

/// The list of accounts in passwd(5) form, as the server sees it. Lines are only ever appended, each with one
/// write, to the file that the server looks at.
pub(crate) struct Accounts {
    file: File,
    text: String,
}

impl Accounts {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let mut text = fs::read_to_string(path)?;
        if !text.is_empty() && !text.ends_with('\n') {
            // A crash cut the last line off; end it, so that the next one stands for itself.
            (&file).write_all(b"\n")?;
            text.push('\n');
        }
        Ok(Self { file, text })
    }

    /// Gives `uid` its name. Does nothing if it has it already.
    pub(crate) fn add(&mut self, uid: u32, name: &str) -> Result<(), AccountError> {
        let symbols =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !symbols || !(1..=MAX_NAME_LENGTH).contains(&name.len()) {
            return Err(AccountError::Name);
        }
        let line = format!("{name}:x:{uid}:{uid}::/:/usr/sbin/nologin\n");
        for known in self.text.split_inclusive('\n') {
            if known == line {
                return Ok(());
            }
            let mut fields = known.split(':');
            if fields.next() == Some(name) || fields.nth(1).and_then(|field| field.parse().ok()) == Some(uid)
            {
                return Err(AccountError::Taken);
            }
        }
        self.file.write_all(line.as_bytes())?;
        self.text.push_str(&line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(test: &str) -> (std::path::PathBuf, Accounts) {
        let path = std::env::temp_dir().join(format!("kiavi-accounts-{}-{test}", std::process::id()));
        fs::remove_file(&path).ok();
        (path.clone(), Accounts::open(&path).unwrap())
    }

    #[test]
    fn an_account_is_added_once() {
        let (path, mut accounts) = accounts("once");
        accounts.add(0, "root").unwrap();
        accounts.add(FIRST_TENANT_UID, "t1").unwrap();
        accounts.add(FIRST_TENANT_UID, "t1").unwrap();
        drop(accounts);
        let mut accounts = Accounts::open(&path).unwrap();
        accounts.add(FIRST_TENANT_UID, "t1").unwrap();
        let lines = "root:x:0:0::/:/usr/sbin/nologin\nt1:x:1900001000:1900001000::/:/usr/sbin/nologin\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), lines);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_name_and_a_uid_belong_together() {
        let (path, mut accounts) = accounts("taken");
        accounts.add(7, "seven").unwrap();
        assert!(matches!(accounts.add(7, "eight"), Err(AccountError::Taken)));
        assert!(matches!(accounts.add(8, "seven"), Err(AccountError::Taken)));
        for name in ["", "a:x:0:0", "a\nb", "Ada", "a b", &"a".repeat(64)] {
            assert!(matches!(accounts.add(9, name), Err(AccountError::Name)), "{name:?}");
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_line_cut_off_by_a_crash_spoils_no_other() {
        let (path, mut accounts) = accounts("cut");
        accounts.file.write_all(b"t1:x:19").unwrap();
        let mut accounts = Accounts::open(&path).unwrap();
        accounts.add(8, "eight").unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("\neight:x:8:8::/:/usr/sbin/nologin\n"));
        fs::remove_file(path).unwrap();
    }
}
