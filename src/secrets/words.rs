//! The words of a command line, of which those with the name of a secret are
//! neither kept nor shown: `password=…`.

use super::names::is_secret;

/// What stands where a secret stood.
const HIDDEN: &str = "…";

/// The words without their secrets.
pub fn without_secret_words(words: &[String]) -> Vec<String> {
    let shown = parted(words).map(|(name, secret)| match secret {
        Some(_) => name + HIDDEN,
        None => name,
    });
    shown.collect()
}

/// The secrets among the words.
pub fn secrets_of_words(words: &[String]) -> impl Iterator<Item = &str> {
    parted(words).filter_map(|(_, secret)| secret)
}

/// The word that stands for a secret that was not kept, if there is one.
pub fn hidden_word(words: &[String]) -> Option<String> {
    let mut parts = parted(words);
    let found = parts.find(|(_, secret)| *secret == Some(HIDDEN));
    found.map(|(name, _)| name + HIDDEN)
}

/// Each word as it may be shown, and the secret that follows it.
fn parted(words: &[String]) -> impl Iterator<Item = (String, Option<&str>)> {
    let is_hidden = |name: &str| is_secret(name.trim_start_matches('-'));
    let mut is_value = false;
    words.iter().map(move |word| {
        if std::mem::take(&mut is_value) {
            return (String::new(), Some(word.as_str()));
        }
        match word.split_once('=') {
            Some((name, secret)) if is_hidden(name) && !secret.is_empty() => {
                (format!("{name}="), Some(secret))
            }
            None if word.starts_with("--") && is_hidden(word) => {
                is_value = true;
                (word.clone(), None)
            }
            _ => (word.clone(), None),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn words_with_the_name_of_a_secret_are_named_and_not_shown() {
        let words = words(
            "rows.csv step=0.10 password=hunter2 --cardnum 4111 --no-mail --password2=x last",
        );
        assert_eq!(
            without_secret_words(&words).join(" "),
            "rows.csv step=0.10 password=… --cardnum … --no-mail --password2=… last"
        );
        assert_eq!(
            secrets_of_words(&words).collect::<Vec<_>>(),
            ["hunter2", "4111", "x"]
        );
        assert_eq!(hidden_word(&words), None);
    }

    #[test]
    fn what_stands_for_a_secret_is_told_from_one() {
        assert_eq!(hidden_word(&words("a password=… b")).unwrap(), "password=…");
        assert!(hidden_word(&words("--password …")).is_some());
        assert_eq!(hidden_word(&words("a city=… …")), None);
    }
}
