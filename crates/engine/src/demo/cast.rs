//! Who they are: names, addresses, and what they carry. All of it is made up, and of ranges that are nobody's: mail domains of
//! RFC 2606, addresses of RFC 5737 and RFC 3849.

use kiavi_geo::{Network, NetworkNumber, Place};
use std::fmt::Write as _;

use kiavi_crypto::sha256;

use super::chance::Chance;

const GIVEN: [&str; 64] = [
    "Ada",
    "Aïcha",
    "Alejandro",
    "Amara",
    "Anna",
    "Anouk",
    "Arjun",
    "Astrid",
    "Beatriz",
    "Bram",
    "Camille",
    "Carlos",
    "Chiara",
    "Chloé",
    "Daan",
    "Daniel",
    "Dilara",
    "Elena",
    "Elif",
    "Emil",
    "Emma",
    "Enzo",
    "Fatima",
    "Femke",
    "Finn",
    "Freya",
    "Giulia",
    "Hanna",
    "Hugo",
    "Ines",
    "Isla",
    "Ivan",
    "Jakub",
    "Jasper",
    "Jonas",
    "Julia",
    "Kenji",
    "Klara",
    "Lars",
    "Léa",
    "Leon",
    "Lina",
    "Luca",
    "Lucía",
    "Maja",
    "Malik",
    "Marta",
    "Mateo",
    "Mei",
    "Mila",
    "Nadia",
    "Niamh",
    "Nils",
    "Noah",
    "Olivia",
    "Oskar",
    "Priya",
    "Rafael",
    "Sofia",
    "Søren",
    "Tomás",
    "Viktor",
    "Yara",
    "Zoë",
];

const FAMILY: [&str; 96] = [
    "Adeyemi",
    "Aguilar",
    "Andersen",
    "Bakker",
    "Bauer",
    "Becker",
    "Bergström",
    "Bianchi",
    "Borg",
    "Brandt",
    "Brennan",
    "Castillo",
    "Chen",
    "Clarke",
    "Conti",
    "Costa",
    "Dahl",
    "De Vries",
    "Dimitrov",
    "Dubois",
    "Eriksen",
    "Esposito",
    "Faure",
    "Ferrari",
    "Fischer",
    "Fontaine",
    "Fournier",
    "García",
    "Girard",
    "Gómez",
    "Greco",
    "Haas",
    "Hansen",
    "Hartmann",
    "Hoffmann",
    "Horvat",
    "Ito",
    "Iyer",
    "Jansen",
    "Jensen",
    "Kaya",
    "Keller",
    "Khan",
    "Kowalski",
    "Krause",
    "Kruger",
    "Kumar",
    "Lambert",
    "Larsen",
    "Laurent",
    "Lefèvre",
    "Lindqvist",
    "Lombardi",
    "López",
    "Maes",
    "Marino",
    "Martin",
    "Meijer",
    "Mercier",
    "Meyer",
    "Molina",
    "Moreau",
    "Müller",
    "Murphy",
    "Nakamura",
    "Navarro",
    "Neumann",
    "Nguyen",
    "Nielsen",
    "Novak",
    "O'Connor",
    "Okafor",
    "Olsen",
    "Ortega",
    "Papadakis",
    "Peeters",
    "Pereira",
    "Petrov",
    "Popescu",
    "Ramos",
    "Ricci",
    "Romero",
    "Rossi",
    "Santos",
    "Schmidt",
    "Schneider",
    "Silva",
    "Smit",
    "Sørensen",
    "Tanaka",
    "Van Dijk",
    "Visser",
    "Wagner",
    "Weber",
    "Wójcik",
    "Yılmaz",
];

const DOMAINS: [(u32, &str); 3] = [(6, "example.com"), (3, "example.org"), (2, "example.net")];

/// Names of providers, the likeliest first.
pub(super) const PROVIDERS: [(u32, &str); 4] = [(6, "google"), (3, "github"), (2, "microsoft"), (2, "apple")];

/// What makes passkeys.
#[derive(Debug)]
pub(super) struct Authenticator {
    pub(super) aaguid: &'static str,
    pub(super) is_synced: bool,
    pub(super) transports: &'static str,
}

const fn synced(aaguid: &'static str) -> Authenticator {
    Authenticator { aaguid, is_synced: true, transports: "internal,hybrid" }
}

const ICLOUD: Authenticator = synced("fbfc3007-154e-4ecc-8c0b-6e020557d7bd");
const GOOGLE: Authenticator = synced("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4");
const SAMSUNG: Authenticator = synced("53414d53-554e-4700-0000-000000000000");
const ONE_PASSWORD: Authenticator = synced("bada5566-a7aa-401f-bd96-45619a55120d");
const BITWARDEN: Authenticator = synced("d548826e-79b4-db40-a3d8-11116f7e8349");
const PROTON: Authenticator = synced("50726f74-6f6e-5061-7373-50726f746f6e");
const KEEPASSXC: Authenticator = synced("fdb141b2-5d84-443e-8a35-4698c205a502");
const HELLO: Authenticator = Authenticator {
    aaguid: "08987058-cadc-4b81-b6e1-30de50dcbe96",
    is_synced: false,
    transports: "internal",
};
const YUBIKEY: Authenticator =
    Authenticator { aaguid: "ee882879-721c-4913-9775-3dfcce97072a", is_synced: false, transports: "usb" };

/// A browser on a system, with what makes passkeys there.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) agent: &'static str,
    authenticators: &'static [(u32, Authenticator)],
}

const IPHONE: Device = Device {
    agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    authenticators: &[(8, ICLOUD), (1, ONE_PASSWORD), (1, PROTON)],
};
const IPAD: Device = Device {
    agent: "Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    authenticators: &[(1, ICLOUD)],
};
const PIXEL: Device = Device {
    agent: "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    authenticators: &[(8, GOOGLE), (1, BITWARDEN), (1, ONE_PASSWORD)],
};
const GALAXY: Device = Device {
    agent: "Mozilla/5.0 (Linux; Android 16; SAMSUNG SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    authenticators: &[(5, SAMSUNG), (4, GOOGLE)],
};
const MAC_SAFARI: Device = Device {
    agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
    authenticators: &[(7, ICLOUD), (2, ONE_PASSWORD)],
};
const MAC_CHROME: Device = Device {
    agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    authenticators: &[(4, ICLOUD), (3, GOOGLE), (2, ONE_PASSWORD)],
};
const WINDOWS_CHROME: Device = Device {
    agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    authenticators: &[(5, HELLO), (3, GOOGLE), (2, BITWARDEN), (1, YUBIKEY)],
};
const WINDOWS_EDGE: Device = Device {
    agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    authenticators: &[(8, HELLO), (1, YUBIKEY)],
};
const WINDOWS_FIREFOX: Device = Device {
    agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    authenticators: &[(5, HELLO), (3, BITWARDEN), (1, PROTON)],
};
const LINUX_FIREFOX: Device = Device {
    agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    authenticators: &[(4, BITWARDEN), (2, KEEPASSXC), (2, YUBIKEY)],
};

const PHONES: [(u32, Device); 3] = [(5, IPHONE), (4, PIXEL), (2, GALAXY)];
const OTHERS: [(u32, Device); 7] = [
    (4, WINDOWS_CHROME),
    (3, WINDOWS_EDGE),
    (1, WINDOWS_FIREFOX),
    (2, MAC_SAFARI),
    (2, MAC_CHROME),
    (1, LINUX_FIREFOX),
    (1, IPAD),
];

/// Somebody.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    /// Where they sign in, the likeliest first; one to three.
    pub(super) devices: Vec<&'static Device>,
    /// Where each of these is, as an address.
    pub(super) addresses: Vec<String>,
}

impl Person {
    /// The same for the same seed.
    pub(super) fn of(seed: u64, number: u32) -> Self {
        let mut chance = Chance::of(seed, 1, number);
        // All pairs of names come before one comes again, and not in their order.
        let pairs = u32::try_from(GIVEN.len() * FAMILY.len()).unwrap_or(1);
        let pair = (number % pairs).wrapping_mul(2_971) % pairs;
        let given = GIVEN[pair as usize / FAMILY.len()];
        let family = FAMILY[pair as usize % FAMILY.len()];
        let again = match number / pairs {
            0 => String::new(),
            round => (round + 1).to_string(),
        };
        let domain = chance.weighted(&DOMAINS);
        let email = format!("{}.{}{again}@{domain}", plain(given), plain(family));
        let devices = devices(&mut chance);
        let home = address(&mut chance);
        let addresses = devices
            .iter()
            .map(|_| if chance.is(650) { home.clone() } else { address(&mut chance) })
            .collect();
        // Some are asked for no name.
        let name = if chance.is(880) { format!("{given} {family}") } else { String::new() };
        Self { id: id(seed, "user", number, 0), name, email, devices, addresses }
    }

    /// With what they make a passkey on a device of theirs.
    pub(super) fn authenticator(&self, device: usize, chance: &mut Chance) -> &'static Authenticator {
        chance.weighted(self.devices[device % self.devices.len()].authenticators)
    }
}

fn devices(chance: &mut Chance) -> Vec<&'static Device> {
    let (phone, other) = (chance.weighted(&PHONES), chance.weighted(&OTHERS));
    let mut devices = match chance.below(10) {
        0..4 => vec![phone],
        4..6 => vec![other],
        6..8 => vec![phone, other],
        _ => vec![other, phone],
    };
    if devices.len() == 2 && chance.is(200) {
        devices.push(&IPAD);
    }
    devices
}

/// As the log writes addresses.
fn address(chance: &mut Chance) -> String {
    let host = 1 + chance.below(254);
    match chance.below(8) {
        0..2 => format!("192.0.2.{host}"),
        2..4 => format!("198.51.100.{host}"),
        4..6 => format!("203.0.113.{host}"),
        _ => format!(
            "2001:0db8:{:04x}:{:04x}:0000:0000:0000:{host:04x}",
            chance.below(65_536),
            chance.below(65_536)
        ),
    }
}

/// Where addresses of people who never were are: countries, and networks with numbers that are nobody's (RFC 5398).
const PLACES: [(&str, u32, &str); 8] = [
    ("DE", 64_496, "Musternetz"),
    ("FR", 64_497, "Réseau Exemple"),
    ("NL", 64_498, "Voorbeeldnet"),
    ("ES", 64_499, "Red Ejemplo"),
    ("IT", 64_500, "Rete Esempio"),
    ("GB", 64_501, "Example Telecom"),
    ("DE", 64_502, "Beispielfunk"),
    ("US", 64_503, "Sample Hosting"),
];

/// Where an address is: the same each time that it comes, and more of them where most people are.
pub(super) fn place(address: &str) -> Place {
    let hash = sha256(address.as_bytes());
    let (country, number, name) = PLACES[usize::from(hash[0].min(hash[1])) * PLACES.len() / 256];
    let network = Network { number: NetworkNumber(number), name: Some(name) };
    Place { country: country.parse().ok(), network: Some(network) }
}

/// An id that is the same for the same seed.
pub(super) fn id(seed: u64, what: &str, person: u32, number: u16) -> String {
    let hash = sha256(format!("{seed} {what} {person} {number}").as_bytes());
    hash[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A name as it is in an address.
fn plain(name: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'á' | 'â' | 'ä' | 'å' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'ı' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        c => c,
    };
    name.to_lowercase().chars().map(plain).filter(char::is_ascii_alphabetic).collect()
}
