//! What is charged to a client on the next invoice.

use crate::sandbox::invoice::Item;

/// Something to be invoiced.
#[derive(Debug)]
pub struct Charge {
    /// Who pays.
    pub client: i64,
    /// The day it is to be paid.
    pub due: String,
    /// The payment method's system name.
    pub method: String,
    /// Its line.
    pub item: Item,
}
