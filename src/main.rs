//! whmcsh.
fn main() {}
