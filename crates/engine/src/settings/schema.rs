//! The document's JSON Schema, for editors and programs. It is made of the same structs that read the document, so it
//! knows every member, its type, its default and what its doc comment says; rules beyond types are
//! [`Settings::validate`]'s.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Settings;

/// The JSON Schema (draft 2020-12) of the settings, with the names that this program writes. A provider's members have
/// Better Auth's names as well, which it reads and never writes.
pub fn settings_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Settings>();
    schema.insert("title".to_owned(), "Settings of a tenant of Kiavi".into());
    schema.to_value()
}
