//! What the system says of a file, in words.

use std::io;

/// What the system says, without the error number and as the end of a sentence.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_error_is_left_out() {
        let full = io::Error::from_raw_os_error(28);
        assert_eq!(reason(&full), "no space left on device");
        let own = io::Error::other("it is a folder, not `A`");
        assert_eq!(reason(&own), "it is a folder, not `A`");
    }
}
