//! The reference of the configuration (`docs/configuration.md`), made of its JSON Schema.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;
use crate::settings_reference;

const INTRODUCTION: &str = "\
# Configuration

<!-- Made by `kiavi generate configuration`. Do not edit: change the doc comments, and make it again. -->

`kiavi serve --config /etc/kiavi/kiavi.toml` runs a production instance. The file is TOML; `mail.smtp_url` is the key \
`smtp_url` of the table `[mail]`. What is left out has its default, what is unknown is refused, and `kiavi serve --check` \
says what is wrong without starting anything. `deploy/kiavi.toml` is an example. Settings of single tenants are not \
here: they are in [settings.md](settings.md).

A change takes effect with `systemctl reload kiavi`, which drops no connection; `data`, `listen`, `isolation` and \
`postgres` need a restart.
";

/// The JSON Schema of the configuration.
pub(crate) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Config>().to_value()
}

/// The page.
pub(crate) fn page() -> String {
    settings_reference::page(INTRODUCTION, &schema())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_one_that_is_made() {
        let kept = include_str!("../../../../docs/configuration.md");
        assert!(kept == page(), "run: kiavi generate configuration > docs/configuration.md");
    }
}
