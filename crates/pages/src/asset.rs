//! The style sheet, the scripts and the icon, embedded and addressed by the hash of their content.

use std::{borrow::Cow, fmt::Write as _};

use rust_embed::RustEmbed;

/// Where assets are served, on every host of an instance.
pub const ASSET_PATH: &str = "/_kiavi/assets/";
/// Hexadecimal digits of the content hash in a URL: enough to tell any two versions apart.
const HASH_LENGTH: usize = 12;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Embedded;

/// A file as it is served.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Whether the URL carried the hash of this content, so that it never changes
    /// (`Cache-Control: public, max-age=31536000, immutable`).
    pub immutable: bool,
}

/// The asset at what follows [`ASSET_PATH`]: `app.<hash>.css`, or `app.css`, which is not immutable. A hash of
/// another version answers with this version, not immutable, so that a page from before an update still works.
pub fn asset(path: &str) -> Option<Asset> {
    let (stem, rest) = path.split_once('.')?;
    let (hash, extension) = rest.split_once('.').map_or((None, rest), |(hash, end)| (Some(hash), end));
    let content_type = match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let file = Embedded::get(&format!("{stem}.{extension}"))?;
    let immutable = hash.is_some_and(|hash| hash == short_hash(&file.metadata.sha256_hash()));
    Some(Asset { bytes: file.data, content_type, immutable })
}

/// The URL path of an asset by its plain name, `app.css`; a name that does not exist gives a path that answers
/// not found.
pub fn asset_url(name: &str) -> String {
    match (Embedded::get(name), name.split_once('.')) {
        (Some(file), Some((stem, extension))) => {
            format!("{ASSET_PATH}{stem}.{}.{extension}", short_hash(&file.metadata.sha256_hash()))
        }
        _ => format!("{ASSET_PATH}{name}"),
    }
}

pub(crate) fn short_hash(hash: &[u8; 32]) -> String {
    let mut text = String::with_capacity(HASH_LENGTH);
    for byte in hash.iter().take(HASH_LENGTH / 2) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_its_asset_for_ever() {
        let url = asset_url("app.css");
        let asset = asset(url.strip_prefix(ASSET_PATH).unwrap()).unwrap();
        assert!(asset.immutable);
        assert_eq!(asset.content_type, "text/css; charset=utf-8");
    }

    #[test]
    fn another_version_answers_without_being_immutable() {
        assert!(!asset("app.000000000000.css").unwrap().immutable);
        assert!(!asset("app.css").unwrap().immutable);
    }

    #[test]
    fn nothing_else_is_served() {
        for path in ["", "app", "../Cargo.toml", "app.css.map", "nothing.js", "a.b.c.d", "/app.css"] {
            assert!(asset(path).is_none(), "{path}");
        }
    }
}
