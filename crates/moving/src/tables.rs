//! The tables that move, as Better Auth 1.7 makes them (its schema is what `kiavi-engine` migrates a tenant to).

/// One table.
#[derive(Debug)]
pub struct Table {
    /// Its name in the schema `public`.
    pub name: &'static str,
    /// Whether every Better Auth server has it; the others come with plugins.
    pub is_core: bool,
    /// The column that names a user who must exist; rows of others are left behind.
    pub owner: Option<&'static str>,
    /// Its columns.
    pub columns: &'static [Column],
}

/// One column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it earlier was called.
    pub earlier: Option<&'static str>,
    /// What it holds.
    pub kind: Kind,
    /// What happens where the source has none, or NULL.
    pub need: Need,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `text`.
    Text,
    /// `boolean`.
    Boolean,
    /// `integer`.
    Integer,
    /// `timestamptz`, to the millisecond.
    Time,
}

/// What happens where the source has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The source is refused.
    Required,
    /// NULL.
    Optional,
    /// This SQL.
    Else(&'static str),
}

const fn column(name: &'static str, kind: Kind, need: Need) -> Column {
    Column { name, earlier: None, kind, need }
}

const fn must(name: &'static str) -> Column {
    column(name, Kind::Text, Need::Required)
}

const fn may(name: &'static str) -> Column {
    column(name, Kind::Text, Need::Optional)
}

const fn number(name: &'static str) -> Column {
    column(name, Kind::Integer, Need::Optional)
}

const fn switch(name: &'static str) -> Column {
    column(name, Kind::Boolean, Need::Optional)
}

const fn at(name: &'static str) -> Column {
    column(name, Kind::Time, Need::Optional)
}

const fn must_at(name: &'static str) -> Column {
    column(name, Kind::Time, Need::Required)
}

/// In an order in which they can be filled.
pub const TABLES: &[Table] = &[
    Table {
        name: "user",
        is_core: true,
        owner: None,
        columns: &[
            must("id"),
            column("name", Kind::Text, Need::Else("''")),
            must("email"),
            column("emailVerified", Kind::Boolean, Need::Else("false")),
            may("image"),
            must_at("createdAt"),
            must_at("updatedAt"),
            may("role"),
            switch("banned"),
            may("banReason"),
            at("banExpires"),
        ],
    },
    Table {
        name: "session",
        is_core: true,
        owner: Some("userId"),
        columns: &[
            must("id"),
            must_at("expiresAt"),
            must("token"),
            must_at("createdAt"),
            must_at("updatedAt"),
            may("ipAddress"),
            may("userAgent"),
            must("userId"),
            may("impersonatedBy"),
        ],
    },
    Table {
        name: "account",
        is_core: true,
        owner: Some("userId"),
        columns: &[
            must("id"),
            must("accountId"),
            must("providerId"),
            must("userId"),
            may("accessToken"),
            may("refreshToken"),
            may("idToken"),
            at("accessTokenExpiresAt"),
            at("refreshTokenExpiresAt"),
            may("scope"),
            may("password"),
            must_at("createdAt"),
            must_at("updatedAt"),
        ],
    },
    Table {
        name: "passkey",
        is_core: false,
        owner: Some("userId"),
        columns: &[
            must("id"),
            may("name"),
            must("publicKey"),
            must("userId"),
            must("credentialID"),
            column("counter", Kind::Integer, Need::Required),
            must("deviceType"),
            column("backedUp", Kind::Boolean, Need::Required),
            may("transports"),
            at("createdAt"),
            may("aaguid"),
        ],
    },
    Table {
        name: "jwks",
        is_core: false,
        owner: None,
        columns: &[
            must("id"),
            must("publicKey"),
            must("privateKey"),
            must_at("createdAt"),
            at("expiresAt"),
            may("alg"),
            may("crv"),
        ],
    },
    Table {
        name: "apikey",
        is_core: false,
        owner: None,
        columns: &[
            must("id"),
            column("configId", Kind::Text, Need::Else("'default'")),
            may("name"),
            may("start"),
            Column { earlier: Some("userId"), ..must("referenceId") },
            may("prefix"),
            must("key"),
            number("refillInterval"),
            number("refillAmount"),
            at("lastRefillAt"),
            switch("enabled"),
            switch("rateLimitEnabled"),
            number("rateLimitTimeWindow"),
            number("rateLimitMax"),
            number("requestCount"),
            number("remaining"),
            at("lastRequest"),
            at("expiresAt"),
            must_at("createdAt"),
            must_at("updatedAt"),
            may("permissions"),
            may("metadata"),
        ],
    },
];

/// The table of this name.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

impl Table {
    /// The statement that takes its rows, each column in its place.
    pub fn copy_in(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(|column| kiavi_db::quote_ident(column.name)).collect();
        format!("COPY {} ({}) FROM STDIN", self.quoted(), columns.join(", "))
    }

    /// Its name in a statement.
    pub fn quoted(&self) -> String {
        format!("public.{}", kiavi_db::quote_ident(self.name))
    }
}
