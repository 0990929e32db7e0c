//! The order of the program's versions.

/// Whether that is a later version than this.
pub(super) fn is_later(version: &str) -> bool {
    let own = numbers(env!("CARGO_PKG_VERSION"));
    numbers(version).is_some_and(|version| own.is_some_and(|own| version > own))
}

/// A version in the order of versions: 0.2.0-dev goes before 0.2.0.
fn numbers(version: &str) -> Option<([u64; 3], bool)> {
    let version = version.split('+').next()?;
    let (release, is_release) = match version.split_once('-') {
        Some((release, _)) => (release, false),
        None => (version, true),
    };
    let numbers: Vec<u64> = release
        .split('.')
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    Some((numbers.try_into().ok()?, is_release))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_an_order() {
        let order = ["0.1.0", "0.2.0-dev", "0.2.0", "0.10.0", "1.0.0"];
        assert!(order.is_sorted_by_key(|version| numbers(version).unwrap()));
        assert_eq!(numbers("0.2.0-dev+abc"), numbers("0.2.0-dev"));
        assert!(is_later("999.0.0"));
        for version in [env!("CARGO_PKG_VERSION"), "0.0.9", "", "new", "1.2"] {
            assert!(!is_later(version), "{version}");
        }
    }
}
