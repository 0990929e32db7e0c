//! The sandbox's clock: the civil time in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// This moment.
pub fn now() -> DateTime {
    Offset::UTC.to_datetime(Timestamp::now())
}
