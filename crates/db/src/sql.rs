//! Statements as constants.

/// One SQL statement: its text, and the name by which errors and measurements call it.
///
/// Declare it as a constant named for what it answers:
///
/// ```
/// # use kiavi_db::Sql;
/// pub const USER_BY_EMAIL: Sql = Sql::new("USER_BY_EMAIL", "SELECT id FROM \"user\" WHERE email = $1");
/// ```
///
/// The text is prepared once on each connection that uses it.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    name: &'static str,
    text: &'static str,
    is_watched: bool,
}

impl Sql {
    /// A statement with its name and its text, values written as `$1`, `$2`, ….
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, is_watched: false }
    }

    /// The same statement, declared to change what the one writer of a database may keep in memory: it outdates the
    /// [`crate::Stamp`] when it has changed a row and is committed.
    #[must_use]
    pub const fn watched(self) -> Self {
        Self { is_watched: true, ..self }
    }

    /// Whether it is [`Sql::watched`].
    pub const fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// What errors call the statement.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The text that the server parses.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Two statements with the same key have the same text: it is where the text stands in the program.
    pub(crate) fn key(&self) -> (usize, usize) {
        (self.text.as_ptr() as usize, self.text.len())
    }
}
