//! What somebody has saved of a list: views, which stand on the list's page.

use crate::text::Text;

/// The views of a list that are the visitor's.
#[derive(Debug, Clone, Default)]
pub struct SavedViews {
    /// The list's name, as forms send it.
    pub list: &'static str,
    /// The views, by name.
    pub rows: Vec<SavedView>,
    /// What a view of the present filters would keep; empty where there is nothing to save.
    pub filters: Vec<(String, String)>,
    /// Whether some of the present filters are about one person, which no view keeps.
    pub leaves_out: bool,
    /// How many views there may be, where there are as many.
    pub most: Option<i64>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct SavedView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The address of the list with its filters.
    pub path: String,
    /// Whether it is what the page shows.
    pub is_current: bool,
}

impl SavedViews {
    /// Why nothing more can be saved, where that is so.
    pub(crate) fn full(&self, text: &Text) -> Option<String> {
        self.most.map(|most| text.views_full(most))
    }

    /// Whether the present filters can be saved and are not yet.
    pub(crate) fn is_savable(&self) -> bool {
        self.most.is_none() && !self.filters.is_empty() && self.rows.iter().all(|view| !view.is_current)
    }
}
