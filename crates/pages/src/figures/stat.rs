//! The numbers of a page that stand alone, each with its name and its meaning.

use super::{
    FigureSet, FiguresOfDay, spark,
    trend::{Change, Trend, Trends},
};
use crate::text::Text;

/// A number of the page with its name and its meaning.
pub(crate) struct Stat {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) about: String,
    /// How much more or less it is than in the period before, where that is known.
    pub(crate) change: Option<Change>,
    /// How it was on each day, as the points of a line, where that is drawn.
    pub(crate) spark: Option<String>,
}

impl FigureSet {
    pub(crate) fn stats(&self, text: &Text) -> Vec<Stat> {
        let (sign_ins, failures) = (total(&self.sign_ins), total(&self.failures));
        let passkeys = self.sign_ins.iter().filter(|(method, _)| method == "passkey").map(|(_, count)| count);
        let FiguresOfDay { dau, wau, mau, new_users, .. } = self.today;
        let (wau, mau) = (wau.unwrap_or_default(), mau.unwrap_or_default());
        let stat = |name, value, about| Stat { name, value, about, change: None, spark: None };
        let beside = |trend: fn(&Trends) -> Trend, before: String, stat: Stat| {
            let change = self.trends.as_ref().and_then(|trends| trend(trends).change(text, &before));
            Stat { change, ..stat }
        };
        let mut stats = vec![
            stat(text.figures_dau(), text.number(dau), text.figures_dau_about()),
            beside(
                |trends| trends.wau,
                text.figures_before_7(),
                stat(text.figures_wau(), text.number(wau), text.figures_wau_about()),
            ),
            beside(
                |trends| trends.mau,
                text.figures_before_30(),
                stat(text.figures_mau(), text.number(mau), text.figures_mau_about()),
            ),
            stat(text.figures_stickiness(), percent(text, dau, mau), text.figures_stickiness_about()),
            beside(
                |trends| trends.new_users,
                text.figures_before_1(),
                stat(text.figures_new(), text.number(new_users), text.figures_new_about()),
            ),
        ];
        stats.extend(self.trends.map(|trends| {
            let value = text.number(trends.new_users_7_days.now);
            let new = stat(text.figures_new_7(), value, text.figures_new_7_about());
            beside(|trends| trends.new_users_7_days, text.figures_before_7(), new)
        }));
        stats.extend([
            stat(text.figures_users(), text.number(self.users), text.figures_users_about()),
            stat(
                text.figures_passkeys(),
                percent(text, passkeys.sum(), sign_ins),
                text.figures_passkeys_about(),
            ),
            stat(
                text.figures_refused(),
                percent(text, failures, sign_ins + failures),
                text.figures_refused_about(),
            ),
        ]);
        stats
    }

    /// The few that say how it goes, with a line of how those of days went.
    pub(crate) fn summary(&self, text: &Text) -> Vec<Stat> {
        let days = |of: fn(&FiguresOfDay) -> i64| {
            let values: Vec<_> = self.days.iter().map(of).collect();
            self.is_of_days().then(|| spark::points(&values)).flatten()
        };
        let lines = [
            (text.figures_dau(), days(|day| day.dau)),
            (text.figures_wau(), days(|day| day.wau.unwrap_or_default())),
            (text.figures_mau(), days(|day| day.mau.unwrap_or_default())),
            (text.figures_new(), days(|day| day.new_users)),
            (text.figures_new_7(), None),
            (text.figures_users(), None),
            (text.figures_passkeys(), None),
            (text.figures_refused(), None),
        ];
        let stats = self.stats(text).into_iter().filter_map(|stat| {
            let (_, spark) = lines.iter().find(|(name, _)| *name == stat.name)?;
            Some(Stat { spark: spark.clone(), ..stat })
        });
        stats.collect()
    }
}

fn total(counts: &[(String, i64)]) -> i64 {
    counts.iter().map(|(_, count)| count).sum()
}

/// A part of a whole, in whole hundredths; a dash of nothing.
fn percent(text: &Text, part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    text.figures_percent(&((part * 100 + whole / 2) / whole).to_string())
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

    use super::*;
    use crate::{Granularity, figures::tests::figures};

    #[test]
    fn the_summary_has_a_line_for_what_each_day_has() {
        let lines = |figures: &FigureSet| {
            let stats = figures.summary(Text::of(Locale::En));
            stats.into_iter().map(|stat| (stat.name, stat.spark)).collect::<Vec<_>>()
        };
        let told = lines(&figures(&[0, 4]));
        assert_eq!(told[0], ("Active today".to_owned(), Some("0.0,22.0 100.0,2.0".to_owned())));
        let has_line: Vec<_> = told.iter().map(|(_, spark)| spark.is_some()).collect();
        assert_eq!(has_line, [true, true, true, true, false, false, false]);
        let first_day = figures(&[4]);
        let weeks = FigureSet { granularity: Granularity::Week, ..figures(&[0, 4]) };
        for none in [first_day, weeks] {
            assert!(lines(&none).iter().all(|(_, spark)| spark.is_none()));
        }
    }

    #[test]
    fn what_is_beside_the_period_before_says_how_much_more_it_is() {
        let trend = |before| Trend { now: 12, before };
        let trends = Trends {
            new_users: trend(None),
            new_users_7_days: trend(Some(9)),
            wau: trend(Some(14)),
            mau: trend(None),
        };
        let figures = FigureSet { trends: Some(trends), ..figures(&[1, 10]) };
        let changes: Vec<_> = figures
            .summary(Text::of(Locale::En))
            .into_iter()
            .filter_map(|stat| Some((stat.name, stat.change?.signed)))
            .collect();
        let owned = |name: &str, signed: &str| (name.to_owned(), signed.to_owned());
        assert_eq!(changes, [owned("Active in 7 days", "\u{2212}2"), owned("New in 7 days", "+3")]);
    }

    #[test]
    fn shares_are_of_what_there_is() {
        let text = Text::of(Locale::En);
        let values =
            |dau: &[i64]| figures(dau).stats(text).into_iter().map(|stat| stat.value).collect::<Vec<_>>();
        assert_eq!(values(&[1, 10]), ["10", "12", "40", "25%", "1", "50", "67%", "0%"]);
        assert_eq!(percent(text, 0, 0), "–");
    }
}
