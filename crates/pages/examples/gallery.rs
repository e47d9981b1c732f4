//! Writes every page in every state and language as files, to look at: `cargo run -p kiavi-pages --example gallery
//! -- DIR`. Serve DIR over HTTP, since pages name their assets by path.

use std::{error::Error, fs, path::PathBuf};

use kiavi_base::Locale;
use kiavi_pages::{
    ASSET_PATH, BRAND_PATH, Brand, asset, asset_url,
    gallery::{Samples, Words, brandings},
};

fn main() -> Result<(), Box<dyn Error>> {
    let target = PathBuf::from(std::env::args().nth(1).ok_or("usage: gallery DIR")?);
    for locale in Locale::ALL {
        let folder = target.join(locale.tag());
        fs::create_dir_all(&folder)?;
        let samples = Samples::new(locale, Words::friendly());
        for sample in samples.all() {
            fs::write(folder.join(format!("{}.html", sample.name)), sample.html)?;
        }
        for (i, mail) in samples.mails().into_iter().enumerate() {
            fs::write(folder.join(format!("mail-{i}.html")), mail.html)?;
        }
    }
    let folder = target.join("hostile");
    fs::create_dir_all(&folder)?;
    for sample in Samples::new(Locale::En, Words::hostile()).all() {
        fs::write(folder.join(format!("{}.html", sample.name)), sample.html)?;
    }
    let files = target.join(BRAND_PATH.trim_start_matches('/'));
    fs::create_dir_all(&files)?;
    for (i, branding) in brandings().iter().enumerate() {
        let folder = target.join(format!("branded-{i}"));
        fs::create_dir_all(&folder)?;
        let samples = Samples::branded(Locale::En, Words::friendly(), branding);
        for sample in samples.all() {
            fs::write(folder.join(format!("{}.html", sample.name)), sample.html)?;
        }
        for (i, mail) in samples.mails().into_iter().enumerate() {
            fs::write(folder.join(format!("mail-{i}.html")), mail.html)?;
        }
        for (name, bytes) in Brand::new(branding).files() {
            fs::write(files.join(name), bytes)?;
        }
    }
    let assets = target.join(ASSET_PATH.trim_start_matches('/'));
    fs::create_dir_all(&assets)?;
    for name in [
        "app.css",
        "console.css",
        "wait.js",
        "icon.svg",
        "passkey.js",
        "code.js",
        "live.js",
        "copy.js",
        "palette.js",
        "country.js",
        "chart.js",
        "preview.js",
        "select-all.js",
    ] {
        let url = asset_url(name);
        let file = url.strip_prefix(ASSET_PATH).unwrap_or(name);
        fs::write(assets.join(file), asset(file).ok_or("an asset is missing")?.bytes)?;
    }
    Ok(())
}
