//! Which events there are, made of the types that the engine writes (`docs/webhooks.md`).

use std::fmt::Write as _;

use kiavi_engine::audit::EventType;

use crate::tenant_table::table;

/// The published events: for people, or as a table in Markdown.
pub(crate) fn page(is_markdown: bool) -> String {
    let published = EventType::ALL.iter().filter(|kind| kind.is_published());
    if !is_markdown {
        let rows: Vec<_> = published.map(|kind| [kind.name().to_owned(), kind.about().to_owned()]).collect();
        return table(["TYPE", "MEANING"], &rows);
    }
    let mut page = "| type | meaning |\n|---|---|".to_owned();
    for kind in published {
        // Writing to a string does not fail.
        let _ = write!(page, "\n| `{}` | {} |", kind.name(), kind.about());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_docs_is_the_one_that_is_made() {
        let page = page(true);
        let docs = include_str!("../../../docs/webhooks.md");
        assert!(
            docs.contains(&page),
            "kiavi webhook events --markdown prints the table for docs/webhooks.md:\n{page}"
        );
    }
}
