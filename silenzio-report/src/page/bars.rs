//! Bar charts, for costs.

use super::chart::{Figure, WIDTH};
use super::theme::Role;
use crate::ReportError;

/// One bar.
pub struct Bar {
    pub label: String,
    pub value: f64,
    /// The value as a text with its unit.
    pub text: String,
    pub role: Role,
}

const TOP: i32 = 44;
const ROW: i32 = 30;
const LEFT: i32 = 168;
/// The room for the text after the longest bar, in pixels.
const BEHIND: i32 = 78;

/// Draws bars below each other, on a common linear scale that begins at 0.
///
/// # Errors
/// [`ReportError::Plot`] if the chart cannot be drawn.
pub fn draw(name: String, title: &str, caption: &str, bars: &[Bar]) -> Result<Figure, ReportError> {
    let largest = bars.iter().fold(f64::MIN_POSITIVE, |largest, bar| largest.max(bar.value));
    let longest = f64::from(WIDTH as i32 - LEFT - BEHIND);
    Figure::draw(name, title, caption, (TOP + ROW * bars.len() as i32 + 10) as u32, |plot| {
        for (top, bar) in (TOP..).step_by(ROW as usize).zip(bars) {
            let middle = top + ROW / 2 - 2;
            let end = LEFT + ((longest * bar.value / largest).round() as i32).max(1);
            plot.label_before(&bar.label, (LEFT - 8, middle))?;
            plot.area([(LEFT, top), (end, top + ROW - 8)], bar.role, 1.0)?;
            plot.label(&bar.text, (end + 7, middle))?;
        }
        Ok(())
    })
}
