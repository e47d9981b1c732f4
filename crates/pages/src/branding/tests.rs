use super::*;

fn color(text: &str) -> Option<Color> {
    Some(text.parse().unwrap())
}

fn valid(branding: &Branding) -> Result<(), String> {
    branding.validate(Locale::En).map_err(|fault| fault.to_string())
}

#[test]
fn a_colour_that_cannot_be_read_is_refused_with_one_that_can() {
    let yellow = Branding { accent: color("#ffd600"), ..Branding::default() };
    let fault = valid(&yellow).unwrap_err();
    assert!(fault.starts_with("branding.accent #ffd600 has a contrast of 1.2:1"), "{fault}");
    let nearest = fault.rsplit(' ').next().unwrap();
    assert_eq!(valid(&Branding { accent: color(nearest), ..Branding::default() }), Ok(()));
    let navy = Branding { accent_on_dark: color("#1b2a6b"), ..Branding::default() };
    assert!(valid(&navy).unwrap_err().starts_with("branding.accent_on_dark #1b2a6b"));
}

#[test]
fn links_lead_to_people_and_pages_only() {
    let with = |terms: &str, support: &str| {
        let (terms_url, support_url) = (Some(terms.to_owned()), Some(support.to_owned()));
        valid(&Branding { terms_url, support_url, ..Branding::default() })
    };
    let (good, mail) = ("https://example.com/terms?v=2", "mailto:help@example.com");
    assert_eq!(with(good, mail), Ok(()));
    assert_eq!(with(good, good), Ok(()));
    for bad in [
        "http://example.com",
        "javascript:alert(1)",
        "https://",
        "//example.com",
        "https://a:b@example.com",
        "",
    ] {
        assert!(with(bad, mail).is_err() && with(good, bad).is_err(), "{bad}");
    }
    assert!(with(mail, mail).is_err());
    assert!(with(good, "mailto:nobody").is_err());
    assert!(with(&format!("https://example.com/{}", "a".repeat(LINK_LIMIT)), mail).is_err());
}

#[test]
fn languages_are_ours_and_contain_the_one_of_everybody_else() {
    let with = |tags: &[&str]| {
        let languages = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Branding { languages, ..Branding::default() }
    };
    assert_eq!(with(&[]).locales(), Locale::ALL);
    assert_eq!(valid(&with(&["en", "de"])), Ok(()));
    assert_eq!(with(&["en", "de"]).locales(), [Locale::En, Locale::De]);
    for tags in [&["de"][..], &["en", "xx"], &["en", "de-AT"]] {
        assert!(valid(&with(tags)).is_err(), "{tags:?}");
    }
}

#[test]
fn the_dark_colour_comes_from_the_light_one() {
    let accents = Branding { accent: color("#1b2a6b"), ..Branding::default() }.accents().unwrap();
    assert_eq!(accents.light, color("#1b2a6b").unwrap());
    assert!(Scheme::Dark.accepts(accents.dark));
    assert_eq!(Branding::default().accents(), None);
}

#[test]
fn files_are_named_for_their_content() {
    let branding = Branding { accent: color("#6b1b5a"), corners: Corners::Round, ..Branding::default() };
    let brand = Brand::new(&branding);
    let url = brand.sheet.as_deref().unwrap();
    let name = url.strip_prefix(BRAND_PATH).unwrap();
    let file = brand.file(name).unwrap();
    let css = String::from_utf8(file.bytes.into_owned()).unwrap();
    assert!(
        file.immutable && css.contains("--accent: #6b1b5a;") && css.contains("--radius: 1.375rem"),
        "{css}"
    );
    assert_eq!(css.matches('{').count(), css.matches('}').count());
    // A page from before a change finds the sheet of now.
    assert!(!brand.file("brand.000000000000.css").unwrap().immutable);
    assert!(brand.file("logo.000000000000.png").is_none() && brand.file("").is_none());
    assert!(Brand::default().sheet.is_none());
}
