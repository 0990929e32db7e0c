//! "Did you mean": the known names nearest to an unknown one.

/// At most three of `known` that look like `wanted`, nearest first.
///
/// Nearness is the edit distance without regard to case; a known name that
/// merely contains the wanted one counts as near too.
pub fn similar<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let allowed = (wanted.chars().count() / 3).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted, &lower);
            let contains = wanted.len() >= 4 && lower.contains(&wanted);
            (distance <= allowed || contains).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn a_misspelled_name_finds_its_neighbour() {
        let known = ["firstname", "lastname", "email"];
        assert_eq!(similar("fistname", known), ["firstname", "lastname"]);
        assert_eq!(similar("Email", known), ["email"]);
    }

    #[test]
    fn a_strange_name_finds_nothing() {
        assert!(similar("zzzzzz", ["firstname", "lastname"]).is_empty());
    }
}
