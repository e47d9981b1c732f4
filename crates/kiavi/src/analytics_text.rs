//! Figures as people read them in a terminal.

use std::fmt::Write as _;

use serde_json::Value;

use crate::tenant::text;

/// Columns of text.
const WIDTH: usize = 100;

/// A column: its head, the name of its figure, and how it is shown.
type Column = (&'static str, &'static str, fn(&Value) -> String);

/// Of all periods; those between `WAU` and `STICKINESS` are told of days only.
const COLUMNS: &[Column] = &[
    ("ACTIVE", "active_users", number),
    ("WAU", "wau", number),
    ("MAU", "mau", number),
    ("STICKINESS", "stickiness", percent),
    ("NEW", "new_users", number),
    ("SIGN-INS", "sign_ins", sum),
    ("BY PASSKEY", "passkey_share", percent),
    ("FAILURES", "failures", sum),
    ("FAILED", "failed_share", percent),
];
/// Told of days only.
const OF_DAYS: &[&str] = &["wau", "mau", "stickiness"];

/// A line for each period, what the whole range comes to by method, by cause and for passkeys, and what it all means.
pub(crate) fn shown(figures: &Value) -> String {
    let points = figures["points"].as_array().map_or(&[][..], Vec::as_slice);
    let is_of_days = figures["granularity"] == "day";
    let columns: Vec<_> =
        COLUMNS.iter().filter(|(_, name, _)| is_of_days || !OF_DAYS.contains(name)).collect();
    let mut rows = vec![vec!["FROM".to_owned()]];
    rows[0].extend(columns.iter().map(|(head, _, _)| (*head).to_owned()));
    for point in points {
        let is_open = if point["is_finished"] == true { "" } else { " …" };
        let mut row = vec![format!("{}{is_open}", text(point, "from"))];
        row.extend(columns.iter().map(|(_, name, shown)| shown(&point[*name])));
        rows.push(row);
    }
    let mut told = format!(
        "{} users. Days of {}, as of {}; … is not over yet.\n\n{}",
        figures["users"],
        text(figures, "time_zone"),
        text(figures, "as_of"),
        aligned(&rows),
    );
    for (title, name) in [("Sign-ins by method", "sign_ins"), ("Failures by cause", "failures")] {
        section(&mut told, title, &totals(points, |point| &point[name]));
    }
    for (title, name) in [("Signing in by passkey", "sign_in"), ("Making a passkey", "creation")] {
        let steps = ["offered", "declined", "started", "completed", "failed"];
        let counted = totals(points, |point| &point["passkey_funnel"][name]);
        let in_order = steps.iter().filter_map(|step| counted.iter().find(|(name, _)| name == step).cloned());
        section(&mut told, title, &in_order.collect::<Vec<_>>());
    }
    beside_before(&mut told, &figures["trends"]);
    told.push_str("\n\nWhat the figures mean");
    for (name, meaning) in figures["definitions"].as_object().into_iter().flatten() {
        // Writing to a string does not fail.
        let _ = write!(told, "\n  {name:<16}{}", wrapped(meaning.as_str().unwrap_or_default(), 18));
    }
    told
}

/// Today's, in a line.
pub(crate) fn line(figures: &Value) -> String {
    let point = &figures["points"][0];
    let mut told = text(figures, "as_of").to_owned();
    for (head, name, shown) in COLUMNS {
        let shown = shown(&point[*name]);
        let shown = if shown.is_empty() { "–" } else { &shown };
        // Writing to a string does not fail.
        let _ = write!(told, "  {} {shown}", head.to_lowercase());
    }
    told
}

/// What comes together under each name in all periods, the most first.
fn totals<'f>(points: &'f [Value], of: impl Fn(&'f Value) -> &'f Value) -> Vec<(String, i64)> {
    let mut totals: Vec<(String, i64)> = Vec::new();
    for (name, count) in points.iter().filter_map(|point| of(point).as_object()).flatten() {
        let count = count.as_i64().unwrap_or_default();
        match totals.iter_mut().find(|(known, _)| known == name) {
            Some((_, total)) => *total += count,
            None => totals.push((name.clone(), count)),
        }
    }
    totals.sort_by_key(|(_, total)| std::cmp::Reverse(*total));
    totals
}

/// What there is up to today, beside as many days before.
fn beside_before(told: &mut String, trends: &Value) {
    let Some(trends) = trends.as_object() else { return };
    let mut rows = vec![["", "NOW", "BEFORE"].map(str::to_owned).to_vec()];
    rows.extend(trends.iter().map(|(name, trend)| {
        let before = number(&trend["before"]);
        let before = if before.is_empty() { "–".to_owned() } else { before };
        vec![format!("  {name}"), number(&trend["now"]), before]
    }));
    // Writing to a string does not fail.
    let _ = write!(told, "\n\nUp to today\n{}", aligned(&rows));
}

fn section(told: &mut String, title: &str, counts: &[(String, i64)]) {
    if counts.is_empty() {
        return;
    }
    let rows: Vec<_> =
        counts.iter().map(|(name, count)| vec![format!("  {name}"), count.to_string()]).collect();
    // Writing to a string does not fail.
    let _ = write!(told, "\n\n{title}\n{}", aligned(&rows));
}

/// Names to the left, numbers to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |place: usize| {
        rows.iter().filter_map(|row| Some(row.get(place)?.chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut cells = row.iter().zip(&widths);
        let mut line = cells.next().map(|(cell, width)| format!("{cell:width$}")).unwrap_or_default();
        cells.for_each(|(cell, width)| {
            // Writing to a string does not fail.
            let _ = write!(line, "  {cell:>width$}");
        });
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Text in lines that begin so far to the right.
fn wrapped(text: &str, indent: usize) -> String {
    let (mut told, mut length) = (String::new(), indent);
    for word in text.split(' ') {
        let needed = word.chars().count() + 1;
        if length + needed > WIDTH {
            let _ = write!(told, "\n{:indent$}", "");
            length = indent;
        } else if !told.is_empty() {
            told.push(' ');
        }
        told.push_str(word);
        length += needed;
    }
    told
}

fn number(value: &Value) -> String {
    value.as_i64().map_or_else(String::new, |number| number.to_string())
}

fn percent(value: &Value) -> String {
    value.as_f64().map_or_else(String::new, |share| format!("{:.1} %", share * 100.0))
}

fn sum(value: &Value) -> String {
    let counts = value.as_object().into_iter().flatten().filter_map(|(_, count)| count.as_i64());
    counts.sum::<i64>().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn figures() -> Value {
        let point = |day: &str, is_finished: bool, active: i64| {
            json!({
                "from": day, "to": day, "is_finished": is_finished, "active_users": active, "wau": 12, "mau": 130,
                "stickiness": 0.0769, "new_users": 1, "sign_ins": { "email_otp": 2, "passkey": 6 },
                "failures": { "code.refused: wrong": 1 }, "passkey_share": 0.75, "failed_share": null,
                "passkey_funnel": {
                    "sign_in": { "offered": 9, "started": 8, "completed": 6, "failed": 0 },
                    "creation": { "offered": 3, "declined": 1, "started": 2, "completed": 2, "failed": 0 },
                },
            })
        };
        json!({
            "time_zone": "Europe/Berlin", "as_of": "2026-11-26T09:30:00.000Z", "today": "2026-11-26",
            "granularity": "day", "users": 204,
            "points": [point("2026-11-25", true, 10), point("2026-11-26", false, 9)],
            "trends": { "new_users": { "now": 12, "before": null }, "wau": { "now": 130, "before": 9 } },
            "definitions": { "wau": "People who were active. ".repeat(9).trim() },
        })
    }

    #[test]
    fn numbers_stand_below_each_other_and_say_what_they_mean() {
        let told = shown(&figures());
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(
            lines[0],
            "204 users. Days of Europe/Berlin, as of 2026-11-26T09:30:00.000Z; … is not over yet."
        );
        assert_eq!(
            lines[2..5],
            [
                "FROM          ACTIVE  WAU  MAU  STICKINESS  NEW  SIGN-INS  BY PASSKEY  FAILURES  FAILED",
                "2026-11-25        10   12  130       7.7 %    1         8      75.0 %         1",
                "2026-11-26 …       9   12  130       7.7 %    1         8      75.0 %         1",
            ]
        );
        assert!(told.contains("Sign-ins by method\n  passkey    12\n  email_otp   4"), "{told}");
        assert!(told.contains("Making a passkey\n  offered    6\n  declined   2"), "{told}");
        assert!(
            told.contains("\n             NOW  BEFORE\n  new_users   12       –\n  wau        130       9\n"),
            "{told}"
        );
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{told}");
        assert!(told.contains("\n  wau             People"), "{told}");
    }

    #[test]
    fn weeks_have_no_figures_of_days() {
        let mut figures = figures();
        figures["granularity"] = "week".into();
        let told = shown(&figures);
        assert!(!told.contains("MAU") && told.contains("SIGN-INS"), "{told}");
    }

    #[test]
    fn a_change_is_a_line() {
        let told = line(&figures());
        assert!(told.starts_with("2026-11-26T09:30:00.000Z  active 10  wau 12  mau 130"), "{told}");
        assert!(told.ends_with("failed –"), "{told}");
    }
}
