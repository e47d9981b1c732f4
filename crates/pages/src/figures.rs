//! A tenant's figures: who is there, how people sign in, and what each number means.

mod spark;
mod stack;
mod stat;
mod trend;

use std::fmt::Write as _;

use askama::Template;
use jiff::{Timestamp, civil::Date};

pub use self::{
    stack::SignIns,
    trend::{Trend, Trends},
};
use crate::{ConsoleTop, Frame, Place, TenantTop, text::Text, when};

/// Size of a chart's drawing.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 160.0;
/// Around the line, for its ends.
const MARGIN: f64 = 8.0;

/// The figures of a tenant.
#[derive(Debug, Clone, Template)]
#[template(path = "figures.html")]
pub struct TenantFigures {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What is asked for.
    pub range: FigureRange,
    /// Why there can be no figures of it, in the engine's words.
    pub fault: Option<String>,
    /// The figures; `None` while the tenant's process cannot be asked.
    pub figures: Option<FigureSet>,
    /// Where it is told that they have changed, where the range has today in it.
    pub live: Option<String>,
    /// Where they are as a table.
    pub csv: String,
}

/// How long a period of the figures is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Granularity {
    /// A day.
    #[default]
    Day,
    /// Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
}

impl Granularity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The stable name, as addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The one of this name; anything else is [`Granularity::Day`].
    pub fn of(key: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.key() == key).unwrap_or_default()
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Day => text.figures_day(),
            Self::Week => text.figures_week(),
            Self::Month => text.figures_month(),
        }
    }
}

/// Which figures are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FigureRange {
    /// So many days up to today; `None` for the days below.
    pub days: Option<u16>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// How they are cut.
    pub granularity: Granularity,
}

impl FigureRange {
    /// The ranges that have a name.
    pub const PRESETS: [u16; 3] = [7, 30, 90];

    /// The choices of ranges: the key, its words, and whether it is this one.
    pub(crate) fn choices(&self, text: &Text) -> Vec<(String, String, bool)> {
        let named = Self::PRESETS
            .map(|days| (days.to_string(), text.user_days(i64::from(days)), self.days == Some(days)));
        let own = ("own".to_owned(), text.figures_range_own(), self.days.is_none());
        named.into_iter().chain([own]).collect()
    }

    pub(crate) fn first(&self) -> String {
        self.from.map(|day| day.to_string()).unwrap_or_default()
    }

    pub(crate) fn last(&self) -> String {
        self.to.map(|day| day.to_string()).unwrap_or_default()
    }
}

/// The figures of a range.
#[derive(Debug, Clone)]
pub struct FigureSet {
    /// When they were counted.
    pub as_of: Timestamp,
    /// By which clock days begin and end.
    pub time_zone: String,
    /// Users that there are.
    pub users: i64,
    /// Those of today.
    pub today: FiguresOfDay,
    /// How today's are beside those of before; `None` where an engine of before does not tell it.
    pub trends: Option<Trends>,
    /// How the range is cut.
    pub granularity: Granularity,
    /// The periods in their order, by their first days.
    pub days: Vec<FiguresOfDay>,
    /// Whether the last of them is not over yet.
    pub is_open: bool,
    /// Sign-ins by method, the most first.
    pub sign_ins: Vec<(String, i64)>,
    /// Refused ones by cause, the most first.
    pub failures: Vec<(String, i64)>,
    /// Of signing in by passkey.
    pub sign_in: PasskeySteps,
    /// Of making a passkey.
    pub creation: PasskeySteps,
}

/// The figures of a period.
#[derive(Debug, Clone, Copy)]
pub struct FiguresOfDay {
    /// Its first day.
    pub day: Date,
    /// People who were active in it.
    pub dau: i64,
    /// Of days: in the 7 days up to it.
    pub wau: Option<i64>,
    /// Of days: in the 30 days up to it.
    pub mau: Option<i64>,
    /// Users who came into being.
    pub new_users: i64,
    /// Sign-ins by method.
    pub sign_ins: SignIns,
}

/// How often something about passkeys came how far.
#[derive(Debug, Clone, Copy, Default)]
pub struct PasskeySteps {
    /// A page offered it.
    pub offered: i64,
    /// Somebody said: not now. None of signing in.
    pub declined: Option<i64>,
    /// A challenge was asked for.
    pub started: i64,
    /// It was done.
    pub completed: i64,
    /// An answer was refused.
    pub failed: i64,
}

/// A count beside others, drawn as long as it is large.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) count: i64,
    /// In hundredths of the largest.
    pub(crate) share: i64,
}

fn bars(rows: Vec<(String, i64)>) -> Vec<Bar> {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    // What is there at all is seen.
    let share = |count: i64| (count.saturating_mul(100) / most).max(i64::from(count > 0));
    rows.into_iter().map(|(name, count)| Bar { name, count, share: share(count) }).collect()
}

impl Bar {
    /// Of a cause: the type of the events that tell it.
    pub(crate) fn kind(&self) -> &str {
        self.name.split(':').next().unwrap_or_default()
    }
}

impl PasskeySteps {
    fn rows(&self, text: &Text) -> Vec<(String, i64)> {
        let mut rows = vec![(text.figures_offered(), self.offered)];
        rows.extend(self.declined.map(|count| (text.figures_declined(), count)));
        rows.push((text.figures_started(), self.started));
        rows.push((text.figures_completed(), self.completed));
        rows.push((text.figures_failed(), self.failed));
        rows
    }
}

impl FigureSet {
    pub(crate) fn counted(&self, text: &Text) -> String {
        let (date, time) = when::utc_seconds(text, self.as_of);
        text.figures_lede(&date, &time, &self.time_zone)
    }

    /// Sign-ins by method, in words where the method is ours.
    pub(crate) fn methods(&self, text: &Text) -> Vec<Bar> {
        let word = |method: &str| match method {
            "passkey" => text.passkey_default_name(),
            "email_otp" => text.figures_by_code(),
            "magic_link" => text.figures_by_link(),
            provider => provider.to_owned(),
        };
        bars(self.sign_ins.iter().map(|(method, count)| (word(method), *count)).collect())
    }

    pub(crate) fn causes(&self) -> Vec<Bar> {
        bars(self.failures.clone())
    }

    pub(crate) fn sign_in_rows(&self, text: &Text) -> Vec<Bar> {
        bars(self.sign_in.rows(text))
    }

    pub(crate) fn creation_rows(&self, text: &Text) -> Vec<Bar> {
        bars(self.creation.rows(text))
    }

    pub(crate) fn highest(&self) -> i64 {
        self.days.iter().map(|day| day.dau).max().unwrap_or_default()
    }

    pub(crate) fn first_day(&self) -> String {
        self.days.first().map(|day| day.day.to_string()).unwrap_or_default()
    }

    pub(crate) fn last_day(&self) -> String {
        self.days.last().map(|day| day.day.to_string()).unwrap_or_default()
    }

    pub(crate) fn chart(&self, text: &Text) -> String {
        match self.granularity {
            Granularity::Day => text.figures_chart(),
            Granularity::Week => text.figures_chart_week(),
            Granularity::Month => text.figures_chart_month(),
        }
    }

    /// Whether the periods are days, of which more is told.
    pub(crate) fn is_of_days(&self) -> bool {
        self.granularity == Granularity::Day
    }

    /// The line of the periods that are over.
    pub(crate) fn line(&self) -> String {
        self.path(0, self.days.len() - usize::from(self.is_open).min(self.days.len()))
    }

    /// The line from the last of them to the one that still grows.
    pub(crate) fn open_line(&self) -> String {
        if !self.is_open {
            return String::new();
        }
        self.path(self.days.len().saturating_sub(2), self.days.len())
    }

    /// What is below both lines; nothing of a single period, which has no width.
    pub(crate) fn area(&self) -> String {
        let line = self.path(0, self.days.len());
        let (right, bottom) = (WIDTH - MARGIN, HEIGHT - MARGIN);
        if self.days.len() < 2 {
            String::new()
        } else {
            format!("{line}L{right} {bottom}L{MARGIN} {bottom}Z")
        }
    }

    /// Where the days are on the chart, for whatever goes from one to the next.
    pub(crate) fn points(&self) -> String {
        let point = |place| {
            let (x, y) = self.point(place);
            written(x, y)
        };
        (0..self.days.len()).map(point).collect::<Vec<_>>().join(" ")
    }

    /// Where the last of them is on the chart.
    pub(crate) fn end(&self) -> (String, String) {
        let (x, y) = self.point(self.days.len().saturating_sub(1));
        (format!("{x:.1}"), format!("{y:.1}"))
    }

    /// An SVG path (SVG 2 §9.3) over the days from one place to before another.
    fn path(&self, from: usize, to: usize) -> String {
        let mut path = String::new();
        for place in from..to {
            let (x, y) = self.point(place);
            let command = if place == from { 'M' } else { 'L' };
            // Writing to a string does not fail.
            let _ = write!(path, "{command}{x:.1} {y:.1}");
        }
        path
    }

    #[allow(clippy::cast_precision_loss, reason = "a drawing is no more exact than its pixels")]
    fn point(&self, place: usize) -> (f64, f64) {
        let steps = self.days.len().saturating_sub(1).max(1) as f64;
        let highest = self.highest().max(1) as f64;
        let value = self.days.get(place).map_or(0, |day| day.dau) as f64;
        let (inner_width, inner_height) = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
        let x = MARGIN + place as f64 / steps * inner_width;
        (x, HEIGHT - MARGIN - value / highest * inner_height)
    }
}

/// A point as SVG lists of points have it (SVG 2 §9.7).
fn written(x: f64, y: f64) -> String {
    format!("{x:.1},{y:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn figures(dau: &[i64]) -> FigureSet {
        let mut day = Date::constant(2026, 6, 1);
        let of = |day, dau| FiguresOfDay {
            day,
            dau,
            wau: Some(12),
            mau: Some(40),
            new_users: 1,
            sign_ins: SignIns::default(),
        };
        let days: Vec<_> = dau
            .iter()
            .map(|dau| {
                let one = of(day, *dau);
                day = day.tomorrow().unwrap();
                one
            })
            .collect();
        let today = of(day, *dau.last().unwrap_or(&0));
        FigureSet {
            today,
            trends: None,
            granularity: Granularity::Day,
            is_open: true,
            as_of: Timestamp::UNIX_EPOCH,
            time_zone: "UTC".to_owned(),
            users: 50,
            days,
            sign_ins: vec![("passkey".to_owned(), 2), ("email_otp".to_owned(), 1)],
            failures: vec![],
            sign_in: PasskeySteps::default(),
            creation: PasskeySteps::default(),
        }
    }

    #[test]
    fn the_line_goes_from_edge_to_edge_and_ends_before_today() {
        let chart = figures(&[0, 10, 5]);
        assert_eq!(chart.line(), "M8.0 152.0L300.0 8.0");
        assert_eq!(chart.open_line(), "M300.0 8.0L592.0 80.0");
        assert_eq!(chart.end(), ("592.0".to_owned(), "80.0".to_owned()));
        assert_eq!(chart.points(), "8.0,152.0 300.0,8.0 592.0,80.0");
        assert_eq!(chart.area(), "M8.0 152.0L300.0 8.0L592.0 80.0L592 152L8 152Z");
    }

    #[test]
    fn a_tenant_without_people_and_days_has_a_chart() {
        assert_eq!(figures(&[0, 0]).line(), "M8.0 152.0");
        assert_eq!((figures(&[]).line(), figures(&[]).open_line()), (String::new(), String::new()));
        assert_eq!((figures(&[]).area(), figures(&[7]).area()), (String::new(), String::new()));
    }

    #[test]
    fn bars_are_as_long_as_their_part_of_the_largest() {
        let shares = |counts: &[i64]| {
            bars(counts.iter().map(|count| (String::new(), *count)).collect())
                .into_iter()
                .map(|bar| bar.share)
                .collect::<Vec<_>>()
        };
        assert_eq!(shares(&[4000, 1000, 1, 0]), [100, 25, 1, 0]);
        assert_eq!(shares(&[0, 0]), [0, 0]);
        assert_eq!(shares(&[]), [0; 0]);
    }
}
