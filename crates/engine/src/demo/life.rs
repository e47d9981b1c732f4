//! What somebody did from the day they came until now: a plot, in which everything follows from who they are and a seed.
//! Times are milliseconds since 1970.

use super::{
    DAYS,
    cast::{Authenticator, PROVIDERS, Person},
    chance::Chance,
};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
/// How long a session lives without use: what tenants have unless they say otherwise.
pub(super) const SESSION_LIFE: i64 = 7 * DAY;
/// Whoever is nobody.
pub(super) const NOBODY: u32 = u32::MAX;
/// What happened lately is left out, so that nothing is in the future.
const JUST_NOW: i64 = 10 * MINUTE;

/// How likely each hour of a day is, by the clock of UTC.
const HOURS: [(u32, i64); 24] = [
    (3, 0),
    (2, 1),
    (2, 2),
    (2, 3),
    (4, 4),
    (10, 5),
    (22, 6),
    (40, 7),
    (62, 8),
    (70, 9),
    (64, 10),
    (56, 11),
    (50, 12),
    (54, 13),
    (58, 14),
    (56, 15),
    (50, 16),
    (46, 17),
    (50, 18),
    (58, 19),
    (54, 20),
    (38, 21),
    (20, 22),
    (8, 23),
];

/// How busy each day of a week is, of a thousand, from Monday on.
const WEEKDAYS: [u32; 7] = [1_000, 1_000, 980, 960, 880, 420, 360];

/// How often somebody comes by, of a thousand days.
const HABITS: [(u32, u32); 4] = [(14, 640), (30, 270), (36, 80), (20, 20)];

const REASONS: [&str; 4] = ["Chargeback", "Spam", "Shared account", "Abusive messages"];

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Code,
    Passkey,
    Provider(&'static str),
}

/// Something that the log tells. Numbers are those of the person's sessions, passkeys and accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// The sign-in page, which offers passkeys.
    Shown,
    /// The page that offers to make a passkey.
    Offered {
        is_declined: bool,
    },
    /// A challenge to make one, where nothing offers it.
    Asked,
    CodeRequested {
        is_known: bool,
    },
    CodeRefused(&'static str),
    UserCreated(Way),
    SessionCreated(Way, u16),
    SessionRevoked(u16),
    SessionRefused(Way),
    PasskeyMade(u16),
    PasskeyRefused(&'static str),
    AccountLinked(u16),
    AccountRefused(&'static str),
    Active,
    Banned,
    Unbanned,
    /// A stranger tries a code that nobody asked for.
    Guessed(u16),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Happening {
    pub(super) at: i64,
    /// The number of a person, or [`NOBODY`].
    pub(super) person: u32,
    /// Which of their devices.
    pub(super) device: u8,
    pub(super) deed: Deed,
}

#[derive(Debug)]
pub(super) struct Passkey {
    pub(super) made: i64,
    pub(super) used: Option<i64>,
    pub(super) uses: i32,
    pub(super) authenticator: &'static Authenticator,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) provider: &'static str,
    pub(super) linked: i64,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) device: u8,
    pub(super) since: i64,
    pub(super) seen: i64,
    pub(super) is_over: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Ban {
    pub(super) since: i64,
    pub(super) until: Option<i64>,
    pub(super) reason: &'static str,
    /// How many sessions ended with it.
    pub(super) sessions: usize,
    /// Whether it has run out and they came back.
    pub(super) is_over: bool,
}

/// Somebody's past.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) created: i64,
    pub(super) is_proved: bool,
    pub(super) passkeys: Vec<Passkey>,
    pub(super) accounts: Vec<Account>,
    pub(super) sessions: Vec<Session>,
    pub(super) ban: Option<Ban>,
    pub(super) happenings: Vec<Happening>,
}

/// The days that it all takes.
#[derive(Debug, Clone)]
pub(super) struct Days {
    begins: i64,
    now: i64,
    /// How likely somebody comes on each day.
    arrivals: Vec<(u32, u32)>,
}

impl Days {
    /// The days up to now.
    pub(super) fn until(now: i64) -> Self {
        let begins = (now.div_euclid(DAY) - i64::from(DAYS)) * DAY;
        let arrivals = (0..=DAYS).map(|day| {
            let launch = if day < 4 { 900 } else { 0 };
            let campaign = if (52..57).contains(&day) { 1_100 } else { 0 };
            let busy = weekday(begins, day);
            let so_far = if day == DAYS { share_of_day(now) } else { 1_000 };
            ((500 + 17 * day + launch + campaign) * busy / 1_000 * so_far / 1_000, day)
        });
        Self { begins, now, arrivals: arrivals.collect() }
    }

    /// A moment of a day; `None` if that day is not so far yet.
    fn moment(&self, day: u32, chance: &mut Chance) -> Option<i64> {
        let hour = *chance.weighted(&HOURS);
        let at = self.begins + i64::from(day) * DAY + hour * HOUR + i64::from(chance.below(3_600_000));
        (at < self.now - JUST_NOW).then_some(at)
    }

    /// When somebody comes, who comes in any case.
    fn arrival(&self, chance: &mut Chance) -> (u32, i64) {
        let day = *chance.weighted(&self.arrivals);
        if let Some(at) = self.moment(day, chance) {
            return (day, at);
        }
        let begins = self.begins + i64::from(day) * DAY;
        let room = u32::try_from(self.now - JUST_NOW - begins).unwrap_or(0);
        (day, if room > 0 { begins + i64::from(chance.below(room)) } else { begins - HOUR })
    }
}

fn weekday(begins: i64, day: u32) -> u32 {
    // The first of January 1970 was a Thursday.
    let monday_based = (begins.div_euclid(DAY) + i64::from(day) + 3).rem_euclid(7);
    WEEKDAYS[usize::try_from(monday_based).unwrap_or_default()]
}

/// How much of what happens on a day has happened at a moment of it, of a thousand.
fn share_of_day(now: i64) -> u32 {
    let hour = now.rem_euclid(DAY) / HOUR;
    let all: u32 = HOURS.iter().map(|(weight, _)| weight).sum();
    let past: u32 = HOURS.iter().filter(|(_, at)| *at < hour).map(|(weight, _)| weight).sum();
    past * 1_000 / all
}

/// Attempts of strangers: a few each day, and one night on which somebody tries many.
pub(super) fn strangers(seed: u64, days: &Days) -> Vec<Happening> {
    let mut chance = Chance::of(seed, 3, NOBODY);
    let mut tried = Vec::new();
    let mut number = 0;
    for day in 0..=DAYS {
        let attempts = chance.below(4);
        let burst = if day == DAYS - 29 { 140 } else { 0 };
        let night = days.begins + i64::from(day) * DAY + 2 * HOUR;
        let often = (0..burst).map(|place: i64| Some(night + place * 9_000 + 417));
        let seldom: Vec<_> = (0..attempts).map(|_| days.moment(day, &mut chance)).collect();
        for at in seldom.into_iter().chain(often).flatten() {
            number += 1;
            tried.push(Happening { at, person: NOBODY, device: 0, deed: Deed::Guessed(number) });
        }
    }
    tried
}

impl Life {
    /// The past of a person. The first of all is at home here: they come on the first day and stay.
    pub(super) fn of(seed: u64, number: u32, person: &Person, days: &Days) -> Self {
        let mut chance = Chance::of(seed, 2, number);
        let is_first = number == 0;
        let (day, at) = match days.arrival(&mut chance) {
            _ if is_first => (0, days.begins + 7 * HOUR),
            arrival => arrival,
        };
        let ban_day = (!is_first && chance.is(13)).then(|| day + 3 + chance.below(40));
        let mut living = Living { life: Self { created: at, ..Self::default() }, chance, person, number };
        living.sign_up(at);
        let mut habit = if is_first { 900 } else { *living.chance.weighted(&HABITS) };
        for today in day + 1..=DAYS {
            if living.chance.is(4) && !is_first {
                habit /= 6;
            }
            if Some(today) == ban_day {
                living.ban(today, days);
            } else if living.chance.is(habit * weekday(days.begins, today) / 1_000) {
                living.visit(today, days);
            }
        }
        living.life.happenings.sort_by_key(|happening| happening.at);
        living.life
    }
}

/// Somebody while their past is made.
struct Living<'p> {
    life: Life,
    chance: Chance,
    person: &'p Person,
    number: u32,
}

impl Living<'_> {
    fn tell(&mut self, at: i64, device: u8, deed: Deed) {
        self.life.happenings.push(Happening { at, person: self.number, device, deed });
    }

    fn seconds(&mut self, from: u32, to: u32) -> i64 {
        i64::from(from * 1_000 + self.chance.below((to - from) * 1_000))
    }

    fn sign_up(&mut self, at: i64) {
        self.tell(at, 0, Deed::Shown);
        match self.chance.below(100) {
            0..22 => {
                let provider = *self.chance.weighted(&PROVIDERS);
                let at = at + self.seconds(6, 30);
                self.life.is_proved = true;
                self.tell(at, 0, Deed::UserCreated(Way::Provider(provider)));
                self.link(at, provider);
                self.open(at, 0, Way::Provider(provider));
                self.offer(at, 350);
            }
            22..29 => {
                let at = at + self.seconds(10, 40);
                self.tell(at, 0, Deed::Asked);
                self.tell(at, 0, Deed::UserCreated(Way::Passkey));
                self.make_passkey(at, 0);
                self.open(at, 0, Way::Passkey);
            }
            _ => {
                let at = self.redeem(at, 0, false);
                self.life.is_proved = true;
                self.tell(at, 0, Deed::UserCreated(Way::Code));
                self.open(at, 0, Way::Code);
                self.offer(at, 600);
            }
        }
        self.life.created = self.created();
    }

    fn created(&self) -> i64 {
        let is_it = |happening: &&Happening| matches!(happening.deed, Deed::UserCreated(_));
        self.life.happenings.iter().find(is_it).map_or(self.life.created, |happening| happening.at)
    }

    /// A code by mail, with what may go wrong before it is right; when it was.
    fn redeem(&mut self, at: i64, device: u8, is_known: bool) -> i64 {
        self.tell(at, device, Deed::CodeRequested { is_known });
        let mut at = at + self.seconds(12, 70);
        if self.chance.is(45) {
            self.tell(at, device, Deed::CodeRefused("wrong"));
            at += self.seconds(6, 20);
        } else if self.chance.is(14) {
            self.tell(at + 11 * MINUTE / 2, device, Deed::CodeRefused("expired"));
            at += 6 * MINUTE;
            self.tell(at, device, Deed::CodeRequested { is_known });
            at += self.seconds(12, 50);
        }
        at
    }

    /// After a sign-in by something else, a passkey is offered.
    fn offer(&mut self, at: i64, share: u32) {
        if !self.life.passkeys.is_empty() {
            return;
        }
        let device = self.life.sessions.last().map_or(0, |session| session.device);
        let at = at + self.seconds(2, 6);
        let is_declined = !self.chance.is(share);
        self.tell(at, device, Deed::Offered { is_declined });
        if is_declined {
            return;
        }
        let at = at + self.seconds(3, 15);
        if self.chance.is(20) {
            self.tell(at, device, Deed::PasskeyRefused("the user was not verified"));
        } else {
            self.make_passkey(at, device);
        }
    }

    fn make_passkey(&mut self, at: i64, device: u8) {
        let authenticator = self.person.authenticator(usize::from(device), &mut self.chance);
        self.life.passkeys.push(Passkey { made: at, used: None, uses: 0, authenticator });
        self.tell(at, device, Deed::PasskeyMade(place(&self.life.passkeys)));
    }

    fn link(&mut self, at: i64, provider: &'static str) {
        self.life.accounts.push(Account { provider, linked: at });
        self.tell(at, 0, Deed::AccountLinked(place(&self.life.accounts)));
    }

    fn open(&mut self, at: i64, device: u8, way: Way) {
        self.life.sessions.push(Session { device, since: at, seen: at, is_over: false });
        self.tell(at, device, Deed::SessionCreated(way, place(&self.life.sessions)));
    }

    fn visit(&mut self, day: u32, days: &Days) {
        let Some(at) = days.moment(day, &mut self.chance) else { return };
        match &mut self.life.ban {
            Some(ban) if !ban.is_over && ban.until.is_some_and(|until| until <= at) => {
                ban.is_over = true;
                self.tell(at, 0, Deed::Unbanned);
            }
            Some(ban) if !ban.is_over => {
                // Most try once or twice, and no more.
                if self.chance.is(200) {
                    let way = if self.life.passkeys.is_empty() { Way::Code } else { Way::Passkey };
                    self.tell(at, 0, Deed::SessionRefused(way));
                }
                return;
            }
            _ => {}
        }
        let last = u32::try_from(self.person.devices.len()).unwrap_or(1);
        let device = if self.chance.is(620) { 0 } else { self.chance.below(last) };
        let device = u8::try_from(device).unwrap_or_default();
        let alive =
            self.life.sessions.iter_mut().rev().find(|session| {
                session.device == device && !session.is_over && at - session.seen < SESSION_LIFE
            });
        match alive {
            Some(session) => {
                session.seen = at;
                self.tell(at, device, Deed::Active);
            }
            None => self.sign_in(at, device),
        }
        self.settle_in(at, device, days);
    }

    /// What people do now and then while they are there.
    fn settle_in(&mut self, at: i64, device: u8, days: &Days) {
        let later = at + 8 * MINUTE + self.seconds(30, 2_400);
        if later > days.now - JUST_NOW {
            return;
        }
        if self.life.passkeys.len() < 3 && self.chance.is(14) {
            self.tell(later, device, Deed::Asked);
            self.make_passkey(later, device);
        }
        if self.life.accounts.len() < 2 && self.chance.is(5) {
            let provider = *self.chance.weighted(&PROVIDERS);
            if self.life.accounts.iter().all(|account| account.provider != provider) {
                self.link(later, provider);
            }
        }
        let open =
            self.life.sessions.iter().rposition(|session| session.device == device && !session.is_over);
        if let Some(open) = open.filter(|_| self.chance.is(170)) {
            self.life.sessions[open].is_over = true;
            self.tell(later + MINUTE, device, Deed::SessionRevoked(u16::try_from(open).unwrap_or_default()));
        }
    }

    fn sign_in(&mut self, at: i64, device: u8) {
        self.tell(at, device, Deed::Shown);
        if !self.life.passkeys.is_empty() && self.chance.is(880) {
            let mut at = at + self.seconds(2, 12);
            if self.chance.is(16) {
                self.tell(at, device, Deed::PasskeyRefused("the user was not verified"));
                at += self.seconds(4, 12);
            }
            let which = self.chance.below(u32::try_from(self.life.passkeys.len()).unwrap_or(1)) as usize;
            let passkey = &mut self.life.passkeys[which];
            (passkey.used, passkey.uses) = (Some(at), passkey.uses + 1);
            self.open(at, device, Way::Passkey);
        } else if !self.life.accounts.is_empty() && self.chance.is(760) {
            let at = at + self.seconds(4, 20);
            let provider = self.life.accounts[0].provider;
            if self.chance.is(24) {
                self.tell(at, device, Deed::AccountRefused(provider));
            }
            self.open(at + 2_000, device, Way::Provider(provider));
        } else {
            let at = self.redeem(at, device, true);
            self.open(at, device, Way::Code);
            if self.chance.is(400) {
                self.offer(at, 300);
            }
        }
    }

    fn ban(&mut self, day: u32, days: &Days) {
        let Some(at) = days.moment(day, &mut self.chance) else { return };
        let until = self.chance.is(450).then(|| at + i64::from(*self.chance.pick(&[7_u8, 30])) * DAY);
        let reason = *self.chance.pick(&REASONS);
        let is_open = |session: &&mut Session| !session.is_over && at - session.seen < SESSION_LIFE;
        let ended = self.life.sessions.iter_mut().filter(is_open).map(|session| session.is_over = true);
        let sessions = ended.count();
        self.life.ban = Some(Ban { since: at, until, reason, sessions, is_over: false });
        self.tell(at, 0, Deed::Banned);
    }
}

/// Where the last of them is.
fn place<T>(all: &[T]) -> u16 {
    u16::try_from(all.len().saturating_sub(1)).unwrap_or(u16::MAX)
}
