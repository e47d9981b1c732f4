//! How a number has gone, as a line beside it.

use super::written;

/// Size of the drawing, which is stretched to the width that it is given.
const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;
/// Above and below the line, for its width.
const MARGIN: f64 = 2.0;

/// The points of an SVG polyline (SVG 2 §9.7), from nothing to the most of the values; `None` of a single one, which has no
/// width.
#[allow(clippy::cast_precision_loss, reason = "a drawing is no more exact than its pixels")]
pub(super) fn points(values: &[i64]) -> Option<String> {
    let steps = values.len().checked_sub(1).filter(|steps| *steps > 0)? as f64;
    let highest = values.iter().copied().max().unwrap_or_default().max(1) as f64;
    let point = |(place, value): (usize, &i64)| {
        let y = HEIGHT - MARGIN - *value as f64 / highest * (HEIGHT - 2.0 * MARGIN);
        written(place as f64 / steps * WIDTH, y)
    };
    Some(values.iter().enumerate().map(point).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_goes_from_edge_to_edge_and_its_most_is_at_the_top() {
        assert_eq!(points(&[0, 4, 2]).unwrap(), "0.0,22.0 50.0,2.0 100.0,12.0");
    }

    #[test]
    fn nothing_is_a_line_below_and_one_value_is_none() {
        assert_eq!(points(&[0, 0]).unwrap(), "0.0,22.0 100.0,22.0");
        assert_eq!((points(&[7]), points(&[])), (None, None));
    }
}
