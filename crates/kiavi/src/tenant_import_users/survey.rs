//! Going through all lines before anything is made.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
};

use jiff::Timestamp;
use kiavi_crypto::sha256;

use super::{person::Person, read::Lines};

/// People of one file.
const MAX_PEOPLE: u64 = 5_000_000;
/// Faults that are told one by one.
const MAX_TOLD: usize = 100;

/// What a file has.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) people: u64,
    pub(super) accounts: u64,
    pub(super) providers: BTreeSet<String>,
    /// People whose metadata stays behind.
    pub(super) with_metadata: u64,
    /// People who have not proved their address.
    pub(super) unverified: u64,
    faults: Vec<String>,
    more_faults: u64,
    seen: Seen,
}

/// What there was, as hashes: a file may have millions, and they are held until its end.
#[derive(Debug, Default)]
struct Seen {
    emails: HashMap<u128, u64>,
    ids: HashSet<u128>,
    accounts: HashSet<u128>,
}

impl Survey {
    /// Reads everything. The error is the file's own.
    pub(super) fn of(lines: Lines, now: Timestamp) -> io::Result<Self> {
        let mut survey = Self::default();
        for line in lines {
            let (number, written) = line?;
            match written.map_err(|fault| vec![fault]).and_then(|written| written.check(now)) {
                Ok(person) => survey.take(number, &person),
                Err(faults) => faults.into_iter().for_each(|fault| survey.fault(number, fault)),
            }
            if survey.people > MAX_PEOPLE {
                survey
                    .fault(number, format!("there are more than {MAX_PEOPLE} people: import them in parts"));
                break;
            }
        }
        Ok(survey)
    }

    fn take(&mut self, number: u64, person: &Person) {
        self.people += 1;
        self.unverified += u64::from(!person.is_verified);
        self.with_metadata += u64::from(person.has_metadata);
        match self.seen.emails.get(&hash(&[&person.email])).copied() {
            Some(first) => self.fault(number, format!("the email is that of line {first}")),
            None => drop(self.seen.emails.insert(hash(&[&person.email]), number)),
        }
        if let Some(id) = &person.id
            && !self.seen.ids.insert(hash(&[id]))
        {
            self.fault(number, "the id is that of a line before".to_owned());
        }
        for account in &person.accounts {
            self.accounts += 1;
            self.providers.insert(account.provider.clone());
            if !self.seen.accounts.insert(hash(&[&account.provider, &account.subject])) {
                self.fault(number, "an account is that of a line before".to_owned());
            }
        }
    }

    fn fault(&mut self, number: u64, fault: String) {
        match self.faults.len() < MAX_TOLD {
            true => self.faults.push(format!("line {number}: {fault}")),
            false => self.more_faults += 1,
        }
    }

    /// Everything that is wrong, a line each; nothing when the file can be taken in.
    pub(super) fn faults(&self) -> Option<String> {
        if self.faults.is_empty() {
            return None;
        }
        let mut lines = self.faults.join("\n");
        if self.more_faults > 0 {
            lines.push_str(&format!("\nand {} more", self.more_faults));
        }
        Some(lines)
    }
}

fn hash(texts: &[&str]) -> u128 {
    let mut bytes = [0; 16];
    // No symbol of a provider's name is a NUL.
    bytes.copy_from_slice(&sha256(texts.join("\0").as_bytes())[..16]);
    u128::from_be_bytes(bytes)
}
