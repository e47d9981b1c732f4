//! Counting requests: how many of which kind ended how, and how long they took.

use std::time::Duration;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestClass {
    /// `/get-session`, which is most of what an engine does.
    SessionCheck,
    /// Any other route of a tenant's API.
    Api,
    /// The hosted pages.
    Page,
    /// What comes through the management door.
    Operator,
    /// The control plane's own API and pages.
    Control,
}

impl RequestClass {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 5] = [Self::SessionCheck, Self::Api, Self::Page, Self::Operator, Self::Control];

    /// The stable name, for metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionCheck => "session_check",
            Self::Api => "api",
            Self::Page => "page",
            Self::Operator => "operator",
            Self::Control => "control",
        }
    }
}

/// The groups that answers are counted in.
pub const STATUS_GROUPS: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The upper bounds of the histogram of durations, in seconds; what took longer is counted beyond the last one.
pub const DURATION_BOUNDS: [f64; 15] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// How often something took how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Histogram {
    /// For each of [`DURATION_BOUNDS`] and beyond, how many took at most that long and longer than the one before.
    pub buckets: [u64; Self::BUCKETS],
    /// All of them together, in microseconds.
    pub total_micros: u64,
}

impl Histogram {
    const BUCKETS: usize = DURATION_BOUNDS.len() + 1;

    /// Nothing yet.
    pub const EMPTY: Self = Self { buckets: [0; Self::BUCKETS], total_micros: 0 };

    /// Counts one.
    pub fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = DURATION_BOUNDS.partition_point(|bound| *bound < seconds);
        self.buckets[bucket] = self.buckets[bucket].saturating_add(1);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.total_micros = self.total_micros.saturating_add(micros);
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (own, more) in self.buckets.iter_mut().zip(other.buckets) {
            *own = own.saturating_add(more);
        }
        self.total_micros = self.total_micros.saturating_add(other.total_micros);
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Requests of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassCounts {
    /// For each of [`STATUS_GROUPS`], how many.
    pub statuses: [u64; STATUS_GROUPS.len()],
    /// From the arrival of a request's head to that of its answer.
    pub durations: Histogram,
}

impl ClassCounts {
    const EMPTY: Self = Self { statuses: [0; STATUS_GROUPS.len()], durations: Histogram::EMPTY };
    const NUMBERS: usize = STATUS_GROUPS.len() + Histogram::BUCKETS + 1;
}

/// What one process, or all of them, answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestCounts([ClassCounts; RequestClass::ALL.len()]);

impl RequestCounts {
    /// Nothing yet.
    pub const EMPTY: Self = Self([ClassCounts::EMPTY; RequestClass::ALL.len()]);

    /// How many numbers [`RequestCounts::numbers`] gives.
    pub const NUMBERS: usize = ClassCounts::NUMBERS * RequestClass::ALL.len();

    /// Counts an answer with this HTTP status.
    pub fn add(&mut self, class: RequestClass, status: u16, took: Duration) {
        let class = &mut self.0[class as usize];
        let group = usize::from((status / 100).clamp(2, 5) - 2);
        class.statuses[group] = class.statuses[group].saturating_add(1);
        class.durations.add(took);
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(&other.0) {
            for (own, more) in own.statuses.iter_mut().zip(more.statuses) {
                *own = own.saturating_add(more);
            }
            own.durations.merge(&more.durations);
        }
    }

    /// Whether nothing has been counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// The counters of one class.
    pub fn class(&self, class: RequestClass) -> &ClassCounts {
        &self.0[class as usize]
    }

    /// All numbers in one row, for a message.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(|class| {
            let durations = &class.durations;
            class.statuses.into_iter().chain(durations.buckets).chain([durations.total_micros])
        })
    }

    /// Reads what [`RequestCounts::numbers`] gave; `None` when it is not that many numbers.
    pub fn from_numbers(numbers: &[u64]) -> Option<Self> {
        if numbers.len() != Self::NUMBERS {
            return None;
        }
        let mut counts = Self::EMPTY;
        for (class, row) in counts.0.iter_mut().zip(numbers.chunks_exact(ClassCounts::NUMBERS)) {
            let (statuses, durations) = row.split_at(STATUS_GROUPS.len());
            let (buckets, total) = durations.split_at(Histogram::BUCKETS);
            class.statuses.copy_from_slice(statuses);
            class.durations.buckets.copy_from_slice(buckets);
            class.durations.total_micros = total[0];
        }
        Some(counts)
    }
}

impl Default for RequestCounts {
    fn default() -> Self {
        Self::EMPTY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_counted_by_class_status_and_duration() {
        let mut counts = RequestCounts::EMPTY;
        assert!(counts.is_empty());
        counts.add(RequestClass::SessionCheck, 200, Duration::from_micros(15));
        counts.add(RequestClass::SessionCheck, 503, Duration::from_millis(1));
        counts.add(RequestClass::Page, 100, Duration::from_secs(9));
        let checks = counts.class(RequestClass::SessionCheck);
        assert_eq!(checks.statuses, [1, 0, 0, 1]);
        assert_eq!((checks.durations.buckets[0], checks.durations.buckets[3]), (1, 1));
        assert_eq!((checks.durations.count(), checks.durations.total_micros), (2, 1_015));
        let pages = counts.class(RequestClass::Page);
        assert_eq!((pages.statuses[0], pages.durations.buckets[DURATION_BOUNDS.len()]), (1, 1));
    }

    #[test]
    fn counts_travel_as_numbers_and_add_up() {
        let mut counts = RequestCounts::EMPTY;
        for (index, class) in RequestClass::ALL.into_iter().enumerate() {
            counts.add(class, 200 + 100 * (index as u16 % 4), Duration::from_millis(index as u64));
        }
        let numbers: Vec<u64> = counts.numbers().collect();
        assert_eq!(numbers.len(), RequestCounts::NUMBERS);
        let read = RequestCounts::from_numbers(&numbers).unwrap();
        assert_eq!(read, counts);
        assert_eq!(RequestCounts::from_numbers(&numbers[1..]), None);
        counts.merge(&read);
        assert_eq!(counts.numbers().sum::<u64>(), 2 * numbers.iter().sum::<u64>());
    }
}
