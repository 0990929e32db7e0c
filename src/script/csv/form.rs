//! How the text of one file is written: its encoding and its delimiter.
//!
//! Nothing is guessed in silence: what nobody said and the file does not prove is told.

use encoding_rs::{Encoding, UTF_8};

use crate::script::csv::content::Content;
use crate::script::csv::encoding::{self, Guess, HighBytes};
use crate::script::csv::faults::{self, complaint};
use crate::script::csv::options::CsvOptions;
use crate::script::csv::sniff::{self, Delimiter};
use crate::script::files::other_kind;
use crate::script::raise::Raised;

/// Files up to that size, in bytes, are read through before their first row is given.
pub(crate) const CHECKED: u64 = 256 << 20;

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CsvForm {
    pub encoding: &'static Encoding,
    /// Whether no letter beyond ASCII may be in it.
    pub is_ascii: bool,
    pub delimiter: u8,
    /// Whether the first line names the delimiter, and nothing else.
    pub names_delimiter: bool,
    /// Why the encoding is that one.
    proof: Proof,
    is_delimiter_certain: bool,
}

/// Why a file is in its encoding.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Proof {
    /// Somebody said so, or the file does.
    Certain,
    /// It was UTF-8 as far as it was seen.
    SoFar,
    /// It was guessed.
    Guessed,
}

impl CsvForm {
    /// How the file is written, by what the script said and by its beginning.
    pub fn detect(content: &Content, path: &str, options: &CsvOptions) -> Result<Self, Raised> {
        let sample = content.beginning();
        let sample = sample.map_err(|error| faults::unreadable(path, &error))?;
        let mut form = Self {
            encoding: UTF_8,
            is_ascii: false,
            delimiter: b',',
            names_delimiter: false,
            proof: Proof::Certain,
            is_delimiter_certain: true,
        };
        match options.encoding {
            Some(named) => (form.encoding, form.is_ascii) = (named.encoding, named.is_ascii),
            None => form.find_encoding(content, path, &sample)?,
        }
        let (text, _, _) = form.encoding.decode(&sample);
        let named = sniff::named_delimiter(&text);
        form.names_delimiter = named.is_some();
        if let Some(delimiter) = options.delimiter.or(named) {
            form.delimiter = delimiter;
        } else {
            let Delimiter { byte, is_certain } = sniff::delimiter(&text, content.is_short());
            (form.delimiter, form.is_delimiter_certain) = (byte, is_certain);
        }
        Ok(form)
    }

    fn find_encoding(
        &mut self,
        content: &Content,
        path: &str,
        sample: &[u8],
    ) -> Result<(), Raised> {
        let no_csv = |what: &str| {
            let what_is_it = format!("is not a CSV file but looks like {what}");
            complaint(path, &what_is_it).hint(other_kind::way(what))
        };
        if let Some(what) = other_kind::other_kind(sample) {
            return Err(no_csv(what));
        }
        match encoding::guess(sample, content.is_short()) {
            None => return Err(no_csv("binary data")),
            Some(Guess::Marked(encoding)) => self.encoding = encoding,
            Some(Guess::Zeros(encoding)) => {
                (self.encoding, self.proof) = (encoding, Proof::Guessed);
            }
            Some(Guess::Utf8) => self.proof = Proof::SoFar,
            Some(Guess::Other) => {
                self.proof = Proof::SoFar;
                self.reconsider(content, path)?;
            }
        }
        Ok(())
    }

    /// Looks at all of a file that is not valid UTF-8; says whether it is in another encoding
    /// then. One that is UTF-8 but for a few bytes is not.
    pub fn reconsider(&mut self, content: &Content, path: &str) -> Result<bool, Raised> {
        if self.proof != Proof::SoFar {
            return Ok(false);
        }
        let mut high = HighBytes::default();
        let read = if content.size() <= CHECKED {
            content.each_chunk(|chunk| high.see(chunk))
        } else {
            content.beginning().map(|sample| high.see(&sample))
        };
        read.map_err(|error| faults::unreadable(path, &error))?;
        if high.is_spoiled_utf_8() {
            return Ok(false);
        }
        let Some(encoding) = high.western() else {
            let what = "is neither UTF-8 nor windows-1252";
            return Err(complaint(path, what).hint(faults::name_the_encoding()));
        };
        (self.encoding, self.proof) = (encoding, Proof::Guessed);
        Ok(true)
    }

    /// What was guessed, in one line.
    pub fn describe_guess(&self, path: &str) -> Option<String> {
        let encoding = self.encoding.name();
        let encoding = match encoding.strip_prefix("UTF") {
            Some(_) => encoding.to_owned(),
            None => encoding.to_lowercase(),
        };
        let between = match self.delimiter {
            b'\t' => "tab".to_owned(),
            other => format!("`{}`", char::from(other)),
        };
        let delimiter = format!("the delimiter {between}");
        let encoding = format!("the encoding {encoding}");
        let guessed = match (self.proof != Proof::Guessed, self.is_delimiter_certain) {
            (true, true) => return None,
            (false, true) => encoding,
            (true, false) => delimiter,
            (false, false) => format!("{encoding} and {delimiter}"),
        };
        Some(format!("`{path}`: guessed {guessed}"))
    }
}
