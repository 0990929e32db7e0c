//! Numbers as a spreadsheet keeps them: in fifteen digits.

use rust_decimal::Decimal;

/// The digits a spreadsheet keeps of a number.
pub(super) const DIGITS: usize = 15;
/// From here on, the last digits before the point are not the ones typed.
pub(crate) const TOO_LARGE: f64 = 1e15;

/// The number as it is kept, with all its digits and no power of ten.
pub(crate) fn kept(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    if number.fract() == 0.0 && number.abs() < TOO_LARGE {
        return (number as i64).to_string();
    }
    match decimal(number).filter(|_| number.abs() < TOO_LARGE) {
        Some(kept) => kept.to_string(),
        None => number.to_string(), // Too small or too large.
    }
}

/// The number in the digits that a spreadsheet keeps.
pub(super) fn decimal(number: f64) -> Option<Decimal> {
    let kept = format!("{number:.*e}", DIGITS - 1);
    let kept = Decimal::from_scientific(&kept).ok()?;
    Some(kept.normalize())
}
