//! Sign-ins of each period as a bar, its methods one above the other.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::{FigureSet, Granularity, HEIGHT, MARGIN, WIDTH};
use crate::text::Text;

/// The part of its place that a bar fills.
const FILLED: f64 = 0.75;
/// The widest that a bar is.
const WIDEST: f64 = 40.0;
/// Between two methods of a bar, so that no colour has to tell where one ends.
const GAP: f64 = 1.2;

/// Sign-ins that gave a session, by the methods that a chart tells apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignIns {
    /// By passkey.
    pub passkey: i64,
    /// By a code in a mail.
    pub code: i64,
    /// By a link in a mail.
    pub link: i64,
    /// By whatever provider.
    pub provider: i64,
}

impl SignIns {
    /// Those that the engine counts by names of methods: what is none of ours is a provider.
    pub fn by_name<'n>(counts: impl IntoIterator<Item = (&'n str, i64)>) -> Self {
        let mut sum = Self::default();
        for (method, count) in counts {
            let of = match method {
                "passkey" => &mut sum.passkey,
                "email_otp" => &mut sum.code,
                "magic_link" => &mut sum.link,
                _ => &mut sum.provider,
            };
            *of += count;
        }
        sum
    }

    fn total(self) -> i64 {
        self.passkey + self.code + self.link + self.provider
    }
}

/// A method of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Passkey,
    Code,
    Link,
    Provider,
}

impl Method {
    /// From the lowest to the highest of a bar.
    const ALL: [Self; 4] = [Self::Passkey, Self::Code, Self::Link, Self::Provider];

    fn of(self, counts: SignIns) -> i64 {
        match self {
            Self::Passkey => counts.passkey,
            Self::Code => counts.code,
            Self::Link => counts.link,
            Self::Provider => counts.provider,
        }
    }

    /// What the style sheet colours it by.
    const fn class(self) -> &'static str {
        match self {
            Self::Passkey => "by-passkey",
            Self::Code => "by-code",
            Self::Link => "by-link",
            Self::Provider => "by-provider",
        }
    }

    fn words(self, text: &Text) -> String {
        match self {
            Self::Passkey => text.passkey_default_name(),
            Self::Code => text.figures_by_code(),
            Self::Link => text.figures_by_link(),
            Self::Provider => text.figures_by_provider(),
        }
    }
}

/// The chart: sign-ins of each period by method.
pub(crate) struct Stack {
    /// The methods that somebody signed in by in the range, from the lowest to the highest of a bar.
    pub(crate) series: Vec<Series>,
    /// The periods in their order.
    pub(crate) rows: Vec<Row>,
    /// The tops of the bars, for whatever goes from one to the next.
    pub(crate) points: String,
    /// The most of a period.
    pub(crate) highest: i64,
    /// How wide a bar is.
    pub(crate) width: String,
}

/// What a method has of all bars.
pub(crate) struct Series {
    pub(crate) class: &'static str,
    pub(crate) name: String,
    /// An SVG path (SVG 2 §9.3): a line from the bottom up for each period that has any, as wide as a bar.
    pub(crate) path: String,
}

/// The numbers of a bar.
pub(crate) struct Row {
    pub(crate) day: Date,
    pub(crate) total: i64,
    /// In the order of the series.
    pub(crate) counts: Vec<i64>,
}

impl FigureSet {
    pub(crate) fn stack_title(&self, text: &Text) -> String {
        match self.granularity {
            Granularity::Day => text.figures_stack(),
            Granularity::Week => text.figures_stack_week(),
            Granularity::Month => text.figures_stack_month(),
        }
    }

    /// `None` of a range in which nobody signed in.
    pub(crate) fn stack(&self, text: &Text) -> Option<Stack> {
        let is_used = |method: &Method| self.days.iter().any(|day| method.of(day.sign_ins) > 0);
        let methods: Vec<_> = Method::ALL.into_iter().filter(is_used).collect();
        let highest = self.days.iter().map(|day| day.sign_ins.total()).max().filter(|most| *most > 0)?;
        let bars = Bars { places: self.days.len(), highest };
        let series = |(at, method): (usize, &Method)| Series {
            class: method.class(),
            name: method.words(text),
            path: self.days.iter().enumerate().fold(String::new(), |mut path, (place, day)| {
                let below = methods.iter().take(at).map(|below| below.of(day.sign_ins)).sum();
                bars.draw(&mut path, place, below, method.of(day.sign_ins));
                path
            }),
        };
        let row = |day: &super::FiguresOfDay| Row {
            day: day.day,
            total: day.sign_ins.total(),
            counts: methods.iter().map(|method| method.of(day.sign_ins)).collect(),
        };
        let point = |(place, day): (usize, &super::FiguresOfDay)| {
            super::written(bars.middle(place), bars.height(day.sign_ins.total()))
        };
        Some(Stack {
            series: methods.iter().enumerate().map(series).collect(),
            rows: self.days.iter().map(row).collect(),
            points: self.days.iter().enumerate().map(point).collect::<Vec<_>>().join(" "),
            highest,
            width: format!("{:.1}", bars.width()),
        })
    }
}

/// Where bars are.
struct Bars {
    places: usize,
    highest: i64,
}

#[allow(clippy::cast_precision_loss, reason = "a drawing is no more exact than its pixels")]
impl Bars {
    /// How wide the place of one is.
    fn place(&self) -> f64 {
        (WIDTH - 2.0 * MARGIN) / self.places.max(1) as f64
    }

    fn middle(&self, place: usize) -> f64 {
        MARGIN + (place as f64 + 0.5) * self.place()
    }

    /// How far down so many are.
    fn height(&self, count: i64) -> f64 {
        HEIGHT - MARGIN - count as f64 / self.highest.max(1) as f64 * (HEIGHT - 2.0 * MARGIN)
    }

    fn width(&self) -> f64 {
        (self.place() * FILLED).min(WIDEST)
    }

    fn draw(&self, path: &mut String, place: usize, below: i64, count: i64) {
        if count == 0 {
            return;
        }
        let (bottom, top) = (self.height(below), self.height(below + count));
        // What is too low for it has no gap below, so that it is seen.
        let gap = if below > 0 && bottom - top > 2.0 * GAP { GAP } else { 0.0 };
        // Writing to a string does not fail.
        let _ = write!(path, "M{:.1} {:.1}V{top:.1}", self.middle(place), bottom - gap);
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

    use super::*;
    use crate::figures::tests::figures;

    fn of(days: &[SignIns]) -> FigureSet {
        let mut set = figures(&vec![0; days.len()]);
        set.days.iter_mut().zip(days).for_each(|(day, sign_ins)| day.sign_ins = *sign_ins);
        set
    }

    fn paths(stack: &Stack) -> Vec<(&str, &str)> {
        stack.series.iter().map(|series| (series.class, series.path.as_str())).collect()
    }

    #[test]
    fn what_is_none_of_our_methods_is_a_provider() {
        let counts = [("passkey", 4), ("github", 2), ("email_otp", 3), ("google", 1), ("magic_link", 5)];
        assert_eq!(SignIns::by_name(counts), SignIns { passkey: 4, code: 3, link: 5, provider: 3 });
        assert_eq!(SignIns::by_name([]), SignIns::default());
    }

    #[test]
    fn methods_stand_one_above_the_other_and_the_highest_bar_fills_the_chart() {
        let days = [
            SignIns { passkey: 2, provider: 2, ..SignIns::default() },
            SignIns::default(),
            SignIns { provider: 1, ..SignIns::default() },
        ];
        let stack = of(&days).stack(Text::of(Locale::En)).unwrap();
        // In the middle of thirds of 584; 144 for four, and a gap below what stands on something.
        assert_eq!(
            paths(&stack),
            [("by-passkey", "M105.3 152.0V80.0"), ("by-provider", "M105.3 78.8V8.0M494.7 152.0V116.0"),]
        );
        assert_eq!(stack.width, "40.0");
        assert_eq!((stack.points.as_str(), stack.highest), ("105.3,8.0 300.0,152.0 494.7,116.0", 4));
        let rows: Vec<_> = stack.rows.iter().map(|row| (row.total, row.counts.clone())).collect();
        assert_eq!(rows, [(4, vec![2, 2]), (0, vec![0, 0]), (1, vec![0, 1])]);
    }

    #[test]
    fn a_range_without_sign_ins_has_no_bars_and_one_period_has_one() {
        let text = Text::of(Locale::En);
        assert!(of(&[]).stack(text).is_none());
        assert!(of(&[SignIns::default(); 3]).stack(text).is_none());
        let one = of(&[SignIns { code: 7, ..SignIns::default() }]).stack(text).unwrap();
        assert_eq!(paths(&one), [("by-code", "M300.0 152.0V8.0")]);
    }

    #[test]
    fn the_bars_of_the_longest_range_do_not_touch() {
        let bars = Bars { places: 400, highest: 1_000_000 };
        assert!(bars.width() < bars.place() && bars.width() > 1.0, "{}", bars.width());
        let mut path = String::new();
        bars.draw(&mut path, 399, 999_999, 1);
        assert_eq!(path, "M591.3 8.0V8.0");
    }
}
