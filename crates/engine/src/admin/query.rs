//! The query of `/admin/list-users`: search, filter, order and page, from text to the values of one fixed
//! statement. A name from the query never becomes SQL; it selects a branch of the statement or nothing.

use super::parameters::Parameters;
use crate::ApiError;

/// Rows on a page that asks for no other number, as in Better Auth.
const DEFAULT_LIMIT: i64 = 100;
/// Rows on any page.
const MAX_LIMIT: i64 = 1_000;

const SEARCH_FIELDS: &[&str] = &["email", "name"];
const PATTERN_OPERATORS: &[&str] = &["contains", "starts_with", "ends_with"];
const OPERATORS: &[&str] =
    &["eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in", "contains", "starts_with", "ends_with"];
const DIRECTIONS: &[&str] = &["asc", "desc"];

/// The columns that may be filtered and sorted by, with the names by which the statement calls their types.
const COLUMNS: &[(&str, &str)] = &[
    ("id", "text"),
    ("name", "text"),
    ("email", "text"),
    ("image", "text"),
    ("role", "text"),
    ("banReason", "text"),
    ("emailVerified", "boolean"),
    ("banned", "boolean"),
    ("createdAt", "time"),
    ("updatedAt", "time"),
    ("banExpires", "time"),
];

/// What `/admin/list-users` was asked for, after validation and before it is known whether it makes sense.
#[derive(Debug)]
pub(super) struct Wanted {
    search: Option<(String, &'static str, &'static str)>,
    filter: Option<(Vec<String>, String, &'static str)>,
    sort: Option<(String, bool)>,
    limit: Option<f64>,
    offset: Option<f64>,
}

impl Wanted {
    /// # Errors
    /// `VALIDATION_ERROR` for what is not in the schema.
    pub(super) fn read(query: &str) -> Result<Self, ApiError> {
        let mut query = Parameters::parse(query);
        let search_field = query.choice("searchField", SEARCH_FIELDS, "email");
        let search_operator = query.choice("searchOperator", PATTERN_OPERATORS, "contains");
        let filter_field = query.one("filterField").filter(|field| !field.is_empty());
        let filter_operator = query.choice("filterOperator", OPERATORS, "eq");
        let direction = query.choice("sortDirection", DIRECTIONS, "asc");
        let search = query.one("searchValue").filter(|value| !value.is_empty());
        let sort = query.one("sortBy").filter(|field| !field.is_empty());
        let wanted = Self {
            search: search.map(|value| (value, search_field, search_operator)),
            filter: query
                .all("filterValue")
                .map(|values| (values, filter_field.unwrap_or_else(|| "email".to_owned()), filter_operator)),
            sort: sort.map(|field| (field, direction == "desc")),
            limit: query.one("limit").and_then(|text| number(&text)),
            offset: query.one("offset").and_then(|text| number(&text)),
        };
        query.finish().map(|()| wanted)
    }

    /// The values of the statement, or `None` for what Better Auth's query fails on: an unknown column, an
    /// operator that the column or the value does not take, a page that cannot be.
    pub(super) fn plan(self) -> Option<Plan> {
        let search = self.search.map(|(value, field, operator)| (pattern(operator, &value), field));
        let filter = match self.filter {
            Some((values, field, operator)) => test(values, &field, operator)?,
            None => Test::default(),
        };
        let sort = match self.sort {
            Some((field, is_descending)) => (Some(column(&field)?.0), is_descending),
            None => (None, false),
        };
        let limit = whole(self.limit)?.map(|limit| limit.min(MAX_LIMIT));
        let offset = whole(self.offset)?;
        Some(Plan { search, filter, sort, limit, offset })
    }
}

/// Values for the statement.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    /// A LIKE pattern and the column it is about.
    pub(super) search: Option<(String, &'static str)>,
    pub(super) filter: Test,
    /// A column, and whether the order is descending.
    pub(super) sort: (Option<&'static str>, bool),
    /// As asked for, at most [`MAX_LIMIT`].
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
}

impl Plan {
    /// Rows on the page.
    pub(super) fn rows(&self) -> i64 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }
}

/// One comparison: the column, the name of the branch, and what to compare with.
#[derive(Debug, PartialEq)]
pub(super) struct Test {
    pub(super) column: Option<&'static str>,
    pub(super) branch: String,
    pub(super) values: Vec<String>,
}

impl Default for Test {
    fn default() -> Self {
        Self { column: None, branch: "none".to_owned(), values: Vec::new() }
    }
}

fn column(field: &str) -> Option<(&'static str, &'static str)> {
    COLUMNS.iter().copied().find(|(name, _)| *name == field)
}

fn test(values: Vec<String>, field: &str, operator: &'static str) -> Option<Test> {
    let (column, kind) = column(field)?;
    let is_list = values.len() > 1;
    let values = match operator {
        // One value alone is no list to Better Auth.
        "in" => is_list.then_some(values)?,
        "not_in" => values,
        _ if is_list => return None,
        "contains" | "starts_with" | "ends_with" if kind != "text" => return None,
        "contains" | "starts_with" | "ends_with" => {
            values.iter().map(|value| pattern(operator, value)).collect()
        }
        // What is not `true` is false.
        _ if kind == "boolean" => values.iter().map(|value| (value == "true").to_string()).collect(),
        _ => values,
    };
    let branch = match operator {
        "contains" | "starts_with" | "ends_with" => "like",
        other => other,
    };
    Some(Test { column: Some(column), branch: format!("{kind} {branch}"), values })
}

/// A LIKE pattern. Wildcards in the value stay wildcards, as in Better Auth.
fn pattern(operator: &str, value: &str) -> String {
    match operator {
        "starts_with" => format!("{value}%"),
        "ends_with" => format!("%{value}"),
        _ => format!("%{value}%"),
    }
}

/// ECMAScript's `Number(text) || undefined` for decimal texts.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if is_decimal { text.parse().ok().filter(|number| *number != 0.0) } else { None }
}

/// `None` for what PostgreSQL takes as no number of rows.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked, the fraction is none")]
fn whole(number: Option<f64>) -> Option<Option<i64>> {
    match number {
        None => Some(None),
        Some(number) if number.fract() == 0.0 && (0.0..9.0e15).contains(&number) => Some(Some(number as i64)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(query: &str) -> Option<Plan> {
        Wanted::read(query).unwrap().plan()
    }

    #[test]
    fn nothing_asked_for_is_the_first_hundred() {
        let plan = plan("").unwrap();
        assert_eq!((plan.rows(), plan.limit, plan.offset), (100, None, None));
        assert_eq!((plan.search, plan.filter, plan.sort), (None, Test::default(), (None, false)));
    }

    #[test]
    fn pages_are_bounded_and_numbers_read_as_in_ecmascript() {
        for (query, limit, offset) in [
            ("limit=0&offset=0", None, None),
            ("limit=x&offset=", None, None),
            ("limit=%205%20&offset=1e1", Some(5), Some(10)),
            ("limit=5000", Some(1_000), None),
        ] {
            let plan = plan(query).unwrap();
            assert_eq!((plan.limit, plan.offset), (limit, offset), "{query}");
        }
        for query in ["limit=-1", "limit=1.5", "offset=-1", "offset=1e300"] {
            assert_eq!(plan(query), None, "{query}");
        }
    }

    #[test]
    fn columns_and_operators_come_from_lists() {
        for query in [
            "sortBy=password",
            "sortBy=u.id;DROP",
            "filterField=__proto__&filterValue=1",
            "filterField=id%22&filterValue=1",
            "filterField=Email&filterValue=1",
            "filterOperator=in&filterValue=a",
            "filterValue=a&filterValue=b",
            "filterField=banned&filterOperator=contains&filterValue=t",
            "filterField=createdAt&filterOperator=starts_with&filterValue=2026",
        ] {
            assert_eq!(plan(query), None, "{query}");
        }
        for query in [
            "searchField=id",
            "searchOperator=eq",
            "filterOperator=like",
            "sortDirection=ASC",
            "limit=1&limit=2",
        ] {
            assert!(Wanted::read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn values_become_patterns_and_lists() {
        let test = |query| plan(query).unwrap().filter;
        let tested = |column, branch: &str, values: &[&str]| Test {
            column: Some(column),
            branch: branch.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        assert_eq!(test("filterValue="), tested("email", "text eq", &[""]));
        assert_eq!(
            test("filterValue=a%25&filterOperator=ends_with&filterField=name"),
            tested("name", "text like", &["%a%"])
        );
        assert_eq!(
            test("filterField=id&filterOperator=in&filterValue=a&filterValue=b"),
            tested("id", "text in", &["a", "b"])
        );
        assert_eq!(test("filterField=banned&filterValue=yes"), tested("banned", "boolean eq", &["false"]));
        assert_eq!(
            plan("searchValue=x&searchOperator=starts_with").unwrap().search,
            Some(("x%".into(), "email"))
        );
    }
}
