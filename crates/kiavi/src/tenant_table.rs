//! Text for people: columns, and one tenant's details.

use std::fmt::Write;

use serde_json::Value;

use crate::{tenant::text, tenant_progress::words};

/// Rows in columns as wide as their widest cell, two spaces apart.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            // Writing to a string does not fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(head)];
    lines.extend(rows.iter().map(|row| line(row.each_ref().map(String::as_str))));
    lines.join("\n")
}

/// One tenant, a line for each thing to know.
pub(crate) fn details(tenant: &Value) -> String {
    let mut lines = vec![
        format!("Name     {}", text(tenant, "slug")),
        format!("Address  {}", text(tenant, "url")),
        format!("State    {}", text(tenant, "state")),
        format!("Id       {}", text(tenant, "id")),
        format!("Created  {}", text(tenant, "created_at")),
    ];
    if let Some(reason) = tenant["reason"].as_str() {
        lines.push(format!("Reason   {reason}"));
    }
    if let Some(at) = tenant["destroyed_at"].as_str() {
        lines.push(format!("Until    {at}, then it is destroyed"));
    }
    if let Some(failure) = tenant.get("last_error") {
        lines.push(format!("Failure  {} ({})", text(failure, "detail"), text(failure, "code")));
    }
    lines.push("Steps".to_owned());
    for step in tenant["steps"].as_array().into_iter().flatten() {
        let outcome = step["finished_at"].as_str().unwrap_or("not done");
        let attempts = step["attempts"].as_u64().unwrap_or(1);
        let again = if attempts > 1 { format!(", {attempts} attempts") } else { String::new() };
        lines.push(format!("  {:<16}{outcome}{again}", words(text(step, "step"))));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_have_to_be() {
        let rows = [["a".to_owned(), "running".to_owned()], ["a-long-name".to_owned(), "x".to_owned()]];
        assert_eq!(
            table(["NAME", "STATE"], &rows),
            "NAME         STATE\na            running\na-long-name  x"
        );
    }

    #[test]
    fn details_say_what_failed_and_what_is_left() {
        let tenant = json!({
            "slug": "shop", "url": "http://shop.localhost:8080", "state": "failed", "id": "t1",
            "created_at": "2026-11-24T00:00:00.000Z",
            "last_error": { "code": "role_failed", "detail": "The roles could not be made." },
            "steps": [
                { "step": "secret", "finished_at": "2026-11-24T00:00:00.100Z", "attempts": 1 },
                { "step": "role", "finished_at": null, "attempts": 3 },
            ],
        });
        let text = details(&tenant);
        assert!(text.contains("Failure  The roles could not be made. (role_failed)"), "{text}");
        assert!(text.ends_with("  Database roles  not done, 3 attempts"), "{text}");
    }
}
