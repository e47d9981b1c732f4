//! The uids of an instance, and the names by which the server knows them.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
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
/// The uid of the process that seals tenants' logs.
pub const AUDITOR_UID: u32 = UID_BASE + 5;
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

/// What stands in place of a line's first letter once its account is removed: to the server the line is a comment
/// (nsswitch's files), to us the memory that the uid was used.
const REMOVED: u8 = b'#';

/// The list of accounts in passwd(5) form, as the server sees it. Each change is one write to the file that the server
/// looks at: a line that is appended, or the first letter of one. A name never begins with [`REMOVED`].
pub(crate) struct Accounts {
    file: File,
    text: String,
}

impl Accounts {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let options = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).clone();
        let mut accounts = Self { file: options.open(path)?, text: fs::read_to_string(path)? };
        if !accounts.text.is_empty() && !accounts.text.ends_with('\n') {
            // A crash cut the last line off; end it, so that the next one stands for itself.
            accounts.append("\n")?;
        }
        Ok(accounts)
    }

    /// Nobody else writes, so the end is where our text ends.
    fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all_at(line.as_bytes(), self.text.len() as u64)?;
        self.text.push_str(line);
        Ok(())
    }

    /// Gives `uid` its name. Does nothing if it has it already.
    pub(crate) fn add(&mut self, uid: u32, name: &str) -> Result<(), AccountError> {
        let symbols =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !symbols || !(1..=MAX_NAME_LENGTH).contains(&name.len()) {
            return Err(AccountError::Name);
        }
        let line = line(uid, name);
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
        Ok(self.append(&line)?)
    }

    /// Takes the name of `uid` away, if it is this one. The uid stays used.
    pub(crate) fn remove(&mut self, uid: u32, name: &str) -> Result<(), AccountError> {
        let line = line(uid, name);
        let mut start = 0;
        for known in self.text.split_inclusive('\n') {
            if known == line {
                self.file.write_all_at(&[REMOVED], start as u64)?;
                // One letter of one byte in place of another.
                self.text.replace_range(start..=start, "#");
                return Ok(());
            }
            start += known.len();
        }
        Ok(())
    }

    /// The accounts with a uid from `first` on.
    pub(crate) fn beginning_at(&self, first: u32) -> Vec<(u32, String)> {
        let account = |line: &str| {
            let mut fields = line.split(':');
            let name = fields.next().filter(|name| !name.starts_with(char::from(REMOVED)))?;
            Some((fields.nth(1)?.parse().ok().filter(|uid| *uid >= first)?, name.to_owned()))
        };
        self.text.lines().filter_map(account).collect()
    }
}

fn line(uid: u32, name: &str) -> String {
    format!("{name}:x:{uid}:{uid}::/:/usr/sbin/nologin\n")
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
    fn an_account_that_is_removed_has_no_name_and_its_uid_gets_no_other() {
        let (path, mut accounts) = accounts("removed");
        let (uid, next) = (FIRST_TENANT_UID, FIRST_TENANT_UID + 1);
        accounts.add(0, "root").unwrap();
        accounts.add(uid, "t1").unwrap();
        accounts.add(next, "t2").unwrap();
        accounts.remove(next, "t1").unwrap();
        assert_eq!(
            accounts.beginning_at(FIRST_TENANT_UID),
            [(uid, "t1".to_owned()), (next, "t2".to_owned())]
        );
        for _ in 0..2 {
            accounts.remove(uid, "t1").unwrap();
            accounts = Accounts::open(&path).unwrap();
            assert_eq!(accounts.beginning_at(FIRST_TENANT_UID), [(next, "t2".to_owned())]);
        }
        assert!(matches!(accounts.add(uid, "t3"), Err(AccountError::Taken)));
        accounts.add(uid + 2, "t3").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("\n#1:x:1900001000:")
                && text.ends_with("t3:x:1900001002:1900001002::/:/usr/sbin/nologin\n")
        );
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_line_cut_off_by_a_crash_spoils_no_other() {
        let (path, mut accounts) = accounts("cut");
        accounts.append("t1:x:19").unwrap();
        let mut accounts = Accounts::open(&path).unwrap();
        accounts.add(8, "eight").unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("\neight:x:8:8::/:/usr/sbin/nologin\n"));
        fs::remove_file(path).unwrap();
    }
}
