//! Looking at the rows of a source before anything is written.

mod keys;

use std::collections::BTreeMap;

use kiavi_crypto::TenantSecret;
use kiavi_db::{DbError, Row, quote_ident};
use serde::Serialize;

use crate::{Need, Selection, Source, Table, source::SourceError, table};

/// Ids that a sentence names at most.
const NAMED: usize = 5;

/// What must be one of a kind: table, columns, and what to do about it. Rows are named by their ids.
const UNIQUE: &[(&str, &str, &str)] = &[
    ("user", "id", "Several users have one id. Make \"id\" the primary key in the source"),
    (
        "user",
        r#"lower(email COLLATE "C")"#,
        "Several users have one address, when capital letters do not count. Change or merge them in the source",
    ),
    ("session", "token", "Several sessions have one token. Delete those sessions in the source"),
    (
        "passkey",
        r#""credentialID""#,
        "Several passkeys have one credentialID. Delete all but the right one of each in the source",
    ),
    (
        "account",
        r#""providerId", "accountId""#,
        "An account at a provider is linked several times. Delete all but the right one of each in the source",
    ),
];

/// What is left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The table.
    pub table: &'static str,
    /// How many of its rows.
    pub rows: u64,
    /// Why.
    pub reason: &'static str,
}

/// What else is to be known.
pub struct SurveyQuestions<'a> {
    /// The secret that keys of tokens should open under, if it comes along.
    pub secret: Option<&'a TenantSecret>,
    /// Whether signatures can be verified with a passkey's COSE key.
    pub is_usable_passkey: &'a (dyn Fn(&[u8]) -> bool + Sync),
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many rows of each table are copied.
    pub rows: BTreeMap<&'static str, u64>,
    /// What stays behind.
    pub skipped: Vec<Skipped>,
    /// What whoever moves should know.
    pub warnings: Vec<String>,
    /// The algorithm of the newest key that signs tokens, by its registered name.
    pub algorithm: Option<&'static str>,
    /// The providers that accounts are linked at.
    pub providers: Vec<String>,
    /// How long ago the oldest of the living sessions began, in days.
    pub oldest_session_days: u32,
    /// The ids of keys that could sign tokens, had their secret come along. They come as keys that have ended: one that
    /// cannot be opened and has not ended would stop a Better Auth server that takes over.
    pub sealed_keys: Vec<String>,
}

impl Source {
    /// Counts the rows and finds what is wrong with them.
    ///
    /// # Errors
    /// [`SourceError::Refused`] with everything that stands in the way, in sentences that say what to do.
    pub async fn survey(&self, questions: SurveyQuestions<'_>) -> Result<Survey, SourceError> {
        let survey = Survey { warnings: self.plan().warnings.clone(), ..Survey::default() };
        let mut surveyor = Surveyor { source: self, survey, problems: Vec::new() };
        for selection in &self.plan().selections {
            surveyor.count(selection).await?;
        }
        surveyor.find_twice().await?;
        surveyor.look_at_addresses().await?;
        surveyor.look_at_sessions().await?;
        surveyor.look_at_accounts().await?;
        surveyor.look_at_api_keys().await?;
        surveyor.look_at_passkeys(questions.is_usable_passkey).await?;
        surveyor.look_at_token_keys(questions.secret).await?;
        surveyor.count_short_lived().await?;
        if surveyor.problems.is_empty() {
            Ok(surveyor.survey)
        } else {
            Err(SourceError::Refused(surveyor.problems))
        }
    }
}

struct Surveyor<'a> {
    source: &'a Source,
    survey: Survey,
    problems: Vec<String>,
}

impl Surveyor<'_> {
    async fn ask(&self, question: &str) -> Result<Vec<Row>, DbError> {
        self.source.connection.query(question, &[]).await
    }

    async fn ask_numbers<const N: usize>(&self, question: &str) -> Result<[u64; N], DbError> {
        let rows = self.ask(question).await?;
        let row = rows.first().ok_or(DbError::Value("no answer".to_owned()))?;
        let mut numbers = [0; N];
        for (index, number) in numbers.iter_mut().enumerate() {
            *number = counted(row, index)?;
        }
        Ok(numbers)
    }

    fn everything(&self, table: &str) -> Option<&str> {
        self.source.plan().selection(table).map(|selection| selection.everything.as_str())
    }

    /// Rows that are copied, rows that are not, and rows without what they must have.
    async fn count(&mut self, selection: &Selection) -> Result<(), DbError> {
        let Some(table) = table(selection.table) else { return Ok(()) };
        let required = required(table);
        let gaps: Vec<_> = required
            .iter()
            .map(|name| format!("count(*) FILTER (WHERE {} IS NULL)", quote_ident(name)))
            .collect();
        let question = format!(
            "SELECT count(*), (SELECT count(*) FROM ({}) AS c), {} FROM ({}) AS r",
            selection.copied,
            gaps.join(", "),
            selection.everything
        );
        let rows = self.ask(&question).await?;
        let row = rows.first().ok_or(DbError::Value("no answer".to_owned()))?;
        let (all, copied) = (counted(row, 0)?, counted(row, 1)?);
        self.survey.rows.insert(table.name, copied);
        if all > copied {
            let reason = "their users do not exist";
            self.survey.skipped.push(Skipped { table: table.name, rows: all - copied, reason });
        }
        for (name, index) in required.iter().zip(2..) {
            let without = counted(row, index)?;
            if without > 0 && (table.name, *name) != ("user", "email") {
                let rows = rows_of(without, table.name);
                self.problems
                    .push(format!("{rows} without {name}. Fill it in the source, or delete them there."));
            }
        }
        Ok(())
    }

    async fn find_twice(&mut self) -> Result<(), DbError> {
        for (table, columns, what) in UNIQUE {
            let Some(all) = self.everything(table) else { continue };
            let question = format!(
                "SELECT count(*) OVER (), ids FROM (
                   SELECT array_agg(id) AS ids FROM ({all}) AS r WHERE ({columns}) IS NOT NULL
                   GROUP BY {columns} HAVING count(*) > 1) AS twice
                 ORDER BY ids LIMIT {NAMED}"
            );
            let rows = self.ask(&question).await?;
            let Some(first) = rows.first() else { continue };
            let groups = rows.iter().map(|row| {
                let ids: Vec<String> = row.try_get(1)?;
                // They are shown on a terminal.
                Ok(ids.join(" and ").escape_debug().to_string())
            });
            let groups = groups.collect::<Result<Vec<_>, DbError>>()?.join("; ");
            let count = counted(first, 0)?;
            self.problems.push(format!(
                "{what}. There are {count}; by the ids of their rows in \"{table}\": {groups}."
            ));
        }
        Ok(())
    }

    async fn look_at_addresses(&mut self) -> Result<(), DbError> {
        let Some(users) = self.everything("user") else { return Ok(()) };
        let question = format!(
            r#"SELECT count(*) FILTER (WHERE coalesce(btrim(email), '') = ''),
                 count(*) FILTER (WHERE email <> lower(email COLLATE "C")),
                 count(*) FILTER (WHERE btrim(email) <> '' AND (length(email) > 254
                   OR email COLLATE "C" !~ '^[!-~]{{1,64}}@[!-~]+$'))
               FROM ({users}) AS r"#
        );
        let [without, capital, unusable] = self.ask_numbers(&question).await?;
        if without > 0 {
            let rows = rows_of(without, "user");
            self.problems.push(format!(
                "{rows} without an e-mail address. Give them one in the source, or delete them there: an address is \
                 how people get in when everything else is lost."
            ));
        }
        if capital > 0 {
            self.warn(format!("Addresses with capital letters, which are written in lower case: {capital}."));
        }
        if unusable > 0 {
            self.warn(format!(
                "Addresses that cannot get mail from here, because they are too long or not in ASCII: {unusable}. Their \
                 users sign in with passkeys and providers only."
            ));
        }
        Ok(())
    }

    async fn look_at_sessions(&mut self) -> Result<(), DbError> {
        let Some(sessions) = self.everything("session") else { return Ok(()) };
        let question = format!(
            r#"SELECT coalesce(max(extract(epoch FROM now() - "createdAt") / 86400), 0)::bigint FROM ({sessions}) AS r
               WHERE "expiresAt" > now()"#
        );
        let [days] = self.ask_numbers(&question).await?;
        self.survey.oldest_session_days = days.try_into().unwrap_or(u32::MAX);
        Ok(())
    }

    async fn look_at_accounts(&mut self) -> Result<(), DbError> {
        let Some(accounts) = self.everything("account") else { return Ok(()) };
        let providers = format!(
            r#"SELECT DISTINCT "providerId" FROM ({accounts}) AS r
               WHERE "providerId" <> 'credential' AND "providerId" COLLATE "C" ~ '^[!-~]{{1,64}}$'
               ORDER BY 1 LIMIT 100"#
        );
        let passwords = format!("SELECT count(*) FROM ({accounts}) AS r WHERE password IS NOT NULL");
        let providers = self.ask(&providers).await?;
        let [passwords] = self.ask_numbers(&passwords).await?;
        let providers = providers.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_, DbError>>()?;
        self.survey.providers = providers;
        if passwords > 0 {
            self.warn(format!(
                "Users with a password: {passwords}. Nobody signs in with one here; they get a code by mail. The hashes \
                 come along untouched, so that Better Auth could take over again; once that is out of the question, \
                 remove them: kiavi psql NAME -c \"UPDATE account SET password = NULL\"."
            ));
        }
        Ok(())
    }

    async fn look_at_api_keys(&mut self) -> Result<(), DbError> {
        let (Some(keys), Some(users)) = (self.everything("apikey"), self.everything("user")) else {
            return Ok(());
        };
        let question = format!(
            r#"SELECT count(*) FILTER (WHERE key !~ '^[A-Za-z0-9_-]{{43}}$'),
                 count(*) FILTER (WHERE "referenceId" NOT IN (SELECT id FROM ({users}) AS u)),
                 count(*) FILTER (WHERE "configId" NOT IN ('', 'default'))
               FROM ({keys}) AS r"#
        );
        let [clear, foreign, configured] = self.ask_numbers(&question).await?;
        if clear > 0 {
            self.warn(format!(
                "API keys that are not stored as the hash that Better Auth writes by default: {clear}. They work no more."
            ));
        }
        if foreign > 0 {
            self.warn(format!(
                "API keys that belong to no user (to an organization, perhaps): {foreign}. They work no more."
            ));
        }
        if configured > 0 {
            self.warn(format!(
                "API keys of a configuration other than \"default\": {configured}. They are listed and verify no more."
            ));
        }
        Ok(())
    }

    async fn count_short_lived(&mut self) -> Result<(), DbError> {
        let Some(relation) = &self.source.plan().short_lived else { return Ok(()) };
        let [rows] = self.ask_numbers(&format!("SELECT count(*) FROM {relation}")).await?;
        if rows > 0 {
            let reason = "codes and links live minutes; people ask for new ones";
            self.survey.skipped.push(Skipped { table: "verification", rows, reason });
        }
        Ok(())
    }

    fn warn(&mut self, warning: String) {
        self.survey.warnings.push(warning);
    }
}

fn required(table: &Table) -> Vec<&'static str> {
    table.columns.iter().filter(|column| column.need == Need::Required).map(|column| column.name).collect()
}

fn counted(row: &Row, index: usize) -> Result<u64, DbError> {
    let count: i64 = row.try_get(index)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn rows_of(count: u64, table: &str) -> String {
    match count {
        1 => format!("1 row of \"{table}\" is"),
        count => format!("{count} rows of \"{table}\" are"),
    }
}
