//! What holds for every page in every state and language.

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kiavi_base::Locale;
use kiavi_pages::{
    ASSET_PATH, BARE_CONTENT_SECURITY_POLICY, BRAND_PATH, Brand, CONTENT_SECURITY_POLICY, LOGO_LIMIT, Notice,
    asset,
    gallery::{Sample, Samples, Words, brandings},
};

/// Every page in our own look, and in those of tenants.
fn every_page(words: &Words) -> impl Iterator<Item = (Locale, Sample)> {
    let branded = brandings().into_iter().flat_map(|branding| {
        let samples = Samples::branded(Locale::En, words.clone(), &branding).all();
        samples.into_iter().map(|sample| (Locale::En, sample))
    });
    every_plain_page(words).chain(branded)
}

fn every_plain_page(words: &Words) -> impl Iterator<Item = (Locale, Sample)> {
    Locale::ALL.into_iter().flat_map(move |locale| {
        Samples::new(locale, words.clone()).all().into_iter().map(move |sample| (locale, sample))
    })
}

/// The start tags of a page, without the content of its style element.
fn tags(html: &str) -> Vec<String> {
    html.split('<')
        .skip(1)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        .map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag).to_owned())
        .collect()
}

fn is_bare(name: &str) -> bool {
    name.starts_with("turned-away-")
}

#[test]
fn every_page_says_its_language_title_and_heading() {
    for (locale, Sample { name, html }) in every_page(&Words::friendly()) {
        let lang = locale.tag();
        assert!(html.starts_with("<!doctype html>"), "{name}");
        assert!(html.contains(&format!("<html lang=\"{lang}\"")), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        assert!(!html.contains("<title> "), "{name}");
    }
}

#[test]
fn no_message_is_left_without_its_words() {
    for (_, Sample { name, html }) in every_page(&Words::friendly()) {
        assert!(!html.contains("{$") && !html.contains("{ $"), "{name}");
    }
}

#[test]
fn every_notice_is_on_a_page() {
    for locale in Locale::ALL {
        let names: HashSet<_> =
            Samples::new(locale, Words::friendly()).all().into_iter().map(|sample| sample.name).collect();
        for notice in Notice::ALL {
            assert!(names.iter().any(|name| name.ends_with(&format!(".{}", notice.key()))), "{notice:?}");
        }
    }
}

#[test]
fn hostile_words_stay_words() {
    let friendly = Samples::new(Locale::En, Words::friendly()).all();
    for (_, Sample { name, html }) in every_plain_page(&Words::hostile()) {
        let expected = friendly.iter().find(|sample| sample.name == name).unwrap();
        let shape =
            |html: &str| tags(html).iter().map(|tag| tag.split(' ').next().unwrap().to_owned()).collect();
        let (found, wanted): (Vec<String>, Vec<String>) = (shape(&html), shape(&expected.html));
        assert_eq!(found, wanted, "{name}: a word became an element");
        assert!(!html.contains("<script>"), "{name}");
    }
}

#[test]
fn nothing_is_inline() {
    for (_, Sample { name, html }) in every_page(&Words::friendly()) {
        for tag in tags(&html) {
            // What is between the quotes is a value; the rest are names.
            let names: String = tag.split('"').step_by(2).collect();
            assert!(!names.contains(" on"), "{name}: handler in <{tag}>");
            assert!(!names.contains(" style"), "{name}: style in <{tag}>");
            assert!(!tag.contains("=\"javascript:"), "{name}: <{tag}>");
            assert!(!tag.starts_with("style") || is_bare(&name), "{name}: <{tag}>");
            assert!(!tag.starts_with("script") || tag.contains("src="), "{name}: <{tag}>");
        }
    }
}

#[test]
fn the_style_of_a_bare_page_is_the_one_its_policy_allows() {
    for (_, Sample { name, html }) in
        every_page(&Words::friendly()).filter(|(_, sample)| is_bare(&sample.name))
    {
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = STANDARD.encode(kiavi_crypto::sha256(style.as_bytes()));
        assert!(BARE_CONTENT_SECURITY_POLICY.contains(&format!("'sha256-{hash}'")), "{name}: sha256-{hash}");
        assert!(!html.contains(ASSET_PATH), "{name}: no asset can be served there");
    }
}

#[test]
fn the_policy_allows_nothing_inline() {
    assert!(CONTENT_SECURITY_POLICY.starts_with("default-src 'none'"));
    assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
}

#[test]
fn every_asset_that_a_page_names_exists() {
    for (_, Sample { name, html }) in every_page(&Words::friendly()) {
        for rest in html.split(ASSET_PATH).skip(1) {
            let path = rest.split('"').next().unwrap();
            assert!(asset(path).is_some_and(|asset| asset.immutable), "{name}: {path}");
        }
    }
}

#[test]
fn every_file_of_a_brand_that_a_page_names_exists() {
    for branding in brandings() {
        let brand = Brand::new(&branding);
        for Sample { name, html } in Samples::branded(Locale::En, Words::friendly(), &branding).all() {
            for rest in html.split(BRAND_PATH).skip(1) {
                let file = rest.split('"').next().unwrap();
                assert!(brand.file(file).is_some_and(|file| file.immutable), "{name}: {file}");
            }
        }
    }
}

#[test]
fn a_first_visit_loads_little() {
    for branding in brandings() {
        let brand = Brand::new(&branding);
        let pages = Samples::branded(Locale::En, Words::friendly(), &branding).all();
        for Sample { name, html } in pages.into_iter().filter(|page| page.name.starts_with("sign-in")) {
            let loads = |path: &'static str| -> HashSet<String> {
                html.split(path).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
            };
            let assets: usize = loads(ASSET_PATH).iter().map(|name| asset(name).unwrap().bytes.len()).sum();
            let sheets = loads(BRAND_PATH).into_iter().filter(|name| name.ends_with(".css"));
            let sheets: usize = sheets.map(|name| brand.file(&name).unwrap().bytes.len()).sum();
            // One of the logos, as large as it may be.
            let total = html.len() + assets + sheets + LOGO_LIMIT;
            assert!(total < 50_000, "{name}: {total} bytes");
        }
    }
}

#[test]
fn a_page_is_small() {
    // But for the list of all of them, which only a development instance has.
    let words = Words::friendly();
    let pages = every_page(&words).filter(|(_, sample)| sample.name != "components");
    for (_, Sample { name, html }) in pages {
        assert!(html.len() < 26_000, "{name}: {} bytes", html.len());
    }
}

#[test]
fn every_field_of_a_form_has_a_label() {
    for (_, Sample { name, html }) in every_page(&Words::friendly()) {
        for (at, _) in html.match_indices("<input") {
            let (before, rest) = html.split_at(at);
            let tag = rest.split('>').next().unwrap();
            let is_inside = before.rfind("<label") > before.rfind("</label>");
            let id = tag.split_once(" id=\"").and_then(|(_, rest)| rest.split('"').next());
            let is_named = id.is_some_and(|id| html.contains(&format!(" for=\"{id}\">")));
            assert!(tag.contains("type=\"hidden\"") || is_inside || is_named, "{name}: {tag}");
        }
    }
}

#[test]
fn both_parts_of_a_mail_carry_the_code_and_the_time() {
    for locale in Locale::ALL {
        for mail in Samples::new(locale, Words::friendly()).code_mails() {
            let rendered = mail.render(None);
            assert!(rendered.subject.contains("493021"));
            for part in [&rendered.text, &rendered.html] {
                assert!(part.contains("493021") && part.contains('5') && part.contains("Demo"), "{part}");
            }
            assert!(!rendered.html.contains("http"), "no link");
        }
    }
}

#[test]
fn a_mail_says_the_same_in_both_parts_and_loads_nothing() {
    for locale in Locale::ALL {
        for mail in Samples::new(locale, Words::friendly()).mails() {
            assert!(!mail.subject.is_empty() && mail.text.contains("Demo") && mail.html.contains("Demo"));
            assert!(!mail.html.contains("src=") && !mail.html.contains("url("), "a mail loads nothing");
            assert!(!mail.text.contains("{ $") && !mail.text.contains("mail-"), "{}", mail.text);
            assert_eq!(
                mail.text.contains("token=t0k3n&callbackURL=%2F"),
                mail.html.contains("token=t0k3n&#38;callbackURL=%2F")
            );
        }
    }
}

#[test]
fn a_hostile_name_stays_in_its_line_of_the_subject_and_out_of_the_markup() {
    let words = Words { app: "Demo\r\nBcc: <b>all@example.com</b>".into(), ..Words::friendly() };
    for rendered in Samples::new(Locale::En, words).mails() {
        assert!(!rendered.subject.contains(['\r', '\n']));
        assert!(!rendered.html.contains("<b>"));
    }
}
