//! With what somebody came: browser, system and kind of device, read from a `User-Agent` header.
//!
//! Whoever sends it can write whatever they like there, so nothing is decided by it: it is for showing and for searching.
//! Words are stable, since logs are searched by them; names are what people are shown. `docs/audit.md` says what is
//! recognised.
//!
//! Reading one looks for some fifty marks in at most [`LONGEST_HEADER`] bytes and allocates nothing: two microseconds.

/// The part of a header that is looked at, in characters.
const LONGEST_HEADER: usize = 512;

/// What is recognised by a mark in the header.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    mark: &'static str,
    /// As it is searched for.
    word: &'static str,
    /// As people are shown it.
    name: &'static str,
}

const fn known(mark: &'static str, word: &'static str, name: &'static str) -> Known {
    Known { mark, word, name }
}

/// Marks of browsers; the first that matches wins, since most browsers also claim to be Chrome and Safari.
const BROWSERS: &[Known] = &[
    known("Edg", "edge", "Edge"),
    known("OPR/", "opera", "Opera"),
    known("OPT/", "opera", "Opera"),
    known("OPX/", "opera", "Opera"),
    known("Vivaldi/", "vivaldi", "Vivaldi"),
    known("SamsungBrowser/", "samsung", "Samsung Internet"),
    known("DuckDuckGo/", "duckduckgo", "DuckDuckGo"),
    known("Ddg/", "duckduckgo", "DuckDuckGo"),
    known("YaBrowser/", "yandex", "Yandex"),
    known("FxiOS/", "firefox", "Firefox"),
    known("Firefox/", "firefox", "Firefox"),
    known("CriOS/", "chrome", "Chrome"),
    known("Chrome/", "chrome", "Chrome"),
    known("Trident/", "ie", "Internet Explorer"),
    known("MSIE ", "ie", "Internet Explorer"),
    known("Safari/", "safari", "Safari"),
];

/// Marks of programs and libraries that nobody sits at.
const PROGRAMS: &[Known] = &[
    known("curl/", "curl", "curl"),
    known("Wget/", "wget", "Wget"),
    known("python-requests/", "python", "Python"),
    known("python-httpx/", "python", "Python"),
    known("Python/", "python", "Python"),
    known("Python-urllib/", "python", "Python"),
    known("Go-http-client/", "go", "Go"),
    known("okhttp/", "okhttp", "OkHttp"),
    known("Java/", "java", "Java"),
    known("Apache-HttpClient/", "java", "Java"),
    known("axios/", "node", "Node.js"),
    known("node-fetch", "node", "Node.js"),
    known("undici", "node", "Node.js"),
    known("PostmanRuntime/", "postman", "Postman"),
];

/// Marks of systems, the more exact first.
const SYSTEMS: &[Known] = &[
    known("iPhone", "ios", "iOS"),
    known("iPod", "ios", "iOS"),
    known("iPad", "ipados", "iPadOS"),
    known("Android", "android", "Android"),
    known("Windows", "windows", "Windows"),
    known("CrOS", "chromeos", "ChromeOS"),
    known("Macintosh", "macos", "macOS"),
    known("Mac OS X", "macos", "macOS"),
    known("FreeBSD", "freebsd", "FreeBSD"),
    known("Linux", "linux", "Linux"),
];

/// Marks of what reads pages by itself. There are phones whose maker ends in "bot", so that word alone is none.
const BOTS: &[&str] = &[
    "bot/",
    "Bot/",
    "bot-",
    "+http",
    "crawler",
    "Crawler",
    "spider",
    "Spider",
    "HeadlessChrome",
    "facebookexternalhit",
];

/// The kind of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// It fits into a hand.
    Phone,
    /// It is carried, and larger.
    Tablet,
    /// A computer on or below a desk, or on a lap.
    Desktop,
    /// A program that nobody sits at.
    Bot,
}

impl DeviceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Phone, Self::Tablet, Self::Desktop, Self::Bot];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
            Self::Bot => "bot",
        }
    }
}

/// What of a device a question can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceTrait {
    /// Its browser, or the program that it is.
    Browser,
    /// Its system.
    System,
    /// Its kind, or what is more exact.
    Device,
}

impl DeviceTrait {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Browser, Self::System, Self::Device];

    /// Its name in questions and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::System => "os",
            Self::Device => "device",
        }
    }

    /// Every word that there is for it.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let (first, second): (&[Known], &[Known]) = match self {
            Self::Browser => (BROWSERS, PROGRAMS),
            Self::System => (SYSTEMS, &[]),
            Self::Device => (&[], &[]),
        };
        let is_device = self == Self::Device;
        let devices = DeviceKind::ALL.map(DeviceKind::word).into_iter().chain(MODELS.map(|(_, word)| word));
        first.iter().chain(second).map(|known| known.word).chain(devices.filter(move |_| is_device))
    }
}

/// Devices that are told apart more exactly than by their kind.
const MODELS: [(&str, &str); 2] = [("iPhone", "iphone"), ("iPad", "ipad")];

/// A device, as far as its header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Device {
    browser: Option<&'static Known>,
    system: Option<&'static Known>,
    kind: Option<DeviceKind>,
    model: Option<&'static str>,
}

impl Device {
    /// What a `User-Agent` header tells. Any text is one.
    pub fn of(user_agent: &str) -> Self {
        let header = shortened(user_agent);
        let has = |mark: &&str| header.contains(*mark);
        let program = find(PROGRAMS, header);
        let system = find(SYSTEMS, header);
        let is_bot = program.is_some() || BOTS.iter().any(has);
        let kind = match system.map(|system| system.word) {
            _ if is_bot => Some(DeviceKind::Bot),
            Some("ios") => Some(DeviceKind::Phone),
            Some("ipados") => Some(DeviceKind::Tablet),
            // Chrome for Android says "Mobile" on phones only; others follow it.
            Some("android") if has(&"Mobile") => Some(DeviceKind::Phone),
            Some("android") => Some(DeviceKind::Tablet),
            Some(_) => Some(DeviceKind::Desktop),
            None => None,
        };
        let model = MODELS.iter().find(|(mark, _)| !is_bot && has(mark)).map(|(_, word)| *word);
        Self { browser: find(BROWSERS, header).or(program), system, kind, model }
    }

    /// The word of its browser, or of the program that it is.
    pub fn browser(&self) -> Option<&'static str> {
        self.browser.map(|known| known.word)
    }

    /// The word of its system.
    pub fn system(&self) -> Option<&'static str> {
        self.system.map(|known| known.word)
    }

    /// The most exact word for the device itself.
    pub fn device(&self) -> Option<&'static str> {
        self.model.or(self.kind.map(DeviceKind::word))
    }

    /// Its kind.
    pub fn kind(&self) -> Option<DeviceKind> {
        self.kind
    }

    /// What people call its browser.
    pub fn browser_name(&self) -> Option<&'static str> {
        self.browser.map(|known| known.name)
    }

    /// What people call its system.
    pub fn system_name(&self) -> Option<&'static str> {
        self.system.map(|known| known.name)
    }

    /// Everything that it can be searched by: an iPhone is a phone, too.
    pub fn traits(&self) -> impl Iterator<Item = (DeviceTrait, &'static str)> {
        let all = [
            (DeviceTrait::Browser, self.browser()),
            (DeviceTrait::System, self.system()),
            (DeviceTrait::Device, self.kind.map(DeviceKind::word)),
            (DeviceTrait::Device, self.model),
        ];
        all.into_iter().filter_map(|(of, word)| Some((of, word?)))
    }
}

fn find(all: &'static [Known], header: &str) -> Option<&'static Known> {
    all.iter().find(|known| header.contains(known.mark))
}

fn shortened(header: &str) -> &str {
    header.char_indices().nth(LONGEST_HEADER).map_or(header, |(end, _)| &header[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Headers as browsers send them, and browser, system and device.
    const REAL: &[(&str, &str)] = &[
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "firefox windows desktop",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox linux desktop"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "firefox android phone"),
        ("Mozilla/5.0 (Android 14; Tablet; rv:145.0) Gecko/145.0 Firefox/145.0", "firefox android tablet"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
            "firefox ios iphone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "chrome windows desktop",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "edge macos desktop",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0",
            "edge android phone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            "chrome android phone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X19 Build/PPR1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
            "chrome android phone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "chrome android tablet",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "samsung android phone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
            "safari ios iphone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
            "chrome ios iphone",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
            "safari ipados ipad",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
            "safari macos desktop",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "chrome chromeos desktop",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0",
            "opera windows desktop",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.6.3797.63",
            "vivaldi linux desktop",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15 Ddg/18.6",
            "duckduckgo macos desktop",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "ie windows desktop"),
        (
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "chrome android bot",
        ),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "- - bot"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
            "chrome linux bot",
        ),
        ("curl/8.5.0", "curl - bot"),
        ("Wget/1.21.4", "wget - bot"),
        ("python-requests/2.32.3", "python - bot"),
        ("Python/3.13 aiohttp/3.12.2", "python - bot"),
        ("Go-http-client/2.0", "go - bot"),
        ("okhttp/4.12.0", "okhttp - bot"),
        ("Java/21.0.4", "java - bot"),
        ("axios/1.7.9", "node - bot"),
        ("PostmanRuntime/7.45.0", "postman - bot"),
        ("kiavi", "- - -"),
        ("", "- - -"),
    ];

    #[test]
    fn common_devices_are_recognised() {
        for (header, expected) in REAL {
            let found = Device::of(header);
            let words = [found.browser(), found.system(), found.device()].map(|word| word.unwrap_or("-"));
            assert_eq!(words.join(" "), *expected, "{header}");
        }
    }

    #[test]
    fn an_iphone_is_found_as_a_phone_and_as_what_it_is() {
        let phone = Device::of("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)");
        let words: Vec<_> = phone.traits().map(|(of, word)| (of.name(), word)).collect();
        assert_eq!(words, [("os", "ios"), ("device", "phone"), ("device", "iphone")]);
    }

    proptest! {
        #[test]
        fn any_header_has_words_that_there_are(header in "(.{0,40}(iPhone|Android|Mobile|Edg|bot/|curl/|Chrome/|\\PC)?){0,30}") {
            for (of, word) in Device::of(&header).traits() {
                prop_assert!(of.words().any(|known| known == word), "{}={word}", of.name());
            }
        }
    }
}
