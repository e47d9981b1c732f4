//! Statements that find users.
//!
//! There is one for each way to sign in, because what is in other tables has to stand as a condition of its own: then PostgreSQL
//! joins, and goes along an index until a page is full. Inside of a `CASE` or an `OR` it is a subquery, which is answered for
//! everybody first. All else is decided by parameters, with whose values PostgreSQL plans.
//!
//! Who was there on some days is such a subquery, and meant to be one. Those who were not seen for a month are no newcomers: to
//! ask of each user in turn when they were there is to ask it of nearly all before a page is full, and to look up each of those
//! who were there and to sort them is slow where these are many. So they are put into a hash, and users are gone along as ever.
//! That the days are subqueries, too, hides from the planner how many there will be: it makes no hash where it expects one to be
//! too large for its memory, but asks the list anew for each user. And what it takes for few it would look up one by one, so
//! names are given to the days by a `LEFT JOIN`, which reads all names once and cannot be turned round; `coalesce(…) = 1` is
//! nothing that the planner knows to make an inner join of it.

use kiavi_db::Sql;

use crate::user::user_columns;

/// What asks for nothing.
pub(super) const ALL: &str = "all";
/// What users may sign in with, in the order of [`STATEMENTS`].
pub(super) const METHODS: [&str; 4] = [ALL, "passkey", "account", "code"];

/// What is asked for one kind of search.
#[derive(Debug)]
pub(super) struct Statements {
    /// A page. `$9` and `$10` are the last of the page before, `$11` how many and `$12` how many to leave out.
    pub(super) find: Sql,
    /// How many there are; `$9` at most, or all.
    pub(super) count: Sql,
    /// Of `$9` who were there on the days, whoever these are: how many there are of them, and how many fit. Most often that says
    /// as much as is told of a number, and it is thirty times faster than a hash of all.
    pub(super) near: Option<Sql>,
}

/// Those of a method; anything else is all methods.
pub(super) fn statements_for(method: &str, has_days: bool) -> &'static Statements {
    let place = METHODS.iter().position(|one| *one == method).unwrap_or_default();
    &STATEMENTS[place][usize::from(has_days)]
}

pub(super) fn statements() -> impl Iterator<Item = &'static Sql> {
    STATEMENTS
        .as_flattened()
        .iter()
        .flat_map(|one| [Some(&one.find), Some(&one.count), one.near.as_ref()].into_iter().flatten())
}

macro_rules! with {
    (any) => {
        ""
    };
    (passkey) => {
        r#" AND EXISTS (SELECT FROM public.passkey p WHERE p."userId" = u.id)"#
    };
    (account) => {
        r#" AND EXISTS (SELECT FROM public.account a WHERE a."userId" = u.id AND a."providerId" <> 'credential')"#
    };
    (code) => {
        r#" AND NOT EXISTS (SELECT FROM public.passkey p WHERE p."userId" = u.id) AND NOT EXISTS (
             SELECT FROM public.account a WHERE a."userId" = u.id AND a."providerId" <> 'credential')"#
    };
    (always) => {
        " AND $7::date IS NULL AND $8::date IS NULL"
    };
    (seen) => {
        concat!(
            " AND ($7::date IS NULL AND $8::date IS NULL OR u.id IN (
                 SELECT s.user_id FROM kiavi.audit_subject s
                 LEFT JOIN (SELECT l.subject, 1 AS there FROM kiavi.activity_last l WHERE ",
            was_there!(),
            ") AS seen ON seen.subject = s.id WHERE coalesce(seen.there, 0) = 1))"
        )
    };
    (near) => {
        " AND u.id = person.user_id LIMIT 1"
    };
}

/// The last day of `l` is one of those that are asked for.
macro_rules! was_there {
    () => {
        "l.day BETWEEN (SELECT coalesce($7::date, '-infinity')) AND (SELECT coalesce($8::date, 'infinity'))"
    };
}

macro_rules! near {
    ($name:literal, $method:ident, always) => {
        None
    };
    ($name:literal, $method:ident, seen) => {
        Some(Sql::new(
            concat!("ADMIN_COUNT_NEAR_", $name),
            concat!(
                "SELECT count(*), count(fitting.is_there) FROM (SELECT l.subject FROM kiavi.activity_last l WHERE ",
                was_there!(),
                " LIMIT $9::bigint) AS near
                 LEFT JOIN LATERAL (
                   SELECT s.user_id FROM kiavi.audit_subject s WHERE s.id = near.subject LIMIT 1) AS person ON true
                 LEFT JOIN LATERAL (SELECT true AS is_there",
                found!($method, near),
                ") AS fitting ON true"
            ),
        ))
    };
}

/// `$1` a LIKE pattern and `$2` whether it is for names, `$3` the standing, `$4` to `$5` when they came, `$6` who, `$7` to `$8`
/// the days on which they were there last.
macro_rules! found {
    ($method:ident, $seen:ident) => {
        concat!(
            r#" FROM public."user" u WHERE
                 ($1::text IS NULL OR CASE WHEN $2::boolean THEN u.name ILIKE $1 ELSE u.email LIKE lower($1) END)
                 AND CASE $3::text
                   WHEN 'active' THEN u.banned IS NOT TRUE OR u."banExpires" <= now()
                   WHEN 'suspended' THEN u.banned AND (u."banExpires" IS NULL OR u."banExpires" > now())
                   ELSE true END
                 AND ($4::timestamptz IS NULL OR u."createdAt" >= $4)
                 AND ($5::timestamptz IS NULL OR u."createdAt" < $5)
                 AND ($6::text[] IS NULL OR u.id = ANY ($6))"#,
            with!($method),
            with!($seen)
        )
    };
}

/// Who is on a page is found first, so that what is left out costs no more than an index.
macro_rules! searched {
    ($name:literal, $method:ident, $seen:ident) => {
        Statements {
            find: Sql::new(
                concat!("ADMIN_FIND_", $name),
                concat!(
                    "SELECT ",
                    user_columns!(),
                    r#", l.day, (SELECT count(*) FROM public.passkey p WHERE p."userId" = u.id),
                         ARRAY(SELECT DISTINCT a."providerId" FROM public.account a
                               WHERE a."userId" = u.id AND a."providerId" <> 'credential' ORDER BY 1)
                       FROM (SELECT u.id"#,
                    found!($method, $seen),
                    r#" AND ($9::timestamptz IS NULL OR (u."createdAt", u.id) < ($9, $10::text))
                        ORDER BY u."createdAt" DESC, u.id DESC LIMIT $11 OFFSET $12) AS page
                       JOIN public."user" u ON u.id = page.id
                       LEFT JOIN kiavi.audit_subject s ON s.user_id = u.id
                       LEFT JOIN kiavi.activity_last l ON l.subject = s.id
                       ORDER BY u."createdAt" DESC, u.id DESC"#
                ),
            ),
            count: Sql::new(
                concat!("ADMIN_COUNT_FOUND_", $name),
                concat!(
                    "SELECT count(*) FROM (SELECT",
                    found!($method, $seen),
                    " LIMIT $9::bigint) AS counted"
                ),
            ),
            near: near!($name, $method, $seen),
        }
    };
}

static STATEMENTS: [[Statements; 2]; 4] = [
    [searched!("USERS", any, always), searched!("SEEN_USERS", any, seen)],
    [searched!("USERS_WITH_PASSKEY", passkey, always), searched!("SEEN_USERS_WITH_PASSKEY", passkey, seen)],
    [searched!("USERS_WITH_ACCOUNT", account, always), searched!("SEEN_USERS_WITH_ACCOUNT", account, seen)],
    [searched!("USERS_WITH_CODE", code, always), searched!("SEEN_USERS_WITH_CODE", code, seen)],
];
